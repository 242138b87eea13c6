/** Looks up definitions, generated or built, and keeps what is compiled from them. */
import { schemas } from '../generated/schemas.ts';
import type { DefinitionSchema, SchemaRef } from './schema.ts';

export function definitionOf(ref: SchemaRef): DefinitionSchema {
  if (typeof ref !== 'string') return ref;
  const schema = schemas[ref];
  if (schema === undefined) throw new Error(`no schema named ${ref}`);
  return schema;
}

/**
 * |make| once for each definition. Names are kept for good; what was made of a built definition goes
 * with it.
 */
export function onceForEach<T>(make: (ref: SchemaRef) => T): (ref: SchemaRef) => T {
  const named = new Map<string, T>();
  const built = new WeakMap<DefinitionSchema, T>();
  return (ref) => {
    const kept = typeof ref === 'string' ? named.get(ref) : built.get(ref);
    if (kept !== undefined) return kept;
    const made = make(ref);
    if (typeof ref === 'string') named.set(ref, made);
    else built.set(ref, made);
    return made;
  };
}
