/**
 * How objects of one kind count against quotas.
 *
 * Models: k8s.io/apiserver pkg/quota/v1 interfaces.go, generic/evaluator.go (v1.36)
 */
import type { ResourceQuota, ScopedResourceSelectorRequirement } from '../generated/types.ts';
import type { Operation } from '../meta/define-kind.ts';
import type { KubeObject } from '../meta/object.ts';
import type { List } from './lists.ts';

export type ScopeRequirement = ScopedResourceSelectorRequirement;

export interface Evaluator {
  readonly group: string;
  readonly plural: string;
  /** Whether a request may change what its object uses. */
  handles(
    operation: Operation,
    subresource: string,
    object: KubeObject,
    old: KubeObject | null,
  ): boolean;
  /** Whether a quota for this name counts objects of this kind. */
  counts(name: string): boolean;
  matchesScope(requirement: ScopeRequirement, object: KubeObject): boolean;
  /** What the object does not say of |required|, as upstream words it; '' = nothing is missing. */
  missing?(required: readonly string[], object: KubeObject): string;
  usage(object: KubeObject, nowMs: number): List;
  /** Whether a change frees something, so that usage is counted again. */
  frees?(next: KubeObject, old: KubeObject, nowMs: number): boolean;
}

/** `count/deployments.apps` */
export function countName(group: string, plural: string): string {
  return group === '' ? `count/${plural}` : `count/${plural}.${group}`;
}

/** Scopes of a quota in their two notations. */
export function scopesOf({ spec }: ResourceQuota): readonly ScopeRequirement[] {
  const plain = (spec.scopes ?? []).map((scopeName) => ({
    scopeName,
    operator: 'Exists' as const,
  }));
  return [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])];
}

/** Upstream ScopedResourceSelectorRequirementsAsSelector on a label that has |value|, or is absent. */
export function meets({ operator, values = [] }: ScopeRequirement, value: string | undefined) {
  switch (operator) {
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
  }
}

/** Kinds of which only the number counts. |alias| is the name from before there was `count/`. */
export function countEvaluator(group: string, plural: string, alias?: string): Evaluator {
  const names = [countName(group, plural), ...(alias === undefined ? [] : [alias])];
  const usage = Object.fromEntries(names.map((name) => [name, '1']));
  return {
    group,
    plural,
    handles: (operation, subresource) => operation === 'CREATE' && subresource === '',
    counts: (name) => names.includes(name),
    matchesScope: () => false,
    usage: () => usage,
  };
}
