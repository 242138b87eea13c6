/**
 * What a DaemonSet lacks and has too much of, node by node, and how an update proceeds within
 * maxUnavailable or maxSurge.
 *
 * Models: kubernetes pkg/controller/daemon daemon_controller.go, update.go (v1.36)
 */
import type { DaemonSet, DaemonSetStatus, Node, Pod } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { scaledValue } from '../../../api/meta/int-or-string.ts';
import { isPodAvailable, isPodReady, isPodTerminal } from '../../../api/meta/pod-state.ts';
import { HASH_LABEL, isUpdated, nodeFit, targetNode } from './nodes.ts';

/** Pods by the node they run on or are meant for. */
export type PodsByNode = ReadonlyMap<string, readonly Pod[]>;

export interface Plan {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** Ended Pods that only wait for their finalizers are left out. */
export function podsByNode(pods: readonly Pod[], withEnded = false): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (!withEnded && isPodTerminal(pod) && isGoing(pod)) continue;
    const node = targetNode(pod);
    if (node === undefined) continue;
    const list = byNode.get(node);
    if (list) list.push(pod);
    else byNode.set(node, [pod]);
  }
  return byNode;
}

function isGoing(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Scheduled ones first, then the oldest. */
export function oldestFirst(pods: readonly Pod[]): Pod[] {
  return [...pods].sort((a, b) => {
    const scheduled = Number(!a.spec.nodeName) - Number(!b.spec.nodeName);
    return (
      scheduled ||
      compareText(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
      compareText(a.metadata.name, b.metadata.name)
    );
  });
}

export interface Manager {
  /** A failed Pod is replaced, but not in a tight loop: false keeps it for now. */
  mayReplaceFailed(pod: Pod, node: string): boolean;
  succeeded(pod: Pod, node: string): void;
}

/** Upstream manage: one Pod on each node that wants one, none elsewhere. */
export function planNodes(
  ds: DaemonSet,
  nodes: readonly Node[],
  byNode: PodsByNode,
  hash: string,
  manager: Manager,
  nowMs: number,
): Plan {
  const create: string[] = [];
  const remove: Pod[] = [];
  for (const node of nodes) {
    const { name } = node.metadata;
    const fit = nodeFit(ds, node);
    const pods = byNode.get(name);
    if (fit.run && !pods) create.push(name);
    else if (fit.stay) {
      const running = runningPods(pods ?? [], name, manager, remove);
      if (surgeOf(ds, 1) === 0) remove.push(...oldestFirst(running).slice(1));
      else if (running.length > 1) remove.push(...surplusOfSurge(ds, running, hash, nowMs));
      else if (running.length === 0 && fit.run) create.push(name);
    } else remove.push(...(pods ?? []).filter((pod) => !isGoing(pod)));
  }
  const known = new Set(nodes.map((node) => node.metadata.name));
  for (const [name, pods] of byNode) {
    // They wait for a node that is gone; no other controller would remove them.
    if (!known.has(name)) remove.push(...pods.filter((pod) => !pod.spec.nodeName));
  }
  return { create, remove };
}

function runningPods(
  pods: readonly Pod[],
  node: string,
  manager: Manager,
  remove: Pod[],
): readonly Pod[] {
  const running: Pod[] = [];
  for (const pod of pods) {
    if (isGoing(pod)) continue;
    if (pod.status.phase === 'Failed') {
      if (manager.mayReplaceFailed(pod, node)) remove.push(pod);
    } else if (pod.status.phase === 'Succeeded') {
      manager.succeeded(pod, node);
      remove.push(pod);
    } else running.push(pod);
  }
  return running;
}

/** Two may stay: an old one that is ready beside a new one that is not yet available. */
function surplusOfSurge(
  ds: DaemonSet,
  running: readonly Pod[],
  hash: string,
  nowMs: number,
): readonly Pod[] {
  const surplus: Pod[] = [];
  let newest: Pod | undefined;
  let old: Pod | undefined;
  for (const pod of oldestFirst(running)) {
    const isNew = pod.metadata.labels?.[HASH_LABEL] === hash;
    if (isNew && !newest) newest = pod;
    else if (!isNew && !old) old = pod;
    else surplus.push(pod);
  }
  if (!newest || !old) return surplus;
  if (!isPodReady(old) || available(ds, newest, nowMs)) surplus.push(old);
  return surplus;
}

function available(ds: DaemonSet, pod: Pod, nowMs: number): boolean {
  return isPodAvailable(pod, ds.spec.minReadySeconds ?? 0, nowMs);
}

/** How many Pods beyond one a node an update may make; 0 for other strategies. */
function surgeOf(ds: DaemonSet, desired: number): number {
  const { type, rollingUpdate } = ds.spec.updateStrategy;
  if (type !== 'RollingUpdate' || rollingUpdate?.maxSurge === undefined) return 0;
  return scaledValue(rollingUpdate.maxSurge, desired, true).value ?? 0;
}

function unavailableOf(ds: DaemonSet, desired: number): number {
  const { type, rollingUpdate } = ds.spec.updateStrategy;
  if (type !== 'RollingUpdate' || rollingUpdate === undefined) return 0;
  return scaledValue(rollingUpdate.maxUnavailable, desired, true).value ?? 0;
}

/** Upstream rollingUpdate. */
export function planUpdate(
  ds: DaemonSet,
  nodes: readonly Node[],
  byNode: PodsByNode,
  hash: string,
  nowMs: number,
): Plan {
  const all = new Map(byNode);
  let desired = 0;
  for (const node of nodes) {
    if (!nodeFit(ds, node).run) continue;
    desired++;
    if (!all.has(node.metadata.name)) all.set(node.metadata.name, []);
  }
  const maxSurge = surgeOf(ds, desired);
  const unavailable = unavailableOf(ds, desired);
  if (maxSurge > 0) return planSurge(ds, nodes, all, hash, { maxSurge, desired }, nowMs);
  // Neither allowed is an impossible wish: one may be missing then.
  const maxUnavailable = desired > 0 && unavailable === 0 ? 1 : unavailable;
  return planReplacing(ds, all, hash, maxUnavailable, nowMs);
}

interface OnNode {
  readonly newPod: Pod | undefined;
  readonly oldPod: Pod | undefined;
}

/** The old and the new Pod of a node; undefined when there are several of one sort. */
function oldAndNew(ds: DaemonSet, pods: readonly Pod[], hash: string): OnNode | undefined {
  let newPod: Pod | undefined;
  let oldPod: Pod | undefined;
  for (const pod of pods) {
    if (isGoing(pod)) continue;
    if (isUpdated(ds, pod, hash)) {
      if (newPod) return undefined;
      newPod = pod;
    } else {
      if (oldPod) return undefined;
      oldPod = pod;
    }
  }
  return { newPod, oldPod };
}

/** Old Pods that are not available go at once; others while the limit allows it. */
function planReplacing(
  ds: DaemonSet,
  byNode: PodsByNode,
  hash: string,
  maxUnavailable: number,
  nowMs: number,
): Plan {
  let unavailable = 0;
  const free: Pod[] = [];
  const candidates: Pod[] = [];
  for (const pods of byNode.values()) {
    const on = oldAndNew(ds, pods, hash);
    const newPod = on?.newPod;
    const oldPod = on?.oldPod;
    if (!newPod === !oldPod) unavailable++;
    else if (newPod) {
      if (!available(ds, newPod, nowMs)) unavailable++;
    } else if (oldPod && !available(ds, oldPod, nowMs)) {
      free.push(oldPod);
      unavailable++;
    } else if (oldPod && unavailable < maxUnavailable) candidates.push(oldPod);
  }
  const room = Math.max(0, maxUnavailable - unavailable);
  return { create: [], remove: [...free, ...candidates.slice(0, room)] };
}

/** New Pods come beside old ones; an old one goes when its successor is available. */
function planSurge(
  ds: DaemonSet,
  nodes: readonly Node[],
  byNode: PodsByNode,
  hash: string,
  { maxSurge, desired }: { readonly maxSurge: number; readonly desired: number },
  nowMs: number,
): Plan {
  const nodeOf = new Map(nodes.map((node) => [node.metadata.name, node]));
  let surge = 0;
  let availableCount = 0;
  const remove: Pod[] = [];
  const misplaced: Pod[] = [];
  const free: string[] = [];
  const candidates: string[] = [];
  for (const [name, pods] of byNode) {
    const on = oldAndNew(ds, pods, hash);
    if (!on) {
      surge++;
      continue;
    }
    const { newPod, oldPod } = on;
    const shown = oldPod ?? newPod;
    if (shown && available(ds, shown, nowMs)) availableCount++;
    if (!oldPod) continue;
    if (newPod) {
      if (available(ds, newPod, nowMs)) remove.push(oldPod);
      else surge++;
      continue;
    }
    const node = nodeOf.get(name);
    const belongs = node !== undefined && nodeFit(ds, node).run;
    if (available(ds, oldPod, nowMs)) {
      if (!belongs) misplaced.push(oldPod);
      else if (surge < maxSurge) candidates.push(name);
    } else if (belongs) free.push(name);
    else remove.push(oldPod);
  }
  remove.push(...misplaced.slice(0, Math.max(0, availableCount - desired)));
  const room = Math.max(0, maxSurge - surge);
  return { create: [...free, ...candidates.slice(0, room)], remove };
}

/** Upstream updateDaemonSetStatus; |observe|: this generation has been acted on. */
export function daemonSetStatus(
  ds: DaemonSet,
  nodes: readonly Node[],
  byNode: PodsByNode,
  hash: string,
  observe: boolean,
  nowMs: number,
): DaemonSetStatus {
  const n = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 };
  for (const node of nodes) {
    const pods = byNode.get(node.metadata.name) ?? [];
    if (!nodeFit(ds, node).run) {
      if (pods.length > 0) n.misscheduled++;
      continue;
    }
    n.desired++;
    const [pod] = oldestFirst(pods);
    if (!pod) continue;
    n.current++;
    if (isPodReady(pod)) {
      n.ready++;
      if (available(ds, pod, nowMs)) n.available++;
    }
    if (isUpdated(ds, pod, hash)) n.updated++;
  }
  const { collisionCount, conditions, observedGeneration } = ds.status;
  const unavailable = n.desired - n.available;
  const generation = observe ? ds.metadata.generation : observedGeneration;
  return {
    currentNumberScheduled: n.current,
    numberMisscheduled: n.misscheduled,
    desiredNumberScheduled: n.desired,
    numberReady: n.ready,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(n.updated ? { updatedNumberScheduled: n.updated } : {}),
    ...(n.available ? { numberAvailable: n.available } : {}),
    ...(unavailable ? { numberUnavailable: unavailable } : {}),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    ...(conditions === undefined ? {} : { conditions }),
  };
}

const COUNTS = [
  'desiredNumberScheduled',
  'currentNumberScheduled',
  'numberMisscheduled',
  'numberReady',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
] as const;

export function needsWrite(ds: DaemonSet, next: DaemonSetStatus): boolean {
  const old = ds.status;
  const behind = (old.observedGeneration ?? 0) < (ds.metadata.generation ?? 0);
  return behind || COUNTS.some((field) => (old[field] ?? 0) !== (next[field] ?? 0));
}
