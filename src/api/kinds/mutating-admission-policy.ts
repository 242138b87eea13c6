/**
 * MutatingAdmissionPolicy: CEL expressions that change what is written.
 *
 * Models:     pkg/registry/admissionregistration/mutatingadmissionpolicy strategy.go, pkg/apis/
 *             admissionregistration validation, v1 defaults.go (v1.36)
 * Simplified: whether the caller may read the parameters is not asked
 */
import type {
  MutatingAdmissionPolicy as MutatingAdmissionPolicyType,
  Mutation,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkSupported } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { equalJson } from '../meta/json.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import {
  checkExpression,
  type ExpressionScope,
  validateMatchConditions,
  validateVariables,
} from './admission-registration/expressions.ts';
import { paramKindText, validatePolicyHead } from './admission-registration/policies.ts';
import {
  ADMISSION_GROUP,
  defaultMatchResources,
  REINVOCATION_POLICIES,
  staticSuffixWarnings,
  validateMutatingOperations,
} from './admission-registration/rules.ts';

export type MutatingAdmissionPolicy = MutatingAdmissionPolicyType;

const PATCHES = {
  JSONPatch: { field: 'jsonPatch', other: 'applyConfiguration', result: 'JSONPatch list' },
  ApplyConfiguration: {
    field: 'applyConfiguration',
    other: 'jsonPatch',
    result: 'apply configuration',
  },
} as const;

function validatePolicy(
  { spec }: MutatingAdmissionPolicy,
  ignoreMatchConditions: boolean,
  errors: FieldErrors,
): void {
  validatePolicyHead(spec, errors);
  const matchPath = FieldPath.of('spec.matchConstraints');
  validateMutatingOperations(spec.matchConstraints, matchPath, errors);
  const { variables = [], mutations = [], reinvocationPolicy } = spec;
  const hasParams = spec.paramKind !== undefined;
  const scope = { hasParams, hasAuthorizer: true, hasPatchTypes: false, variables };
  if (!ignoreMatchConditions) {
    const path = FieldPath.of('spec.matchConditions');
    validateMatchConditions(spec.matchConditions, hasParams, path, errors);
  }
  validateVariables(variables, scope, FieldPath.of('spec.variables'), errors);
  if (mutations.length === 0) {
    errors.required('spec.mutations', 'mutations must contain at least one item');
  }
  mutations.forEach((mutation, i) => {
    const at = FieldPath.of('spec.mutations').index(i);
    validateMutation(mutation, { ...scope, hasPatchTypes: true }, at, errors);
  });
  const path = 'spec.reinvocationPolicy';
  if (!reinvocationPolicy) errors.required(path);
  else checkSupported(reinvocationPolicy, REINVOCATION_POLICIES, path, errors);
}

function validateMutation(
  mutation: Mutation,
  scope: ExpressionScope,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { patchType } = mutation;
  if (!patchType) {
    errors.required(path.child('patchType'));
    return;
  }
  const patch = Object.hasOwn(PATCHES, patchType) ? PATCHES[patchType] : undefined;
  if (patch === undefined) {
    const supported = ['ApplyConfiguration', 'JSONPatch'];
    errors.notSupported(path.child('patchType'), patchType, supported);
    return;
  }
  const { field, other, result } = patch;
  const own = mutation[field];
  const at = path.child(field);
  if (own === undefined) errors.required(at, `must be specified when patchType is ${patchType}`);
  else {
    const source = (own.expression ?? '').trim();
    if (source === '') errors.required(at.child('expression'));
    else checkExpression(source, result, scope, at.child('expression'), errors);
  }
  if (mutation[other] === undefined) return;
  const text = `must not be specified when patchType is ${patchType}`;
  errors.invalid(path.child(other), `{${other}}`, text);
}

const COLUMNS: readonly Column<MutatingAdmissionPolicy>[] = [
  NAME_COLUMN,
  {
    name: 'Mutations',
    type: 'integer',
    description: 'Mutation indicates the number of mutations rules defined in this configuration',
    cell: ({ spec }) => spec.mutations?.length ?? 0,
  },
  {
    name: 'ParamKind',
    type: 'string',
    description: 'ParamKind specifies the kind of resources used to parameterize this policy',
    cell: ({ spec }) => paramKindText(spec),
  },
  AGE_COLUMN,
];

export const MutatingAdmissionPolicy = defineKind<MutatingAdmissionPolicy>({
  group: ADMISSION_GROUP,
  version: 'v1',
  storageVersion: 'v1beta1',
  kind: 'MutatingAdmissionPolicy',
  plural: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy',
  ownMeta: 'generic',
  metaOnUpdate: 'whole',
  updateNeedsVersion: true,
  defaults(policy) {
    policy.spec ??= {};
    policy.spec.failurePolicy ??= 'Fail';
    defaultMatchResources(policy.spec.matchConstraints);
  },
  prepareForCreate({ metadata }) {
    metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate(policy, errors) {
    validatePolicy(policy, false, errors);
  },
  validateUpdate(next, old, errors) {
    const sameConditions =
      equalJson(next.spec.paramKind, old.spec.paramKind) &&
      equalJson(next.spec.matchConditions, old.spec.matchConditions);
    validatePolicy(next, sameConditions, errors);
  },
  warnings: staticSuffixWarnings,
  columns: COLUMNS,
});
