/**
 * The graph of owners and dependents that the garbage collector keeps from what its informers show.
 * Owners it has not seen yet are virtual until somebody has looked.
 *
 * Models: kubernetes pkg/controller/garbagecollector graph.go, graph_builder.go (v1.36)
 */
import type { ObjectMeta, OwnerReference } from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import {
  alternative,
  coordinates,
  type Identity,
  partition,
  refersTo,
  sameIdentity,
} from './identities.ts';

export const FOREGROUND = 'foregroundDeletion'; // metav1.FinalizerDeleteDependents
export const ORPHAN = 'orphan'; // metav1.FinalizerOrphanDependents

export class GraphNode {
  /** Of a virtual one what dependents tell; it may turn out to be another. */
  identity: Identity;
  owners: readonly OwnerReference[] = [];
  /** Lazily made: most objects own nothing. */
  dependents: Set<GraphNode> | null = null;
  /** Known only from references of dependents. */
  virtual: boolean;
  beingDeleted = false;
  /** Its deletion waits for its dependents. */
  deletingDependents = false;

  constructor(identity: Identity, virtual: boolean) {
    this.identity = identity;
    this.virtual = virtual;
  }

  /** Dependents whose reference says that they hold up this owner's deletion. */
  blockingDependents(): GraphNode[] {
    const blocking: GraphNode[] = [];
    for (const dependent of this.dependents ?? []) {
      const blocks = dependent.owners.some(
        (ref) => ref.uid === this.identity.uid && ref.blockOwnerDeletion === true,
      );
      if (blocks) blocking.push(dependent);
    }
    return blocking;
  }
}

/** Where the graph puts what has become due. */
export interface Due {
  attemptToDelete(node: GraphNode): void;
  attemptToOrphan(node: GraphNode): void;
  /** The owner is known to be gone: its dependents need not ask the server for it. */
  absent(identity: Identity): void;
  /** A reference into another namespace than the dependent's own. */
  invalidNamespace(dependent: GraphNode, owner: OwnerReference): void;
}

const NO_OWNERS: readonly OwnerReference[] = [];

