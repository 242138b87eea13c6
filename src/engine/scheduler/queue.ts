/**
 * The scheduling queue: Pods to try now, Pods that wait for their back-off, Pods that no node can
 * take until something changes. Which change that is, the plugins that refused a Pod say.
 *
 * Models:     pkg/scheduler/backend/queue scheduling_queue.go, active_queue.go, backoff_queue.go (v1.36)
 * Simplified: no Pod groups; queueing hints are always on (the gate is)
 */
import type { Pod } from '../../api/generated/types.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import { type ClusterEvent, podEvents, type QueueReason } from './events.ts';
import type { Plugin } from './framework.ts';
import { Heap } from './heap.ts';
import { Nominator, nominatedNode } from './nominator.ts';
import { QueueLog, type QueueName, type QueueNote } from './queue-log.ts';

const MAX_UNSCHEDULABLE_US = 300 * MICROS_PER_SECOND; // DefaultPodMaxInUnschedulablePodsDuration
/** Back-offs end together at the end of a window (backoffQOrderingWindowDuration). */
export const WINDOW_US = 1 * MICROS_PER_SECOND;
const MAX_CAUSES = 4;

export interface QueueOptions {
  /** podInitialBackoffSeconds */
  readonly initialBackoffUs: number;
  /** podMaxBackoffSeconds; 0: no back-off at all. */
  readonly maxBackoffUs: number;
  /** SchedulerPopFromBackoffQ: with nothing else to try, a Pod need not wait for its back-off. */
  readonly popFromBackoff: boolean;
  /** What the wall clock says at virtual time zero, within a window. */
  readonly epochUs: number;
  readonly less: (a: QueuedPod, b: QueuedPod) => boolean;
  /** The plugin that does not let a Pod in yet. */
  readonly gate: (pod: Pod) => Plugin | null;
}

export interface QueuedPod {
  pod: Pod;
  readonly key: ObjectKey;
  attempts: number;
  /** Virtual microseconds at which it came, or came back after an attempt. */
  since: number;
  /** Attempts that ended with a refusal, and errors since the last of those: the back-off is theirs. */
  refusals: number;
  errors: number;
  /** Plugins that refused it last; empty after an error. */
  refusedBy: readonly Plugin[];
  /** The plugin that keeps it out. */
  gate: Plugin | null;
  /** Spans that made it due. */
  causes: number[];
  /** Changes of the cluster while it is being tried; null when it is not. */
  missed: Change[] | null;
}

export interface PlaceInQueue {
  readonly queue: 'active' | 'backoff' | 'unschedulable' | 'gated' | 'in-flight';
  /** When it leaves by itself. */
  readonly until: number | null;
  readonly since: number;
  readonly attempts: number;
  readonly refusedBy: readonly Plugin[];
}

/** A change, or the wish that this Pod be tried again in any case. */
type Change = ClusterEvent | 'ForceActivate';

export class SchedulingQueue {
  readonly nominator = new Nominator();
  readonly log = new QueueLog();
  readonly #options: QueueOptions;
  #now: () => number;
  #active: Heap<QueuedPod>;
  #backoff: Heap<QueuedPod>;
  #errorBackoff: Heap<QueuedPod>;
  #unschedulable = new Set<QueuedPod>();
  /** How many of those each plugin has refused: an event that none of them minds is passed over. */
  #refusals = new Map<Plugin, number>();
  #known = new Map<ObjectKey, QueuedPod>();
  #inFlight = new Set<QueuedPod>();

