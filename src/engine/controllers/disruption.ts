/**
 * Disruption controller: keeps the status of every PodDisruptionBudget, by which evictions are
 * granted, and takes DisruptionTarget back from Pods that were not deleted after all.
 *
 * Models:     kubernetes pkg/controller/disruption/disruption.go (v1.36)
 * Watches:    PodDisruptionBudget (primary), Pod; reads the kinds that control Pods
 * Writes:     PodDisruptionBudget status; Pod status (stale DisruptionTarget); Events
 * Simplified: one queue serves budgets and Pods; upstream has three
 */
import type { Pod as PodObject, PodDisruptionBudgetStatus } from '../../api/generated/types.ts';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { PodDisruptionBudget } from '../../api/kinds/pod-disruption-budget.ts';
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { ReplicationController } from '../../api/kinds/replication-controller.ts';
import { StatefulSet } from '../../api/kinds/stateful-set.ts';
import { compareText } from '../../api/meta/go-text.ts';
import { scaledValue } from '../../api/meta/int-or-string.ts';
import { type ObjectKey, keyOf } from '../../api/meta/object.ts';
import { withPodCondition } from '../../api/meta/pod-state.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import { ScaleUnknown, expectedScale } from './disruption/scale.ts';
import {
  budgetStatus,
  countHealthy,
  disruptedPods,
  failedStatus,
  msUntilStale,
  selectorText,
} from './disruption/status.ts';

const US_PER_MS = 1_000;
const POD_KEY = 'Pod ';

export function disruptionController(): ControllerDefinition<PodDisruptionBudget> {
  return defineController<PodDisruptionBudget>({
    name: 'disruption-controller',
    eventSource: 'controllermanager',
    primary: PodDisruptionBudget,
    workers: 1,
    refOf: (key) =>
      key.startsWith(POD_KEY) ? `Pod/${key.slice(POD_KEY.length)}` : `PodDisruptionBudget/${key}`,
    start: watchPods,
    reconcile: (key, context) =>
      key.startsWith(POD_KEY) ? clearStaleTarget(key, context) : syncBudget(key, context),
  });
}

function watchPods(context: ControllerContext): void {
  const { informers } = context;
  for (const kind of [Deployment, ReplicaSet, ReplicationController, StatefulSet]) {
    informers.for(kind as typeof ReplicaSet);
  }
  informers.for(PodDisruptionBudget).addIndex('namespace', (pdb) => [pdb.metadata.namespace ?? '']);
  const pods = informers.for(Pod);
  pods.addIndex('namespace', (pod) => [pod.metadata.namespace ?? '']);
  pods.addHandler({
    onAdd: (pod) => podSeen(pod, context),
    onUpdate: (pod) => podSeen(pod, context),
    onDelete: (pod) => wakeBudget(pod, context),
  });
}

function podSeen(pod: PodObject, context: ControllerContext): void {
  wakeBudget(pod, context);
  const ms = msUntilStale(pod, context.kernel.nowMs);
  if (ms !== undefined) context.queue.addAfter(POD_KEY + keyOf(pod), ms * US_PER_MS);
}

function wakeBudget(pod: PodObject, { informers, events, queue }: ControllerContext): void {
  const here = informers.for(PodDisruptionBudget).by('namespace', pod.metadata.namespace ?? '');
  if (here.size === 0) return;
  const { labels, namespace = '', name } = pod.metadata;
  const matching = [...here.values()].filter((pdb) =>
    compileStoredSelector(pdb.spec.selector).matches(labels),
  );
  const [first] = matching;
  if (first === undefined) return;
  if (matching.length > 1) {
    const chosen = `Chose "${first.metadata.name}" arbitrarily.`;
    const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  ${chosen}`;
    events.record(pod, { type: 'Warning', reason: 'MultiplePodDisruptionBudgets', message });
  }
  queue.add(keyOf(first));
}

function* syncBudget(key: ObjectKey, context: ControllerContext): Proc {
  const pdb = context.get(PodDisruptionBudget, key);
  if (!pdb) return;
  try {
    yield* trySync(key, pdb, context);
  } catch (error) {
    // A refused write comes again by itself; only an unknown scale makes the budget fail safe.
    if (!(error instanceof ScaleUnknown)) throw error;
    yield* write(pdb, failedStatus(pdb, error.message, context.kernel.nowMs), context);
  }
}

function* trySync(key: ObjectKey, pdb: PodDisruptionBudget, context: ControllerContext): Proc {
  const { events, kernel, queue } = context;
  const pods = podsOf(pdb, context);
  if (pods.length === 0) {
    events.record(pdb, { type: 'Normal', reason: 'NoPods', message: 'No matching pods found' });
  }
  const { expected, desired } = yield* expectedPods(pdb, pods, context);
  const disrupted = disruptedPods(pods, pdb.status.disruptedPods, kernel.nowMs);
  for (const pod of disrupted.notDeleted) {
    // Upstream prints the namespace twice.
    const { namespace = '' } = pdb.metadata;
    const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`;
    events.record(pod, { type: 'Warning', reason: 'NotDeleted', message });
  }
  const healthy = countHealthy(pods, disrupted.pods, kernel.nowMs);
  context.note(`${desired} healthy`, `${healthy} of ${expected} healthy`);
  const counts = { healthy, desired, expected, disrupted: disrupted.pods };
  const status = budgetStatus(pdb, counts, kernel.nowMs);
  if (status) yield* write(pdb, status, context);
  if (disrupted.recheckMs !== undefined) queue.addAfter(key, (disrupted.recheckMs + 1) * US_PER_MS);
}

