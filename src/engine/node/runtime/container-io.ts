/**
 * Input and output of a container's first process: what it writes goes to the log and to whoever is
 * attached, what they send goes to its standard input or its terminal.
 *
 * Models:     containerd internal/cri/io container_io.go (2.x)
 * Simplified: a client that reads slowly holds up the writer without holding up the log's other readers
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Waitable } from '../../../kernel/process.ts';
import type { ContainerLog } from './logs.ts';
import { AttachedInput, BrokenPipe } from './open-file.ts';
import type { OutputSinks } from './process-runner.ts';
import { Terminal } from './terminal.ts';

/** Somebody who is attached. */
export interface AttachedOutput extends OutputSinks {
  /** The container has ended. */
  end(): void;
}

export interface IoConfig {
  readonly stdin?: boolean | undefined;
  /** Standard input ends with the first client that was attached to it. */
  readonly stdinOnce?: boolean | undefined;
  readonly tty?: boolean | undefined;
}

export class ContainerIo implements OutputSinks {
  /** Undefined where nothing can be sent, or where a terminal takes it. */
  readonly stdin: AttachedInput | undefined;
  readonly terminal: Terminal | undefined;
  readonly #kernel: Kernel;
  readonly #log: ContainerLog;
  #attached: Set<AttachedOutput> | null = null;

  constructor(kernel: Kernel, log: ContainerLog, config: IoConfig) {
    this.#kernel = kernel;
    this.#log = log;
    this.terminal = config.tty === true ? new Terminal(this) : undefined;
    this.stdin = config.stdin === true && !this.terminal ? new AttachedInput() : undefined;
  }

  stdout(text: string): void {
    this.#write('stdout', text);
  }

  stderr(text: string): void {
    this.#write('stderr', text);
  }

  get full(): Waitable | null {
    if (this.#attached === null) return null;
    for (const { full } of this.#attached) if (full) return full;
    return null;
  }

  /** Hands on what comes from now on; the answer ends it. */
  attach(output: AttachedOutput): () => void {
    (this.#attached ??= new Set()).add(output);
    return () => {
      this.#attached?.delete(output);
      if (this.#attached?.size === 0) this.#attached = null;
    };
  }

  /** The container has ended. */
  close(): void {
    const attached = this.#attached;
    this.#attached = null;
    for (const output of attached ?? []) output.end();
  }

  #write(stream: 'stdout' | 'stderr', text: string): void {
    this.#log.write(this.#kernel.now, stream, text);
    if (this.#attached === null) return;
    for (const output of this.#attached) {
      try {
        output[stream](text);
      } catch (error) {
        // A client that has gone is nothing to the container.
        if (!(error instanceof BrokenPipe)) throw error;
      }
    }
  }
}
