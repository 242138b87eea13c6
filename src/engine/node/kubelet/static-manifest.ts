/**
 * From a file of the manifest folder to a static Pod, or to what the kubelet logs about it. Pure.
 *
 * Models: pkg/kubelet/config/common.go tryDecodeSinglePod, applyDefaults (v1.36)
 * Simplified: the uid is a hash of the manifest as JSON, not of Go's dump of it: it depends on
 *             path, node and content as upstream's does, but is another number.
 */
import { Pod } from '../../../api/kinds/pod.ts';
import type { Pod as PodObject } from '../../../api/generated/types.ts';
import { referenceOf } from '../../../api/kinds/pod/api-references.ts';
import { decodeBody } from '../../../api/meta/decode-body.ts';
import { DecodeError } from '../../../api/meta/decode-state.ts';
import type { AnyKind, KindContext } from '../../../api/meta/define-kind.ts';
import { FieldErrors } from '../../../api/meta/field-errors.ts';
import type { Draft, KubeObject } from '../../../api/meta/object.ts';
import { ApiError } from '../../../api/meta/status.ts';
import { validateNew } from '../../../api/meta/validate-object.ts';
import { parseYaml, YamlSyntaxError } from '../../../api/meta/yaml-text.ts';

/** pkg/kubelet/types/pod_update.go. */
export const CONFIG_SOURCE = 'kubernetes.io/config.source';
const CONFIG_SEEN = 'kubernetes.io/config.seen';
export const CONFIG_HASH = 'kubernetes.io/config.hash';
export const CONFIG_MIRROR = 'kubernetes.io/config.mirror';

export function isStatic(pod: PodObject): boolean {
  const { annotations } = pod.metadata;
  return annotations?.[CONFIG_SOURCE] === 'file' && annotations[CONFIG_MIRROR] === undefined;
}

export function isMirror(pod: PodObject): boolean {
  return pod.metadata.annotations?.[CONFIG_MIRROR] !== undefined;
}

/** |seen| is the moment at which the kubelet found it, as RFC 3339 with nanoseconds. */
export interface ManifestSource {
  readonly path: string;
  readonly node: string;
  readonly seen: string;
}

/** The Pod, or why the file holds none. */
export function readManifest(text: string, source: ManifestSource): PodObject | string {
  let decoded: Record<string, unknown>;
  try {
    decoded = decode(text);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return `${source.path}: couldn't parse as pod(${error.message}), please check config file`;
  }
  const draft = decoded as unknown as Draft<PodObject>;
  if (!draft.metadata?.name) return 'invalid pod: name is needed for the pod';
  Pod.defaults?.(draft);
  applyStaticDefaults(draft, source);
  const errors = new FieldErrors();
  const pod = draft as unknown as PodObject;
  validateNew(pod as KubeObject, Pod as unknown as AnyKind, errors);
  if (!errors.none) {
    const list = errors.list.map((e) => `${e.field}: ${e.message}`);
    return `invalid pod: [${list.join(', ')}]`;
  }
  const reference = referenceOf(pod.spec);
  return reference === '' ? pod : `static pods may not reference ${reference}`;
}

/** The file is no Pod at all. */
class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

function decode(text: string): Record<string, unknown> {
  try {
    const parsed = parseYaml(text);
    const value = (parsed.value ?? {}) as Record<string, unknown>;
    for (const [field, label] of [
      ['kind', 'Kind'],
      ['apiVersion', 'apiVersion'],
    ] as const) {
      if (value[field]) continue;
      throw new Unreadable(`Object '${label}' is missing in '${JSON.stringify(value)}'`);
    }
    const body = { ...parsed, value };
    return decodeBody(body, {
      kind: Pod as unknown as AnyKind,
      isServed: (apiVersion, kind) => apiVersion === 'v1' && kind === 'Pod',
      validation: 'Ignore',
    }).object;
  } catch (error) {
    if (error instanceof YamlSyntaxError || error instanceof DecodeError) {
      throw new Unreadable(error.message);
    }
    if (error instanceof ApiError) throw new Unreadable(error.message);
    throw error;
  }
}

function applyStaticDefaults(draft: Draft<PodObject>, { path, node, seen }: ManifestSource): void {
  const { metadata } = draft;
  const uid = metadata.uid || hashOf(`${JSON.stringify(draft)}host:${node}file:${path}`);
  metadata.uid = uid;
  metadata.name = `${metadata.name ?? ''}-${node.toLowerCase()}`;
  metadata.namespace ||= 'default';
  metadata.annotations = {
    ...metadata.annotations,
    [CONFIG_HASH]: uid,
    [CONFIG_SEEN]: seen,
    [CONFIG_SOURCE]: 'file',
  };
  draft.spec.nodeName = node;
  // Static Pods stay whatever happens to the node.
  const tolerations = (draft.spec.tolerations ??= []);
  const isThere = tolerations.some((t) => {
    const plain = t.key === undefined && t.value === undefined;
    return plain && t.operator === 'Exists' && t.effect === 'NoExecute';
  });
  if (!isThere) tolerations.push({ operator: 'Exists', effect: 'NoExecute' });
  const context: KindContext = { now: seen, random: () => '', user: '' };
  Pod.prepareForCreate?.(draft, context);
  // Only what the API server stores has generations.
  delete metadata.generation;
}

const FNV_OFFSET_128 = 144066263297769815596495629667062367629n; // hash/fnv, 128 bit
const FNV_PRIME_128 = 309485009821345068724781371n;

function hashOf(text: string): string {
  let hash = FNV_OFFSET_128;
  for (let i = 0; i < text.length; i++) {
    hash ^= BigInt(text.charCodeAt(i));
    hash = (hash * FNV_PRIME_128) & ((1n << 128n) - 1n);
  }
  return hash.toString(16).padStart(32, '0');
}
