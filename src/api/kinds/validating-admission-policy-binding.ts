/**
 * ValidatingAdmissionPolicyBinding: where a policy applies, and with which parameters.
 *
 * Models:     pkg/registry/admissionregistration/validatingadmissionpolicybinding strategy.go, pkg/apis/
 *             admissionregistration validation (v1.36)
 * Simplified: whether the caller may read the parameters is not asked
 */
import type { ValidatingAdmissionPolicyBinding as ValidatingAdmissionPolicyBindingType } from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { checkSupported } from '../meta/field-checks.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { paramRefText, validateBindingSpec } from './admission-registration/policies.ts';
import {
  ADMISSION_GROUP,
  defaultMatchResources,
  staticSuffixWarnings,
} from './admission-registration/rules.ts';

export type ValidatingAdmissionPolicyBinding = ValidatingAdmissionPolicyBindingType;

const ACTIONS = ['Audit', 'Deny', 'Warn'];

function validate({ spec }: ValidatingAdmissionPolicyBinding, errors: FieldErrors): void {
  validateBindingSpec(spec, errors);
  const path = 'spec.validationActions';
  const actions: readonly string[] = spec.validationActions ?? [];
  const seen = new Set<string>();
  actions.forEach((action, i) => {
    checkSupported(action, ACTIONS, `${path}[${i}]`, errors);
    if (seen.has(action)) errors.duplicate(`${path}[${i}]`, action);
    seen.add(action);
  });
  if (seen.has('Deny') && seen.has('Warn')) {
    const text =
      'must not contain both Deny and Warn (repeating the same validation failure information in ' +
      'the API response and headers serves no purpose)';
    errors.invalid(path, actions, text);
  }
  if (actions.length === 0) errors.required(path, 'at least one validation action is required');
}

const COLUMNS: readonly Column<ValidatingAdmissionPolicyBinding>[] = [
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

export const ValidatingAdmissionPolicyBinding = defineKind<ValidatingAdmissionPolicyBinding>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
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
