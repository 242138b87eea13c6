/**
 * Event recorder: writes Event objects about other objects, in the background and in order. The same
 * event again only raises its count; too many about one object are dropped.
 *
 * Models:     k8s.io/client-go tools/record (event.go, events_cache.go) (v1.36)
 * Simplified: similar events with different messages are not merged into one
 */
import type { Kernel } from '../../kernel/kernel.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Event as EventObject } from '../../api/generated/types.ts';
import type { Kind } from '../../api/meta/define-kind.ts';
import type { Input, KubeObject } from '../../api/meta/object.ts';
import { isApiError } from '../../api/meta/status.ts';
import { rfc3339, rfc3339Micro } from '../../api/meta/time.ts';
import { ConnectionRefused } from '../apiserver/server.ts';
import type { Client } from './typed-client.ts';

export interface EventInput {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Part of the object it is about: `spec.containers{app}`. */
  readonly fieldPath?: string;
  /** Set by recorders of events.k8s.io (the scheduler): what was being done. */
  readonly action?: string;
}

export interface RecorderOptions {
  /** source.component, or reportingComponent of the newer events API. */
  readonly component: string;
  /** source.host of a kubelet. */
  readonly host?: string;
  /** Writes through events.k8s.io: no source, no count; eventTime and action instead. */
  readonly newApi?: boolean;
}

/** Spam filter: 25 events at once about one object, then one every five minutes. */
const BURST = 25;
const REFILL_US = 300 * 1_000_000;
/** Queued events beyond this are dropped, as upstream's broadcaster does it. */
const MAX_QUEUE = 1_000;
/** lruCache of the correlator. */
const MAX_REMEMBERED = 4_096;

interface Seen {
  name: string;
  count: number;
  firstTimestamp: string;
}

export class EventRecorder {
  #kernel: Kernel;
  #client: Client;
  #kind: Kind<EventObject>;
  #scope: Scope;
  #options: RecorderOptions;
  #queue: { object: KubeObject; input: EventInput; cause: number }[] = [];
  #busy = false;
  #seen = new Map<string, Seen>();
  #tokens = new Map<string, { tokens: number; at: number }>();

  constructor(client: Client, kind: Kind<EventObject>, scope: Scope, options: RecorderOptions) {
    this.#kernel = client.server.kernel;
    this.#client = client;
    this.#kind = kind;
    this.#scope = scope;
    this.#options = options;
  }

  /** Returns at once; the write happens in the background. */
  record(object: KubeObject, input: EventInput): void {
    if (this.#queue.length >= MAX_QUEUE || !this.#admitted(object)) return;
    this.#queue.push({ object, input, cause: this.#kernel.cause });
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
        yield* this.#kernel.spawn('event', this.#write(next.object, next.input), {
          cause: next.cause,
          joined: true,
        }).finished();
      }
    } finally {
      this.#busy = false;
    }
  }

  *#write(object: KubeObject, input: EventInput): Proc {
    const id = `${object.metadata.uid}\n${input.type}\n${input.reason}\n${input.message}\n${input.fieldPath ?? ''}`;
    const seen = this.#seen.get(id);
    const namespace = object.metadata.namespace || 'default';
    try {
      if (seen) {
        seen.count++;
        yield* this.#client.patch(
          this.#kind,
          namespace,
          seen.name,
          { count: seen.count, lastTimestamp: rfc3339(this.#kernel.nowMs) },
          { type: 'strategic' },
        );
        return;
      }
      const created = yield* this.#client.create(this.#kind, this.#event(object, input, namespace));
      this.#remember(id, created);
    } catch (error) {
      if (isApiError(error, 'NotFound')) this.#seen.delete(id);
      else if (!isApiError(error) && !(error instanceof ConnectionRefused)) throw error;
    }
  }

  #remember(id: string, created: EventObject): void {
    if (this.#seen.size >= MAX_REMEMBERED) {
      const oldest = this.#seen.keys().next().value;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    this.#seen.set(id, {
      name: created.metadata.name,
      count: 1,
      firstTimestamp: created.firstTimestamp ?? '',
    });
  }

  #event(object: KubeObject, input: EventInput, namespace: string): Input<EventObject> {
    const { component, host, newApi } = this.#options;
    const now = rfc3339(this.#kernel.nowMs);
    const nanos = BigInt(this.#kernel.epochMs) * 1_000_000n + BigInt(this.#kernel.now) * 1_000n;
    const { metadata } = object;
    return {
      metadata: { name: `${metadata.name}.${nanos.toString(16)}`, namespace },
      involvedObject: {
        kind: object.kind,
        ...(metadata.namespace ? { namespace: metadata.namespace } : {}),
        name: metadata.name,
        ...(metadata.uid ? { uid: metadata.uid } : {}),
        apiVersion: object.apiVersion,
        ...(metadata.resourceVersion ? { resourceVersion: metadata.resourceVersion } : {}),
        ...(input.fieldPath ? { fieldPath: input.fieldPath } : {}),
      },
      reason: input.reason,
      message: input.message,
      type: input.type,
      ...(newApi
        ? {
            eventTime: rfc3339Micro(this.#kernel.epochMs, this.#kernel.now),
            action: input.action ?? '',
            reportingComponent: component,
            reportingInstance: component,
            source: {},
          }
        : {
            source: { component, ...(host ? { host } : {}) },
            firstTimestamp: now,
            lastTimestamp: now,
            count: 1,
            reportingComponent: component,
            reportingInstance: host ?? '',
          }),
    };
  }

  /** Token bucket per object. */
  #admitted(object: KubeObject): boolean {
    const { metadata } = object;
    const uid = metadata.uid || `${metadata.namespace ?? ''}/${metadata.name}`;
    const now = this.#kernel.now;
    const bucket = this.#tokens.get(uid);
    if (!bucket) {
      if (this.#tokens.size >= MAX_REMEMBERED) this.#tokens.clear();
      this.#tokens.set(uid, { tokens: BURST - 1, at: now });
      return true;
    }
    const refill = Math.floor((now - bucket.at) / REFILL_US);
    if (refill > 0) {
      bucket.tokens = Math.min(BURST, bucket.tokens + refill);
      bucket.at += refill * REFILL_US;
    }
    if (bucket.tokens <= 0) return false;
    bucket.tokens--;
    return true;
  }
}
