/**
 * A watch over REST: what there is or what has happened since a revision, then every change, as lines
 * of JSON, with bookmarks, until the time is up.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/handlers/{get,watch}.go,
 *             pkg/storage/cacher cacher.go and cache_watcher.go (v1.36)
 * Simplified: all resources share one clock of bookmarks
 */
import type { Timer } from '../../../kernel/event-queue.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { zeroObject } from '../../../api/meta/decode.ts';
import { ApiError, type Status } from '../../../api/meta/status.ts';
import { encodeUtf8 } from '../../../api/meta/utf8.ts';
import type { ApiRequest } from '../../../port/protocol.ts';
import type { Encoder, Subscription } from '../broadcast.ts';
import type { Call, StreamAnswer } from '../call.ts';
import { parseRevision, parseSelection } from '../read.ts';
import { type Resource, storagePrefix } from '../resource.ts';
import type { ApiServer } from '../server.ts';
import type { Stored } from '../stored.ts';
import type { WatchType } from '../watch.ts';
import { isTrue } from './verb.ts';
import { objectText } from './object-text.ts';
import { first } from './options.ts';
import { type Form, showStored } from './represent.ts';
import { ByteStream } from './stream.ts';
import { partialText, tableText } from './table.ts';

/** `--min-request-timeout`; without a timeout of its own a watch lasts once to twice as long. */
const MIN_REQUEST_TIMEOUT_S = 1800;
/** cacher.go: defaultBookmarkFrequency. */
const BOOKMARK_EVERY_S = 60;
/** cache_watcher.go nextBookmarkTime: the last one is sent this long before the end. */
const BOOKMARK_BEFORE_END_S = 2;
/** cacher.go dispatchEvents: a second and up to a quarter; the mean. */
const BOOKMARK_TICK_US = 1_125_000;

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Answers the watch |call|. Selectors and versions that cannot be are refused by throwing. */
export function openWatch(
  server: ApiServer,
  call: Call,
  request: ApiRequest,
  form: Form,
): StreamAnswer {
  const watch = new Watch(server, call, request, form);
  watch.start();
  return { code: 200, stream: watch.stream };
}

class Watch {
  readonly stream: ByteStream;
  readonly #server: ApiServer;
  readonly #call: Call;
  readonly #query: ApiRequest['query'];
  readonly #form: Form;
  readonly #subscription: Subscription;
  readonly #since: number;
  readonly #endsAt: number;
  #timers: Timer[] = [];
  /** Of the newest thing that was sent. */
  #bookmarked = 0;

