/**
 * The object whose workings are open on the page: what belongs to it is gathered once, when it is
 * opened, and then change by change; it is looked at again when something of it has been written.
 * What autoscalers have said is noted from the start: a chart needs a past, and the store forgets.
 */
import { type KubeObject, objectRef } from '../../api/meta/object.ts';
import type { Span } from '../../kernel/trace.ts';
import type { AutoscalerSample, EvictionTry, Workings } from '../../port/protocol-workings.ts';
import { type Resource, storagePrefix } from '../apiserver/resource.ts';
import type { Stored } from '../apiserver/stored.ts';
import type { Cluster } from '../cluster.ts';
import type { KeyValue, StoreEvent } from '../etcd/store.ts';
import { sampleOf } from '../view/workings/autoscaler.ts';
import { DEFINITIONS } from '../view/workings/index.ts';
import type { Definition, Keeps, World } from '../view/workings/world.ts';
import { findObject } from './look.ts';

const AUTOSCALER = 'HorizontalPodAutoscaler';
/** One hour of an autoscaler that speaks every fifteen seconds. */
const MAX_SAMPLES = 240;
/** Of more autoscalers the ones that were written first are forgotten. */
const MAX_SAMPLED = 50;
const MAX_EVICTIONS = 60;
const EVICTION = 'create eviction';

/** What belongs to the object, at a moment. */
class Belongings {
  readonly subject: KubeObject;
  readonly #keeps: Keeps;
  /** Null: of any namespace. */
  readonly #namespace: string | null;
  readonly #uids: Set<string>;
  readonly #kinds: ReadonlySet<string>;
  readonly #byKind = new Map<string, Map<string, KubeObject>>();

  constructor(subject: KubeObject, definition: Definition) {
    this.subject = subject;
    this.#keeps = definition.keeps(subject);
    this.#namespace = definition.namespaced ? (subject.metadata.namespace ?? '') : null;
    this.#uids = new Set([subject.metadata.uid]);
    this.#kinds = new Set(definition.kinds);
  }

