/**
 * Event recorder: writes Event objects about other objects, in the background and in order. What is
 * combined, counted up or dropped is the correlator's business.
 *
 * Models:     k8s.io/client-go tools/record event.go, tools/events event_broadcaster.go (v1.36)
 * Simplified: a series of the newer API is not refreshed every half hour
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Event as EventObject, ObjectReference } from '../../api/generated/types.ts';
import type { Kind } from '../../api/meta/define-kind.ts';
import type { Input, KubeObject } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import { rfc3339, rfc3339Micro } from '../../api/meta/time.ts';
import { flatText, oneText } from '../../kernel/texts.ts';
import { ConnectionRefused } from '../apiserver/server.ts';
import { type Correlated, EventCorrelator } from './event-correlator.ts';
import type { Client } from './typed-client.ts';

export interface EventInput {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Part of the object it is about: `spec.containers{app}`. */
  readonly fieldPath?: string;
  /** Set by recorders of events.k8s.io (the scheduler): what was being done. */
  readonly action?: string;
  /** The same: for whose sake it was done. */
  readonly related?: KubeObject;
}

export interface RecorderOptions {
  /** source.component, or reportingComponent of the newer events API. */
  readonly component: string;
  /** source.host of a kubelet. */
  readonly host?: string;
  /** Writes through events.k8s.io: no source, no count; eventTime and action instead. */
  readonly newApi?: boolean;
}

/** Queued events beyond this are dropped, as upstream's broadcaster does it (maxQueuedEvents). */
const MAX_QUEUE = 1_000;
/** A uid that only one object has; some components make up shorter ones. */
const UUID_LENGTH = 36;
/** maxLruCacheEntries of the correlator. */
const MAX_REMEMBERED = 4_096;
/** finishTime of the newer API: after this long the same event is a new one. */
const SERIES_MS = 360_000;

interface Queued {
  readonly object: KubeObject;
  readonly input: EventInput;
  readonly correlated: Correlated;
  readonly cause: number;
}

/** A repeated event of the newer API. */
interface Series {
  name: string;
  count: number;
  lastMs: number;
}

export class EventRecorder {
  readonly #kernel: Kernel;
  readonly #client: Client;
  readonly #kind: Kind<EventObject>;
  readonly #scope: Scope;
  readonly #options: RecorderOptions;
  readonly #correlator = new EventCorrelator();
  #queue: Queued[] = [];
  #busy = false;
  readonly #series = new Map<string, Series>();

  constructor(client: Client, kind: Kind<EventObject>, scope: Scope, options: RecorderOptions) {
    this.#kernel = client.server.kernel;
    this.#client = client;
    this.#kind = kind;
    this.#scope = scope;
    this.#options = options;
  }

  /** Returns at once; the write happens in the background. */
  record(object: KubeObject, input: EventInput): void {
    if (this.#options.newApi) return this.#recordNew(object, input);
    if (this.#queue.length >= MAX_QUEUE) return;
    const { kind, apiVersion, metadata } = object;
    const { namespace = '', name, uid } = metadata;
    const { type, reason, fieldPath = '' } = input;
    const isUnique = uid?.length === UUID_LENGTH;
    const about = isUnique ? uid : `${kind}/${namespace}/${name}/${uid}/${apiVersion}`;
    const message = oneText(input.message);
    const event = { object: about, type, reason, message, fieldPath: oneText(fieldPath) };
    const correlated = this.#correlator.correlate(event, this.#kernel.nowMs);
    if (!correlated) return;
    this.#queue.push({ object, input, correlated, cause: this.#kernel.cause });
    if (this.#busy) return;
    this.#busy = true;
    this.#kernel.spawn('events', this.#drain(), { scope: this.#scope, periodic: false });
  }

  *#drain(): Proc {
    try {
      for (;;) {
        const next = this.#queue.shift();
        if (!next) return;
        this.#kernel.cause = next.cause;
        yield* this.#kernel
          .spawn('event', this.#tolerant(this.#write(next)), { cause: next.cause, joined: true })
          .finished();
      }
    } finally {
      this.#busy = false;
    }
  }

  /** Events are lost rather than retried for ever. */
  *#tolerant(body: Proc): Proc {
    try {
      yield* body;
    } catch (error) {
      if (!isApiError(error) && !(error instanceof ConnectionRefused)) throw error;
    }
  }

  *#write({ object, input, correlated }: Queued): Proc {
    const { observed, message, count, firstMs } = correlated;
    const namespace = namespaceOf(object);
    const lastTimestamp = rfc3339(this.#kernel.nowMs);
    if (count > 1 && observed.name !== '') {
      const patch = { count, lastTimestamp, message };
      if (yield* this.#patch(namespace, observed.name, patch)) return;
    }
    const { component, host } = this.#options;
    const { metadata, involvedObject } = this.#base(object, input);
    const { reason, type } = input;
    // Written out: objects that begin as copies of others have no shape in common.
    const created = yield* this.#client.create(this.#kind, {
      metadata,
      involvedObject,
      reason,
      message,
      type,
      source: { component, ...(host ? { host } : {}) },
      firstTimestamp: rfc3339(firstMs),
      lastTimestamp,
      count,
      reportingComponent: component,
      reportingInstance: host ?? '',
    });
    observed.name = created.metadata.name;
  }

