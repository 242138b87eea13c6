/**
 * Watches: every committed event goes to those watchers whose selectors it concerns, each in order
 * and a little later than the commit. Watchers that select one value of a field (a kubelet: its
 * node's name) are found by that value, so one write costs the same however many nodes there are.
 *
 * Models:     k8s.io/apiserver pkg/storage/cacher (v1.36)
 * Simplified: bookmarks and initial events are left to the REST side
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import type { Latency, Rng } from '../../kernel/rng.ts';
import { keyOf, type KubeObject, type ObjectKey } from '../../api/meta/object.ts';
import { expired } from '../../api/meta/status.ts';
import { Compacted, type Store, type StoreEvent } from '../etcd/store.ts';
import type { Registry, Resource } from './resource.ts';
import type { Stored } from './stored.ts';

export type WatchType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchEvent {
  readonly type: WatchType;
  readonly object: KubeObject;
  readonly key: ObjectKey;
  readonly stored: Stored;
  readonly revision: number;
  /** Span of the delivery: the cause of what the receiver does about it. */
  readonly span: number;
}

export interface WatchRequest {
  readonly resource: Resource;
  readonly namespace: string;
  /** Exact value of one selectable field, found by index. */
  readonly field?: { readonly name: string; readonly value: string };
  /** Any further selection. */
  readonly matches?: (object: KubeObject) => boolean;
  /** Events after this revision are delivered. */
  readonly since: number;
  /** Who receives, in the trace; '' = deliveries are not traced (the page's own eyes). */
  readonly actor: string;
  readonly scope: Scope | null;
  readonly onEvent: (event: WatchEvent) => void;
  /** The server ended it (it was stopped): list and watch again. */
  readonly onClose?: () => void;
}

export class Watcher {
  readonly request: WatchRequest;
  closed = false;
  /** Nothing is delivered before what was sent earlier. */
  lastAt = Number.NEGATIVE_INFINITY;

  constructor(request: WatchRequest) {
    this.request = request;
  }
}

/** A committed event on its way to watchers: what is the same for all of them is made once. */
class News {
  readonly event: StoreEvent<Stored>;
  readonly resource: Resource;
  readonly key: ObjectKey;
  readonly ref: string;

