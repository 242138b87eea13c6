/**
 * How Pod events reach the objects that control Pods: the owner of a Pod is woken, a Pod without one
 * wakes all that might adopt it.
 *
 * Models: the Pod handlers of kubernetes pkg/controller/{replicaset,statefulset,daemon,job} (v1.36)
 */
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { Kind } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import { type KubeObject, type ObjectKey, keyFor, keyOf } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import { isPodReady } from '../../api/meta/pod-state.ts';
import type { Selector } from '../../api/meta/selectors.ts';
import type { ControllerContext } from './controller.ts';
import { indexOrphans } from './ownership.ts';

const US_PER_SECOND = 1_000_000;

export interface OwnerRules<T extends KubeObject> {
  readonly kind: Kind<T>;
  selectorOf(owner: T): Selector;
  minReadySeconds?(owner: T): number;
  /** A Pod of |owner| has appeared. Default for all three: the owner's key is queued. */
  created?(key: ObjectKey, pod: PodObject, owner: T): void;
  updated?(key: ObjectKey, pod: PodObject, old: PodObject, owner: T): void;
  /** It is being deleted, or gone. */
  gone?(key: ObjectKey, pod: PodObject, owner: T, isGone: boolean): void;
}

export function wakeOwners<T extends KubeObject>(
  context: ControllerContext,
  rules: OwnerRules<T>,
): void {
  const { informers } = context;
  informers.for(rules.kind).addIndex('namespace', (o) => [o.metadata.namespace ?? '']);
  const pods = informers.for(Pod);
  indexOrphans(pods);
  const wake = new Wake(context, rules);
  pods.addHandler({
    onAdd: (pod) => wake.added(pod),
    onUpdate: (pod, old) => wake.updated(pod, old),
    onDelete: (pod) => wake.gone(pod, true),
  });
}

class Wake<T extends KubeObject> {
  readonly #context: ControllerContext;
  readonly #rules: OwnerRules<T>;

  constructor(context: ControllerContext, rules: OwnerRules<T>) {
    this.#context = context;
    this.#rules = rules;
  }

  added(pod: PodObject): void {
    // After a restart a Pod may be first seen when it is already on its way out.
    if (pod.metadata.deletionTimestamp !== undefined) return this.gone(pod, false);
    const owner = this.#ownerOf(pod);
    if (owner) {
      const key = keyOf(owner);
      if (this.#rules.created) this.#rules.created(key, pod, owner);
      else this.#context.queue.add(key);
    } else if (!controllerOf(pod)) this.#wakeMatching(pod);
  }

  updated(pod: PodObject, old: PodObject): void {
    const { queue } = this.#context;
    const relabeled = !equalJson(pod.metadata.labels, old.metadata.labels);
    if (pod.metadata.deletionTimestamp !== undefined) {
      this.gone(pod, false);
      if (relabeled) this.gone(old, false);
      return;
    }
    const changedOwner = !equalJson(controllerOf(pod), controllerOf(old));
    const former = changedOwner ? this.#ownerOf(old) : undefined;
    if (former) queue.add(keyOf(former));
    const owner = this.#ownerOf(pod);
    if (owner) this.#ownedUpdated(owner, pod, old);
    else if (!controllerOf(pod) && (changedOwner || relabeled)) this.#wakeMatching(pod);
  }

  gone(pod: PodObject, isGone: boolean): void {
    const owner = this.#ownerOf(pod);
    if (!owner) return;
    if (this.#rules.gone) this.#rules.gone(keyOf(owner), pod, owner, isGone);
    else this.#context.queue.add(keyOf(owner));
  }

  #ownedUpdated(owner: T, pod: PodObject, old: PodObject): void {
    const { queue } = this.#context;
    const key = keyOf(owner);
    if (this.#rules.updated) this.#rules.updated(key, pod, old, owner);
    else queue.add(key);
    const minReady = this.#rules.minReadySeconds?.(owner) ?? 0;
    if (minReady > 0 && isPodReady(pod) && !isPodReady(old)) {
      queue.addAfter(key, minReady * US_PER_SECOND);
    }
  }

  #ownerOf(pod: PodObject): T | undefined {
    const { kind } = this.#rules;
    const ref = controllerOf(pod);
    if (ref?.kind !== kind.kind) return undefined;
    const owner = this.#context.get(kind, keyFor(pod.metadata.namespace, ref.name));
    return owner?.metadata.uid === ref.uid ? owner : undefined;
  }

  #wakeMatching(pod: PodObject): void {
    const { kind } = this.#rules;
    const owners = this.#context.informers.for(kind).by('namespace', pod.metadata.namespace ?? '');
    for (const owner of owners.values()) {
      if (this.#rules.selectorOf(owner).matches(pod.metadata.labels))
        this.#context.queue.add(keyOf(owner));
    }
  }
}
