/**
 * A Job's completions: which index (or which Pod, where it has none) is waiting, at work, done or failed,
 * what failures it still allows, which policy has fired, when it is over.
 */
import type { Job, Pod, PodFailurePolicyRule } from '../../../api/generated/types.ts';
import { objectRef } from '../../../api/meta/object.ts';
import { isPodReady } from '../../../api/meta/pod-state.ts';
import type {
  CellState,
  CompletionCell,
  CompletionWorkings,
} from '../../../port/protocol-workings.ts';
import { finishedMs, nextRecord, remainingMs } from '../../controllers/job/backoff.ts';
import {
  failureCount,
  ignoredFailureCount,
  indexOf,
  isIndexed,
  parseIndexes,
} from '../../controllers/job/indexes.ts';
import { isFailed } from '../../controllers/job/pods.ts';
import { conditionsOf, type Definition, keepsOwned, msOf, type World } from './world.ts';

const MS_PER_SECOND = 1_000;
/** Cells of the grid; more cannot be told apart. */
const MAX_CELLS = 400;

export const completions: Definition = {
  kinds: ['Pod'],
  namespaced: true,
  keeps: keepsOwned,
  look: lookAtCompletions,
};

export function lookAtCompletions(world: World): CompletionWorkings {
  const job = world.subject as unknown as Job;
  const pods = world.all('Pod') as unknown as readonly Pod[];
  const { spec, status } = job;
  const indexed = isIndexed(job);
  const cells = indexed ? indexCells(job, pods, world.nowMs) : podCells(job, pods);
  const started = msOf(status.startTime);
  const ended = endMs(job);
  const ttl = spec.ttlSecondsAfterFinished;
  const deadline = spec.activeDeadlineSeconds;
  return {
    type: 'completions',
    ref: objectRef(world.subject),
    indexed,
    completions: spec.completions ?? null,
    parallelism: spec.parallelism ?? 1,
    suspended: spec.suspend === true,
    active: status.active ?? 0,
    ready: status.ready ?? 0,
    succeeded: status.succeeded ?? 0,
    failed: status.failed ?? 0,
    terminating: status.terminating ?? 0,
    backoffLimit: spec.backoffLimit ?? null,
    backoffLimitPerIndex: spec.backoffLimitPerIndex ?? null,
    backoffUntilMs: ended === null ? backoffUntil(job, pods, world.nowMs) : null,
    cells: cells.slice(0, MAX_CELLS),
    more: Math.max(0, cells.length - MAX_CELLS),
    policies: policiesOf(job),
    startMs: started,
    deadlineMs:
      started === null || deadline === undefined || ended !== null
        ? null
        : started + deadline * MS_PER_SECOND,
    ttlSeconds: ttl ?? null,
    expiresMs: ended === null || ttl === undefined ? null : ended + ttl * MS_PER_SECOND,
    conditions: conditionsOf(status.conditions),
  };
}

/** When it became Complete or Failed. */
function endMs({ status }: Job): number | null {
  const end = (status.conditions ?? []).find(
    (c) => c.status === 'True' && (c.type === 'Complete' || c.type === 'Failed'),
  );
  return msOf(end?.lastTransitionTime);
}

/** Before that moment the controller makes no Pod in place of those that failed. */
function backoffUntil(job: Job, pods: readonly Pod[], nowMs: number): number | null {
  if (job.spec.backoffLimitPerIndex !== undefined) return null;
  const succeeded = pods.filter((pod) => pod.status.phase === 'Succeeded');
  const failed = pods.filter((pod) => isFailed(pod, job));
  const left = remainingMs(nextRecord(undefined, succeeded, failed), nowMs);
  return left > 0 ? nowMs + left : null;
}

