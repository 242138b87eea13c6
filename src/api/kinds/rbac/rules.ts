/**
 * What a rule of a role allows, and which rules others cover.
 *
 * Models: pkg/apis/rbac/v1 evaluation_helpers.go, plugin/pkg/auth/authorizer/rbac RuleAllows,
 *         k8s.io/component-helpers auth/rbac/validation policy_comparator.go,
 *         pkg/registry/rbac/validation policy_compact.go (v1.36)
 */
import type { PolicyRule } from '../../generated/types.ts';
import { quotedList } from '../../meta/go-text.ts';

const NONE: readonly string[] = [];

/** What is asked for, as far as rules look at it. A path is none of a resource. */
export interface AskedFor {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  readonly path?: string;
}

export function ruleAllows(rule: PolicyRule, asked: AskedFor): boolean {
  if (!hasOrAll(rule.verbs, asked.verb)) return false;
  if (asked.path !== undefined) return coversPath(rule.nonResourceURLs ?? NONE, asked.path);
  return (
    hasOrAll(rule.apiGroups ?? NONE, asked.group) &&
    allowsResource(rule.resources ?? NONE, asked.resource, asked.subresource) &&
    allowsName(rule.resourceNames ?? NONE, asked.name)
  );
}

function hasOrAll(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes(wanted) || list.includes('*'));
}

function allowsResource(list: readonly string[], resource: string, subresource: string): boolean {
  if (list.includes('*')) return true;
  if (subresource === '') return list.includes(resource);
  return list.includes(`${resource}/${subresource}`) || list.includes(`*/${subresource}`);
}

function allowsName(list: readonly string[], name: string): boolean {
  return list.length === 0 || list.includes(name);
}

function coversPath(list: readonly string[], path: string): boolean {
  return list.some((url) => url === '*' || urlCovers(url, path));
}

function urlCovers(owner: string, path: string): boolean {
  if (owner === path) return true;
  return owner.endsWith('*') && path.startsWith(owner.replace(/\*+$/, ''));
}

/** Rules of |wanted|, one verb and one resource each, that no rule of |owned| covers. */
export function uncovered(
  owned: readonly PolicyRule[],
  wanted: readonly PolicyRule[],
): readonly PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !owned.some((rule) => ruleCovers(rule, part)));
}

/** A rule as rules with one verb, one resource and one name. */
function breakDown(rule: PolicyRule): readonly PolicyRule[] {
  const { apiGroups = NONE, resources = NONE, resourceNames = NONE, nonResourceURLs = NONE } = rule;
  const parts: PolicyRule[] = [];
  for (const group of apiGroups) {
    for (const resource of resources) {
      for (const verb of rule.verbs) {
        const part = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if (resourceNames.length === 0) parts.push(part);
        for (const name of resourceNames) parts.push({ ...part, resourceNames: [name] });
      }
    }
  }
  for (const url of nonResourceURLs) {
    for (const verb of rule.verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  }
  return parts;
}

/** |part| has at most one of each. */
function ruleCovers(owner: PolicyRule, part: PolicyRule): boolean {
  const all = (list: readonly string[] | undefined, wanted: readonly string[] = NONE): boolean =>
    wanted.every((one) => hasOrAll(list, one));
  const names = owner.resourceNames ?? NONE;
  const wantedNames = part.resourceNames ?? NONE;
  const namesCovered =
    names.length === 0 ||
    (wantedNames.length > 0 && wantedNames.every((name) => names.includes(name)));
  return (
    namesCovered &&
    all(owner.verbs, part.verbs) &&
    all(owner.apiGroups, part.apiGroups) &&
    (part.resources ?? NONE).every((r) => coversResource(owner.resources ?? NONE, r)) &&
    (part.nonResourceURLs ?? NONE).every((path) =>
      (owner.nonResourceURLs ?? NONE).some((url) => urlCovers(url, path)),
    )
  );
}

function coversResource(list: readonly string[], resource: string): boolean {
  if (list.includes('*') || list.includes(resource)) return true;
  const slash = resource.indexOf('/');
  return slash >= 0 && list.includes(`*${resource.slice(slash)}`);
}

/** Rules about the same one resource, and name if any, become one with all their verbs. */
export function compactRules(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const complex: PolicyRule[] = [];
  const simple = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = simpleKey(rule);
    if (key === null) {
      complex.push(rule);
      continue;
    }
    const before = simple.get(key);
    simple.set(key, before ? { ...before, verbs: [...before.verbs, ...rule.verbs] } : rule);
  }
  return [...complex, ...simple.values()];
}

function simpleKey(rule: PolicyRule): string | null {
  const { apiGroups = NONE, resources = NONE, resourceNames = NONE, nonResourceURLs = NONE } = rule;
  if (resourceNames.length > 1 || nonResourceURLs.length > 0) return null;
  if (apiGroups.length !== 1 || resources.length !== 1) return null;
  return JSON.stringify([apiGroups[0], resources[0], resourceNames]);
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}` */
export function ruleText(rule: PolicyRule): string {
  const parts = (
    [
      ['APIGroups', rule.apiGroups],
      ['Resources', rule.resources],
      ['NonResourceURLs', rule.nonResourceURLs],
      ['ResourceNames', rule.resourceNames],
      ['Verbs', rule.verbs],
    ] as const
  ).filter(([, list]) => (list?.length ?? 0) > 0);
  return `{${parts.map(([name, list]) => `${name}:${quotedList(list ?? NONE)}`).join(', ')}}`;
}
