/**
 * The engine behind real HTTP: lets virtual time pass as real time does (or as fast as it can),
 * drives requests through the kernel and hands out what became of them.
 *
 * 1. A write is in the journal, with its virtual time, before the cluster hears of it.
 * 2. Nothing is handed out before the clock on disk has reached the moment it was true at: whatever
 *    a client has seen, a replay shows again.
 * 3. Between two turns of the host's loop all events of an instant have run, so that a command can be
 *    given again at the same place by its time alone.
 */
import type { StreamInput } from '../../api/meta/node-dial.ts';
import { type Authentication, handle } from '../../engine/apiserver/rest/handle.ts';
import {
  isSession,
  isStreamed,
  type SessionResponse,
  type StreamedResponse,
} from '../../engine/apiserver/rest/stream.ts';
import type { Cluster } from '../../engine/cluster.ts';
import { runNodeCommand } from '../../engine/node-commands.ts';
import { StreamTable } from '../../engine/streams.ts';
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import type { NodeCommand } from '../../port/protocol-node.ts';
import type { ControllerCommand } from '../../port/protocol-own.ts';
import { ClientStream } from './client-stream.ts';

/**
 * Virtual seconds a real second; `max` = as fast as it can while anything but periodic work is due;
 * `held` = the clock stands, but for the requests that are to be answered.
 */
export type Pace = number | 'max' | 'held';

/** Keeps what has to survive the process. */
export interface Journal {
  request(at: number, request: ApiRequest): void;
  /** What the client of a connection into a Pod has sent. */
  input(at: number, stream: number, input: StreamInput): void;
  /** What is done to a machine. */
  command(at: number, command: ServeCommand): void;
  clock(at: number): void;
  /** Calls |then| when what was written is as safe as was asked for; at once without --fsync. */
  settled(then: () => void): void;
}

export type Answered = (response: ApiResponse | StreamedResponse | SessionResponse) => void;

/** The host's loop gets its turn after this long, whatever is due. */
const SLICE_MS = 8;
/** A virtual clock that is this late does not try to catch up: the machine is too slow for the pace. */
const MAX_LAG_US = 2_000_000;

export class Engine {
  readonly cluster: Cluster;
  readonly #authentication: Authentication;
  readonly #journal: Journal | null;
  readonly #crashed: (message: string) => void;
  readonly #streams: StreamTable;
  #pace: Pace;
  #anchorMs = performance.now();
  #anchorUs: number;
  #timer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #out: (() => void)[] = [];
  #running = false;
  #stopped = false;
  /** Requests between arrival and answer. */
  inFlight = 0;
  /** Requests that have arrived so far. */
  arrived = 0;

  constructor(
    cluster: Cluster,
    options: {
      readonly pace: Pace;
      readonly authentication: Authentication;
      readonly journal?: Journal | null;
      /** Connections into Pods, as a replay has left them. */
      readonly streams?: StreamTable;
      readonly crashed: (message: string) => void;
    },
  ) {
    this.cluster = cluster;
    this.#authentication = options.authentication;
    this.#journal = options.journal ?? null;
    this.#crashed = options.crashed;
    this.#streams = options.streams ?? new StreamTable();
    this.#pace = options.pace;
    this.#anchorUs = cluster.kernel.now;
  }

  start(): void {
    this.#anchor();
    this.#turn();
  }

  stop(): void {
    this.#stopped = true;
    this.#disarm();
    this.#journal?.clock(this.cluster.kernel.now);
  }

  set pace(pace: Pace) {
    this.#run();
    this.#pace = pace;
    this.#anchor();
    this.#arm(false);
  }

