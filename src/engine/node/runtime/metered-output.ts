/**
 * Standard output and error of a container's processes. What reads them, the shim's log writer or a
 * stream to a client, takes a burst at once and then so much a second: a program that writes without
 * end waits for it, as it does for a full pipe.
 *
 * Models: the FIFOs between a process and containerd-shim, and the writer of the CRI log.
 */
import type { Timer } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Waitable, Waiter } from '../../../kernel/process.ts';
import type { OpenFile } from './open-file.ts';
import type { OutputSinks } from './process-runner.ts';

/** Cost of a line beside its characters: every line of a log is stamped and written by itself. */
const LINE_COST = 1_000;
/** What is taken at once: 20,000 short lines, or 20 MB. */
const BURST = 20_000_000;
/** And then in each microsecond: 5,000 short lines or 5 MB a second. */
const RATE_PER_US = 5;

export class MeteredOutput implements OutputSinks {
  readonly #kernel: Kernel;
  readonly #output: OutputSinks;
  /** What was written is taken by then. */
  #takenAt = Number.NEGATIVE_INFINITY;

  constructor(kernel: Kernel, output: OutputSinks) {
    this.#kernel = kernel;
    this.#output = output;
  }

  stdout(text: string): void {
    this.#count(text);
    this.#output.stdout(text);
  }

  stderr(text: string): void {
    this.#count(text);
    this.#output.stderr(text);
  }

  get full(): Waitable | null {
    const waitUs = this.#takenAt - BURST / RATE_PER_US - this.#kernel.now;
    return waitUs > 0 ? new Room(waitUs) : (this.#output.full ?? null);
  }

  #count(text: string): void {
    const { now } = this.#kernel;
    if (this.#takenAt < now) this.#takenAt = now;
    this.#takenAt += (text.length + LINE_COST * linesIn(text)) / RATE_PER_US;
  }
}

/** Standard output or error of a process whose text goes to |sinks|. */
export class OutputFile implements OpenFile {
  readonly #sinks: OutputSinks;
  readonly #stream: 'stdout' | 'stderr';

  constructor(sinks: OutputSinks, stream: 'stdout' | 'stderr') {
    this.#sinks = sinks;
    this.#stream = stream;
  }

  get input(): undefined {
    return undefined;
  }

  get full(): Waitable | null {
    return this.#sinks.full ?? null;
  }

  write(text: string): null {
    if (text !== '') this.#sinks[this.#stream](text);
    return null;
  }
  retain(): void {}
  release(): void {}
}

function linesIn(text: string): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Waits until there is room again. */
class Room implements Waitable {
  readonly #us: number;
  #timer: Timer | null = null;

  constructor(us: number) {
    this.#us = Math.ceil(us);
  }

  subscribe(waiter: Waiter): void {
    this.#timer = waiter.kernel.after(this.#us, () => waiter.wake(undefined));
  }

  unsubscribe(waiter: Waiter): void {
    if (this.#timer) waiter.kernel.cancel(this.#timer);
  }
}
