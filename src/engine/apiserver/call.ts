/** A request to the API server after its path and options have been understood. */
import type { UserInfo } from '../../api/meta/authorization.ts';
import type { ParsedBody } from '../../api/meta/decode-body.ts';
import type { NodeSession, Upgrade } from '../../api/meta/node-dial.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ServiceAnswer } from '../../api/meta/service-call.ts';
import type { Resource } from './resource.ts';
import type { ApiStream } from './rest/stream.ts';
import type { Stored } from './stored.ts';

/** A client of the API server: its identity, and how it appears in the trace and in managedFields. */
export interface Caller {
  readonly user: UserInfo;
  /** First part of the User-Agent; the default field manager. */
  readonly agent: string;
  /** Who acts, in the trace: `deployment-controller`, `kubelet/node-1`, `kubectl`. */
  readonly actor: string;
  /**
   * A client beyond the simulation. What it reads is no part of the run: reads and watches of it
   * leave no trace and draw no random number, so that a replay needs only the writes.
   */
  readonly outside?: boolean;
}

export type Verb =
  | 'get'
  | 'list'
  | 'watch'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'deletecollection';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

export type Propagation = 'Orphan' | 'Background' | 'Foreground';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: Propagation;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface CallOptions extends DeleteOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersionMatch?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly force?: boolean;
}

export interface Call {
  readonly caller: Caller;
  readonly verb: Verb;
  readonly resource: Resource;
  /** '' = the object itself. */
  readonly subresource: string;
  /** '' = cluster-scoped, or all namespaces of a list. */
  readonly namespace: string;
  readonly name: string;
  /** A typed object (in process), or the value of `parsed` (REST). */
  readonly body?: unknown;
  /** The body as it was read; REST only. */
  readonly parsed?: ParsedBody;
  readonly patchType?: PatchType | undefined;
  /** The patch as it was sent; REST only. */
  readonly patchText?: string;
  readonly options: CallOptions;
  /** All of the query; REST only. */
  readonly query?: Readonly<Record<string, readonly string[]>>;
  /** What has been answered so far to questions of admission; only where it may ask. */
  readonly answers?: ReadonlyMap<string, ServiceAnswer>;
  /** The request as it came, where it may be passed on; REST only. */
  readonly forward?: Forward;
  /** The client asks for a connection in both directions; REST only. */
  readonly upgrade?: Upgrade;
  /** Answers a watch, once it is allowed; REST only. */
  readonly openWatch?: () => StreamAnswer;
  /** It has been looked up whether the caller may do this. */
  readonly authorized?: boolean;
  /** The body was built by our own typed code: no strict decoding, it is defaulted and validated. */
  readonly typed: boolean;
  /** What the client is warned of, whatever becomes of the request; REST only. */
  readonly warnings?: string[];
  /** Set once the request has a span in the trace. */
  readonly span?: number;
  /** A read that is really a watch with its initial events (client-go's WatchList). */
  readonly viaWatch?: boolean;
}

export interface Forward {
  readonly method: string;
  /** The path that was asked for, and of it what the program is asked for: '' or `/…`. */
  readonly whole: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ObjectAnswer {
  readonly code: number;
  readonly object: KubeObject;
  /** What the object is as it is stored; REST writes it out from here. */
  readonly stored?: Stored;
  readonly warnings: readonly string[];
  /** Revision of what was written, where the answer itself does not carry it (actions). */
  readonly revision?: number;
}

export interface ListAnswer {
  /** As they are stored; of what nothing is stored, as clients see them. */
  readonly items: readonly KubeObject[];
  /** The same, for whoever writes them out in a version and with managedFields (REST). */
  readonly stored?: readonly Stored[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** Plain text: what subresources that connect to something answer. */
export interface TextAnswer {
  readonly code: number;
  readonly text: string;
  /** Default: plain text. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that keeps coming. */
export interface StreamAnswer {
  readonly code: number;
  readonly stream: ApiStream;
  /** Content-Type; JSON unless said. */
  readonly type?: string;
}

/** Both sides go on talking. */
export interface SessionAnswer {
  readonly code: 101;
  readonly session: NodeSession;
}

export type Answer = ObjectAnswer | ListAnswer | TextAnswer | StreamAnswer | SessionAnswer;