  /** Runs ahead of real time until |done| holds, for |limitUs| of virtual time at most. */
  hurry(done: () => boolean, limitUs: number): void {
    const { kernel } = this.cluster;
    if (this.#stopped || this.#running) return;
    this.#guarded(() => {
      kernel.runUntil(done, { maxTime: kernel.now + limitUs });
      kernel.runUntil(kernel.now);
      return false;
    });
    this.#anchor();
    this.#turn();
  }

  /** Sends a request into the cluster; a read is no part of the run and leaves no trace in it. */
  send(request: ApiRequest, answered: Answered): void {
    if (this.#stopped) return;
    this.#run();
    if (this.#stopped) return;
    const { kernel, server } = this.cluster;
    if (isWrite(request)) this.#journal?.request(kernel.now, request);
    this.inFlight++;
    this.arrived++;
    const body = handle(server, request, this.#authentication, true);
    const options = { cause: 0, periodic: false, scope: null, joined: true };
    kernel.spawn('request', body, options).subscribe({
      kernel,
      wake: (value) => {
        this.inFlight--;
        const response = value as ApiResponse;
        if (isStreamed(response)) response.stream.onReadable = null;
        const shown = isSession(response) ? this.#held(response) : response;
        this.later(() => answered(shown));
      },
      // Programmer errors are not the client's: the run stops, with seed and step.
      wakeError: (error) => kernel.stopWith(error, `${request.method} ${request.path}`),
    });
    this.#turn();
  }

  /** Does something to a machine of the cluster. */
  give(command: ServeCommand): void {
    if (this.#stopped) return;
    this.#run();
    if (this.#stopped) return;
    this.#journal?.command(this.cluster.kernel.now, command);
    giveCommand(this.cluster, command);
    this.#turn();
  }

  #held(response: SessionResponse): SessionResponse {
    const id = this.#streams.add(response.session);
    const send = (input: StreamInput): void => this.#input(id, input);
    const session = new ClientStream(response.session, send, (deliver) => this.later(deliver));
    return { ...response, session };
  }

  /** What a client sends into a Pod. */
  #input(stream: number, input: StreamInput): void {
    if (this.#stopped || !this.#streams.get(stream)) return;
    this.#run();
    if (this.#stopped) return;
    const { kernel } = this.cluster;
    this.#journal?.input(kernel.now, stream, input);
    this.arrived++;
    this.#streams.give(kernel, stream, input);
    this.#turn();
  }

  /** Calls |deliver| when what has happened so far may be shown to the outside. */
  later(deliver: () => void): void {
    this.#out.push(deliver);
    if (!this.#running) this.#turn();
  }

  /** Runs what is due by now, hands out what came of it, and sees when it must run again. */
  #turn(): void {
    if (this.#stopped || this.#running) return;
    const more = this.#run();
    this.#handOut();
    if (!this.#stopped) this.#arm(more);
  }

  /** True when the slice ended before everything due was done. */
  #run(): boolean {
    return this.#running ? false : this.#guarded(() => this.#slice());
  }

  /** What the kernel throws ends the engine, not the host. */
  #guarded(body: () => boolean): boolean {
    this.#running = true;
    try {
      return body();
    } catch (error) {
      this.#stopped = true;
      this.#disarm();
      this.#crashed(error instanceof Error ? error.message : String(error));
      return false;
    } finally {
      this.#running = false;
    }
  }

  #slice(): boolean {
    const { kernel } = this.cluster;
    const until = performance.now() + SLICE_MS;
    for (;;) {
      const hurried = this.#isHurried();
      const next = kernel.nextAt;
      if (hurried && next !== undefined) {
        kernel.runUntil(next);
        this.#anchor();
      } else {
        const target = this.#target();
        if (next === undefined || next > target) {
          kernel.runUntil(Math.max(target, kernel.now));
          return false;
        }
        kernel.runUntil(next);
      }
      if (performance.now() < until) continue;
      if (!hurried && this.#target() - kernel.now > MAX_LAG_US) this.#anchor();
      return true;
    }
  }

  #isHurried(): boolean {
    if (this.#pace === 'held') return this.inFlight > 0;
    return this.#pace === 'max' && !this.cluster.kernel.settled;
  }

  #handOut(): void {
    if (this.#out.length === 0) return;
    const out = this.#out;
    this.#out = [];
    const deliver = (): void => {
      for (const one of out) one();
    };
    if (!this.#journal) {
      deliver();
      return;
    }
    this.#journal.clock(this.cluster.kernel.now);
    this.#journal.settled(deliver);
  }

  /** Virtual time that belongs to now. */
  #target(): number {
    if (this.#pace === 'held') return this.#anchorUs;
    const pace = this.#pace === 'max' ? 1 : this.#pace;
    return Math.floor(this.#anchorUs + (performance.now() - this.#anchorMs) * 1_000 * pace);
  }

  #anchor(): void {
    this.#anchorMs = performance.now();
    this.#anchorUs = this.cluster.kernel.now;
  }

  #arm(atOnce: boolean): void {
    this.#disarm();
    if (this.#stopped) return;
    if (atOnce || this.#out.length > 0) {
      this.#immediate = setImmediate(() => this.#turn());
      return;
    }
    const { kernel } = this.cluster;
    const next = kernel.nextAt;
    if (next === undefined || this.#pace === 'held') return;
    const pace = this.#pace === 'max' ? 1 : this.#pace;
    const ms = Math.ceil((next - this.#target()) / 1_000 / pace);
    this.#timer = setTimeout(() => this.#turn(), Math.min(Math.max(ms, 1), 60_000));
  }

  #disarm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    if (this.#immediate) clearImmediate(this.#immediate);
    this.#timer = null;
    this.#immediate = null;
  }
}

/** What is done from outside that is no request. */
export type ServeCommand = NodeCommand | ControllerCommand;

/** Subresources through which programs in Pods are reached, by GET as well. */
const INTO_PODS = /\/(?:proxy|exec|attach|portforward)(?:\/|$)/;

/** The same in a replay: it happens now, as an event of its own. */
export function giveCommand(cluster: Cluster, command: ServeCommand): void {
  const { kernel } = cluster;
  const options = { cause: 0, periodic: false, scope: null };
  const run = (): void => {
    if (command.type !== 'controller') runNodeCommand(cluster, command);
    else cluster.ownControllers.put(command, true);
  };
  kernel.at(kernel.now, run, options);
}

/** Only what cannot change anything stays out of the journal. */
export function isWrite({ method, path }: ApiRequest): boolean {
  if (INTO_PODS.test(path)) return true;
  return method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
}
