/**
 * One start of a reader's controller: it waits until its kinds are there and may be watched, fills its
 * caches and reconciles, by the same runner as our own controllers. The program itself runs in a
 * sandbox; what it asks of the API takes simulated time and its service account's rights.
 *
 * Models:     sigs.k8s.io/controller-runtime pkg/manager, pkg/builder, pkg/internal/controller
 * Watches:    what the program says
 * Writes:     what the program asks, and Events of its
 * Simplified: one reconcile at a time (MaxConcurrentReconciles 1); `client.get` asks the server, not
 *             the cache; no leader election; a refused watch is tried again after 5 s at most
 */
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { keyOf, type KubeObject, type ObjectKey } from '../../api/meta/object.ts';
import { Event } from '../../api/kinds/event.ts';
import { isApiError, type ApiError } from '../../api/meta/status.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { type Proc, sleep, wait } from '../../kernel/process.ts';
import { Channel } from '../../kernel/wait.ts';
import {
  type ControllerContext,
  ControllerRunner,
  defineController,
  Retry,
  type WatchedKind,
} from '../client/controller.ts';
import { EventRecorder } from '../client/events.ts';
import { Informers } from '../client/informer.ts';
import { rest } from '../client/rest-client.ts';
import type { Client } from '../client/typed-client.ts';
import { kindText, type OwnDeclaration } from './declaration.ts';
import { RateLimit } from './rate-limit.ts';
import { eventFor, requeueOf, wokenKeys } from './results.ts';
import { requestFor, resultOf } from './requests.ts';
import { type Exchange, ProgramError, type Sandbox, SandboxCrash, type Turn } from './sandbox.ts';

export interface ProcessHooks {
  log(level: 'info' | 'warning' | 'error', text: string, line?: number): void;
  /** What it waits for; '' = it runs. */
  waits(message: string): void;
  crashed(message: string): void;
  /** Its kinds are others now: it has to be started anew. */
  outdated(): void;
  ended(well: boolean): void;
}

/** A program takes time as every program does: a turn, and every tick of it. */
const TURN_US = 100;
const TICK_US = 500;
/** Client libraries read the list of kinds anew before they believe it. */
const DISCOVERY_US = 50_000;
/** Reflector back-off: 800 ms doubling (client-go tools/cache reflector.go), there to 30 s. */
const REFUSED_US = 800_000;
const REFUSED_MAX_US = 5_000_000;
/** Refusals after which waiting is no news: the cluster counts as at rest. */
const REFUSALS_OF_NOTE = 4;
/** Requests that may be under way at once in one reconcile, and in all of one. */
const MAX_OPEN = 100;
const MAX_REQUESTS = 2_000;
/** Reconciles without a write after which coming back is a habit: the cluster counts as at rest. */
const IDLE_ROUNDS = 2;

interface Answered {
  readonly exchange: Exchange;
  readonly ok: boolean;
  readonly text: string;
}

export class OwnProcess {
  readonly #client: Client;
  readonly #kernel: Kernel;
  readonly #sandbox: Sandbox;
  readonly #declaration: OwnDeclaration;
  readonly #hooks: ProcessHooks;
  readonly #scope: Scope;
  readonly #limit = new RateLimit();
  readonly #forgetKinds: () => void;
  #informers: Informers | null = null;
  #runner: ControllerRunner | null = null;
  #context: ControllerContext | null = null;
  #kinds: readonly AnyKind[] = [];
  #refusals = 0;
  #complaint = '';
  /** Reconciles of a key, one after the other, that wrote nothing. */
  readonly #idle = new Map<ObjectKey, number>();

  constructor(client: Client, sandbox: Sandbox, declaration: OwnDeclaration, hooks: ProcessHooks) {
    this.#client = client;
    this.#kernel = client.server.kernel;
    this.#sandbox = sandbox;
    this.#declaration = declaration;
    this.#hooks = hooks;
    this.#scope = { name: client.caller.actor, alive: true };
    this.#forgetKinds = client.onKinds(() => this.#soon(DISCOVERY_US, false));
    this.#soon(0, false);
  }

  get queue(): number {
    return this.#runner?.queueLength ?? 0;
  }

  get busy(): number {
    return this.#runner?.busy ?? 0;
  }

