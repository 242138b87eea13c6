/** One recorded case of goldens/controllers, as its README describes it. */

export interface Printed {
  readonly at: number;
  readonly argv: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode?: number;
}

export interface Command {
  /** Milliseconds since the case began. */
  readonly at: number;
  readonly request?: {
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly contentType?: string;
  };
  readonly code?: number;
  readonly response?: unknown;
  readonly argv?: readonly string[];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** What the stand-in for the kubelets did, in words. */
  readonly kubelet?: string;
  /** What the stand-in for metrics-server answers from now on, in words. */
  readonly metrics?: string;
  /** What was done to components, in words. */
  readonly do?: string;
}

export interface Change {
  readonly at: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  /** The object when it is first seen, then JSON merge patches. */
  readonly change?: unknown;
  readonly by?: readonly string[];
}

/** One write of an Event. */
export interface WrittenEvent {
  readonly at?: number;
  readonly watch: string;
  readonly type: string;
  readonly reason: string;
  readonly object: string;
  readonly message: string;
  readonly from: string;
  readonly count: number;
}

export interface Recording {
  /** `topic/case` */
  readonly case: string;
  readonly what: string;
  readonly namespace: string;
  readonly kubelet?: string;
  readonly nodesBefore?: readonly unknown[];
  readonly commands: readonly Command[];
  readonly stream: readonly Change[];
  readonly events: readonly WrittenEvent[];
  readonly final: readonly Printed[];
}

/** Of one case in stability.json: what two real clusters agreed about. */
export interface Stability {
  readonly events?:
    | 'equal'
    | {
        readonly onlyHere?: Readonly<Record<string, number>>;
        readonly onlyThere?: Readonly<Record<string, number>>;
      };
  readonly finalObjects?: 'equal' | { readonly differ?: readonly string[] };
  readonly sequences?: 'equal' | { readonly differ?: readonly string[] };
}
