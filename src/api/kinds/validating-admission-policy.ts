/**
 * ValidatingAdmissionPolicy: CEL rules that requests must satisfy.
 *
 * Models:     pkg/registry/admissionregistration/validatingadmissionpolicy strategy.go, pkg/apis/
 *             admissionregistration validation, v1 defaults.go (v1.36)
 * Simplified: whether the caller may read the parameters is not asked
 */
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy as ValidatingAdmissionPolicyType,
  Validation,
} from '../generated/types.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { validateConditionList } from '../meta/conditions.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { checkQualifiedName, checkSupported } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { setOf } from '../meta/field-set.ts';
import { byteLength } from '../meta/go-text.ts';
import { equalJson } from '../meta/json.ts';
import { keepPart, raiseGeneration, resetMetaForStatus, specChanged } from '../meta/kind-parts.ts';
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
  staticSuffixWarnings,
} from './admission-registration/rules.ts';

export type ValidatingAdmissionPolicy = ValidatingAdmissionPolicyType;

const MAX_AUDIT_ANNOTATIONS = 20; // validation.go maxAuditAnnotations
const MAX_VALUE_EXPRESSION_BYTES = 5 * 1024; // maxAuditAnnotationValueExpressionLength
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];
const LINE_BREAK = /[\n\r]/;
const NOTHING_TO_DO = 'validations or auditAnnotations must contain at least one item';

function validatePolicy(
  { metadata, spec }: ValidatingAdmissionPolicy,
  ignoreMatchConditions: boolean,
  errors: FieldErrors,
): void {
  validatePolicyHead(spec, errors);
  const { variables = [], validations = [], auditAnnotations = [] } = spec;
  const scope: ExpressionScope = {
    hasParams: spec.paramKind !== undefined,
    hasAuthorizer: true,
    hasPatchTypes: false,
    variables: variables.length === 0 ? undefined : variables,
  };
  if (!ignoreMatchConditions) {
    const path = FieldPath.of('spec.matchConditions');
    validateMatchConditions(spec.matchConditions, scope.hasParams, path, errors);
  }
  validateVariables(variables, scope, FieldPath.of('spec.variables'), errors);
  if (validations.length === 0 && auditAnnotations.length === 0) {
    errors.required('spec.validations', NOTHING_TO_DO);
    errors.required('spec.auditAnnotations', NOTHING_TO_DO);
    return;
  }
  validations.forEach((validation, i) => {
    checkValidation(validation, scope, FieldPath.of('spec.validations').index(i), errors);
  });
  const path = FieldPath.of('spec.auditAnnotations');
  if (auditAnnotations.length > MAX_AUDIT_ANNOTATIONS) {
    const shown = auditAnnotations.map((a) => ({ Key: a.key, ValueExpression: a.valueExpression }));
    const text = `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`;
    errors.invalid(path, shown, text);
  }
  const seen = new Set<string>();
  auditAnnotations.forEach((annotation, i) => {
    const at = path.index(i);
    checkAnnotation(annotation, metadata.name, scope, at, errors);
    if (seen.has(annotation.key)) errors.duplicate(at.child('key'), annotation.key);
    seen.add(annotation.key);
  });
}

function checkValidation(
  validation: Validation,
  scope: ExpressionScope,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { expression = '', message = '', messageExpression = '', reason } = validation;
  const at = path.child('expression');
  if (expression.trim() === '') errors.required(at, 'expression is not specified');
  else checkExpression(expression, 'bool', scope, at, errors);
  const empty = 'must be non-empty if specified';
  const messageAt = path.child('messageExpression');
  if (messageExpression !== '') {
    if (messageExpression.trim() === '') errors.invalid(messageAt, messageExpression, empty);
    else {
      const narrow = { ...scope, hasAuthorizer: false };
      checkExpression(messageExpression, 'string', narrow, messageAt, errors);
    }
  }
  const text = message.trim();
  if (message !== '' && text === '') errors.invalid(path.child('message'), message, empty);
  else if (LINE_BREAK.test(text)) {
    errors.invalid(path.child('message'), message, 'must not contain line breaks');
  }
  if (reason !== undefined) checkSupported(reason, REASONS, path.child('reason'), errors);
}

function checkAnnotation(
  { key = '', valueExpression = '' }: AuditAnnotation,
  policy: string,
  scope: ExpressionScope,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (policy === '') {
    errors.invalid(path.child('key'), key, 'requires metadata.name be non-empty');
  } else checkQualifiedName(`${policy}/${key}`, path.child('key'), errors);
  const at = path.child('valueExpression');
  const source = valueExpression.trim();
  if (source === '') errors.required(at, 'valueExpression is not specified');
  else if (byteLength(source) > MAX_VALUE_EXPRESSION_BYTES) {
    errors.required(at, `must not exceed ${MAX_VALUE_EXPRESSION_BYTES} bytes in length`);
  } else checkExpression(source, 'string or null', scope, at, errors, valueExpression);
}

function validateStatus({ status }: ValidatingAdmissionPolicy, errors: FieldErrors): void {
  status.typeChecking?.expressionWarnings?.forEach(({ warning, fieldRef }, i) => {
    const path = `status.typeChecking.expressionWarnings[${i}]`;
    if (!warning) errors.required(`${path}.warning`);
    if (!fieldRef?.trim()) errors.required(`${path}.fieldRef`);
  });
  validateConditionList(status.conditions, 'status.conditions', errors);
}

const COLUMNS: readonly Column<ValidatingAdmissionPolicy>[] = [
  NAME_COLUMN,
  {
    name: 'Validations',
    type: 'integer',
    description:
      'Validations indicates the number of validation rules defined in this configuration',
    cell: ({ spec }) => spec.validations?.length ?? 0,
  },
  {
    name: 'ParamKind',
    type: 'string',
    description: 'ParamKind specifies the kind of resources used to parameterize this policy',
    cell: ({ spec }) => paramKindText(spec),
  },
  AGE_COLUMN,
];

export const ValidatingAdmissionPolicy = defineKind<ValidatingAdmissionPolicy>({
  group: ADMISSION_GROUP,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  ownMeta: 'generic',
  metaOnUpdate: 'whole',
  resets: { status: setOf([['f:metadata'], ['f:spec']]) },
  updateNeedsVersion: true,
  defaults(policy) {
    policy.spec ??= {};
    policy.spec.failurePolicy ??= 'Fail';
    defaultMatchResources(policy.spec.matchConstraints);
    policy.status ??= {};
  },
  prepareForCreate(policy) {
    policy.status = {};
    policy.metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
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
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
      resetMetaForStatus(next, old);
    },
    validateUpdate(next, _old, errors) {
      validateStatus(next, errors);
    },
  },
  columns: COLUMNS,
});
