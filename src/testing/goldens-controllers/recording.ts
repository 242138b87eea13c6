/** One recorded case of goldens/controllers, as its README describes it. */

export interface Command {
  readonly at: number;
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly contentType?: string;
  };
  readonly code?: number;
  readonly argv?: readonly string[];
  readonly exitCode?: number;
  readonly kubelet?: string;
  readonly metrics?: string;
}

export interface Change {
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly object?: unknown;
  readonly change?: unknown;
  readonly by?: readonly string[];
}

/** One write of an Event. */
export interface WrittenEvent {
  readonly watch: string;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly message: string;
  readonly from: string;
  readonly count: number;
}

export interface Recording {
  readonly what: string;
  readonly namespace: string;
  readonly kubelet?: string;
  readonly nodesBefore?: unknown;
  readonly commands: readonly Command[];
  readonly stream: readonly Change[];
  readonly events: readonly (WrittenEvent & { readonly at: number })[];
}
