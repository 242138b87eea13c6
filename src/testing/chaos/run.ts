/**
 * One run of chaos: a cluster begins, workloads come, faults and edits happen to them, everything is
 * started again, and then the cluster has to find its way by itself and come to rest.
 */
import type { CronJob, Pod } from '../../api/generated/types.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import { isPodTerminal } from '../../api/meta/pod-state.ts';
import { defaultNode } from '../../port/run-config.ts';
import { problems } from './judge.ts';
import type { Edit, Fault, Plan, Workload } from './plan.ts';
import { NAMESPACES, nameOf, namespaceOf, objectsOf, pathOf, specOf } from './workloads.ts';
import { World } from './world.ts';

/** Failed Pods of Jobs are tried again after up to six minutes, lost nodes given up after two. */
const PATIENCE_SECONDS = 1_500;
const LOOK_EVERY_SECONDS = 10;
const REST_SECONDS = 60;
/** Reads at rest: none but of informers whose watches end, and of kubelets. */
const MAX_REQUESTS_PER_SECOND_AND_NODE = 2;
const US_PER_SECOND = 1_000_000;

export interface Outcome {
  /** Empty when all is well. */
  readonly problems: readonly string[];
  /** Equal for equal runs. */
  readonly hash: string;
  /** Virtual seconds from the last fault until everything was as it should be. */
  readonly healedAfter: number;
}

interface Act {
  readonly at: number;
  readonly act: (world: World) => void;
}

export function runPlan(plan: Plan, freeze = false): Outcome {
  const world = new World(plan, freeze);
  const { kernel } = world.plane;
  for (const name of NAMESPACES)
    world.request('POST', '/api/v1/namespaces', { metadata: { name } });
  const start = kernel.now;
  for (const { at, act } of actsOf(plan)) {
    kernel.runUntil(Math.max(kernel.now, start + at * US_PER_SECOND));
    act(world);
  }
  world.healAll();
  suspendCronJobs(world);
  const from = kernel.now;
  const inTime = (): boolean => kernel.now - from < PATIENCE_SECONDS * US_PER_SECOND;
  let found: string[];
  let healedAfter: number;
  do {
    for (found = problems(world); found.length > 0 && inTime(); found = problems(world)) {
      world.plane.run(LOOK_EVERY_SECONDS);
    }
    healedAfter = (kernel.now - from) / US_PER_SECOND;
    if (found.length === 0) found = restlessness(world);
  } while (found.length > 0 && inTime());
  return { problems: found, hash: hashOf(world), healedAfter };
}

/** In the order of time; what is given for the same second, in the order of the plan. */
function actsOf(plan: Plan): readonly Act[] {
  const acts: Act[] = [];
  for (const [i, workload] of plan.workloads.entries()) {
    acts.push({ at: workload.at, act: (world) => create(world, workload, i) });
  }
  for (const edit of plan.edits) {
    const i = edit.which % plan.workloads.length;
    const workload = plan.workloads[i];
    if (workload) acts.push({ at: edit.at, act: (world) => change(world, edit, workload, i) });
  }
  for (const fault of plan.faults) acts.push(...actsOfFault(fault, plan));
  return acts.sort((a, b) => a.at - b.at);
}

function create(world: World, workload: Workload, index: number): void {
  for (const { path, body } of objectsOf(workload, index)) world.request('POST', path, body);
}

function change(world: World, edit: Edit, workload: Workload, index: number): void {
  const app = nameOf(index);
  const namespace = namespaceOf(index);
  const path = `${pathOf(workload, index)}/${app}`;
  const { kind } = workload;
  const isJob = kind === 'Job' || kind === 'IndexedJob';
  switch (edit.what) {
    case 'scale':
      if (isJob) world.patch(path, { spec: { parallelism: Math.max(1, edit.value) } });
      else if (kind !== 'DaemonSet' && kind !== 'CronJob') {
        world.patch(path, { spec: { replicas: edit.value } });
      }
      return;
    case 'template': {
      if (isJob || kind === 'CronJob') return;
      const { template } = specOf(workload, app, edit.value);
      world.patch(path, { spec: { template } });
      return;
    }
    case 'delete':
      world.request('DELETE', path, {
        propagationPolicy: edit.value % 2 === 0 ? 'Background' : 'Foreground',
      });
      return;
    case 'delete namespace':
      world.request('DELETE', `/api/v1/namespaces/${namespace}`);
      return;
    default:
      changePod(world, edit, app, namespace);
  }
}

