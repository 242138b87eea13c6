/**
 * The engine end of the page: playback, questions, frames. Owns the session that is running; knows
 * neither Workers nor clocks (real time comes in through `pump`).
 */
import type { KubeObject } from '../../api/meta/object.ts';
import { keyFor } from '../../api/meta/object.ts';
import { EngineAssertion } from '../../kernel/assert.ts';
import type {
  Answers,
  Ask,
  ComponentRow,
  Frame,
  LogChunk,
  Pace,
  Problem,
  RunFile,
} from '../../port/protocol.ts';
import type { ClusterOptions } from '../cluster.ts';
import { type Programs, Session } from '../session.ts';
import { inOrderOfTime, StepRecogniser } from '../view/ten-steps.ts';
import { newestSpanAbout, whyChain } from '../view/why.ts';
import { Framer } from './framer.ts';
import { allObjects, componentRows, decisionOf, findObject, liveObject } from './look.ts';
import { MAX_REAL_MS, microsPerMs } from './pace.ts';

/** Programs beyond those that are commands: they only read. */
export interface HostPrograms extends Programs {
  diff(
    file: string,
    text: string,
    live: (
      apiVersion: string,
      kind: string,
      namespace: string,
      name: string,
    ) => KubeObject | undefined,
  ): { text: string; problems: readonly Problem[] };
  toYaml(objects: readonly KubeObject[]): string;
}

/** What the host tells without being asked. */
export interface HostEvents {
  crashed(message: string, run: RunFile): void;
  memory(message: string, usedMb: number): void;
}

/** Events run in one portion at most; the worker then looks at its messages. */
const PORTION = 4_000;
/** `step` gives up after this much virtual time. */
const STEP_LIMIT_US = 120_000_000;
/** Rough bytes of an object with its versions, and of a span. */
const OBJECT_BYTES = 6_000;
const SPAN_BYTES = 400;
const MEMORY_LIMIT_MB = 1_500;
const MEMORY_PORTION_MB = 500;

export class Host {
  #programs: HostPrograms;
  #events: HostEvents;
  #options: ClusterOptions;
  #session: Session | null = null;
  #framer: Framer | null = null;
  #recogniser: StepRecogniser | null = null;
  #playing = true;
  #pace: Pace = 'story';
  /** Moment that is looked at; null = now. */
  #viewAt: number | null = null;
  #whole = true;
  #seq = 0;
  #stepsSent = -1;
  #componentsSent = '';
  #watched = new Set<string>();
  #watchedSent = new Map<string, string>();
  #follow: { pod: string; container: string; lines: number } | null = null;
  #lastEventAt = 0;
  #carry = 0;
  #memoryLimitMb = MEMORY_LIMIT_MB;
  #crashed = false;

  constructor(programs: HostPrograms, events: HostEvents, options: ClusterOptions = {}) {
    this.#programs = programs;
    this.#events = events;
    this.#options = options;
  }

  /** Whether time passes: while it does not, frames are made only when something was asked. */
  get active(): boolean {
    return this.#session !== null && this.#playing && !this.#crashed;
  }

  get session(): Session | null {
    return this.#session;
  }

  /** Answers a question; `command` answers later, through |later|. */
  ask(ask: Ask, later: (value: unknown) => void, refuse: (message: string) => void): void {
    try {
      const value = this.#answer(ask, later);
      if (value !== LATER) later(value);
    } catch (error) {
      if (error instanceof EngineAssertion) this.#crash(error);
      refuse(error instanceof Error ? error.message : String(error));
    }
  }

