/**
 * The status that the kubelet publishes for a Pod, from the runtime's state and the status published
 * before. Pure.
 *
 * Models: pkg/kubelet/kubelet_pods.go generateAPIPodStatus, convertStatusToAPIStatus and
 * status/status_manager.go updateStatusInternal, mergePodStatus, TerminatePod (v1.36)
 */
import type {
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
  ResourceRequirements,
} from '../../../api/generated/types.ts';
import { roomFor } from '../../../api/meta/roomy.ts';
import { podLimits, podRequests } from '../../../api/kinds/pod/resources.ts';
import { ownedByKubelet, podConditions, readinessOfEnded } from './conditions.ts';
import {
  appContainerStatuses,
  ephemeralContainerStatuses,
  initContainerStatuses,
  type StatusContext,
} from './container-status.ts';
import { isTerminal, podPhase, type PodPhase } from './phase.ts';
import type { Verdict } from './pod-record.ts';
import { allRemoved, couldRestartAll } from './restart-policy.ts';
import { isStatic } from './static-manifest.ts';

export interface PodStatusInput extends StatusContext {
  /** As last published by this kubelet, or as the API server had it. */
  readonly old: PodStatus;
  /** The kubelet has ended all containers. */
  readonly ended: boolean;
  /** Set by the kubelet for a Pod it evicts or that is past its deadline. */
  readonly verdict: Verdict | null;
  readonly hostIP: string;
  /** PodResizePending, PodResizeInProgress. */
  readonly resize: readonly PodCondition[];
  readonly now: string;
}

const DISRUPTION = 'DisruptionTarget';
const NONE: readonly ContainerStatus[] = [];

export function podStatus(input: PodStatusInput): PodStatus {
  const { pod, old, runtime, hostIP } = input;
  const initStatuses = initContainerStatuses(input, old.initContainerStatuses ?? NONE);
  const statuses = appContainerStatuses(input, old.containerStatuses ?? NONE);
  const ephemeral = ephemeralContainerStatuses(input, old.ephemeralContainerStatuses ?? NONE);
  const { found, phase, reason, message } = phaseOf(input, initStatuses, statuses);
  const sandboxReady = runtime.sandbox?.ready === true;
  const own = podConditions({
    pod,
    phase: found,
    initStatuses,
    statuses,
    sandboxReady,
    resize: input.resize,
    restartingAll: couldRestartAll(pod) ? input.restartingAll && !allRemoved(pod, runtime) : null,
    old: old.conditions ?? [],
    now: input.now,
  });
  const conditions = disrupted(input, own);
  const podIP = addressOf(input);
  // Field by field: spreads of what may be missing give every status a shape of its own.
  const status = roomFor(FIELDS) as { -readonly [K in keyof PodStatus]: PodStatus[K] };
  const observedGeneration = generationSeen(pod, old);
  if (observedGeneration !== 0) status.observedGeneration = observedGeneration;
  status.phase = phase;
  status.conditions = conditions;
  if (message !== undefined) status.message = message;
  if (reason !== undefined) status.reason = reason;
  status.hostIP = hostIP;
  status.hostIPs = soleAddress(old.hostIPs, hostIP);
  if (podIP !== '') {
    status.podIP = podIP;
    status.podIPs = soleAddress(old.podIPs, podIP);
  }
  status.startTime = old.startTime ?? input.now;
  if (initStatuses.length > 0) status.initContainerStatuses = initStatuses;
  status.containerStatuses = statuses;
  if (pod.status.qosClass !== undefined) status.qosClass = pod.status.qosClass;
  if (ephemeral.length > 0) status.ephemeralContainerStatuses = ephemeral;
  return Object.assign(status, resourcesNow(input));
}

/** The very list from before, if it says that. */
function soleAddress(
  old: readonly { readonly ip?: string }[] | undefined,
  ip: string,
): readonly { readonly ip: string }[] {
  const [only] = old ?? [];
  if (old?.length === 1 && only?.ip === ip) return old as readonly { readonly ip: string }[];
  return [{ ip }];
}

/** Of the status of a Pod that runs. */
const FIELDS = 12;

/** The kubelet says of a Pod that it ends for others' sake why it does. */
function disrupted(
  { pod, old, verdict, now }: PodStatusInput,
  conditions: readonly PodCondition[],
): readonly PodCondition[] {
  if (verdict?.disruption === undefined) return conditions;
  const before = old.conditions?.find((c) => c.type === DISRUPTION && c.status === 'True');
  const condition: PodCondition = {
    type: DISRUPTION,
    observedGeneration: pod.metadata.generation ?? 0,
    status: 'True',
    reason: 'TerminationByKubelet',
    message: verdict.disruption,
    lastTransitionTime: before?.lastTransitionTime ?? now,
  };
  return [condition, ...conditions.filter((c) => c.type !== DISRUPTION)];
}

/** What comes from a file has no generations. */
function generationSeen(pod: Pod, old: PodStatus): number {
  return Math.max(pod.metadata.generation ?? 0, old.observedGeneration ?? 0);
}

/** The runtime forgets the address of a stopped sandbox late: a Pod keeps showing its last one. */
function addressOf({ runtime, old, hostIP, pod }: PodStatusInput): string {
  const sandbox = runtime.sandbox;
  if (pod.spec.hostNetwork) return sandbox ? hostIP : (old.podIP ?? '');
  return sandbox?.ip ?? old.podIP ?? '';
}

