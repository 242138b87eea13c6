/**
 * How many replicas a measurement asks for: pure.
 *
 * Models: kubernetes pkg/controller/podautoscaler/replica_calculator.go and metrics/utilization.go
 *         (v1.36)
 */
import type { Container, Pod } from '../../../api/generated/types.ts';
import { isSidecar, podRequests } from '../../../api/kinds/pod/resources.ts';
import { isPodReady, podCondition } from '../../../api/meta/pod-state.ts';
import { milliCpu } from '../../../api/meta/quantity.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { MetricFailure, type Sample, type Samples } from './metrics-client.ts';

const CPU_INITIALIZATION_MS = 300_000; // --horizontal-pod-autoscaler-cpu-initialization-period
const INITIAL_READINESS_MS = 30_000; // --horizontal-pod-autoscaler-initial-readiness-delay
const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
const PERCENT = 100;

/** How far from the target a usage may be without anything being done. */
export interface Tolerances {
  readonly down: number;
  readonly up: number;
}

export interface Target {
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly nowMs: number;
}

/** Of CPU, memory …: a share of what is requested. */
export interface UtilizationTarget extends Target {
  readonly utilization: number;
  readonly resource: string;
  readonly container: string;
}

/** In thousandths, of each Pod. */
export interface UsageTarget extends Target {
  readonly usage: number;
  /** Empty for metrics that are no resources. */
  readonly resource: string;
}

export interface Utilized {
  readonly replicas: number;
  /** Percent. */
  readonly utilization: number;
  readonly usage: number;
}

export interface Used {
  readonly replicas: number;
  readonly usage: number;
}

interface Groups {
  readonly ready: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
}

/** Upstream GetResourceReplicas. */
export function utilizationReplicas(
  measured: Samples,
  pods: readonly Pod[],
  target: UtilizationTarget,
): Utilized {
  const { current, tolerances, resource } = target;
  const groups = groupPods(pods, measured, resource, target.nowMs);
  const samples = remaining(measured, groups);
  const requests = podRequestsOf(pods, target.container, resource);
  const { ratio, utilization, usage } = utilizationOf(samples, requests, target.utilization);
  const answer = (replicas: number): Utilized => ({ replicas, utilization, usage });

  const withUnready = groups.unready.length > 0 && ratio > 1;
  if (!withUnready && groups.missing.length === 0) {
    return answer(within(tolerances, ratio) ? current : int32(Math.ceil(ratio * groups.ready)));
  }
  // Who is not measured is thought to use all it may before fewer run, and nothing before more do.
  const fallback = Math.max(PERCENT, target.utilization);
  const ofMissing = (name: string): number =>
    Math.trunc(((requests.get(name) ?? 0) * fallback) / PERCENT);
  assume(samples, groups, ratio, withUnready, ofMissing);
  const next = utilizationOf(samples, requests, target.utilization).ratio;
  return answer(afterAssuming(ratio, next, samples.size, target));
}

/** Upstream calcPlainMetricReplicas. */
export function usageReplicas(measured: Samples, pods: readonly Pod[], target: UsageTarget): Used {
  const { current, tolerances, resource } = target;
  const groups = groupPods(pods, measured, resource, target.nowMs);
  const samples = remaining(measured, groups);
  const { ratio, usage } = usageRatio(samples, target.usage);
  const answer = (replicas: number): Used => ({ replicas, usage });

  const withUnready = groups.unready.length > 0 && ratio > 1;
  if (!withUnready && groups.missing.length === 0) {
    return answer(within(tolerances, ratio) ? current : int32(Math.ceil(ratio * groups.ready)));
  }
  assume(samples, groups, ratio, withUnready, () => target.usage);
  const next = usageRatio(samples, target.usage).ratio;
  return answer(afterAssuming(ratio, next, samples.size, target));
}

/** A value for all Pods together (upstream getUsageRatioReplicaCount). */
export function sharedReplicas(
  usage: number,
  pods: readonly Pod[],
  target: Target & { readonly usage: number },
): number {
  const { current, tolerances } = target;
  const ratio = usage / target.usage;
  if (current === 0) return int32(Math.ceil(ratio));
  if (within(tolerances, ratio)) return current;
  if (pods.length === 0) {
    const none = 'no pods returned by selector while calculating replica count';
    throw new MetricFailure(`unable to calculate ready pods: ${none}`);
  }
  const ready = pods.filter((pod) => pod.status.phase === 'Running' && isPodReady(pod)).length;
  return Math.min(MAX_INT32, Math.ceil(ratio * ready));
}

/** A value that is divided by the Pods there are; |current| is the count in the scale's status. */
export function sharedPerPod(usage: number, target: Target & { readonly usage: number }): Used {
  const { current, tolerances } = target;
  const ratio = usage / (target.usage * current);
  const replicas = within(tolerances, ratio)
    ? current
    : Math.min(MAX_INT32, Math.ceil(usage / target.usage));
  return { replicas, usage: Math.ceil(usage / current) };
}

export function within({ down, up }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up;
}