  /** Whether something of it has changed. */
  take(object: KubeObject, isGone: boolean): boolean {
    const { kind, metadata } = object;
    if (!this.#kinds.has(kind)) return false;
    if (this.#namespace !== null && this.#namespace !== metadata.namespace) return false;
    const ref = objectRef(object);
    const known = this.#byKind.get(kind);
    if (isGone || !this.#keeps(object, this.#uids)) return known?.delete(ref) ?? false;
    if (known) known.set(ref, object);
    else this.#byKind.set(kind, new Map([[ref, object]]));
    this.#uids.add(object.metadata.uid);
    return true;
  }

  all(kind: string): readonly KubeObject[] {
    return [...(this.#byKind.get(kind)?.values() ?? [])];
  }
}

/** Outlives the run: the page goes on looking at the object of that name. */
export class WorkingsFeed {
  #ref = '';
  #belongings: Belongings | null = null;
  /** Revision of the past the belongings are of; null: they are of now. */
  #revision: number | null = null;
  #dirty = true;
  #sent = '';
  readonly #samples = new Map<string, AutoscalerSample[]>();
  #evictions: EvictionTry[] = [];

  open(ref: string, cluster: Cluster | null): void {
    this.close();
    this.#ref = ref;
    if (!cluster) return;
    const { trace } = cluster.kernel;
    for (const span of trace.from(trace.firstId)) this.onSpan(span);
  }

  close(): void {
    this.#ref = '';
    this.#belongings = null;
    this.#evictions = [];
    this.#dirty = true;
    this.#sent = '';
  }

  /** Another run. */
  forget(): void {
    const ref = this.#ref;
    this.close();
    this.#samples.clear();
    this.#ref = ref;
  }

  onCommit(event: StoreEvent<Stored>): void {
    const { object } = event.kv.value;
    const isGone = event.type === 'DELETE';
    if (object.kind === AUTOSCALER && !isGone) this.#sample(object, event.at);
    if (this.#ref === '') return;
    if (objectRef(object) === this.#ref) {
      const before = this.#belongings?.subject.metadata;
      // Another selector, another object of that name: what belongs to it is gathered anew.
      const { generation, uid } = object.metadata;
      if (isGone || before?.uid !== uid || before.generation !== generation) {
        this.#belongings = null;
      }
      this.#dirty = true;
    }
    if (this.#revision === null && this.#belongings?.take(object, isGone) === true) {
      this.#dirty = true;
    }
  }

  onSpan(span: Span): void {
    if (this.#ref === '' || span.name !== EVICTION || span.end < 0) return;
    const { detail, end, from, object } = span;
    const code = detail?.['code'];
    this.#evictions.push({ pod: object, from, at: end, code: typeof code === 'number' ? code : 0 });
    if (this.#evictions.length > MAX_EVICTIONS) this.#evictions.shift();
    this.#dirty = true;
  }

  /** |at| and |revision| are null for now. The answer is null when nothing has changed. */
  take(cluster: Cluster, at: number | null, revision: number | null): Workings | null {
    if (this.#ref === '') return null;
    if (revision !== this.#revision) {
      this.#revision = revision;
      this.#belongings = null;
      this.#dirty = true;
    }
    if (!this.#dirty) return null;
    this.#dirty = false;
    const definition = DEFINITIONS[this.#ref.slice(0, this.#ref.indexOf('/'))];
    const subject = definition && findObject(cluster, this.#ref, revision);
    // What is gone stays on the page as it was last known.
    if (!definition || !subject) return null;
    this.#belongings ??= gather(cluster, subject, definition, revision);
    const told = definition.look(this.#world(cluster, subject, this.#belongings, at));
    const text = JSON.stringify(told);
    if (text === this.#sent) return null;
    this.#sent = text;
    return told;
  }

  #world(cluster: Cluster, subject: KubeObject, mine: Belongings, at: number | null): World {
    const { kernel } = cluster;
    const until = at ?? kernel.now;
    const samples = this.#samples.get(subject.metadata.uid) ?? [];
    return {
      subject,
      nowMs: at === null ? kernel.nowMs : kernel.epochMs + Math.floor(at / 1_000),
      all: (kind) => mine.all(kind),
      evictions: this.#evictions.filter((e) => e.at <= until),
      samples: samples.filter((s) => s.at <= until),
    };
  }

  #sample(object: KubeObject, at: number): void {
    const { uid } = object.metadata;
    const samples = this.#samples.get(uid) ?? [];
    this.#samples.delete(uid);
    this.#samples.set(uid, samples);
    samples.push(sampleOf(object, at));
    if (samples.length > MAX_SAMPLES) samples.shift();
    if (this.#samples.size <= MAX_SAMPLED) return;
    const oldest = this.#samples.keys().next().value;
    if (oldest !== undefined) this.#samples.delete(oldest);
  }
}

function gather(
  cluster: Cluster,
  subject: KubeObject,
  definition: Definition,
  revision: number | null,
): Belongings {
  const { registry, store } = cluster.server;
  const mine = new Belongings(subject, definition);
  for (const kind of definition.kinds) {
    const resource = registry.stored.find((r) => r.kind.kind === kind);
    if (!resource) continue;
    const prefix = prefixOf(resource, definition, subject);
    const found = revision === null ? store.range(prefix) : store.rangeAt(prefix, revision);
    for (const kv of inOrder(found)) mine.take(kv.value.object, false);
  }
  return mine;
}

function prefixOf(resource: Resource, definition: Definition, subject: KubeObject): string {
  return storagePrefix(resource, definition.namespaced ? (subject.metadata.namespace ?? '') : '');
}

function inOrder(found: readonly KeyValue<Stored>[]): readonly KeyValue<Stored>[] {
  return [...found].sort((a, b) => a.createRevision - b.createRevision);
}
