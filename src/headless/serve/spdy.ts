/**
 * The server's end of a SPDY/3.1 connection, as far as Kubernetes uses it: streams that the client
 * opens, each with headers, data in both directions and an end.
 *
 * Models:     the SPDY/3.1 draft (chromium.org/spdy); github.com/moby/spdystream 0.5: like that, no
 *             stream has a window of its own, the connection under it holds the sender up
 */
import zlib from 'node:zlib';
import { DICTIONARY, DICTIONARY_ADLER32 } from './spdy-dictionary.ts';

/** What carries the bytes: a socket, or the messages of a WebSocket. */
export interface Wire {
  write(bytes: Uint8Array, sent?: () => void): void;
  /** Ends after what was written. */
  end(): void;
  destroy(): void;
  pause(): void;
  resume(): void;
}

export interface SpdyHandler {
  /** A stream, which is to be accepted or refused. */
  opened(id: number, headers: Readonly<Record<string, string>>): void;
  data(id: number, bytes: Uint8Array): void;
  /** The client sends nothing more on it. */
  finished(id: number): void;
  /** It is no more. */
  reset(id: number): void;
}

const VERSION = 3;
const CONTROL = 0x80000000;
const TYPES = { synStream: 1, synReply: 2, reset: 3, ping: 6, goAway: 7 } as const;
const FIN = 1;
const HEADER_BYTES = 8;
/** The client sends 32 KiB at once; what is longer than this is no such client. */
const MAX_FRAME_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 64 * 1024;
/** Of 16 KiB each. */
const MAX_PIECES = 4;
const MAX_HEADERS = 100;
const PROTOCOL_ERROR = 1;
const CANCEL = 5;

interface Frame {
  readonly first: number;
  readonly flags: number;
  readonly body: Buffer;
}

