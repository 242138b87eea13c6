/** Arbitrary values of a schema: the right types, enums and formats, some of the fields. */
import fc from 'fast-check';
import { schemas } from '../../api/generated/schemas.ts';
import type { DefinitionSchema, FieldSchema, SchemaRef } from '../../api/meta/schema.ts';
import type { Value } from './text.ts';
import { bytes, integerFor, junk, mapKey, quantity, textFor, time } from './values.ts';

const MAX_INT32 = 2 ** 31;
const MAX_INT64 = 2 ** 63;
const MAX_FIELDS = 4;
const MAX_ITEMS = 3;
/** How deep objects made from the schema alone are. */
export const DEPTH = 5;

export function definition(ref: SchemaRef): DefinitionSchema {
  return typeof ref === 'string' ? (schemas[ref] ?? {}) : ref;
}

const kept = new Map<string, fc.Arbitrary<Value>>();

/** An object of the definition |ref|. */
export function objectOf(ref: SchemaRef, depth: number): fc.Arbitrary<Value> {
  const key = `${typeof ref === 'string' ? ref : ''}/${depth}`;
  const known = typeof ref === 'string' ? kept.get(key) : undefined;
  if (known) return known;
  const made = makeObject(definition(ref), depth);
  kept.set(key, made);
  return made;
}

function makeObject({ p, q = [] }: DefinitionSchema, depth: number): fc.Arbitrary<Value> {
  if (!p) return fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<Value>;
  const optional = Object.keys(p).filter((name) => !q.includes(name));
  const chosen =
    depth <= 0
      ? fc.constant<string[]>([])
      : fc.subarray(optional, { maxLength: Math.min(MAX_FIELDS, optional.length) });
  const required =
    q.length === 0
      ? fc.constant<readonly string[]>([])
      : // Now and then something that is required is not there.
        fc.oneof(
          { weight: 12, arbitrary: fc.constant<readonly string[]>(q) },
          { weight: 1, arbitrary: fc.subarray([...q]) },
        );
  return fc.tuple(required, chosen).chain(([must, may]) => {
    const fields: Record<string, fc.Arbitrary<Value>> = {};
    for (const name of [...must, ...may]) {
      const schema = p[name];
      if (schema) fields[name] = valueOf(schema, name, depth - 1);
    }
    return fc.record(fields, { noNullPrototype: true });
  });
}

/** A value of the field |name| whose schema is |schema|. */
export function valueOf(schema: FieldSchema, name: string, depth: number): fc.Arbitrary<Value> {
  if (schema.r !== undefined)
    return fc.constant(null).chain(() => objectOf(schema.r as SchemaRef, depth));
  if (schema.e) {
    return fc.oneof(
      { weight: 12, arbitrary: fc.constantFrom<Value>(...schema.e) },
      { weight: 1, arbitrary: fc.constantFrom<Value>('', 'Nonsense') },
    );
  }
  switch (schema.t ?? 'any') {
    case 'string':
      return textFor(name);
    case 'int32':
      return integerFor(name, MAX_INT32);
    case 'int64':
      return integerFor(name, MAX_INT64);
    case 'number':
      return fc.constantFrom<Value>(0, 1, -1, 0.5, 1e21, 1e-9);
    case 'boolean':
      return fc.boolean();
    case 'bytes':
      return bytes;
    case 'time':
    case 'microtime':
      return time;
    case 'quantity':
      return quantity;
    case 'intstr':
      return fc.oneof(
        integerFor(name, MAX_INT32),
        fc.constantFrom<Value>('25%', '100%', 'http', '-1%'),
      );
    case 'array':
      return fc.array(valueOf(schema.i ?? {}, name, depth), {
        maxLength: depth <= 0 ? 1 : MAX_ITEMS,
      });
    case 'map':
      return fc.dictionary(mapKey, valueOf(schema.i ?? {}, name, depth), {
        maxKeys: MAX_ITEMS,
        noNullPrototype: true,
      }) as fc.Arbitrary<Value>;
    case 'any':
      return junk;
  }
}
