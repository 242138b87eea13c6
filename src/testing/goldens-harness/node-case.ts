/**
 * Recordings of the node side as data. The format is described in the README of goldens/node.
 */
import type { Event, Pod } from '../../api/generated/types.ts';

export interface NodeCommand {
  /** Milliseconds since the start of the case. */
  readonly at: number;
  readonly args?: string;
  /** A script in which kubectl is the real one. */
  readonly shell?: string;
  readonly stdin?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  /** A text: ended by the recorder. */
  readonly code?: number | string;
  readonly tookMs?: number;
  /** What ran while it was running, and what that printed. */
  readonly during?: string;
  readonly duringStdout?: string;
  readonly duringStderr?: string;
}

export interface Watched<T> {
  readonly at: number;
  readonly type: string;
  readonly object: T;
}

export interface RecordedEvent {
  readonly at: number;
  /** `Pod/web` */
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly fieldPath: string | null;
  readonly count: number | null;
  readonly source?: { readonly component?: string; readonly host?: string };
}

export interface AuditedRequest {
  readonly at: number;
  readonly user: string;
  readonly agent: string;
  readonly verb: string;
  readonly resource: string;
  readonly subresource: string | null;
  readonly name: string | null;
  readonly code: number;
}

export interface NodeNote {
  readonly at: number;
  readonly note: string;
  /** Of a file that was written. */
  readonly text?: string;
}

interface Audit {
  readonly startAt: number;
  readonly requests: readonly AuditedRequest[];
}

export interface NodeCase {
  readonly case: string;
  readonly topic: string;
  readonly about: string;
  readonly namespace: string;
  readonly durationMs: number;
  readonly commands: readonly NodeCommand[];
  readonly podWatch?: readonly Watched<Pod>[];
  readonly events?: readonly RecordedEvent[];
  readonly statusColumn?: readonly { readonly at: number; readonly line: string }[];
  readonly describe?: readonly {
    readonly at: number;
    readonly what: string;
    readonly text: string;
  }[];
  readonly notes?: readonly NodeNote[];
  /** By `pod/container` or `pod/container --previous`: what `kubectl logs` said at the end. */
  readonly logs?: Readonly<Record<string, string>>;
  readonly nodeWatch?: readonly unknown[];
  readonly cronJobWatch?: readonly { readonly at: number }[];
  readonly jobWatch?: readonly { readonly at: number }[];
  readonly nodeEvents?: readonly unknown[];
  readonly leaseWatch?: readonly unknown[];
  readonly auditApply?: Audit;
  readonly auditRollingUpdate?: Audit;
  readonly auditDelete?: Audit;
}

/** All requests about the namespace of another case. */
export interface RequestsCase {
  readonly case: string;
  readonly topic: string;
  /** `lifecycle/simple-pod` */
  readonly of: string;
  readonly requests: readonly AuditedRequest[];
}

export type NodeRecording = (NodeCase | RequestsCase) & {
  /** False: read only because the requests of another recording are its. */
  readonly asked?: boolean;
};

export function isRequestsCase(recording: NodeRecording): recording is RequestsCase {
  return 'of' in recording;
}

/** What a replay of a case has seen; times in milliseconds since its start. */
export interface Seen {
  readonly pods: Watched<Pod>[];
  readonly events: { readonly at: number; readonly object: Event }[];
  /** Rows of `kubectl get pods -w`. */
  readonly columns: { readonly at: number; readonly cells: readonly string[] }[];
  readonly requests: AuditedRequest[];
}
