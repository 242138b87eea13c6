/**
 * The runtime of controllers: informers feed a work queue, workers reconcile keys, a failed key comes
 * back after its back-off. A controller itself is one file with a pure middle.
 *
 * Models: the common skeleton of pkg/controller/* and sigs.k8s.io/controller-runtime
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Scope, Timer } from '../../kernel/event-queue.ts';
import type { Proc } from '../../kernel/process.ts';
import { EngineAssertion } from '../../kernel/assert.ts';
import type { AnyKind, Kind } from '../../api/meta/define-kind.ts';
import { keyFor, keyOf, type KubeObject, type ObjectKey } from '../../api/meta/object.ts';
import { ApiError } from '../../api/meta/status.ts';
import { ConnectionRefused } from '../apiserver/server.ts';
import type { EventRecorder } from './events.ts';
import { Expectations } from './expectations.ts';
import type { Informers } from './informer.ts';
import type { Client } from './typed-client.ts';
import { type RetryLimits, type WorkItem, WorkQueue } from './work-queue.ts';

/** What a reconcile works with. */
export interface ControllerContext {
  readonly kernel: Kernel;
  readonly client: Client;
  readonly informers: Informers;
  readonly events: EventRecorder;
  readonly queue: WorkQueue;
  readonly expectations: Expectations;
  readonly scope: Scope;
  /** From the cache. */
  get<T extends KubeObject>(kind: Kind<T>, key: ObjectKey): T | undefined;
  /** From the cache: objects whose controlling owner is |owner|, by key. */
  ownedBy<T extends KubeObject>(owner: KubeObject, kind: Kind<T>): ReadonlyMap<ObjectKey, T>;
  /** Shown in the "why" of the page: what is wanted beside what was seen, in few English words. */
  note(wanted: string, seen: string): void;
  /** A timer of this controller (its scope, its cause). */
  after(us: number, run: () => void, periodic?: boolean): Timer;
}

export interface WatchedKind<K extends KubeObject = KubeObject> {
  readonly kind: Kind<K>;
  /** Keys of the primary kind that a change of this object wakes. |old| is null for adds and deletes. */
  keys(object: K, old: K | null, context: ControllerContext): readonly ObjectKey[];
}

export interface ControllerDefinition<T extends KubeObject = KubeObject> {
  /** `replicaset-controller`: service account, event source, actor in the trace, name on the page. */
  readonly name: string;
  readonly primary: Kind<T>;
  /** A change of these wakes the primary object that controls them. */
  readonly owns?: readonly AnyKind[];
  readonly watches?: readonly WatchedKind[];
  /** Service account it acts as, when several controllers share one; default: the name. */
  readonly serviceAccount?: string;
  /** Acts as the process itself instead of as a service account. */
  readonly asManager?: boolean;
  /** source.component of its Events; default: the name. */
  readonly eventSource?: string;
  /** It adds its keys itself, in handlers of `start`: changes of the primary kind wake nothing. */
  readonly ownHandlers?: boolean;
  /** The object (`Kind/namespace/name`) that a key is about, for the trace; default: the primary kind's. */
  readonly refOf?: (key: ObjectKey) => string;
  /** Reconciles at once; upstream's --concurrent-*-syncs. */
  readonly workers?: number;
  /** Back-off of its queue, where it is not the usual one. */
  readonly retry?: RetryLimits;
  /** Handlers beyond waking keys (expectations), and loops of its own. Runs once at start. */
  start?(context: ControllerContext): void;
  reconcile(key: ObjectKey, context: ControllerContext): Proc;
}

export function defineController<T extends KubeObject>(
  definition: ControllerDefinition<T>,
): ControllerDefinition<T> {
  return definition;
}

const DEFAULT_WORKERS = 5;

export class ControllerRunner {
  readonly definition: ControllerDefinition;
  readonly queue: WorkQueue;
  #context: ControllerContext;
  #kernel: Kernel;
  #busy = 0;
  #ready = false;
  /** Key being reconciled last, for the page. */
  current = '';

