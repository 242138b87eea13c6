/**
 * Resources that a Pod asks for and a node has, as whole numbers: thousandths of a core, bytes,
 * counts.
 *
 * Models: k8s.io/component-helpers resource helpers.go PodRequests, pkg/scheduler/framework types.go
 *         PodInfo.CalculateResource (v1.36)
 */
import type {
  Container,
  ContainerStatus,
  Pod,
  PodSpec,
  PodStatus,
} from '../../api/generated/types.ts';
import { equalJson } from '../../api/meta/json.ts';
import { bytes, milliCpu } from '../../api/meta/quantity.ts';

export interface Resources {
  cpuMilli: number;
  memory: number;
  ephemeral: number;
  /** Extended resources and huge pages. */
  other: Map<string, number> | null;
}

/** What a container without requests is taken to use, when nodes are compared. */
const DEFAULT_CPU = '100m'; // DefaultMilliCPURequest, pkg/scheduler/util/pod_resources.go
const DEFAULT_MEMORY = '200Mi'; // DefaultMemoryRequest, same source

export interface PodResources {
  readonly requests: Resources;
  /** The same with the defaults above: what NodeResourcesFit adds up on a node. */
  readonly nonZeroCpuMilli: number;
  readonly nonZeroMemory: number;
  /**
   * What NodeResourcesFit takes a Pod without a node to want: the sum of its containers with the
   * defaults, whatever is requested for the whole Pod. Upstream's scorer is made without that gate.
   */
  readonly scored: Resources;
}

export function noResources(): Resources {
  return { cpuMilli: 0, memory: 0, ephemeral: 0, other: null };
}

type Quantities = Readonly<Record<string, string>> | undefined;

export function parseResources(list: Quantities): Resources {
  const r = noResources();
  if (!list) return r;
  for (const name in list) {
    const q = list[name] as string;
    if (name === 'cpu') r.cpuMilli = milliCpu(q);
    else if (name === 'memory') r.memory = bytes(q);
    else if (name === 'ephemeral-storage') r.ephemeral = bytes(q);
    else if (isScalar(name)) (r.other ??= new Map()).set(name, bytes(q));
  }
  return r;
}

/** Upstream IsScalarResourceName. */
export function isScalar(name: string): boolean {
  return (
    name.includes('/') || name.startsWith('hugepages-') || name.startsWith('attachable-volumes-')
  );
}

/** Upstream IsExtendedResourceName: somebody else's, with a domain that is not Kubernetes'. */
export function isExtended(name: string): boolean {
  return name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.');
}

function addTo(into: Resources, r: Resources): void {
  into.cpuMilli += r.cpuMilli;
  into.memory += r.memory;
  into.ephemeral += r.ephemeral;
  if (!r.other) return;
  into.other ??= new Map();
  for (const [name, n] of r.other) into.other.set(name, (into.other.get(name) ?? 0) + n);
}

function maxInto(into: Resources, r: Resources): void {
  into.cpuMilli = Math.max(into.cpuMilli, r.cpuMilli);
  into.memory = Math.max(into.memory, r.memory);
  into.ephemeral = Math.max(into.ephemeral, r.ephemeral);
  if (!r.other) return;
  into.other ??= new Map();
  for (const [name, n] of r.other) into.other.set(name, Math.max(into.other.get(name) ?? 0, n));
}

/** By the list of containers, which Pods of a template share and binding keeps. */
const bySpec = new WeakMap<object, { readonly spec: PodSpec; readonly resources: PodResources }>();
/** Of Pods that are being resized. */
const byPod = new WeakMap<Pod, PodResources>();

/** What a Pod takes, also while it is being resized. */
export function podResources(pod: Pod): PodResources {
  if (statusCounts(pod)) {
    let resizing = byPod.get(pod);
    if (!resizing) byPod.set(pod, (resizing = compute(pod.spec, pod.status)));
    return resizing;
  }
  const { spec } = pod;
  const known = bySpec.get(spec.containers);
  if (known && asksAlike(known.spec, spec)) return known.resources;
  const resources = compute(spec, null);
  bySpec.set(spec.containers, { spec, resources });
  return resources;
}

function asksAlike(a: PodSpec, b: PodSpec): boolean {
  return (
    a.initContainers === b.initContainers &&
    a.overhead === b.overhead &&
    a.resources === b.resources
  );
}