function changePod(world: World, edit: Edit, app: string, namespace: string): void {
  const pods = world
    .all<Pod>('pods')
    .filter((pod) => pod.metadata.labels?.['app'] === app && !isPodTerminal(pod));
  const pod = pods[edit.value % Math.max(1, pods.length)];
  if (!pod) return;
  const { name } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  if (edit.what === 'delete pod') world.request('DELETE', path);
  else if (edit.what === 'evict pod') {
    world.request('POST', `${path}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
    });
  } else {
    // A released Pod would hold its name against its StatefulSet for ever, and a Job its count.
    const owner = controllerOf(pod)?.kind;
    if (owner === 'StatefulSet' || owner === 'Job') return;
    world.patch(path, { metadata: { labels: { app: null, released: app } } });
  }
}

function actsOfFault(fault: Fault, { nodes }: Plan): readonly Act[] {
  const { at } = fault;
  switch (fault.fault) {
    case 'stop': {
      const perNode = fault.component === 'kubelet' || fault.component === 'containerd';
      const name = perNode
        ? `${fault.component}/node-${(fault.node % nodes) + 1}`
        : fault.component;
      return [
        { at, act: (world) => stop(world, name) },
        { at: at + fault.seconds, act: (world) => start(world, name) },
      ];
    }
    case 'lose node': {
      const number = (fault.node % nodes) + 1;
      return [
        { at, act: (world) => loseNode(world, number) },
        { at: at + fault.seconds, act: (world) => addNode(world, number) },
      ];
    }
    case 'cut watches':
      return [{ at, act: ({ plane }) => plane.server.watches.closeAll() }];
    case 'refuse writes':
      return [
        { at, act: (world) => (world.refusals = fault) },
        { at: at + fault.seconds, act: (world) => (world.refusals = null) },
      ];
    case 'late leases':
      return [
        { at, act: (world) => (world.lateLeases = true) },
        { at: at + fault.seconds, act: (world) => (world.lateLeases = false) },
      ];
  }
}

function stop(world: World, name: string): void {
  const component = world.component(name);
  if (component?.running) component.stop();
}

function start(world: World, name: string): void {
  const component = world.component(name);
  if (component?.running === false) component.start();
}

function loseNode(world: World, number: number): void {
  const { name } = defaultNode(number);
  if (!world.plane.cluster.machines.has(name)) return;
  world.plane.cluster.removeNode(name);
  world.request('DELETE', `/api/v1/nodes/${name}`);
}

function addNode(world: World, number: number): void {
  const spec = defaultNode(number);
  if (!world.plane.cluster.machines.has(spec.name)) world.plane.cluster.addNode(spec);
}

/** At rest nothing is started any more. */
function suspendCronJobs(world: World): void {
  world.plane.until(() => world.plane.server.scope.alive);
  for (const { metadata } of world.all<CronJob>('cronjobs')) {
    const path = `/apis/batch/v1/namespaces/${metadata.namespace ?? ''}/cronjobs/${metadata.name}`;
    if (metadata.deletionTimestamp === undefined) world.patch(path, { spec: { suspend: true } });
  }
}

/** What goes on although there is nothing to do. */
function restlessness(world: World): string[] {
  const { store } = world.plane.server;
  const { revision } = store;
  const before = world.requests;
  world.plane.run(REST_SECONDS);
  const writes = store
    .since(revision)
    .map(({ kv }) => `${kv.value.object.kind}/${kv.value.object.metadata.name}`)
    .filter((name) => !/^(Lease|Node)\//.test(name));
  const list = writes.length === 0 ? [] : [`at rest there are writes of ${writes.join(', ')}`];
  const nodes = world.plane.cluster.machines.size;
  const requests = world.requests - before;
  const limit = MAX_REQUESTS_PER_SECOND_AND_NODE * REST_SECONDS * nodes;
  return requests > limit ? [...list, `at rest there are ${requests} requests a minute`] : list;
}

function hashOf(world: World): string {
  return `${world.plane.kernel.trace.hash} ${world.plane.kernel.steps}`;
}