/** Which Pods count, and why others do not. */
function groupPods(
  pods: readonly Pod[],
  samples: Samples,
  resource: string,
  nowMs: number,
): Groups {
  const unready: string[] = [];
  const missing: string[] = [];
  const ignored: string[] = [];
  let ready = 0;
  if (pods.length === 0) {
    throw new MetricFailure('no pods returned by selector while calculating replica count');
  }
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const { phase } = pod.status;
    const sample = samples.get(name);
    if (deletionTimestamp !== undefined || phase === 'Failed') ignored.push(name);
    else if (phase === 'Pending') unready.push(name);
    else if (!sample) missing.push(name);
    else if (resource === 'cpu' && isStarting(pod, sample, nowMs)) unready.push(name);
    else ready++;
  }
  return { ready, unready, missing, ignored };
}

/** What a Pod uses while it starts says nothing about its load. */
function isStarting(pod: Pod, sample: Sample, nowMs: number): boolean {
  const ready = podCondition(pod, 'Ready');
  const { startTime } = pod.status;
  if (!ready || startTime === undefined) return true;
  const startedMs = parseTime(startTime);
  const changedMs =
    ready.lastTransitionTime === undefined ? MIN_INT32 : parseTime(ready.lastTransitionTime);
  if (startedMs + CPU_INITIALIZATION_MS > nowMs) {
    return ready.status === 'False' || sample.timestampMs < changedMs + sample.windowMs;
  }
  // Later, only one that has never been ready is left out.
  return ready.status === 'False' && startedMs + INITIAL_READINESS_MS > changedMs;
}

function remaining(measured: Samples, groups: Groups): Map<string, number> {
  const samples = new Map<string, number>();
  for (const [name, { value }] of measured) samples.set(name, value);
  for (const name of groups.ignored) samples.delete(name);
  for (const name of groups.unready) samples.delete(name);
  if (samples.size > 0) return samples;
  throw new MetricFailure('did not receive metrics for targeted pods (pods might be unready)');
}

function assume(
  samples: Map<string, number>,
  { missing, unready }: Groups,
  ratio: number,
  withUnready: boolean,
  ofMissing: (name: string) => number,
): void {
  for (const name of missing) {
    if (ratio < 1) samples.set(name, ofMissing(name));
    else if (ratio > 1) samples.set(name, 0);
  }
  if (withUnready) for (const name of unready) samples.set(name, 0);
}

/** What was assumed may stop a change, but never turn it round. */
function afterAssuming(before: number, after: number, samples: number, target: Target): number {
  const { current, tolerances } = target;
  if (within(tolerances, after)) return current;
  if ((before < 1 && after > 1) || (before > 1 && after < 1)) return current;
  const replicas = int32(Math.ceil(after * samples));
  if ((after < 1 && replicas > current) || (after > 1 && replicas < current)) return current;
  return replicas;
}

function utilizationOf(
  samples: ReadonlyMap<string, number>,
  requests: ReadonlyMap<string, number>,
  target: number,
): { readonly ratio: number; readonly utilization: number; readonly usage: number } {
  let used = 0;
  let requested = 0;
  let entries = 0;
  for (const [name, value] of samples) {
    const request = requests.get(name);
    if (request === undefined) continue;
    used += value;
    requested += request;
    entries++;
  }
  if (requested === 0) throw new MetricFailure('no metrics returned matched known pods');
  const utilization = Math.trunc((used * PERCENT) / requested);
  return { ratio: utilization / target, utilization, usage: Math.trunc(used / entries) };
}

function usageRatio(
  samples: ReadonlyMap<string, number>,
  target: number,
): { ratio: number } & Used {
  let total = 0;
  for (const value of samples.values()) total += value;
  const usage = Math.trunc(total / samples.size);
  return { ratio: usage / target, usage, replicas: samples.size };
}

/** Upstream calculateRequests, in thousandths by name of the Pod. */
function podRequestsOf(
  pods: readonly Pod[],
  container: string,
  resource: string,
): ReadonlyMap<string, number> {
  const requests = new Map<string, number>();
  for (const pod of pods) {
    const ofPod = container === '' && Object.keys(pod.spec.resources?.requests ?? {}).length > 0;
    const request = ofPod
      ? podLevelRequest(pod, resource)
      : containerRequests(pod, container, resource);
    requests.set(pod.metadata.name, request);
  }
  return requests;
}

function podLevelRequest(pod: Pod, resource: string): number {
  const quantity = podRequests(pod.spec)[resource];
  if (quantity !== undefined) return milliCpu(quantity);
  throw new MetricFailure(`missing pod-level request for ${resource} in Pod ${pod.metadata.name}`);
}

function containerRequests(pod: Pod, container: string, resource: string): number {
  const { name } = pod.metadata;
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar);
  let total = 0;
  for (const c of [...pod.spec.containers, ...sidecars] as readonly Container[]) {
    if (container !== '' && container !== c.name) continue;
    const quantity = c.resources.requests?.[resource];
    if (quantity === undefined) {
      const where = `in container ${c.name} of Pod ${name}`;
      throw new MetricFailure(`missing request for ${resource} ${where}`);
    }
    total += milliCpu(quantity);
    if (container === c.name) return total;
  }
  if (container === '') return total;
  throw new MetricFailure(`container ${container} not found in Pod ${name}`);
}

/** What does not fit becomes the smallest number, as on the usual processors. */
function int32(value: number): number {
  return value <= MAX_INT32 && value >= MIN_INT32 ? value : MIN_INT32;
}
