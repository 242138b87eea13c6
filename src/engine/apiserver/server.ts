/**
 * kube-apiserver: the one pipeline for every caller, and the only component that reaches etcd.
 *
 *   authn → authz → mutating admission → decode and default → validation → admission → etcd → watch
 *
 * Models:     k8s.io/apiserver pkg/endpoints/handlers, pkg/registry/generic/registry/store.go (v1.36)
 * Simplified: one instance
 *
 * 1. A request takes simulated time; what it does to the store happens at one instant (`execute`).
 * 2. Objects leave frozen and shared; managedFields are added only for REST clients.
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Rng } from '../../kernel/rng.ts';
import { oneText } from '../../kernel/texts.ts';
import type { Span } from '../../kernel/trace.ts';
import type { AnyKind, ServerPlugin } from '../../api/meta/define-kind.ts';
import { deepFreeze } from '../../api/meta/json.ts';
import type { NodeDial } from '../../api/meta/node-dial.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { ServiceAnswer } from '../../api/meta/service-call.ts';
import { ApiError, methodNotSupported, plainError } from '../../api/meta/status.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { type KeyValue, Store, type StoreEvent } from '../etcd/store.ts';
import type { Answer, Call, ObjectAnswer } from './call.ts';
import { keepCompanions } from './companions.ts';
import { CustomKinds } from './custom-kinds.ts';
import { Expiry } from './expiry.ts';
import { type ApiLatencies, DEFAULT_LATENCIES } from './latency.ts';
import { connect, readList, readOne } from './read.ts';
import { removeCollection, removeOne } from './remove.ts';
import { PluginTable } from './admission-plugins.ts';
import { type Access, ANYTHING_GOES, authorize } from './authorize.ts';
import { bucketOf, Registry, storagePrefix } from './resource.ts';
import type { OpenApiDocuments } from './rest/openapi-texts.ts';
import { type Reach, withAnswers } from './service-calls.ts';
import type { Stored } from './stored.ts';
import { Broadcast } from './broadcast.ts';
import { WatchHub } from './watch.ts';
import { createObject, patchObject, runAction, updateObject } from './write.ts';

export interface ApiServerConfig {
  readonly kinds: readonly AnyKind[];
  readonly latencies?: ApiLatencies;
  /** Plugins that concern many kinds. */
  readonly plugins?: readonly ServerPlugin[];
  /** Names of plugins, in the order in which they are asked. */
  readonly pluginOrder?: readonly string[];
  /** Makes what decides who may do what; without it everybody may do everything. */
  readonly access?: (server: ApiServer) => Access;
  /** Freeze what is stored: development and tests. */
  readonly freeze: boolean;
  /** OpenAPI documents of the built-in groups; null while they are not loaded. */
  readonly openapi?: () => OpenApiDocuments | null;
  /** Reaches programs in Pods; without it admission asks nobody. */
  readonly reach?: Reach;
  /** Reaches the kubelets of nodes; without it nobody answers there. */
  readonly dial?: NodeDial;
}

/** The API server does not answer: it is stopped. What a client sees as a refused connection. */
export class ConnectionRefused extends Error {
  override readonly name = 'ConnectionRefused';
}

/** Seconds of history that stay readable: `--etcd-compaction-interval` is five minutes. */
const COMPACTION_INTERVAL_US = 300_000_000;

const NAME = 'kube-apiserver';

/** The etcd client tries reads again for so long (retry_interceptor.go: 100 times 25 ms). */
const STORAGE_RETRIES_US = 2_500_000;

/** Nobody listens where etcd should: the words of its client. */
function* noStorage(write: boolean): Proc {
  if (!write) yield STORAGE_RETRIES_US;
  throw plainError(
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while ' +
      'dialing: dial tcp 127.0.0.1:2379: connect: connection refused"',
  );
}

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

const NO_OBJECTS: readonly KubeObject[] = [];

const ALPHANUMERIC = 'bcdfghjklmnpqrstvwxz2456789'; // apimachinery util/rand: no vowels, no look-alikes
const HEX = '0123456789abcdef';

