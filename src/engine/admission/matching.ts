/**
 * Which requests a policy, binding or webhook is about.
 *
 * Models: k8s.io/apiserver pkg/admission/plugin/policy/matching matching.go, pkg/admission/plugin/
 *         webhook/predicates rules, namespace, object (v1.36)
 */
import type { MatchResources, NamedRuleWithOperations } from '../../api/generated/types.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import type { AdmissionRequest } from './request.ts';

const EXEMPT_GROUP = 'admissionregistration.k8s.io';
const EXEMPT_KIND = /^(?:Validating|Mutating)(?:WebhookConfiguration|AdmissionPolicy(?:Binding)?)$/;

/** Nothing can lock itself out: the objects that configure admission are never looked at. */
export function isExempt({ context: { kind } }: AdmissionRequest): boolean {
  return kind.group === EXEMPT_GROUP && EXEMPT_KIND.test(kind.kind);
}

const listed = (items: readonly string[] | undefined, wanted: string): boolean =>
  items?.some((item) => item === '*' || item === wanted) ?? false;

function resourceMatches(rule: NamedRuleWithOperations, kind: AnyKind, sub: string): boolean {
  return (rule.resources ?? []).some((item) => {
    const slash = item.indexOf('/');
    const resource = slash < 0 ? item : item.slice(0, slash);
    const subresource = slash < 0 ? '' : item.slice(slash + 1);
    return (
      (resource === '*' || resource === kind.plural) && (subresource === '*' || subresource === sub)
    );
  });
}

function scopeMatches({ scope }: NamedRuleWithOperations, request: AdmissionRequest): boolean {
  if (scope === undefined || scope === '*') return true;
  const namespaced = request.namespace !== '' && request.context.kind.isNamespace !== true;
  return namespaced === (scope === 'Namespaced');
}

function ruleMatches(
  rule: NamedRuleWithOperations,
  request: AdmissionRequest,
  kind: AnyKind,
): boolean {
  const { context, name } = request;
  if (!scopeMatches(rule, request) || !listed(rule.operations, context.operation)) return false;
  if (!listed(rule.apiGroups, kind.group) || !listed(rule.apiVersions, kind.version)) return false;
  if (!resourceMatches(rule, kind, context.subresource)) return false;
  const names = rule.resourceNames ?? [];
  return names.length === 0 || names.includes(name);
}

/** The kind in which one of |rules| knows the request, or undefined. */
function matchRules(
  rules: readonly NamedRuleWithOperations[],
  policy: MatchResources['matchPolicy'],
  request: AdmissionRequest,
): AnyKind | undefined {
  const { kind } = request.context;
  if (rules.some((rule) => ruleMatches(rule, request, kind))) return kind;
  if (policy !== 'Equivalent') return undefined;
  const others = request.context.equivalents();
  return others.find((other) => rules.some((rule) => ruleMatches(rule, request, other)));
}

function namespaceMatches(match: MatchResources, request: AdmissionRequest): boolean {
  const { context, namespace, object } = request;
  const isNamespace = context.kind.isNamespace === true;
  if (namespace === '' && !isNamespace) return true;
  const selector = compileStoredSelector(match.namespaceSelector ?? {});
  if (selector.empty) return true;
  const written = isNamespace && context.subresource === '' && object !== null;
  const found = written ? object : context.lookup('', 'namespaces', '', namespace);
  return selector.matches(found?.metadata.labels);
}

function objectMatches(match: MatchResources, { object, old }: AdmissionRequest): boolean {
  const selector = compileStoredSelector(match.objectSelector ?? {});
  if (selector.empty) return true;
  const has = (candidate: KubeObject | null): boolean =>
    candidate !== null && selector.matches(candidate.metadata.labels);
  return has(object) || has(old);
}

/** The kind in which |match| knows the request; undefined = it is not about it. */
export function matchResources(
  match: MatchResources,
  request: AdmissionRequest,
): AnyKind | undefined {
  const { excludeResourceRules = [], resourceRules = [], matchPolicy } = match;
  if (matchRules(excludeResourceRules, matchPolicy, request) !== undefined) return undefined;
  const kind =
    resourceRules.length === 0
      ? request.context.kind
      : matchRules(resourceRules, matchPolicy, request);
  if (kind === undefined) return undefined;
  return namespaceMatches(match, request) && objectMatches(match, request) ? kind : undefined;
}
