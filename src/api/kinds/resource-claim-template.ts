/**
 * ResourceClaimTemplate: what the claims look like that are made for Pods.
 *
 * Models: pkg/registry/resource/resourceclaimtemplate strategy.go, pkg/apis/resource/validation (v1.36)
 */
import type { ResourceClaimTemplate as ResourceClaimTemplateType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { IMMUTABLE_ERROR } from '../meta/field-checks.ts';
import { FieldPath } from '../meta/field-path.ts';
import { equalJson } from '../meta/json.ts';
import { validateAnnotations, validateLabels } from '../meta/labels.ts';
import { checkAdminAccess } from './dynamic-resources/admin-access.ts';
import { defaultClaimSpec, validateClaimSpec } from './dynamic-resources/claim-spec.ts';
import { internalClaimSpec } from './dynamic-resources/internal-json.ts';
import { RESOURCE_GROUP } from './dynamic-resources/lists.ts';

export type ResourceClaimTemplate = ResourceClaimTemplateType;

export const ResourceClaimTemplate = defineKind<ResourceClaimTemplate>({
  group: RESOURCE_GROUP,
  version: 'v1',
  kind: 'ResourceClaimTemplate',
  plural: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  schema: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
  deleteReturnsObject: true,
  allocate({ metadata, spec }, old, context) {
    if (old === null) checkAdminAccess(spec.spec, metadata.name ?? '', context);
  },
  defaults(template) {
    template.spec ??= {} as typeof template.spec;
    template.spec.metadata ??= {};
    template.spec.spec ??= {} as typeof template.spec.spec;
    defaultClaimSpec(template.spec.spec);
  },
  validate({ spec }, errors) {
    const path = FieldPath.of('spec');
    const { annotations, labels } = spec.metadata;
    validateAnnotations(annotations, path.child('metadata').child('annotations'), errors);
    validateLabels(labels, path.child('metadata').child('labels'), errors);
    validateClaimSpec(spec.spec, path.child('spec'), errors);
  },
  validateUpdate(next, old, errors) {
    if (equalJson(next.spec, old.spec)) return;
    // The metadata stands first, written as every object's.
    const shown = { ...next.spec.metadata, Spec: internalClaimSpec(next.spec.spec) };
    errors.invalid('spec', shown, IMMUTABLE_ERROR);
  },
  columns: [NAME_COLUMN, AGE_COLUMN],
});
