/** Patches of all four kinds, with their directives, right and wrong. */
import fc from 'fast-check';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { changed, changes, type Path, sitesOf } from './manifests.ts';
import { objectOf } from './schema-values.ts';
import { isObject, type Value } from './text.ts';
import { junk, oddKey } from './values.ts';

export type PatchKind = 'json' | 'merge' | 'strategic' | 'apply';

export const PATCH_TYPES: Readonly<Record<PatchKind, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

export function patch(
  kind: AnyKind,
  bases: readonly Value[],
  manifests: fc.Arbitrary<Value>,
): fc.Arbitrary<{ readonly type: PatchKind; readonly value: Value }> {
  const of = (type: PatchKind, value: fc.Arbitrary<Value>) =>
    value.map((v) => ({ type, value: v }));
  const partial = fc.oneof(objectOf(kind.schema, 4), part(kind, bases, manifests));
  return fc.oneof(
    of('json', jsonPatch(kind, bases)),
    of('merge', fc.oneof({ weight: 8, arbitrary: partial }, { weight: 1, arbitrary: junk })),
    of(
      'strategic',
      fc.oneof({ weight: 8, arbitrary: directed(partial) }, { weight: 1, arbitrary: junk }),
    ),
    of('apply', fc.oneof({ weight: 8, arbitrary: manifests }, { weight: 2, arbitrary: partial })),
  );
}

/** The spec of a manifest, or its metadata, alone. */
function part(
  kind: AnyKind,
  bases: readonly Value[],
  manifests: fc.Arbitrary<Value>,
): fc.Arbitrary<Value> {
  const whole = bases.length === 0 ? manifests : fc.constantFrom(...bases);
  return whole.chain((base): fc.Arbitrary<Value> => {
    if (!isObject(base)) return fc.constant(base);
    const keys = Object.keys(base).filter((key) => key !== 'kind' && key !== 'apiVersion');
    const smaller = Object.fromEntries(keys.map((key) => [key, base[key] as Value]));
    return changes(kind, base).map((list) => {
      const next = changed(base, list);
      if (list.length === 0 || !isObject(next)) return smaller;
      const touched = new Set(list.map(({ path }) => path[0]));
      return Object.fromEntries(Object.entries(next).filter(([key]) => touched.has(key)));
    });
  });
}

const DIRECTIVES: readonly (readonly [string, Value])[] = [
  ['$patch', 'replace'],
  ['$patch', 'delete'],
  ['$patch', 'merge'],
  ['$patch', 'explode'],
  ['$patch', 1],
  ['$retainKeys', ['type']],
  ['$retainKeys', 'x'],
  ['$setElementOrder/containers', [{ name: 'c' }, { name: 'e' }]],
  ['$setElementOrder/containers', null],
  ['$setElementOrder/finalizers', ['a', 'b']],
  ['$setElementOrder/ports', [{ port: 80 }, { containerPort: 80 }]],
  ['$setElementOrder/', [1]],
  ['$deleteFromPrimitiveList/finalizers', ['a']],
  ['$deleteFromPrimitiveList/x', {}],
];

/** With a directive or two in one of its objects. */
function directed(patches: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  const directives = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.constantFrom(...DIRECTIVES)), {
    maxLength: 2,
  });
  return fc
    .tuple(patches, directives)
    .map(([value, list]) => list.reduce((v, [at, entry]) => withEntry(v, { at }, entry), value));
}

/** |entry| in the object that |left| counts down to. */
function withEntry(value: Value, left: { at: number }, entry: readonly [string, Value]): Value {
  if (Array.isArray(value))
    return (value as readonly Value[]).map((v) => withEntry(v, left, entry));
  if (!isObject(value)) return value;
  const here = left.at-- === 0;
  const below = Object.entries(value).map(([k, v]) => [k, withEntry(v, left, entry)] as const);
  return Object.fromEntries(here ? [...below, entry] : below);
}

function pointer(path: Path): string {
  return path
    .map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}

const ODD_POINTERS = [
  '',
  '/',
  '/-',
  '//',
  '/spec/-',
  '/metadata/~2',
  'spec',
  '/__proto__/x',
  '/spec/-1',
];

function jsonPatch(kind: AnyKind, bases: readonly Value[]): fc.Arbitrary<Value> {
  const places = bases.flatMap((base) => sitesOf(kind, base).map(({ path }) => pointer(path)));
  const at = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(...(places.length > 0 ? places : ['/metadata/labels'])),
    },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_POINTERS) },
    { weight: 1, arbitrary: oddKey.map((key) => `/metadata/${key}`) },
  );
  const operation = fc.record(
    {
      op: fc.constantFrom<Value>('add', 'replace', 'remove', 'move', 'copy', 'test', 'nonsense', 1),
      path: at,
      from: at,
      value: junk,
    },
    { requiredKeys: ['op', 'path'], noNullPrototype: true },
  );
  return fc.oneof(
    { weight: 8, arbitrary: fc.array(operation, { maxLength: 4 }) as fc.Arbitrary<Value> },
    { weight: 1, arbitrary: junk },
  );
}