export class ApiServer {
  readonly kernel: Kernel;
  readonly registry: Registry;
  readonly store: Store<Stored>;
  readonly watches: WatchHub;
  /** Watches of REST clients. */
  readonly broadcast: Broadcast;
  readonly freeze: boolean;
  readonly openapi: ApiServerConfig['openapi'];
  readonly dial: NodeDial;
  readonly #reach: Reach;
  readonly #asksFor: readonly { readonly group: string; readonly plural: string }[];
  readonly plugins: PluginTable;
  readonly access: Access;
  #scope: Scope = { name: NAME, alive: true };
  /** The process whose own work has been set going. */
  #started: Scope | null = null;
  readonly latencies: ApiLatencies;
  #rng: Rng;
  #names: Rng;
  #delay: Rng;
  #expiry: Expiry;
  readonly #customKinds: CustomKinds;
  /** etcd answers. */
  storageUp = true;
  /** Requests between arrival and answer. */
  inFlight = 0;
  /** Requests answered so far. */
  served = 0;
  /** Objects of lists of pairs: etcd answers the same list until something in it changes. */
  readonly #objects = new WeakMap<readonly KeyValue<Stored>[], readonly KubeObject[]>();
  /** Told of every committed event: the page's own eyes, outside of the simulation. */
  onCommit: ((event: StoreEvent<Stored>) => void) | null = null;

