/**
 * Objects as the page's tables and canvas need them: small rows of plain data.
 *
 * Models: what `kubectl get` shows (the kind's own printer columns decide the words)
 */
import type {
  Container,
  ContainerStatus,
  DaemonSet,
  Event,
  Job,
  Node,
  Pod,
} from '../../api/generated/types.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { type KubeObject, objectRef } from '../../api/meta/object.ts';
import { bytes, milliCpu } from '../../api/meta/quantity.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { ContainerRow, ObjectRow } from '../../port/protocol.ts';
import { podResources } from '../scheduler/resources.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const ZONE = 'topology.kubernetes.io/zone';

/** How far the pull of a container's image is, in percent, or null. */
export type PullProgress = (node: string, podUid: string, container: string) => number | null;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export function rowOf(
  kind: AnyKind,
  object: KubeObject,
  nowMs: number,
  progress: PullProgress = () => null,
): ObjectRow {
  const { metadata } = object;
  const row: Mutable<ObjectRow> = {
    ref: objectRef(object),
    kind: object.kind,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid,
    revision: Number(metadata.resourceVersion),
    createdMs: parseTime(metadata.creationTimestamp),
    deleting: metadata.deletionTimestamp !== undefined,
    status: statusOf(kind, object, nowMs),
  };
  const owner = metadata.ownerReferences?.find((r) => r.controller);
  // Of what owns objects in namespaces, only nodes stand outside of them (mirror Pods).
  const within = owner?.kind === 'Node' ? '' : (metadata.namespace ?? '');
  if (owner) row.owner = `${owner.kind}/${within}/${owner.name}`;
  // Some controllers copy all annotations to what they make.
  else if (metadata.annotations?.[LAST_APPLIED] !== undefined) row.applied = true;
  const replicas = replicasOf(object);
  if (replicas) row.replicas = replicas;
  if (object.kind === 'Pod') row.pod = podPart(object as Pod, progress);
  else if (object.kind === 'Node') row.node = nodePart(object as Node);
  else if (object.kind === 'Event') row.event = eventPart(object as Event);
  return row;
}

/** The STATUS column where the kind has one; else what comes closest. */
export function statusOf(kind: AnyKind, object: KubeObject, nowMs: number): string {
  const named = (name: string) => kind.columns?.find((c) => c.name === name);
  // A Pod has both columns; its Ready is a count.
  const column = named('Status') ?? named('Ready');
  const cell = column?.cell(object, nowMs);
  return cell === null || cell === undefined ? '' : String(cell);
}

/** Of workloads: most count replicas, a DaemonSet the nodes it fits, a Job what has to succeed. */
function replicasOf(object: KubeObject): ObjectRow['replicas'] | undefined {
  if (object.kind === 'DaemonSet') return nodeCounts(object as DaemonSet);
  if (object.kind === 'Job') return completionsOf(object as Job);
  const { spec, status } = object as {
    spec?: { replicas?: number; template?: unknown };
    status?: { replicas?: number; readyReplicas?: number };
  };
  if (spec?.template === undefined || spec.replicas === undefined) return undefined;
  return {
    desired: spec.replicas,
    current: status?.replicas ?? 0,
    ready: status?.readyReplicas ?? 0,
  };
}

function nodeCounts({ status }: DaemonSet): ObjectRow['replicas'] {
  return {
    desired: status.desiredNumberScheduled,
    current: status.currentNumberScheduled,
    ready: status.numberReady,
  };
}

/** As the COMPLETIONS column: without a number, one success of all that run in parallel. */
function completionsOf({ spec, status }: Job): ObjectRow['replicas'] {
  const ready = status.succeeded ?? 0;
  return { desired: spec.completions ?? 1, current: ready + (status.active ?? 0), ready };
}

function podPart(pod: Pod, progress: PullProgress): NonNullable<ObjectRow['pod']> {
  const { requests } = podResources(pod);
  const { status } = pod;
  const restarts = (status.containerStatuses ?? []).reduce((n, s) => n + s.restartCount, 0);
  return {
    node: pod.spec.nodeName ?? '',
    ip: status.podIP ?? '',
    phase: status.phase ?? '',
    ready: status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false,
    restarts,
    containers: [
      ...(pod.spec.initContainers ?? []).map((c) =>
        containerRow(pod, c, true, status.initContainerStatuses, progress),
      ),
      ...pod.spec.containers.map((c) =>
        containerRow(pod, c, false, status.containerStatuses, progress),
      ),
    ],
    cpuMilli: requests.cpuMilli,
    memoryBytes: requests.memory,
  };
}

function containerRow(
  pod: Pod,
  container: Container,
  init: boolean,
  statuses: readonly ContainerStatus[] | undefined,
  progress: PullProgress,
): ContainerRow {
  const status = statuses?.find((s) => s.name === container.name);
  const state = status?.state;
  const terminated = state?.terminated;
  return {
    name: container.name,
    init,
    sidecar: init && container.restartPolicy === 'Always',
    image: container.image ?? '',
    state: terminated ? 'terminated' : state?.running ? 'running' : 'waiting',
    reason: terminated?.reason ?? state?.waiting?.reason ?? '',
    exitCode: terminated?.exitCode ?? null,
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    pulledPercent: progress(pod.spec.nodeName ?? '', pod.metadata.uid, container.name),
  };
}

function nodePart(node: Node): NonNullable<ObjectRow['node']> {
  const ready = node.status.conditions?.find((c) => c.type === 'Ready')?.status;
  const allocatable = node.status.allocatable ?? {};
  return {
    ready: ready === 'True' ? 'True' : ready === 'False' ? 'False' : 'Unknown',
    cordoned: node.spec.unschedulable === true,
    taints: (node.spec.taints ?? []).map(
      (t) => `${t.key}${t.value ? `=${t.value}` : ''}:${t.effect}`,
    ),
    zone: node.metadata.labels?.[ZONE] ?? '',
    cpuMilli: milliCpu(allocatable['cpu'] ?? '0'),
    memoryBytes: bytes(allocatable['memory'] ?? '0'),
    podCapacity: Number(allocatable['pods'] ?? 0),
  };
}

function eventPart(event: Event): NonNullable<ObjectRow['event']> {
  const { involvedObject: about } = event;
  const last = event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp;
  return {
    type: event.type ?? '',
    reason: event.reason ?? '',
    message: event.message ?? '',
    about: `${about.kind ?? ''}/${about.namespace ?? ''}/${about.name ?? ''}`,
    source: event.source?.component || event.reportingComponent || '',
    count: event.count ?? 1,
    lastMs: parseTime(last),
  };
}
