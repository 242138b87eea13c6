/**
 * Reading objects that no Go struct stands behind (custom resources): values stay as they were
 * written, fields that the schema does not declare are dropped. Whether values have the declared
 * types is for validation to say, not for decoding.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apiserver/schema/pruning algorithm.go,
 *         k8s.io/apimachinery pkg/apis/meta/v1/unstructured (v1.36)
 */
import type { DecodeState } from './decode-state.ts';
import { setOwn } from './json-text.ts';
import type { DefinitionSchema, FieldSchema, SchemaRef } from './schema.ts';

/** How the parts are read that have a Go struct or no schema at all. */
export interface OtherParts {
  struct(name: string, value: unknown, state: DecodeState): unknown;
  copy(value: unknown): unknown;
  definition(ref: SchemaRef): DefinitionSchema;
}

export function readUnstructured(
  schema: DefinitionSchema,
  value: unknown,
  state: DecodeState,
  others: OtherParts,
): unknown {
  const { p } = schema;
  if (p === undefined || (!isMap(value) && schema.pu === 1)) return others.copy(value);
  if (!isMap(value)) return undeclared(value, state);
  const out: Record<string, unknown> = {};
  noteDuplicates(value, state);
  for (const key of Object.keys(value).sort()) {
    const field = Object.hasOwn(p, key) ? p[key] : undefined;
    if (field === undefined) {
      if (schema.pu === 1) setOwn(out, key, others.copy(value[key]));
      else state.strictError('unknown', key);
      continue;
    }
    state.path.push(key);
    state.goPath.push(key);
    setOwn(out, key, readField(field, value[key], state, others));
    state.goPath.pop();
    state.path.pop();
  }
  return out;
}

function readField(
  field: FieldSchema,
  value: unknown,
  state: DecodeState,
  others: OtherParts,
): unknown {
  if (value === null || value === undefined) return null;
  if (typeof field.r === 'string') {
    // Upstream reads the typed parts by themselves: their errors know nothing of the whole.
    const outer = state.goPath.splice(0);
    const read = others.struct(field.r, value, state);
    state.goPath.push(...outer);
    return read;
  }
  if (field.r !== undefined) {
    return readUnstructured(others.definition(field.r), value, state, others);
  }
  const item = field.i;
  if (field.t === undefined || field.t === 'any') return others.copy(value);
  if (item === undefined) return undeclared(value, state);
  if (field.t === 'array' && Array.isArray(value)) {
    return value.map((one, i) => {
      state.path.push(i);
      const read = readField(item, one, state, others);
      state.path.pop();
      return read;
    });
  }
  if (field.t !== 'map' || !isMap(value)) return undeclared(value, state);
  const out: Record<string, unknown> = {};
  noteDuplicates(value, state);
  for (const key of Object.keys(value).sort()) {
    state.path.push(key);
    setOwn(out, key, readField(item, value[key], state, others));
    state.path.pop();
  }
  return out;
}

/** Where the schema knows of no fields, there are none; validation says what else is wrong. */
function undeclared(value: unknown, state: DecodeState): unknown {
  if (Array.isArray(value)) {
    return value.map((one, i) => {
      state.path.push(i);
      const read = undeclared(one, state);
      state.path.pop();
      return read;
    });
  }
  if (!isMap(value)) return value;
  for (const key of Object.keys(value).sort()) state.strictError('unknown', key);
  return {};
}

function noteDuplicates(value: object, state: DecodeState): void {
  const keys = state.duplicates?.get(value);
  if (keys === undefined) return;
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(key)) state.strictError('duplicate', key);
    seen.add(key);
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
