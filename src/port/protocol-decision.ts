/** What the scheduler decided about a Pod, and where a Pod waits to be decided about. */

/** The scheduler's record for one Pod: nodes × plugins. */
export interface Decision {
  readonly pod: string;
  readonly at: number;
  readonly node: string;
  /** `0/3 nodes are available: …` when nothing fitted. */
  readonly message: string;
  readonly filters: readonly string[];
  readonly scores: readonly string[];
  /** What the normalised score of each of |scores| is multiplied by. */
  readonly weights: Readonly<Record<string, number>>;
  readonly rows: readonly DecisionRow[];
  /** The profile (schedulerName) and how often the Pod had been tried, this time included. */
  readonly profile: string;
  readonly attempt: number;
  /** Nodes of the cluster; fewer rows when enough had been found before all were looked at. */
  readonly allNodes: number;
  /** Nodes with the best total, among which chance drew; one when there was no tie. */
  readonly equals: readonly string[];
  /** What was done to make room when no node fitted; null when nothing was tried. */
  readonly help: {
    readonly message: string;
    /** The node that the Pod was promised; '' when there is none. */
    readonly nominated: string;
    /** References of Pods that have to go. */
    readonly victims: readonly string[];
  } | null;
}

export interface DecisionRow {
  readonly node: string;
  /** By plugin: '' = passed, else the reason. Absent = not asked, an earlier plugin had refused. */
  readonly verdicts: Readonly<Record<string, string>>;
  /** Evicting others might help here; only of nodes that were refused. */
  readonly resolvable?: boolean;
  /** By plugin: what it counted; the same brought to 0…100; that times its weight. */
  readonly raw: Readonly<Record<string, number>>;
  readonly normalized: Readonly<Record<string, number>>;
  readonly points: Readonly<Record<string, number>>;
  readonly total: number | null;
}

/** Of a Pod without a node. */
export interface QueuePlace {
  readonly queue: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in-flight';
  /** When it is tried again whatever happens; null: at once, or never by itself. */
  readonly until: number | null;
  /** Since when it has been there, or been waiting. */
  readonly since: number;
  readonly attempts: number;
  /** Plugins that refused it last, each with the events that may change its mind. */
  readonly refusedBy: readonly { readonly plugin: string; readonly events: readonly string[] }[];
}
