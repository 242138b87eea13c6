/**
 * The engine end of the page: questions, playback, frames. Owns the session that is running; knows
 * neither Workers nor clocks (real time comes in through `pump`).
 */
import type { KubeObject } from '../../api/meta/object.ts';
import type { Answers, Ask, Frame, Pace, Problem, RunFile } from '../../port/protocol.ts';
import type { ClusterOptions } from '../cluster.ts';
import { type Programs, Session } from '../session.ts';
import { StepRecogniser } from '../view/ten-steps.ts';
import { machineGraphs } from '../node/kubelet/machine-graph.ts';
import { newestSpanAbout, whyChain } from '../view/why.ts';
import { nodeContainers } from '../node-commands.ts';
import { filesOf } from './container-files.ts';
import { ComponentFeed, LogFeed, ObjectFeed, SpanFeed, StepFeed } from './feeds.ts';
import {
  allObjects,
  asManifest,
  decisionOf,
  type LiveView,
  liveView,
  memoryMb,
  queuePlaceOf,
} from './look.ts';
import { Playback } from './playback.ts';
import { PodFeed } from './pod-feed.ts';
import { checkRun } from './run-file.ts';
import { ShownRows } from './shown.ts';
import { StreamFeed } from './stream-feed.ts';
import { WorkingsFeed } from './workings-feed.ts';

/** Programs beyond those that are commands: they only read. */
export interface HostPrograms extends Programs {
  diff(file: string, text: string, live: LiveView): { text: string; problems: readonly Problem[] };
  toYaml(objects: readonly KubeObject[]): string;
}

/** What the host tells without being asked. */
export interface HostEvents {
  crashed(message: string, run: RunFile): void;
  memory(message: string, usedMb: number): void;
}

export interface HostOptions extends ClusterOptions {
  /** Megabytes at which a run is paused; Play goes on for another portion. */
  readonly memoryLimitMb?: number;
  /** Told of each session when its cluster stands: where tests plant their faults. */
  readonly begun?: (session: Session) => void;
}

const MEMORY_LIMIT_MB = 1_500;
const MEMORY_PORTION_MB = 500;
/** Some seconds of work. */
const MAX_EXPORTED = 10_000;
/** Enough to fill a screen; a story of more Pods is told of these. */
const STEP_LIMITS = { pods: 300, rows: 2_000 };

/** One run and everything that looks at it. */
interface Running {
  readonly session: Session;
  readonly recogniser: StepRecogniser;
  readonly playback: Playback;
  readonly rows: ShownRows;
  readonly spans: SpanFeed;
  readonly steps: StepFeed;
  readonly components: ComponentFeed;
  readonly streams: StreamFeed;
}

export class Host {
  #programs: HostPrograms;
  #events: HostEvents;
  #options: HostOptions;
  #running: Running | null = null;
  #objects = new ObjectFeed();
  #logs = new LogFeed();
  #pod = new PodFeed();
  #workings = new WorkingsFeed();
  #seq = 0;
  #memoryLimitMb: number;
  #pace: Pace = 'story';
  #crashed = false;

  constructor(programs: HostPrograms, events: HostEvents, options: HostOptions = {}) {
    this.#programs = programs;
    this.#events = events;
    this.#options = options;
    this.#memoryLimitMb = options.memoryLimitMb ?? MEMORY_LIMIT_MB;
  }

  /** Whether time passes: while it does not, frames are made only when something was asked. */
  get active(): boolean {
    return !this.#crashed && (this.#running?.playback.playing ?? false);
  }

  get session(): Session | null {
    return this.#running?.session ?? null;
  }

  /** Answers a question; `command` answers later, through |later|. */
  ask(ask: Ask, later: (value: unknown) => void, refuse: (message: string) => void): void {
    try {
      const value = this.#answer(ask, later);
      if (value !== LATER) later(value);
    } catch (error) {
      const failure = this.session?.cluster.kernel.failure;
      if (failure) this.#crash(failure);
      refuse(error instanceof Error ? error.message : String(error));
    }
  }

