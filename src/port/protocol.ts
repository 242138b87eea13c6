/**
 * The only door between engine and page: plain data both ways (invariant 7).
 *
 *   page → engine   Command (logged: part of the run), Ask (not logged: playback and questions)
 *   engine → page   Frame (what changed; the page acknowledges it before the next is sent), Answer
 *
 * Times are microseconds of virtual time since the start of the run, unless a name says otherwise.
 * Object references are `Kind/namespace/name` (`Node//node-1`).
 */

import type { StreamInput } from '../api/meta/node-dial.ts';
import type { Decision, QueuePlace } from './protocol-decision.ts';
import type { ImageDeclaration } from './protocol-image.ts';
import type { KubectlCommand } from './protocol-kubectl.ts';
import type {
  NodeCommand,
  NodeContainerRow,
  NodeSpec,
  RunAlienContainer,
} from './protocol-node.ts';
import type { LogChunk } from './protocol-log.ts';
import type { OwnCommand, OwnControllers } from './protocol-own.ts';

export type { NodeSpec } from './protocol-node.ts';
import type { SchedulerSettings } from './protocol-scheduler.ts';
import type { FilesAnswer, MachineGraph, PodInside, StreamChunk } from './protocol-pod.ts';
import type { Workings } from './protocol-workings.ts';

// --- Kubernetes REST, as plain data -----------------------------------------------------------

export interface ApiRequest {
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
  /** The client's certificate, when TLS has checked one. */
  readonly peer?: {
    readonly commonName: string;
    readonly organizations: readonly string[];
    /** Hash of the certificate, hexadecimal. */
    readonly sha256?: string;
  };
}

export interface ApiResponse {
  readonly code: number;
  /** Lower-case names; a header that occurs several times (Warning) is a list. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array;
}

export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

// --- Commands: outside acts. Seed + configuration + these, with their times, are the whole run ---

export type Command =
  /** `kubectl apply -f`: all documents of one file, in order. */
  | { readonly type: 'apply'; readonly file: string; readonly text: string }
  | { readonly type: 'delete'; readonly object: string; readonly graceSeconds?: number }
  | { readonly type: 'scale'; readonly object: string; readonly replicas: number }
  | { readonly type: 'add-node'; readonly node: NodeSpec }
  /** Takes the machine away and deletes its Node object. */
  | { readonly type: 'remove-node'; readonly node: string }
  /** Stops or starts a component: `kube-scheduler`, `kube-controller-manager`, `kubelet/node-1`, … */
  | { readonly type: 'stop'; readonly component: string }
  | { readonly type: 'start'; readonly component: string }
  /** Process 1 of a container is killed from outside, as the node's kernel would. */
  | { readonly type: 'kill-container'; readonly pod: string; readonly container: string }
  /** The pause process of a Pod is killed: its sandbox is gone. */
  | { readonly type: 'kill-sandbox'; readonly pod: string }
  /** Takes a registry (`docker.io`) off the network, or brings it back. */
  | { readonly type: 'set-registry'; readonly domain: string; readonly down: boolean }
  /** Puts an image of the reader's own into a registry; one of the same name is replaced. */
  | { readonly type: 'declare-image'; readonly image: ImageDeclaration }
  /**
   * `kubectl exec` and `kubectl attach`: the result carries the number of the stream. |argv| is null
   * for attach; |container| may be left out where kubectl would find it.
   */
  | {
      readonly type: 'open-stream';
      readonly pod: string;
      readonly container?: string;
      readonly argv: readonly string[] | null;
      readonly stdin: boolean;
      readonly tty: boolean;
    }
  /** What is typed, a window's new size, the end. */
  | { readonly type: 'stream-input'; readonly stream: number; readonly input: StreamInput }
  /** Any other request, as a client of the API would send it. */
  | {
      readonly type: 'request';
      readonly request: ApiRequest;
      readonly user: string;
      readonly agent: string;
    }
  | KubectlCommand
  | NodeCommand
  | RunAlienContainer
  | OwnCommand;

/** Everything that is fixed when a run starts. */
export interface RunConfig {
  readonly seed: number;
  /** RFC 3339; what virtual time zero is called. */
  readonly epoch: string;
  readonly nodes: readonly NodeSpec[];
  /** Components that never start. */
  readonly stopped: readonly string[];
  /** There is a node cp-1 that runs the control plane as static Pods; absent: there is none. */
  readonly controlPlane?: boolean;
  /** Images of the reader's own that registries have from the start. */
  readonly images?: readonly ImageDeclaration[];
  /** CoreDNS runs in kube-system, as kubeadm installs it; else names are not answered. */
  readonly dns?: boolean;
  /** metrics.k8s.io is served, as if metrics-server were installed; else there is no such group. */
  readonly metrics?: boolean;
  /**
   * So many instances of kube-controller-manager and kube-scheduler, of which one is elected by a
   * Lease. Absent: one of each, which asks nobody.
   */
  readonly masters?: number;
  /** Disks of a pretend cloud: driver csi.kubeglass.dev, and a default class; else there is none. */
  readonly storage?: boolean;
  /** The machines are a pretend cloud's, which has load balancers; absent: they are nobody's. */
  readonly cloud?: boolean;
  /** The scheduler's decisions can be read as objects of kubeglass.dev; else there is no such group. */
  readonly decisions?: boolean;
  /** What kube-scheduler is told; absent: one profile with the default plugins. */
  readonly scheduler?: SchedulerSettings;
}

/** A saved run: replaying it gives the same trace, byte for byte. */
export interface RunFile {
  readonly format: 'kubeglass-run';
  readonly version: 1;
  readonly config: RunConfig;
  readonly commands: readonly {
    readonly at: number;
    readonly step: number;
    readonly command: Command;
  }[];
  /** Where the run stood when it was saved, and its trace hash there. */
  readonly at: number;
  readonly step: number;
  readonly hash: string;
  /** Set when the run was stopped by an engine assertion. */
  readonly crash?: string;
}

/** What a command did. `problems` are for the editor: where and what. */
export interface CommandResult extends ProgramResult {
  readonly problems: readonly Problem[];
  /** Of `open-stream`: what its inputs and outputs are known by. */
  readonly stream?: number;
}

export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** Position in the text, counted from 1; absent when it is not about one place. */
  readonly line?: number;
  readonly column?: number;
  /** Name of the object it concerns, e.g. `Deployment/default/web`. */
  readonly object?: string;
}

