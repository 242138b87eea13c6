/**
 * Garbage collector: deletes objects all of whose owners are gone, ends foreground deletions when
 * the dependents are gone, and takes the references of orphaned dependents off.
 *
 * Models:     kubernetes pkg/controller/garbagecollector garbagecollector.go, operations.go (v1.36)
 * Watches:    every kind the server serves but Events
 * Writes:     delete, and patch of ownerReferences and finalizers, of any kind
 */
import type { OwnerReference } from '../../api/generated/types.ts';
import { CustomResourceDefinition } from '../../api/kinds/custom-resource-definition.ts';
import { Event } from '../../api/kinds/event.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { releasePatch } from '../../api/meta/owner-references.ts';
import { type ApiError, isApiError } from '../../api/meta/status.ts';
import { type Proc, all, sleep } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  Retry,
  defineController,
} from '../client/controller.ts';
import { FOREGROUND, Graph, type GraphNode, ORPHAN, has } from './garbage-collector/graph.ts';
import type { Identity } from './garbage-collector/identities.ts';

const ABSENT_OWNERS_KEPT = 500; // NewReferenceCache in NewGarbageCollector
const CONFLICT_RETRIES = 4; // retry.DefaultBackoff
const CONFLICT_BACKOFF_US = 10_000; // retry.DefaultBackoff
const CONFLICT_BACKOFF_FACTOR = 5; // retry.DefaultBackoff

export function garbageCollector(): ControllerDefinition<Namespace> {
  let collector: Collector | null = null;
  return defineController<Namespace>({
    name: 'generic-garbage-collector',
    eventSource: 'garbage-collector-controller',
    // Any kind would do: keys name objects of all kinds.
    primary: Namespace,
    ownHandlers: true,
    refOf: (key) => key.slice(0, key.indexOf(' ')),
    workers: 20, // --concurrent-gc-syncs
    start(context) {
      collector = new Collector(context);
    },
    *reconcile(key) {
      if (collector) yield* collector.reconcile(key);
    },
  });
}

/** Keys are `Kind/namespace/name uid`, and the same with ` orphan` for nodes to be orphaned. */
function keyOfNode({ identity }: GraphNode): string {
  return `${identity.kind}/${identity.namespace}/${identity.name} ${identity.uid}`;
}

class Collector {
  readonly #context: ControllerContext;
  readonly #graph: Graph;
  /** Identities the server has said do not exist, oldest first. */
  readonly #absent = new Set<string>();
  readonly #watched = new Set<AnyKind>();

