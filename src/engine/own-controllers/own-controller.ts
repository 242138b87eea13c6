/**
 * A reader's controller as a component: by its name it is stopped and started, and when its program is
 * ended (an endless loop, too much memory) it starts again after a back-off, as a container would.
 */
import { accountGroups, accountUserName } from '../../api/meta/service-account-names.ts';
import type { Timer } from '../../kernel/event-queue.ts';
import type {
  ControllerCommand,
  OwnControllerRow,
  OwnControllerState,
  OwnLogLine,
} from '../../port/protocol-own.ts';
import type { ApiServer } from '../apiserver/server.ts';
import { Client } from '../client/typed-client.ts';
import type { Component } from '../components.ts';
import { checkDeclaration, type OwnDeclaration } from './declaration.ts';
import { OwnProcess } from './own-process.ts';
import type { Sandbox, SandboxLimits, SandboxMaker, SandboxWorld } from './sandbox.ts';

/** Room for a few thousand objects; a turn may take a good part of a second. */
const LIMITS: SandboxLimits = {
  memoryBytes: 32 * 2 ** 20,
  // Deeper than this, and how deep the machine's own stack is would decide.
  stackBytes: 48 * 2 ** 10,
  turnTicks: 1_000,
};

/** As the kubelet restarts containers: 10 s doubling to five minutes, forgotten after ten. */
const BACKOFF_US = 10_000_000;
const BACKOFF_MAX_US = 300_000_000;
const FORGIVEN_US = 600_000_000;
/** Lines of one turn of its own; a loop that only logs would push out all else. */
const MAX_LINES = 200;

type AddLine = (line: Omit<OwnLogLine, 'seq'>) => void;

/** A program that has been read and may be started. */
export interface Prepared {
  readonly sandbox: Sandbox;
  readonly declaration: OwnDeclaration;
}

export class OwnController implements Component {
  readonly command: ControllerCommand;
  readonly #server: ApiServer;
  readonly #make: SandboxMaker;
  readonly #addLine: AddLine;
  #prepared: Prepared | null;
  #process: OwnProcess | null = null;
  #state: OwnControllerState = 'stopped';
  #message = '';
  #restarts = 0;
  #crashes = 0;
  #startedAt = 0;
  #again: Timer | null = null;
  #done = 0;
  #failed = 0;
  #lines = { at: 0, count: 0 };

  /** Throws ProgramError when the program cannot be used. */
  constructor(server: ApiServer, make: SandboxMaker, command: ControllerCommand, add: AddLine) {
    this.#server = server;
    this.#make = make;
    this.#addLine = add;
    this.command = command;
    this.#prepared = this.#prepare();
  }

  get name(): string {
    return this.command.name;
  }

  get running(): boolean {
    return this.#state !== 'stopped';
  }

  get queue(): number {
    return this.#process?.queue ?? 0;
  }

  get detail(): Readonly<Record<string, number | string>> {
    const { busy = 0, current = '' } = this.#process ?? {};
    // The page knows by the account whose controller it is.
    return { busy, current, account: this.command.serviceAccount };
  }

  get row(): OwnControllerRow {
    const { name, language, source, serviceAccount } = this.command;
    return {
      name,
      language,
      source,
      serviceAccount,
      state: this.#state,
      message: this.#message,
      restarts: this.#restarts,
      queue: this.queue,
      done: this.#done,
      failed: this.#failed,
    };
  }

  start(): void {
    if (this.running) return;
    this.#crashes = 0;
    this.#begin();
  }

  stop(): void {
    this.#end();
    if (this.#again) this.#server.kernel.cancel(this.#again);
    this.#again = null;
    this.#state = 'stopped';
    this.#message = '';
  }

  /** Puts back what was made and never started. */
  dispose(): void {
    this.stop();
    this.#prepared?.sandbox.dispose();
    this.#prepared = null;
  }

  #end(): void {
    this.#process?.stop();
    this.#process = null;
  }

  #begin(): void {
    this.#state = 'starting';
    this.#message = '';
    this.#startedAt = this.#server.kernel.now;
    try {
      const { sandbox, declaration } = this.#prepared ?? this.#prepare();
      this.#prepared = null;
      this.#process = new OwnProcess(this.#client(), sandbox, declaration, {
        log: (level, text, line) => this.#log(level, text, line),
        waits: (message) => {
          this.#state = message === '' ? 'running' : 'starting';
          this.#message = message;
        },
        crashed: (message) => this.#onCrash(message),
        outdated: () => {
          this.#end();
          this.#begin();
        },
        ended: (well) => {
          if (well) this.#done++;
          else this.#failed++;
        },
      });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'ProgramError') throw error;
      this.#onCrash(error.message);
    }
  }

  #onCrash(message: string): void {
    if (this.#state === 'crashed' || this.#state === 'stopped') return;
    const { kernel } = this.#server;
    this.#log('error', `the program was ended: ${message}`, undefined);
    this.#end();
    this.#state = 'crashed';
    this.#message = message;
    if (kernel.now - this.#startedAt > FORGIVEN_US) this.#crashes = 0;
    const us = Math.min(BACKOFF_US * 2 ** Math.min(this.#crashes++, 10), BACKOFF_MAX_US);
    // What crashes again and again keeps nobody from calling the cluster at rest.
    const periodic = this.#crashes > 2;
    this.#again = kernel.after(us, () => this.#restart(), { scope: null, periodic, cause: 0 });
  }

  #restart(): void {
    this.#again = null;
    this.#restarts++;
    this.#begin();
  }

  #prepare(): Prepared {
    const { kernel } = this.#server;
    const world: SandboxWorld = {
      nowMs: () => kernel.nowMs,
      seed: kernel.rng(`own-controller/${this.name}`).uint32(),
      log: (level, text, line) => this.#log(level, text, line),
      note: (wanted, seen) => this.#process?.note(wanted, seen),
      event: (input) => this.#process?.event(input),
    };
    const sandbox = this.#make(this.command, LIMITS, world);
    try {
      return { sandbox, declaration: checkDeclaration(sandbox.declaration) };
    } catch (error) {
      sandbox.dispose();
      throw error;
    }
  }

  #client(): Client {
    const [namespace = '', account = ''] = this.command.serviceAccount.split('/');
    const groups = [...accountGroups(namespace), 'system:authenticated'];
    const user = { name: accountUserName(namespace, account), groups };
    return new Client(this.#server, { user, agent: this.name, actor: this.name });
  }

  #log(level: OwnLogLine['level'], text: string, line: number | undefined): void {
    const { now } = this.#server.kernel;
    if (this.#lines.at !== now) this.#lines = { at: now, count: 0 };
    if (++this.#lines.count > MAX_LINES) return;
    const isLast = this.#lines.count === MAX_LINES;
    this.#addLine({
      at: now,
      controller: this.name,
      level: isLast ? 'warning' : level,
      text: isLast ? 'more lines than can be shown; the rest of this moment is left out' : text,
      key: this.#process?.current ?? '',
      ...(line === undefined || isLast ? {} : { line }),
    });
  }
}
