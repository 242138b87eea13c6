/**
 * Role: what may be done with resources of one namespace.
 *
 * Models: pkg/registry/rbac/role strategy.go, pkg/apis/rbac/validation ValidateRole (v1.36). Who may
 *         grant what is decided where roles are evaluated
 */
import type { Role as RoleType } from '../generated/types.ts';
import { DEFAULT_COLUMNS } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { refuseRoleEscalation } from './rbac/escalation.ts';
import { defaultRules, dropEmptyRules, RBAC_GROUP, validateRules } from './rbac/validation.ts';

export type Role = RoleType;

export const Role = defineKind<Role>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.Role',
  metaOnUpdate: 'wholeFirst',
  createOnUpdate: true,
  nameRule: 'pathSegment',
  defaults: defaultRules,
  prepareForCreate: dropEmptyRules,
  prepareForUpdate: dropEmptyRules,
  validate({ rules }, errors) {
    validateRules(rules, true, errors);
  },
  allocate: refuseRoleEscalation,
  columns: DEFAULT_COLUMNS,
});
