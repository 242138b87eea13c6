/**
 * A page without a browser: the real port between a real host and a client that keeps what frames
 * tell, over a wall clock that only the test moves. Every message goes through structuredClone, as
 * it does between a Worker and its page.
 */
import { kinds } from '../../api/kinds/index.ts';
import { Host, type HostOptions } from '../../engine/host/host.ts';
import { programsFor } from '../../kubectl/programs.ts';
import type {
  Answers,
  Ask,
  Command,
  CommandResult,
  ComponentRow,
  Endpoint,
  Frame,
  FromEngine,
  ObjectRow,
  RunConfig,
  RunFile,
  SpanRow,
  StepRow,
} from '../../port/protocol.ts';
import type { PodInside } from '../../port/protocol-pod.ts';
import type { Workings } from '../../port/protocol-workings.ts';
import { defaultRunConfig } from '../../port/run-config.ts';
import { PortServer } from '../../port/serve.ts';

/** As worker.ts has it. */
const TICK_MS = 33;
const FRAME_MS = 100;
/** A test that waits longer waits for nothing. */
const PATIENCE_MS = 600_000;

export interface Crash {
  readonly message: string;
  readonly run: RunFile;
}

export class FakePage {
  readonly host: Host;
  readonly rows = new Map<string, ObjectRow>();
  readonly spans = new Map<number, SpanRow>();
  readonly objects = new Map<string, unknown>();
  readonly log: string[] = [];
  readonly messages: FromEngine[] = [];
  folded: Frame['folded'] = [];
  steps: readonly StepRow[] = [];
  components: readonly ComponentRow[] = [];
  /** The Pod that is opened, as last told. */
  pod: PodInside | null = null;
  /** How the object works that is opened, as last told. */
  workings: Workings | null = null;
  frame: Frame | null = null;
  frames = 0;
  crash: Crash | null = null;
  memory: string | null = null;
  wallMs = 0;
  #server: PortServer;
  #toEngine: (message: unknown) => void = () => {};
  #answers = new Map<number, { readonly value?: unknown; readonly refused?: string }>();
  #nextId = 1;
  #lastFrameMs = 0;
  /** Frames that have been sent and not acknowledged. */
  #unseen = 0;
  /** Acknowledges nothing, as a page that is busy. */
  busy = false;
  #waiting: number[] = [];

