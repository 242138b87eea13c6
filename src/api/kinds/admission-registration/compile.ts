/**
 * Compiles CEL expressions of admission webhooks and policies, and checks what they evaluate to.
 *
 * Models: k8s.io/apiserver pkg/admission/plugin/cel compile.go CompileCELExpression (v1.36)
 */
import { compile } from '../../cel/compile.ts';
import { BOOL, type CelType, listOf, NULL, sameType, STRING, typeString } from '../../cel/types.ts';
import { APPLY_OBJECT, environmentOf, JSON_PATCH } from './environment.ts';
import type { ExpressionResult, ExpressionScope } from './expressions.ts';

/** Empty = anything. */
const RESULTS: Readonly<Record<ExpressionResult, readonly CelType[]>> = {
  bool: [BOOL],
  string: [STRING],
  'string or null': [STRING, NULL],
  anything: [],
  'JSONPatch list': [listOf(JSON_PATCH)],
  'apply configuration': [APPLY_OBJECT],
};

/** Why |source| does not compile to |wanted| in |scope|; undefined = it does. */
export function compileAdmissionExpression(
  source: string,
  wanted: ExpressionResult,
  scope: ExpressionScope,
): string | undefined {
  const program = compile(source, environmentOf(scope));
  if (program.kind === 'issues') return `compilation failed: ${program.text}`;
  if (program.kind === 'instantiation') return `program instantiation failed: ${program.message}`;
  const types = RESULTS[wanted];
  if (types.length === 0 || types.some((type) => sameType(type, program.type))) return undefined;
  const names = types.map(typeString);
  const list = names.length === 1 ? names[0] : `one of [${names.join(' ')}]`;
  return `must evaluate to ${list} but got ${typeString(program.type)}`;
}
