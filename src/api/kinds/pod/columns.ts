/**
 * What `kubectl get pods` shows.
 *
 * Models: pkg/printers/internalversion printers.go, printPod (v1.36)
 */
import type { ContainerStatus, Pod } from '../../generated/types.ts';
import { AGE_COLUMN, ageText, NAME_COLUMN } from '../../meta/columns.ts';
import type { Column } from '../../meta/define-kind.ts';
import { isSidecar } from './resources.ts';

/** NodeUnreachablePodReason, pkg/util/node. */
const NODE_LOST = 'NodeLost';
const GATED = 'SchedulingGated';

interface Summary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: number;
  /** When a container last ended before a restart; undefined when unknown. */
  readonly lastRestart: string | undefined;
}

const summaries = new WeakMap<Pod, Summary>();

/** Three cells come from one walk over the statuses. */
function summaryOf(pod: Pod): Summary {
  let summary = summaries.get(pod);
  if (summary === undefined) {
    summary = summarize(pod);
    if (Object.isFrozen(pod)) summaries.set(pod, summary);
  }
  return summary;
}

class RestartCount {
  count = 0;
  last: string | undefined;

  add(status: ContainerStatus): void {
    this.count += status.restartCount ?? 0;
    const ended = status.lastState?.terminated?.finishedAt;
    if (ended !== undefined && ended !== null && (this.last === undefined || ended > this.last)) {
      this.last = ended;
    }
  }
}

function summarize(pod: Pod): Summary {
  const { spec, metadata } = pod;
  const status = pod.status ?? {};
  const phase = status.phase ?? '';
  let reason: string = phase;
  if ((status.reason ?? '') !== '') reason = status.reason ?? '';
  for (const condition of status.conditions ?? []) {
    if (condition.type === 'PodScheduled' && condition.reason === GATED) reason = GATED;
  }
  const init = initSummary(pod);
  let restarts = init.all;
  let ready = init.ready;
  reason = init.reason ?? reason;
  if (init.reason === undefined || hasCondition(pod, 'Initialized')) {
    restarts = init.sidecars;
    const app = appSummary(pod, restarts);
    ready += app.ready;
    reason = app.reason ?? reason;
    if (reason === 'Completed') reason = completedReason(pod, app);
  }
  if (metadata.deletionTimestamp) {
    if (status.reason === NODE_LOST) reason = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') reason = 'Terminating';
  }
  const sidecars = (spec.initContainers ?? []).filter(isSidecar).length;
  const total = (spec.containers ?? []).length + sidecars;
  return {
    ready: `${ready}/${total}`,
    status: reason,
    restarts: restarts.count,
    lastRestart: restarts.last,
  };
}

interface InitSummary {
  /** Set while initialization goes on or has failed. */
  readonly reason: string | undefined;
  readonly ready: number;
  readonly all: RestartCount;
  readonly sidecars: RestartCount;
}

