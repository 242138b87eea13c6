/**
 * Resource lists of pods: what all containers need together, QoS class, which names mean what.
 *
 * Models: k8s.io/component-helpers/resource helpers.go, pkg/apis/core/helper helpers.go and qos/qos.go
 *         (v1.36)
 */
import type { Container, Pod, PodSpec } from '../../generated/types.ts';
import { isQualifiedName } from '../../meta/names.ts';
import {
  addQuantity,
  bytes,
  canonicalResourceQuantity,
  compareQuantity,
  milliCpu,
  quantitySign,
  tryParseQuantity,
} from '../../meta/quantity.ts';

export type ResourceList = Record<string, string>;
type ReadonlyList = Readonly<Record<string, string>> | undefined;

/** The parts of a spec that say what it needs; drafts and stored specs both fit. */
interface SpecWithContainers {
  readonly containers: readonly ContainerWithResources[];
  readonly initContainers?: readonly ContainerWithResources[];
}

interface ContainerWithResources {
  readonly resources: { readonly limits?: ReadonlyList; readonly requests?: ReadonlyList };
  readonly restartPolicy?: string;
}

/** Upstream SetDefaults_ResourceList: thousandths are the finest there is. */
export function roundResourceList(list: ResourceList): void {
  for (const name in list) {
    const value = list[name];
    if (value === undefined) continue;
    const rounded = canonicalResourceQuantity(value);
    // Unchanged parts of a patched object are frozen: they have been rounded before.
    if (rounded !== value) list[name] = rounded;
  }
}

export function isSidecar(container: { readonly restartPolicy?: string }): boolean {
  return container.restartPolicy === 'Always';
}

/** Upstream AggregateContainerRequests: sums, but init containers only where they need more. */
export function aggregateContainerRequests(spec: SpecWithContainers): ResourceList {
  return aggregate(spec, (c) => c.resources?.requests);
}

/** Upstream AggregateContainerLimits. */
export function aggregateContainerLimits(spec: SpecWithContainers): ResourceList {
  return aggregate(spec, (c) => c.resources?.limits);
}

function aggregate(
  spec: SpecWithContainers,
  listOf: (container: ContainerWithResources) => ReadonlyList,
): ResourceList {
  const total: ResourceList = {};
  for (const container of spec.containers ?? []) addList(total, listOf(container));
  // While an init container runs, it and the sidecars before it are there.
  const sidecars: ResourceList = {};
  const initial: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const list = listOf(container);
    if (isSidecar(container)) {
      addList(total, list);
      addList(sidecars, list);
      maxList(initial, sidecars);
    } else {
      const together: ResourceList = {};
      addList(together, list);
      addList(together, sidecars);
      maxList(initial, together);
    }
  }
  maxList(total, initial);
  return total;
}

function addList(total: ResourceList, list: ReadonlyList): void {
  for (const name in list) {
    const value = list[name] ?? '0';
    const sum = total[name];
    total[name] = sum === undefined ? value : addQuantity(sum, value);
  }
}

function maxList(total: ResourceList, list: ResourceList): void {
  for (const name in list) {
    const value = list[name] ?? '0';
    const most = total[name];
    if (most === undefined || compareQuantity(value, most) > 0) total[name] = value;
  }
}

/**
 * Upstream PodRequests: what the scheduler and the kubelet count, overhead included, pod-level
 * requests in place of the containers' where given.
 */
export function podRequests(spec: PodSpec): ResourceList {
  const requests = aggregateContainerRequests(spec);
  applyPodLevel(requests, spec.resources?.requests);
  addList(requests, spec.overhead);
  return requests;
}

/** Upstream PodLimits; overhead counts only where there is a limit. */
export function podLimits(spec: PodSpec): ResourceList {
  const limits = aggregateContainerLimits(spec);
  applyPodLevel(limits, spec.resources?.limits);
  for (const [name, value] of Object.entries(spec.overhead ?? {})) {
    const limit = limits[name];
    if (limit !== undefined && quantitySign(limit) !== 0) limits[name] = addQuantity(limit, value);
  }
  return limits;
}

