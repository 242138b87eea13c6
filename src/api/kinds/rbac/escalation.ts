/**
 * Nobody grants what they do not hold: checks before a role or binding is stored.
 *
 * Models: pkg/registry/rbac escalation_check.go, {role,clusterrole,rolebinding,clusterrolebinding}/
 *         policybased storage.go, validation rule.go ConfirmNoEscalation (v1.36)
 */
import type { PolicyRule, RoleRef } from '../../generated/types.ts';
import type { AdmissionContext } from '../../meta/define-kind.ts';
import { compareText, goQuote, quotedList } from '../../meta/go-text.ts';
import { equalJson } from '../../meta/json.ts';
import type { Draft, KubeObject } from '../../meta/object.ts';
import { forbidden, notFound } from '../../meta/status.ts';
import { compactRules, ruleText, uncovered } from './rules.ts';
import type { Binding } from './validation.ts';

const GROUP = 'rbac.authorization.k8s.io';
const SUPERUSERS = 'system:masters';
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

interface RoleLike extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly unknown[] };
}

/** `allocate` of Role and ClusterRole. */
export function refuseRoleEscalation(
  object: Draft<KubeObject>,
  old: KubeObject | null,
  context: AdmissionContext,
): void {
  const role = object as unknown as RoleLike;
  if (isSuperuser(context) || mayEscalate(context) || isOnlyLetGo(role, old)) return;
  confirmHeld(role.rules ?? [], role.metadata.name, context);
  if (!aggregates(role) && !aggregates(old as RoleLike | null)) return;
  if (missingRights(EVERYTHING, context).length === 0) return;
  const text = 'must have cluster-admin privileges to use the aggregationRule';
  throw forbidden(context.kind, role.metadata.name, text);
}

/** `allocate` of RoleBinding and ClusterRoleBinding. */
export function refuseBindingEscalation(
  object: Draft<KubeObject>,
  old: KubeObject | null,
  context: AdmissionContext,
): void {
  const binding = object as unknown as Binding;
  const { roleRef } = binding;
  if (isSuperuser(context) || isOnlyLetGo(binding, old) || mayBind(roleRef, context)) return;
  const namespace = roleRef.kind === 'Role' ? context.namespace : '';
  const role = context.lookup(GROUP, pluralOf(roleRef), namespace, roleRef.name) as
    | RoleLike
    | undefined;
  // Upstream names the resource of the request here, not that of the role.
  if (!role) throw notFound(context.kind, roleRef.name);
  confirmHeld(role.rules ?? [], binding.metadata.name, context);
}

function pluralOf({ kind }: RoleRef): string {
  return kind === 'Role' ? 'roles' : 'clusterroles';
}

function isSuperuser({ caller }: AdmissionContext): boolean {
  return caller.groups.includes(SUPERUSERS);
}

function mayEscalate(context: AdmissionContext): boolean {
  const { plural } = context.kind;
  return may('escalate', plural, context.name, context);
}

function mayBind(roleRef: RoleRef, context: AdmissionContext): boolean {
  return may('bind', pluralOf(roleRef), roleRef.name, context);
}

function may(verb: string, resource: string, name: string, context: AdmissionContext): boolean {
  const { caller, namespace, access } = context;
  return access.authorize({
    user: caller,
    verb,
    group: GROUP,
    version: '*',
    resource,
    subresource: '',
    namespace,
    name,
  }).allowed;
}

function aggregates(role: RoleLike | null): boolean {
  return (role?.aggregationRule?.clusterRoleSelectors?.length ?? 0) > 0;
}

/** Only what keeps the object from being collected has changed: owners and finalizers. */
function isOnlyLetGo(next: KubeObject, old: KubeObject | null): boolean {
  return old !== null && equalJson(withoutOwners(next), withoutOwners(old));
}

function withoutOwners(object: KubeObject): unknown {
  const { ownerReferences: _, finalizers: __, managedFields: ___, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function missingRights(
  rules: readonly PolicyRule[],
  { caller, namespace, access }: AdmissionContext,
): readonly PolicyRule[] {
  const held = access.rulesFor(caller, namespace);
  return uncovered([...held.resourceRules, ...held.nonResourceRules], rules);
}

function confirmHeld(rules: readonly PolicyRule[], name: string, context: AdmissionContext): void {
  const missing = missingRights(rules, context);
  if (missing.length === 0) return;
  const { caller, namespace, access } = context;
  const texts = [...new Set(compactRules(missing).map(ruleText))].sort(compareText);
  const { evaluationError } = access.rulesFor(caller, namespace);
  const errors = evaluationError === undefined ? '' : `; resolution errors: [${evaluationError}]`;
  const who = `user ${goQuote(caller.name)} (groups=${quotedList(caller.groups)})`;
  const what = 'is attempting to grant RBAC permissions not currently held';
  throw forbidden(context.kind, name, `${who} ${what}:\n${texts.join('\n')}${errors}`);
}
