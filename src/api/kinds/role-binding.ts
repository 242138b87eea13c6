/**
 * RoleBinding: a Role or ClusterRole granted to users, groups and service accounts in one namespace.
 *
 * Models: pkg/registry/rbac/rolebinding strategy.go, pkg/apis/rbac validation and v1 defaults.go
 *         (v1.36)
 */
import type { RoleBinding as RoleBindingType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { refuseBindingEscalation } from './rbac/escalation.ts';
import {
  defaultBinding,
  RBAC_GROUP,
  subjectColumns,
  validateBinding,
  validateRoleRefUpdate,
} from './rbac/validation.ts';

export type RoleBinding = RoleBindingType;

const COLUMNS: readonly Column<RoleBinding>[] = [
  NAME_COLUMN,
  {
    name: 'Role',
    type: 'string',
    description:
      'RoleRef can reference a Role in the current namespace or a ClusterRole in the global ' +
      'namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
    cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  AGE_COLUMN,
  ...subjectColumns('roleBinding'),
];

export const RoleBinding = defineKind<RoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  namespaced: true,
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  metaOnUpdate: 'wholeFirst',
  createOnUpdate: true,
  nameRule: 'pathSegment',
  defaults: defaultBinding,
  validate(binding, errors) {
    validateBinding(binding, true, errors);
  },
  validateUpdate(next, old, errors) {
    validateBinding(next, true, errors);
    validateRoleRefUpdate(next, old, errors);
  },
  allocate: refuseBindingEscalation,
  columns: COLUMNS,
});
