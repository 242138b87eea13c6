/**
 * Manifests: one that a real server accepted, or one made from the schema alone, with a few values
 * put in, replaced and taken away.
 */
import fc from 'fast-check';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { apiVersionOf } from '../../api/meta/define-kind.ts';
import type { FieldSchema } from '../../api/meta/schema.ts';
import { DEPTH, definition, objectOf, valueOf } from './schema-values.ts';
import { isObject, Pairs, type Value, valueAt, withValue } from './text.ts';
import { junk, oddKey } from './values.ts';

export type Path = readonly (string | number)[];

/** A place in a manifest where something can be put. */
interface Site {
  readonly path: Path;
  readonly name: string;
  readonly schema: FieldSchema | undefined;
}

/** What is done at one place. */
export interface Change {
  readonly path: Path;
  /** undefined = taken away. */
  readonly value: Value | undefined;
  /** The key is written a second time instead. */
  readonly twice?: boolean;
}

const MAX_SITE_DEPTH = 12;

/** Every field that is there, and every field that could stand beside it. */
export function sitesOf(kind: AnyKind, base: Value): readonly Site[] {
  const sites: Site[] = [];
  collect({ path: [], name: '', schema: { r: kind.schema } }, base, sites);
  return sites.filter(({ path }) => path.length > 0 && !(path.length === 1 && path[0] === 'kind'));
}

function collect(site: Site, value: Value | undefined, sites: Site[]): void {
  sites.push(site);
  const { path, schema } = site;
  if (value === undefined || path.length > MAX_SITE_DEPTH) return;
  const below = (
    step: string | number,
    item: Value | undefined,
    next: FieldSchema | undefined,
  ): void =>
    collect(
      { path: [...path, step], name: typeof step === 'string' ? step : site.name, schema: next },
      item,
      sites,
    );
  if (Array.isArray(value)) {
    for (const [i, item] of (value as readonly Value[]).entries()) below(i, item, schema?.i);
    below(value.length, undefined, schema?.i);
    return;
  }
  if (!isObject(value)) return;
  const fields = schema?.r === undefined ? undefined : definition(schema.r).p;
  for (const [key, item] of Object.entries(value)) below(key, item, fields?.[key] ?? schema?.i);
  for (const [key, field] of Object.entries(fields ?? {})) {
    if (!Object.hasOwn(value, key)) below(key, undefined, field);
  }
}

function changeAt({ path, name, schema }: Site): fc.Arbitrary<Change> {
  const put = (value: fc.Arbitrary<Value>): fc.Arbitrary<Change> =>
    value.map((v) => ({ path, value: v }));
  return fc.oneof(
    { weight: 14, arbitrary: put(schema ? valueOf(schema, name, 3) : junk) },
    { weight: 3, arbitrary: put(junk) },
    { weight: 2, arbitrary: fc.constant({ path, value: undefined }) },
    {
      weight: 1,
      arbitrary: fc.tuple(oddKey, junk).map(([key, value]) => ({ path: [...path, key], value })),
    },
    { weight: 1, arbitrary: junk.map((value) => ({ path, value, twice: true })) },
  );
}

const sites = new WeakMap<object, readonly Site[]>();

export function changes(kind: AnyKind, base: Value): fc.Arbitrary<readonly Change[]> {
  const key = base as object;
  const known = sites.get(key) ?? sitesOf(kind, base);
  sites.set(key, known);
  const one = fc.constantFrom(...known).chain(changeAt);
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<readonly Change[]>([]) },
    { weight: 6, arbitrary: fc.array(one, { minLength: 1, maxLength: 2 }) },
    { weight: 2, arbitrary: fc.array(one, { minLength: 1, maxLength: 6 }) },
  );
}

export function changed(base: Value, list: readonly Change[]): Value {
  return list.reduce<Value>((value, { path, value: next, twice }) => {
    if (!twice || next === undefined) return withValue(value, path, next);
    const parent = valueAt(value, path.slice(0, -1));
    const key = path.at(-1);
    if (!isObject(parent) || typeof key !== 'string') return value;
    return withValue(value, path.slice(0, -1), new Pairs([...Object.entries(parent), [key, next]]));
  }, base);
}

/** A manifest of |kind|; |bases| are accepted ones. */
export function manifest(kind: AnyKind, bases: readonly Value[]): fc.Arbitrary<Value> {
  const fromSchema = named(kind, objectOf(kind.schema, DEPTH));
  if (bases.length === 0) return fromSchema;
  const fromBase = fc
    .constantFrom(...bases)
    .chain((base) => changes(kind, base).map((list) => changed(base, list)));
  return fc.oneof(
    { weight: 8, arbitrary: fromBase },
    { weight: 3, arbitrary: fromSchema },
    { weight: 1, arbitrary: junk },
  );
}

/** Says what it is, and mostly what it is called. */
export function named(kind: AnyKind, objects: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  const name = fc.oneof(
    { weight: 8, arbitrary: fc.constant<Value>('a') },
    { weight: 1, arbitrary: fc.constant<Value>('A_b') },
  );
  return fc.tuple(objects, name).map(([object, metadataName]) => {
    if (!isObject(object)) return object;
    const metadata = {
      ...(isObject(object['metadata']) ? object['metadata'] : {}),
      name: metadataName,
    };
    return { ...object, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
  });
}
