/**
 * Applying a patch to a stored object: JSON patch, JSON merge patch, strategic merge patch.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/handlers/patch.go (v1.36)
 * Simplified: server-side apply comes with the full API and is refused by name until then
 */
import { jsonMergePatch } from '../../api/meta/merge-patch.ts';
import { strategicMergePatch } from '../../api/meta/strategic-merge.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { unsupportedMediaType } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import { decodeChecked } from './decode-body.ts';
import type { ApiServer } from './server.ts';
import { type Stored, withManagedFields } from './stored.ts';

export function applyPatch(
  server: ApiServer,
  call: Call,
  current: Stored,
  warnings: string[],
): Draft<KubeObject> {
  const { kind } = call.resource;
  const source = call.typed ? current.object : withManagedFields(current);
  const patched = merge(call, source);
  if (call.typed) return patched as Draft<KubeObject>;
  return decodeChecked(
    call,
    patched,
    kind.schema,
    kind.kind,
    warnings,
    call.patchType === 'strategic',
  ) as unknown as Draft<KubeObject>;
}

/** A patched copy; parts that the patch does not touch are shared with |source|. */
function merge(call: Call, source: KubeObject): unknown {
  switch (call.patchType) {
    case 'merge':
      return own(jsonMergePatch(source, call.body));
    case 'strategic':
      return own(strategicMergePatch(call.resource.kind.schema, source, call.body));
    default:
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: ' +
          'application/merge-patch+json, application/strategic-merge-patch+json',
      );
  }
}

/** The upper parts must be mutable even where the patch left them alone. */
function own(object: unknown): unknown {
  const copy: Record<string, unknown> = { ...(object as Record<string, unknown>) };
  for (const part of ['metadata', 'spec', 'status']) {
    const value = copy[part];
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) copy[part] = { ...value };
  }
  return copy;
}