  constructor(kernel: Kernel, config: ApiServerConfig) {
    this.kernel = kernel;
    this.registry = new Registry(config.kinds);
    this.store = new Store<Stored>(bucketOf);
    this.latencies = config.latencies ?? DEFAULT_LATENCIES;
    this.watches = new WatchHub(kernel, this.registry, this.store, this.latencies.watch);
    this.broadcast = new Broadcast(kernel, this.registry, this.store, this.latencies.watch.p50);
    this.freeze = config.freeze;
    this.openapi = config.openapi;
    this.dial = config.dial ?? (() => null);
    this.#reach = config.reach ?? nobody;
    this.#asksFor = (config.reach && config.plugins ? config.plugins : []).flatMap(
      ({ asksFor }) => asksFor ?? [],
    );
    this.plugins = new PluginTable(config.plugins ?? [], config.pluginOrder ?? []);
    this.access = config.access?.(this) ?? ANYTHING_GOES;
    this.#rng = kernel.rng('apiserver/uid');
    this.#names = kernel.rng('apiserver/names');
    this.#delay = kernel.rng('apiserver/latency');
    this.#expiry = new Expiry(this);
    this.#customKinds = new CustomKinds(this.registry, this.watches);
    this.store.onEvent = (event) => {
      const { kv, previous, type } = event;
      this.access.onChange(kv.bucket, type === 'PUT' ? kv.value : null, previous?.value ?? null);
      this.watches.dispatch(event);
      this.broadcast.dispatch(event);
      this.#expiry.onEvent(event);
      this.#customKinds.onEvent(event);
      this.onCommit?.(event);
      keepCompanions(this, event);
    };
  }

  get scope(): Scope {
    return this.#scope;
  }

  /** Starts what the server does by itself: compaction. */
  start(): void {
    // What a process that was stopped had set going does not come back.
    if (!this.#scope.alive) this.#scope = { name: NAME, alive: true };
    if (this.#started === this.#scope) return;
    this.#started = this.#scope;
    let compactTo = this.store.revision;
    const tick = (): void => {
      this.store.compact(compactTo);
      compactTo = this.store.revision;
      this.kernel.after(COMPACTION_INTERVAL_US, tick, {
        periodic: true,
        cause: 0,
        scope: this.scope,
      });
    };
    this.kernel.after(COMPACTION_INTERVAL_US, tick, {
      periodic: true,
      cause: 0,
      scope: this.scope,
    });
  }

  /** Ends it: requests are refused, watches broken. etcd keeps what it has. */
  stop(): void {
    this.scope.alive = false;
    this.watches.closeAll();
    this.broadcast.closeAll();
  }

  /** RFC 3339 text of now. */
  get nowText(): string {
    return rfc3339(this.kernel.nowMs);
  }

  /** All stored objects of a resource; '' = in all namespaces. Frozen and shared. */
  objects(group: string, plural: string, namespace: string): readonly KubeObject[] {
    const resource = this.registry.find(group, '', plural);
    if (!resource || this.store.isEmpty(resource.prefix)) return NO_OBJECTS;
    const pairs = this.store.range(storagePrefix(resource, namespace));
    let objects = this.#objects.get(pairs);
    if (!objects) this.#objects.set(pairs, (objects = pairs.map((kv) => kv.value.object)));
    return objects;
  }

  newUid(): string {
    const r = this.#rng;
    const a = hex8(r.uint32());
    const b = hex8(r.uint32());
    const c = hex8(r.uint32());
    const d = hex8(r.uint32());
    const variant = HEX[8 + (r.uint32() & 3)];
    // Joined, not added: a sum keeps its summands, and these are kept by the thousand.
    const last = `${variant}${c.slice(1, 4)}`;
    return [a, b.slice(0, 4), `4${b.slice(5)}`, last, c.slice(4) + d].join('-');
  }

  /** Suffix of generated names. */
  randomName = (length: number): string => this.#names.text(length, ALPHANUMERIC);

  finish<T extends KubeObject>(object: T): T {
    return this.freeze ? deepFreeze(object) : object;
  }

  /** Sends |call| and waits for the answer. */
  call(call: Call): Proc<Answer> {
    return this.#exchange(call, false) as Proc<Answer>;
  }

  /** The same for a call that is answered with an object: that object. */
  objectCall(call: Call): Proc<KubeObject> {
    return this.#exchange(call, true) as Proc<KubeObject>;
  }

  /** The span of the request is the cause of whatever its write sets going. */
  *#exchange(call: Call, unwrap: boolean): Proc<Answer | KubeObject> {
    const { kernel } = this;
    const write = WRITES.has(call.verb);
    if (call.caller.outside === true && !write && !doesSomething(call)) {
      return yield* this.#outsideRead(call);
    }
    // Filled in at commit: one object a request.
    const detail: Record<string, unknown> = {
      user: call.caller.user.name,
      agent: call.caller.agent,
      resource: call.resource.plural,
    };
    const span = kernel.begin({
      kind: 'request',
      name: spanName(call),
      from: call.caller.actor,
      to: 'kube-apiserver',
      object: refOf(call),
      detail,
    });
    yield this.#delay.latency(this.latencies.network);
    if (!this.scope.alive) {
      kernel.end(span, { detail: { code: 0, message: 'connection refused' } });
      throw new ConnectionRefused('connect: connection refused');
    }
    this.inFlight++;
    try {
      if (!this.storageUp) yield* noStorage(write);
      if (write) {
        yield this.#delay.latency(this.latencies.process);
        const txn = kernel.trace.begin(kernel.now, span.id, {
          kind: 'etcd',
          name: 'txn',
          from: 'kube-apiserver',
          to: 'etcd',
          object: span.object,
        });
        yield this.#delay.latency(this.latencies.commit);
        kernel.end(txn);
      } else {
        yield this.#delay.latency(this.latencies.read);
      }
      const answer = this.#mayAsk(call)
        ? yield* this.#executeAsking(call, span.id)
        : this.execute(call, span.id);
      this.served++;
      // Known from here on: watchers may hear of it before the client has its answer.
      noteAnswer(span, detail, call, answer);
      kernel.trace.learn(span);
      yield this.#delay.latency(this.latencies.network);
      kernel.end(span);
      return unwrap ? (answer as ObjectAnswer).object : answer;
    } catch (error) {
      if (error instanceof ApiError) {
        yield this.#delay.latency(this.latencies.network);
        kernel.end(span, { detail: { code: error.code, message: error.message } });
      }
      throw error;
    } finally {
      this.inFlight--;
    }
  }

  /** Takes as long as reads usually do, and sees what is there at the end of it. */
  *#outsideRead(call: Call): Proc<Answer> {
    const { network, read } = this.latencies;
    yield network.p50 + read.p50 + network.p50;
    if (!this.storageUp) yield* noStorage(false);
    if (!this.scope.alive) throw new ConnectionRefused('connect: connection refused');
    this.served++;
    return this.execute(call, 0);
  }

  /** Whether it may take an answer from a program in a Pod. */
  #mayAsk({ forward }: Call): boolean {
    if (forward) return true;
    return this.#asksFor.some(({ group, plural }) => this.objects(group, plural, '').length > 0);
  }

  /** The pipeline, with what admission has to ask of programs in Pods. */
  *#executeAsking(call: Call, span: number): Proc<Answer> {
    const uids = this.#rng.save();
    const names = this.#names.save();
    const execute = (asking: Call): Answer => {
      if (!this.scope.alive) throw new ConnectionRefused('connect: connection refused');
      return this.execute(asking, span);
    };
    return yield* withAnswers(this.kernel, this.#reach, call, execute, () => {
      this.#rng.restore(uids);
      this.#names.restore(names);
    });
  }

  /** The pipeline itself, at one instant. |span| is recorded as the cause of the write. */
  execute(call: Call, span: number): Answer {
    if (call.authorized !== true) authorize(this.access, call);
    if (call.resource.kind.connects?.[call.subresource]) return connect(this, call);
    switch (call.verb) {
      case 'get':
        return readOne(this, call);
      case 'list':
        return readList(this, call);
      case 'create':
        return call.subresource !== ''
          ? runAction(this, call, span)
          : createObject(this, call, span);
      case 'update':
        return updateObject(this, call, span);
      case 'patch':
        return patchObject(this, call, span);
      case 'delete':
        return removeOne(this, call, span);
      case 'deletecollection':
        return removeCollection(this, call, span);
      case 'watch':
        if (!call.openWatch) throw methodNotSupported(call.resource, 'watch');
        return call.openWatch();
    }
  }
}

