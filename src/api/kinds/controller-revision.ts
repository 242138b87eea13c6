/**
 * ControllerRevision: what the template of a StatefulSet or DaemonSet was at some time.
 *
 * Models:     pkg/registry/apps/controllerrevision strategy.go, pkg/apis/apps/validation
 *             ValidateControllerRevision* (v1.36)
 * Simplified: unchanged data is known by its value, not by its bytes
 */
import type { ControllerRevision as ControllerRevisionType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { checkImmutable, checkNonNegative } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';

export type ControllerRevision = ControllerRevisionType;

function validate({ revision, data }: ControllerRevision, errors: FieldErrors): void {
  checkNonNegative(revision, 'revision', errors);
  const value = data as unknown;
  if (value === undefined || value === null) errors.required('data', 'data is mandatory');
  else if (typeof value !== 'object' || Array.isArray(value)) {
    errors.required('data', 'data must be a valid JSON object');
  }
}

/** `statefulset.apps/web`: who made it. */
function controllerName({ metadata }: ControllerRevision): string {
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  if (controller === undefined) return '<none>';
  const { apiVersion, kind, name } = controller;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : `.${apiVersion.slice(0, slash)}`;
  return `${`${kind}${group}`.toLowerCase()}/${name}`;
}

export const ControllerRevision = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  singular: 'controllerrevision',
  namespaced: true,
  schema: 'io.k8s.api.apps.v1.ControllerRevision',

  validate,
  metaOnUpdate: 'both',
  validateUpdate(next, old, errors) {
    checkNonNegative(next.revision, 'revision', errors);
    checkImmutable(next.data, old.data, 'data', errors);
  },
  columns: [
    NAME_COLUMN,
    {
      name: 'Controller',
      type: 'string',
      description: 'Controller of the object',
      cell: controllerName,
    },
    {
      name: 'Revision',
      type: 'string',
      description: 'Revision indicates the revision of the state represented by Data.',
      cell: ({ revision }) => revision,
    },
    AGE_COLUMN,
  ],
});