  constructor(options: HostOptions = {}) {
    const endpoint: Endpoint = {
      post: (message) => this.#receive(structuredClone(message) as FromEngine),
      onMessage: (handler) => {
        this.#toEngine = (message) => handler(structuredClone(message));
      },
    };
    this.#server = new PortServer(endpoint);
    this.host = new Host(programsFor(kinds), this.#server.events, { freeze: true, ...options });
    this.#server.start(this.host, () => this.#server.sendFrame());
  }

  static started(config: RunConfig = defaultRunConfig(), options: HostOptions = {}): FakePage {
    const page = new FakePage(options);
    page.ask({ type: 'start', config });
    return page;
  }

  get now(): Frame {
    if (this.frame === null) throw new Error('no frame has come yet');
    return this.frame;
  }

  /** The answer of a question that is answered at once; a refusal is thrown. */
  ask<A extends Ask>(ask: A): Answers[A['type']] {
    const answer = this.#answers.get(this.#send(ask));
    if (answer === undefined) throw new Error(`${ask.type} has not been answered`);
    if (answer.refused !== undefined) throw new Error(answer.refused);
    return answer.value as Answers[A['type']];
  }

  /** Gives a command; what is returned answers null until it has ended. */
  give(command: Command): () => CommandResult | null {
    const id = this.#send({ type: 'command', command });
    return () => {
      const answer = this.#answers.get(id);
      if (answer?.refused !== undefined) throw new Error(answer.refused);
      return (answer?.value as CommandResult | undefined) ?? null;
    };
  }

  /** Gives a command and lets time pass until it has ended. */
  run(command: Command): CommandResult {
    const result = this.give(command);
    this.until(() => result() !== null);
    return result() as CommandResult;
  }

  apply(text: string): CommandResult {
    return this.run({ type: 'apply', file: 'web.yaml', text });
  }

  /** One turn of the Worker's loop. */
  tick(ms = TICK_MS): void {
    this.wallMs += ms;
    let more = this.host.pump(ms);
    for (let n = 0; more && n < 20; n++) more = this.host.pump(0);
    if (this.host.active && this.wallMs - this.#lastFrameMs >= FRAME_MS) this.sendFrame();
  }

  sendFrame(): void {
    this.#lastFrameMs = this.wallMs;
    this.#server.sendFrame();
  }

  /** Real milliseconds that passed until |done|. */
  until(done: () => boolean, patienceMs = PATIENCE_MS): number {
    const from = this.wallMs;
    while (!done()) {
      if (this.crash) throw new Error(`crashed: ${this.crash.message}`);
      if (this.wallMs - from > patienceMs) throw new Error(`nothing after ${patienceMs} ms`);
      this.tick();
    }
    return this.wallMs - from;
  }

  wait(ms: number): void {
    for (const end = this.wallMs + ms; this.wallMs < end; ) this.tick();
  }

  /** Acknowledges what a busy page has kept waiting. */
  catchUp(): void {
    this.busy = false;
    for (const seq of this.#waiting.splice(0)) this.#acknowledge(seq);
  }

  ofKind(kind: string): readonly ObjectRow[] {
    return [...this.rows.values()].filter((row) => row.kind === kind);
  }

  /** Rows in a fixed order: what two pages must agree on. */
  get content(): unknown {
    const rows = [...this.rows.values()].sort((a, b) => (a.ref < b.ref ? -1 : 1));
    const folded = this.folded
      .map((f) => `${f.node}|${f.status}|${f.count}`)
      .sort((a, b) => (a < b ? -1 : 1));
    return { rows, folded, totals: nonZero(this.now.totals) };
  }

  #send(ask: Ask): number {
    const id = this.#nextId++;
    this.#toEngine({ id, ask });
    return id;
  }

  #receive(message: FromEngine): void {
    this.messages.push(message);
    switch (message.type) {
      case 'answer':
        this.#answers.set(message.id, { value: message.value });
        return;
      case 'refused':
        this.#answers.set(message.id, { refused: message.message });
        return;
      case 'crashed':
        this.crash = message;
        return;
      case 'memory':
        this.memory = message.message;
        return;
      case 'frame':
        this.#take(message);
    }
  }

  #take(frame: Frame): void {
    if (++this.#unseen > 1) throw new Error('a frame came before the last one was acknowledged');
    this.frame = frame;
    this.frames++;
    if (frame.whole) this.rows.clear();
    for (const ref of frame.removed) this.rows.delete(ref);
    for (const row of frame.rows) this.rows.set(row.ref, row);
    for (const span of frame.spans) this.spans.set(span.id, span);
    for (const [ref, object] of Object.entries(frame.objects)) this.objects.set(ref, object);
    for (const chunk of frame.logs) this.log.push(...chunk.lines.map((line) => line.text));
    this.folded = frame.folded;
    this.steps = frame.steps ?? this.steps;
    this.components = frame.components ?? this.components;
    this.pod = frame.pod ?? this.pod;
    this.workings = frame.workings ?? this.workings;
    if (this.busy) this.#waiting.push(frame.seq);
    else this.#acknowledge(frame.seq);
  }

  #acknowledge(seq: number): void {
    this.#unseen--;
    this.#toEngine({ id: this.#nextId++, ask: { type: 'frame-seen', seq } });
  }
}

function nonZero(totals: Readonly<Record<string, number>>): unknown {
  return Object.fromEntries(Object.entries(totals).filter(([, n]) => n !== 0));
}
