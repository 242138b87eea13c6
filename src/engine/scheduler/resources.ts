/**
 * Resources that a Pod asks for and a node has, as whole numbers: thousandths of a core, bytes,
 * counts.
 *
 * Models: k8s.io/component-helpers resource helpers.go PodRequests, pkg/scheduler/framework types.go
 */
import type { Container, Pod, PodSpec } from '../../api/generated/types.ts';
import { bytes, milliCpu } from '../../api/meta/quantity.ts';

export interface Resources {
  cpuMilli: number;
  memory: number;
  ephemeral: number;
  /** Extended resources and huge pages. */
  other: Map<string, number> | null;
}

/** What a container without requests is taken to use, when nodes are compared. */
const DEFAULT_CPU_MILLI = 100; // DefaultMilliCPURequest, pkg/scheduler/util/pod_resources.go
const DEFAULT_MEMORY = 200 * 1024 * 1024; // DefaultMemoryRequest, same source

export interface PodResources {
  readonly requests: Resources;
  /** Requests with the defaults above for containers that have none. */
  readonly nonZeroCpuMilli: number;
  readonly nonZeroMemory: number;
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
    else if (name !== 'pods') (r.other ??= new Map()).set(name, bytes(q));
  }
  return r;
}

export function addTo(into: Resources, r: Resources, sign: 1 | -1 = 1): void {
  into.cpuMilli += sign * r.cpuMilli;
  into.memory += sign * r.memory;
  into.ephemeral += sign * r.ephemeral;
  if (!r.other) return;
  into.other ??= new Map();
  for (const [name, n] of r.other) into.other.set(name, (into.other.get(name) ?? 0) + sign * n);
}

function maxInto(into: Resources, r: Resources): void {
  into.cpuMilli = Math.max(into.cpuMilli, r.cpuMilli);
  into.memory = Math.max(into.memory, r.memory);
  into.ephemeral = Math.max(into.ephemeral, r.ephemeral);
  if (!r.other) return;
  into.other ??= new Map();
  for (const [name, n] of r.other) into.other.set(name, Math.max(into.other.get(name) ?? 0, n));
}

/** Specs are shared by all Pods of a template, and an update makes a new one. */
const cache = new WeakMap<PodSpec, PodResources>();

export function podResources(pod: Pod): PodResources {
  let r = cache.get(pod.spec);
  if (!r) {
    r = compute(pod.spec);
    cache.set(pod.spec, r);
  }
  return r;
}

function compute(spec: PodSpec): PodResources {
  const plain = (c: Container): Resources => parseResources(c.resources?.requests);
  const nonZero = (c: Container): Resources => {
    const given = c.resources?.requests;
    const r = plain(c);
    if (given?.['cpu'] === undefined) r.cpuMilli = DEFAULT_CPU_MILLI;
    if (given?.['memory'] === undefined) r.memory = DEFAULT_MEMORY;
    return r;
  };
  const requests = total(spec, plain);
  const estimated = total(spec, nonZero);
  return { requests, nonZeroCpuMilli: estimated.cpuMilli, nonZeroMemory: estimated.memory };
}

/** Containers and sidecars together, or the largest moment of initialisation. */
function total(spec: PodSpec, of: (c: Container) => Resources): Resources {
  const sum = noResources();
  for (const c of spec.containers) addTo(sum, of(c));
  const sidecars = noResources();
  const peak = noResources();
  for (const c of spec.initContainers ?? []) {
    const r = of(c);
    if (c.restartPolicy === 'Always') {
      addTo(sum, r);
      addTo(sidecars, r);
      maxInto(peak, sidecars);
    } else {
      addTo(r, sidecars);
      maxInto(peak, r);
    }
  }
  maxInto(sum, peak);
  if (spec.resources?.requests) {
    const podLevel = parseResources(spec.resources.requests);
    if (spec.resources.requests['cpu'] !== undefined) sum.cpuMilli = podLevel.cpuMilli;
    if (spec.resources.requests['memory'] !== undefined) sum.memory = podLevel.memory;
  }
  if (spec.overhead) addTo(sum, parseResources(spec.overhead));
  return sum;
}