export class SpdyConnection {
  readonly #wire: Wire;
  readonly #handler: SpdyHandler;
  readonly #inflate = zlib.createInflate({
    dictionary: DICTIONARY,
    flush: zlib.constants.Z_SYNC_FLUSH,
  });
  #inflated: Buffer[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #frames: Frame[] = [];
  /** Headers are being read: what comes after them waits. */
  #isReading = false;
  #isFirstReply = true;
  #lastStream = 0;
  #isOver = false;

  constructor(wire: Wire, handler: SpdyHandler) {
    this.#wire = wire;
    this.#handler = handler;
    this.#inflate.on('data', (chunk: Buffer) => {
      this.#inflated.push(chunk);
      if (this.#inflated.length > MAX_PIECES) this.#fail();
    });
    this.#inflate.on('error', () => this.#fail());
  }

  receive(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= HEADER_BYTES) {
      const word = this.#rest.readUInt32BE(4);
      const length = word & 0xffffff;
      if (length > MAX_FRAME_BYTES) return this.#fail();
      if (this.#rest.length < HEADER_BYTES + length) break;
      const body = this.#rest.subarray(HEADER_BYTES, HEADER_BYTES + length);
      this.#frames.push({ first: this.#rest.readUInt32BE(0), flags: word >>> 24, body });
      this.#rest = this.#rest.subarray(HEADER_BYTES + length);
    }
    this.#work();
  }

  accept(id: number): void {
    const none = Buffer.alloc(4);
    const body = Buffer.concat([number(id), this.#packed(none)]);
    this.#control(TYPES.synReply, body);
  }

  send(id: number, bytes: Uint8Array, sent?: () => void): void {
    this.#data(id, 0, bytes, sent);
  }

  /** Nothing more comes on this stream. */
  finish(id: number): void {
    this.#data(id, FIN, new Uint8Array(0));
  }

  refuse(id: number): void {
    this.#reset(id, PROTOCOL_ERROR);
  }

  cancel(id: number): void {
    this.#reset(id, CANCEL);
  }

  /** No more streams; what has been written still goes out. */
  goAway(): void {
    this.#control(TYPES.goAway, Buffer.concat([number(this.#lastStream), number(0)]));
  }

  close(): void {
    this.#isOver = true;
    this.#frames = [];
    this.#inflate.close();
  }

  #fail(): void {
    if (this.#isOver) return;
    this.close();
    this.#wire.destroy();
  }

  #work(): void {
    while (!this.#isReading && !this.#isOver) {
      const frame = this.#frames.shift();
      if (!frame) return;
      this.#handle(frame);
    }
  }

  #handle({ first, flags, body }: Frame): void {
    if (first < CONTROL) {
      if (body.length > 0) this.#handler.data(first, body);
      if ((flags & FIN) !== 0) this.#handler.finished(first);
      return;
    }
    if (((first >>> 16) & 0x7fff) !== VERSION) return this.#fail();
    switch (first & 0xffff) {
      case TYPES.synStream:
        return this.#synStream(flags, body);
      case TYPES.reset:
        if (body.length >= 8) this.#handler.reset(id31(body));
        return;
      case TYPES.ping:
        // Its own are odd; it gets them back.
        if (body.length === 4 && body.readUInt32BE(0) % 2 === 1) this.#control(TYPES.ping, body);
        return;
      default:
        // Settings and windows change nothing here, and what goes away closes the connection.
        return;
    }
  }

  #synStream(flags: number, body: Buffer): void {
    if (body.length < 10) return this.#fail();
    const id = id31(body);
    if (id % 2 === 0 || id <= this.#lastStream) return this.#reset(id, PROTOCOL_ERROR);
    this.#lastStream = id;
    this.#isReading = true;
    // Pieces may come a moment after the whole has been taken in.
    this.#inflate.write(body.subarray(10), () => setImmediate(() => this.#opened(id, flags)));
  }

  #opened(id: number, flags: number): void {
    if (this.#isOver) return;
    this.#isReading = false;
    const headers = headersOf(Buffer.concat(this.#inflated));
    this.#inflated = [];
    if (!headers) return this.#fail();
    this.#handler.opened(id, headers);
    if ((flags & FIN) !== 0) this.#handler.finished(id);
    this.#work();
  }

  #reset(id: number, status: number): void {
    this.#control(TYPES.reset, Buffer.concat([number(id), number(status)]));
  }

  #control(type: number, body: Uint8Array): void {
    const head = Buffer.alloc(HEADER_BYTES);
    head.writeUInt32BE((CONTROL | (VERSION << 16) | type) >>> 0, 0);
    head.writeUInt32BE(body.length, 4);
    this.#wire.write(Buffer.concat([head, body]));
  }

  #data(id: number, flags: number, bytes: Uint8Array, sent?: () => void): void {
    const head = Buffer.alloc(HEADER_BYTES);
    head.writeUInt32BE(id, 0);
    head.writeUInt32BE(((flags << 24) | bytes.length) >>> 0, 4);
    this.#wire.write(Buffer.concat([head, bytes]), sent);
  }

  /**
   * As zlib writes what it does not compress (RFC 1950, RFC 1951 3.2.4): one stream for all. An empty
   * block at the end, as a flush leaves it, lets the reader hand out what came before.
   */
  #packed(bytes: Uint8Array): Buffer {
    const start = this.#isFirstReply ? [ZLIB_START] : [];
    this.#isFirstReply = false;
    const block = Buffer.alloc(5);
    block.writeUInt16LE(bytes.length, 1);
    block.writeUInt16LE(0xffff ^ bytes.length, 3);
    return Buffer.concat([...start, block, bytes, FLUSH]);
  }
}

/** Deflate with a window of 32 KiB and a dictionary; both bytes are a multiple of 31 (RFC 1950). */
const ZLIB_START = Buffer.concat([Buffer.of(0x78, 0x20), DICTIONARY_ADLER32]);

/** A block of nothing. */
const FLUSH = Buffer.of(0, 0, 0, 0xff, 0xff);

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function id31(body: Buffer): number {
  return body.readUInt32BE(0) & 0x7fffffff;
}

/** Names are lower-case; of several values the first counts. null = damaged. */
function headersOf(block: Buffer): Record<string, string> | null {
  if (block.length < 4 || block.length > MAX_HEADER_BYTES) return null;
  const count = block.readUInt32BE(0);
  if (count > MAX_HEADERS) return null;
  let at = 4;
  const text = (): string | null => {
    if (at + 4 > block.length) return null;
    const length = block.readUInt32BE(at);
    const end = at + 4 + length;
    if (end > block.length) return null;
    const value = block.toString('utf8', at + 4, end);
    at = end;
    return value;
  };
  const headers = Object.create(null) as Record<string, string>;
  for (let i = 0; i < count; i++) {
    const name = text();
    const value = text();
    if (name === null || value === null) return null;
    headers[name.toLowerCase()] ??= value.split('\0')[0] as string;
  }
  return headers;
}
