/**
 * The log of one container: its last lines, with the virtual time at which each was written.
 *
 * Models: the files that containerd writes and the kubelet rotates (containerLogMaxSize).
 * Simplified: bounded by lines instead of bytes.
 */

export interface LogLine {
  /** Microseconds of virtual time. */
  readonly at: number;
  readonly stream: 'stdout' | 'stderr';
  /** Without the newline. */
  readonly text: string;
  /** No newline came after it: the next line goes on, or the process ended here. */
  readonly partial?: true;
}

interface Follower {
  readonly line: (line: LogLine) => void;
  readonly end: (() => void) | undefined;
}

/** Lines kept for each container; older ones are rotated away. */
const MAX_LINES = 2_000;
/** containerd splits longer lines (max_container_log_line_size, 16 KiB). */
const MAX_LINE_LENGTH = 16_384;

export class ContainerLog {
  #lines: LogLine[] = [];
  #open: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  #followers: Set<Follower> | null = null;

  /** Lines so far, oldest first; the last may still grow. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  write(at: number, stream: 'stdout' | 'stderr', text: string): void {
    let rest = this.#open[stream] + text;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      this.#add({ at, stream, text: rest.slice(0, end) });
      rest = rest.slice(end + 1);
    }
    while (rest.length > MAX_LINE_LENGTH) {
      this.#add({ at, stream, text: rest.slice(0, MAX_LINE_LENGTH), partial: true });
      rest = rest.slice(MAX_LINE_LENGTH);
    }
    this.#open[stream] = rest;
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
    for (const follower of followers ?? []) follower.end?.();
  }

  /** Calls |line| for each further line, and |end| after the last; the answer ends it. */
  follow(line: (line: LogLine) => void, end?: () => void): () => void {
    const follower: Follower = { line, end };
    this.#followers ??= new Set();
    this.#followers.add(follower);
    return () => void this.#followers?.delete(follower);
  }

  #add(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES + (MAX_LINES >> 2))
      this.#lines = this.#lines.slice(-MAX_LINES);
    if (this.#followers) for (const follower of this.#followers) follower.line(line);
  }
}