// --- What the page shows ------------------------------------------------------------------------

export type Pace = 'story' | '1x' | '10x' | 'max';

export interface ContainerRow {
  readonly name: string;
  readonly init: boolean;
  /** Init container with restartPolicy Always. */
  readonly sidecar: boolean;
  readonly image: string;
  readonly state: 'waiting' | 'running' | 'terminated';
  /** `PodInitializing`, `CrashLoopBackOff`, `Completed`, …; '' while running. */
  readonly reason: string;
  readonly exitCode: number | null;
  readonly ready: boolean;
  readonly restarts: number;
  /** Fraction of the image pulled, in percent, while it is being pulled; else null. */
  readonly pulledPercent: number | null;
}

/** One object as tables and canvas need it; whole objects are asked for with `watch`. */
export interface ObjectRow {
  readonly ref: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly revision: number;
  /** Milliseconds since 1970, virtual. */
  readonly createdMs: number;
  readonly deleting: boolean;
  /** Controlling owner. */
  readonly owner?: string;
  /** Made by the reader: it carries what `kubectl apply` notes. */
  readonly applied?: true;
  /** What `kubectl get` shows as status, or the closest thing: `Running`, `Init:0/1`, `Ready`, `2/3`. */
  readonly status: string;
  /** Desired, current and ready counts of workloads. */
  readonly replicas?: {
    readonly desired: number;
    readonly current: number;
    readonly ready: number;
  };
  readonly pod?: {
    readonly node: string;
    readonly ip: string;
    readonly phase: string;
    readonly ready: boolean;
    readonly restarts: number;
    readonly containers: readonly ContainerRow[];
    /** Requests in thousandths of a core and in bytes. */
    readonly cpuMilli: number;
    readonly memoryBytes: number;
  };
  readonly node?: {
    readonly ready: 'True' | 'False' | 'Unknown';
    readonly cordoned: boolean;
    readonly taints: readonly string[];
    readonly zone: string;
    readonly cpuMilli: number;
    readonly memoryBytes: number;
    readonly podCapacity: number;
  };
  readonly event?: {
    readonly type: string;
    readonly reason: string;
    readonly message: string;
    readonly about: string;
    readonly source: string;
    readonly count: number;
    readonly lastMs: number;
  };
}

