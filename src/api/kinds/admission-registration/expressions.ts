/**
 * CEL expressions of admission webhooks and policies: whether they compile, and to which type.
 *
 * Models: k8s.io/apiserver pkg/admission/plugin/cel compile.go, composition.go, pkg/apis/
 *         admissionregistration validation validateCELCondition (v1.36)
 */
import type { MatchCondition, Variable } from '../../generated/types.ts';
import { checkQualifiedName } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { compileAdmissionExpression } from './compile.ts';

/** What an expression may name, besides object, oldObject, request and namespaceObject. */
export interface ExpressionScope {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** Object and JSONPatch, for mutations. */
  readonly hasPatchTypes: boolean;
  /** In order: each may name those before it. undefined = `variables` is not declared. */
  readonly variables: readonly Variable[] | undefined;
}

/** What it has to evaluate to. */
export type ExpressionResult =
  | 'bool'
  | 'string'
  | 'string or null'
  | 'anything'
  | 'JSONPatch list'
  | 'apply configuration';

const MAX_MATCH_CONDITIONS = 64; // validation.go validateMatchConditions
const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const RESERVED: ReadonlySet<string> = new Set(
  (
    'true false null in as break const continue else for function if import let loop package ' +
    'namespace return var void while'
  ).split(' '),
);

/** Adds an error about |shown| when |source| does not compile. */
export function checkExpression(
  source: string,
  wanted: ExpressionResult,
  scope: ExpressionScope,
  path: FieldPath,
  errors: FieldErrors,
  shown = source,
): void {
  const problem = compileAdmissionExpression(source, wanted, scope);
  if (problem !== undefined) errors.invalid(path, shown, problem);
}

export function validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  hasParams: boolean,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (conditions === undefined) return;
  if (conditions.length > MAX_MATCH_CONDITIONS) {
    errors.tooMany(path, conditions.length, MAX_MATCH_CONDITIONS);
  }
  const scope = { hasParams, hasAuthorizer: true, hasPatchTypes: false, variables: undefined };
  const seen = new Set<string>();
  conditions.forEach(({ name = '', expression = '' }, i) => {
    const at = path.index(i);
    const source = expression.trim();
    if (source === '') errors.required(at.child('expression'));
    else checkExpression(source, 'bool', scope, at.child('expression'), errors);
    if (name === '') errors.required(at.child('name'));
    else {
      checkQualifiedName(name, at.child('name'), errors);
      if (seen.has(name)) errors.duplicate(at.child('name'), name);
      seen.add(name);
    }
  });
}

export function validateVariables(
  variables: readonly Variable[] | undefined,
  scope: ExpressionScope,
  path: FieldPath,
  errors: FieldErrors,
): void {
  variables?.forEach(({ name = '', expression = '' }, i) => {
    const at = path.index(i);
    if (name.trim() === '') errors.required(at.child('name'), 'name is not specified');
    else if (!IDENTIFIER.test(name) || RESERVED.has(name)) {
      errors.invalid(at.child('name'), name, 'must be a valid CEL identifier');
    }
    const expressionPath = at.child('expression');
    if (expression.trim() === '') errors.required(expressionPath, 'expression is not specified');
    else {
      const before = { ...scope, variables: variables.slice(0, i) };
      checkExpression(expression, 'anything', before, expressionPath, errors);
    }
  });
}
