/** One recorded case of goldens/controllers/scheduler*, as its README describes it. */
import type { RecordedNode } from '../stand-in/workers.ts';
import type { Command } from './recording.ts';

export interface RecordedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

export interface PodResult {
  readonly pod: string;
  readonly node: string | null;
  readonly condition?: {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  };
  readonly nominatedNodeName?: string;
  readonly absent?: boolean;
  readonly events?: readonly unknown[];
}

/** By plugin, then node; `total` is their sum. */
export type Scores = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface SchedulerEvent {
  /** Milliseconds since the first Pod came in; of ours it is not known. */
  readonly at: number;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly message: string;
}

/** A change of an object; the first of a placed Pod's says only what was new. */
export interface TraceChange {
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: string;
  readonly change: unknown;
}

/** A line of the scheduler's log about its queue. */
export interface QueueLine {
  readonly what: string;
  readonly pod: string;
  readonly event?: string;
  readonly queue?: string;
}

/** Something done meanwhile: a request, or words about what the recorder did. */
export interface Step extends Partial<Pick<Command, 'request'>> {
  readonly at: number;
  readonly do?: string;
}

export interface SchedulerCase {
  readonly case: string;
  readonly what: string;
  readonly nodes: readonly RecordedNode[];
  readonly objects: readonly RecordedObject[];
  readonly placed: readonly { readonly node: string; readonly pod: RecordedObject }[];
  readonly incoming: readonly RecordedObject[];
  readonly then?: readonly Step[];
  readonly steps?: readonly Step[];
  /** Of queue cases: that of their one Pod. */
  readonly result: readonly PodResult[] | Omit<PodResult, 'pod'>;
  readonly events?: readonly SchedulerEvent[];
  readonly trace?: readonly TraceChange[];
  readonly scores?: Readonly<Record<string, Scores>>;
  readonly queue?: readonly QueueLine[];
  readonly attemptsAtMs?: readonly number[];
  /** What the API server refused. */
  readonly rejected?: unknown;
}
