/**
 * MutatingAdmissionPolicyBinding: where a policy applies, and with which parameters.
 *
 * Models:     pkg/registry/admissionregistration/mutatingadmissionpolicybinding strategy.go, pkg/apis/
 *             admissionregistration validation (v1.36)
 * Simplified: whether the caller may read the parameters is not asked
 */
import type { MutatingAdmissionPolicyBinding as MutatingAdmissionPolicyBindingType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { paramRefText, validateBindingSpec } from './admission-registration/policies.ts';
import {
  ADMISSION_GROUP,
  defaultMatchResources,
  staticSuffixWarnings,
  validateMutatingOperations,
} from './admission-registration/rules.ts';

export type MutatingAdmissionPolicyBinding = MutatingAdmissionPolicyBindingType;

function validate({ spec }: MutatingAdmissionPolicyBinding, errors: FieldErrors): void {
  validateBindingSpec(spec, errors);
  validateMutatingOperations(spec.matchResources, FieldPath.of('spec.matchResources'), errors);
}

const COLUMNS: readonly Column<MutatingAdmissionPolicyBinding>[] = [
  NAME_COLUMN,
  {
    name: 'PolicyName',
    type: 'string',
    description: 'PolicyName indicates the policy definition which the policy binding binded to',
    cell: ({ spec }) => spec.policyName ?? '',
  },
  {
    name: 'ParamRef',
    type: 'string',
    description: 'ParamRef indicates the param resource which sets the configuration param',
    cell: ({ spec }) => paramRefText(spec),
  },
  AGE_COLUMN,
];

export const MutatingAdmissionPolicyBinding = defineKind<MutatingAdmissionPolicyBinding>({
  group: ADMISSION_GROUP,
  version: 'v1',
  storageVersion: 'v1beta1',
  kind: 'MutatingAdmissionPolicyBinding',
  plural: 'mutatingadmissionpolicybindings',
  singular: 'mutatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding',
  ownMeta: 'generic',
  metaOnUpdate: 'whole',
  updateNeedsVersion: true,
  defaults(binding) {
    binding.spec ??= {} as typeof binding.spec;
    defaultMatchResources(binding.spec.matchResources);
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate,
  warnings: staticSuffixWarnings,
  columns: COLUMNS,
});
