/**
 * Watches of REST clients: each committed event is decided once for each audience (watchers with the
 * same selection who want the same form), written out once for each form, and its bytes are shared.
 * Audiences are found by the narrowest thing they select, so that one write costs the same however
 * many watchers look elsewhere.
 *
 * Models:     k8s.io/apiserver pkg/storage/cacher cacher.go, cache_watcher.go (v1.36)
 * Simplified: one simulated event for a write, whoever watches; it draws no random number and leaves
 *             no span, because who looks on is no part of the run
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { FieldSelector, Selector } from '../../api/meta/selectors.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { type ApiError, expired } from '../../api/meta/status.ts';
import { Compacted, type Store, type StoreEvent } from '../etcd/store.ts';
import type { Registry, Resource } from './resource.ts';
import type { Stored } from './stored.ts';
import type { WatchType } from './watch.ts';

/** What a watch selects. */
export interface Selection {
  readonly resource: Resource;
  readonly namespace: string;
  readonly labels: Selector;
  readonly fields: FieldSelector | null;
  /** Of stored objects; null = all of them. */
  readonly matches: ((object: KubeObject) => boolean) | null;
}

/** Writes events out, in one form. */
export interface Encoder {
  /** The same for all encoders that write the same bytes. */
  readonly key: string;
  /** |isFirst|: nothing has been sent on this stream before. */
  encode(type: WatchType, stored: Stored, isFirst: boolean): Uint8Array;
  /** Whether the first event of a stream is written differently. */
  readonly firstDiffers: boolean;
}

/** Who gets the bytes. */
export interface Listener {
  readonly write: (bytes: Uint8Array) => void;
  /** The server ends it. */
  readonly end: () => void;
}

export class Subscription {
  readonly audience: Audience;
  readonly listener: Listener;
  /** Events up to here are not for it. */
  since: number;
  isFirst = true;

  constructor(audience: Audience, listener: Listener, since: number) {
    this.audience = audience;
    this.listener = listener;
    this.since = since;
  }

  send(type: WatchType, stored: Stored): void {
    const { encoder } = this.audience;
    this.listener.write(encoder.encode(type, stored, this.isFirst));
    this.isFirst = false;
  }
}

class Audience {
  readonly key: string;
  readonly slot: string;
  readonly selection: Selection;
  readonly encoder: Encoder;
  readonly members = new Set<Subscription>();

  constructor(key: string, slot: string, selection: Selection, encoder: Encoder) {
    this.key = key;
    this.slot = slot;
    this.selection = selection;
    this.encoder = encoder;
  }

  selects(object: KubeObject): boolean {
    const { namespace, matches } = this.selection;
    if (namespace !== '' && object.metadata.namespace !== namespace) return false;
    return matches === null || matches(object);
  }

  /** What |event| is for those who select this way; null = nothing. */
  typeOf(event: StoreEvent<Stored>): WatchType | null {
    const is = event.type === 'PUT' && this.selects(event.kv.value.object);
    const was = event.previous !== null && this.selects(event.previous.value.object);
    if (is) return was ? 'MODIFIED' : 'ADDED';
    return was ? 'DELETED' : null;
  }

  tell(event: StoreEvent<Stored>): void {
    const type = this.typeOf(event);
    if (type === null) return;
    const stored = shownOf(type, event);
    const { encoder } = this;
    let shared: Uint8Array | null = null;
    for (const member of this.members) {
      if (member.since >= event.revision) continue;
      if (member.isFirst && encoder.firstDiffers) {
        member.send(type, stored);
        continue;
      }
      member.isFirst = false;
      shared ??= encoder.encode(type, stored, false);
      member.listener.write(shared);
    }
  }
}

/** One object for each event that is shown to somebody as it was before. */
const lastSeen = new WeakMap<StoreEvent<Stored>, Stored>();

/**
 * What is shown: the object; where it only left the selection, as it was inside, at the revision at
 * which it left.
 */
function shownOf(type: WatchType, event: StoreEvent<Stored>): Stored {
  const { value } = event.kv;
  if (type !== 'DELETED' || event.type === 'DELETE' || !event.previous) return value;
  let shown = lastSeen.get(event);
  if (!shown) {
    const before = event.previous.value;
    const metadata = { ...before.object.metadata, resourceVersion: String(event.revision) };
    shown = { ...before, object: { ...before.object, metadata } };
    lastSeen.set(event, shown);
  }
  return shown;
}

