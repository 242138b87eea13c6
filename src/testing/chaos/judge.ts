/**
 * What must be true once everything runs again and nobody touches anything: every controller has what
 * its object asks for, and nothing is left over. Each sentence it answers is one thing that is not so.
 */
import type {
  CronJob,
  DaemonSet,
  Deployment,
  EndpointSlice,
  Job,
  Node,
  Pod,
  PodDisruptionBudget,
  ReplicaSet,
  ReplicationController,
  Service,
  StatefulSet,
} from '../../api/generated/types.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import { isPodReady, isPodTerminal } from '../../api/meta/pod-state.ts';
import type { World } from './world.ts';

const DEFAULT_HISTORY = 3;
const JOB_FINALIZER = 'batch.kubernetes.io/job-tracking';
const HASH_LABEL = 'controller-revision-hash';

type Say = (object: KubeObject, text: string) => void;

export function problems(world: World): string[] {
  const list: string[] = [];
  const say: Say = ({ kind, metadata }, text) => list.push(`${kind}/${metadata.name} ${text}`);
  judgeLeftovers(world, say);
  for (const d of world.all<Deployment>('deployments')) judgeDeployment(d, world, say);
  for (const rs of world.all<ReplicaSet>('replicasets')) judgeReplicas(rs, world, say);
  for (const rc of world.all<ReplicationController>('replicationcontrollers')) {
    judgeReplicas(rc, world, say);
  }
  for (const set of world.all<StatefulSet>('statefulsets')) judgeStatefulSet(set, world, say);
  for (const ds of world.all<DaemonSet>('daemonsets')) judgeDaemonSet(ds, world, say);
  for (const job of world.all<Job>('jobs')) judgeJob(job, world, say);
  for (const cj of world.all<CronJob>('cronjobs')) judgeCronJob(cj, world, say);
  for (const service of world.all<Service>('services')) judgeService(service, world, say);
  for (const pdb of world.all<PodDisruptionBudget>('poddisruptionbudgets')) {
    judgeBudget(pdb, world, say);
  }
  return list;
}

function judgeLeftovers(world: World, say: Say): void {
  const objects = world.everything();
  const uids = new Set(objects.map((o) => o.metadata.uid));
  const nodes = new Set(world.all<Node>('nodes').map((n) => n.metadata.name));
  for (const object of objects) {
    const { deletionTimestamp, ownerReferences = [] } = object.metadata;
    if (deletionTimestamp !== undefined) say(object, 'is still being deleted');
    for (const ref of ownerReferences) {
      if (!uids.has(ref.uid)) say(object, `outlives its ${ref.kind} ${ref.name}`);
    }
  }
  for (const node of world.all<Node>('nodes')) {
    const ready = node.status.conditions?.find((c) => c.type === 'Ready')?.status;
    if (ready !== 'True') say(node, `is Ready=${ready ?? 'unset'}`);
    const taints = node.spec.taints ?? [];
    if (taints.length > 0) say(node, `has taints ${taints.map((t) => t.key).join(', ')}`);
  }
  for (const pod of world.all<Pod>('pods')) {
    const { nodeName } = pod.spec;
    if (nodeName !== undefined && !nodes.has(nodeName))
      say(pod, `is on ${nodeName}, which is gone`);
    const wasReleased = pod.metadata.labels?.['released'] !== undefined;
    if (!controllerOf(pod) && !wasReleased) say(pod, 'belongs to nobody');
    if (!isPodTerminal(pod) && !isPodReady(pod) && !isOfJob(pod)) say(pod, 'is not ready');
  }
}

function isOfJob(pod: Pod): boolean {
  return controllerOf(pod)?.kind === 'Job';
}

function active(owner: KubeObject, world: World): Pod[] {
  return world
    .all<Pod>('pods')
    .filter((pod) => controllerOf(pod)?.uid === owner.metadata.uid && !isPodTerminal(pod));
}

function expectEqual(object: KubeObject, say: Say, what: string, is: unknown, want: unknown): void {
  if (is !== want) say(object, `has ${what} ${String(is)}, not ${String(want)}`);
}

function judgeDeployment(d: Deployment, world: World, say: Say): void {
  const want = d.spec.replicas ?? 1;
  const { status } = d;
  expectEqual(d, say, 'observedGeneration', status.observedGeneration, d.metadata.generation);
  for (const count of [
    'replicas',
    'updatedReplicas',
    'readyReplicas',
    'availableReplicas',
  ] as const) {
    expectEqual(d, say, count, status[count] ?? 0, want);
  }
  const sets = world
    .all<ReplicaSet>('replicasets')
    .filter((rs) => controllerOf(rs)?.uid === d.metadata.uid && (rs.spec.replicas ?? 1) > 0);
  expectEqual(d, say, 'ReplicaSets with Pods', sets.length, want > 0 ? 1 : 0);
  for (const rs of sets) {
    const version = rs.spec.template.spec?.containers[0]?.env?.[0]?.value;
    const wanted = d.spec.template.spec?.containers[0]?.env?.[0]?.value;
    expectEqual(rs, say, 'version', version, wanted);
  }
}

