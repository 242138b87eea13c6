/**
 * Completion indexes of Indexed Jobs: which Pod has which, and sets of them as texts (`0,2-4`).
 *
 * Models: kubernetes pkg/controller/job/indexed_job_utils.go (v1.36)
 */
import type { Job, Pod } from '../../../api/generated/types.ts';
import { isPodActive } from '../../../api/meta/pod-state.ts';

export const INDEX = 'batch.kubernetes.io/job-completion-index'; // JobCompletionIndexAnnotation
export const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count';
export const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count';
const INTEGER = /^[+-]?\d+$/;
const MAX_INT32 = 2_147_483_647;

export type Indexes = ReadonlySet<number>;

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

/** The Pod's index; undefined when it has none. */
export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX];
  if (text === undefined || !INTEGER.test(text)) return undefined;
  const index = Number(text);
  return index < 0 ? undefined : index;
}

/** The same, where it is one of the Job's. */
export function validIndexOf(pod: Pod, job: Job): number | undefined {
  const index = indexOf(pod);
  return index !== undefined && index < (job.spec.completions ?? 0) ? index : undefined;
}

export function parseIndexes(text: string, completions: number): Set<number> {
  const indexes = new Set<number>();
  if (text === '') return indexes;
  for (const part of text.split(',')) {
    const [first = '', last = first] = part.split('-');
    if (!INTEGER.test(first) || !INTEGER.test(last)) continue;
    if (Number(first) >= completions) break;
    const end = Math.min(Number(last), completions - 1);
    for (let i = Number(first); i <= end; i++) indexes.add(i);
  }
  return indexes;
}

export function formatIndexes(indexes: Indexes): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] as number;
    let last = first;
    while (++i < sorted.length && sorted[i] === last + 1) last++;
    if (last === first) parts.push(`${first}`);
    else parts.push(last === first + 1 ? `${first},${last}` : `${first}-${last}`);
  }
  return parts.join(',');
}

export function indexesOf(pods: readonly Pod[]): Set<number> {
  return new Set(pods.flatMap((pod) => indexOf(pod) ?? []));
}

/** The first |count| indexes that are in none of |taken|. */
export function firstPending(
  count: number,
  completions: number,
  taken: readonly Indexes[],
): number[] {
  const pending: number[] = [];
  for (let i = 0; i < completions && pending.length < count; i++) {
    if (!taken.some((set) => set.has(i))) pending.push(i);
  }
  return pending;
}

function countOf(pod: Pod, annotation: string): number {
  const text = pod.metadata.annotations?.[annotation];
  if (text === undefined || !INTEGER.test(text)) return 0;
  const count = Number(text);
  return count < 0 || count > MAX_INT32 ? 0 : count;
}

export function failureCount(pod: Pod): number {
  return countOf(pod, FAILURE_COUNT);
}

export function ignoredFailureCount(pod: Pod): number {
  return countOf(pod, IGNORED_FAILURE_COUNT);
}

/** Pods of indexes that are too large, and all but one of those that share an index. */
export function duplicates(
  job: Job,
  active: readonly Pod[],
  choose: (pods: readonly Pod[], count: number) => readonly Pod[],
): Pod[] {
  const byIndex = new Map<number, Pod[]>();
  const surplus: Pod[] = [];
  for (const pod of active) {
    const index = validIndexOf(pod, job);
    if (index === undefined || !isPodActive(pod)) surplus.push(pod);
    else byIndex.set(index, [...(byIndex.get(index) ?? []), pod]);
  }
  for (const pods of byIndex.values()) {
    if (pods.length > 1) surplus.push(...choose(pods, pods.length - 1));
  }
  return surplus;
}