function phaseOf(
  input: PodStatusInput,
  initStatuses: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
): { found: PodPhase; phase: PodPhase; reason?: string; message?: string } {
  const { pod, old, runtime, verdict } = input;
  // Static Pods never get a final phase by being ended.
  const ended = input.ended && !isStatic(pod);
  const sandboxSince = runtime.sandbox?.createdAt ?? Number.NEGATIVE_INFINITY;
  const initialized = pod.spec.containers.some((c) => {
    const info = runtime.containers.get(c.name);
    return info !== undefined && info.createdAt >= sandboxSince;
  });
  let phase = podPhase({ pod, initStatuses, statuses, ended, initialized });
  if (!isTerminal(phase)) {
    if (isTerminal(old.phase)) phase = old.phase as PodPhase;
    else if (isTerminal(pod.status.phase)) phase = pod.status.phase as PodPhase;
  }
  if (verdict) {
    // A verdict from outside is put over a status that knows nothing of it.
    const found = verdict.own === true || input.ended ? 'Failed' : phase;
    return { found, phase: 'Failed', reason: verdict.reason, message: verdict.message };
  }
  const reason = phase === old.phase ? (old.reason ?? pod.status.reason) : undefined;
  const message = phase === old.phase ? (old.message ?? pod.status.message) : undefined;
  return {
    found: phase,
    phase,
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
  };
}

/**
 * What goes to the API server: conditions of others stay as they are there, and a Pod is not said to
 * be over while its containers may still run.
 */
export function mergedStatus(pod: Pod, next: PodStatus, mayRun: boolean, now: string): PodStatus {
  const current = pod.status;
  const held = !isTerminal(current.phase) && isTerminal(next.phase) && mayRun;
  const foreign = (current.conditions ?? []).some((c) => !ownedByKubelet(c));
  if (!held && !foreign && (next.conditions ?? []).every(ownedByKubelet)) {
    return settled(pod, next, now);
  }
  // That it ends for others' sake is only told once it has ended.
  const disruption = held ? undefined : next.conditions?.find((c) => c.type === DISRUPTION);
  const others = (current.conditions ?? []).filter(
    (c) => !ownedByKubelet(c) && !(disruption && c.type === DISRUPTION),
  );
  if (disruption) others.unshift(disruption);
  const own = (next.conditions ?? []).filter(ownedByKubelet);
  let merged: PodStatus = { ...next, conditions: [...others, ...own] };
  if (held) {
    const { phase: _p, reason: _r, message: _m, ...rest } = merged;
    merged = {
      ...rest,
      ...(current.phase === undefined ? {} : { phase: current.phase }),
      ...(current.reason === undefined ? {} : { reason: current.reason }),
      ...(current.message === undefined ? {} : { message: current.message }),
    };
  }
  return settled(pod, merged, now);
}

/** A Pod that is over is not ready. */
function settled(pod: Pod, status: PodStatus, now: string): PodStatus {
  if (!isTerminal(status.phase)) return status;
  const generation = pod.metadata.generation ?? 0;
  const before = status.conditions ?? [];
  const conditions = readinessOfEnded(before, status.phase as PodPhase, generation, now);
  return conditions === before ? status : { ...status, conditions };
}

const UNLOCATED = {
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
  },
} as const;

/** The last word on a Pod: TerminatePod. */
export function terminatedStatus(status: PodStatus, isStaticPod = false): PodStatus {
  const initialized = status.conditions?.some(
    (c) => c.type === 'Initialized' && c.status === 'True',
  );
  const phase = isTerminal(status.phase) || isStaticPod ? status.phase : 'Failed';
  const statuses = status.containerStatuses ?? NONE;
  const settle = initialized === true && statuses.some((s) => !s.state.terminated);
  return {
    ...status,
    ...(phase === undefined ? {} : { phase }),
    ...(settle
      ? {
          containerStatuses: statuses.map((s) =>
            s.state.terminated ? s : { ...s, state: UNLOCATED },
          ),
        }
      : {}),
  };
}

const resourcesOfPods = new WeakMap<
  Pod['spec'],
  Pick<PodStatus, 'resources' | 'allocatedResources'>
>();

/**
 * Requests and limits of the whole Pod. On a real node the limits of a running Pod are read back from
 * its cgroup, which comes to the same.
 */
function podResources(pod: Pod): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  let known = resourcesOfPods.get(pod.spec);
  if (!known) {
    const { requests, limits } = totals(pod.spec);
    const resources: ResourceRequirements = {
      ...(limits ? { limits } : {}),
      ...(requests ? { requests } : {}),
    };
    known = requests ? { allocatedResources: requests, resources } : { resources };
    resourcesOfPods.set(pod.spec, known);
  }
  return known;
}

/**
 * convertToAPIPodLevelResourcesStatus: limits and CPU of a running Pod are those of its cgroup, which
 * follow the end of a resize; what it shows as requested memory stays as it was first.
 */
function resourcesNow(input: PodStatusInput): ReturnType<typeof podResources> {
  const { pod, old, resizing } = input;
  const promised = podResources(pod);
  const before = old.resources;
  const runs = pod.status.phase === 'Running' && old.phase === 'Running';
  if (!runs || before === undefined || before === promised.resources) return promised;
  if (resizing) return { ...promised, resources: before };
  const memory = before.requests?.['memory'];
  if (memory === undefined || memory === promised.resources?.requests?.['memory']) return promised;
  const requests = { ...promised.resources?.requests, memory };
  return { ...promised, resources: { ...promised.resources, requests } };
}

/** Most Pods have one container and nothing else that counts: its own lists are the totals. */
function totals(spec: Pod['spec']): ResourceRequirements {
  const [only] = spec.containers;
  const simple = spec.containers.length === 1 && !spec.initContainers && !spec.resources;
  if (only && simple && !spec.overhead) return only.resources;
  const requests = podRequests(spec);
  const limits = podLimits(spec);
  return {
    ...(Object.keys(requests).length > 0 ? { requests } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
  };
}