  #answer(ask: Ask, later: (value: unknown) => void): Answers[keyof Answers] | typeof LATER {
    switch (ask.type) {
      case 'start':
        this.#start(ask.config, true);
        return null;
      case 'reset':
        this.#start(this.#must().session.config, this.#must().playback.playing);
        return null;
      case 'save':
        return this.#must().session.save();
      case 'open':
        return this.#open(ask.run);
      case 'command':
        this.#command(ask.command, later);
        return LATER;
      case 'play':
      case 'pause':
      case 'pace':
      case 'step':
      case 'step-back':
      case 'seek':
        this.#play(ask, this.#must().playback);
        return null;
      case 'watch':
        this.#objects.watch(ask.refs);
        return null;
      case 'follow-logs':
        this.#logs.follow(ask);
        return null;
      case 'unfollow-logs':
        this.#logs.unfollow();
        return null;
      case 'open-pod':
        this.#pod.follow(ask.pod, this.session?.cluster ?? null);
        return null;
      case 'close-pod':
        this.#pod.unfollow(this.session?.cluster ?? null);
        return null;
      case 'open-workings':
        this.#workings.open(ask.ref, this.session?.cluster ?? null);
        return null;
      case 'close-workings':
        this.#workings.close();
        return null;
      case 'machines':
        return machineGraphs();
      case 'files':
        return filesOf(this.#must().session.cluster, ask);
      case 'node-containers':
        return nodeContainers(this.#must().session.cluster, ask.node);
      case 'why':
        return this.#why(ask);
      case 'decision':
        return decisionOf(this.#must().session.cluster, ask.pod);
      case 'queue-place':
        return queuePlaceOf(this.#must().session.cluster, ask.pod);
      case 'own-controllers':
        return this.#must().session.cluster.ownControllers.shown(ask.since);
      case 'diff':
        return this.#programs.diff(ask.file, ask.text, liveView(this.#must().session.cluster));
      case 'export':
        return this.#export();
      case 'ping':
      case 'frame-seen':
        return null;
    }
  }

  #play(
    ask: Extract<Ask, { type: 'play' | 'pause' | 'pace' | 'step' | 'step-back' | 'seek' }>,
    playback: Playback,
  ): void {
    switch (ask.type) {
      case 'play':
        playback.playing = true;
        this.#allowMoreMemory();
        return;
      case 'pause':
        playback.playing = false;
        return;
      case 'pace':
        this.#pace = ask.pace;
        playback.pace = ask.pace;
        return;
      case 'step':
        playback.step(ask.to);
        return;
      case 'step-back':
        playback.stepBack(ask.to);
        return;
      case 'seek':
        playback.seek(ask.at);
        return;
    }
  }

  /**
   * Lets the cluster go on for |realMs| of real time at the chosen pace. Answers true when there is
   * more to do at once.
   */
  pump(realMs: number): boolean {
    if (!this.active) return false;
    const { session, playback } = this.#must();
    const { kernel } = session.cluster;
    const { steps } = kernel;
    try {
      const more = playback.pump(realMs);
      if (kernel.steps !== steps) this.#checkMemory();
      return more && playback.playing;
    } catch (error) {
      this.#crash(error);
      return false;
    }
  }

  /** A rough measure that is the same everywhere. */
  memoryMb(): number {
    return memoryMb(this.#must().session.cluster);
  }

  /** What has changed since the last frame. */
  frame(): Frame | null {
    if (!this.#running) return null;
    try {
      return this.#frame(this.#running);
    } catch (error) {
      this.#crash(error);
      return null;
    }
  }

  #frame(running: Running): Frame {
    const { session, playback, rows, spans, steps, components, streams } = running;
    const { cluster } = session;
    const { kernel } = cluster;
    const { past, at } = playback;
    const shown = past ? rows.takeAt(at) : rows.takeNow();
    return {
      type: 'frame',
      seq: ++this.#seq,
      at,
      liveAt: kernel.now,
      past,
      epochMs: kernel.epochMs,
      playing: this.active,
      pace: playback.pace,
      settled: kernel.settled,
      oldestAt: playback.oldestAt,
      hash: kernel.trace.hash,
      ...shown,
      ...spans.take(),
      steps: steps.take(),
      components: components.take(),
      objects: this.#objects.take(cluster, past ? shown.revision : null),
      logs: this.#logs.take(cluster),
      streams: streams.take(),
      pod: past ? this.#pod.take(cluster, at, shown.revision) : this.#pod.take(cluster, null, null),
      workings: past
        ? this.#workings.take(cluster, at, shown.revision)
        : this.#workings.take(cluster, null, null),
    };
  }

  #start(config: Session['config'], playing: boolean): void {
    this.#begin((begun) => new Session(config, this.#programs, this.#options, begun), playing);
  }

  /** |make| tells of the session as soon as its cluster stands: eyes open before anything happens. */
  #begin(make: (begun: (session: Session) => void) => Session, playing: boolean): void {
    let running: Running | null = null;
    make((session) => {
      running = this.#look(session);
      this.#options.begun?.(session);
    });
    // Only now: the run before this one stays when this one cannot be made.
    this.#running = running;
    this.#must().playback.playing = playing;
    this.#objects.forget();
    this.#logs.forget();
    this.#pod.forget();
    this.#crashed = false;
    this.#memoryLimitMb = this.#options.memoryLimitMb ?? MEMORY_LIMIT_MB;
  }

  #look(session: Session): Running {
    const { cluster } = session;
    const { kernel, server } = cluster;
    const recogniser = new StepRecogniser(
      (id) => kernel.trace.get(id),
      () => kernel.now,
      STEP_LIMITS,
    );
    this.#workings.forget();
    const playback = new Playback(cluster, recogniser);
    playback.pace = this.#pace;
    const rows = new ShownRows(cluster);
    const spans = new SpanFeed();
    kernel.trace.onChange = (span) => {
      recogniser.onSpan(span);
      playback.onSpan(span);
      rows.onSpan(span);
      spans.onSpan(span);
      this.#pod.onSpan(span, cluster);
      this.#workings.onSpan(span);
    };
    server.onCommit = (event) => {
      rows.onCommit(event);
      this.#workings.onCommit(event);
    };
    const steps = new StepFeed(recogniser);
    return {
      session,
      recogniser,
      playback,
      rows,
      spans,
      steps,
      components: new ComponentFeed(cluster),
      streams: new StreamFeed(session.streams),
    };
  }