function applyPodLevel(list: ResourceList, podLevel: ReadonlyList): void {
  for (const name in podLevel) {
    if (isPodLevelResource(name)) list[name] = podLevel[name] ?? '0';
  }
}

export type QosClass = 'BestEffort' | 'Burstable' | 'Guaranteed';

/** Upstream ComputePodQOS: only CPU and memory above zero count. */
export function computeQosClass(spec: PodSpec): QosClass {
  const requests: ResourceList = {};
  const limits: ResourceList = {};
  let guaranteed = true;
  const take = (resources: Container['resources'], mustLimit: boolean): void => {
    addComputeResources(requests, resources?.requests);
    const found = addComputeResources(limits, resources?.limits);
    if (mustLimit && found < 2) guaranteed = false;
  };
  if (spec.resources !== undefined) {
    take(spec.resources, Object.keys(spec.resources.limits ?? {}).length > 0);
  } else {
    for (const container of spec.containers ?? []) take(container.resources, true);
    for (const container of spec.initContainers ?? []) take(container.resources, true);
  }
  const requested = Object.keys(requests);
  const limited = Object.keys(limits);
  if (requested.length === 0 && limited.length === 0) return 'BestEffort';
  const equal = requested.every((name) => {
    const limit = limits[name];
    return limit !== undefined && compareQuantity(limit, requests[name] ?? '0') === 0;
  });
  return guaranteed && equal && requested.length === limited.length ? 'Guaranteed' : 'Burstable';
}

export function podQosClass(pod: Pod): QosClass {
  return pod.status?.qosClass ?? computeQosClass(pod.spec);
}

/** Adds CPU and memory of |list| to |total|; answers how many of the two are above zero. */
function addComputeResources(total: ResourceList, list: ReadonlyList): number {
  let found = 0;
  for (const name of COMPUTE_RESOURCES) {
    const value = list?.[name];
    if (value === undefined || quantitySign(value) <= 0) continue;
    found++;
    const sum = total[name];
    total[name] = sum === undefined ? value : addQuantity(value, sum);
  }
  return found;
}

export const COMPUTE_RESOURCES = ['cpu', 'memory'] as const;
const HUGE_PAGES_PREFIX = 'hugepages-';

/** Upstream standardResources, helpers.go. */
const STANDARD_RESOURCES: ReadonlySet<string> = new Set([
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
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'storage',
  'requests.storage',
  'services.nodeports',
  'services.loadbalancers',
]);

/** Upstream integerResources, helpers.go. */
const INTEGER_RESOURCES: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

export function isHugePageResource(name: string): boolean {
  return name.startsWith(HUGE_PAGES_PREFIX);
}

export function isStandardResource(name: string): boolean {
  if (STANDARD_RESOURCES.has(name) || isHugePageResource(name)) return true;
  return name.startsWith(`requests.${HUGE_PAGES_PREFIX}`);
}

export function isStandardContainerResource(name: string): boolean {
  return (
    name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || isHugePageResource(name)
  );
}

/** Unprefixed names are implicitly in kubernetes.io/. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePageResource(name);
}

export function isIntegerResource(name: string): boolean {
  return INTEGER_RESOURCES.has(name) || isExtendedResource(name);
}

/** Upstream IsSupportedPodLevelResource. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || isHugePageResource(name);
}

/** True when |quantity| is a whole number of pages of the size that |name| says. */
export function isWholeHugePages(name: string, quantity: string): boolean {
  const size = tryParseQuantity(name.slice(HUGE_PAGES_PREFIX.length));
  if (typeof size === 'string' || size.unscaled <= 0n) return false;
  const sizeText = name.slice(HUGE_PAGES_PREFIX.length);
  if (milliCpu(sizeText) % 1000 !== 0) return false;
  return bytes(quantity) % bytes(sizeText) === 0;
}
