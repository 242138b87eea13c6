/**
 * Applying a patch to a stored object: JSON merge patch, strategic merge patch.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/handlers/patch.go (v1.36)
 * Simplified: JSON patch and server-side apply come with the full API and are refused by name
 */
import { jsonMergePatch } from '../../api/meta/merge-patch.ts';
import { strategicMergePatch } from '../../api/meta/strategic-merge.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { unsupportedMediaType } from '../../api/meta/status.ts';
import type { Call } from './call.ts';
import { decodePatched, ownUpperParts } from './decode-body.ts';
import { type Stored, withManagedFields } from './stored.ts';

/** A mutable patched copy; with typed patches, parts that the patch leaves alone stay shared. */
export function applyPatch(call: Call, current: Stored, warnings: string[]): Draft<KubeObject> {
  if (call.typed) return ownUpperParts(merge(call, current.object));
  return decodePatched(call, merge(call, withManagedFields(current)), warnings);
}

function merge(call: Call, source: KubeObject): unknown {
  switch (call.patchType) {
    case 'merge':
      return jsonMergePatch(source, call.body);
    case 'strategic':
      return strategicMergePatch(call.resource.kind.schema, source, call.body);
    default:
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: ' +
          'application/merge-patch+json, application/strategic-merge-patch+json',
      );
  }
}
