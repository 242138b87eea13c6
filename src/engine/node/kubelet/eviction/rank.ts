/**
 * Which Pod ends first when the node is short of something. Pure.
 *
 * Models: pkg/kubelet/eviction/helpers.go rankMemoryPressure, rankDiskPressureFunc, rankPIDPressure,
 * evictionMessage (v1.36)
 */
import { binaryQuantity, bytes } from '../../../../api/meta/quantity.ts';
import { requestOf } from '../admission.ts';
import type { PodRecord } from '../pod-record.ts';
import type { ContainerReading, PodReading } from './stats.ts';

export interface Candidate {
  readonly p: PodRecord;
  readonly reading: PodReading | null;
}

/** First those that use more than they asked for, then by priority, then by how much more. */
export function ranked(list: readonly Candidate[], resource: string): readonly Candidate[] {
  const excess = (c: Candidate): number =>
    used(c.reading, resource) - (resource === 'pids' ? 0 : requestOf(c.p, resource));
  const priority = ({ p }: Candidate): number => p.pod.spec.priority ?? 0;
  return [...list].sort((a, b) => {
    // Nothing is known of it: it goes first.
    if (resource !== 'pids' && (!a.reading || !b.reading)) {
      if ((a.reading === null) !== (b.reading === null)) return a.reading === null ? -1 : 1;
    } else if (resource !== 'pids') {
      const over = Number(excess(b) > 0) - Number(excess(a) > 0);
      if (over !== 0) return over;
    }
    return priority(a) - priority(b) || excess(b) - excess(a);
  });
}

function used(reading: PodReading | null, resource: string): number {
  if (!reading) return 0;
  let sum = resource === 'ephemeral-storage' ? reading.diskVolumeBytes : 0;
  for (const c of reading.containers) sum += usedBy(c, resource);
  return sum;
}

function usedBy(c: ContainerReading, resource: string): number {
  if (resource === 'memory') return c.memoryBytes;
  return resource === 'pids' ? c.processes : c.rootfsBytes + c.logBytes;
}

/** The containers that use more than they asked for. */
export function blame({ p, reading }: Candidate, resource: string): string {
  if (!reading || resource === 'pids') return '';
  const specs = [...p.pod.spec.containers, ...(p.pod.spec.initContainers ?? [])];
  let text = '';
  for (const c of reading.containers) {
    const spec = specs.find((s) => s.name === c.name);
    if (!spec) continue;
    const request = spec.resources.requests?.[resource] ?? '0';
    const usage = usedBy(c, resource);
    if (usage <= bytes(request)) continue;
    text +=
      `Container ${c.name} was using ${binaryQuantity(usage)}, request is ${request}, ` +
      `has larger consumption of ${resource}. `;
  }
  return text;
}
