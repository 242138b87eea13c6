/**
 * The status of each container from what the runtime holds, the status published before, and why the
 * last attempt to start it failed. Pure.
 *
 * Models: pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses, prober/prober_manager.go
 * UpdatePodStatus (v1.36)
 */
import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  ContainerStateWaiting,
  Pod,
  ResourceRequirements,
  VolumeMountStatus,
} from '../../../api/generated/types.ts';
import { shallowCopy } from '../../../api/meta/json.ts';
import type { Draft } from '../../../api/meta/object.ts';
import { binaryQuantity, milliQuantity } from '../../../api/meta/quantity.ts';
import type { ContainerInfo, PodRuntimeStatus } from '../runtime/runtime-types.ts';
import { byName } from './phase.ts';
import type { ProbeResults } from './probe-results.ts';
import { isSidecar, RESTARTING_ALL, shouldBeStarted } from './restart-policy.ts';

/** Why a container could not be started the last time it was tried: kubelet's reason cache. */
export interface StartFailure {
  readonly reason: string;
  readonly message: string;
}

export interface StatusContext {
  readonly pod: Pod;
  readonly runtime: PodRuntimeStatus;
  /** How the runtime calls itself: what ids of containers begin with. */
  readonly runtimeName: string;
  readonly failure: (container: string) => StartFailure | undefined;
  readonly probes: ProbeResults;
  /** Containers have not got all the resources yet that they are promised. */
  readonly resizing: boolean;
  /** Some container's exit asks for a restart of all, which is not done yet. */
  readonly restartingAll: boolean;
  /** RFC 3339 of microseconds of virtual time. */
  readonly time: (us: number) => string;
}

const EMPTY_STATE: ContainerState = {};
const INITIALIZING: ContainerState = { waiting: { reason: 'PodInitializing' } };
const CREATING: ContainerState = { waiting: { reason: 'ContainerCreating' } };
/** startedAt of a container that never ran: Go's zero Unix time. */
const NEVER = '1970-01-01T00:00:00Z';

export function initContainerStatuses(
  context: StatusContext,
  old: readonly ContainerStatus[],
): readonly ContainerStatus[] {
  const { pod, runtime } = context;
  const specs = pod.spec.initContainers ?? [];
  if (specs.length === 0) return [];
  const appCreated = pod.spec.containers.some((c) => runtime.containers.has(c.name));
  return specs.map((spec) => {
    const info = runtime.containers.get(spec.name);
    let status = base(context, spec, byName(old, spec.name));
    if (info?.state !== 'exited' || info.exitCode !== 0) {
      if (!info && appCreated && !isSidecar(spec) && status.state.waiting) {
        status = { ...status, state: { terminated: ASSUMED_COMPLETED } };
      } else {
        status = withFailure(context, spec, info, status);
      }
    }
    const completed = status.state.terminated?.exitCode === 0;
    const started = isStarted(context, status);
    const ready = isSidecar(spec) ? isReady(context, status) : completed;
    return probed(status, ready, started);
  });
}

export function appContainerStatuses(
  context: StatusContext,
  old: readonly ContainerStatus[],
): readonly ContainerStatus[] {
  const { pod, runtime } = context;
  const statuses = pod.spec.containers.map((spec) => {
    const info = runtime.containers.get(spec.name);
    const status = withFailure(context, spec, info, base(context, spec, byName(old, spec.name)));
    const started = isStarted(context, status);
    return probed(status, isReady(context, status), started);
  });
  // Sorted by name, as the kubelet publishes them (kubetypes.SortedContainerStatuses).
  if (statuses.length > 1)
    statuses.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return statuses;
}

function probed(status: ContainerStatus, ready: boolean, started: boolean): ContainerStatus {
  const copy = shallowCopy(status, 1) as Draft<ContainerStatus>;
  copy.ready = ready;
  copy.started = started;
  return copy;
}

