/**
 * What the node has promised each Pod: CPU and memory of its containers. A Pod that asks for other
 * amounts (resize) gets them when they fit beside what the other Pods were promised; until then it
 * goes on with what it has.
 *
 * Models: pkg/kubelet/allocation/allocation_manager.go, handlers.go; status/status_manager.go
 *         SetPodResizePendingCondition and others (v1.36)
 */
import type { Pod, PodCondition, PodSpec } from '../../../api/generated/types.ts';
import { podRequests } from '../../../api/kinds/pod/resources.ts';
import { compareQuantity } from '../../../api/meta/quantity.ts';
import type { Timer } from '../../../kernel/event-queue.ts';
import type { Refusal } from './admission.ts';
import { type KubeletContext, nowText, recordPodEvent } from './context.ts';
import { grantDesired, type PodRecord } from './pod-record.ts';
import { resizeMessage } from './resize-messages.ts';

/** allocation_manager.go retryDelay. */
const RETRY_US = 180_000_000;

/** The file in which a kubelet keeps its promises: by uid, the spec as it was promised. */
export type AllocationRecords = Map<string, PodSpec>;

export interface ResizeHost {
  /** Why |pod| in place of |p| does not fit on the node; null: it does. */
  refusal(p: PodRecord, pod: Pod): Refusal | null;
  /** Wakes the worker of a Pod. */
  sync(p: PodRecord): void;
}

export class Resizer {
  readonly #context: KubeletContext;
  readonly #records: AllocationRecords;
  readonly #host: ResizeHost;
  #waiting: PodRecord[] = [];
  #timer: Timer | null = null;

  constructor(context: KubeletContext, records: AllocationRecords, host: ResizeHost) {
    this.#context = context;
    this.#records = records;
    this.#host = host;
  }

  /** A Pod has been admitted, or is known from before a restart of the kubelet. */
  added(p: PodRecord): void {
    this.#records.set(p.identity.uid, p.pod.spec);
    for (const c of p.pod.status.conditions ?? []) {
      if (c.type === 'PodResizePending') p.resizePending = c;
      else if (c.type === 'PodResizeInProgress') p.resizing = c;
    }
    if (!p.desired) return;
    this.#push(p);
    this.retry();
  }

  /** The spec of a Pod has changed. */
  updated(p: PodRecord): void {
    if (!p.desired) {
      // A resize that waited has been taken back.
      p.resizePending = null;
      this.#records.set(p.identity.uid, p.pod.spec);
      return;
    }
    this.#push(p);
    this.retry();
  }

  removed(p: PodRecord): void {
    this.#records.delete(p.identity.uid);
    this.retry();
  }

  /** Room may have become free. */
  retry(): void {
    if (this.#waiting.length === 0) return;
    const { kernel, scope } = this.#context;
    if (this.#timer) kernel.cancel(this.#timer);
    this.#timer = null;
    const left: PodRecord[] = [];
    for (const p of this.#waiting) {
      if (p.removed || p.terminating) continue;
      const before = p.resizePending;
      const given = this.#decide(p);
      if (p.resizePending?.reason === 'Deferred') left.push(p);
      if (given || p.resizePending !== before) this.#host.sync(p);
    }
    this.#waiting = left;
    if (left.length === 0) return;
    this.#timer = kernel.after(RETRY_US, () => this.retry(), { scope, periodic: true });
  }

  #push(p: PodRecord): void {
    if (!this.#waiting.includes(p)) this.#waiting.push(p);
    this.#waiting.sort(byUrgency);
  }

  /** handlePodResourcesResize: whether it was given what it asks for. */
  #decide(p: PodRecord): boolean {
    if (!p.desired) {
      p.resizePending = null;
      return false;
    }
    const wanted = { ...p.pod, spec: p.desired };
    const generation = p.pod.metadata.generation ?? 0;
    const refusal = this.#host.refusal(p, wanted);
    if (!refusal) {
      grantDesired(p);
      this.#records.set(p.identity.uid, wanted.spec);
      p.resizePending = null;
      p.resizing = this.#condition('PodResizeInProgress', null, { reason: '', message: '' }, p);
      const message = resizeMessage('Pod resize started', p.pod, generation);
      recordPodEvent(this.#context, p, 'Normal', 'ResizeStarted', message);
      return true;
    }
    const { reason, message } = refusal;
    // Whatever else stands in the way may pass.
    const shown = { reason: reason === 'Infeasible' ? reason : 'Deferred', message };
    const old = p.resizePending;
    p.resizePending = this.#condition('PodResizePending', old, shown, p);
    if (old?.reason !== shown.reason || old.observedGeneration !== generation) {
      const text = resizeMessage(`Pod resize ${reason}`, wanted, generation, message);
      recordPodEvent(this.#context, p, 'Warning', `Resize${shown.reason}`, text);
    } else if (old.message === message) {
      p.resizePending = old;
    }
    return false;
  }

  /** updatedPodResizeCondition. */
  #condition(
    type: 'PodResizePending' | 'PodResizeInProgress',
    old: PodCondition | null,
    verdict: Refusal,
    p: PodRecord,
  ): PodCondition {
    return resizeCondition(type, old, verdict, p, nowText(this.#context.kernel));
  }
}

export function resizeCondition(
  type: 'PodResizePending' | 'PodResizeInProgress',
  old: PodCondition | null,
  { reason, message }: Refusal,
  p: PodRecord,
  now: string,
): PodCondition {
  const same = (old?.reason ?? '') === reason;
  return {
    type,
    observedGeneration: p.pod.metadata.generation ?? 0,
    status: 'True',
    lastProbeTime: now,
    lastTransitionTime: (old && same ? old.lastTransitionTime : undefined) ?? now,
    ...(reason === '' ? {} : { reason }),
    ...(message === '' ? {} : { message }),
  };
}

/** sortPendingResizes: what asks for no more, then priority, then the guaranteed, then the longest. */
function byUrgency(a: PodRecord, b: PodRecord): number {
  const [moreA, moreB] = [asksForMore(a), asksForMore(b)];
  if (moreA !== moreB) return moreA ? 1 : -1;
  const priority = (b.pod.spec.priority ?? 0) - (a.pod.spec.priority ?? 0);
  if (priority !== 0) return priority;
  const guaranteed = (p: PodRecord): number => (p.pod.status.qosClass === 'Guaranteed' ? 0 : 1);
  const quality = guaranteed(a) - guaranteed(b);
  if (quality !== 0) return quality;
  const since = (p: PodRecord): string => p.resizePending?.lastTransitionTime ?? '~';
  return since(a) < since(b) ? -1 : since(a) > since(b) ? 1 : 0;
}

function asksForMore({ pod, desired }: PodRecord): boolean {
  if (!desired) return false;
  const [had, wants] = [podRequests(pod.spec), podRequests(desired)];
  return ['cpu', 'memory'].some(
    (name) => compareQuantity(wants[name] ?? '0', had[name] ?? '0') > 0,
  );
}