  constructor(context: ControllerContext) {
    this.#context = context;
    const { informers, queue } = context;
    this.#graph = new Graph({
      attemptToDelete: (node) => queue.add(keyOfNode(node)),
      attemptToOrphan: (node) => queue.add(`${keyOfNode(node)} orphan`),
      absent: (identity) => this.#rememberAbsent(identity),
      invalidNamespace: (node, ref) => this.#reportNamespace(node, ref),
    });
    this.#watchAll();
    // Kinds of custom resources come and go with their definitions; upstream looks every 30 s.
    const again = (): void => this.#watchAll();
    informers
      .for(CustomResourceDefinition)
      .addHandler({ onAdd: again, onUpdate: again, onDelete: again });
  }

  /** Watches every kind that is stored by now. */
  #watchAll(): void {
    const { client, informers } = this.#context;
    for (const kind of client.kinds()) {
      const watchable = ['delete', 'list', 'watch'].every((v) => kind.verbs?.includes(v) ?? true);
      if ((kind as unknown) === Event || !watchable || this.#watched.has(kind)) continue;
      this.#watched.add(kind);
      const informer = informers.for(kind);
      informer.addHandler({
        onAdd: (object) => this.#graph.observe(object, undefined),
        onUpdate: (object, old) => this.#graph.observe(object, old),
        onDelete: (object) => {
          // When its definition has changed, a kind is forgotten and seen anew: nothing was deleted.
          if (!informer.ended) this.#graph.remove(object.metadata.uid);
        },
      });
    }
  }

  *reconcile(key: string): Proc {
    const [, uid = '', orphan] = key.split(' ');
    const node = this.#graph.get(uid);
    if (!node) return;
    if (orphan !== undefined) return yield* this.#orphan(node);
    yield* this.#attemptToDelete(node);
    // A virtual node is asked for until the informers have shown it or it is known to be gone.
    if (node.virtual && this.#graph.get(uid) === node) {
      throw new Retry(`${node.identity.kind} ${node.identity.name} has not been observed yet`);
    }
  }

  *#attemptToDelete(node: GraphNode): Proc {
    if (node.beingDeleted && !node.deletingDependents) return;
    const kind = this.#kindOf(node.identity.apiVersion, node.identity.kind);
    // A cluster-scoped object cannot have an owner that lives in a namespace.
    if (kind.namespaced && node.identity.namespace === '') return;
    const latest = yield* this.#read(kind, node.identity);
    if (latest?.metadata.uid !== node.identity.uid) {
      this.#graph.remove(node.identity.uid, node.identity);
      return;
    }
    if (node.deletingDependents) return yield* this.#finishForeground(node, kind);
    const refs = latest.metadata.ownerReferences ?? [];
    if (refs.length === 0) return;

    const { solid, dangling, waiting } = yield* this.#classify(node, refs);
    this.#context.note('an owner that exists', `${solid.length} of ${refs.length}`);
    if (solid.length > 0) {
      const gone = [...dangling, ...waiting].map((ref) => ref.uid);
      if (gone.length === 0) return;
      yield* this.#letGo(kind, node.identity, gone);
    } else if (waiting.length > 0 && (node.dependents?.size ?? 0) > 0) {
      yield* this.#unblockCycle(node, kind);
      yield* this.#delete(kind, node, latest, 'Foreground');
    } else {
      const { metadata } = latest;
      const policy = has(metadata, ORPHAN)
        ? 'Orphan'
        : has(metadata, FOREGROUND)
          ? 'Foreground'
          : 'Background';
      yield* this.#delete(kind, node, latest, policy);
    }
  }

  /** Of |refs|: owners that exist, that do not, and that wait for this dependent to go. */
  *#classify(
    node: GraphNode,
    refs: readonly OwnerReference[],
  ): Proc<{ solid: OwnerReference[]; dangling: OwnerReference[]; waiting: OwnerReference[] }> {
    const solid: OwnerReference[] = [];
    const dangling: OwnerReference[] = [];
    const waiting: OwnerReference[] = [];
    for (const ref of refs) {
      const owner = yield* this.#ownerOf(node, ref);
      if (!owner) dangling.push(ref);
      else if (owner.metadata.deletionTimestamp !== undefined && has(owner.metadata, FOREGROUND)) {
        waiting.push(ref);
      } else solid.push(ref);
    }
    return { solid, dangling, waiting };
  }

  *#ownerOf(node: GraphNode, ref: OwnerReference): Proc<KubeObject | undefined> {
    const { namespace } = node.identity;
    const identity = (ns: string): Identity => ({
      apiVersion: ref.apiVersion,
      kind: ref.kind,
      namespace: ns,
      name: ref.name,
      uid: ref.uid,
    });
    if (this.#isAbsent(identity('')) || this.#isAbsent(identity(namespace))) return undefined;
    const kind = this.#kindOf(ref.apiVersion, ref.kind);
    const wanted = identity(kind.namespaced ? namespace : '');
    const owner = yield* this.#read(kind, wanted);
    if (owner?.metadata.uid === ref.uid) return owner;
    this.#rememberAbsent(wanted);
    return undefined;
  }

  /** A dependent that itself waits for its dependents would wait for ever if they form a ring. */
  *#unblockCycle(node: GraphNode, kind: AnyKind): Proc {
    const ring = [...(node.dependents ?? [])].some((d) => d.deletingDependents);
    if (!ring) return;
    const ownerReferences = node.owners
      .filter((ref) => ref.blockOwnerDeletion === true)
      .map((ref) => ({ ...ref, blockOwnerDeletion: false }));
    const patch = { metadata: { ownerReferences, uid: node.identity.uid } };
    // A list in a merge patch replaces the old one.
    const others = node.owners.filter((ref) => ref.blockOwnerDeletion !== true);
    const whole = {
      metadata: { ...patch.metadata, ownerReferences: [...ownerReferences, ...others] },
    };
    if (kind.isCustom === true) yield* this.#patch(kind, node.identity, whole, 'merge');
    else yield* this.#patch(kind, node.identity, patch, 'strategic');
  }

  /** Takes the references to |owners| off. Custom resources know no strategic merge patch. */
  *#letGo(kind: AnyKind, identity: Identity, owners: readonly string[]): Proc {
    if (kind.isCustom !== true) {
      const patch = releasePatch(identity.uid, owners);
      return yield* this.#patch(kind, identity, patch, 'strategic');
    }
    const latest = yield* this.#read(kind, identity);
    if (!latest) return;
    const { resourceVersion, ownerReferences = [] } = latest.metadata;
    const left = ownerReferences.filter((ref) => !owners.includes(ref.uid));
    const metadata = { resourceVersion, ownerReferences: left.length > 0 ? left : null };
    yield* this.#patch(kind, identity, { metadata }, 'merge');
  }

  *#finishForeground(node: GraphNode, kind: AnyKind): Proc {
    const blocking = node.blockingDependents();
    this.#context.note('no dependents left', `${blocking.length} left`);
    if (blocking.length === 0) return yield* this.#removeFinalizer(kind, node.identity, FOREGROUND);
    for (const dependent of blocking) {
      if (!dependent.deletingDependents) this.#context.queue.add(keyOfNode(dependent));
    }
  }

  *#orphan(owner: GraphNode): Proc {
    const { uid } = owner.identity;
    const release = [...(owner.dependents ?? [])].map((d) => this.#release(d, uid));
    const outcomes = yield* all(this.#context.kernel, 'orphan', release);
    for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
    const kind = this.#kindOf(owner.identity.apiVersion, owner.identity.kind);
    yield* this.#removeFinalizer(kind, owner.identity, ORPHAN);
  }

  *#release(dependent: GraphNode, owner: string): Proc {
    const { apiVersion, kind } = dependent.identity;
    try {
      yield* this.#letGo(this.#kindOf(apiVersion, kind), dependent.identity, [owner]);
    } catch (error) {
      if (!isApiError(error, 'NotFound')) throw error;
    }
  }

  *#removeFinalizer(kind: AnyKind, identity: Identity, finalizer: string): Proc {
    let backoff = CONFLICT_BACKOFF_US;
    for (let attempt = 0; ; attempt++) {
      const latest = yield* this.#read(kind, identity);
      if (!latest || !has(latest.metadata, finalizer)) return;
      const { finalizers = [], resourceVersion } = latest.metadata;
      const left = finalizers.filter((f) => f !== finalizer);
      const metadata = { resourceVersion, finalizers: left.length > 0 ? left : null };
      try {
        yield* this.#patch(kind, identity, { metadata }, 'merge');
        return;
      } catch (error) {
        if (!isApiError(error, 'Conflict') || attempt >= CONFLICT_RETRIES) throw error;
      }
      yield* sleep(backoff);
      backoff *= CONFLICT_BACKOFF_FACTOR;
    }
  }

  /** Deletes the object as it was judged; a change that leaves its owners alone does not stop it. */
  *#delete(
    kind: AnyKind,
    node: GraphNode,
    latest: KubeObject,
    propagationPolicy: 'Background' | 'Foreground' | 'Orphan',
  ): Proc {
    const { client } = this.#context;
    const { namespace, name, uid } = node.identity;
    const { resourceVersion, ownerReferences } = latest.metadata;
    const options = { propagationPolicy, uid };
    try {
      yield* client.delete(kind, namespace, name, { ...options, resourceVersion });
      return;
    } catch (error) {
      if (!isApiError(error)) throw error;
      if (yield* this.#isGone(node, error)) return;
      if (error.reason !== 'Conflict') throw error;
      const live = yield* this.#read(kind, node.identity);
      if (!live) return this.#graph.remove(uid, node.identity);
      const sameOwners = equalJson(live.metadata.ownerReferences, ownerReferences);
      const changed = live.metadata.resourceVersion !== resourceVersion;
      if (live.metadata.uid !== uid || !changed || !sameOwners) throw error;
    }
    try {
      yield* client.delete(kind, namespace, name, options);
    } catch (error) {
      if (!isApiError(error) || !(yield* this.#isGone(node, error))) throw error;
    }
  }

  *#isGone(node: GraphNode, error: ApiError): Proc<boolean> {
    if (error.reason !== 'NotFound') return false;
    this.#graph.remove(node.identity.uid, node.identity);
    return true;
  }

  *#read(kind: AnyKind, { namespace, name }: Identity): Proc<KubeObject | undefined> {
    try {
      return yield* this.#context.client.get(kind, kind.namespaced ? namespace : '', name);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  *#patch(kind: AnyKind, id: Identity, patch: object, type: 'merge' | 'strategic'): Proc {
    const namespace = kind.namespaced ? id.namespace : '';
    yield* this.#context.client.patch(kind, namespace, id.name, patch, { type });
  }

  #kindOf(apiVersion: string, kind: string): AnyKind {
    const resource = this.#context.client.server.registry.ofKind(apiVersion, kind);
    if (!resource) throw new Retry(`unable to get REST mapping for ${apiVersion}/${kind}.`);
    return resource.kind;
  }

  #isAbsent(identity: Identity): boolean {
    return this.#absent.has(absentKey(identity));
  }

  #rememberAbsent(identity: Identity): void {
    const key = absentKey(identity);
    this.#absent.delete(key);
    this.#absent.add(key);
    if (this.#absent.size <= ABSENT_OWNERS_KEPT) return;
    const oldest = this.#absent.keys().next().value;
    if (oldest !== undefined) this.#absent.delete(oldest);
  }

  #reportNamespace(node: GraphNode, ref: OwnerReference): void {
    const { apiVersion, kind, namespace, name, uid } = node.identity;
    const owner = `[${ref.apiVersion}/${ref.kind}, namespace: ${namespace}, name: ${ref.name}, uid: ${ref.uid}]`;
    this.#context.events.record(
      {
        apiVersion,
        kind,
        metadata: { namespace, name, uid, resourceVersion: '', creationTimestamp: '' },
      },
      {
        type: 'Warning',
        reason: 'OwnerRefInvalidNamespace',
        message: `ownerRef ${owner} does not exist in namespace "${namespace}"`,
      },
    );
  }
}

function absentKey({ apiVersion, kind, namespace, name, uid }: Identity): string {
  return `${apiVersion} ${kind} ${namespace} ${name} ${uid}`;
}
