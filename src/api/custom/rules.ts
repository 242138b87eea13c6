/**
 * Runs the CEL rules of a custom resource.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel validation.go (v1.36)
 * Simplified: no ratcheting: a rule that an unchanged part breaks is told again
 */
import { evaluate } from '../cel/compile.ts';
import { type CelBudget, PER_CALL_LIMIT, RUNTIME_BUDGET } from '../cel/env.ts';
import { COST_EXCEEDED } from '../cel/interpreter.ts';
import { fromTypedJson } from '../cel/json-values.ts';
import { schemaOfProps, withTypeAndObjectMeta } from '../cel/schema.ts';
import { CelOptional, type CelValue, NONE } from '../cel/values.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { canonicalJson } from '../meta/json.ts';
import { byteLength } from '../meta/go-text.ts';
import type { KubeObject } from '../meta/object.ts';
import { compiledRules, type CompiledRule } from './compiled-rules.ts';
import { isMap, itemsOf, type Props, valuesBelow } from './json-schema.ts';

const MAX_MESSAGE_BYTES = 5 * 1024; // MaxEvaluatedMessageExpressionSizeBytes

interface Run {
  readonly errors: FieldErrors;
  readonly budget: CelBudget;
  /** No further rule is to be run. */
  over: boolean;
}

export function validateRules(
  object: KubeObject,
  old: KubeObject | null,
  schema: Props,
  errors: FieldErrors,
): void {
  const run: Run = { errors, budget: { perCall: PER_CALL_LIMIT, spent: 0 }, over: false };
  node(object, old ?? undefined, schema, true, '', run);
}

function node(
  value: unknown,
  old: unknown,
  schema: Props,
  isRoot: boolean,
  path: string,
  run: Run,
): void {
  // A null is for the rules around it to judge.
  if (value === null || value === undefined || run.over) return;
  expressions(value, old, schema, isRoot, path, run);
  if (Array.isArray(value)) list(value, old, schema, path, run);
  else if (isMap(value)) map(value, old, schema, path, run);
}

function map(
  value: Readonly<Record<string, unknown>>,
  old: unknown,
  schema: Props,
  path: string,
  run: Run,
): void {
  const before = isMap(old) ? old : {};
  for (const below of valuesBelow(value, schema, path)) {
    if (run.over) return;
    node(below.value, before[below.name], below.schema, false, below.path, run);
  }
}

function list(
  value: readonly unknown[],
  old: unknown,
  schema: Props,
  path: string,
  run: Run,
): void {
  const items = itemsOf(schema);
  if (!items) return;
  // Only items with keys can be matched with those of before.
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const byKey = new Map<string, unknown>();
  if (schema['x-kubernetes-list-type'] === 'map' && Array.isArray(old)) {
    for (const item of old) byKey.set(keyOf(item, keys), item);
  }
  value.forEach((item, i) => {
    node(item, byKey.get(keyOf(item, keys)), items, false, `${path}[${i}]`, run);
  });
}

function keyOf(item: unknown, keys: readonly string[]): string {
  return canonicalJson(keys.map((key) => (isMap(item) ? item[key] : undefined) ?? null));
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function expressions(
  value: unknown,
  old: unknown,
  schema: Props,
  isRoot: boolean,
  path: string,
  run: Run,
): void {
  const { rules } = compiledRules(schema, isRoot);
  if (rules.length === 0) return;
  const plain = schemaOfProps(schema);
  const typed =
    isRoot || schema['x-kubernetes-embedded-resource'] ? withTypeAndObjectMeta(plain) : plain;
  const self = fromTypedJson(value, typed);
  const hasOld = old !== undefined && old !== null;
  const oldSelf = hasOld ? fromTypedJson(old, typed) : undefined;
  for (const compiled of rules) {
    if (run.over) return;
    if (!compiled.program) continue;
    const optional = compiled.rule.optionalOldSelf === true;
    if (compiled.usesOldSelf && !hasOld && !optional) continue;
    const before = optional ? (oldSelf === undefined ? NONE : new CelOptional(oldSelf)) : oldSelf;
    const bindings = (name: string): CelValue | undefined =>
      name === 'self' ? self : name === 'oldSelf' ? before : undefined;
    oneRule(compiled, bindings, value, schema, path, run);
  }
}

function oneRule(
  compiled: CompiledRule,
  bindings: (name: string) => CelValue | undefined,
  value: unknown,
  schema: Props,
  path: string,
  run: Run,
): void {
  const { errors, budget } = run;
  const at = path === '' ? '<nil>' : path;
  const type = schema.type ?? '';
  const { rule } = compiled;
  const outcome = evaluate(
    compiled.program as NonNullable<CompiledRule['program']>,
    bindings,
    budget,
  );
  if (budget.spent > RUNTIME_BUDGET) {
    run.over = true;
    errors.invalid(
      at,
      type,
      'validation failed due to running out of cost budget, no further validation rules will be run',
    );
    return;
  }
  const text = (rule.message || rule.rule).trim();
  if (outcome.error !== undefined) {
    const why = outcome.error;
    if (why.startsWith('no such overload')) {
      errors.invalid(
        at,
        type,
        `'${why}': call arguments did not match a supported operator, function or macro signature for rule: ${text}`,
      );
    } else if (why.startsWith(COST_EXCEEDED)) {
      run.over = true;
      errors.invalid(
        at,
        type,
        `'${why}': no further validation rules will be run due to call cost exceeds limit for rule: ${text}`,
      );
    } else errors.invalid(at, type, `${why} evaluating rule: ${text}`);
    return;
  }
  if (outcome.value === true) return;
  const fieldPath = (rule.fieldPath ?? '').replace(/^\./, '');
  const where = fieldPath === '' ? at : join(path, fieldPath);
  const given = messageOf(compiled, bindings, run);
  if (run.over) {
    errors.invalid(where, type, given ?? '');
    return;
  }
  const fallback = rule.message ? rule.message.trim() : `failed rule: ${text}`;
  tell(errors, where, value, type, given ?? fallback, rule.reason);
}

function tell(
  errors: FieldErrors,
  where: string,
  value: unknown,
  type: string,
  detail: string,
  reason: string | undefined,
): void {
  if (reason === 'FieldValueForbidden') errors.forbidden(where, detail);
  else if (reason === 'FieldValueRequired') errors.required(where, detail);
  else if (reason === 'FieldValueDuplicate') errors.duplicate(where, value);
  else if (type === 'object' || type === 'array') {
    // Whole objects are not shown.
    errors.add('FieldValueInvalid', where, `Invalid value: ${detail}`);
  } else errors.invalid(where, value, detail);
}

/** What the rule's own expression says; undefined = the fixed message counts. */
function messageOf(
  compiled: CompiledRule,
  bindings: (name: string) => CelValue | undefined,
  run: Run,
): string | undefined {
  const { message, rule } = compiled;
  if (!message) return undefined;
  const { value, error } = evaluate(message, bindings, run.budget);
  if (run.budget.spent > RUNTIME_BUDGET) {
    run.over = true;
    return 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run';
  }
  if (error?.startsWith(COST_EXCEEDED)) {
    run.over = true;
    return `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}`;
  }
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const isUsable = text !== '' && !text.includes('\n') && byteLength(text) <= MAX_MESSAGE_BYTES;
  return isUsable ? text : undefined;
}
