/**
 * The scheduling queue: Pods to try now, Pods that wait for their back-off, Pods that no node can
 * take until something changes.
 *
 * Models:     pkg/scheduler/backend/queue scheduling_queue.go, backoff_queue.go (v1.36)
 * Simplified: gated Pods wait with the unschedulable ones
 */
import type { Pod } from '../../api/generated/types.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { ClusterEvent } from './events.ts';
import type { Plugin } from './framework.ts';

const BACKOFF_INITIAL_US = 1 * MICROS_PER_SECOND; // DefaultPodInitialBackoffDuration
const BACKOFF_MAX_US = 10 * MICROS_PER_SECOND; // DefaultPodMaxBackoffDuration
const MAX_UNSCHEDULABLE_US = 300 * MICROS_PER_SECOND; // DefaultPodMaxInUnschedulablePodsDuration

export interface QueuedPod {
  pod: Pod;
  readonly key: ObjectKey;
  attempts: number;
  /** Virtual microseconds at which it entered its present queue. */
  since: number;
  /** When its back-off ends. */
  backoffUntil: number;
  /** Plugins that refused it last. */
  refusedBy: readonly Plugin[];
  /** Spans that made it due. */
  causes: number[];
  /** Cluster changes it could not see because it was being tried. */
  missed: ClusterEvent[] | null;
}

const MAX_CAUSES = 4;
/** Places at the front of the queue that may be left empty. */
const COMPACT_AFTER = 256;

export class SchedulingQueue {
  /** In order, from #head on; those that are not in #isActive any more are skipped. */
  #active: QueuedPod[] = [];
  #head = 0;
  #isActive = new Set<QueuedPod>();
  #backoff = new Map<ObjectKey, QueuedPod>();
  #unschedulable = new Map<ObjectKey, QueuedPod>();
  #known = new Map<ObjectKey, QueuedPod>();
  #inFlight = new Set<QueuedPod>();

  get activeLength(): number {
    return this.#isActive.size;
  }

  get backoffLength(): number {
    return this.#backoff.size;
  }

  get unschedulableLength(): number {
    return this.#unschedulable.size;
  }

  /** A new Pod without a node. */
  add(pod: Pod, now: number, cause: number): void {
    const key = keyOf(pod);
    if (this.#known.has(key)) {
      this.update(pod, now, cause);
      return;
    }
    const item: QueuedPod = {
      pod,
      key,
      attempts: 0,
      since: now,
      backoffUntil: 0,
      refusedBy: [],
      causes: cause === 0 ? [] : [cause],
      missed: null,
    };
    this.#known.set(key, item);
    if ((pod.spec.schedulingGates?.length ?? 0) > 0) this.#unschedulable.set(key, item);
    else this.#push(item);
  }

