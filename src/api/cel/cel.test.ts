import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { JSONSchemaProps } from '../generated/types.ts';
import { compile, evaluate } from './compile.ts';
import { libraryType } from './declarations.ts';
import { RUNTIME_BUDGET, type CelEnv } from './env.ts';
import { fromJson, fromTypedJson } from './json-values.ts';
import { schemaOfProps } from './schema.ts';
import { typeOfSchema } from './schema-types.ts';
import { DYN, typeString } from './types.ts';
import {
  CelDuration,
  CelList,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  typeNameOf,
  type CelValue,
} from './values.ts';

interface Answer {
  readonly on: 'empty' | 'object' | 'typed';
  readonly expr: string;
  readonly issues?: string;
  readonly instantiation?: string;
  readonly type?: string;
  readonly value?: string;
  readonly error?: string;
  readonly cost?: number;
  readonly max?: number;
}

interface Answers {
  readonly object: unknown;
  readonly typed: unknown;
  readonly schema: JSONSchemaProps;
  readonly cases: readonly Answer[];
}

const answers = JSON.parse(
  readFileSync(new URL('cel-go-answers.json', import.meta.url), 'utf8'),
) as Answers;

const schema = schemaOfProps(answers.schema);
const self = typeOfSchema(schema, false) ?? DYN;
const TYPED: CelEnv = { variables: { self, oldSelf: self } };
const UNTYPED: CelEnv = {
  variables: { object: DYN, authorizer: libraryType('kubernetes.authorization.Authorizer') },
};

function show(value: CelValue): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return `double(${value})`;
  if (value instanceof CelUint) return `${value.value}u`;
  if (value instanceof Uint8Array) return `b${JSON.stringify(new TextDecoder().decode(value))}`;
  if (value instanceof CelOptional) {
    return value.value === undefined ? 'optional.none' : `optional(${show(value.value)})`;
  }
  if (value instanceof CelTypeValue) return `type(${value.type.name})`;
  if (value instanceof CelList) return `[${[...value].map(show).join(', ')}]`;
  return typeNameOf(value);
}

function answer({ on, expr }: Answer): Omit<Answer, 'on' | 'expr'> {
  const program = compile(expr, on === 'typed' ? TYPED : UNTYPED);
  if (program.kind === 'issues') return { issues: program.text };
  if (program.kind === 'instantiation') return { instantiation: program.message };
  const root = fromJson(on === 'object' ? answers.object : {});
  const typed = fromTypedJson(answers.typed, schema);
  const { value, error, cost } = evaluate(
    program,
    (name) => (name === 'object' ? root : name === 'self' ? typed : undefined),
    { perCall: RUNTIME_BUDGET, spent: 0 },
  );
  const max = program.estimate(on === 'typed' ? self : undefined).max;
  return {
    ...(on === 'typed' ? {} : { type: typeString(program.type) }),
    ...(value === undefined ? { error } : { value: show(value) }),
    cost,
    max,
  };
}

describe('expressions answer what cel-go answers', () => {
  test.each(answers.cases)('$on: $expr', (wanted) => {
    const { on: _on, expr: _expr, ...expected } = wanted;
    const got = { ...answer(wanted) } as Record<string, unknown>;
    // A value without a text of its own, an estimate beyond what a number holds exactly.
    if (expected.value === undefined && expected.error === undefined) delete got['value'];
    if (expected.max === undefined) delete got['max'];
    expect(got).toEqual(expected);
  });
});

test('durations and timestamps', () => {
  const run = (expr: string): CelValue | undefined => {
    const program = compile(expr, UNTYPED);
    if (program.kind !== 'program') throw new Error(expr);
    return evaluate(program, () => undefined, { perCall: 100, spent: 0 }).value;
  };
  expect(run('duration("-1.5s")')).toEqual(new CelDuration(-1_500_000_000n));
  expect(run('timestamp("1970-01-01T02:00:01.5+02:00")')).toEqual(new CelTimestamp(1_500_000_000n));
});

test('an evaluation that costs too much is cancelled', () => {
  const program = compile(
    'lists.range(1000).all(x, lists.range(1000).all(y, x + y >= 0))',
    UNTYPED,
  );
  if (program.kind !== 'program') throw new Error('does not compile');
  const budget = { perCall: 1_000_000, spent: 0 };
  expect(evaluate(program, () => undefined, budget).error).toBe(
    'operation cancelled: actual cost limit exceeded',
  );
  expect(budget.spent).toBeGreaterThan(1_000_000);
});

test('a pattern that would take another matcher ages is matched in linear time', () => {
  const program = compile(`object.s.matches('^(a+)+$')`, UNTYPED);
  if (program.kind !== 'program') throw new Error('does not compile');
  const object = fromJson({ s: `${'a'.repeat(5000)}b` });
  expect(evaluate(program, () => object, { perCall: 1_000_000, spent: 0 }).value).toBe(false);
});
