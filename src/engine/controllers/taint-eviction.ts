/**
 * Taint eviction controller: deletes Pods that do not tolerate a NoExecute taint of their Node, at
 * once or when their tolerationSeconds have passed.
 *
 * Models:     kubernetes pkg/controller/tainteviction taint_eviction.go, timed_workers.go (v1.36)
 * Watches:    Node (primary), Pod
 * Writes:     Pod status patch (DisruptionTarget) and delete; Events
 * Simplified: nothing known
 */
import type { Taint, Toleration } from '../../api/generated/types.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { equalJson } from '../../api/meta/json.ts';
import { type KubeObject, objectRef, splitKey } from '../../api/meta/object.ts';
import { withPodCondition } from '../../api/meta/pod-state.ts';
import { matchingTolerations } from '../../api/meta/taints.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { statusPatch } from '../client/status-patch.ts';
import { isRefusal } from '../client/refusal.ts';

const PODS_BY_NODE = 'node';
const US_PER_SECOND = 1_000_000;
const RETRIES = 5; // retries, taint_eviction.go
const RETRY_SLEEP_US = 10_000;
const NODE_PREFIX = 'Node//';
const POD_PREFIX = 'Pod/';
const UPDATE_WORKERS = 8; // UpdateWorkerSize

type Timer = ReturnType<ControllerContext['after']>;

/** An eviction that waits for its time. */
interface Pending {
  readonly createdAt: number;
  readonly timer: Timer;
}

/** Keys are object references: a tainted `Node//name`, or a `Pod/namespace/name` on one. */
export function taintEvictionController(): ControllerDefinition<Node> {
  let evictions: Evictions | null = null;
  return defineController<Node>({
    name: 'taint-eviction-controller',
    serviceAccount: 'node-controller',
    primary: Node,
    ownHandlers: true,
    refOf: (key) => key,
    workers: UPDATE_WORKERS,
    start(context) {
      evictions = new Evictions(context);
      evictions.watch();
    },
    *reconcile(key) {
      if (evictions) yield* evictions.reconcile(key);
    },
  });
}

/** Pure: seconds until a Pod must go: 0 = now, undefined = it may stay. */
export function secondsToEviction(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
): number | undefined {
  const used = matchingTolerations(taints, tolerations);
  if (!used) return 0;
  let least: number | undefined;
  for (const { tolerationSeconds } of used) {
    if (tolerationSeconds === undefined) continue;
    const seconds = Math.max(0, tolerationSeconds);
    least = least === undefined ? seconds : Math.min(least, seconds);
  }
  return least;
}

function noExecute(taints: readonly Taint[] | undefined): Taint[] {
  return taints?.filter((t) => t.effect === 'NoExecute') ?? [];
}

class Evictions {
  readonly #context: ControllerContext;
  /** NoExecute taints by Node; Nodes without are not in it. */
  readonly #tainted = new Map<string, readonly Taint[]>();
  readonly #pending = new Map<string, Pending>();
  /** Pods whose time has come. */
  readonly #due = new Set<string>();

  constructor(context: ControllerContext) {
    this.#context = context;
  }

