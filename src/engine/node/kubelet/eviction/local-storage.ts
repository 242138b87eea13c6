/**
 * Pods that write more to the node's disk than they may. Pure.
 *
 * Models: pkg/kubelet/eviction/eviction_manager.go localStorageEviction (v1.36)
 */
import type { Pod } from '../../../../api/generated/types.ts';
import { podLimits } from '../../../../api/kinds/pod/resources.ts';
import { bytes, quantitySign } from '../../../../api/meta/quantity.ts';
import type { PodReading } from './stats.ts';

const STORAGE = 'ephemeral-storage';

/** Only of such Pods anybody need look. */
export function hasStorageLimits({ spec }: Pod): boolean {
  if ((spec.volumes ?? []).some((v) => v.emptyDir?.sizeLimit !== undefined)) return true;
  return [...spec.containers, ...(spec.initContainers ?? [])].some(
    (c) => c.resources.limits?.[STORAGE] !== undefined,
  );
}

/** Why the Pod has to end; null when it need not. */
export function storageExcess(pod: Pod, reading: PodReading): string | null {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || quantitySign(limit) <= 0) continue;
    if ((reading.volumeBytes.get(name) ?? 0) > bytes(limit)) {
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
    }
  }
  return podExcess(pod, reading) ?? containerExcess(pod, reading);
}

function podExcess({ spec }: Pod, reading: PodReading): string | null {
  const limit = podLimits(spec)[STORAGE];
  if (limit === undefined) return null;
  let used = reading.diskVolumeBytes;
  for (const c of reading.containers) used += c.rootfsBytes + c.logBytes;
  if (used <= bytes(limit)) return null;
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${limit}. `;
}

function containerExcess({ spec }: Pod, reading: PodReading): string | null {
  for (const { name, resources } of spec.containers) {
    const limit = resources.limits?.[STORAGE];
    const c = reading.containers.find((r) => r.name === name);
    if (limit === undefined || !c || quantitySign(limit) === 0) continue;
    if (c.rootfsBytes + c.logBytes > bytes(limit)) {
      return `Container ${name} exceeded its local ephemeral storage limit "${limit}". `;
    }
  }
  return null;
}
