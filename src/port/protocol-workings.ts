/**
 * How a controller's object works at a moment: its arithmetic, its order, what it waits for. The page
 * opens one object at a time (`open-workings`) and gets the whole of it again when it has changed.
 *
 * `…Ms` are milliseconds since 1970 as in the objects; `at` is microseconds since the start of the run.
 */

/** A condition of a status, as it stands. */
export interface WorkingsCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export type Workings =
  | RolloutWorkings
  | AutoscalerWorkings
  | OrdinalWorkings
  | CompletionWorkings
  | ScheduleWorkings
  | BudgetWorkings
  | DrainWorkings
  | BindingWorkings;

interface Common {
  readonly ref: string;
}

// --- Deployment -----------------------------------------------------------------------------------

export interface RolloutSet {
  readonly ref: string;
  readonly revision: number;
  /** It has the template that the Deployment has now. */
  readonly isNew: boolean;
  readonly images: string;
  /** spec.replicas, and what its status counts. */
  readonly size: number;
  readonly pods: number;
  readonly ready: number;
  readonly available: number;
  readonly terminating: number;
}

export interface RolloutWorkings extends Common {
  readonly type: 'rollout';
  readonly strategy: string;
  readonly paused: boolean;
  readonly revision: string;
  readonly desired: number;
  /** As they are written (`25%`) and what that comes to. */
  readonly surgeText: string;
  readonly surge: number;
  readonly unavailableText: string;
  readonly unavailable: number;
  /** Pods there may be, Pods that must be available. */
  readonly most: number;
  readonly least: number;
  /** Sizes of all ReplicaSets together; Pods of them that are available. */
  readonly total: number;
  readonly available: number;
  /** Newest revision first; those without Pods end with the tenth. */
  readonly sets: readonly RolloutSet[];
  readonly state: 'complete' | 'paused' | 'moving' | 'waiting' | 'recreating' | 'late';
  /** What the next step may add to the new ReplicaSet and take from the old ones. */
  readonly grow: number;
  readonly shrink: number;
  /** Pods of the new ReplicaSet that are not ready, and that are ready but not for long enough. */
  readonly unready: number;
  readonly soaking: number;
  readonly minReadySeconds: number;
  /** When the first of those becomes available. */
  readonly soakedMs: number | null;
  readonly deadlineSeconds: number | null;
  readonly deadlineMs: number | null;
  readonly conditions: readonly WorkingsCondition[];
}

// --- HorizontalPodAutoscaler ------------------------------------------------------------------------

export interface AutoscalerMetric {
  /** `cpu`, `pods/requests`, … */
  readonly name: string;
  /** `Utilization`, `AverageValue`, `Value`. */
  readonly targetType: string;
  /** Thousandths of what the API writes; of a utilization, of a percent. */
  readonly target: number;
  readonly value: number | null;
  readonly targetText: string;
  readonly valueText: string;
  /** ceil(current × value / target), or current within the tolerance; null without a value. */
  readonly proposal: number | null;
  readonly tolerated: boolean;
}

