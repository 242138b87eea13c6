/**
 * What the API server asks the kubelet of a node for, and what that answers: the little of HTTP that
 * goes between the two, and the streams of exec, attach and port-forward.
 *
 * Models: the kubelet's own API (kubernetes pkg/kubelet/server/server.go) and the streams behind it
 *         (k8s.io/cri-streaming, v1.36)
 */
export interface NodeRequest {
  readonly node: string;
  /** `/containerLogs/default/web/nginx`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The words of `command=…&command=…` (exec), and the ports of a port-forward. */
  readonly command?: readonly string[];
  /** Of requests that are to become connections. */
  readonly upgrade?: Upgrade;
}

/** What a client wants to speak instead of HTTP. */
export interface Upgrade {
  /** `websocket`, `spdy/3.1`. */
  readonly to: string;
  /** Protocols within a WebSocket. */
  readonly protocols: readonly string[];
}

export interface NodeAnswer {
  readonly code: number;
  readonly text: string;
  /** Content-Type, where it is not plain text. */
  readonly type?: string;
  /** More may come: |write| is called with each piece, |end| after the last; the answer stops it. */
  readonly follow?: (write: (text: string) => void, end: () => void) => () => void;
  /** Both sides go on talking. */
  readonly session?: NodeSession;
}

/** Reaches a kubelet; null = nobody answers there. */
export type NodeDial = (request: NodeRequest) => NodeAnswer | null;

/** What a client sends. Texts may hold any bytes (api/meta/byte-text.ts). */
export type StreamInput =
  | { readonly type: 'stdin'; readonly text: string }
  /** Nothing more comes to standard input; output goes on. */
  | { readonly type: 'stdin-end' }
  /** The client's window, in characters. */
  | { readonly type: 'resize'; readonly width: number; readonly height: number }
  /** A connection that a port-forward carries; the client numbers them. */
  | { readonly type: 'connect'; readonly connection: number; readonly port: number }
  | { readonly type: 'data'; readonly connection: number; readonly text: string }
  /** The client's end of a connection sends nothing more. */
  | { readonly type: 'data-end'; readonly connection: number }
  | { readonly type: 'disconnect'; readonly connection: number }
  /** The client has taken that many characters of output: so many more may come. */
  | { readonly type: 'taken'; readonly count: number }
  /** The client has gone. */
  | { readonly type: 'close' };

export type StreamOutput =
  | { readonly type: 'stdout'; readonly text: string }
  | { readonly type: 'stderr'; readonly text: string }
  /** How exec or attach ended: the last that comes. */
  | { readonly type: 'status'; readonly status: StreamStatus }
  | { readonly type: 'data'; readonly connection: number; readonly text: string }
  /** A connection could not be made; nothing more comes of it. */
  | { readonly type: 'error'; readonly connection: number; readonly text: string }
  | { readonly type: 'data-end'; readonly connection: number }
  /** The other side is gone: a stopped kubelet, an ended port-forward. */
  | { readonly type: 'closed' };

/** The Status that exec and attach end with, as it goes over the wire: no kind, no version. */
export interface StreamStatus {
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly causes: readonly { readonly reason?: string; readonly message: string }[];
  };
  readonly code?: number;
}

/** A connection in both directions, as its client holds it. */
export interface NodeSession {
  readonly kind: 'exec' | 'attach' | 'portforward';
  /** Streams that were asked for; all false for a port-forward. */
  readonly streams: {
    readonly stdin: boolean;
    readonly stdout: boolean;
    readonly stderr: boolean;
    readonly tty: boolean;
  };
  /** Ports of the query, which only old WebSocket clients name there. */
  readonly ports: readonly number[];
  readonly ended: boolean;
  /** Characters that were sent and that nobody has read: a client that sends much waits for it. */
  readonly backlog: number;
  send(input: StreamInput): void;
  /** Hands out all that has come and will come, to one listener. */
  listen(listener: (output: StreamOutput) => void): void;
}