function podsOf(pdb: PodDisruptionBudget, { informers }: ControllerContext): PodObject[] {
  const selector = compileStoredSelector(pdb.spec.selector);
  const here = informers.for(Pod).by('namespace', pdb.metadata.namespace ?? '');
  const pods = [...here.values()].filter((pod) => selector.matches(pod.metadata.labels));
  return pods.sort((a, b) => compareText(a.metadata.name, b.metadata.name));
}

/** Upstream getExpectedPodCount. */
function* expectedPods(
  pdb: PodDisruptionBudget,
  pods: readonly PodObject[],
  context: ControllerContext,
): Proc<{ expected: number; desired: number }> {
  const { minAvailable, maxUnavailable, selector } = pdb.spec;
  if (typeof minAvailable === 'number' && maxUnavailable === undefined) {
    return { expected: pods.length, desired: minAvailable };
  }
  const share = maxUnavailable ?? minAvailable;
  if (share === undefined) return { expected: 0, desired: 0 };
  try {
    const { count, unmanaged } = yield* expectedScale(pods, context);
    const { value, error } = scaledValue(share, count, true);
    if (value === undefined) throw new ScaleUnknown(error);
    if (unmanaged.length > 0) reportUnmanaged(pdb, selectorText(selector), context);
    const desired = maxUnavailable === undefined ? value : Math.max(0, count - value);
    return { expected: count, desired };
  } catch (error) {
    if (!(error instanceof ScaleUnknown)) throw error;
    const message = `Failed to calculate the number of expected pods: ${error.message}`;
    const reason = 'CalculateExpectedPodCountFailed';
    context.events.record(pdb, { type: 'Warning', reason, message });
    throw error;
  }
}

function reportUnmanaged(
  pdb: PodDisruptionBudget,
  selector: string,
  { events }: ControllerContext,
): void {
  const message =
    `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be unmanaged. ` +
    'As a result, the status of the PDB cannot be calculated correctly, which may result in ' +
    'undefined behavior. To account for these pods please set ".spec.minAvailable" field of the ' +
    'PDB to an integer value.';
  events.record(pdb, { type: 'Warning', reason: 'UnmanagedPods', message });
}

function* write(
  pdb: PodDisruptionBudget,
  status: PodDisruptionBudgetStatus,
  { client }: ControllerContext,
): Proc {
  yield* client.updateStatus(PodDisruptionBudget, { ...pdb, status });
}

/** Whoever wanted the Pod gone has not deleted it in two minutes: the condition is taken back. */
function* clearStaleTarget(key: string, context: ControllerContext): Proc {
  const { kernel, queue, client } = context;
  const pod = context.get(Pod, key.slice(POD_KEY.length));
  const ms = pod && msUntilStale(pod, kernel.nowMs);
  if (!pod || ms === undefined) return;
  if (ms > 0) return queue.addAfter(key, ms * US_PER_MS);
  const old = pod.status.conditions ?? [];
  const before = old.find((c) => c.type === 'DisruptionTarget');
  const observed = before?.observedGeneration;
  const next = {
    type: 'DisruptionTarget',
    status: 'False',
    ...(observed === undefined ? {} : { observedGeneration: pod.metadata.generation ?? 0 }),
  } as const;
  const conditions = withPodCondition(old, next, kernel.nowMs);
  if (!conditions) return;
  yield* client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions } });
}
