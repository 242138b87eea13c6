/**
 * Which Pods end so that a critical one has room on the node. Pure.
 *
 * Models: pkg/kubelet/preemption/preemption.go (v1.36)
 */
import { podQosClass } from '../../../api/kinds/pod/resources.ts';
import { type Refusal, requestOf } from './admission.ts';
import { isCritical, isPreemptable } from './critical.ts';
import type { PodRecord } from './pod-record.ts';

export const PREEMPTED = {
  reason: 'Preempting',
  message: 'Preempted in order to admit critical pod',
  disruption: 'Pod was preempted by Kubelet to accommodate a critical pod.',
} as const;

interface Need {
  readonly resource: string;
  readonly amount: number;
}

/** Refusals that are left, and Pods that have to end first. */
export interface Preemption {
  readonly refusal: Refusal | null;
  readonly victims: readonly PodRecord[];
}

export function preempt(
  p: PodRecord,
  others: readonly PodRecord[],
  refused: readonly Refusal[],
): Preemption {
  const [first = null] = refused;
  if (!first || !isCritical(p.pod)) return { refusal: first, victims: [] };
  const hard = refused.find((r) => !r.missing);
  if (hard) return { refusal: hard, victims: [] };
  const needs = refused.flatMap((r) => (r.missing ? [r.missing] : []));
  const victims = victimsFor(p, others, needs);
  if (typeof victims !== 'string') return { refusal: null, victims };
  const why = `preemption: error finding a set of pods to preempt: ${victims}`;
  const message = `Unexpected error while attempting to recover from admission failure: ${why}`;
  return { refusal: { reason: 'UnexpectedAdmissionError', message }, victims: [] };
}

/** The sentence of the error when there are none. */
function victimsFor(
  p: PodRecord,
  others: readonly PodRecord[],
  needs: readonly Need[],
): readonly PodRecord[] | string {
  const able = others.filter((o) => isPreemptable(p.pod, o.pod));
  const of = (qos: string): readonly PodRecord[] => able.filter((o) => podQosClass(o.pod) === qos);
  const bestEffort = of('BestEffort');
  const burstable = of('Burstable');
  const unmet = without(needs, able);
  if (unmet.length > 0) return noneFound(unmet);
  const guaranteed = nearest(of('Guaranteed'), without(needs, [...bestEffort, ...burstable]));
  const middle = nearest(burstable, without(needs, [...bestEffort, ...guaranteed]));
  const least = nearest(bestEffort, without(needs, [...middle, ...guaranteed]));
  return [...least, ...middle, ...guaranteed];
}

function noneFound(needs: readonly Need[]): string {
  const list = needs.map((n) => `(res: ${n.resource}, q: ${n.amount}), `).join('');
  return `no set of running pods found to reclaim resources: [${list}]`;
}

/** What is still needed once |pods| have ended. */
function without(needs: readonly Need[], pods: readonly PodRecord[]): readonly Need[] {
  return needs.flatMap(({ resource, amount }) => {
    let left = amount;
    for (const p of pods) left -= requestOf(p, resource);
    return left > 0 ? [{ resource, amount: left }] : [];
  });
}

/** Again and again the Pod whose requests come nearest to what is needed. */
function nearest(pods: readonly PodRecord[], needs: readonly Need[]): readonly PodRecord[] {
  const left = [...pods];
  const chosen: PodRecord[] = [];
  let open = needs;
  while (open.length > 0 && left.length > 0) {
    let best = 0;
    for (const [i, candidate] of left.entries()) {
      const by = distance(candidate, open) - distance(left[best] as PodRecord, open);
      if (by < 0 || (by === 0 && i > 0 && isSmaller(candidate, left[best] as PodRecord))) best = i;
    }
    const [victim] = left.splice(best, 1);
    if (!victim) break;
    chosen.push(victim);
    open = without(open, [victim]);
  }
  return chosen;
}

function distance(p: PodRecord, needs: readonly Need[]): number {
  let sum = 0;
  for (const { resource, amount } of needs) {
    const remaining = amount - requestOf(p, resource);
    if (remaining > 0) sum += (remaining / amount) * (remaining / amount);
  }
  return sum;
}

function isSmaller(a: PodRecord, b: PodRecord): boolean {
  for (const resource of ['memory', 'cpu']) {
    const by = requestOf(a, resource) - requestOf(b, resource);
    if (by !== 0) return by < 0;
  }
  return true;
}
