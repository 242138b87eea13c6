/**
 * Metadata that an update through a subresource cannot change.
 *
 * Models: apimachinery pkg/apis/meta/v1 helpers.go, ResetObjectMetaForStatus (v1.36)
 */
import type { Pod } from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';

const KEPT = [
  'deletionTimestamp',
  'generation',
  'selfLink',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
] as const;

export function keepMetadata(next: Draft<Pod>, old: Pod): void {
  const metadata = next.metadata as Record<string, unknown>;
  for (const field of KEPT) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else metadata[field] = old.metadata[field];
  }
}
