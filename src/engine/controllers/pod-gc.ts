/**
 * Pod garbage collector: removes Pods that nobody else would ever remove: of Nodes that no longer
 * exist, deleted before they were scheduled, on Nodes out of service, and finished ones beyond a limit.
 *
 * Models:     kubernetes pkg/controller/podgc/gc_controller.go (v1.36)
 * Watches:    Pod (primary), Node
 * Writes:     Pod status patch (Failed) and delete
 * Simplified: nothing known
 */
import type { PodCondition, PodStatus } from '../../api/generated/types.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { objectRef } from '../../api/meta/object.ts';
import { isPodTerminal, withPodCondition } from '../../api/meta/pod-state.ts';
import { isApiError } from '../../api/meta/status.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { statusPatch } from '../client/status-patch.ts';

const PERIOD_US = 20_000_000; // gcCheckPeriod
const QUARANTINE_US = 40_000_000; // quarantineTime
const TERMINATED_THRESHOLD = 12_500; // default of --terminated-pod-gc-threshold
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';
const PODS_BY_NODE = 'node';
const NODE_PREFIX = 'Node//';
const POD_PREFIX = 'Pod/';

/** Keys are object references: a `Node//name` that seems gone, or a `Pod/namespace/name` to remove. */
export function podGarbageCollector(threshold = TERMINATED_THRESHOLD): ControllerDefinition<Pod> {
  /** Nodes that are missing, and from when on that is believed. */
  const quarantine = new Map<string, number>();
  return defineController<Pod>({
    name: 'pod-garbage-collector',
    primary: Pod,
    ownHandlers: true,
    refOf: (key) => key,
    start(context) {
      const { informers } = context;
      informers.for(Node);
      const pods = informers.for(Pod);
      pods.addIndex(PODS_BY_NODE, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
      const tick = (): void => {
        sweep(context, quarantine, threshold);
        context.after(PERIOD_US, tick, true);
      };
      informers.whenSynced(tick);
    },
    reconcile: (key, context) =>
      key.startsWith(NODE_PREFIX)
        ? removeOrphans(key.slice(NODE_PREFIX.length), context)
        : removeOne(key.slice(POD_PREFIX.length), context),
  });
}

/** Looks for Pods to remove; what it finds is queued. */
function sweep(
  context: ControllerContext,
  quarantine: Map<string, number>,
  threshold: number,
): void {
  const { informers, kernel, queue } = context;
  const nodes = informers.for(Node);
  const terminated: Pod[] = [];
  kernel.with(0, false, context.scope, () => {
    for (const pod of informers.for(Pod).all()) {
      const name = pod.spec.nodeName ?? '';
      if (isPodTerminal(pod)) terminated.push(pod);
      const node = nodes.get(name);
      if (name !== '' && !node && !quarantine.has(name)) {
        quarantine.set(name, kernel.now + QUARANTINE_US);
      }
      if (isStranded(pod, node)) queue.add(objectRef(pod));
    }
    for (const [name, until] of quarantine) {
      if (until > kernel.now) continue;
      quarantine.delete(name);
      if (!nodes.get(name)) queue.add(`${NODE_PREFIX}${name}`);
    }
    for (const pod of surplus(terminated, threshold)) queue.add(objectRef(pod));
  });
}

/** Pure: being deleted, with no kubelet that could end it. */
export function isStranded(pod: Pod, node: Node | undefined): boolean {
  if (pod.metadata.deletionTimestamp === undefined) return false;
  if ((pod.spec.nodeName ?? '') === '') return true;
  if (!node) return false;
  const ready = node.status.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
  return !ready && (node.spec.taints?.some((t) => t.key === OUT_OF_SERVICE) ?? false);
}

/** Pure: finished Pods beyond |limit|: evicted ones first, then the oldest. */
export function surplus(terminated: readonly Pod[], limit: number): Pod[] {
  if (terminated.length <= limit) return [];
  const evicted = (pod: Pod): boolean =>
    pod.status.phase === 'Failed' && pod.status.reason === 'Evicted';
  const created = (pod: Pod): number => parseTime(pod.metadata.creationTimestamp);
  return [...terminated]
    .sort((a, b) => {
      if (evicted(a) !== evicted(b)) return evicted(a) ? -1 : 1;
      return created(a) - created(b) || compareText(a.metadata.name, b.metadata.name);
    })
    .slice(0, terminated.length - limit);
}

function* removeOne(key: string, context: ControllerContext): Proc {
  const pod = context.get(Pod, key);
  if (pod) yield* failAndDelete(pod, undefined, context);
}

/** The Node is asked for once more before its Pods go. */
function* removeOrphans(name: string, context: ControllerContext): Proc {
  try {
    yield* context.client.get(Node, '', name);
    return;
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
  const pods = [...context.informers.for(Pod).by(PODS_BY_NODE, name).values()];
  context.note(`no Pods of the missing Node ${name}`, `${pods.length}`);
  for (const pod of pods) {
    const generation = pod.metadata.generation ?? 0;
    yield* failAndDelete(
      pod,
      {
        type: 'DisruptionTarget',
        ...(generation > 0 ? { observedGeneration: generation } : {}),
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      },
      context,
    );
  }
}

/** Without a kubelet the Pod would stay Running for ever: it is marked Failed, then deleted at once. */
function* failAndDelete(
  pod: Pod,
  condition: PodCondition | undefined,
  { client, kernel }: ControllerContext,
): Proc {
  const { namespace = '', name, generation = 0 } = pod.metadata;
  try {
    if (!isPodTerminal(pod)) {
      const old = pod.status.conditions ?? [];
      const changed = condition && withPodCondition(old, condition, kernel.nowMs);
      const status: PodStatus = {
        ...pod.status,
        ...(generation > 0 && generation !== pod.status.observedGeneration
          ? { observedGeneration: generation }
          : {}),
        phase: 'Failed',
        ...(changed ? { conditions: changed } : {}),
      };
      const patch = statusPatch(pod, status) ?? {};
      const options = { type: 'strategic', subresource: 'status' } as const;
      yield* client.patch(Pod, namespace, name, patch, options);
    }
    yield* client.delete(Pod, namespace, name, { gracePeriodSeconds: 0 });
  } catch (error) {
    // The next sweep finds it again if it is still there.
    if (!isApiError(error)) throw error;
  }
}
