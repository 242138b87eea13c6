/**
 * The compiler of CEL expressions, as admission webhooks and policies use it.
 *
 * Models:     k8s.io/apiserver pkg/admission/plugin/cel compile.go (v1.36)
 * Simplified: expressions are taken as they are until api/cel compiles them; this is the one place to
 *             change then
 */
import type { ExpressionResult, ExpressionScope } from './expressions.ts';

/** Why |source| does not compile to |wanted| in |scope|; undefined = it does. */
export function compileAdmissionExpression(
  _source: string,
  _wanted: ExpressionResult,
  _scope: ExpressionScope,
): string | undefined {
  return undefined;
}