  constructor(
    definition: ControllerDefinition,
    kernel: Kernel,
    client: Client,
    informers: Informers,
    events: EventRecorder,
    scope: Scope,
  ) {
    this.definition = definition;
    this.#kernel = kernel;
    this.queue = new WorkQueue(kernel, definition.retry);
    this.queue.onReady = () => this.#pump();
    this.#context = {
      kernel,
      client,
      informers,
      events,
      queue: this.queue,
      expectations: new Expectations(kernel),
      scope,
      get: (kind, key) => informers.for(kind).get(key),
      ownedBy: (owner, kind) => informers.for(kind).ownedBy(owner.metadata.uid),
      note: (wanted, seen) => {
        // The reconcile's span is the cause of whatever it does.
        const span = kernel.trace.get(kernel.cause);
        if (span) span.detail = { ...span.detail, wanted, seen };
      },
      after: (us, run, periodic) =>
        kernel.after(us, run, { scope, ...(periodic === undefined ? {} : { periodic }) }),
    };
    this.#wire(informers);
  }

  get queueLength(): number {
    return this.queue.length;
  }

  get busy(): number {
    return this.#busy;
  }

  /** Starts once the caches it needs are filled. */
  start(): void {
    this.definition.start?.(this.#context);
    this.#context.informers.whenSynced(() => {
      this.#ready = true;
      this.#pump();
    });
  }

  #wire(informers: Informers): void {
    const { definition, queue } = this;
    const primary = informers.for(definition.primary);
    if (!definition.ownHandlers) {
      primary.addHandler({
        onAdd: (o) => queue.add(keyOf(o)),
        onUpdate: (o) => queue.add(keyOf(o)),
        onDelete: (o) => queue.add(keyOf(o)),
      });
    }
    for (const kind of definition.owns ?? []) {
      const wake = (object: KubeObject): void => {
        const owner = object.metadata.ownerReferences?.find((r) => r.controller);
        if (owner?.kind !== definition.primary.kind) return;
        queue.add(keyFor(object.metadata.namespace, owner.name));
      };
      informers.for(kind).addHandler({
        onAdd: wake,
        onUpdate: (object, old) => {
          wake(object);
          if (controllerOf(old) !== controllerOf(object)) wake(old);
        },
        onDelete: wake,
      });
    }
    for (const watched of definition.watches ?? []) {
      const wake = (object: KubeObject, old: KubeObject | null): void => {
        for (const key of watched.keys(object, old, this.#context)) queue.add(key);
      };
      informers.for(watched.kind).addHandler({
        onAdd: (o) => wake(o, null),
        onUpdate: wake,
        onDelete: (o) => wake(o, null),
      });
    }
  }

  #pump(): void {
    if (!this.#ready) return;
    while (this.#busy < (this.definition.workers ?? DEFAULT_WORKERS)) {
      const item = this.queue.take();
      if (!item) return;
      this.#busy++;
      this.#begin(item);
    }
  }

  #begin(item: WorkItem): void {
    const { name, primary, refOf } = this.definition;
    const [parent = 0, ...also] = item.causes;
    const span = this.#kernel.trace.begin(this.#kernel.now, parent, {
      kind: 'work',
      name: 'reconcile',
      from: name,
      object: refOf?.(item.key) ?? refOfKey(primary, item.key),
      also,
      detail: { queuedMicros: this.#kernel.now - item.since },
    });
    this.#kernel.spawn(name, this.#work(item.key, span), {
      cause: span.id,
      periodic: item.periodic,
      scope: this.#context.scope,
    });
  }

  *#work(key: ObjectKey, span: ReturnType<Kernel['begin']>): Proc {
    this.current = key;
    let failure = '';
    try {
      yield* this.definition.reconcile(key, this.#context);
      this.queue.forget(key);
    } catch (error) {
      if (
        !(error instanceof ApiError) &&
        !(error instanceof ConnectionRefused) &&
        !(error instanceof Retry)
      ) {
        throw error instanceof EngineAssertion
          ? error
          : new EngineAssertion(`${this.definition.name} on ${key}: ${String(error)}`, {
              cause: error,
            });
      }
      failure = error.message;
      this.queue.addRateLimited(key);
    } finally {
      this.#busy--;
    }
    this.#kernel.end(span, failure === '' ? {} : { detail: { error: failure } });
    this.queue.done(key);
    this.#pump();
  }
}

/** Thrown by a reconcile that wants to be tried again after its back-off. */
export class Retry extends Error {
  override readonly name = 'Retry';
}

function controllerOf(object: KubeObject): string {
  return object.metadata.ownerReferences?.find((r) => r.controller)?.uid ?? '';
}

function refOfKey(kind: AnyKind, key: ObjectKey): string {
  return kind.namespaced ? `${kind.kind}/${key}` : `${kind.kind}//${key}`;
}
