/**
 * What the scheduler itself costs: queue, cycle with all plugins of the default profile, and the
 * picture of the nodes, without API server, informers and trace. 5,000 nodes in three zones.
 *
 * Plain Pods belong to ReplicaSets, so the default constraints spread them; the others also keep apart
 * by node and must be spread over zones.
 */
import type { Node, Pod } from '../api/generated/types.ts';
import { selectorFromLabels } from '../api/meta/selectors.ts';
import { SchedulerAlone } from '../engine/scheduler/alone.ts';
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
  const alone = new SchedulerAlone(1);
  const { snapshot } = alone;
  for (let i = 0; i < NODES; i++) snapshot.setNode(node(i));
  snapshot.ownerSelector = (pod) => selectors[Number(pod.metadata.labels?.['n'] ?? 0)] ?? null;
  const all = Array.from({ length: pods }, (_, i) => pod(i, more));
  const watch = new Stopwatch();
  for (const waiting of all) {
    const decision = alone.schedule(waiting);
    if (!decision?.node) throw new Error(`${waiting.metadata.name}: ${decision?.message ?? ''}`);
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
