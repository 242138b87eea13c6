/**
 * The CEL rules of one node of a schema, compiled once.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel compilation.go (v1.36)
 */
import { compile } from '../cel/compile.ts';
import type { CelEnv, CelProgram } from '../cel/env.ts';
import { maxCardinality, typeOfProps } from '../cel/schema-types.ts';
import { BOOL, type CelType, optionalOf, STRING } from '../cel/types.ts';
import type { ValidationRule } from '../generated/types.ts';
import type { Props } from './json-schema.ts';

export interface CompiledRule {
  readonly rule: ValidationRule;
  /** null: empty, or there is an error. */
  readonly program: CelProgram | null;
  readonly error: string;
  readonly usesOldSelf: boolean;
  readonly message: CelProgram | null;
  readonly messageError: string;
}

export interface CompiledNode {
  readonly rules: readonly CompiledRule[];
  readonly type: CelType | undefined;
  /** How often the node can occur in a request, as far as its own size tells. */
  readonly cardinality: number;
}

const byRoot = new WeakMap<Props, CompiledNode>();
const bySchema = new WeakMap<Props, CompiledNode>();

/** |isRoot|: the schema of a whole resource. */
export function compiledRules(schema: Props, isRoot: boolean): CompiledNode {
  const kept = isRoot ? byRoot : bySchema;
  let node = kept.get(schema);
  if (!node) kept.set(schema, (node = compileNode(schema, isRoot)));
  return node;
}

function compileNode(schema: Props, isRoot: boolean): CompiledNode {
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  const type = typeOfProps(schema, isRoot || embedded);
  const rules = (schema['x-kubernetes-validations'] ?? []).map((rule) =>
    type ? compileRule(rule, type) : NOTHING(rule),
  );
  return { rules, type, cardinality: type ? maxCardinality(type) : 1 };
}

const NOTHING = (rule: ValidationRule): CompiledRule => ({
  rule,
  program: null,
  error: '',
  usesOldSelf: false,
  message: null,
  messageError: '',
});

function compileRule(rule: ValidationRule, type: CelType): CompiledRule {
  const nothing = NOTHING(rule);
  if (rule.rule.trim() === '') return nothing;
  const oldSelf = rule.optionalOldSelf === true ? optionalOf(type) : type;
  const env: CelEnv = { variables: { self: type, oldSelf } };
  const program = compile(rule.rule, env);
  if (program.kind === 'issues') {
    return { ...nothing, error: `compilation failed: ${program.text}` };
  }
  if (program.kind === 'instantiation') {
    return { ...nothing, error: `program instantiation failed: ${program.message}` };
  }
  if (program.type.kind !== BOOL.kind) {
    return { ...nothing, error: 'cel expression must evaluate to a bool' };
  }
  const compiled = { ...nothing, program, usesOldSelf: program.references.has('oldSelf') };
  const { messageExpression = '' } = rule;
  if (messageExpression === '') return compiled;
  const message = compile(messageExpression, env);
  if (message.kind === 'issues') {
    const messageError = `messageExpression compilation failed: ${message.text}`;
    return { ...compiled, messageError };
  }
  if (message.kind === 'instantiation') {
    const messageError = `messageExpression instantiation failed: ${message.message}`;
    return { ...compiled, messageError };
  }
  if (message.type.kind !== STRING.kind) {
    return { ...compiled, messageError: 'messageExpression must evaluate to a string' };
  }
  return { ...compiled, message };
}