  /** False when the Event has expired meanwhile. */
  *#patch(namespace: string, name: string, patch: object): Proc<boolean> {
    try {
      yield* this.#client.patch(this.#kind, namespace, name, patch, { type: 'strategic' });
      return true;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return false;
      throw error;
    }
  }

  /** events.k8s.io: the second of a series is written into the first, further ones are only counted. */
  #recordNew(object: KubeObject, input: EventInput): void {
    const { uid, resourceVersion } = object.metadata;
    const key = `${uid}\n${resourceVersion}\n${input.type}\n${input.reason}\n${input.action ?? ''}`;
    const { nowMs } = this.#kernel;
    let series = this.#series.get(key);
    if (series && nowMs - series.lastMs > SERIES_MS) series = undefined;
    if (series) {
      series.count++;
      series.lastMs = nowMs;
      if (series.count > 2) return;
    } else {
      series = { name: '', count: 1, lastMs: nowMs };
      this.#series.delete(key);
      this.#series.set(key, series);
      const oldest =
        this.#series.size > MAX_REMEMBERED ? this.#series.keys().next().value : undefined;
      if (oldest !== undefined) this.#series.delete(oldest);
    }
    const body =
      series.count === 1 ? this.#first(object, input, series) : this.#second(object, series);
    this.#kernel.spawn('event', this.#tolerant(body), { scope: this.#scope, periodic: false });
  }

  *#first(object: KubeObject, input: EventInput, series: Series): Proc {
    const { component } = this.#options;
    const { metadata, involvedObject } = this.#base(object, input);
    const { reason, message, type, related } = input;
    const created = yield* this.#client.create(this.#kind, {
      metadata,
      involvedObject,
      reason,
      message: flatText(message),
      type,
      eventTime: rfc3339Micro(this.#kernel.epochMs, this.#kernel.now),
      ...(related ? { related: referenceTo(related) } : {}),
      action: input.action ?? '',
      reportingComponent: component,
      reportingInstance: component,
      source: {},
    });
    series.name = created.metadata.name;
  }

  *#second(object: KubeObject, series: Series): Proc {
    const lastObservedTime = rfc3339Micro(this.#kernel.epochMs, this.#kernel.now);
    const patch = { series: { count: series.count, lastObservedTime } };
    if (series.name !== '') yield* this.#patch(namespaceOf(object), series.name, patch);
  }

  #base(
    object: KubeObject,
    input: EventInput,
  ): Pick<Input<EventObject>, 'metadata' | 'involvedObject'> {
    const nanos = hexNanos(this.#kernel.epochMs * 1_000 + this.#kernel.now);
    const { metadata } = object;
    return {
      metadata: { name: flatText(`${metadata.name}.${nanos}`), namespace: namespaceOf(object) },
      involvedObject: referenceTo(object, input.fieldPath ? oneText(input.fieldPath) : ''),
    };
  }
}

const TWO_TO_32 = 2 ** 32;

/** |micros| as nanoseconds in hexadecimal, in two halves: the whole is too large for a number. */
export function hexNanos(micros: number): string {
  const low = (micros % TWO_TO_32) * 1_000;
  const high = Math.floor(micros / TWO_TO_32) * 1_000 + Math.floor(low / TWO_TO_32);
  return high.toString(16) + (low % TWO_TO_32).toString(16).padStart(8, '0');
}

/** Most is there of most objects: these references share one shape. */
function referenceTo({ kind, apiVersion, metadata }: KubeObject, fieldPath = ''): ObjectReference {
  const { namespace, name, uid, resourceVersion } = metadata;
  if (namespace && uid && resourceVersion && fieldPath !== '') {
    return { kind, namespace, name, uid, apiVersion, resourceVersion, fieldPath };
  }
  return {
    kind,
    ...(namespace ? { namespace } : {}),
    name,
    ...(uid ? { uid } : {}),
    apiVersion,
    ...(resourceVersion ? { resourceVersion } : {}),
    ...(fieldPath === '' ? {} : { fieldPath }),
  };
}

/** Events about cluster-scoped objects live in default. */
function namespaceOf(object: KubeObject): string {
  return object.metadata.namespace || 'default';
}