function initSummary({ spec, status }: Pod): InitSummary {
  const containers = spec.initContainers ?? [];
  const sidecarNames = new Set(containers.filter(isSidecar).map((c) => c.name));
  const all = new RestartCount();
  const sidecars = new RestartCount();
  let ready = 0;
  let reason: string | undefined;
  const statuses = status?.initContainerStatuses ?? [];
  for (let i = 0; i < statuses.length && reason === undefined; i++) {
    const container = statuses[i] as ContainerStatus;
    const isSidecarStatus = sidecarNames.has(container.name);
    all.add(container);
    if (isSidecarStatus) sidecars.add(container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (isSidecarStatus && container.started === true) {
      if (container.ready) ready++;
      continue;
    }
    reason = initReason(container, i, containers.length);
  }
  return { reason, ready, all, sidecars };
}

function initReason({ state }: ContainerStatus, i: number, total: number): string {
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
  const reason = waiting?.reason ?? '';
  return reason !== '' && reason !== 'PodInitializing' ? `Init:${reason}` : `Init:${i}/${total}`;
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

function terminatedReason({ reason = '', signal = 0, exitCode }: Terminated): string {
  if (reason !== '') return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

interface AppSummary {
  readonly reason: string | undefined;
  readonly errorReason: string;
  readonly ready: number;
}

/** From the last container to the first, whose word stands. */
function appSummary({ status }: Pod, restarts: RestartCount): AppSummary {
  let reason: string | undefined;
  let errorReason = '';
  let ready = 0;
  const statuses = status?.containerStatuses ?? [];
  for (let i = statuses.length - 1; i >= 0; i--) {
    const container = statuses[i] as ContainerStatus;
    restarts.add(container);
    const { waiting, terminated, running } = container.state ?? {};
    if (waiting !== undefined && (waiting.reason ?? '') !== '') reason = waiting.reason;
    else if (terminated !== undefined) {
      reason = terminatedReason(terminated);
      if (terminated.exitCode !== 0) errorReason = reason;
    } else if (container.ready && running !== undefined) ready++;
  }
  return { reason, errorReason, ready };
}

/** Some container has completed: the others decide what the Pod is called. */
function completedReason(pod: Pod, { ready, errorReason }: AppSummary): string {
  if (ready > 0 && hasCondition(pod, 'Ready')) return 'Running';
  if (errorReason !== '') return errorReason;
  return ready > 0 ? 'NotReady' : 'Completed';
}

function hasCondition({ status }: Pod, type: string): boolean {
  return (status?.conditions ?? []).some((c) => c.type === type && c.status === 'True');
}

function restartsText(pod: Pod, nowMs: number): string {
  const { restarts, lastRestart } = summaryOf(pod);
  if (restarts === 0 || lastRestart === undefined) return String(restarts);
  return `${restarts} (${ageText(lastRestart, nowMs)} ago)`;
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const met = gates.filter(({ conditionType }) => {
    const condition = (status?.conditions ?? []).find((c) => c.type === conditionType);
    return condition?.status === 'True';
  });
  return `${met.length}/${gates.length}`;
}

const NONE = '<none>';

function orNone(text: string | undefined): string {
  return text === undefined || text === '' ? NONE : text;
}

export const POD_COLUMNS: readonly Column<Pod>[] = [
  NAME_COLUMN,
  {
    name: 'Ready',
    type: 'string',
    description: 'The aggregate readiness state of this pod for accepting traffic.',
    cell: (pod) => summaryOf(pod).ready,
  },
  {
    name: 'Status',
    type: 'string',
    description: 'The aggregate status of the containers in this pod.',
    cell: (pod) => summaryOf(pod).status,
  },
  {
    name: 'Restarts',
    type: 'string',
    description:
      'The number of times the containers in this pod have been restarted and when the last ' +
      'container in this pod has restarted.',
    cell: restartsText,
  },
  AGE_COLUMN,
  {
    name: 'IP',
    type: 'string',
    priority: 1,
    description:
      'podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet ' +
      'allocated.',
    cell: ({ status }) => orNone(status?.podIPs?.[0]?.ip),
  },
  {
    name: 'Node',
    type: 'string',
    priority: 1,
    description:
      'NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate ' +
      'for scheduling by the scheduler defined in schedulerName. Once this field is set, the ' +
      'kubelet for this node becomes responsible for the lifecycle of this pod. This field should ' +
      'not be used to express a desire for the pod to be scheduled on a specific node. ' +
      'https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename',
    cell: ({ spec }) => orNone(spec.nodeName),
  },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    description:
      'nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot ' +
      'be scheduled right away as preemption victims receive their graceful termination periods. ' +
      'This field does not guarantee that the pod will be scheduled on this node. Scheduler may ' +
      'decide to place the pod elsewhere if other nodes become available sooner. Scheduler may ' +
      'also decide to give the resources on this node to a higher priority pod that is created ' +
      'after preemption. As a result, this field may be different than PodSpec.nodeName when the ' +
      'pod is scheduled.',
    cell: ({ status }) => orNone(status?.nominatedNodeName),
  },
  {
    name: 'Readiness Gates',
    type: 'string',
    priority: 1,
    description:
      'If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when ' +
      'all its containers are ready AND all conditions specified in the readiness gates have ' +
      'status equal to "True" More info: ' +
      'https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates',
    cell: readinessGates,
  },
];