/** A span as the page gets it (kernel/trace.ts). */
export interface SpanRow {
  readonly id: number;
  readonly parent: number;
  readonly also?: readonly number[];
  /**
   * Sort of span:
   * - `request`: from a component to kube-apiserver; name = verb and subresource (`create`, `patch status`);
   *   detail: code, user, agent, resource
   * - `etcd`: kube-apiserver and etcd; name = `txn`
   * - `watch`: delivery to a component; name = ADDED, MODIFIED, DELETED; parent = the request that wrote it
   * - `work`: one reconcile of a controller; object = its key; detail: queuedMicros, wanted, seen
   * - `schedule`: a scheduling cycle; detail: node, feasible
   * - `sync`: a kubelet's sync of one Pod
   * - `cri`: RunPodSandbox, PullImage, CreateContainer, …; kubelet/NODE to containerd/NODE; detail: container
   * - `container`: Started, Exited; detail: container, exitCode
   * - `hook`: PostStart or PreStop of a container; detail: container, error
   * - `command`: an outside act, the root of a causal chain
   * - `input`: what was typed into a container
   * - `note`: a component started or stopped, or something else worth a line
   */
  readonly kind: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly start: number;
  readonly end: number;
  readonly object: string;
  readonly revision: number;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** One of the ten steps, seen once per object. */
export interface StepRow {
  readonly step: number;
  /** Microseconds. */
  readonly at: number;
  readonly actor: string;
  readonly object: string;
  readonly revision: number | null;
  /** Index of the entry that caused it, or null. */
  readonly trigger: number | null;
  /** Span it was recognised from. */
  readonly span: number;
  /** Microseconds; null while it lasts. */
  readonly end: number | null;
  /** Moment at which its effect can be seen (a write: its commit): where "go to this step" goes. */
  readonly seen: number;
}

export interface ComponentRow {
  /** `kube-apiserver`, `etcd`, `kube-scheduler`, `kube-controller-manager`, `deployment-controller`, `kubelet/node-1`, `containerd/node-1`. */
  readonly name: string;
  readonly running: boolean;
  /** Items waiting in its work queue (scheduler: active, back-off, unschedulable). */
  readonly queue: number;
  readonly detail?: Readonly<Record<string, number | string>>;
}

export interface Frame {
  readonly type: 'frame';
  readonly seq: number;
  /** Moment that is shown. */
  readonly at: number;
  /** Furthest moment the cluster has reached. */
  readonly liveAt: number;
  /** True when `at` is in the past: the objects are those of that moment. */
  readonly past: boolean;
  readonly epochMs: number;
  readonly revision: number;
  readonly playing: boolean;
  readonly pace: Pace;
  /** Nothing is due but periodic work. */
  readonly settled: boolean;
  /** Oldest moment that can still be looked at. */
  readonly oldestAt: number;
  readonly hash: string;
  /** True when this frame replaces everything the page knew (start, reset, seek, load). */
  readonly whole: boolean;
  readonly rows: readonly ObjectRow[];
  readonly removed: readonly string[];
  /** Pods beyond the rows that are sent: counts by node ('' = none) and status. */
  readonly folded: readonly {
    readonly node: string;
    readonly status: string;
    readonly count: number;
  }[];
  readonly totals: Readonly<Record<string, number>>;
  /** Spans that began or ended since the last frame, oldest first; at most 2,000, see `spansDropped`. */
  readonly spans: readonly SpanRow[];
  readonly spansDropped: number;
  /** All steps that are still told, the newest story among them, when they changed. Of a story of many Pods the first ones are told. */
  readonly steps: readonly StepRow[] | null;
  readonly components: readonly ComponentRow[] | null;
  /** Whole objects that the page watches, as changed; null = deleted. */
  readonly objects: Readonly<Record<string, unknown>>;
  /** New log lines of the containers that the page follows. */
  readonly logs: readonly LogChunk[];
  /** The Pod that is opened; null when nothing of it has changed. */
  readonly pod: PodInside | null;
  /** How the object works that is opened; null when nothing of it has changed. */
  readonly workings: Workings | null;
  /** What has come of the connections into Pods that the page holds. */
  readonly streams: readonly StreamChunk[];
}

// --- Questions and playback -----------------------------------------------------------------------

export type Ask =
  | { readonly type: 'start'; readonly config: RunConfig }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'play' }
  | { readonly type: 'pause' }
  | { readonly type: 'pace'; readonly pace: Pace }
  /** Runs on to the next of the ten steps (or to the next drawn event), then pauses. */
  | { readonly type: 'step'; readonly to: 'step' | 'event' }
  | { readonly type: 'step-back'; readonly to: 'step' | 'event' }
  /** Shows the moment |at|; `null` = back to now. */
  | { readonly type: 'seek'; readonly at: number | null }
  | { readonly type: 'reset' }
  | { readonly type: 'save' }
  | { readonly type: 'open'; readonly run: RunFile }
  /** Whole objects to send with every change. */
  | { readonly type: 'watch'; readonly refs: readonly string[] }
  | {
      readonly type: 'follow-logs';
      readonly pod: string;
      readonly container: string;
      /** The log of the container before the present one, as it is now; it grows no more. */
      readonly previous?: boolean;
    }
  | { readonly type: 'unfollow-logs' }
  /** Looks into a Pod from now on: `Frame.pod`. */
  | { readonly type: 'open-pod'; readonly pod: string }
  | { readonly type: 'close-pod' }
  /** Tells from now on how an object works: `Frame.workings`. */
  | { readonly type: 'open-workings'; readonly ref: string }
  | { readonly type: 'close-workings' }
  /** The kubelet's state machines, for drawing. */
  | { readonly type: 'machines' }
  /** A directory or a file of a container; of a node's own disk when |pod| is `Node//NAME`. */
  | {
      readonly type: 'files';
      readonly pod: string;
      readonly container: string;
      readonly path: string;
    }
  /** All containers on the runtime of a node, those of nobody's Pod among them. */
  | { readonly type: 'node-containers'; readonly node: string }
  | {
      readonly type: 'why';
      readonly ref?: string;
      readonly container?: string;
      readonly span?: number;
    }
  | { readonly type: 'decision'; readonly pod: string }
  /** Where a Pod waits to be scheduled; null when it does not. */
  | { readonly type: 'queue-place'; readonly pod: string }
  /** Controllers of the reader's own, and what they have said after line |since|. */
  | { readonly type: 'own-controllers'; readonly since: number }
  /** What applying |text| would change, without doing it. */
  | { readonly type: 'diff'; readonly file: string; readonly text: string }
  | { readonly type: 'export' }
  /** Answered at once: whether anybody is there. */
  | { readonly type: 'ping' }
  | { readonly type: 'frame-seen'; readonly seq: number };

