/**
 * PodTemplate: a template of Pods kept for itself.
 *
 * Models:     pkg/registry/core/podtemplate strategy.go, pkg/apis/core/validation
 *             ValidatePodTemplate* (v1.36)
 * Simplified: nothing known
 */
import type { PodTemplate as PodTemplateType } from '../generated/types.ts';
import { containerImages, containerNames, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { equalJson } from '../meta/json.ts';
import { raiseGeneration } from '../meta/kind-parts.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { podOptions } from './pod/options.ts';
import { validatePodTemplateSpec } from './pod/validation.ts';
import { podTemplateWarnings } from './pod/warnings.ts';
import { formatLabels } from './workload/columns.ts';

export type PodTemplate = PodTemplateType;

export const PodTemplate = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  singular: 'podtemplate',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.PodTemplate',
  deleteReturnsObject: true,

  defaults(object) {
    object.template ??= { metadata: {}, spec: { containers: [] } };
    defaultPodTemplate(object.template);
  },
  prepareForCreate(object) {
    object.metadata.generation = 1;
    dropDisabledPodFields(object.template.spec, undefined);
  },
  prepareForUpdate(next, old) {
    dropDisabledPodFields(next.template.spec, old.template.spec);
    raiseGeneration(next, old, !equalJson(next.template, old.template));
  },
  validate({ template }, errors) {
    validatePodTemplateSpec(template, 'template', errors);
  },
  validateUpdate({ template }, old, errors) {
    const options = podOptions(false, old.template.spec, old.template.metadata);
    validatePodTemplateSpec(template, 'template', errors, options);
  },
  warnings(object, old) {
    if (old !== null && old.metadata.generation === object.metadata.generation) return [];
    return podTemplateWarnings(object.template, old?.template, 'template');
  },
  columns: [
    NAME_COLUMN,
    {
      name: 'Containers',
      type: 'string',
      description: 'Names of each container in the template.',
      cell: ({ template }) => containerNames(template.spec.containers),
    },
    {
      name: 'Images',
      type: 'string',
      description: 'Images referenced by each container in the template.',
      cell: ({ template }) => containerImages(template.spec.containers),
    },
    {
      name: 'Pod Labels',
      type: 'string',
      description: 'The labels for the pod template.',
      cell: ({ template }) => formatLabels(template.metadata?.labels),
    },
  ],
});
