/**
 * What Pods use of a quota: their number, their requests and limits.
 *
 * Models: pkg/quota/v1/evaluator/core pods.go, pkg/quota/v1/install update_filter.go (v1.36)
 */
import type {
  Affinity,
  Container,
  ContainerStatus,
  Pod,
  PodAffinityTerm,
  PodSpec,
} from '../generated/types.ts';
import {
  isExtendedResource,
  isHugePageResource,
  isNativeResource,
  isPodLevelResource,
  isSidecar,
  podLimits,
  podQosClass,
  podRequests,
} from '../kinds/pod/resources.ts';
import { compareText } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import type { KubeObject } from '../meta/object.ts';
import { isPodTerminal } from '../meta/pod-state.ts';
import { compareQuantity } from '../meta/quantity.ts';
import { parseTime } from '../meta/time.ts';
import { countName, type Evaluator, meets, type ScopeRequirement } from './evaluator.ts';
import { addLists, type List } from './lists.ts';

const COUNT = countName('', 'pods');
const DEVICE_CLASS = 'deviceclass.resource.kubernetes.io/';
const REQUESTS = 'requests.';
const MS_PER_SECOND = 1000;
const NOTHING: List = {};

const NAMES: ReadonlySet<string> = new Set([
  COUNT,
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
]);

/** Resources that every container must name when a quota limits them. */
const MUST_BE_SET: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
]);

/** Resources that quotas know by their own name and as requests. */
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'] as const;

function isExtendedInQuota(name: string): boolean {
  if (!name.startsWith(REQUESTS)) return false;
  return !isNativeResource(name) || name.startsWith(REQUESTS + DEVICE_CLASS);
}

function counts(name: string): boolean {
  if (NAMES.has(name) || isHugePageResource(name) || isExtendedInQuota(name)) return true;
  return name.startsWith('requests.hugepages-');
}

/** Upstream podComputeUsageHelper: requests and limits by the names that quotas give them. */
function computeUsage(requests: List, limits: List): Record<string, string> {
  const usage: Record<string, string> = { pods: '1' };
  for (const name of COMPUTE) {
    const request = requests[name];
    const limit = limits[name];
    if (request !== undefined) usage[name] = usage[`${REQUESTS}${name}`] = request;
    if (limit !== undefined) usage[`limits.${name}`] = limit;
  }
  for (const [name, request] of Object.entries(requests)) {
    const isHuge = isHugePageResource(name);
    if (isHuge) usage[name] = request;
    if (isHuge || isExtendedResource(name) || name.startsWith(DEVICE_CLASS)) {
      usage[`${REQUESTS}${name}`] = request;
    }
  }
  return usage;
}

function hasPodLevel({ resources }: PodSpec): boolean {
  const names = Object.keys({ ...resources?.requests, ...resources?.limits });
  return names.some(isPodLevelResource);
}

function missing(required: readonly string[], object: KubeObject): string {
  const { spec } = object as unknown as Pod;
  if (hasPodLevel(spec)) return '';
  const wanted = required.filter((name) => MUST_BE_SET.has(name)).sort(compareText);
  const texts: string[] = [];
  for (const name of wanted) {
    const without = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
      .filter(({ resources }) => {
        const { requests = NOTHING, limits = NOTHING } = resources ?? {};
        return computeUsage(requests, limits)[name] === undefined;
      })
      .map((container) => container.name);
    if (without.length === 0) continue;
    texts.push(`${name} for: ${[...new Set(without)].sort(compareText).join(',')}`);
  }
  return texts.length === 0 ? '' : `must specify ${texts.join('; ')}`;
}

/** An empty deadline is none, but zero is one. */
function isTerminating({ spec }: Pod): boolean {
  return (spec.activeDeadlineSeconds ?? -1) >= 0;
}

function isCrossNamespace({ namespaces, namespaceSelector }: PodAffinityTerm): boolean {
  return (namespaces ?? []).length > 0 || namespaceSelector !== undefined;
}

function usesOtherNamespaces({ podAffinity, podAntiAffinity }: Affinity): boolean {
  return [podAffinity, podAntiAffinity].some((affinity) => {
    const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms = [...required, ...preferred.map((term) => term.podAffinityTerm)];
    return terms.some(isCrossNamespace);
  });
}

function matchesScope(requirement: ScopeRequirement, object: KubeObject): boolean {
  const pod = object as unknown as Pod;
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return podQosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return podQosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return meets(requirement, pod.spec.priorityClassName || undefined);
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(pod.spec.affinity ?? {});
    default:
      return false;
  }
}

/** Upstream QuotaV1Pod: finished Pods, and those that outlive their own deletion, use nothing. */
function isCharged(pod: Pod, nowMs: number): boolean {
  if (isPodTerminal(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= parseTime(deletionTimestamp) + deletionGracePeriodSeconds * MS_PER_SECOND;
}

function most(...lists: readonly (List | undefined)[]): List {
  const out: Record<string, string> = {};
  for (const list of lists) {
    for (const [name, value] of Object.entries(list ?? NOTHING)) {
      const known = out[name];
      if (known === undefined || compareQuantity(value, known) > 0) out[name] = value;
    }
  }
  return out;
}

/** While a container is being resized it uses what it had, or what it gets, whichever is more. */
function withStatus(pod: Pod): PodSpec {
  const { spec, status } = pod;
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const known = new Map<string, ContainerStatus>();
  for (const s of statuses) if (s.resources !== undefined) known.set(s.name, s);
  if (known.size === 0) return spec;
  const pending = status.conditions?.find((c) => c.type === 'PodResizePending');
  const isInfeasible = pending?.reason === 'Infeasible';
  const effective = (container: Container): Container => {
    const { resources, allocatedResources } = known.get(container.name) ?? {};
    if (resources === undefined) return container;
    const wanted = isInfeasible ? {} : container.resources;
    const requests = most(wanted.requests, resources.requests, allocatedResources);
    const limits = most(wanted.limits, resources.limits);
    return { ...container, resources: { requests, limits } };
  };
  return {
    ...spec,
    containers: (spec.containers ?? []).map(effective),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map((c) => (isSidecar(c) ? effective(c) : c)) }),
  };
}

function usage(object: KubeObject, nowMs: number): List {
  const pod = object as unknown as Pod;
  const counted = { [COUNT]: '1' };
  if (!isCharged(pod, nowMs)) return counted;
  const spec = withStatus(pod);
  return addLists(counted, computeUsage(podRequests(spec), podLimits(spec)));
}

function resourcesChanged(next: Pod, old: Pod): boolean {
  return (['containerStatuses', 'initContainerStatuses'] as const).some((field) =>
    (old.status[field] ?? []).some(({ name, resources }) => {
      const now = next.status[field]?.find((s) => s.name === name);
      return (
        now !== undefined && now.resources !== resources && !equalJson(now.resources, resources)
      );
    }),
  );
}

export const podEvaluator: Evaluator = {
  group: '',
  plural: 'pods',
  handles(operation, subresource, object, old) {
    if (subresource === 'resize') return operation === 'UPDATE';
    if (subresource !== '') return false;
    if (operation !== 'UPDATE' || old === null) return operation === 'CREATE';
    return isTerminating(object as unknown as Pod) !== isTerminating(old as unknown as Pod);
  },
  counts,
  matchesScope,
  missing,
  usage,
  frees(next, old, nowMs) {
    const now = next as unknown as Pod;
    const before = old as unknown as Pod;
    if (resourcesChanged(now, before) || isTerminating(now) !== isTerminating(before)) return true;
    return isCharged(before, nowMs) && !isCharged(now, nowMs);
  },
};
