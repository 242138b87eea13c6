/**
 * A Pod opened, as plain data: its containers over time, its state machines, what it waits for, what
 * is pulled and probed, its files. Part of the port like protocol.ts, whose times it shares:
 * microseconds of virtual time since the start of the run.
 */

// --- Containers over time ---------------------------------------------------------------------------

export type LaneKind = 'pod' | 'init' | 'sidecar' | 'app' | 'ephemeral';

export type SegmentKind =
  /** The pause container is being made, and its network. */
  | 'sandbox'
  | 'pull'
  /** CreateContainer and StartContainer. */
  | 'create'
  | 'run'
  /** From the stop signal to the end. */
  | 'stop'
  /** It has ended (or could not be started) and will be tried again. */
  | 'back-off'
  /** The image could not be pulled and will be tried again. */
  | 'pull-back-off'
  /** A hook of its life: postStart or preStop. */
  | 'hook';

export interface PodSegment {
  readonly kind: SegmentKind;
  readonly from: number;
  /** Null while it lasts. */
  readonly to: number | null;
  /** It ended in failure. */
  readonly failed: boolean;
  /** What it ended with, or what is being made: an exit code, an image, containerd's words. */
  readonly note: string;
  /** Exit code of a container that has ended. */
  readonly exitCode: number | null;
  /** Which start of the container this is, from 1; 0 where that says nothing. */
  readonly attempt: number;
  /** Span it was read from; 0 when it was read from the state of the runtime. */
  readonly span: number;
}

export interface ProbeTick {
  readonly at: number;
  readonly probe: 'startup' | 'liveness' | 'readiness';
  readonly ok: boolean;
  readonly message: string;
}

export interface PodLane {
  /** Name of the container; '' for the Pod itself. */
  readonly name: string;
  readonly kind: LaneKind;
  readonly image: string;
  readonly segments: readonly PodSegment[];
  readonly ticks: readonly ProbeTick[];
}

// --- State machines ---------------------------------------------------------------------------------

export interface MachineMove {
  /** '' = from every state. */
  readonly from: string;
  /** `after.NAME` when a delay has passed. */
  readonly event: string;
  readonly to: string;
  readonly actions: readonly string[];
}

export interface MachineGraph {
  readonly id: string;
  readonly initial: string;
  readonly states: readonly {
    readonly name: string;
    /** What is done on entering it. */
    readonly entry: readonly string[];
    readonly final: boolean;
  }[];
  readonly moves: readonly MachineMove[];
}

/** Where one machine stands. */
export interface MachineState {
  readonly state: string;
  /** The last transition; '' when none is known. */
  readonly from: string;
  readonly event: string;
}

export interface PodMachines {
  readonly pod: MachineState;
  readonly init: MachineState;
  /** Name of the init container whose turn it is; '' when there is none. */
  readonly currentInit: string;
  readonly containers: readonly (MachineState & { readonly name: string })[];
}

// --- Waiting, pulling, probing ----------------------------------------------------------------------

export interface PodWait {
  /** '' = the Pod itself. */
  readonly container: string;
  readonly kind: 'crash' | 'pull' | 'grace' | 'deadline';
  /** When it ends. */
  readonly until: number;
  /** When the kubelet looks again, if that is later; else null. */
  readonly next: number | null;
}

export interface PodPull {
  readonly container: string;
  readonly image: string;
  readonly percent: number;
}

export interface PodProbe {
  readonly container: string;
  readonly probe: ProbeTick['probe'];
  /** What it does, in one line: `httpGet :8080/healthz`. */
  readonly what: string;
  readonly periodSeconds: number;
  readonly successThreshold: number;
  readonly failureThreshold: number;
  /** Last verdict of the kubelet. */
  readonly result: 'success' | 'failure' | 'unknown';
  /** How the last run ended; null before the first. */
  readonly lastRun: 'success' | 'failure' | 'unknown' | null;
  /** Runs in a row that ended like the last. */
  readonly inARow: number;
  /** When it runs next; null while it does not. */
  readonly nextAt: number | null;
}

/** Everything at one moment; sent as a whole when something of it has changed. */
export interface PodInside {
  readonly ref: string;
  /** '' when there is no such Pod at that moment. */
  readonly uid: string;
  readonly node: string;
  readonly lanes: readonly PodLane[];
  /** Null when the kubelet does not know the Pod, or its states at that moment are not on record. */
  readonly machines: PodMachines | null;
  readonly waits: readonly PodWait[];
  readonly pulls: readonly PodPull[];
  readonly probes: readonly PodProbe[];
  /** Where its images come from. */
  readonly registries: readonly { readonly domain: string; readonly down: boolean }[];
}

// --- Files ------------------------------------------------------------------------------------------

export interface FileRow {
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly modifiedAt: number;
  /** What a link points to; '' otherwise. */
  readonly target: string;
}

export type FilesAnswer =
  | { readonly type: 'directory'; readonly path: string; readonly rows: readonly FileRow[] }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly text: string;
      readonly size: number;
      /** Only the beginning is sent. */
      readonly cut: boolean;
    }
  /** There is nothing to be looked at: no such file, or no such container. */
  | { readonly type: 'none'; readonly path: string; readonly message: string };

/** What has come of a connection into a Pod. */
export interface StreamChunk {
  /** The number of `open-stream`. */
  readonly stream: number;
  /** Standard output and error, in the order in which they came. */
  readonly text: string;
  /** Characters of output that were dropped before |text|: the page was too slow. */
  readonly dropped: number;
  /** Set when it has ended: the exit code, or what went wrong. */
  readonly end: { readonly exitCode: number | null; readonly message: string } | null;
}
