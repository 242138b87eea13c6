/**
 * An answer that keeps coming: watches, followed logs. The reader takes what is there when it can;
 * the writer gives up on a reader who is too slow, as the real server does.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/watch.go; the bound is that of a cache watcher's
 *         channel (pkg/storage/cacher cache_watcher.go)
 */
import type { NodeSession } from '../../../api/meta/node-dial.ts';
import type { ApiResponse } from '../../../port/protocol.ts';

export interface ApiStream {
  /** What has come since the last call; null when there is nothing yet. */
  read(): Uint8Array | null;
  /** Nothing more will come; what `read` still has may be taken. */
  readonly ended: boolean;
  /** Called whenever there is something to read, or the end. One reader. */
  onReadable: (() => void) | null;
  /** The reader goes away. */
  close(): void;
}

/** A response whose body is empty and is followed by a stream. */
export interface StreamedResponse extends ApiResponse {
  readonly stream: ApiStream;
}

export function isStreamed(response: ApiResponse): response is StreamedResponse {
  return 'stream' in response;
}

/** The client talks with a program from here on. */
export interface SessionResponse extends ApiResponse {
  readonly session: NodeSession;
}

export function isSession(response: ApiResponse): response is SessionResponse {
  return 'session' in response;
}

/** A reader that lets more than this wait is cut off. */
const MAX_WAITING_CHUNKS = 10_000;

export class ByteStream implements ApiStream {
  onReadable: (() => void) | null = null;
  #chunks: Uint8Array[] = [];
  #ended = false;
  #onClose: (() => void) | null;

  /** |onClose| is told once when reader or writer ends it. */
  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  get ended(): boolean {
    return this.#ended;
  }

  write(chunk: Uint8Array): void {
    if (this.#ended) return;
    this.#chunks.push(chunk);
    if (this.#chunks.length > MAX_WAITING_CHUNKS) this.end();
    else this.onReadable?.();
  }

  read(): Uint8Array | null {
    const chunks = this.#chunks;
    if (chunks.length === 0) return null;
    this.#chunks = [];
    if (chunks.length === 1) return chunks[0] as Uint8Array;
    const all = new Uint8Array(chunks.reduce((n, c) => n + c.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onClose?.();
    this.#onClose = null;
    this.onReadable?.();
  }

  close(): void {
    this.onReadable = null;
    this.#chunks = [];
    this.end();
  }
}
