/**
 * Which evaluator counts the objects of a kind, and what a namespace uses.
 *
 * Models: pkg/quota/v1/evaluator/core registry.go, pkg/quota/v1/install registry.go,
 *         k8s.io/apiserver pkg/quota/v1 resources.go CalculateUsage (v1.36)
 */
import type { ResourceQuota } from '../generated/types.ts';
import { groupResource } from '../meta/define-kind.ts';
import type { KubeObject } from '../meta/object.ts';
import { claimEvaluator } from './claims.ts';
import { countEvaluator, type Evaluator, scopesOf } from './evaluator.ts';
import { addLists, type List, mask } from './lists.ts';
import { podEvaluator } from './pods.ts';
import { resourceClaimEvaluator } from './resource-claims.ts';
import { serviceEvaluator } from './services.ts';

/** Kinds that no quota counts. */
const IGNORED: ReadonlySet<string> = new Set([
  'bindings',
  'componentstatuses',
  'tokenreviews.authentication.k8s.io',
  'selfsubjectreviews.authentication.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'events',
  'events.events.k8s.io',
]);

/** Kinds that quotas could count before there was `count/`. */
const ALIASED = ['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'];

const byResource = new Map<string, Evaluator | null>();
for (const evaluator of [
  podEvaluator,
  serviceEvaluator,
  claimEvaluator,
  resourceClaimEvaluator,
  ...ALIASED.map((plural) => countEvaluator('', plural, plural)),
]) {
  byResource.set(groupResource(evaluator), evaluator);
}
for (const name of IGNORED) byResource.set(name, null);

/** null = quotas do not count this kind. */
export function evaluatorFor(kind: { group: string; plural: string }): Evaluator | null {
  const name = groupResource(kind);
  let evaluator = byResource.get(name);
  if (evaluator === undefined) {
    evaluator = countEvaluator(kind.group, kind.plural);
    byResource.set(name, evaluator);
  }
  return evaluator;
}

/** Whether |evaluator| has anything to count for |quota|, of the names in |hard|. */
export function isInteresting(evaluator: Evaluator, hard: List | undefined): boolean {
  return Object.keys(hard ?? {}).some((name) => evaluator.counts(name));
}

export function matchesScopes(evaluator: Evaluator, quota: ResourceQuota, object: KubeObject) {
  return scopesOf(quota).every((scope) => evaluator.matchesScope(scope, object));
}

/**
 * Everything that counts against |quota|, for those of its names that any of |evaluators| knows.
 * |objects| answers the objects of a kind in the quota's namespace.
 */
export function usageOf(
  quota: ResourceQuota,
  evaluators: readonly Evaluator[],
  objects: (evaluator: Evaluator) => Iterable<KubeObject>,
  nowMs: number,
): List {
  const { hard = {} } = quota.spec;
  let total: Record<string, string> = {};
  for (const evaluator of evaluators) {
    const names = new Set(Object.keys(hard).filter((name) => evaluator.counts(name)));
    if (names.size === 0) continue;
    let used: Record<string, string> = Object.fromEntries([...names].map((name) => [name, '0']));
    for (const object of objects(evaluator)) {
      if (!matchesScopes(evaluator, quota, object)) continue;
      used = addLists(used, mask(evaluator.usage(object, nowMs), names));
    }
    total = addLists(total, used);
  }
  return total;
}