/** They are never ready, and never started. */
export function ephemeralContainerStatuses(
  context: StatusContext,
  old: readonly ContainerStatus[],
): readonly ContainerStatus[] {
  const specs = context.pod.spec.ephemeralContainers ?? [];
  const statuses = specs.map((ephemeral) => {
    const spec = ephemeral as Container;
    const info = context.runtime.containers.get(spec.name);
    return withFailure(context, spec, info, base(context, spec, byName(old, spec.name)));
  });
  return statuses.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Only what runs is asked about: a probe's result ends with its container. */
function isStarted({ pod, probes }: StatusContext, status: ContainerStatus): boolean {
  return status.state.running !== undefined && probes.started(pod.metadata.uid, status.name);
}

function isReady(context: StatusContext, status: ContainerStatus): boolean {
  const { pod, probes } = context;
  return isStarted(context, status) && probes.ready(pod.metadata.uid, status.name);
}

const ASSUMED_COMPLETED: ContainerStateTerminated = {
  exitCode: 0,
  reason: 'Completed',
  message:
    'Unable to get init container status from container runtime and pod has been initialized, ' +
    'treat it as exited normally',
};

const REMOVED = {
  reason: RESTARTING_ALL,
  message: 'The container is removed because RestartAllContainers in place',
};

const LOST: ContainerStateTerminated = {
  reason: 'ContainerStatusUnknown',
  message:
    'The container could not be located when the pod was deleted.  ' +
    'The container used to be Running',
  exitCode: 137,
};

function base(
  context: StatusContext,
  spec: Container,
  old: ContainerStatus | undefined,
): ContainerStatus {
  const info = context.runtime.containers.get(spec.name);
  return info ? created(context, spec, info, old) : notCreated(context, spec, old);
}

/** No container of this name in the runtime: not yet, not any more, or lost. */
function notCreated(
  { pod, restartingAll }: StatusContext,
  spec: Container,
  old: ContainerStatus | undefined,
): ContainerStatus {
  if (restartingAll && old && !old.state.waiting) {
    const { reason, message } = REMOVED;
    const terminated = { reason, message, exitCode: 137 };
    const restartCount = old.restartCount + 1;
    return { ...old, state: { waiting: REMOVED }, lastState: { terminated }, restartCount };
  }
  if (old?.state.terminated) return old;
  const hasInit = (pod.spec.initContainers?.length ?? 0) > 0;
  const lost = old?.state.running !== undefined && !old.lastState.terminated;
  const deleted = pod.metadata.deletionTimestamp !== undefined;
  const volumeMounts = mounts(spec);
  return {
    name: spec.name,
    state: hasInit ? INITIALIZING : CREATING,
    lastState: lost ? { terminated: LOST } : (old?.lastState ?? EMPTY_STATE),
    ready: false,
    restartCount: (old?.restartCount ?? 0) + (lost && !deleted ? 1 : 0),
    image: spec.image ?? '',
    imageID: '',
    ...(volumeMounts ? { volumeMounts } : {}),
  };
}

function created(
  context: StatusContext,
  spec: Container,
  info: ContainerInfo,
  old: ContainerStatus | undefined,
): ContainerStatus {
  const previous = context.runtime.previous.get(spec.name);
  const idText = `${context.runtimeName}://${info.id}`;
  // The very text of the last status, if it is the same container.
  const id = old?.containerID === idText ? old.containerID : idText;
  const state = stateOf(context, info);
  let restartCount = Math.max(info.restartCount, old?.restartCount ?? 0);
  // A container that runs after one that had ended is a restart, whatever the runtime remembers.
  if (info.state === 'running' && old?.state.terminated && old.restartCount >= info.restartCount) {
    restartCount = old.restartCount + 1;
  }
  const { requests } = spec.resources ?? NO_REQUIREMENTS;
  // Field by field, where some may be missing: spreads give every such object a shape of its own.
  const status: { -readonly [K in keyof ContainerStatus]: ContainerStatus[K] } = {
    name: spec.name,
    state,
    lastState: previous ? stateOf(context, previous) : lastStateOf(id, old),
    ready: false,
    restartCount,
    image: info.image.name === '' ? info.image.reference : info.image.name,
    imageID: info.image.reference,
    containerID: id,
  };
  if (requests && Object.keys(requests).length > 0) status.allocatedResources = requests;
  status.resources = resourcesOf(context, spec, info, id, old);
  const volumeMounts = mounts(spec);
  if (volumeMounts) status.volumeMounts = volumeMounts;
  status.user = userOf(info.user);
  return status;
}

type User = NonNullable<ContainerStatus['user']>;

/** Few are in use, and every container has one. */
const users = new Map<string, User>();
const MAX_USERS = 1_000;

function userOf({ uid, gid }: ContainerInfo['user']): User {
  const key = `${uid}:${gid}`;
  let user = users.get(key);
  if (!user) {
    if (users.size >= MAX_USERS) users.clear();
    users.set(key, (user = { linux: { uid, gid, supplementalGroups: [gid] } }));
  }
  return user;
}

const NO_REQUIREMENTS: ResourceRequirements = {};

/** convertContainerStatusResources: what a running container has got so far. */
function resourcesOf(
  { resizing }: StatusContext,
  spec: Container,
  info: ContainerInfo,
  id: string,
  old: ContainerStatus | undefined,
): ResourceRequirements {
  const promised = spec.resources ?? NO_REQUIREMENTS;
  if (!resizing || info.state !== 'running') return promised;
  const { limits, requests } = promised;
  const before = old?.containerID === id && old.state.running ? old.resources : undefined;
  const { resources: has } = info;
  return {
    ...promised,
    ...(limits
      ? { limits: actual(limits, has.cpuLimitMillis, has.memoryLimitBytes, before?.limits) }
      : {}),
    ...(requests
      ? {
          requests: actual(
            requests,
            has.cpuRequestMillis,
            has.memoryRequestBytes,
            before?.requests,
          ),
        }
      : {}),
  };
}

type List = Readonly<Record<string, string>>;

function actual(
  promised: List,
  cpuMillis: number | undefined,
  memoryBytes: number | undefined,
  before: List | undefined,
): List {
  const cpu = cpuMillis === undefined ? before?.['cpu'] : milliQuantity(cpuMillis);
  const memory = memoryBytes === undefined ? before?.['memory'] : binaryQuantity(memoryBytes);
  return {
    ...promised,
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
  };
}

function lastStateOf(id: string, old: ContainerStatus | undefined): ContainerState {
  if (!old) return EMPTY_STATE;
  if (old.containerID !== id && old.state.terminated) return { terminated: old.state.terminated };
  return old.lastState.terminated ? { terminated: old.lastState.terminated } : EMPTY_STATE;
}

function stateOf({ runtimeName, time }: StatusContext, info: ContainerInfo): ContainerState {
  switch (info.state) {
    case 'created':
      return { waiting: {} };
    case 'running':
      return { running: { startedAt: time(info.startedAt ?? info.createdAt) } };
    case 'exited':
      return {
        terminated: {
          exitCode: info.exitCode,
          reason: info.reason,
          ...(info.message === '' ? {} : { message: info.message }),
          startedAt: info.startedAt === null ? NEVER : time(info.startedAt),
          finishedAt: time(info.finishedAt ?? info.createdAt),
          containerID: `${runtimeName}://${info.id}`,
        },
      };
  }
}

/** A container that is to be started, and was tried, waits; how it ended moves to lastState. */
function withFailure(
  context: StatusContext,
  spec: Container,
  info: ContainerInfo | undefined,
  status: ContainerStatus,
): ContainerStatus {
  const failure = context.failure(spec.name);
  if (!failure || !shouldBeStarted(spec, context.pod, info)) return status;
  const waiting: ContainerStateWaiting =
    failure.message === '' ? { reason: failure.reason } : failure;
  return {
    ...status,
    state: { waiting },
    lastState: status.state.terminated ? { terminated: status.state.terminated } : status.lastState,
  };
}

const mountStatuses = new WeakMap<Container, readonly VolumeMountStatus[]>();

/** Depends on the spec only, and specs are shared: worked out once. */
function mounts(spec: Container): readonly VolumeMountStatus[] | undefined {
  if (!spec.volumeMounts || spec.volumeMounts.length === 0) return undefined;
  let statuses = mountStatuses.get(spec);
  if (!statuses) {
    statuses = spec.volumeMounts.map((m) => ({
      name: m.name,
      mountPath: m.mountPath,
      ...(m.readOnly
        ? { readOnly: true, recursiveReadOnly: readOnlyMode(m.recursiveReadOnly) }
        : {}),
    }));
    mountStatuses.set(spec, statuses);
  }
  return statuses;
}

function readOnlyMode(wanted: string | undefined): string {
  return wanted === 'Enabled' || wanted === 'IfPossible' ? 'Enabled' : 'Disabled';
}
