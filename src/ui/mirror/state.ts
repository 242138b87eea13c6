/**
 * The mirror: a read-only copy of what the page shows of the cluster, fed by frames.
 *
 * Rows are immutable; the collections that hold them are changed in place and the state object is
 * replaced once a frame, so a selector that returns a row (or a list of an index) is compared by
 * identity and only what changed is drawn again.
 */
import type {
  ComponentRow,
  Frame,
  ObjectRow,
  Pace,
  RunFile,
  SpanRow,
  StepRow,
} from '../../port/protocol.ts';
import type { LogChunk } from '../../port/protocol-log.ts';
import type { PodInside } from '../../port/protocol-pod.ts';
import type { Workings } from '../../port/protocol-workings.ts';
import { RowIndex } from './row-index.ts';
import { SpanRing } from './span-ring.ts';

/** Spans kept by the page; the engine keeps more. */
export const SPANS_KEPT = 20_000;
/** Lines kept of each followed container. */
export const LOG_LINES_KEPT = 5_000;
/** Lines kept of the text log. */
export const TOLD_KEPT = 2_000;
/** Requests kept for the Requests pane. */
export const REQUESTS_KEPT = 5_000;
/** Marks of the reader's own acts that the timeline keeps. */
export const ACTS_KEPT = 500;

export type LogLine = LogChunk['lines'][number];

/** Something the reader did, as the timeline marks it. */
export interface Act {
  readonly span: number;
  /** Microseconds. */
  readonly at: number;
  readonly name: string;
  readonly object: string;
}

/** How the engine is: only `ready` can be asked anything. */
export type EngineState =
  | { readonly type: 'loading' }
  | { readonly type: 'ready' }
  /** An assertion or a bound stopped the run; it can be saved and replayed. */
  | { readonly type: 'crashed'; readonly message: string; readonly run: RunFile }
  /** The Worker itself died or never started. */
  | { readonly type: 'lost'; readonly message: string };

export interface MirrorState {
  readonly engine: EngineState;
  /** Set while the run is paused for memory. */
  readonly memory: { readonly message: string; readonly usedMb: number } | null;
  /** Number of frames taken in; changes with every frame. */
  readonly version: number;

  readonly at: number;
  readonly liveAt: number;
  readonly oldestAt: number;
  readonly past: boolean;
  readonly epochMs: number;
  readonly revision: number;
  readonly playing: boolean;
  readonly pace: Pace;
  readonly settled: boolean;
  readonly hash: string;

  /** By reference `Kind/namespace/name`. */
  readonly objects: ReadonlyMap<string, ObjectRow>;
  /** References by kind. */
  readonly byKind: RowIndex;
  /** Pod references by node name; '' = not bound. */
  readonly podsByNode: RowIndex;
  /** References by the controlling owner's reference. */
  readonly byOwner: RowIndex;
  /** Event references by the reference they are about. */
  readonly eventsAbout: RowIndex;
  readonly folded: Frame['folded'];
  readonly totals: Readonly<Record<string, number>>;

  readonly spans: SpanRing;
  /** Ended spans that the canvas draws, in the order in which they ended: the text log. */
  readonly told: readonly SpanRow[];
  /** How many lines the text log has had in all; `told` holds the newest of them. */
  readonly toldCount: number;
  /** Ended requests to the API server, in the order in which they ended. */
  readonly requests: readonly SpanRow[];
  readonly acts: readonly Act[];
  readonly steps: readonly StepRow[];
  readonly components: ReadonlyMap<string, ComponentRow>;
  readonly componentNames: readonly string[];

  /** Whole objects that are watched, by reference; null = deleted. */
  readonly whole: ReadonlyMap<string, unknown>;
  /** By `pod reference|container`. */
  readonly logs: ReadonlyMap<string, readonly LogLine[]>;
  /** The Pod that is looked into, as last told; null before anything has been. */
  readonly pod: PodInside | null;
  /** How the object works that is selected, as last told. */
  readonly workings: Workings | null;
}

export function emptyMirror(): MirrorState {
  return {
    engine: { type: 'loading' },
    memory: null,
    version: 0,
    at: 0,
    liveAt: 0,
    oldestAt: 0,
    past: false,
    epochMs: 0,
    revision: 0,
    playing: false,
    pace: 'story',
    settled: false,
    hash: '',
    objects: new Map(),
    byKind: new RowIndex(),
    podsByNode: new RowIndex(),
    byOwner: new RowIndex(),
    eventsAbout: new RowIndex(),
    folded: [],
    totals: {},
    spans: new SpanRing(SPANS_KEPT),
    told: [],
    toldCount: 0,
    requests: [],
    acts: [],
    steps: [],
    components: new Map(),
    componentNames: [],
    whole: new Map(),
    logs: new Map(),
    pod: null,
    workings: null,
  };
}

export function logKey(pod: string, container: string): string {
  return `${pod}|${container}`;
}