/** Watchers of one stored resource. */
class Topic {
  readonly audiences = new Map<string, Audience>();
  /** Audiences by what they are found by. */
  readonly slots = new Map<string, Set<Audience>>();
  /** Fields by which audiences are found, and how many are. */
  readonly fields = new Map<string, number>();
}

const EVERYONE = '*';

export class Broadcast {
  readonly #kernel: Kernel;
  readonly #registry: Registry;
  readonly #store: Store<Stored>;
  readonly #delayUs: number;
  readonly #topics = new Map<string, Topic>();
  /** Revision of the last event of each resource. */
  readonly #last = new Map<string, number>();
  #count = 0;
  /** Watches may begin from here on. */
  #oldest = 0;

  constructor(kernel: Kernel, registry: Registry, store: Store<Stored>, delayUs: number) {
    this.#kernel = kernel;
    this.#registry = registry;
    this.#store = store;
    this.#delayUs = delayUs;
  }

  /** Open watches. */
  get count(): number {
    return this.#count;
  }

  /** The newest revision that watchers of |resource| can know of. */
  lastRevision(resource: Resource): number {
    return this.#last.get(resource.prefix) ?? this.#store.revision;
  }

  /** Events after |since| will be sent. */
  subscribe(
    selection: Selection,
    encoder: Encoder,
    since: number,
    listener: Listener,
  ): Subscription {
    const topic = this.#topic(selection.resource.prefix);
    const key = audienceKey(selection, encoder);
    let audience = topic.audiences.get(key);
    if (!audience) {
      audience = new Audience(key, slotOf(selection), selection, encoder);
      topic.audiences.set(key, audience);
      addTo(topic, audience);
    }
    const subscription = new Subscription(audience, listener, since);
    audience.members.add(subscription);
    this.#count++;
    return subscription;
  }

  /** Sends what happened after |since| until now; throws Expired when that is not known any more. */
  replay(subscription: Subscription, since: number): void {
    const { audience } = subscription;
    const { prefix } = audience.selection.resource;
    for (const event of this.#since(since)) {
      if (event.kv.bucket !== prefix) continue;
      const type = audience.typeOf(event);
      if (type !== null) subscription.send(type, shownOf(type, event));
    }
  }

  /** Watches from before |revision| are refused: the caches of the server begin there. */
  forget(revision: number): void {
    this.#oldest = revision;
  }

  #since(revision: number): readonly StoreEvent<Stored>[] {
    if (revision < this.#oldest) throw tooOld(revision, this.#oldest);
    try {
      return this.#store.since(revision);
    } catch (error) {
      if (!(error instanceof Compacted)) throw error;
      throw tooOld(revision, error.compactRevision);
    }
  }

  unsubscribe(subscription: Subscription): void {
    const { audience } = subscription;
    if (!audience.members.delete(subscription)) return;
    this.#count--;
    if (audience.members.size > 0) return;
    const topic = this.#topic(audience.selection.resource.prefix);
    topic.audiences.delete(audience.key);
    removeFrom(topic, audience);
  }

  /** The server stops: every stream ends. */
  closeAll(): void {
    const open = [...this.#topics.values()].flatMap((topic) =>
      [...topic.audiences.values()].flatMap((audience) => [...audience.members]),
    );
    for (const { listener } of open) listener.end();
  }

  dispatch(event: StoreEvent<Stored>): void {
    const { bucket } = event.kv;
    const topic = this.#topics.get(bucket);
    if (!topic || topic.audiences.size === 0) {
      this.#last.set(bucket, event.revision);
      return;
    }
    this.#kernel.schedule(this.#delayUs, () => this.#deliver(topic, event), true, 0, null);
  }

