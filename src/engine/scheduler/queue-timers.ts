/**
 * Looks through the scheduling queue in turns: back-offs that have ended, Pods that have waited so long
 * that they are tried anyway. Nothing runs while nobody waits.
 *
 * Models: pkg/scheduler/backend/queue scheduling_queue.go Run, backoff_queue.go
 *         waitUntilAlignedWithOrderingWindow (v1.36)
 */
import type { Scope } from '../../kernel/event-queue.ts';
import { type Kernel, MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import { type SchedulingQueue, WINDOW_US } from './queue.ts';

const FLUSH_UNSCHEDULABLE_US = 30 * MICROS_PER_SECOND;

export interface TimerParts {
  readonly kernel: Kernel;
  readonly scope: Scope;
  readonly queue: SchedulingQueue;
  readonly startedAt: number;
  readonly popFromBackoff: boolean;
  hasNodes(): boolean;
  pump(): void;
}

export class QueueTimers {
  readonly #parts: TimerParts;
  readonly #flushing = { backoff: false, unschedulable: false };

  constructor(parts: TimerParts) {
    this.#parts = parts;
  }

  /** While Pods wait for their back-off or are unschedulable, the queue is looked through in turns. */
  arm(): void {
    if (this.#parts.queue.backoffLength > 0 && !this.#flushing.backoff) {
      this.#flushing.backoff = true;
      // Without nodes every Pod is tried again and again: that does not keep the cluster busy.
      const periodic = this.#parts.hasNodes() === false;
      this.#every(this.#nextWindow(), periodic, () => {
        this.#flushing.backoff = false;
        this.#parts.queue.flushBackoff();
      });
    }
    if (this.#parts.queue.unschedulableLength > 0 && !this.#flushing.unschedulable) {
      this.#flushing.unschedulable = true;
      const since = (this.#parts.kernel.now - this.#parts.startedAt) % FLUSH_UNSCHEDULABLE_US;
      this.#every(FLUSH_UNSCHEDULABLE_US - since, true, () => {
        this.#flushing.unschedulable = false;
        this.#parts.queue.flushUnschedulable();
      });
    }
  }

  /** Until the next look at the back-offs: at whole seconds, or whole seconds after the start. */
  #nextWindow(): number {
    const { popFromBackoff } = this.#parts;
    const { now } = this.#parts.kernel;
    const at = popFromBackoff
      ? now + this.#parts.kernel.epochMs * 1_000
      : now - this.#parts.startedAt;
    return WINDOW_US - (((at % WINDOW_US) + WINDOW_US) % WINDOW_US);
  }

  #every(us: number, periodic: boolean, flush: () => void): void {
    const run = (): void => {
      flush();
      this.#parts.pump();
      this.arm();
    };
    this.#parts.kernel.after(us, run, { periodic, cause: 0, scope: this.#parts.scope });
  }
}
