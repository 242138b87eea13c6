/**
 * `kubectl diff -f`: what applying a manifest would change, as a unified diff of YAML.
 *
 * Models:     k8s.io/kubectl pkg/cmd/diff diff.go (v1.36)
 * Simplified: merged here instead of by a dry run of the server, so defaults of new fields are not shown
 */
import type { AnyKind } from '../api/meta/define-kind.ts';
import { jsonMergePatch } from '../api/meta/merge-patch.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { strategicMergePatch } from '../api/meta/strategic-merge.ts';
import type { Problem } from '../port/protocol.ts';
import { LAST_APPLIED, lastAppliedOf, withLastApplied } from './apply.ts';
import { readManifest } from './manifest.ts';
import { mappingOf } from './mapping.ts';
import { threeWayPatch } from './three-way.ts';
import { unifiedDiff } from './unified-diff.ts';
import { toYaml } from './yaml-print.ts';

type Json = Record<string, unknown>;

/** The cluster as it is: which kinds it serves, and what it holds. */
export interface Live {
  kind(apiVersion: string, kind: string): AnyKind | undefined;
  object(kind: AnyKind, namespace: string, name: string): KubeObject | undefined;
}

export function diff(text: string, live: Live): { text: string; problems: readonly Problem[] } {
  const manifest = readManifest(text);
  const problems: Problem[] = [...manifest.problems];
  let out = '';
  for (const document of manifest.documents) {
    const kind = live.kind(document.apiVersion, document.kind);
    if (!kind) {
      problems.push({
        severity: 'error',
        message: `no matches for kind "${document.kind}" in version "${document.apiVersion}"`,
        ...document.locate('kind'),
      });
      continue;
    }
    const namespace = kind.namespaced ? document.namespace || 'default' : '';
    const current = live.object(kind, namespace, document.name);
    const modified = withLastApplied(document.value, namespace);
    const merged = current ? mergedWith(kind, current as unknown as Json, modified) : modified;
    const name = `${document.kind}/${document.name}`;
    out += unifiedDiff(
      current ? toYaml(shown(current as unknown as Json)) : '',
      toYaml(shown(merged as Json)),
      `live/${name}`,
      `merged/${name}`,
    );
  }
  return { text: out, problems };
}

/** The live object after an apply of |modified|. */
function mergedWith(kind: AnyKind, current: Json, modified: Json): unknown {
  const { schema } = mappingOf(kind);
  const patch = threeWayPatch(schema, lastAppliedOf(current), modified, current);
  return schema === null
    ? jsonMergePatch(current, patch)
    : strategicMergePatch(schema, current, patch);
}

/** Without what a person does not write: status, the server's own fields, the annotation. */
function shown(object: Json): Json {
  const { status: _status, ...rest } = object;
  const metadata = { ...(rest['metadata'] as Json) };
  for (const key of [
    'managedFields',
    'resourceVersion',
    'uid',
    'creationTimestamp',
    'generation',
  ]) {
    delete metadata[key];
  }
  const annotations = { ...(metadata['annotations'] as Json | undefined) };
  delete annotations[LAST_APPLIED];
  if (Object.keys(annotations).length > 0) metadata['annotations'] = annotations;
  else delete metadata['annotations'];
  return { ...rest, metadata };
}