function judgeReplicas(rs: ReplicaSet | ReplicationController, world: World, say: Say): void {
  const want = rs.spec.replicas ?? 1;
  expectEqual(rs, say, 'observedGeneration', rs.status.observedGeneration, rs.metadata.generation);
  expectEqual(rs, say, 'status.replicas', rs.status.replicas, want);
  expectEqual(rs, say, 'readyReplicas', rs.status.readyReplicas ?? 0, want);
  expectEqual(rs, say, 'Pods', active(rs, world).length, want);
}

function judgeStatefulSet(set: StatefulSet, world: World, say: Say): void {
  const want = set.spec.replicas ?? 1;
  const { status } = set;
  expectEqual(set, say, 'observedGeneration', status.observedGeneration, set.metadata.generation);
  expectEqual(set, say, 'readyReplicas', status.readyReplicas ?? 0, want);
  expectEqual(set, say, 'currentRevision', status.currentRevision, status.updateRevision);
  const pods = active(set, world);
  const names = Array.from({ length: want }, (_, i) => `${set.metadata.name}-${i}`);
  const there = pods.map((pod) => pod.metadata.name).sort();
  expectEqual(set, say, 'Pods', there.join(' '), names.join(' '));
  for (const pod of pods) {
    expectEqual(pod, say, 'revision', pod.metadata.labels?.[HASH_LABEL], status.updateRevision);
  }
}

function judgeDaemonSet(ds: DaemonSet, world: World, say: Say): void {
  const nodes = world.all<Node>('nodes').map((n) => n.metadata.name);
  const { status } = ds;
  expectEqual(ds, say, 'observedGeneration', status.observedGeneration, ds.metadata.generation);
  expectEqual(ds, say, 'desiredNumberScheduled', status.desiredNumberScheduled, nodes.length);
  expectEqual(ds, say, 'numberReady', status.numberReady, nodes.length);
  expectEqual(ds, say, 'updated', status.updatedNumberScheduled ?? 0, nodes.length);
  expectEqual(ds, say, 'misscheduled', status.numberMisscheduled, 0);
  const there = active(ds, world).map((pod) => pod.spec.nodeName ?? '');
  expectEqual(ds, say, 'nodes', there.sort().join(' '), [...nodes].sort().join(' '));
}

function judgeJob(job: Job, world: World, say: Say): void {
  const want = job.spec.completions ?? 1;
  const { status } = job;
  const ended = status.conditions?.filter((c) => c.status === 'True').map((c) => c.type) ?? [];
  if (!ended.includes('Complete')) say(job, `is not complete but [${ended.join(' ')}]`);
  expectEqual(job, say, 'succeeded', status.succeeded ?? 0, want);
  expectEqual(job, say, 'active', status.active ?? 0, 0);
  if (job.spec.completionMode === 'Indexed' && want > 0) {
    const indexes = want === 1 ? '0' : want === 2 ? '0,1' : `0-${want - 1}`;
    expectEqual(job, say, 'completedIndexes', status.completedIndexes, indexes);
  }
  for (const pod of world.all<Pod>('pods')) {
    if (controllerOf(pod)?.uid !== job.metadata.uid) continue;
    if (!isPodTerminal(pod)) say(pod, 'goes on after its Job');
    if (pod.metadata.finalizers?.includes(JOB_FINALIZER)) say(pod, 'is not counted yet');
  }
}

function judgeCronJob(cj: CronJob, world: World, say: Say): void {
  expectEqual(cj, say, 'active Jobs', cj.status.active?.length ?? 0, 0);
  const jobs = world.all<Job>('jobs').filter((job) => controllerOf(job)?.uid === cj.metadata.uid);
  if (jobs.length > DEFAULT_HISTORY) say(cj, `keeps ${jobs.length} ended Jobs`);
}

function judgeService(service: Service, world: World, say: Say): void {
  const { selector } = service.spec;
  if (!selector) return;
  const isHere = ({ metadata }: KubeObject): boolean =>
    metadata.namespace === service.metadata.namespace;
  const ready = world
    .all<Pod>('pods')
    .filter(isHere)
    .filter((pod) => Object.entries(selector).every(([k, v]) => pod.metadata.labels?.[k] === v))
    .filter((pod) => isPodReady(pod) && !isPodTerminal(pod))
    .map((pod) => pod.status.podIP ?? '');
  const told = world
    .all<EndpointSlice>('endpointslices')
    .filter(isHere)
    .filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter((endpoint) => endpoint.conditions?.ready !== false)
    .flatMap((endpoint) => endpoint.addresses);
  expectEqual(service, say, 'endpoints', told.sort().join(' '), ready.sort().join(' '));
}

function judgeBudget(pdb: PodDisruptionBudget, world: World, say: Say): void {
  const labels = pdb.spec.selector?.matchLabels ?? {};
  const pods = world
    .all<Pod>('pods')
    .filter((pod) => Object.entries(labels).every(([k, v]) => pod.metadata.labels?.[k] === v));
  // Of Pods of Jobs the controller cannot know how many there should be: nothing is granted.
  const owners = new Set(pods.map((pod) => controllerOf(pod)?.kind));
  if (owners.has('Job') || owners.has('DaemonSet') || owners.has(undefined)) return;
  expectEqual(
    pdb,
    say,
    'observedGeneration',
    pdb.status.observedGeneration,
    pdb.metadata.generation,
  );
  expectEqual(
    pdb,
    say,
    'currentHealthy',
    pdb.status.currentHealthy,
    pods.filter(isPodReady).length,
  );
}
