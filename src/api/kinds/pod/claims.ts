/**
 * The PersistentVolumeClaims that a Pod uses, by name or made for it.
 *
 * Models: pkg/controller/volume/common pod_pvc_index.go, k8s.io/dynamic-resource-allocation's sibling
 *         k8s.io/component-helpers storage/ephemeral (v1.36)
 */
import type { Pod, Volume } from '../../generated/types.ts';
import { keyFor } from '../../meta/object.ts';

const NONE: readonly string[] = [];

/** Name of the claim behind |volume|; undefined = there is none. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}`;
}

/** Keys of all claims; one and the same list where there are none. */
export function claimNames(pod: Pod): readonly string[] {
  let keys: string[] | null = null;
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name !== undefined) (keys ??= []).push(keyFor(pod.metadata.namespace, name));
  }
  return keys ?? NONE;
}