  constructor(event: StoreEvent<Stored>, resource: Resource) {
    const { object } = event.kv.value;
    this.event = event;
    this.resource = resource;
    this.key = keyOf(object);
    this.ref = `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  }
}

/** Watchers of one resource. */
class Group {
  readonly all = new Set<Watcher>();
  /** Field name → value → watchers. */
  readonly byField = new Map<string, Map<string, Set<Watcher>>>();
}

export class WatchHub {
  #kernel: Kernel;
  #store: Store<Stored>;
  #latency: Latency;
  #rng: Rng;
  #groups = new Map<string, Group>();
  #registry: Registry;
  #count = 0;

  constructor(kernel: Kernel, registry: Registry, store: Store<Stored>, latency: Latency) {
    this.#kernel = kernel;
    this.#store = store;
    this.#latency = latency;
    this.#rng = kernel.rng('apiserver/watch');
    this.#registry = registry;
  }

  get count(): number {
    return this.#count;
  }

  /** Answers 410 Expired when |since| is too old. */
  open(request: WatchRequest): Watcher {
    const missed = this.#missed(request.since);
    const watcher = new Watcher(request);
    const group = this.#group(request.resource.prefix);
    if (request.field) {
      const { name, value } = request.field;
      let values = group.byField.get(name);
      if (!values) group.byField.set(name, (values = new Map()));
      let set = values.get(value);
      if (!set) values.set(value, (set = new Set()));
      set.add(watcher);
    } else {
      group.all.add(watcher);
    }
    this.#count++;
    for (const event of missed) {
      if (event.kv.bucket === request.resource.prefix)
        this.#offer(watcher, new News(event, request.resource));
    }
    return watcher;
  }

  #missed(since: number): readonly StoreEvent<Stored>[] {
    try {
      return this.#store.since(since);
    } catch (error) {
      if (!(error instanceof Compacted)) throw error;
      throw expired(`too old resource version: ${since} (${error.compactRevision})`);
    }
  }

  close(watcher: Watcher): void {
    if (watcher.closed) return;
    watcher.closed = true;
    this.#count--;
    const group = this.#group(watcher.request.resource.prefix);
    const { field } = watcher.request;
    if (field) group.byField.get(field.name)?.get(field.value)?.delete(watcher);
    else group.all.delete(watcher);
  }

  /** Ends all watches, or those of one resource. */
  closeAll(prefix?: string): void {
    const open: Watcher[] = [];
    for (const [name, group] of this.#groups) {
      if (prefix !== undefined && name !== prefix) continue;
      open.push(...group.all);
      for (const values of group.byField.values())
        for (const set of values.values()) open.push(...set);
    }
    for (const watcher of open) {
      this.close(watcher);
      const { onClose, scope } = watcher.request;
      if (onClose) this.#kernel.after(0, onClose, { scope, periodic: false });
    }
  }

  dispatch(event: StoreEvent<Stored>): void {
    const prefix = event.kv.bucket;
    const group = this.#groups.get(prefix);
    if (!group) return;
    const resource = this.#registry.ofPrefix(prefix);
    if (!resource) return;
    const news = new News(event, resource);
    for (const watcher of group.all) this.#offer(watcher, news);
    for (const [name, values] of group.byField) {
      const now = fieldOf(resource, event.kv.value.object, name);
      const before = event.previous ? fieldOf(resource, event.previous.value.object, name) : now;
      const set = values.get(now);
      if (set) for (const watcher of set) this.#offer(watcher, news);
      if (before === now) continue;
      const old = values.get(before);
      if (old) for (const watcher of old) this.#offer(watcher, news);
    }
  }

  #group(prefix: string): Group {
    let group = this.#groups.get(prefix);
    if (!group) this.#groups.set(prefix, (group = new Group()));
    return group;
  }

  /** Decides what the event is for this watcher, and sends it on its way. */
  #offer(watcher: Watcher, news: News): void {
    const { request } = watcher;
    const { event, resource } = news;
    const is = event.type === 'PUT' && selects(request, resource, event.kv.value.object);
    const was = event.previous !== null && selects(request, resource, event.previous.value.object);
    if (!is && !was) return;
    const type: WatchType = is ? (was ? 'MODIFIED' : 'ADDED') : 'DELETED';
    const kernel = this.#kernel;
    const { object } = event.kv.value;
    const periodic = resource.kind.heartbeat === true;
    const span =
      request.actor === ''
        ? null
        : kernel.trace.begin(kernel.now, event.span, {
            kind: 'watch',
            name: type,
            from: 'kube-apiserver',
            to: request.actor,
            object: news.ref,
            revision: event.revision,
          });
    const delay = this.#rng.latency(this.#latency);
    const at = Math.max(kernel.now + delay, watcher.lastAt + 1);
    watcher.lastAt = at;
    const cause = span?.id ?? event.span;
    kernel.schedule(
      at - kernel.now,
      () => {
        if (span) kernel.end(span);
        if (watcher.closed) return;
        request.onEvent({
          type,
          object,
          key: news.key,
          stored: event.kv.value,
          revision: event.revision,
          span: cause,
        });
      },
      periodic,
      cause,
      request.scope,
    );
  }
}

function selects(request: WatchRequest, resource: Resource, object: KubeObject): boolean {
  if (request.namespace !== '' && object.metadata.namespace !== request.namespace) return false;
  if (request.field && fieldOf(resource, object, request.field.name) !== request.field.value)
    return false;
  return request.matches === undefined || request.matches(object);
}

/** Most fields are texts that stand where their name says; the kind is asked for the others. */
function fieldOf(resource: Resource, object: KubeObject, name: string): string {
  let value: unknown = object;
  for (const part of partsOf(name)) value = (value as Record<string, unknown> | undefined)?.[part];
  if (typeof value === 'string') return value;
  return resource.kind.selectableFields?.(object)[name] ?? '';
}

const parts = new Map<string, readonly string[]>();

function partsOf(name: string): readonly string[] {
  let list = parts.get(name);
  if (!list) parts.set(name, (list = name.split('.')));
  return list;
}