  #answer(ask: Ask, later: (value: unknown) => void): Answers[keyof Answers] | typeof LATER {
    switch (ask.type) {
      case 'start':
        this.#begin(new Session(ask.config, this.#programs, this.#options));
        return null;
      case 'command':
        this.#toNow();
        this.#must().give(ask.command, later);
        return LATER;
      case 'play':
        this.#playing = true;
        if (this.memoryMb() > this.#memoryLimitMb)
          this.#memoryLimitMb = this.memoryMb() + MEMORY_PORTION_MB;
        return null;
      case 'pause':
        this.#playing = false;
        return null;
      case 'pace':
        this.#pace = ask.pace;
        return null;
      case 'step':
        this.#step(ask.to);
        return null;
      case 'step-back':
        this.#stepBack(ask.to);
        return null;
      case 'seek':
        this.#seek(ask.at);
        return null;
      case 'reset':
        this.#begin(new Session(this.#must().config, this.#programs, this.#options));
        return null;
      case 'save':
        return this.#must().save();
      case 'open':
        return this.#open(ask.run);
      case 'watch':
        this.#watched = new Set(ask.refs);
        this.#watchedSent.clear();
        return null;
      case 'follow-logs':
        this.#follow = { pod: ask.pod, container: ask.container, lines: 0 };
        return null;
      case 'unfollow-logs':
        this.#follow = null;
        return null;
      case 'why':
        return this.#why(ask);
      case 'decision':
        return decisionOf(this.#must().cluster, ask.pod);
      case 'diff':
        return this.#programs.diff(ask.file, ask.text, (apiVersion, kind, namespace, name) =>
          liveObject(this.#must().cluster, apiVersion, kind, namespace, name),
        );
      case 'export':
        return this.#programs.toYaml(allObjects(this.#must().cluster, this.#viewAt));
      case 'frame-seen':
        return null;
    }
  }

  /**
   * Lets the cluster go on for |realMs| of real time at the chosen pace. Answers true when there is
   * more to do at once (full speed).
   */
  pump(realMs: number): boolean {
    const session = this.#session;
    if (!session || !this.#playing || this.#crashed) return false;
    const ms = Math.min(realMs, MAX_REAL_MS);
    if (this.#viewAt !== null) {
      const rate = microsPerMs(this.#pace, this.#gap());
      this.#playPast((Number.isFinite(rate) ? rate : 100_000) * ms);
      return false;
    }
    try {
      return this.#pace === 'max' ? this.#runFlat() : this.#runPaced(ms);
    } catch (error) {
      if (!(error instanceof EngineAssertion)) throw error;
      this.#crash(error);
      return false;
    }
  }

  /** From the last event to the next; null when only periodic work is due. */
  #gap(): number | null {
    const { kernel } = this.#must().cluster;
    const next = kernel.nextAt;
    return kernel.settled || next === undefined ? null : next - this.#lastEventAt;
  }

  /** Event by event: the pace may change at each, as when a quiet stretch ends within |ms|. */
  #runPaced(ms: number): boolean {
    const { kernel } = this.#must().cluster;
    const steps = kernel.steps;
    let left = ms;
    for (let n = 0; n < PORTION; n++) {
      const rate = microsPerMs(this.#pace, this.#gap());
      const next = kernel.nextAt;
      const wait = next === undefined ? Number.POSITIVE_INFINITY : next - kernel.now - this.#carry;
      if (wait > left * rate) {
        this.#carry += left * rate;
        break;
      }
      left -= Math.max(wait, 0) / rate;
      this.#carry = 0;
      kernel.step();
      this.#lastEventAt = kernel.now;
    }
    const whole = Math.floor(this.#carry);
    this.#carry -= whole;
    if (whole > 0) kernel.runUntil(kernel.now + whole);
    if (kernel.steps !== steps) this.#checkMemory();
    return false;
  }

  /** As fast as it goes; a cluster at rest goes on at ten times real time. */
  #runFlat(): boolean {
    const { kernel } = this.#must().cluster;
    const steps = kernel.steps;
    if (kernel.settled) kernel.runUntil(kernel.now + 100_000);
    for (let n = 0; n < PORTION && !kernel.settled && kernel.nextAt !== undefined; n++) {
      kernel.step();
      this.#lastEventAt = kernel.now;
    }
    if (kernel.steps !== steps) this.#checkMemory();
    return !kernel.settled;
  }

  #checkMemory(): void {
    const used = this.memoryMb();
    if (used <= this.#memoryLimitMb) return;
    this.#playing = false;
    this.#events.memory(
      `The run holds about ${Math.round(used)} MB and is paused. Delete or scale something down, reset, or press Play to go on for another ${MEMORY_PORTION_MB} MB.`,
      used,
    );
  }

  /** A rough measure that is the same everywhere. */
  memoryMb(): number {
    const { cluster } = this.#must();
    const { store } = cluster.server;
    const spans = cluster.kernel.trace.lastId - cluster.kernel.trace.firstId;
    return (store.size * OBJECT_BYTES + spans * SPAN_BYTES) / 1_000_000;
  }

  /** What has changed since the last frame. */
  frame(): Frame | null {
    const session = this.#session;
    if (!session) return null;
    const { cluster } = session;
    const { kernel, server } = cluster;
    const framer = this.#framer as Framer;
    const past = this.#viewAt !== null;
    const at = this.#viewAt ?? kernel.now;
    const revision = past ? server.store.revisionAt(at) : server.store.revision;
    const whole = this.#whole || past;
    const changes = past
      ? framer.everythingAt(Math.max(revision, server.store.compactRevision), this.#msAt(at))
      : whole
        ? framer.everything()
        : framer.takeChanges();
    const { spans, dropped } = framer.takeSpans();
    this.#whole = false;
    return {
      type: 'frame',
      seq: ++this.#seq,
      at,
      liveAt: kernel.now,
      past,
      epochMs: kernel.epochMs,
      revision,
      playing: this.#playing && !this.#crashed,
      pace: this.#pace,
      settled: kernel.settled,
      oldestAt: this.#oldestAt(),
      hash: kernel.trace.hash,
      whole,
      ...changes,
      totals: framer.totals,
      spans,
      spansDropped: dropped,
      steps: this.#changedSteps(),
      components: this.#changedComponents(),
      objects: this.#changedObjects(revision, past),
      logs: this.#newLogs(),
    };
  }

  #begin(session: Session): void {
    this.#session = session;
    const { cluster } = session;
    const { kernel, server } = cluster;
    const recogniser = new StepRecogniser(
      (id) => kernel.trace.get(id),
      () => kernel.now,
    );
    const framer = new Framer(cluster, (uid, container) => cluster.pullProgress(uid, container));
    for (const span of kernel.trace.from(kernel.trace.firstId)) {
      recogniser.onSpan(span);
      framer.onSpan(span);
    }
    kernel.trace.onChange = (span) => {
      recogniser.onSpan(span);
      framer.onSpan(span);
    };
    server.onCommit = (event) => framer.onCommit(event);
    this.#framer = framer;
    this.#recogniser = recogniser;
    this.#viewAt = null;
    this.#whole = true;
    this.#stepsSent = -1;
    this.#componentsSent = '';
    this.#watchedSent.clear();
    this.#lastEventAt = kernel.now;
    this.#carry = 0;
    this.#crashed = false;
    this.#memoryLimitMb = MEMORY_LIMIT_MB;
  }

  #open(run: RunFile): { hash: string } {
    if (run.format !== 'kubeglass-run' || run.version !== 1) {
      throw new Error('This file is not a Kubeglass run of version 1.');
    }
    const session = Session.open(run, this.#programs, this.#options);
    this.#begin(session);
    this.#playing = false;
    return { hash: session.cluster.kernel.trace.hash };
  }

  #crash(error: EngineAssertion): void {
    if (this.#crashed) return;
    this.#crashed = true;
    this.#playing = false;
    const run = this.#session?.save(error.message);
    if (run) this.#events.crashed(error.message, run);
  }

  #must(): Session {
    if (!this.#session) throw new Error('No run has been started.');
    return this.#session;
  }

  #toNow(): void {
    if (this.#viewAt === null) return;
    this.#viewAt = null;
    this.#whole = true;
  }

  #step(to: 'step' | 'event'): void {
    this.#playing = false;
    if (this.#viewAt !== null) {
      const later = this.#moments(to).find((m) => m > (this.#viewAt as number));
      if (later === undefined) this.#toNow();
      else this.#viewAt = later;
      return;
    }
    const { kernel } = this.#must().cluster;
    const recogniser = this.#recogniser as StepRecogniser;
    const steps = recogniser.steps.length;
    const span = kernel.trace.lastId;
    const limit = kernel.now + STEP_LIMIT_US;
    kernel.runUntil(
      () =>
        kernel.settled ||
        (to === 'step' ? recogniser.steps.length > steps : this.#drawnSince(span)),
      { maxTime: limit },
    );
    this.#lastEventAt = kernel.now;
  }

  /** Whether something that the canvas draws has begun since span |id|. */
  #drawnSince(id: number): boolean {
    const { trace } = this.#must().cluster.kernel;
    for (let i = id + 1; i <= trace.lastId; i++) if (trace.get(i)?.kind !== 'note') return true;
    return false;
  }

