/**
 * Warnings about files of one volume that would overwrite each other.
 *
 * Models: pkg/api/pod warnings.go, warningsForOverlappingVirtualPaths (v1.36)
 */
import type { Volume, VolumeProjection } from '../../generated/types.ts';
import { goQuote } from '../../meta/go-text.ts';

interface SourcedPath {
  readonly path: string;
  readonly source: string;
}

export function overlappingPathWarnings(volumes: readonly Volume[]): readonly string[] {
  const warnings: string[] = [];
  const warn = (volume: Volume, what: string, overlaps: readonly string[]): void => {
    for (const text of overlaps) {
      warnings.push(`volume ${goQuote(volume.name)} (${what}): overlapping paths: ${text}`);
    }
  };
  for (const volume of volumes) {
    const { configMap, secret, downwardAPI, projected } = volume;
    if (configMap?.items !== undefined) {
      warn(
        volume,
        `ConfigMap ${goQuote(configMap.name ?? '')}`,
        overlaps(sourced(configMap.items)),
      );
    }
    if (secret?.items !== undefined) {
      warn(volume, `Secret ${goQuote(secret.secretName ?? '')}`, overlaps(sourced(secret.items)));
    }
    if (downwardAPI?.items !== undefined) {
      warn(volume, 'DownwardAPI', overlaps(sourced(downwardAPI.items)));
    }
    if (projected === undefined) continue;
    const paths: SourcedPath[] = [];
    for (const source of projected.sources ?? []) {
      if (Object.keys(source).length === 0) {
        warnings.push(`volume ${goQuote(volume.name)} (Projected) has no sources provided`);
      }
      paths.push(...projectedPaths(source));
    }
    warn(volume, 'Projected', overlaps(paths));
  }
  return warnings;
}

function sourced(items: readonly { readonly path: string }[], source = ''): SourcedPath[] {
  return items.map(({ path }) => ({ path, source }));
}

function projectedPaths(projection: VolumeProjection): SourcedPath[] {
  const { configMap, secret, downwardAPI, serviceAccountToken } = projection;
  if (configMap?.items)
    return sourced(configMap.items, `ConfigMap ${goQuote(configMap.name ?? '')}`);
  if (secret?.items) return sourced(secret.items, `Secret ${goQuote(secret.name ?? '')}`);
  if (downwardAPI?.items) return sourced(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken) return sourced([serviceAccountToken], 'ServiceAccountToken');
  const { clusterTrustBundle: bundle, podCertificate: certificate } = projection;
  if (bundle) {
    return sourced(
      [bundle],
      `ClusterTrustBundle ${goQuote(bundle.name ?? bundle.signerName ?? '')}`,
    );
  }
  return [
    { path: certificate?.certificateChainPath ?? '', source: 'PodCertificate chain' },
    { path: certificate?.keyPath ?? '', source: 'PodCertificate key' },
    { path: certificate?.credentialBundlePath ?? '', source: 'PodCertificate credential bundle' },
  ].filter(({ path }) => path !== '');
}

/** Every path against all before it: the same, or one inside the other. */
function overlaps(paths: readonly SourcedPath[]): string[] {
  const found: string[] = [];
  const before: SourcedPath[] = [];
  for (const { path, source } of paths) {
    const current = { path: path.replace(/\/+$/, ''), source };
    for (const other of before) {
      if (current.path === '' || other.path === '') continue;
      const [a, b] = [`${current.path}/`, `${other.path}/`];
      if (a.startsWith(b) || b.startsWith(a)) found.push(`${show(current)} with ${show(other)}`);
    }
    before.push(current);
  }
  return found;
}

function show({ path, source }: SourcedPath): string {
  return source === '' ? goQuote(path) : `${goQuote(path)} (${source})`;
}