  watch(): void {
    const { informers, queue } = this.#context;
    const pods = informers.for(Pod);
    pods.addIndex(PODS_BY_NODE, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    const wake = (pod: Pod): void => {
      if (this.#tainted.has(pod.spec.nodeName ?? '')) queue.add(objectRef(pod));
    };
    pods.addHandler({
      onAdd: wake,
      onUpdate: (pod, old) => {
        const same =
          pod.spec.nodeName === old.spec.nodeName &&
          equalJson(pod.spec.tolerations, old.spec.tolerations);
        if (!same) wake(pod);
      },
      onDelete: (pod) => this.#cancel(objectRef(pod)),
    });
    informers.for(Node).addHandler({
      onAdd: (node) => {
        if (noExecute(node.spec.taints).length > 0) queue.add(objectRef(node));
      },
      onUpdate: (node, old) => {
        if (!equalJson(noExecute(node.spec.taints), noExecute(old.spec.taints))) {
          queue.add(objectRef(node));
        }
      },
      onDelete: (node) => this.#tainted.delete(node.metadata.name),
    });
  }

  *reconcile(key: string): Proc {
    if (key.startsWith(NODE_PREFIX)) return this.#nodeChanged(key.slice(NODE_PREFIX.length));
    if (this.#due.delete(key)) return yield* this.#evict(key);
    const pod = this.#context.get(Pod, key.slice(POD_PREFIX.length));
    const taints = pod && this.#tainted.get(pod.spec.nodeName ?? '');
    if (pod && taints) this.#judge(pod, taints);
  }

  #nodeChanged(name: string): void {
    const node = this.#context.get(Node, name);
    if (!node) return;
    const taints = noExecute(node.spec.taints);
    if (taints.length > 0) this.#tainted.set(name, taints);
    else this.#tainted.delete(name);
    for (const pod of this.#context.informers.for(Pod).by(PODS_BY_NODE, name).values()) {
      if (taints.length === 0) this.#cancel(objectRef(pod));
      else this.#judge(pod, taints);
    }
  }

  /** Upstream processPodOnNode. */
  #judge(pod: Pod, taints: readonly Taint[]): void {
    const ref = objectRef(pod);
    const { now } = this.#context.kernel;
    const seconds = secondsToEviction(taints, pod.spec.tolerations ?? []);
    this.#context.note(
      seconds === undefined ? 'Pods that tolerate the taint' : `${ref} gone in ${seconds} s`,
      `${taints.length} NoExecute taints`,
    );
    if (seconds === undefined || seconds === 0) {
      this.#cancel(ref);
      if (seconds === 0) this.#fire(ref);
      return;
    }
    const pending = this.#pending.get(ref);
    const createdAt = pending?.createdAt ?? now;
    // The clock of an eviction that waits already is not turned back.
    if (pending && createdAt < now) return;
    if (pending) this.#cancel(ref);
    const timer = this.#context.after(
      seconds * US_PER_SECOND,
      () => {
        this.#pending.delete(ref);
        this.#fire(ref);
      },
      false,
    );
    this.#pending.set(ref, { createdAt, timer });
  }

  #fire(ref: string): void {
    this.#due.add(ref);
    this.#context.queue.add(ref);
  }

  #cancel(ref: string): void {
    this.#due.delete(ref);
    const pending = this.#pending.get(ref);
    if (!pending) return;
    this.#pending.delete(ref);
    this.#context.kernel.cancel(pending.timer);
    this.#event(ref, 'Cancelling deletion of Pod');
  }

  #event(ref: string, what: string): void {
    const { namespace, name } = splitKey(ref.slice(POD_PREFIX.length));
    // Upstream refers to the Pod by name alone.
    const metadata = { namespace, name, uid: '', resourceVersion: '', creationTimestamp: '' };
    const about: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata };
    const message = `${what} ${namespace}/${name}`;
    this.#context.events.record(about, { type: 'Normal', reason: 'TaintManagerEviction', message });
  }

  *#evict(ref: string): Proc {
    const { namespace, name } = splitKey(ref.slice(POD_PREFIX.length));
    this.#event(ref, 'Marking for deletion Pod');
    for (let attempt = 1; ; attempt++) {
      try {
        return yield* this.#markAndDelete(namespace, name);
      } catch (error) {
        // Upstream gives up after some tries; a new taint would start again.
        if (!isRefusal(error)) throw error;
        if (attempt >= RETRIES) return;
      }
      yield* sleep(RETRY_SLEEP_US);
    }
  }

  *#markAndDelete(namespace: string, name: string): Proc {
    const { client, kernel } = this.#context;
    const pod = yield* client.get(Pod, namespace, name);
    const generation = pod.metadata.generation ?? 0;
    const condition = {
      type: 'DisruptionTarget',
      ...(generation > 0 ? { observedGeneration: generation } : {}),
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    };
    const conditions = withPodCondition(pod.status.conditions ?? [], condition, kernel.nowMs);
    const patch = conditions && statusPatch(pod, { ...pod.status, conditions });
    if (patch) {
      const options = { type: 'strategic', subresource: 'status' } as const;
      yield* client.patch(Pod, namespace, name, patch, options);
    }
    yield* client.delete(Pod, namespace, name);
  }
}
