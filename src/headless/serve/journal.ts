/**
 * What `--data DIR` keeps: seed, configuration, every write and everything that is sent into Pods,
 * with their virtual times, each on disk before it is answered, and how far the clock has been shown. The engine is deterministic, so this is
 * the whole cluster: etcd, the nodes' runtimes and all.
 *
 *   DIR/log     a line of JSON for each record, the first is the header; a torn last line is dropped
 *   DIR/clock   eight bytes: virtual microseconds up to which something was shown to a client
 *   DIR/lock    the process that uses DIR
 *
 * Simplified: the log is never cut, a start replays all of it
 */
import fs from 'node:fs';
import path from 'node:path';
import type { StreamInput } from '../../api/meta/node-dial.ts';
import type { Authentication } from '../../engine/apiserver/rest/handle.ts';
import type { ApiRequest, RunConfig } from '../../port/protocol.ts';
import type { Journal, ServeCommand } from './engine.ts';

const FORMAT = 'kubeglass-data';
const VERSION = 1;
const CLOCK_BYTES = 8;

interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  readonly config: RunConfig;
}

/** |revision| is that of the store before it: a replay that differs is noticed. */
export type LogRecord = { readonly at: number; readonly revision: number } & (
  | { readonly request: SavedRequest }
  /** What the client of a connection into a Pod has sent. */
  | { readonly stream: number; readonly input: StreamInput }
  /** What was done to a machine, or a controller of the reader's own. */
  | { readonly command: ServeCommand }
  /** The machine was off: time passed and nothing happened. */
  | { readonly leapUs: number }
  /** Who may call, from here on. */
  | { readonly authentication: Authentication }
);

type SavedRequest = Omit<ApiRequest, 'body'> & { readonly body: string | null };

export interface Kept {
  readonly config: RunConfig;
  readonly records: readonly LogRecord[];
  /** Virtual microseconds that had been shown. */
  readonly clock: number;
}

export class DataJournal implements Journal {
  readonly #log: number;
  readonly #clock: number;
  readonly #fsync: boolean;
  readonly #revision: () => number;
  readonly #clockBytes = Buffer.alloc(CLOCK_BYTES);
  #lastClock = Number.NaN;
  #dirty = false;
  #syncing = false;
  #waiting: (() => void)[] = [];

  /** |revision| tells the store's, for each record. */
  constructor(dir: string, fsync: boolean, revision: () => number) {
    this.#log = fs.openSync(path.join(dir, 'log'), 'a', 0o600);
    const clock = path.join(dir, 'clock');
    this.#clock = fs.openSync(clock, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
    this.#fsync = fsync;
    this.#revision = revision;
  }

  request(at: number, request: ApiRequest): void {
    const body = request.body === null ? null : Buffer.from(request.body).toString('base64');
    this.write({ at, revision: this.#revision(), request: { ...request, body } });
  }

  input(at: number, stream: number, input: StreamInput): void {
    this.write({ at, revision: this.#revision(), stream, input });
  }

  command(at: number, command: ServeCommand): void {
    this.write({ at, revision: this.#revision(), command });
  }

  write(record: LogRecord): void {
    writeAll(this.#log, `${JSON.stringify(record)}\n`);
    this.#dirty = true;
  }

  clock(at: number): void {
    if (at === this.#lastClock) return;
    this.#lastClock = at;
    this.#clockBytes.writeDoubleLE(at);
    fs.writeSync(this.#clock, this.#clockBytes, 0, CLOCK_BYTES, 0);
  }

  settled(then: () => void): void {
    if (!this.#fsync || (!this.#dirty && !this.#syncing)) {
      then();
      return;
    }
    this.#waiting.push(then);
    if (!this.#syncing) this.#sync();
  }

  close(): void {
    fs.fsyncSync(this.#log);
    fs.fsyncSync(this.#clock);
    fs.closeSync(this.#log);
    fs.closeSync(this.#clock);
  }

  /** One fsync for all that have come meanwhile. */
  #sync(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#dirty = false;
    this.#syncing = true;
    fs.fdatasync(this.#log, (error) => {
      if (error) throw error;
      fs.fdatasync(this.#clock, (failed) => {
        if (failed) throw failed;
        this.#syncing = false;
        for (const then of waiting) then();
        if (this.#waiting.length > 0) this.#sync();
      });
    });
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at);
}

/** What DIR holds; null when it is new. A torn last record is cut off. */
export function readKept(dir: string): Kept | null {
  const file = path.join(dir, 'log');
  if (!fs.existsSync(file)) return null;
  const bytes = fs.readFileSync(file);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) fs.truncateSync(file, whole);
  const lines = bytes.subarray(0, whole).toString('utf8').split('\n').slice(0, -1);
  const [first, ...rest] = lines;
  // The very first write was torn: nothing has been answered yet.
  if (first === undefined) return null;
  const header = parsed(file, 1, first) as Header;
  if (header.format !== FORMAT || header.version !== VERSION) {
    throw new Error(`error: ${file} was not written by this version of Kubeglass`);
  }
  const records = rest.map((line, i) => parsed(file, i + 2, line) as LogRecord);
  const last = records.at(-1)?.at ?? 0;
  return { config: header.config, records, clock: Math.max(last, readClock(dir)) };
}

/** Begins the log of a new cluster. */
export function beginLog(dir: string, config: RunConfig): void {
  const header: Header = { format: FORMAT, version: VERSION, config };
  fs.writeFileSync(path.join(dir, 'log'), `${JSON.stringify(header)}\n`, { mode: 0o600 });
}

function parsed(file: string, line: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`error: ${file} is damaged in line ${line}; restore it from a copy`);
  }
}

function readClock(dir: string): number {
  const file = path.join(dir, 'clock');
  if (!fs.existsSync(file)) return 0;
  const bytes = fs.readFileSync(file);
  return bytes.length < CLOCK_BYTES ? 0 : bytes.readDoubleLE(0);
}

export function restored(request: SavedRequest): ApiRequest {
  const { body } = request;
  return { ...request, body: body === null ? null : Buffer.from(body, 'base64') };
}