  #deliver(topic: Topic, event: StoreEvent<Stored>): void {
    const { bucket } = event.kv;
    // A bookmark may only speak of what has been sent.
    this.#last.set(bucket, event.revision);
    const resource = this.#registry.ofPrefix(bucket);
    if (!resource) return;
    const { object } = event.kv.value;
    const before = event.previous?.value.object ?? null;
    const tell = (slot: string): void => {
      for (const audience of topic.slots.get(slot) ?? []) audience.tell(event);
    };
    tell(EVERYONE);
    tell(nameSlot(object.metadata.name));
    tell(namespaceSlot(object.metadata.namespace ?? ''));
    for (const slot of fieldSlots(topic, resource, object, before)) tell(slot);
    for (const slot of labelSlots(object, before)) tell(slot);
  }

  #topic(prefix: string): Topic {
    let topic = this.#topics.get(prefix);
    if (!topic) this.#topics.set(prefix, (topic = new Topic()));
    return topic;
  }
}

function tooOld(wanted: number, oldest: number): ApiError {
  return expired(`too old resource version: ${wanted} (${oldest})`);
}

function audienceKey({ resource, namespace, labels, fields }: Selection, encoder: Encoder): string {
  const form = `${resource.apiVersion} ${encoder.key}`;
  return JSON.stringify([form, namespace, labels.toString(), fields?.toString() ?? '']);
}

/** The narrowest thing that all objects of the selection have in common. */
function slotOf({ resource, labels, fields, namespace }: Selection): string {
  const name = fields?.requiresExactMatch('metadata.name');
  if (name !== undefined) return nameSlot(name);
  for (const { field, operator, value } of fields?.requirements ?? []) {
    // Fields of other versions have other names than those of the stored objects.
    if (operator !== '=' || field === 'metadata.namespace' || resource !== resource.hub) continue;
    return fieldSlot(field, value);
  }
  for (const { key, operator, values } of labels.requirements) {
    const isOne = operator === '=' || operator === '==' || operator === 'in';
    if (isOne && values.length === 1) return labelSlot(key, values[0] as string);
  }
  return namespace === '' ? EVERYONE : namespaceSlot(namespace);
}

function nameSlot(name: string): string {
  return `name ${name}`;
}

function namespaceSlot(namespace: string): string {
  return `namespace ${namespace}`;
}

function fieldSlot(field: string, value: string): string {
  return `field ${field} ${value}`;
}

function labelSlot(key: string, value: string): string {
  return `label ${key} ${value}`;
}

function addTo(topic: Topic, audience: Audience): void {
  const { slot } = audience;
  let set = topic.slots.get(slot);
  if (!set) topic.slots.set(slot, (set = new Set()));
  set.add(audience);
  const field = fieldOfSlot(slot);
  if (field !== null) topic.fields.set(field, (topic.fields.get(field) ?? 0) + 1);
}

function removeFrom(topic: Topic, audience: Audience): void {
  const { slot } = audience;
  const set = topic.slots.get(slot);
  set?.delete(audience);
  if (set?.size === 0) topic.slots.delete(slot);
  const field = fieldOfSlot(slot);
  if (field === null) return;
  const left = (topic.fields.get(field) ?? 1) - 1;
  if (left === 0) topic.fields.delete(field);
  else topic.fields.set(field, left);
}

function fieldOfSlot(slot: string): string | null {
  return slot.startsWith('field ') ? (slot.split(' ')[1] ?? null) : null;
}

/** Slots of the fields' values; where a value has changed, of the old one too. */
function fieldSlots(
  topic: Topic,
  { kind }: Resource,
  object: KubeObject,
  before: KubeObject | null,
): readonly string[] {
  if (topic.fields.size === 0) return [];
  const now = kind.selectableFields?.(object) ?? {};
  const was = before ? (kind.selectableFields?.(before) ?? {}) : now;
  const slots: string[] = [];
  for (const field of topic.fields.keys()) {
    const value = now[field] ?? '';
    const old = was[field] ?? '';
    slots.push(fieldSlot(field, value));
    if (old !== value) slots.push(fieldSlot(field, old));
  }
  return slots;
}

function labelSlots(object: KubeObject, before: KubeObject | null): readonly string[] {
  const labels = object.metadata.labels ?? {};
  const slots = Object.entries(labels).map(([key, value]) => labelSlot(key, value));
  const old = before?.metadata.labels;
  if (!old || old === labels) return slots;
  for (const [key, value] of Object.entries(old)) {
    if (labels[key] !== value) slots.push(labelSlot(key, value));
  }
  return slots;
}
