/**
 * Namespace controller: empties a namespace that is being deleted, Pods first, then lets it go.
 *
 * Models:     kubernetes pkg/controller/namespace namespace_controller.go,
 *             deletion/namespaced_resources_deleter.go (v1.36)
 * Watches:    Namespace (primary)
 * Writes:     every namespaced kind deletecollection (or delete one by one); Namespace status, finalize
 * Simplified: kinds are emptied in the order in which the server lists them; upstream's is accidental
 */
import type { NamespaceStatus } from '../../api/generated/types.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { isPodTerminal } from '../../api/meta/pod-state.ts';
import { isApiError } from '../../api/meta/status.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  Retry,
  defineController,
} from '../client/controller.ts';
import { aggregate } from '../client/ownership.ts';
import { type DeletionFindings, deletionConditions } from './namespace/conditions.ts';

const FINALIZER = 'kubernetes'; // v1.FinalizerKubernetes
const US_PER_SECOND = 1_000_000;
const MS_PER_SECOND = 1_000;
const DELETION_GRACE_US = 5_000_000; // namespaceDeletionGracePeriod
const MAX_RETRY_US = 60_000_000; // nsControllerRateLimiter
const FINALIZER_ESTIMATE_SECONDS = 15; // finalizerEstimateSeconds
const MAX_CONFLICTS = 100;

export function namespaceController(): ControllerDefinition<Namespace> {
  return defineController<Namespace>({
    name: 'namespace-controller',
    primary: Namespace,
    ownHandlers: true,
    workers: 10, // --concurrent-namespace-syncs
    start({ informers, queue }) {
      const wake = (namespace: Namespace): void => {
        if (namespace.metadata.deletionTimestamp === undefined) return;
        // Upstream waits until every API server knows of the deletion.
        queue.addAfter(namespace.metadata.name, DELETION_GRACE_US, false);
      };
      informers.for(Namespace).addHandler({ onAdd: wake, onUpdate: wake });
    },
    reconcile: remove,
  });
}

function* remove(name: string, context: ControllerContext): Proc {
  if (!context.get(Namespace, name)) return;
  try {
    const seconds = yield* new NamespaceDeletion(name, context).run();
    if (seconds === 0) return;
    const wait = (Math.floor(seconds / 2) + 1) * US_PER_SECOND;
    context.queue.addAfter(name, wait, false);
  } catch (error) {
    if (isApiError(error, 'NotFound')) return;
    // Whatever the back-off has grown to, it is tried every minute.
    context.queue.addAfter(name, MAX_RETRY_US, false);
    throw error;
  }
}

/** What is left of one kind, and how long that may take; 0 = unknown. */
interface Leftover {
  readonly count: number;
  readonly estimateSeconds: number;
  readonly finalizers: ReadonlyMap<string, number>;
  readonly error?: string;
}

/** One pass over a namespace that goes away. */
class NamespaceDeletion {
  readonly #name: string;
  readonly #context: ControllerContext;
  readonly #errors: string[] = [];
  readonly #remaining = new Map<string, number>();
  readonly #finalizers = new Map<string, number>();
  #estimateSeconds = 0;

  constructor(name: string, context: ControllerContext) {
    this.#name = name;
    this.#context = context;
  }

  /** Answers how many seconds the rest may take; 0 when the namespace has been let go. */
  *run(): Proc<number> {
    const { client } = this.#context;
    const namespace = yield* client.get(Namespace, '', this.#name);
    if (namespace.metadata.deletionTimestamp === undefined) return 0;
    if (!(namespace.spec.finalizers ?? []).includes(FINALIZER)) return 0;
    const deletedMs = parseTime(namespace.metadata.deletionTimestamp);

    const pods = yield* this.#empty(Pod, deletedMs);
    this.#count(Pod, pods, `failed to delete pods for namespace: ${this.#name}, err: `);
    this.#context.note('an empty namespace', `${pods.count} Pods left`);
    if (pods.count > 0) {
      yield* this.#report(namespace, new Map(), new Map());
      return this.#outcome();
    }
    for (const kind of this.#otherKinds())
      this.#count(kind, yield* this.#empty(kind, deletedMs), '');
    yield* this.#report(namespace, this.#remaining, this.#finalizers);
    if (this.#outcome() > 0) return this.#estimateSeconds;
    yield* this.#finalize(namespace);
    return 0;
  }

  #outcome(): number {
    if (this.#errors.length > 0) throw new Retry(aggregate(this.#errors));
    return this.#estimateSeconds;
  }

  #otherKinds(): AnyKind[] {
    return this.#context.client
      .kinds()
      .filter((kind) => kind.namespaced && kind !== Pod && can(kind, 'delete'));
  }

  #count(kind: AnyKind, left: Leftover, prefix: string): void {
    if (left.error !== undefined) this.#errors.push(prefix + left.error);
    this.#estimateSeconds = Math.max(this.#estimateSeconds, left.estimateSeconds);
    if (left.count === 0) return;
    this.#remaining.set(`${kind.plural}.${kind.group}`, left.count);
    for (const [finalizer, count] of left.finalizers) {
      this.#finalizers.set(finalizer, (this.#finalizers.get(finalizer) ?? 0) + count);
    }
  }

  /** Upstream deleteAllContentForGroupVersionResource. */
  *#empty(kind: AnyKind, deletedMs: number): Proc<Leftover> {
    const { client } = this.#context;
    const namespace = this.#name;
    const none = { count: 0, finalizers: new Map<string, number>() };
    let estimateSeconds = 0;
    try {
      if (kind === Pod) estimateSeconds = yield* this.#gracefulSeconds(deletedMs);
      if (can(kind, 'deletecollection')) yield* client.deleteCollection(kind, namespace);
      else yield* this.#deleteEach(kind);
      if (!can(kind, 'list')) return { ...none, estimateSeconds };
      const { items } = yield* client.list(kind, { namespace });
      if (items.length === 0) return { ...none, estimateSeconds: 0 };
      return this.#leftover(kind, items, estimateSeconds);
    } catch (error) {
      if (!isApiError(error)) throw error;
      return { ...none, estimateSeconds, error: error.message };
    }
  }

