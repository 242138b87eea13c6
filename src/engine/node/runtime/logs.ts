/**
 * The log of one container: the lines of its present file, with the virtual time of each.
 *
 * Models:     containerd internal/cri/io logger.go (what it writes); kubelet pkg/kubelet/logs
 *             container_log_manager.go (v1.36: containerLogMaxSize, containerLogMonitorInterval)
 * Simplified: files that were rotated away are gone at once, as nothing of the cluster reads them
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';

export interface LogLine {
  /** Microseconds of virtual time. */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the newline. */
  readonly text: string;
  /** No newline came after it: the next line goes on, or the process ended here. */
  readonly partial?: true;
}

export interface LogFollower {
  /** There is more to read. */
  more(): void;
  /** Nothing will come any more. */
  end(): void;
}

/** containerLogMaxSize: 10Mi. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;
/** containerLogMonitorInterval: 10s. */
const MONITOR_INTERVAL_US = 10 * MICROS_PER_SECOND;
/** containerd splits longer lines (max_container_log_line_size, 16 KiB). */
const MAX_LINE_LENGTH = 16_384;
/** Time, stream and tag in front of each line of the file, and the newline. */
const LINE_OVERHEAD_BYTES = 42;

export class ContainerLog {
  #lines: LogLine[] = [];
  /** Lines of files before the present one. */
  #first = 0;
  /** The file before, while somebody may still be reading it. */
  #before: readonly LogLine[] = [];
  #bytes = 0;
  /** When the file has become larger than it may be. */
  #fullAt = Number.POSITIVE_INFINITY;
  /** Lines of standard output of one moment: what comes on standard error then is read first. */
  readonly #fresh: LogLine[] = [];
  #open: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  #followers: Set<LogFollower> | null = null;

  /** Lines of the present file, oldest first. */
  get lines(): readonly LogLine[] {
    this.#settle();
    return this.#lines;
  }

  /** How many lines there have been: where somebody goes on reading who has read all. */
  get end(): number {
    return this.#first + this.lines.length;
  }

  /** Lines from |position| on, as far as they are there. */
  from(position: number): readonly LogLine[] {
    if (position >= this.#first) return this.lines.slice(position - this.#first);
    const old = this.#before.slice(Math.max(0, this.#before.length - (this.#first - position)));
    return [...old, ...this.lines];
  }

  write(at: number, stream: 'stdout' | 'stderr', text: string): void {
    if (at >= this.#fullAt) this.#rotate();
    let rest = this.#open[stream] + text;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      this.#add({ at, stream, text: end > MAX_LINE_LENGTH ? this.#cut(at, stream, line) : line });
      rest = rest.slice(end + 1);
    }
    this.#open[stream] = rest.length > MAX_LINE_LENGTH ? this.#cut(at, stream, rest) : rest;
  }

  /** Writes the beginning of a line that is too long in parts; the answer is what remains. */
  #cut(at: number, stream: 'stdout' | 'stderr', line: string): string {
    let rest = line;
    while (rest.length > MAX_LINE_LENGTH) {
      this.#add({ at, stream, text: rest.slice(0, MAX_LINE_LENGTH), partial: true });
      rest = rest.slice(MAX_LINE_LENGTH);
    }
    return rest;
  }

  /** The process has ended: what it wrote last is a line even without its newline. */
  close(at: number): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      const text = this.#open[stream];
      this.#open[stream] = '';
      if (text !== '') this.#add({ at, stream, text, partial: true });
    }
    const followers = this.#followers;
    this.#followers = null;
    for (const follower of followers ?? []) follower.end();
  }

  /** Tells |follower| of what comes from now on; the answer ends it. */
  follow(follower: LogFollower): () => void {
    (this.#followers ??= new Set()).add(follower);
    return () => {
      this.#followers?.delete(follower);
      if (this.#followers?.size === 0) this.#followers = null;
    };
  }

  /**
   * containerd reads both streams by themselves. What waits in both is read from standard error
   * first: of the readers that wake together the last one runs first.
   */
  #add(line: LogLine): void {
    if (this.#fresh.length > 0 && this.#fresh[0]?.at !== line.at) this.#settle();
    if (line.stream === 'stdout') this.#fresh.push(line);
    else this.#lines.push(line);
    this.#bytes += line.text.length + LINE_OVERHEAD_BYTES;
    if (this.#bytes > MAX_FILE_BYTES && this.#fullAt === Number.POSITIVE_INFINITY) {
      // The kubelet looks from time to time.
      this.#fullAt = (Math.floor(line.at / MONITOR_INTERVAL_US) + 1) * MONITOR_INTERVAL_US;
    }
    if (this.#followers) for (const follower of this.#followers) follower.more();
  }

  #settle(): void {
    if (this.#fresh.length === 0) return;
    for (const line of this.#fresh) this.#lines.push(line);
    this.#fresh.length = 0;
  }

  #rotate(): void {
    this.#settle();
    this.#first += this.#lines.length;
    this.#before = this.#followers ? this.#lines : [];
    this.#lines = [];
    this.#bytes = 0;
    this.#fullAt = Number.POSITIVE_INFINITY;
  }
}