  /** The Pod itself has changed; what it asks for may now be possible. */
  update(pod: Pod, now: number, cause: number): void {
    const item = this.#known.get(keyOf(pod));
    if (!item) return;
    const { spec } = item.pod;
    const labels = item.pod.metadata.labels;
    item.pod = pod;
    if (!this.#unschedulable.has(item.key)) return;
    if ((pod.spec.schedulingGates?.length ?? 0) > 0) return;
    if (spec === pod.spec && labels === pod.metadata.labels) return;
    this.#requeue(item, now, cause);
  }

  remove(key: ObjectKey): void {
    const item = this.#known.get(key);
    if (!item) return;
    this.#known.delete(key);
    this.#backoff.delete(key);
    this.#unschedulable.delete(key);
    this.#inFlight.delete(item);
    this.#isActive.delete(item);
  }

  /**
   * The next Pod to try: the highest priority, then the longest waiting; with nothing active one
   * that waits for its back-off (SchedulerPopFromBackoffQ).
   */
  pop(): QueuedPod | undefined {
    let item = this.#shift();
    if (!item) {
      for (const waiting of this.#backoff.values()) {
        // A Pod whose binding failed must wait for its time.
        if (waiting.refusedBy.length === 0) continue;
        if (!item || waiting.backoffUntil < item.backoffUntil) item = waiting;
      }
      if (item) this.#backoff.delete(item.key);
    }
    if (!item) return undefined;
    item.attempts++;
    item.missed = [];
    this.#inFlight.add(item);
    return item;
  }

  /** It has a node. */
  done(item: QueuedPod): void {
    this.#inFlight.delete(item);
    item.missed = null;
    this.#known.delete(item.key);
  }

  /** No node could take it, because of |refusedBy|. */
  unschedulable(item: QueuedPod, refusedBy: readonly Plugin[], now: number): void {
    this.#inFlight.delete(item);
    const missed = item.missed ?? [];
    item.missed = null;
    if (!this.#known.has(item.key)) return;
    item.refusedBy = refusedBy;
    item.since = now;
    item.backoffUntil = now + backoffOf(item.attempts);
    item.causes = [];
    if (missed.some((event) => helps(item, event))) this.#backoff.set(item.key, item);
    else this.#unschedulable.set(item.key, item);
  }

  /** Its binding failed: try again after its back-off. */
  retry(item: QueuedPod, now: number): void {
    this.#inFlight.delete(item);
    item.missed = null;
    item.refusedBy = [];
    item.since = now;
    item.backoffUntil = now + backoffOf(item.attempts);
    this.#known.set(item.key, item);
    this.#backoff.set(item.key, item);
  }

  /** The cluster has changed. True when a Pod became due by it. */
  onEvent(event: ClusterEvent, now: number, cause: number): boolean {
    for (const item of this.#inFlight) item.missed?.push(event);
    if (this.#unschedulable.size === 0) return false;
    let moved = false;
    for (const item of [...this.#unschedulable.values()]) {
      if ((item.pod.spec.schedulingGates?.length ?? 0) > 0 || !helps(item, event)) continue;
      this.#requeue(item, now, cause);
      moved = true;
    }
    return moved;
  }

  /** Pods whose back-off has ended become active; Pods that waited too long are tried anyway. */
  flush(now: number): boolean {
    let moved = false;
    for (const item of [...this.#backoff.values()]) {
      if (item.backoffUntil > now) continue;
      this.#backoff.delete(item.key);
      this.#push(item);
      moved = true;
    }
    for (const item of [...this.#unschedulable.values()]) {
      if (now - item.since <= MAX_UNSCHEDULABLE_US) continue;
      if ((item.pod.spec.schedulingGates?.length ?? 0) > 0) continue;
      this.#requeue(item, now, 0);
      moved = true;
    }
    return moved;
  }

  #requeue(item: QueuedPod, now: number, cause: number): void {
    this.#unschedulable.delete(item.key);
    if (cause !== 0 && item.causes.length < MAX_CAUSES) item.causes.push(cause);
    item.since = now;
    if (item.backoffUntil > now) this.#backoff.set(item.key, item);
    else this.#push(item);
  }

  /** Takes from the front without moving the others up. */
  #shift(): QueuedPod | undefined {
    while (this.#head < this.#active.length) {
      const item = this.#active[this.#head++] as QueuedPod;
      if (this.#head > COMPACT_AFTER && this.#head * 2 > this.#active.length) {
        this.#active = this.#active.slice(this.#head);
        this.#head = 0;
      }
      if (this.#isActive.delete(item)) return item;
    }
    return undefined;
  }

  #push(item: QueuedPod): void {
    this.#isActive.add(item);
    const active = this.#active;
    const last = active.at(-1);
    if (this.#head === active.length || !last || !before(item, last)) {
      active.push(item);
      return;
    }
    let low = this.#head;
    let high = active.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (before(item, active[mid] as QueuedPod)) high = mid;
      else low = mid + 1;
    }
    active.splice(low, 0, item);
  }
}

function before(a: QueuedPod, b: QueuedPod): boolean {
  const pa = a.pod.spec.priority ?? 0;
  const pb = b.pod.spec.priority ?? 0;
  return pa > pb || (pa === pb && a.since < b.since);
}

/** 1 s, 2 s, 4 s, 8 s, then 10 s. */
export function backoffOf(attempts: number): number {
  return Math.min(
    BACKOFF_INITIAL_US * 2 ** Math.max(0, Math.min(attempts - 1, 10)),
    BACKOFF_MAX_US,
  );
}

function helps(item: QueuedPod, event: ClusterEvent): boolean {
  if (item.refusedBy.length === 0) return true;
  return item.refusedBy.some(
    (plugin) =>
      (plugin.events?.includes(event.type) ?? true) && (plugin.helps?.(event, item.pod) ?? true),
  );
}