/** True while the Pod's status says another size than its spec: between a resize and its end. */
export function statusCounts({ spec, status }: Pod): boolean {
  if (!status.containerStatuses && !status.initContainerStatuses && !status.resources) return false;
  const differs = (requests: Quantities, s: StatusOfSize | undefined): boolean =>
    s?.resources !== undefined &&
    (!equalJson(s.resources.requests ?? {}, requests ?? {}) ||
      (s.allocatedResources !== undefined && !equalJson(s.allocatedResources, requests ?? {})));
  return (
    spec.containers.some((c) =>
      differs(c.resources?.requests, named(status.containerStatuses, c.name)),
    ) ||
    (spec.initContainers ?? []).some(
      (c) =>
        isSidecar(c) && differs(c.resources?.requests, named(status.initContainerStatuses, c.name)),
    ) ||
    (spec.resources !== undefined && differs(spec.resources.requests, status))
  );
}

interface StatusOfSize {
  readonly resources?: { readonly requests?: Quantities };
  readonly allocatedResources?: Quantities;
}

function named(
  list: readonly ContainerStatus[] | undefined,
  name: string,
): StatusOfSize | undefined {
  return list?.find((s) => s.name === name);
}

function isSidecar(c: Container): boolean {
  return c.restartPolicy === 'Always';
}

/** Upstream determineEffectiveRequests: the largest of what is wanted, given and in force. */
function effective(spec: Quantities, s: StatusOfSize | undefined, status: PodStatus): Quantities {
  if (s?.resources === undefined) return spec;
  const pending = status.conditions?.find((c) => c.type === 'PodResizePending');
  const wanted = pending?.reason === 'Infeasible' ? undefined : spec;
  const largest: Record<string, string> = {};
  for (const list of [wanted, s.resources.requests, s.allocatedResources]) {
    for (const name in list) {
      const q = list[name] as string;
      const known = largest[name];
      if (known === undefined || amount(name, q) > amount(name, known)) largest[name] = q;
    }
  }
  return largest;
}

function amount(name: string, q: string): number {
  return name === 'cpu' ? milliCpu(q) : bytes(q);
}

function compute(spec: PodSpec, status: PodStatus | null): PodResources {
  const plain = (c: Container): Quantities => {
    const requests = c.resources?.requests;
    if (!status) return requests;
    const list = isSidecar(c) ? status.initContainerStatuses : status.containerStatuses;
    return effective(requests, named(list, c.name), status);
  };
  const podLevel = supported(spec.resources?.requests);
  const given = podLevel && (status ? supported(effective(podLevel, status, status)) : podLevel);
  const requests = total(spec, plain, given);
  const some = (name: string): boolean =>
    given?.[name] !== undefined ||
    [...spec.containers, ...(spec.initContainers ?? [])].some(
      (c) => plain(c)?.[name] !== undefined,
    );
  // With requests for the whole Pod the defaults stand in only for what nobody requests.
  const missing = {
    ...(podLevel && some('cpu') ? {} : { cpu: DEFAULT_CPU }),
    ...(podLevel && some('memory') ? {} : { memory: DEFAULT_MEMORY }),
  };
  const nonZero = total(spec, (c) => ({ ...missing, ...plain(c) }), given);
  const defaults = { cpu: DEFAULT_CPU, memory: DEFAULT_MEMORY };
  const scored = podLevel ? total(spec, (c) => ({ ...defaults, ...plain(c) }), null) : nonZero;
  return {
    requests,
    nonZeroCpuMilli: nonZero.cpuMilli,
    nonZeroMemory: nonZero.memory,
    scored,
  };
}

/** The requests that can be made for a whole Pod: cpu, memory and huge pages; null = none. */
function supported(list: Quantities): Readonly<Record<string, string>> | null {
  let found: Record<string, string> | null = null;
  for (const name in list) {
    if (name === 'cpu' || name === 'memory' || name.startsWith('hugepages-'))
      (found ??= {})[name] = list[name] as string;
  }
  return found;
}

/** Containers and sidecars together, or the largest moment of initialisation. */
function total(
  spec: PodSpec,
  of: (c: Container) => Quantities,
  podLevel: Readonly<Record<string, string>> | null,
): Resources {
  const sum = noResources();
  for (const c of spec.containers) addTo(sum, parseResources(of(c)));
  const sidecars = noResources();
  const peak = noResources();
  for (const c of spec.initContainers ?? []) {
    const r = parseResources(of(c));
    if (isSidecar(c)) {
      addTo(sum, r);
      addTo(sidecars, r);
      maxInto(peak, sidecars);
    } else {
      addTo(r, sidecars);
      maxInto(peak, r);
    }
  }
  maxInto(sum, peak);
  if (podLevel) {
    const { cpuMilli, memory, other } = parseResources(podLevel);
    if (podLevel['cpu'] !== undefined) sum.cpuMilli = cpuMilli;
    if (podLevel['memory'] !== undefined) sum.memory = memory;
    for (const [name, n] of other ?? []) (sum.other ??= new Map()).set(name, n);
  }
  if (spec.overhead) addTo(sum, parseResources(spec.overhead));
  return sum;
}