export interface AutoscalerRules {
  readonly windowSeconds: number;
  readonly select: string;
  /** 0.1 when nothing else is said. */
  readonly tolerance: number;
  readonly policies: readonly {
    readonly type: string;
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

export interface AutoscalerSample {
  readonly at: number;
  readonly current: number;
  readonly desired: number;
  /** In the order of the metrics; thousandths. */
  readonly values: readonly (number | null)[];
}

export interface AutoscalerWorkings extends Common {
  readonly type: 'autoscaler';
  readonly target: string;
  readonly min: number;
  readonly max: number;
  readonly current: number;
  readonly desired: number;
  readonly metrics: readonly AutoscalerMetric[];
  readonly up: AutoscalerRules;
  readonly down: AutoscalerRules;
  readonly lastScaleMs: number | null;
  readonly conditions: readonly WorkingsCondition[];
  /** Oldest first; what the status said, whenever it was written. */
  readonly samples: readonly AutoscalerSample[];
}

// --- StatefulSet ------------------------------------------------------------------------------------

export type PlaceState =
  | 'missing'
  | 'pending'
  | 'unready'
  | 'soaking'
  | 'available'
  | 'terminating'
  | 'failed';

export interface OrdinalPlace {
  readonly ordinal: number;
  readonly pod: string;
  readonly state: PlaceState;
  /** Of the Pod; 0 while there is none. */
  readonly revision: number;
  readonly claims: readonly {
    readonly ref: string;
    readonly phase: string;
    readonly volume: string;
  }[];
  /** Beyond spec.replicas: it goes, highest ordinal first. */
  readonly condemned: boolean;
}

export interface OrdinalWorkings extends Common {
  readonly type: 'ordinals';
  readonly policy: string;
  readonly strategy: string;
  readonly partition: number;
  readonly desired: number;
  readonly minReadySeconds: number;
  readonly currentRevision: number;
  readonly updateRevision: number;
  readonly places: readonly OrdinalPlace[];
  /** Places that are not told, because there are so many. */
  readonly more: number;
  /** The ordinal everything waits for, and what happens when it is there; null: nothing waits. */
  readonly waitsFor: { readonly ordinal: number; readonly why: PlaceState } | null;
  /** Pods of another revision that stay: below the partition, or until somebody deletes them. */
  readonly held: { readonly by: 'partition' | 'OnDelete'; readonly count: number } | null;
  /** The ordinal that is replaced next. */
  readonly nextUpdate: number | null;
}

// --- Job, CronJob -----------------------------------------------------------------------------------

export type CellState = 'pending' | 'active' | 'ready' | 'succeeded' | 'failed' | 'backoff';

export interface CompletionCell {
  /** Of a Job without indexes: the number of the Pod, in order of creation. */
  readonly index: number;
  readonly state: CellState;
  /** '' when there is none. */
  readonly pod: string;
  readonly failures: number;
  readonly untilMs: number | null;
}

export interface CompletionWorkings extends Common {
  readonly type: 'completions';
  readonly indexed: boolean;
  readonly completions: number | null;
  readonly parallelism: number;
  readonly suspended: boolean;
  readonly active: number;
  readonly ready: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly terminating: number;
  readonly backoffLimit: number | null;
  readonly backoffLimitPerIndex: number | null;
  readonly backoffUntilMs: number | null;
  readonly cells: readonly CompletionCell[];
  readonly more: number;
  /** Rules of podFailurePolicy and successPolicy in words of the API, and whether one has fired. */
  readonly policies: readonly { readonly text: string; readonly fired: string }[];
  readonly startMs: number | null;
  readonly deadlineMs: number | null;
  /** When it is deleted, once it has finished. */
  readonly expiresMs: number | null;
  readonly ttlSeconds: number | null;
  readonly conditions: readonly WorkingsCondition[];
}

export interface ScheduleWorkings extends Common {
  readonly type: 'schedule';
  readonly schedule: string;
  readonly timeZone: string;
  readonly suspended: boolean;
  readonly concurrency: string;
  readonly startingDeadlineSeconds: number | null;
  readonly lastMs: number | null;
  readonly lastSuccessMs: number | null;
  /** The next times; empty: it never fires. */
  readonly next: readonly number[];
  readonly problem: string;
  /** Newest first. */
  readonly jobs: readonly {
    readonly ref: string;
    readonly state: 'active' | 'succeeded' | 'failed';
    readonly startMs: number;
    readonly endMs: number | null;
  }[];
}

// --- Disruption -------------------------------------------------------------------------------------

/** A request to evict a Pod and how it was answered. */
export interface EvictionTry {
  readonly pod: string;
  readonly from: string;
  readonly at: number;
  readonly code: number;
}

export interface BudgetWorkings extends Common {
  readonly type: 'budget';
  readonly rule: 'minAvailable' | 'maxUnavailable' | '';
  readonly ruleText: string;
  readonly expected: number;
  readonly healthy: number;
  readonly desired: number;
  readonly allowed: number;
  readonly pods: readonly {
    readonly ref: string;
    readonly node: string;
    readonly healthy: boolean;
    readonly terminating: boolean;
    /** An eviction has been granted; the Pod is awaited to go. */
    readonly granted: boolean;
  }[];
  readonly more: number;
  readonly evictions: readonly EvictionTry[];
  readonly conditions: readonly WorkingsCondition[];
}

export interface DrainWorkings extends Common {
  readonly type: 'drain';
  readonly cordoned: boolean;
  readonly pods: readonly {
    readonly ref: string;
    /** What a drain does with it. */
    readonly fate: 'evicted' | 'stays-daemon' | 'stays-mirror' | 'terminating';
    readonly budgets: readonly { readonly ref: string; readonly allowed: number }[];
    /** The last time somebody asked. */
    readonly last: EvictionTry | null;
  }[];
  readonly evictions: readonly EvictionTry[];
}

// --- Storage ----------------------------------------------------------------------------------------

export type BindingRole =
  | 'pod'
  | 'claim'
  | 'class'
  | 'binder'
  | 'provisioner'
  | 'volume'
  | 'attachment'
  | 'node';

export interface BindingLink {
  readonly role: BindingRole;
  /** Reference of the object; '' for what has none yet. */
  readonly ref: string;
  readonly name: string;
  readonly state: 'done' | 'waiting' | 'missing' | 'failed';
  readonly status: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** Why it goes no further. */
export type BindingWait =
  | 'no-class'
  | 'first-consumer'
  | 'unscheduled'
  | 'provisioner'
  | 'no-volume'
  | 'attach'
  | 'deleting';

export interface BindingWorkings extends Common {
  readonly type: 'binding';
  /** Claim, class, what binds, volume, attachment, node, Pod: as far as they are there. */
  readonly chains: readonly {
    readonly links: readonly BindingLink[];
    readonly wait: BindingWait | null;
  }[];
  readonly more: number;
}