  constructor(options: QueueOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
    const byBackoff = (a: QueuedPod, b: QueuedPod): boolean =>
      this.#backoffEnd(a) < this.#backoffEnd(b);
    this.#active = new Heap(options.less);
    this.#errorBackoff = new Heap(byBackoff);
    // Within a window the order is that of the active queue, from which they are tried next.
    this.#backoff = new Heap(
      options.popFromBackoff
        ? (a, b) => {
            const difference = this.#backoffEnd(a) - this.#backoffEnd(b);
            return difference === 0 ? options.less(a, b) : difference < 0;
          }
        : byBackoff,
    );
  }

  get activeLength(): number {
    return this.#active.size;
  }

  get backoffLength(): number {
    return this.#backoff.size + this.#errorBackoff.size;
  }

  get unschedulableLength(): number {
    return this.#unschedulable.size;
  }

  /** A new Pod without a node. */
  add(pod: Pod, cause: number): void {
    const key = keyOf(pod);
    const known = this.#known.get(key);
    if (known) {
      this.update(pod, known.pod, cause);
      return;
    }
    this.#enter(key, pod, cause, 'UnschedulablePodAdd');
  }

  #enter(
    key: ObjectKey,
    pod: Pod,
    cause: number,
    event: 'UnschedulablePodAdd' | 'UnschedulablePodUpdate',
  ): void {
    const item: QueuedPod = {
      pod,
      key,
      attempts: 0,
      since: this.#now(),
      refusals: 0,
      errors: 0,
      refusedBy: [],
      gate: null,
      causes: cause === 0 ? [] : [cause],
      missed: null,
    };
    this.#known.set(key, item);
    this.#toActive(item, event);
  }

  /** The Pod itself has changed; what it asks for may now be possible. */
  update(pod: Pod, old: Pod, cause: number): void {
    const item = this.#known.get(keyOf(pod));
    if (!item) {
      this.#enter(keyOf(pod), pod, cause, 'UnschedulablePodUpdate');
      return;
    }
    item.pod = pod;
    if (item.missed) {
      item.missed.push(...podEvents(pod, old));
      return;
    }
    this.nominator.update(pod, old);
    if (!this.#unschedulable.has(item)) return;
    for (const event of podEvents(pod, old)) {
      if (!this.#worthwhile(item, event)) continue;
      const queue = this.#requeue(item, event.type);
      note(item, cause);
      if (queue === 'Unschedulable') continue;
      const what = 'Pod moved to an internal scheduling queue because the Pod is updated';
      this.#note(what, item, event.type, queue);
      return;
    }
  }

  remove(key: ObjectKey): void {
    const item = this.#known.get(key);
    if (!item) return;
    this.nominator.delete(item.pod);
    this.#known.delete(key);
    this.#leave(item);
    this.#inFlight.delete(item);
    item.missed = null;
  }

  #leave(item: QueuedPod): void {
    if (this.#active.delete(item) || this.#backoff.delete(item)) return;
    if (!this.#errorBackoff.delete(item)) this.#leaveUnschedulable(item);
  }

  /** The next Pod to try. */
  pop(): QueuedPod | undefined {
    let item = this.#active.pop();
    // A Pod that came back because of an error must wait for its time.
    if (!item && this.#options.popFromBackoff) item = this.#backoff.pop();
    if (!item) return undefined;
    item.attempts++;
    item.missed = [];
    this.#inFlight.add(item);
    this.#note('Attempting to schedule pod', item);
    return item;
  }

  /** Where a Pod waits, for who looks in from outside; null when it does not. */
  place(key: ObjectKey): PlaceInQueue | null {
    const item = this.#known.get(key);
    if (!item) return null;
    const { attempts, gate, refusedBy, since } = item;
    const about = { attempts, refusedBy, since };
    if (this.#inFlight.has(item)) return { ...about, queue: 'in-flight', until: null };
    if (this.#unschedulable.has(item)) {
      return gate === null
        ? { ...about, queue: 'unschedulable', until: since + MAX_UNSCHEDULABLE_US }
        : { ...about, queue: 'gated', until: null };
    }
    const end = this.#backoffEnd(item);
    const waits = this.#backoff.has(item) || this.#errorBackoff.has(item);
    return waits
      ? { ...about, queue: 'backoff', until: end }
      : { ...about, queue: 'active', until: null };
  }

  /** It has a node, or is to be forgotten: what happens from now on is not kept for it. */
  done(item: QueuedPod): void {
    this.#inFlight.delete(item);
    item.missed = null;
    if (this.#known.get(item.key) === item) this.#known.delete(item.key);
  }

  /** |pod| was tried in vain: |refusedBy| stood in the way, or nobody and it was an error. */
  putBack(item: QueuedPod, pod: Pod, refusedBy: readonly Plugin[]): void {
    const missed = item.missed ?? [];
    this.#inFlight.delete(item);
    item.missed = null;
    const known = this.#known.get(item.key);
    if (known !== undefined && known !== item) return;
    this.#known.set(item.key, item);
    item.pod = pod;
    item.refusedBy = refusedBy;
    item.since = this.#now();
    item.causes = [];
    if (refusedBy.length === 0) {
      item.errors++;
    } else {
      item.refusals++;
      item.errors = 0;
    }
    const again = refusedBy.length === 0 || missed.some((event) => this.#worthwhile(item, event));
    const queue = again ? this.#requeue(item, 'ScheduleAttemptFailure') : 'Unschedulable';
    if (queue === 'Unschedulable') this.#toUnschedulable(item);
    const what = 'Pod moved to an internal scheduling queue';
    this.#note(what, item, 'ScheduleAttemptFailure', queue);
  }

  /** Tried again although nothing has changed: what was begun for it has failed. */
  activate(key: ObjectKey): void {
    const item = this.#known.get(key);
    if (!item || this.#active.has(item)) return;
    if (item.missed) item.missed.push('ForceActivate');
    else this.#toActive(item, 'ForceActivate');
  }

  /** The cluster has changed. True when a Pod became due by it. */
  onEvent(event: ClusterEvent, cause: number, only?: (pod: Pod) => boolean): boolean {
    let moved = false;
    if (this.#concerns(event)) {
      for (const item of [...this.#unschedulable]) {
        if (only && !only(item.pod)) continue;
        if (item.gate && !listens(item.gate, event)) continue;
        if (!this.#worthwhile(item, event)) continue;
        note(item, cause);
        if (this.#requeue(item, event.type) !== 'Unschedulable') moved = true;
      }
    }
    for (const item of this.#inFlight) item.missed?.push(event);
    return moved;
  }

  /** Whether any plugin that refused an unschedulable Pod listens to |event|. */
  #concerns(event: ClusterEvent): boolean {
    for (const plugin of this.#refusals.keys()) if (listens(plugin, event)) return true;
    return false;
  }

  /** Pods whose back-off has ended become active. */
  flushBackoff(): void {
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let item = heap.peek(); item && !this.#backingOff(item); item = heap.peek()) {
        heap.pop();
        this.#activeOrGated(item, 'BackoffComplete', !this.#options.popFromBackoff);
      }
    }
  }

  /** Pods that have waited too long are tried although nothing has happened. */
  flushUnschedulable(): void {
    const now = this.#now();
    for (const item of [...this.#unschedulable]) {
      if (now - item.since <= MAX_UNSCHEDULABLE_US) continue;
      this.#requeue(item, 'UnschedulableTimeout');
    }
  }

  noFit(item: QueuedPod): void {
    this.#note('Unable to schedule pod; no fit; waiting', item);
  }

  #worthwhile(item: QueuedPod, event: Change): boolean {
    if (event === 'ForceActivate' || item.refusedBy.length === 0) return true;
    return item.refusedBy.some((plugin) => listens(plugin, event) && hint(plugin, event, item.pod));
  }

  #requeue(item: QueuedPod, event: ClusterEvent['type'] | QueueReason): QueueName {
    return this.#backingOff(item) ? this.#toBackoff(item, event) : this.#toActive(item, event);
  }

  #toActive(item: QueuedPod, event: ClusterEvent['type'] | QueueReason): QueueName {
    const passed = this.#backoff.has(item) || this.#errorBackoff.has(item);
    return this.#activeOrGated(item, event, !(passed && this.#options.popFromBackoff));
  }

  #activeOrGated(
    item: QueuedPod,
    event: ClusterEvent['type'] | QueueReason,
    askGates: boolean,
  ): QueueName {
    if (askGates && this.#isGated(item)) {
      const what = 'Pod moved to an internal scheduling queue, because the pod is gated';
      if (!this.#unschedulable.has(item)) this.#note(what, item, event, 'Unschedulable');
      this.#toUnschedulable(item);
      return 'Unschedulable';
    }
    this.#leave(item);
    this.#active.push(item);
    this.#note('Pod moved to an internal scheduling queue', item, event, 'Active');
    if (event === 'UnschedulablePodAdd' || event === 'UnschedulablePodUpdate') {
      if (nominatedNode(item.pod) !== '') this.nominator.set(item.pod, nominatedNode(item.pod));
    }
    return 'Active';
  }

  #toBackoff(item: QueuedPod, event: ClusterEvent['type'] | QueueReason): QueueName {
    const what = 'Pod moved to an internal scheduling queue';
    // Pods leave the back-off without being asked again, if they can be popped from there.
    if (this.#options.popFromBackoff && this.#isGated(item)) {
      if (!this.#unschedulable.has(item)) this.#note(what, item, event, 'Unschedulable');
      this.#toUnschedulable(item);
      return 'Unschedulable';
    }
    this.#leave(item);
    (item.refusedBy.length === 0 ? this.#errorBackoff : this.#backoff).push(item);
    this.#note(what, item, event, 'Backoff');
    return 'Backoff';
  }

  #isGated(item: QueuedPod): boolean {
    const gate = this.#options.gate(item.pod);
    item.gate = gate;
    if (gate === null) return false;
    if (!item.refusedBy.includes(gate)) {
      const wasThere = this.#unschedulable.has(item);
      if (wasThere) this.#leaveUnschedulable(item);
      item.refusedBy = [...item.refusedBy, gate];
      if (wasThere) this.#toUnschedulable(item);
    }
    return true;
  }

  #toUnschedulable(item: QueuedPod): void {
    if (this.#unschedulable.has(item)) return;
    this.#unschedulable.add(item);
    for (const p of item.refusedBy) this.#refusals.set(p, (this.#refusals.get(p) ?? 0) + 1);
  }

  #leaveUnschedulable(item: QueuedPod): void {
    if (!this.#unschedulable.delete(item)) return;
    for (const p of item.refusedBy) {
      const left = (this.#refusals.get(p) ?? 0) - 1;
      if (left > 0) this.#refusals.set(p, left);
      else this.#refusals.delete(p);
    }
  }

  #backingOff(item: QueuedPod): boolean {
    return this.#backoffEnd(item) >= this.#window(this.#now());
  }

  /** When its back-off ends; before all times when it has none. */
  #backoffEnd(item: QueuedPod): number {
    const count = item.errors > 0 ? item.errors : item.refusals;
    const { maxBackoffUs } = this.#options;
    if (count === 0 || maxBackoffUs === 0) return Number.NEGATIVE_INFINITY;
    return this.#window(item.since + this.backoffOf(count));
  }

  /** 1 s, 2 s, 4 s, 8 s, then 10 s. */
  backoffOf(count: number): number {
    const { initialBackoffUs, maxBackoffUs } = this.#options;
    return Math.min(initialBackoffUs * 2 ** Math.min(count - 1, 40), maxBackoffUs);
  }

  /** The beginning of the window in which |at| lies. */
  #window(at: number): number {
    if (!this.#options.popFromBackoff) return at;
    const wall = at + this.#options.epochUs;
    return at - (((wall % WINDOW_US) + WINDOW_US) % WINDOW_US);
  }

  #note(
    what: QueueNote,
    item: QueuedPod,
    event?: ClusterEvent['type'] | QueueReason,
    queue?: QueueName,
  ): void {
    const at = this.#now();
    this.log.add(
      event === undefined || queue === undefined
        ? { at, what, pod: item.key }
        : { at, what, pod: item.key, event, queue },
    );
  }
}

function note(item: QueuedPod, cause: number): void {
  if (cause !== 0 && item.causes.length < MAX_CAUSES) item.causes.push(cause);
}

function listens(plugin: Plugin, event: ClusterEvent): boolean {
  const { events } = plugin;
  if (!events || events.includes(event.type)) return true;
  return hearsOfTaints(plugin, event);
}

/**
 * Who waits for new nodes hears of changed taints too, and takes any for good news: a new node is
 * tainted until it is ready (upstream buildQueueingHintMap).
 */
function hearsOfTaints(plugin: Plugin, event: ClusterEvent): boolean {
  return event.type === 'NodeUpdateNodeTaint' && (plugin.events?.includes('NodeAdd') ?? false);
}

function hint(plugin: Plugin, event: ClusterEvent, pod: Pod): boolean {
  if (!(plugin.events?.includes(event.type) ?? true)) return hearsOfTaints(plugin, event);
  return plugin.helps?.(event, pod) ?? true;
}