  /** What is being reconciled; '' for nothing. */
  get current(): string {
    return this.busy > 0 ? (this.#runner?.current ?? '') : '';
  }

  stop(): void {
    this.#scope.alive = false;
    this.#forgetKinds();
    this.#informers?.stop();
    this.#sandbox.dispose();
  }

  note(wanted: string, seen: string): void {
    this.#context?.note(wanted, seen);
  }

  event(input: unknown): void {
    const event = eventFor(input);
    if (typeof event === 'string') this.#hooks.log('warning', event);
    else this.#context?.events.record(event.object, event.input);
  }

  #soon(us: number, periodic: boolean): void {
    const options = { scope: this.#scope, periodic, cause: 0 };
    this.#kernel.after(us, () => this.#look(), options);
  }

  /** Starts what can be started, and what has to be started again. */
  #look(): void {
    const isServed = (kind: AnyKind): boolean => this.#client.server.registry.serves(kind);
    if (this.#runner && this.#kinds.every(isServed)) return;
    // A definition is gone or says otherwise: what is cached means nothing any more.
    if (this.#runner) return this.#hooks.outdated();
    const { primary, owns, watches } = this.#declaration;
    const names = [primary, ...owns, ...watches.map(({ kind }) => kind)];
    const kinds = names.map(({ apiVersion, kind }) => this.#client.kindOf(apiVersion, kind));
    const missing = names.find((_, i) => kinds[i] === undefined);
    if (missing)
      return this.#wait(`no matches for kind "${kindText(missing)}"; it has to be installed`);
    this.#kinds = kinds as readonly AnyKind[];
    try {
      for (const kind of this.#kinds) this.#client.checkWatch(kind);
    } catch (error) {
      if (!isApiError(error)) throw error;
      return this.#onRefused(error);
    }
    this.#run(this.#kinds);
  }

  #wait(message: string): void {
    this.#hooks.waits(message);
    if (this.#complaint !== message) this.#hooks.log('warning', `waiting: ${message}`);
    this.#complaint = message;
  }

  #onRefused(error: ApiError): void {
    this.#wait(error.message);
    const us = Math.min(REFUSED_US * 2 ** Math.min(this.#refusals, 10), REFUSED_MAX_US);
    this.#soon(us, ++this.#refusals > REFUSALS_OF_NOTE);
  }

  #run(kinds: readonly AnyKind[]): void {
    const kernel = this.#kernel;
    const informers = new Informers(this.#client, this.#scope);
    const runner = kernel.with(0, false, this.#scope, () => this.#runnerFor(kinds, informers));
    this.#informers = informers;
    this.#runner = runner;
    kernel.with(0, false, this.#scope, () => {
      informers.start();
      runner.start();
      informers.whenSynced(() => {
        // It may have been ended by what it was told while the caches filled.
        if (!this.#scope.alive) return;
        this.#complaint = '';
        this.#hooks.waits('');
      });
    });
  }

  #runnerFor(kinds: readonly AnyKind[], informers: Informers): ControllerRunner {
    const { owns, watches } = this.#declaration;
    const [primary, ...others] = kinds as readonly [AnyKind, ...AnyKind[]];
    const name = this.#client.caller.actor;
    const definition = defineController<KubeObject>({
      name,
      primary,
      workers: 1,
      owns: others.slice(0, owns.length),
      watches: watches.map(({ maps }, i): WatchedKind => {
        const kind = others[owns.length + i] as AnyKind;
        return {
          kind,
          keys: (object, old) =>
            maps ? this.#woken(i, object, old) : [...informers.for(primary).all()].map(keyOf),
        };
      }),
      start: (context) => {
        this.#context = context;
      },
      reconcile: (key, context) => this.#reconcile(key, context, primary),
    });
    const events = new EventRecorder(this.#client, Event, this.#scope, { component: name });
    return new ControllerRunner(
      definition,
      this.#kernel,
      this.#client,
      informers,
      events,
      this.#scope,
    );
  }

  /** Keys that a change of |object| wakes; what the program does wrong there wakes nothing. */
  #woken(watch: number, object: KubeObject, old: KubeObject | null): readonly ObjectKey[] {
    if (!this.#scope.alive) return [];
    try {
      const keys = new Set<ObjectKey>();
      for (const seen of old ? [old, object] : [object]) {
        for (const key of wokenKeys(this.#sandbox.wakes(watch, seen))) keys.add(key);
      }
      return [...keys];
    } catch (error) {
      if (error instanceof SandboxCrash) this.#hooks.crashed(error.message);
      else if (error instanceof ProgramError) {
        this.#hooks.log('error', `in "wakes": ${error.message}`, error.line);
      } else throw error;
      return [];
    }
  }

  *#reconcile(key: ObjectKey, context: ControllerContext, primary: AnyKind): Proc {
    const slash = key.indexOf('/');
    const namespace = primary.namespaced ? key.slice(0, slash) : '';
    const request = { namespace, name: primary.namespaced ? key.slice(slash + 1) : key };
    let wrote = false;
    let value: unknown;
    try {
      const answers = new Channel<Answered>(MAX_OPEN);
      let turn = this.#sandbox.begin(request);
      for (let open = 0, sent = 0, isEnded = false; ; ) {
        yield* sleep(TURN_US + turn.ticks * TICK_US);
        open += turn.exchanges.length;
        sent += turn.exchanges.length;
        if (open > MAX_OPEN || sent > MAX_REQUESTS) throw new Retry(tooMany(open));
        for (const exchange of turn.exchanges) {
          if (exchange.verb !== 'get' && exchange.verb !== 'list') wrote = true;
          this.#kernel.spawn(exchange.verb, this.#send(exchange, answers));
        }
        if (turn.ended && !isEnded) {
          isEnded = true;
          if (open > 0) this.#hooks.log('warning', notAwaited(open));
          value = this.#valueOf(turn);
        }
        if (open === 0) {
          if (isEnded) break;
          throw new Retry('reconcile waits for something that never comes');
        }
        const { exchange, ok, text } = (yield* wait(answers)) as Answered;
        open--;
        turn = this.#sandbox.answer(exchange.id, ok, text);
      }
    } catch (error) {
      this.#hooks.ended(false);
      this.#fail(error);
    }
    this.#hooks.ended(true);
    this.#requeue(key, value, wrote, context);
  }

  /** Every failure comes back after its back-off; what nobody foresaw stops the run. */
  #fail(error: unknown): never {
    if (error instanceof SandboxCrash) {
      this.#hooks.crashed(error.message);
      throw new Retry(error.message);
    }
    if (!(error instanceof Retry) && !(error instanceof ProgramError)) throw error;
    const line = error instanceof ProgramError ? error.line : undefined;
    this.#hooks.log('error', error.message, line);
    throw new Retry(error.message);
  }

  #valueOf({ ended }: Turn): unknown {
    if (!ended) return undefined;
    if ('value' in ended) return ended.value;
    throw new ProgramError(ended.error.message, ended.error.line);
  }

  #requeue(key: ObjectKey, value: unknown, wrote: boolean, context: ControllerContext): void {
    const after = requeueOf(value);
    if (typeof after === 'string') this.#hooks.log('warning', after);
    const rounds = wrote ? 0 : (this.#idle.get(key) ?? 0) + 1;
    if (typeof after !== 'number') {
      this.#idle.delete(key);
      return;
    }
    this.#idle.set(key, rounds);
    context.queue.addAfter(key, after, rounds >= IDLE_ROUNDS);
  }

  *#send(exchange: Exchange, answers: Channel<Answered>): Proc {
    const pause = this.#limit.take(this.#kernel.now);
    if (pause > 0) yield* sleep(pause);
    const { actor } = this.#client.caller;
    const request = requestFor(
      exchange,
      ({ apiVersion, kind }) =>
        this.#client.server.registry.ofKind(apiVersion, kind)?.kind as AnyKind | undefined,
      actor,
    );
    if (request instanceof Error) {
      answers.push({ exchange, ok: false, text: JSON.stringify(request.status) });
      return;
    }
    const { code, text, warnings } = yield* rest(this.#client, request);
    for (const warning of warnings) this.#hooks.log('warning', warning);
    // Whoever asks for one object asks whether it is there.
    if (code === 404 && exchange.verb === 'get') answers.push({ exchange, ok: true, text: 'null' });
    else if (code >= 400) answers.push({ exchange, ok: false, text });
    else answers.push({ exchange, ok: true, text: resultOf(exchange, text) });
  }
}

function tooMany(open: number): string {
  return open > MAX_OPEN
    ? `more than ${MAX_OPEN} requests under way at once`
    : `more than ${MAX_REQUESTS} requests in one reconcile`;
}

function notAwaited(open: number): string {
  return open === 1
    ? 'reconcile ended before a request that it did not await'
    : `reconcile ended before ${open} requests that it did not await`;
}