function indexCells(job: Job, pods: readonly Pod[], nowMs: number): readonly CompletionCell[] {
  const count = job.spec.completions ?? 0;
  const succeeded = parseIndexes(job.status.completedIndexes ?? '', count);
  const failed = parseIndexes(job.status.failedIndexes ?? '', count);
  const byIndex = new Map<number, Pod[]>();
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined) continue;
    const list = byIndex.get(index);
    if (list) list.push(pod);
    else byIndex.set(index, [pod]);
  }
  return Array.from({ length: count }, (_, index): CompletionCell => {
    const mine = byIndex.get(index) ?? [];
    const lost = mine.filter((pod) => isFailed(pod, job));
    const alive = mine.find((pod) => !lost.includes(pod) && pod.status.phase !== 'Succeeded');
    const last = lost.at(-1);
    const until = alive || !last ? null : indexBackoff(job, last, nowMs);
    const shown = alive ?? mine.at(-1);
    return {
      index,
      state: succeeded.has(index)
        ? 'succeeded'
        : failed.has(index)
          ? 'failed'
          : indexState(alive, until),
      pod: shown ? objectRef(shown) : '',
      failures: lost.length,
      untilMs: until,
    };
  });
}

function indexState(alive: Pod | undefined, until: number | null): CellState {
  if (alive) return isPodReady(alive) ? 'ready' : 'active';
  return until === null ? 'pending' : 'backoff';
}

function indexBackoff(job: Job, last: Pod, nowMs: number): number | null {
  if (job.spec.backoffLimitPerIndex === undefined) return null;
  const failures = failureCount(last) + ignoredFailureCount(last) + 1;
  const left = remainingMs({ failures, lastFailureMs: finishedMs(last) }, nowMs);
  return left > 0 ? nowMs + left : null;
}

/** Without indexes a cell is a Pod; then as many that are still wanted. */
function podCells(job: Job, pods: readonly Pod[]): readonly CompletionCell[] {
  const cells = pods.map((pod, index): CompletionCell => {
    const { phase } = pod.status;
    const state: CellState =
      phase === 'Succeeded'
        ? 'succeeded'
        : isFailed(pod, job)
          ? 'failed'
          : isPodReady(pod)
            ? 'ready'
            : 'active';
    return { index, state, pod: objectRef(pod), failures: 0, untilMs: null };
  });
  const good = cells.filter((cell) => cell.state !== 'failed').length;
  const wanted = endMs(job) === null ? Math.max(0, (job.spec.completions ?? 1) - good) : 0;
  const open = Array.from(
    { length: Math.min(wanted, MAX_CELLS) },
    (_, i): CompletionCell => ({
      index: cells.length + i,
      state: 'pending',
      pod: '',
      failures: 0,
      untilMs: null,
    }),
  );
  return [...cells, ...open];
}

function policiesOf(job: Job): CompletionWorkings['policies'] {
  const { conditions = [] } = job.status;
  const fired = (reason: string, at: number): string =>
    conditions.find((c) => c.reason === reason && c.message?.endsWith(`at index ${at}`) === true)
      ?.message ?? '';
  return [
    ...(job.spec.podFailurePolicy?.rules ?? []).map((rule, i) => ({
      text: `podFailurePolicy ${i}: ${ruleText(rule)}`,
      fired: fired('PodFailurePolicy', i),
    })),
    ...(job.spec.successPolicy?.rules ?? []).map((rule, i) => ({
      text: `successPolicy ${i}: ${[
        rule.succeededIndexes === undefined ? '' : `succeededIndexes ${rule.succeededIndexes}`,
        rule.succeededCount === undefined ? '' : `succeededCount ${rule.succeededCount}`,
      ]
        .filter((part) => part !== '')
        .join(', ')}`,
      fired: fired('SuccessPolicy', i),
    })),
  ];
}

function ruleText({ action, onExitCodes, onPodConditions }: PodFailurePolicyRule): string {
  if (onExitCodes) {
    const { containerName, operator, values } = onExitCodes;
    const of = containerName === undefined ? '' : `${containerName} `;
    return `${action} onExitCodes ${of}${operator} [${values.join(', ')}]`;
  }
  const types = (onPodConditions ?? []).map((c) => c.type);
  return `${action} onPodConditions ${types.join(', ')}`;
}
