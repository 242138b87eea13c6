/**
 * Downloads over the one line of a node: those that run at the same time share it evenly, and none is
 * faster than what its registry sends.
 */
import type { Scope, Timer } from '../../../kernel/event-queue.ts';
import { type Kernel, MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';

interface Transfer {
  readonly bytes: number;
  readonly limit: number;
  readonly done: Future<void>;
  /** Whoever asked; a download ends with it. */
  readonly scope: Scope | null;
  left: number;
  since: number;
  /** Bytes a second at present; 0 until its part of the line is known. */
  rate: number;
  timer: Timer | null;
}

export class Transfers {
  readonly #kernel: Kernel;
  readonly #bytesPerSecond: number;
  readonly #running = new Set<Transfer>();

  constructor(kernel: Kernel, bytesPerSecond: number) {
    this.#kernel = kernel;
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Fetches |bytes| at |limit| bytes a second at most; |begun| is given what tells the percent. */
  *run(bytes: number, limit: number, begun: (percent: () => number) => void): Proc {
    const { now } = this.#kernel;
    const done = new Future<void>();
    const transfer: Transfer = {
      bytes,
      limit,
      done,
      scope: this.#kernel.scope,
      left: bytes,
      since: now,
      rate: 0,
      timer: null,
    };
    this.#running.add(transfer);
    begun(() => percentOf(transfer, this.#kernel.now));
    this.#share();
    try {
      yield* wait(done);
    } finally {
      if (transfer.timer) this.#kernel.cancel(transfer.timer);
      this.#running.delete(transfer);
      this.#share();
    }
  }

  /** Divides the line anew among those that use it. */
  #share(): void {
    const { now } = this.#kernel;
    for (const transfer of this.#running) {
      if (transfer.scope?.alive === false) this.#running.delete(transfer);
    }
    const part = Math.max(1, Math.floor(this.#bytesPerSecond / Math.max(1, this.#running.size)));
    for (const transfer of this.#running) {
      const rate = Math.max(1, Math.min(transfer.limit, part));
      if (rate === transfer.rate) continue;
      transfer.left = missing(transfer, now);
      transfer.since = now;
      transfer.rate = rate;
      if (transfer.timer) this.#kernel.cancel(transfer.timer);
      const us = Math.ceil((transfer.left * MICROS_PER_SECOND) / rate);
      const { done, scope } = transfer;
      transfer.timer = this.#kernel.after(us, () => done.resolve(), { scope });
    }
  }
}

function missing({ left, rate, since }: Transfer, now: number): number {
  return Math.max(0, left - Math.floor(((now - since) * rate) / MICROS_PER_SECOND));
}

function percentOf(transfer: Transfer, now: number): number {
  const { bytes } = transfer;
  return bytes <= 0 ? 100 : Math.floor(((bytes - missing(transfer, now)) * 100) / bytes);
}