  #leftover(kind: AnyKind, items: readonly KubeObject[], estimate: number): Leftover {
    const finalizers = new Map<string, number>();
    for (const { metadata } of items) {
      for (const f of metadata.finalizers ?? []) finalizers.set(f, (finalizers.get(f) ?? 0) + 1);
    }
    const count = items.length;
    if (estimate > 0) return { count, finalizers, estimateSeconds: estimate };
    if (finalizers.size > 0) {
      return { count, finalizers, estimateSeconds: FINALIZER_ESTIMATE_SECONDS };
    }
    const resource = `${kind.group}/${kind.version}, Resource=${kind.plural}`;
    const error = `unexpected items still remain in namespace: ${this.#name} for gvr: ${resource}`;
    return { count, finalizers, estimateSeconds: 0, error };
  }

  *#deleteEach(kind: AnyKind): Proc {
    const { client } = this.#context;
    const { items } = yield* client.list(kind, { namespace: this.#name });
    for (const { metadata } of items) {
      try {
        const options = { propagationPolicy: 'Background' } as const;
        yield* client.delete(kind, this.#name, metadata.name, options);
      } catch (error) {
        if (!isApiError(error, 'NotFound')) throw error;
      }
    }
  }

  /** The longest grace period of the Pods left, unless it has passed since the deletion. */
  *#gracefulSeconds(deletedMs: number): Proc<number> {
    const { client, kernel } = this.#context;
    const { items } = yield* client.list(Pod, { namespace: this.#name });
    let seconds = 0;
    for (const pod of items) {
      if (!isPodTerminal(pod)) {
        seconds = Math.max(seconds, pod.spec.terminationGracePeriodSeconds ?? 0);
      }
    }
    return kernel.nowMs - deletedMs >= seconds * MS_PER_SECOND ? 0 : seconds;
  }

  /** A refused status is left for the next pass. */
  *#report(
    namespace: Namespace,
    remaining: DeletionFindings['remaining'],
    finalizers: DeletionFindings['finalizers'],
  ): Proc {
    const { client, kernel } = this.#context;
    const old = namespace.status.conditions ?? [];
    const findings = { errors: this.#errors, remaining, finalizers };
    const conditions = deletionConditions(old, findings, kernel.nowMs);
    if (conditions === old) return;
    const status: NamespaceStatus = { ...namespace.status, conditions };
    try {
      yield* client.updateStatus(Namespace, { ...namespace, status });
    } catch (error) {
      if (!isApiError(error)) throw error;
    }
  }

  /** Takes the finalizer off; upstream starts from the copy it has and reads again on a conflict. */
  *#finalize(namespace: Namespace): Proc {
    const { client } = this.#context;
    let latest = namespace;
    for (let attempt = 0; attempt < MAX_CONFLICTS; attempt++) {
      const finalizers = (latest.spec.finalizers ?? []).filter((f) => f !== FINALIZER);
      const { finalizers: _old, ...spec } = latest.spec;
      const next = { ...latest, spec: finalizers.length > 0 ? { ...spec, finalizers } : spec };
      try {
        yield* client.updateSubresource(Namespace, next, 'finalize');
        return;
      } catch (error) {
        if (!isApiError(error, 'Conflict')) throw error;
      }
      latest = yield* client.get(Namespace, '', this.#name);
      if (latest.metadata.uid !== namespace.metadata.uid) {
        throw new Retry('namespace uid has changed across retries');
      }
    }
    throw new Retry('too many conflicts');
  }
}

function can(kind: AnyKind, verb: string): boolean {
  return kind.verbs === undefined || kind.verbs.includes(verb);
}
