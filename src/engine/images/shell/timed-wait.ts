/** Waiting no longer than until a moment: what `read -t` does with its input. */
import type { Timer } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc, Suspend, Waitable, Waiter } from '../../../kernel/process.ts';

export class Deadline {
  readonly #kernel: Kernel;
  readonly #timer: Timer;
  #passed = false;
  #waiting: (() => void) | null = null;

  constructor(kernel: Kernel, us: number) {
    this.#kernel = kernel;
    this.#timer = kernel.after(us, () => {
      this.#passed = true;
      this.#waiting?.();
    });
  }

  cancel(): void {
    this.#kernel.cancel(this.#timer);
  }

  /** Runs |body| as far as time lasts; 'late' when it was given up where it waited. */
  *race<T>(body: Proc<T>): Proc<T | 'late'> {
    let step: IteratorResult<Suspend, T> = body.next();
    while (!step.done) {
      if (this.#passed) {
        body.return(undefined as never);
        return 'late';
      }
      const value = yield new Either(this.#kernel, step.value, (wake) => {
        this.#waiting = wake;
      });
      this.#waiting = null;
      if (this.#passed && value === undefined) {
        body.return(undefined as never);
        return 'late';
      }
      step = body.next(value);
    }
    return step.value;
  }
}

/** Wakes with what is waited for, or with nothing when time is up. */
class Either implements Waitable {
  readonly #kernel: Kernel;
  readonly #what: Suspend;
  readonly #onTime: (wake: () => void) => void;
  #timer: Timer | null = null;
  #relay: Waiter | null = null;

  constructor(kernel: Kernel, what: Suspend, onTime: (wake: () => void) => void) {
    this.#kernel = kernel;
    this.#what = what;
    this.#onTime = onTime;
  }

  subscribe(waiter: Waiter): void {
    const end = (run: () => void): void => {
      this.unsubscribe();
      run();
    };
    this.#onTime(() => end(() => waiter.wake(undefined)));
    if (typeof this.#what === 'number') {
      this.#timer = this.#kernel.after(this.#what, () => end(() => waiter.wake(undefined)));
      return;
    }
    this.#relay = {
      kernel: this.#kernel,
      wake: (value) => end(() => waiter.wake(value)),
      wakeError: (error) => end(() => waiter.wakeError(error)),
    };
    this.#what.subscribe(this.#relay);
  }

  unsubscribe(): void {
    if (this.#timer) this.#kernel.cancel(this.#timer);
    this.#timer = null;
    if (this.#relay && typeof this.#what !== 'number') this.#what.unsubscribe(this.#relay);
    this.#relay = null;
  }
}
