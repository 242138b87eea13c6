/**
 * Who may go: a PodDisruptionBudget's arithmetic with the evictions it has granted and refused, and a
 * node's Pods as a drain sees them.
 */
import type { Node, Pod, PodDisruptionBudget } from '../../../api/generated/types.ts';
import { objectRef } from '../../../api/meta/object.ts';
import { controllerOf } from '../../../api/meta/owner-references.ts';
import { isPodReady, isPodTerminal } from '../../../api/meta/pod-state.ts';
import { compileStoredSelector } from '../../../api/meta/selectors.ts';
import type {
  BudgetWorkings,
  DrainWorkings,
  EvictionTry,
} from '../../../port/protocol-workings.ts';
import { conditionsOf, type Definition, MAX_TOLD, type World } from './world.ts';

const MIRROR = 'kubernetes.io/config.mirror';

export const budget: Definition = {
  kinds: ['Pod'],
  namespaced: true,
  keeps(subject) {
    const { selector } = (subject as unknown as PodDisruptionBudget).spec;
    const compiled = compileStoredSelector(selector);
    return (pod) => compiled.matches(pod.metadata.labels ?? {});
  },
  look: lookAtBudget,
};

export function lookAtBudget(world: World): BudgetWorkings {
  const pdb = world.subject as unknown as PodDisruptionBudget;
  const { spec, status } = pdb;
  const pods = world.all('Pod') as unknown as readonly Pod[];
  const { minAvailable, maxUnavailable } = spec;
  const refs = new Set(pods.map(objectRef));
  return {
    type: 'budget',
    ref: objectRef(world.subject),
    rule:
      minAvailable !== undefined
        ? 'minAvailable'
        : maxUnavailable !== undefined
          ? 'maxUnavailable'
          : '',
    ruleText: String(minAvailable ?? maxUnavailable ?? ''),
    expected: status.expectedPods ?? 0,
    healthy: status.currentHealthy ?? 0,
    desired: status.desiredHealthy ?? 0,
    allowed: status.disruptionsAllowed ?? 0,
    pods: pods.slice(0, MAX_TOLD).map((pod) => ({
      ref: objectRef(pod),
      node: pod.spec.nodeName ?? '',
      healthy: isPodReady(pod),
      terminating: pod.metadata.deletionTimestamp !== undefined,
      granted: status.disruptedPods?.[pod.metadata.name] !== undefined,
    })),
    more: Math.max(0, pods.length - MAX_TOLD),
    evictions: world.evictions.filter((e) => refs.has(e.pod) || wasMine(e, pdb)),
    conditions: conditionsOf(status.conditions),
  };
}

/** The Pod is gone: what is left of it is its namespace, and the name its owner gave it. */
function wasMine(e: EvictionTry, pdb: PodDisruptionBudget): boolean {
  const names = Object.keys(pdb.status.disruptedPods ?? {});
  return names.some((name) => e.pod === `Pod/${pdb.metadata.namespace ?? ''}/${name}`);
}

export const drain: Definition = {
  kinds: ['Pod', 'PodDisruptionBudget'],
  namespaced: false,
  keeps: (subject) => (object) =>
    object.kind === 'PodDisruptionBudget' ||
    (object as unknown as Pod).spec.nodeName === subject.metadata.name,
  look: lookAtDrain,
};

export function lookAtDrain(world: World): DrainWorkings {
  const node = world.subject as unknown as Node;
  const budgets = world.all('PodDisruptionBudget') as unknown as readonly PodDisruptionBudget[];
  const compiled = budgets.map((pdb) => ({
    pdb,
    selector: compileStoredSelector(pdb.spec.selector),
  }));
  const pods = (world.all('Pod') as unknown as readonly Pod[]).filter((p) => !isPodTerminal(p));
  const refs = new Set(pods.map(objectRef));
  return {
    type: 'drain',
    ref: objectRef(world.subject),
    cordoned: node.spec.unschedulable === true,
    pods: pods.slice(0, MAX_TOLD).map((pod) => {
      const ref = objectRef(pod);
      const { namespace, labels = {} } = pod.metadata;
      return {
        ref,
        fate: fateOf(pod),
        budgets: compiled
          .filter(
            ({ pdb, selector }) => pdb.metadata.namespace === namespace && selector.matches(labels),
          )
          .map(({ pdb }) => ({ ref: objectRef(pdb), allowed: pdb.status.disruptionsAllowed ?? 0 })),
        last: world.evictions.filter((e) => e.pod === ref).at(-1) ?? null,
      };
    }),
    evictions: world.evictions.filter((e) => refs.has(e.pod)),
  };
}

function fateOf(pod: Pod): DrainWorkings['pods'][number]['fate'] {
  if (pod.metadata.deletionTimestamp !== undefined) return 'terminating';
  if (pod.metadata.annotations?.[MIRROR] !== undefined) return 'stays-mirror';
  return controllerOf(pod)?.kind === 'DaemonSet' ? 'stays-daemon' : 'evicted';
}
