/**
 * PLEG, the pod lifecycle event generator: how the kubelet learns what containers do. It looks at the
 * runtime once a second, and at one Pod at once when its own sync has just changed it.
 *
 * Models:     pkg/kubelet/pleg/generic.go with PLEGOnDemandRelist, pkg/kubelet/container/cache.go
 * Simplified: the look of a second in which nothing has changed is left out, as it would see nothing;
 *             the moments at which it would have happened are kept.
 */
import type { Timer } from '../../../kernel/event-queue.ts';
import type { Latency } from '../../../kernel/rng.ts';
import type { ContainerInfo, PodRuntimeStatus } from '../runtime/runtime-types.ts';
import type { KubeletContext } from './context.ts';
import type { ContainerRecord, PodRecord } from './pod-record.ts';

/** pkg/kubelet/kubelet.go genericPlegRelistPeriod. */
const RELIST_PERIOD_US = 1_000_000;
/** From the end of a sync to the event of its on-demand relist (goldens: Started to Running 7 ms). */
const ON_DEMAND: Latency = { p10: 1_000, p50: 2_200, p90: 8_000 };

/**
 * Each change is an event of its own. The worker may have taken the first of them when the second
 * comes, which then asks for one more sync: as often as in the goldens, where a crash was followed by
 * such a sync in 6 of 20.
 */
const TAKEN_PERCENT = 35;
const NEXT_EVENT_US = 200;

export interface PlegHandler {
  onExited(p: PodRecord, c: ContainerRecord, info: ContainerInfo): void;
  /** The Pod changed in a way that asks for a sync. */
  onPodChanged(p: PodRecord): void;
}

export class Pleg {
  #context: KubeletContext;
  #handler: PlegHandler;
  /** Offset of this node's looks within the second. */
  #phase: number;
  #changed = new Set<PodRecord>();
  #timer: Timer | null = null;

  constructor(context: KubeletContext, handler: PlegHandler) {
    this.#context = context;
    this.#handler = handler;
    this.#phase = context.kernel.now + context.rng.int(RELIST_PERIOD_US);
  }

  /** The last look at or before |at|. */
  lastRelist(at: number): number {
    return Math.floor((at - this.#phase) / RELIST_PERIOD_US) * RELIST_PERIOD_US + this.#phase;
  }

  nextRelist(after: number): number {
    return this.lastRelist(after) + RELIST_PERIOD_US;
  }

  /** Called by the runtime's change notice. */
  noteChange(p: PodRecord): void {
    p.changed = true;
    p.changeCause = this.#context.kernel.cause;
    if (!p.working) this.scheduleRelist(p);
  }

  scheduleRelist(p: PodRecord): void {
    if (!p.changed) return;
    this.#changed.add(p);
    if (this.#timer) return;
    const { kernel, scope } = this.#context;
    const at = this.nextRelist(kernel.now);
    this.#timer = kernel.at(at, () => this.#relist(), { periodic: false, scope, cause: 0 });
  }

  /**
   * GetNewerThan: how long it takes until the Pod has been looked at after |since|; 0 = it has been.
   * Whoever waits observes the Pod afterwards.
   */
  newerIn(p: PodRecord, since: number): number {
    const { kernel } = this.#context;
    if (p.observedAt > since) return 0;
    const last = this.lastRelist(kernel.now);
    if (last <= since) {
      const next = this.nextRelist(kernel.now);
      return (p.relistDue > since ? Math.min(p.relistDue, next) : next) - kernel.now;
    }
    if (p.changed) this.observe(p);
    p.observedAt = last;
    return 0;
  }

  /** RequestRelist: looks at one Pod in a moment. */
  requestRelist(p: PodRecord): void {
    const { kernel, rng, scope } = this.#context;
    p.relistDue = kernel.now + rng.latency(ON_DEMAND);
    kernel.at(p.relistDue, () => this.#look(p), { scope });
  }

  /** Takes the runtime's present state; true when a container or the sandbox has changed. */
  observe(p: PodRecord): boolean {
    const before = p.observed;
    const now = this.#context.runtime.status(p.identity.uid);
    p.observedAt = this.#context.kernel.now;
    p.changed = false;
    this.#changed.delete(p);
    if (now === before) return false;
    p.observed = now;
    for (const c of p.containers) {
      const info = now.containers.get(c.name);
      if (info?.state === 'exited' && before.containers.get(c.name) !== info) {
        this.#handler.onExited(p, c, info);
      }
    }
    return true;
  }

  #relist(): void {
    this.#timer = null;
    for (const p of [...this.#changed]) {
      // A Pod whose worker is busy is looked at when it is done.
      if (p.working) this.#changed.delete(p);
      else this.#look(p);
    }
  }

  #look(p: PodRecord): void {
    const { kernel, rng, scope } = this.#context;
    const { changeCause: cause, observed: before } = p;
    if (!this.observe(p)) return;
    kernel.with(cause, false, scope, () => this.#handler.onPodChanged(p));
    if (eventsBetween(before, p.observed) < 2 || rng.int(100) >= TAKEN_PERCENT) return;
    kernel.after(NEXT_EVENT_US, () => this.#handler.onPodChanged(p), { scope, cause });
  }
}

/** computeEvents: containers and sandboxes that run now or have ended; what is gone wakes nobody. */
function eventsBetween(before: PodRuntimeStatus, now: PodRuntimeStatus): number {
  let count = 0;
  const { sandbox } = now;
  if (sandbox && (sandbox.id !== before.sandbox?.id || sandbox.ready !== before.sandbox.ready)) {
    count++;
  }
  for (const [name, { id, state }] of now.containers) {
    const old = before.containers.get(name);
    if (state !== 'created' && (old?.id !== id || old.state !== state)) count++;
  }
  return count;
}
