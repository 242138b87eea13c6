/**
 * What the recorded kubelets did to each Pod: the n-th Pod of a name (or of a generated name) in a
 * replay lives as the n-th one of the recording did.
 */
import type { Pod } from '../../api/generated/types.ts';
import type { Stage, WorkerRules } from '../stand-in/workers.ts';
import type { Recording } from './recording.ts';

interface Life {
  readonly stages: Stage[];
  boundAt: number;
  goingAt: number;
  /** From its binding to its deletion. */
  livedMs: number;
  goneAfter?: number;
}

interface PodChange {
  readonly metadata?: { readonly generateName?: string; readonly deletionTimestamp?: string };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: Stage['phase'];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly state?: { readonly terminated?: { readonly exitCode: number } };
    }[];
  };
}

const MS_PER_SECOND = 1_000;
/** A Pod that was left alone for so long and did not start would never have. */
const LONG_ENOUGH_MS = 1_500;
const DEFAULT_GONE_AFTER = 0.3;

export function recordedRules(recording: Recording, fallback: WorkerRules): WorkerRules {
  const lives = livesOf(recording);
  const taken = new Map<string, number>();
  const chosen = new Map<string, Life>();
  const lifeOf = (pod: Pod): Life | undefined => {
    const { uid } = pod.metadata;
    let life = chosen.get(uid);
    if (life) return life;
    const family = anyMinute(pod.metadata.generateName ?? pod.metadata.name);
    const name =
      pod.metadata.generateName && lives.has(pod.metadata.name) ? pod.metadata.name : family;
    const n = taken.get(name) ?? 0;
    taken.set(name, n + 1);
    life = lives.get(name)?.[n];
    if (life) chosen.set(uid, life);
    return life;
  };
  return {
    stages: (pod) => {
      // Kubelets were played for the Pods of the case alone.
      if (!(pod.metadata.namespace ?? '').startsWith(recording.namespace)) return [];
      const life = lifeOf(pod);
      const started = life?.stages.some((s) => s.phase !== 'Pending') ?? false;
      if (life && (started || life.livedMs > LONG_ENOUGH_MS)) return life.stages;
      return fallback.stages?.(pod) ?? [{ after: 0.3, phase: 'Running', ready: true }];
    },
    goneAfter: (pod) => lifeOf(pod)?.goneAfter ?? usualGoneAfter(fallback),
  };
}

/** Jobs of CronJobs are named after the minute they are for. */
function anyMinute(name: string): string {
  return name.replace(/-(<minute:\d+>|\d{8})/, '-<minute>');
}

function usualGoneAfter({ goneAfter }: WorkerRules): number {
  return typeof goneAfter === 'number' ? goneAfter : DEFAULT_GONE_AFTER;
}

/** By generated or full name, in the order of creation. A StatefulSet's Pods go by their own names. */
function livesOf(recording: Recording): Map<string, Life[]> {
  const lives = new Map<string, Life[]>();
  const live = new Map<string, Life>();
  for (const change of recording.stream) {
    if (change.kind !== 'Pod') continue;
    if (change.type === 'DELETED') {
      const life = live.get(change.name);
      if (life?.goingAt) life.goneAfter = (change.at - life.goingAt) / MS_PER_SECOND;
      continue;
    }
    const pod = change.change as PodChange;
    if (change.type === 'ADDED') {
      const life: Life = {
        stages: [],
        boundAt: change.at,
        goingAt: 0,
        livedMs: Number.MAX_SAFE_INTEGER,
      };
      live.set(change.name, life);
      const generated = change.name.includes('<rand');
      const name = anyMinute(generated ? (pod.metadata?.generateName ?? change.name) : change.name);
      lives.set(name, [...(lives.get(name) ?? []), life]);
      continue;
    }
    const life = live.get(change.name);
    if (life) observe(life, pod, change.at, change.by ?? []);
  }
  return lives;
}

function observe(life: Life, pod: PodChange, at: number, by: readonly string[]): void {
  if (pod.spec?.nodeName) life.boundAt = at;
  if (pod.metadata?.deletionTimestamp && !life.goingAt) {
    life.goingAt = at;
    life.livedMs = at - life.boundAt;
  }
  const { status } = pod;
  if (!by.includes('kubelet/status') && !status?.phase && !status?.containerStatuses) return;
  if (life.goingAt || !status?.conditions) return;
  const last = life.stages.at(-1);
  const phase = status.phase ?? last?.phase;
  if (!phase) return;
  const ready = status.conditions.find((c) => c.type === 'Ready')?.status === 'True';
  const exitCode = status.containerStatuses?.[0]?.state?.terminated?.exitCode;
  life.stages.push({
    after: (at - life.boundAt) / MS_PER_SECOND,
    phase,
    ready,
    ...(exitCode === undefined ? {} : { exitCode }),
  });
}
