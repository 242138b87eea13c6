/**
 * What the scheduler hears of the cluster: keeps its picture of the nodes, feeds its queue with Pods
 * and with events that may help those that wait.
 *
 * Models: pkg/scheduler eventhandlers.go (v1.36)
 */
import type { Node as NodeObject, Pod as PodObject } from '../../api/generated/types.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
import { isPodTerminal } from '../../api/meta/pod-state.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Informers } from '../client/informer.ts';
import type { Decisions } from './decisions.ts';
import { type ClusterEvent, nodeEvents, podEvents } from './events.ts';
import { watchStorage } from './informer-lookup.ts';
import { nominatedNode } from './nominator.ts';
import type { SchedulingQueue } from './queue.ts';
import type { Snapshot } from './snapshot.ts';
import { priorityOf } from './what-if.ts';

/** A Pod that has been given a node, until its binding is seen. */
export interface Assumed {
  readonly pod: PodObject;
  readonly node: string;
  /** Where it stands: only while plugins prepare the binding can it be taken back. */
  stage: 'preparing' | 'cancelled' | 'binding';
}

export interface WatchParts {
  readonly kernel: Kernel;
  readonly snapshot: Snapshot;
  readonly queue: SchedulingQueue;
  readonly assumed: Map<ObjectKey, Assumed>;
  readonly decisions: Decisions;
  /** Whether Pods of this schedulerName are ours. */
  handles(schedulerName: string): boolean;
  /** Something may be due. */
  pump(): void;
}

export class ClusterWatch {
  readonly #parts: WatchParts;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  /** Begins to hear of nodes, Pods and what informer-lookup.ts lists. */
  start(informers: Informers): void {
    const snapshot = this.#parts.snapshot;
    const pods = informers.for(Pod);
    pods.addIndex('node', (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    informers.for(Node).addHandler({
      onAdd: (node) => {
        snapshot.setNode(node);
        for (const pod of pods.by('node', node.metadata.name).values()) {
          if (!isPodTerminal(pod)) snapshot.addPod(pod, node.metadata.name);
        }
        this.#onEvent({ type: 'NodeAdd', node, old: null });
      },
      onUpdate: (node, old) => this.#onNode(node, old),
      onDelete: (node) => {
        this.#onEvent({ type: 'NodeDelete', node, old: null });
        snapshot.removeNode(node.metadata.name);
      },
    });
    pods.addHandler({
      onAdd: (pod) => this.#onPod(pod, null),
      onUpdate: (pod, old) => this.#onPod(pod, old),
      onDelete: (pod) => this.#onPodGone(pod),
    });
    watchStorage(informers, (event) => this.#onEvent(event));
  }

  #onNode(node: NodeObject, old: NodeObject): void {
    this.#parts.snapshot.setNode(node);
    for (const event of nodeEvents(node, old)) this.#onEvent(event);
  }

  #onPod(pod: PodObject, old: PodObject | null): void {
    if (!pod.spec.nodeName) this.#onWaiting(pod, old);
    else this.#onPlaced(pod, old);
  }

  #onWaiting(pod: PodObject, old: PodObject | null): void {
    const key = keyOf(pod);
    if (!this.#parts.handles(pod.spec.schedulerName ?? '')) return;
    if (isPodTerminal(pod)) {
      this.#parts.queue.remove(key);
      return;
    }
    const { cause } = this.#parts.kernel;
    if (!old || isPodTerminal(old)) {
      this.#parts.queue.add(pod, cause);
      this.#parts.pump();
      return;
    }
    const assumed = this.#parts.assumed.get(key);
    if (assumed) {
      const isDeleted = pod.metadata.deletionTimestamp !== undefined;
      if (isDeleted && old.metadata.deletionTimestamp === undefined) this.forget(assumed.pod);
      return;
    }
    this.#parts.queue.update(pod, old, cause);
    const promised = nominatedNode(old);
    if (promised !== '' && promised !== nominatedNode(pod)) this.#roomFor(old);
    this.#parts.pump();
  }

  #onPlaced(pod: PodObject, old: PodObject | null): void {
    const key = keyOf(pod);
    const nodeName = pod.spec.nodeName ?? '';
    const isNew = !old?.spec.nodeName;
    this.#parts.assumed.delete(key);
    if (isNew) this.#parts.queue.remove(key);
    if (isPodTerminal(pod)) {
      this.#parts.snapshot.removePod(key);
      if (old && !isPodTerminal(old)) this.#onEvent({ type: 'AssignedPodDelete', pod, old: null });
      return;
    }
    if (isNew) {
      this.#parts.snapshot.addPod(pod, nodeName);
      this.#onEvent({ type: 'AssignedPodAdd', pod, old: null });
      return;
    }
    // A status counts only while a Pod changes its size; else the picture stays as it is.
    const counts =
      old.spec !== pod.spec ||
      old.metadata.labels !== pod.metadata.labels ||
      old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
      this.#parts.snapshot.nodes.get(nodeName)?.isResizing(key) === true;
    if (!counts) {
      this.#parts.snapshot.refreshPod(pod);
      return;
    }
    this.#parts.snapshot.addPod(pod, nodeName);
    for (const event of podEvents(pod, old)) this.#onEvent(event);
  }

  #onPodGone(pod: PodObject): void {
    const key = keyOf(pod);
    this.#parts.decisions.delete(key);
    if (pod.spec.nodeName) {
      this.#parts.snapshot.removePod(key);
      if (!isPodTerminal(pod)) this.#onEvent({ type: 'AssignedPodDelete', pod, old: null });
      return;
    }
    this.#parts.queue.remove(key);
    const assumed = this.#parts.assumed.get(key);
    if (assumed) this.forget(assumed.pod);
    else if (nominatedNode(pod) !== '') this.#roomFor(pod);
  }

  /** A Pod that has not been bound is gone, or its binding has failed: what it took is free again. */
  forget(pod: PodObject, but?: string): void {
    const key = keyOf(pod);
    if (this.#parts.assumed.delete(key)) this.#parts.snapshot.removePod(key);
    this.#onEvent({ type: 'AssignedPodDelete', pod, old: null }, (p) => p.metadata.uid !== but);
  }

  /** A node is promised to |pod| no more: others of no higher priority may go there. */
  #roomFor(pod: PodObject): void {
    const event = { type: 'AssignedPodDelete', pod, old: null } as const;
    this.#onEvent(event, (other) => priorityOf(other) <= priorityOf(pod));
  }

  #onEvent(event: ClusterEvent, only?: (pod: PodObject) => boolean): void {
    if (this.#parts.queue.onEvent(event, this.#parts.kernel.cause, only)) this.#parts.pump();
  }
}
