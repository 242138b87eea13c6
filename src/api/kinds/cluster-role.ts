/**
 * ClusterRole: what may be done in all namespaces and outside of them; it may be put together from
 * other ClusterRoles.
 *
 * Models: pkg/registry/rbac/clusterrole strategy.go, pkg/apis/rbac/validation ValidateClusterRole
 *         (v1.36)
 */
import type { ClusterRole as ClusterRoleType } from '../generated/types.ts';
import { DEFAULT_COLUMNS } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { isLabelValue } from '../meta/names.ts';
import { validateLabelSelector } from '../meta/selectors.ts';
import { refuseRoleEscalation } from './rbac/escalation.ts';
import { defaultRules, dropEmptyRules, RBAC_GROUP, validateRules } from './rbac/validation.ts';

export type ClusterRole = ClusterRoleType;

function validate(role: ClusterRole, errors: FieldErrors, allowInvalidValues = false): void {
  validateRules(role.rules, false, errors);
  if (role.aggregationRule === undefined) return;
  const { clusterRoleSelectors = [] } = role.aggregationRule;
  const path = FieldPath.of('aggregationRule.clusterRoleSelectors');
  if (clusterRoleSelectors.length === 0) {
    const text = 'at least one clusterRoleSelector required if aggregationRule is non-nil';
    errors.required(path, text);
  }
  clusterRoleSelectors.forEach((selector, i) => {
    const at = path.index(i);
    validateLabelSelector(selector, at, errors, { allowInvalidValues });
    // Upstream also makes a selector of it, which refuses what was let pass.
    const made = new FieldErrors();
    validateLabelSelector(selector, at, made);
    if (!made.none) errors.invalid(at, null, 'invalid label selector.');
  });
}

/** Values that would be refused today stay allowed where they are. */
function hasInvalidValues({ aggregationRule }: ClusterRole): boolean {
  return (aggregationRule?.clusterRoleSelectors ?? []).some((selector) =>
    (selector.matchExpressions ?? []).some(({ values = [] }) =>
      values.some((value) => isLabelValue(value).length > 0),
    ),
  );
}

export const ClusterRole = defineKind<ClusterRole>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  metaOnUpdate: 'wholeFirst',
  createOnUpdate: true,
  nameRule: 'pathSegment',
  defaults: defaultRules,
  prepareForCreate: dropEmptyRules,
  prepareForUpdate: dropEmptyRules,
  validate(role, errors) {
    validate(role, errors);
  },
  validateUpdate(next, old, errors) {
    validate(next, errors, hasInvalidValues(old));
  },
  allocate: refuseRoleEscalation,
  columns: DEFAULT_COLUMNS,
});
