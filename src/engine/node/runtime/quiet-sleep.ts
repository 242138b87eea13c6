/** Sleeping for long, which keeps nobody waiting for the cluster to settle. */
import type { Timer } from '../../../kernel/event-queue.ts';
import type { Waitable, Waiter } from '../../../kernel/process.ts';

/** A sleep that counts as periodic work. */
export class QuietSleep implements Waitable {
  readonly #us: number;
  #timer: Timer | null = null;

  constructor(us: number) {
    this.#us = us;
  }

  subscribe(waiter: Waiter): void {
    const { kernel } = waiter;
    this.#timer = kernel.after(this.#us, () => waiter.wake(undefined), { periodic: true });
  }

  unsubscribe(waiter: Waiter): void {
    if (this.#timer) waiter.kernel.cancel(this.#timer);
  }
}
