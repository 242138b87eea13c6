/**
 * What a run of chaos is made of: a small cluster, workloads, edits and faults, each at a second of
 * virtual time. Plain data, so that a run can be made smaller and played again.
 */
import fc from 'fast-check';

export const WORKLOADS = [
  'Deployment',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'IndexedJob',
  'CronJob',
] as const;

export interface Workload {
  readonly kind: (typeof WORKLOADS)[number];
  readonly at: number;
  readonly replicas: number;
  /** A Service and a PodDisruptionBudget for its Pods. */
  readonly served: boolean;
  /** One of two ways that the kind knows: Recreate, Parallel, OnDelete. */
  readonly other: boolean;
}

export const EDITS = [
  'scale',
  'template',
  'delete pod',
  'evict pod',
  'release pod',
  'delete',
  'delete namespace',
] as const;

export interface Edit {
  readonly what: (typeof EDITS)[number];
  readonly at: number;
  /** Which of the workloads; taken modulo their number. */
  readonly which: number;
  readonly value: number;
}

/** What can be stopped and started again. */
export const COMPONENTS = [
  'kube-scheduler',
  'kube-controller-manager',
  'kube-apiserver',
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemon-set-controller',
  'job-controller',
  'garbage-collector',
  'kubelet',
  'containerd',
] as const;

export type Fault =
  | {
      readonly fault: 'stop';
      readonly at: number;
      readonly component: (typeof COMPONENTS)[number];
      readonly node: number;
      readonly seconds: number;
    }
  /** A node is taken away with its object, and another comes. */
  | {
      readonly fault: 'lose node';
      readonly at: number;
      readonly node: number;
      readonly seconds: number;
    }
  | { readonly fault: 'cut watches'; readonly at: number }
  | {
      readonly fault: 'refuse writes';
      readonly at: number;
      readonly seconds: number;
      /** One of so many writes. */
      readonly oneOf: number;
      readonly answer: 'Conflict' | 'InternalError';
    }
  | { readonly fault: 'late leases'; readonly at: number; readonly seconds: number };

export interface Plan {
  readonly seed: number;
  readonly nodes: number;
  readonly workloads: readonly Workload[];
  readonly edits: readonly Edit[];
  readonly faults: readonly Fault[];
}

const MAX_SEED = 1_000_000;
const ACT_SECONDS = 40;
const MAX_NODES = 4;

const at = fc.integer({ min: 0, max: ACT_SECONDS });
const seconds = fc.integer({ min: 1, max: 70 });
const node = fc.nat({ max: MAX_NODES - 1 });

const workload: fc.Arbitrary<Workload> = fc.record({
  kind: fc.constantFrom(...WORKLOADS),
  at: fc.integer({ min: 0, max: 10 }),
  replicas: fc.integer({ min: 0, max: 4 }),
  served: fc.boolean(),
  other: fc.boolean(),
});

const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom(...EDITS),
  at,
  which: fc.nat({ max: 3 }),
  value: fc.integer({ min: 0, max: 4 }),
});

const fault: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      fault: fc.constant('stop' as const),
      at,
      component: fc.constantFrom(...COMPONENTS),
      node,
      seconds,
    }),
  },
  fc.record({ fault: fc.constant('lose node' as const), at, node, seconds }),
  fc.record({ fault: fc.constant('cut watches' as const), at }),
  fc.record({
    fault: fc.constant('refuse writes' as const),
    at,
    seconds,
    oneOf: fc.integer({ min: 1, max: 4 }),
    answer: fc.constantFrom('Conflict' as const, 'InternalError' as const),
  }),
  fc.record({ fault: fc.constant('late leases' as const), at, seconds }),
);

export const plans: fc.Arbitrary<Plan> = fc.record({
  seed: fc.integer({ min: 1, max: MAX_SEED }),
  nodes: fc.integer({ min: 1, max: MAX_NODES }),
  workloads: fc.array(workload, { minLength: 1, maxLength: 4 }),
  edits: fc.array(edit, { maxLength: 6 }),
  faults: fc.array(fault, { maxLength: 6 }),
});