  /** A run that crashed is opened at the event before: what led there can be looked at. */
  #open(value: unknown): { hash: string } {
    const run = checkRun(value);
    const upTo = run.crash === undefined ? run.step : Math.max(run.step - 1, 0);
    this.#begin((begun) => {
      try {
        return Session.open(run, this.#programs, this.#options, upTo, begun);
      } catch (error) {
        throw new Error(
          `The run cannot be repeated; it is damaged or was saved by another version of Kubeglass: ${(error as Error).message}`,
          { cause: error },
        );
      }
    }, false);
    return { hash: this.#must().session.cluster.kernel.trace.hash };
  }

  #command(
    command: Extract<Ask, { type: 'command' }>['command'],
    later: (v: unknown) => void,
  ): void {
    const { session, playback, streams } = this.#must();
    if (this.#crashed) throw new Error('The run has stopped. Start a new cluster.');
    playback.toNow();
    session.give(command, (result) => {
      if (result.stream !== undefined) streams.follow(result.stream);
      later(result);
    });
  }

  #export(): string {
    const { session, playback } = this.#must();
    const objects = allObjects(session.cluster, playback.past ? playback.at : null);
    if (objects.length > MAX_EXPORTED) {
      throw new Error(
        `The cluster holds ${objects.length} objects; at most ${MAX_EXPORTED} are exported. Scale something down, or go back to an earlier moment.`,
      );
    }
    return this.#programs.toYaml(objects.map(asManifest));
  }

  #crash(error: unknown): void {
    if (this.#crashed) return;
    this.#crashed = true;
    const message = error instanceof Error ? error.message : String(error);
    const { session } = this.#must();
    this.#events.crashed(message, session.save(message));
  }

  #checkMemory(): void {
    const used = this.memoryMb();
    if (used <= this.#memoryLimitMb) return;
    this.#must().playback.playing = false;
    this.#events.memory(
      `The run holds about ${Math.round(used)} MB and is paused. Delete or scale something down, reset, or press Play to go on for another ${MEMORY_PORTION_MB} MB.`,
      used,
    );
  }

  #allowMoreMemory(): void {
    const used = this.memoryMb();
    if (used > this.#memoryLimitMb) this.#memoryLimitMb = used + MEMORY_PORTION_MB;
  }

  #must(): Running {
    if (!this.#running) throw new Error('No run has been started.');
    return this.#running;
  }

  #why(ask: { ref?: string; container?: string; span?: number }): Answers['why'] {
    const { session, playback } = this.#must();
    const { trace } = session.cluster.kernel;
    const id =
      ask.span ??
      (ask.ref === undefined ? 0 : newestSpanAbout(trace, ask.ref, ask.container, playback.at));
    return whyChain(trace, id);
  }
}

const LATER: unique symbol = Symbol('later');