export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #due: Due;

  constructor(due: Due) {
    this.#due = due;
  }

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** An informer shows |object|; |old| is what it showed before. */
  observe(object: KubeObject, old: KubeObject | undefined): void {
    const { metadata } = object;
    if (old && unchanged(metadata, old.metadata)) return;
    const node = this.#nodes.get(metadata.uid);
    if (!node) {
      this.#insert(object, old);
      return;
    }
    if (node.virtual) this.#realize(node, object);
    this.#changeOwners(node, metadata.ownerReferences ?? NO_OWNERS);
    if (metadata.deletionTimestamp !== undefined) node.beingDeleted = true;
    this.#transitions(node, metadata, old?.metadata);
  }

  /** The object with this uid is gone: by an informer, or (|verified|) by the server's word. */
  remove(uid: string, verified?: Identity): void {
    const node = this.#nodes.get(uid);
    if (!node) return;
    if (verified && !this.#mayGo(node, verified)) return;
    this.#nodes.delete(uid);
    this.#unlink(node, node.owners);
    if (node.dependents && node.dependents.size > 0) this.#due.absent(node.identity);
    for (const dependent of node.dependents ?? []) this.#due.attemptToDelete(dependent);
    for (const ref of node.owners) {
      const owner = this.#nodes.get(ref.uid);
      if (owner?.deletingDependents) this.#due.attemptToDelete(owner);
    }
  }

  /** The server does not know |absent|: is that all there is to this node? */
  #mayGo(node: GraphNode, absent: Identity): boolean {
    const isSame = sameIdentity(node.identity, absent);
    if (!node.virtual && isSame) return true;
    const { matching, others } = partition(node.dependents ?? [], absent);
    if (node.virtual && others.length === 0) return true;
    if (matching.length > 0) this.#due.absent(absent);
    for (const dependent of matching) this.#due.attemptToDelete(dependent);
    // Some dependents mean another object by this uid: the collector, who tries again, looks for that.
    if (node.virtual && isSame) node.identity = alternative(others, absent) ?? node.identity;
    return false;
  }

  #insert(object: KubeObject, old: KubeObject | undefined): void {
    const { metadata } = object;
    const node = new GraphNode(identityOf(object), false);
    node.owners = metadata.ownerReferences ?? NO_OWNERS;
    node.beingDeleted = metadata.deletionTimestamp !== undefined;
    node.deletingDependents = node.beingDeleted && has(metadata, FOREGROUND);
    this.#nodes.set(metadata.uid, node);
    this.#link(node, node.owners);
    this.#transitions(node, metadata, old?.metadata);
  }

  #realize(node: GraphNode, object: KubeObject): void {
    node.virtual = false;
    const identity = identityOf(object);
    if (sameIdentity(node.identity, identity)) return;
    for (const dependent of node.dependents ?? []) {
      const fits = dependent.owners.some((ref) => refersTo(ref, identity, dependent.identity));
      if (!fits) this.#due.attemptToDelete(dependent);
    }
    node.identity = identity;
  }

  #changeOwners(node: GraphNode, next: readonly OwnerReference[]): void {
    const old = node.owners;
    if (old === next || equalJson(old, next)) return;
    const added = next.filter((ref) => !old.some((o) => o.uid === ref.uid));
    const removed = old.filter((ref) => !next.some((n) => n.uid === ref.uid));
    node.owners = next;
    for (const ref of old) {
      if (ref.blockOwnerDeletion !== true) continue;
      const now = next.find((n) => n.uid === ref.uid);
      const owner = this.#nodes.get(ref.uid);
      // The owner may have waited for this dependent alone.
      if (owner && now?.blockOwnerDeletion !== true) this.#due.attemptToDelete(owner);
    }
    this.#link(node, added);
    this.#unlink(node, removed);
  }

  #link(node: GraphNode, refs: readonly OwnerReference[]): void {
    let doubtful = false;
    for (const ref of refs) {
      let owner = this.#nodes.get(ref.uid);
      const known = owner !== undefined;
      if (!owner) {
        owner = new GraphNode({ ...coordinates(ref), namespace: node.identity.namespace }, true);
        this.#nodes.set(ref.uid, owner);
      }
      owner.dependents ??= new Set();
      owner.dependents.add(node);
      if (!known) {
        this.#due.attemptToDelete(owner);
        continue;
      }
      if (doubtful) continue;
      const foreign =
        owner.identity.namespace !== '' && owner.identity.namespace !== node.identity.namespace;
      if (foreign && !owner.virtual) this.#due.invalidNamespace(node, ref);
      doubtful = foreign || !refersTo(ref, owner.identity, node.identity);
    }
    if (doubtful) this.#due.attemptToDelete(node);
  }

  #unlink(node: GraphNode, refs: readonly OwnerReference[]): void {
    for (const ref of refs) this.#nodes.get(ref.uid)?.dependents?.delete(node);
  }

  /** A deletion that has begun to wait: for the dependents' end, or for their release. */
  #transitions(node: GraphNode, now: ObjectMeta, old: ObjectMeta | undefined): void {
    if (begins(now, old, ORPHAN)) {
      this.#due.attemptToOrphan(node);
    } else if (begins(now, old, FOREGROUND)) {
      node.deletingDependents = true;
      for (const dependent of node.dependents ?? []) this.#due.attemptToDelete(dependent);
      this.#due.attemptToDelete(node);
    }
  }
}

function unchanged(now: ObjectMeta, old: ObjectMeta): boolean {
  return (
    now.uid === old.uid &&
    now.deletionTimestamp === old.deletionTimestamp &&
    (now.ownerReferences === old.ownerReferences ||
      equalJson(now.ownerReferences, old.ownerReferences)) &&
    (now.finalizers === old.finalizers || equalJson(now.finalizers, old.finalizers))
  );
}

export function has(metadata: ObjectMeta, finalizer: string): boolean {
  return metadata.finalizers?.includes(finalizer) ?? false;
}

function begins(now: ObjectMeta, old: ObjectMeta | undefined, finalizer: string): boolean {
  const waits = (m: ObjectMeta): boolean => m.deletionTimestamp !== undefined && has(m, finalizer);
  return waits(now) && (old === undefined || !waits(old));
}

function identityOf(object: KubeObject): Identity {
  const { namespace = '', name, uid } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, namespace, name, uid };
}