/** Answer to each Ask, by type. */
export interface Answers {
  readonly start: null;
  readonly command: CommandResult;
  readonly play: null;
  readonly pause: null;
  readonly pace: null;
  readonly step: null;
  readonly 'step-back': null;
  readonly seek: null;
  readonly reset: null;
  readonly save: RunFile;
  readonly open: { readonly hash: string };
  readonly watch: null;
  readonly 'follow-logs': null;
  readonly 'unfollow-logs': null;
  readonly 'open-pod': null;
  readonly 'close-pod': null;
  readonly 'open-workings': null;
  readonly 'close-workings': null;
  readonly machines: readonly MachineGraph[];
  readonly files: FilesAnswer;
  readonly 'node-containers': readonly NodeContainerRow[];
  readonly why: readonly WhyLink[];
  readonly decision: Decision | null;
  readonly 'queue-place': QueuePlace | null;
  readonly 'own-controllers': OwnControllers;
  readonly diff: { readonly text: string; readonly problems: readonly Problem[] };
  /** Multi-document YAML of all objects, or of what the cluster shows at that moment. */
  readonly export: string;
  readonly ping: null;
  readonly 'frame-seen': null;
}

/** One link of a causal chain, cause first. */
export interface WhyLink {
  readonly span: SpanRow;
  /** `kubectl`, `kube-apiserver`, `deployment-controller`, … */
  readonly actor: string;
  /** What it saw and wanted, when that is known (controllers, scheduler). */
  readonly wanted?: string;
  readonly seen?: string;
}

export type ToEngine = { readonly id: number; readonly ask: Ask };

export type FromEngine =
  | Frame
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly message: string }
  /** The engine stopped: an assertion or a bound. The run can be saved and replayed. */
  | { readonly type: 'crashed'; readonly message: string; readonly run: RunFile }
  /** The run uses more memory than is safe: it is paused; `play` goes on for another portion. */
  | { readonly type: 'memory'; readonly message: string; readonly usedMb: number };

/** One end of a message channel; `structuredClone`-able values only. */
export interface Endpoint {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(handler: (message: unknown) => void): void;
}