function* nobody(): Proc<ServiceAnswer> {
  return { failure: 'unreachable' };
}

/** A connection into a Pod, by whatever method, may change what programs do. */
function doesSomething({ resource, subresource }: Call): boolean {
  const rules = resource.kind.connects?.[subresource];
  return rules !== undefined && rules.isRead !== true;
}

function spanName(call: Call): string {
  if (call.viaWatch) return 'watch';
  return call.subresource === '' ? call.verb : oneText(`${call.verb} ${call.subresource}`);
}

function refOf(call: Call): string {
  // What a client sent, before anybody has looked whether it is what it should be.
  const body = call.body as { metadata?: { name?: unknown; generateName?: unknown } } | undefined;
  const named = body?.metadata?.name || body?.metadata?.generateName;
  const name = call.name || (typeof named === 'string' ? named : '');
  return `${call.resource.kind.kind}/${call.namespace}/${name}`;
}

/** What the trace shows of an answer: its code, and what it is about. */
function noteAnswer(span: Span, detail: Record<string, unknown>, call: Call, answer: Answer): void {
  if (!('object' in answer)) {
    detail['code'] = 'code' in answer ? answer.code : 200;
    if ('items' in answer) detail['items'] = answer.items.length;
    return;
  }
  // What a client would see of a stored object is not made for the trace alone.
  const object = answer.stored?.object ?? answer.object;
  detail['code'] = answer.code;
  if (answer.revision !== undefined) {
    span.revision = answer.revision;
    return;
  }
  if (object.kind === 'Status' || !object.metadata?.name) return;
  const { namespace = '', name, resourceVersion } = object.metadata;
  // What a subresource answers with (a Scale, say) is a view of the object it belongs to.
  const isNamed = name === call.name && namespace === call.namespace;
  if (!isNamed || (call.subresource === '' && object.kind !== call.resource.kind.kind)) {
    span.object = `${object.kind}/${namespace}/${name}`;
  }
  const revision = Number(resourceVersion ?? 0);
  span.revision = Number.isFinite(revision) ? revision : 0;
}

/** Two hexadecimal digits of every byte: V8 makes radix texts slowly. */
const BYTES = Array.from({ length: 256 }, (_, n) => n.toString(16).padStart(2, '0'));

function hex8(n: number): string {
  return (
    (BYTES[n >>> 24] as string) +
    (BYTES[(n >>> 16) & 255] as string) +
    (BYTES[(n >>> 8) & 255] as string) +
    (BYTES[n & 255] as string)
  );
}