  #stepBack(to: 'step' | 'event'): void {
    this.#playing = false;
    const at = this.#viewAt ?? this.#must().cluster.kernel.now;
    const earlier = this.#moments(to).filter((m) => m < at);
    const target = earlier.at(-1);
    this.#seek(target ?? Math.max(0, this.#oldestAt()));
  }

  /** Moments one can step to, in order. */
  #moments(to: 'step' | 'event'): readonly number[] {
    const moments = new Set<number>();
    if (to === 'step') {
      for (const step of (this.#recogniser as StepRecogniser).steps) moments.add(step.seen);
    } else {
      const { trace } = this.#must().cluster.kernel;
      for (const span of trace.from(trace.firstId)) moments.add(span.start);
    }
    return [...moments].sort((a, b) => a - b);
  }

  #seek(at: number | null): void {
    const { kernel } = this.#must().cluster;
    if (at === null || at >= kernel.now) {
      this.#toNow();
      return;
    }
    this.#playing = false;
    this.#viewAt = Math.max(at, this.#oldestAt());
  }

  #playPast(micros: number): void {
    const next = (this.#viewAt as number) + Math.floor(micros);
    if (next >= this.#must().cluster.kernel.now) this.#toNow();
    else this.#viewAt = next;
  }

  /** Where history has been compacted to. */
  #oldestAt(): number {
    const { kernel, server } = this.#must().cluster;
    const oldest = server.store.oldestAt;
    return Math.min(oldest, kernel.now);
  }

  #msAt(at: number): number {
    return this.#must().cluster.kernel.epochMs + Math.floor(at / 1_000);
  }

  #changedSteps(): Frame['steps'] {
    const recogniser = this.#recogniser as StepRecogniser;
    if (recogniser.version === this.#stepsSent) return null;
    this.#stepsSent = recogniser.version;
    const rows = inOrderOfTime(recogniser.steps);
    const newest = rows.filter((r) => r.step === 1).at(-1);
    if (!newest) return [];
    return rows.slice(0, 2_000);
  }

  #changedComponents(): readonly ComponentRow[] | null {
    const rows = componentRows(this.#must().cluster);
    const text = JSON.stringify(rows);
    if (text === this.#componentsSent) return null;
    this.#componentsSent = text;
    return rows;
  }

  #changedObjects(revision: number, past: boolean): Readonly<Record<string, unknown>> {
    const changed: Record<string, unknown> = {};
    for (const ref of this.#watched) {
      const found = findObject(this.#must().cluster, ref, past ? revision : null);
      const version = found ? `${past}${found.metadata.resourceVersion}` : 'none';
      if (this.#watchedSent.get(ref) === version) continue;
      this.#watchedSent.set(ref, version);
      changed[ref] = found ?? null;
    }
    return changed;
  }

  #why(ask: { ref?: string; container?: string; span?: number }): Answers['why'] {
    const { trace, now } = this.#must().cluster.kernel;
    const upTo = this.#viewAt ?? now;
    const id =
      ask.span ??
      (ask.ref === undefined ? 0 : newestSpanAbout(trace, ask.ref, ask.container, upTo));
    return whyChain(trace, id);
  }

  #newLogs(): readonly LogChunk[] {
    const follow = this.#follow;
    if (!follow) return [];
    const [, namespace = '', name = ''] = follow.pod.split('/');
    const all = this.#must().cluster.logs(keyFor(namespace, name), follow.container);
    const lines = all.slice(follow.lines);
    if (lines.length === 0) return [];
    follow.lines = all.length;
    return [{ pod: follow.pod, container: follow.container, lines }];
  }
}

const LATER: unique symbol = Symbol('later');
