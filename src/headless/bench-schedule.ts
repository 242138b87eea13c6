/**
 * What the scheduler itself costs: queue, cycle with all plugins of the default profile, and the
 * picture of the nodes, without API server, informers and trace. 5,000 nodes in three zones.
 *
 * Plain Pods belong to ReplicaSets, so the default constraints spread them; the others also keep apart
 * by node and must be spread over zones. Each Pod is added, popped, given a node, assumed there, and
 * seen bound, as it happens in a cluster.
 */
import type { Node, Pod } from '../api/generated/types.ts';
import { selectorFromLabels } from '../api/meta/selectors.ts';
import { newCycleState, runCycle } from '../engine/scheduler/cycle.ts';
import { Decisions } from '../engine/scheduler/decisions.ts';
import { factories } from '../engine/scheduler/plugins/index.ts';
import { defaultProfile, Profile } from '../engine/scheduler/profile.ts';
import { SchedulingQueue } from '../engine/scheduler/queue.ts';
import { Snapshot } from '../engine/scheduler/snapshot.ts';
import { Rng } from '../kernel/rng.ts';
import { type Result, round, Stopwatch } from './bench-measure.ts';

const NODES = 5_000;
const APPS = 40;
const PLAIN_PODS = 20_000;
const APART_PODS = 5_000;

export function schedule(name: string): Result {
  const watch = new Stopwatch();
  const plain = run(PLAIN_PODS, () => ({}));
  const apart = run(APART_PODS, apartSpec);
  return {
    case: name,
    cpu_s: round(watch.cpuSeconds),
    wall_s: round(watch.wallSeconds),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    heap_mb: Math.round(process.memoryUsage().heapUsed / 1e6),
    virtual_s: 0,
    writes: 0,
    nodes: NODES,
    pods_per_cpu_s: Math.round(plain),
    affinity_and_spread_per_cpu_s: Math.round(apart),
  };
}

/** Pods scheduled in a CPU second. */
function run(pods: number, more: (app: string) => object): number {
  const snapshot = new Snapshot();
  for (let i = 0; i < NODES; i++) snapshot.setNode(node(i));
  snapshot.ownerSelector = (pod) => selectors[Number(pod.metadata.labels?.['n'] ?? 0)] ?? null;
  const profile = new Profile(defaultProfile('default-scheduler'), factories, {
    snapshot,
    isPreempting: () => false,
  });
  let now = 0;
  const less = profile.queueSort.less as NonNullable<Profile['queueSort']['less']>;
  const queue = new SchedulingQueue(
    {
      initialBackoffUs: 1e6,
      maxBackoffUs: 1e7,
      popFromBackoff: true,
      epochUs: 0,
      less: (a, b) => less(a, b),
      gate: (pod) => profile.preEnqueue.find((p) => p.preEnqueue?.(pod)) ?? null,
    },
    () => now,
  );
  const context = {
    profile,
    snapshot,
    nominator: queue.nominator,
    rng: new Rng(1, 'bench'),
    state: newCycleState(),
    percentage: 0,
  };
  const decisions = new Decisions();
  const all = Array.from({ length: pods }, (_, i) => pod(i, more));
  const watch = new Stopwatch();
  for (const waiting of all) {
    now++;
    queue.add(waiting, 0);
    const item = queue.pop();
    if (!item) throw new Error('the queue is empty');
    const { record } = runCycle(item.pod, context);
    if (record.node === '') throw new Error(`${item.key}: ${record.message}`);
    const { uid } = waiting.metadata;
    const names = { uid, profile: 'default-scheduler', scheduler: 'bench' };
    decisions.add(record, { ...names, pod: item.key, attempt: 1, at: now });
    snapshot.addPod(waiting, record.node);
    queue.done(item);
    const bound = { ...waiting, spec: { ...waiting.spec, nodeName: record.node } };
    snapshot.addPod(bound, record.node);
    queue.onEvent({ type: 'AssignedPodAdd', pod: bound, old: null }, 0);
  }
  return pods / watch.cpuSeconds;
}

const selectors = Array.from({ length: APPS }, (_, i) => selectorFromLabels({ app: `app-${i}` }));

function node(i: number): Node {
  const name = `node-${i}`;
  const zone = 'abc'[i % 3] as string;
  const capacity = { cpu: '32', memory: '256Gi', pods: '110' };
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': zone };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, labels },
    spec: {},
    status: { capacity, allocatable: capacity },
  } as unknown as Node;
}

function pod(i: number, more: (app: string) => object): Pod {
  const n = i % APPS;
  const app = `app-${n}`;
  const resources = { requests: { cpu: '100m', memory: '128Mi' } };
  const spec = { containers: [{ name: 'c', image: 'pause:3.10', resources }], ...more(app) };
  const labels = { app, n: String(n) };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${i}`, namespace: 'default', uid: `uid-${i}`, labels },
    // Each Pod has a spec of its own, as admission leaves it.
    spec: structuredClone({ ...spec, schedulerName: 'default-scheduler', priority: 0 }),
    status: { phase: 'Pending' },
  } as unknown as Pod;
}

/** The Pods of an app stay apart by node and are spread over zones. */
function apartSpec(app: string): object {
  const labelSelector = { matchLabels: { app } };
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector };
  return {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'topology.kubernetes.io/zone',
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector,
      },
    ],
  };
}