  constructor(server: ApiServer, call: Call, request: ApiRequest, form: Form) {
    const { resource, namespace, options } = call;
    const selection = parseSelection(resource, options.labelSelector, options.fieldSelector);
    const wanted = options.resourceVersion ?? '';
    this.#since = wanted === '' ? 0 : parseRevision(wanted);
    this.#server = server;
    this.#call = call;
    this.#query = request.query;
    this.#form = form;
    this.#endsAt = server.kernel.now + this.#timeoutSeconds() * MICROS_PER_SECOND;
    this.stream = new ByteStream(() => this.#close());
    this.#subscription = server.broadcast.subscribe(
      { resource, namespace, ...selection },
      encoderFor(server, resource, form),
      Math.max(server.store.revision, this.#since),
      { write: (bytes) => this.stream.write(bytes), end: () => this.stream.end() },
    );
  }

  start(): void {
    const { kernel } = this.#server;
    this.#at(this.#endsAt, () => this.stream.end());
    try {
      if (this.#sendsInitial()) this.#sendInitial();
      else if (this.#since > 0 && this.#since < this.#server.store.revision) {
        this.#server.broadcast.replay(this.#subscription, this.#since);
      }
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#fail(error.status);
      return;
    }
    if (this.#allowsBookmarks()) this.#planBookmark(kernel.now);
  }

  #timeoutSeconds(): number {
    const asked = Number(first(this.#query, 'timeoutSeconds') ?? '');
    if (asked > 0) return asked;
    // A stream of its own: how long somebody may look on changes nothing in the run.
    const random = this.#server.kernel.rng('apiserver/watch-timeout');
    return MIN_REQUEST_TIMEOUT_S + random.int(MIN_REQUEST_TIMEOUT_S);
  }

  #allowsBookmarks(): boolean {
    return isTrue(first(this.#query, 'allowWatchBookmarks'));
  }

  /** Without being asked, watches from nowhere begin with what there is. */
  #sendsInitial(): boolean {
    const asked = first(this.#query, 'sendInitialEvents') ?? '';
    if (asked !== '') return isTrue(asked);
    return this.#since === 0;
  }

  #sendInitial(): void {
    const { store, broadcast } = this.#server;
    const { resource, namespace, options } = this.#call;
    const { audience } = this.#subscription;
    for (const { value } of store.range(storagePrefix(resource, namespace))) {
      if (audience.selects(value.object)) this.#subscription.send('ADDED', value);
    }
    if (!this.#allowsBookmarks()) return;
    // From the cache the newest of this resource will do; otherwise it must be as new as etcd.
    const isCached = options.resourceVersion === '0';
    const revision = isCached ? broadcast.lastRevision(resource) : store.revision;
    this.#bookmark(revision, { [INITIAL_EVENTS_END]: 'true' });
  }

  #planBookmark(now: number): void {
    const lastUs = this.#endsAt - BOOKMARK_BEFORE_END_S * MICROS_PER_SECOND;
    const nextUs = Math.min(now + BOOKMARK_EVERY_S * MICROS_PER_SECOND, lastUs);
    if (nextUs < now) return;
    // Sent at the first tick within the second in which it is due.
    const second = Math.floor(nextUs / MICROS_PER_SECOND) * MICROS_PER_SECOND;
    const tick = Math.ceil(Math.max(second, now + 1) / BOOKMARK_TICK_US) * BOOKMARK_TICK_US;
    if (tick >= this.#endsAt) return;
    this.#at(tick, () => {
      this.#bookmark(this.#server.broadcast.lastRevision(this.#call.resource));
      this.#planBookmark(tick);
    });
  }

  #bookmark(revision: number, annotations?: Readonly<Record<string, string>>): void {
    const newest = Math.max(revision, this.#bookmarked, this.#since);
    this.#bookmarked = newest;
    const { kind, apiVersion } = this.#call.resource;
    const metadata = {
      resourceVersion: String(newest),
      ...(annotations ? { annotations } : {}),
    };
    const object = this.#bookmarkObject(kind.kind, apiVersion, metadata, annotations !== undefined);
    this.stream.write(encodeUtf8(`{"type":"BOOKMARK","object":${object}}\n`));
    this.#subscription.isFirst = false;
  }

  #bookmarkObject(kind: string, apiVersion: string, metadata: object, isEnd: boolean): string {
    const { convert, include } = this.#form;
    const meta = JSON.stringify(metadata);
    if (convert === null) {
      return `{"kind":"${kind}","apiVersion":"${apiVersion}","metadata":${meta}}`;
    }
    // A row shows what an object with nothing set would show.
    const { schema } = this.#call.resource.kind;
    const zero = convert.kind === 'Table' ? zeroObject(schema) : {};
    const named = { ...zero, kind, apiVersion, metadata: JSON.parse(meta) as object };
    const object = named as unknown as Stored['object'];
    const shown = { object, whole: () => JSON.stringify(object), metadata: () => meta };
    if (convert.kind !== 'Table') return partialText(shown, convert.version);
    return tableText(this.#call.resource, [shown], {
      include: isEnd && include === 'None' ? 'Metadata' : include,
      version: convert.version,
      meta: JSON.stringify({ resourceVersion: object.metadata.resourceVersion }),
      withColumns: this.#subscription.isFirst,
      nowMs: this.#server.kernel.nowMs,
    });
  }

  #fail(status: Status): void {
    this.stream.write(encodeUtf8(`{"type":"ERROR","object":${JSON.stringify(status)}}\n`));
    this.stream.end();
  }

  #at(at: number, run: () => void): void {
    const { kernel } = this.#server;
    this.#timers = this.#timers.filter((timer) => !timer.fired);
    const delay = at - kernel.now;
    this.#timers.push(kernel.schedule(delay, run, true, 0, this.#server.scope));
  }

  #close(): void {
    for (const timer of this.#timers) this.#server.kernel.cancel(timer);
    this.#server.broadcast.unsubscribe(this.#subscription);
  }
}

/** Bytes of an event by form, kept with the object they show. */
const encoded = new WeakMap<Stored, Map<string, Uint8Array>>();

function encoderFor(server: ApiServer, resource: Resource, form: Form): Encoder {
  const { convert, include } = form;
  const key = convert === null ? 'object' : `${convert.kind} ${convert.version} ${include}`;
  const isTable = convert?.kind === 'Table';
  const text = (stored: Stored, isFirst: boolean): string => {
    if (convert === null) return objectText(resource, stored).whole;
    const shown = showStored(resource, stored);
    if (!isTable) return partialText(shown, convert.version);
    return tableText(resource, [shown], {
      include,
      version: convert.version,
      meta: JSON.stringify({ resourceVersion: stored.object.metadata.resourceVersion }),
      withColumns: isFirst,
      nowMs: server.kernel.nowMs,
    });
  };
  const line = (type: WatchType, stored: Stored, isFirst: boolean): Uint8Array =>
    encodeUtf8(`{"type":"${type}","object":${text(stored, isFirst)}}\n`);
  return {
    key,
    firstDiffers: isTable,
    encode: (type, stored, isFirst) => {
      // Tables show ages: they are written anew.
      if (isTable) return line(type, stored, isFirst);
      let forms = encoded.get(stored);
      if (!forms) encoded.set(stored, (forms = new Map()));
      const id = `${type} ${resource.apiVersion} ${key}`;
      let bytes = forms.get(id);
      if (!bytes) forms.set(id, (bytes = line(type, stored, isFirst)));
      return bytes;
    },
  };
}
