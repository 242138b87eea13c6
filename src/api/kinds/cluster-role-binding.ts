/**
 * ClusterRoleBinding: a ClusterRole granted to users, groups and service accounts everywhere.
 *
 * Models: pkg/registry/rbac/clusterrolebinding strategy.go, pkg/apis/rbac validation and v1 defaults.go
 *         (v1.36)
 */
import type { ClusterRoleBinding as ClusterRoleBindingType } from '../generated/types.ts';
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

export type ClusterRoleBinding = ClusterRoleBindingType;

const COLUMNS: readonly Column<ClusterRoleBinding>[] = [
  NAME_COLUMN,
  {
    name: 'Role',
    type: 'string',
    description:
      'RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef ' +
      'cannot be resolved, the Authorizer must return an error.',
    cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  AGE_COLUMN,
  ...subjectColumns('clusterRoleBinding'),
];

export const ClusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  namespaced: false,
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  metaOnUpdate: 'wholeFirst',
  createOnUpdate: true,
  nameRule: 'pathSegment',
  defaults: defaultBinding,
  validate(binding, errors) {
    validateBinding(binding, false, errors);
  },
  validateUpdate(next, old, errors) {
    validateBinding(next, false, errors);
    validateRoleRefUpdate(next, old, errors);
  },
  allocate: refuseBindingEscalation,
  columns: COLUMNS,
});
