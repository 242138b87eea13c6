/** CustomResourceDefinitions with random structural schemas, and the kinds that they make. */
import fc from 'fast-check';
import { CustomResourceDefinition } from '../../api/kinds/custom-resource-definition.ts';
import { type AnyKind, defineKind } from '../../api/meta/define-kind.ts';
import type { DefinitionSchema, FieldSchema } from '../../api/meta/schema.ts';
import { changed, changes } from './manifests.ts';
import { isObject, type Value, type ValueObject } from './text.ts';
import { junk, textFor } from './values.ts';

const GROUP = 'fuzz.example.com';
const FIELDS = ['a', 'b', 'name', 'ports', 'replicas', 'spec', 'x-y', 'kind', 'int', '__a'];
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export interface Definition {
  /** What is POSTed. */
  readonly manifest: Value;
  /** The kind as the manifest means it. */
  readonly kind: AnyKind;
  /** An object of it with next to nothing in it. */
  readonly example: Value;
}

type Props = ValueObject;

function option<T extends Value>(name: string, value: fc.Arbitrary<T>): fc.Arbitrary<Props> {
  return fc.oneof(
    { weight: 7, arbitrary: fc.constant<Props>({}) },
    { weight: 1, arbitrary: value.map((v): Props => ({ [name]: v })) },
  );
}

function all(...parts: fc.Arbitrary<Props>[]): fc.Arbitrary<Props> {
  return fc.tuple(...parts).map((list) => Object.assign({}, ...list) as Props);
}

const rules = textFor('rule').map((rule): Value => [{ rule, message: 'no' }]);
const common = all(
  option('nullable', fc.boolean()),
  option('x-kubernetes-validations', rules),
  option('description', fc.constantFrom('', 'text')),
);

const formats = fc.constantFrom('date-time', 'ipv4', 'uuid', 'byte', 'int32', 'email', 'nonsense');
const scalar: fc.Arbitrary<Props> = fc.oneof(
  all(
    fc.constant<Props>({ type: 'string' }),
    option('format', formats),
    option('pattern', textFor('pattern') as fc.Arbitrary<string>),
    option('maxLength', fc.constantFrom(0, 1, 10, -1)),
    option('enum', fc.constantFrom<Value[]>(['a', 'b'], [''], ['a', 'a'])),
    option('default', fc.constantFrom<Value>('a', '', 1, null)),
  ),
  all(
    fc.constantFrom<Props>({ type: 'integer' }, { type: 'number' }),
    option('minimum', fc.constantFrom(0, -5, 1e20)),
    option('maximum', fc.constantFrom(10, 0.5)),
    option('exclusiveMinimum', fc.boolean()),
    option('multipleOf', fc.constantFrom(2, 0.1, 0)),
    option('format', fc.constantFrom('int32', 'int64', 'double')),
    option('default', fc.constantFrom<Value>(1, 1.5, 'x')),
  ),
  all(fc.constant<Props>({ type: 'boolean' }), option('default', fc.boolean())),
  fc.constant<Props>({ 'x-kubernetes-int-or-string': true }),
  fc.constant<Props>({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  fc.constant<Props>({
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  }),
);

function props(depth: number): fc.Arbitrary<Props> {
  if (depth <= 0) return fc.tuple(scalar, common).map(([a, b]) => ({ ...a, ...b }));
  const below = fc.constant(null).chain(() => props(depth - 1));
  const lists = all(
    below.map((items): Props => ({ type: 'array', items })),
    option('x-kubernetes-list-type', fc.constantFrom('atomic', 'set', 'map')),
    option('x-kubernetes-list-map-keys', fc.constantFrom<Value[]>(['name'], ['a', 'b'], [])),
    option('maxItems', fc.constantFrom(0, 3)),
    option('uniqueItems', fc.boolean()),
    option('default', fc.constantFrom<Value>([], [1], null)),
  );
  const maps = below.map((p): Props => ({ type: 'object', additionalProperties: p }));
  return fc
    .tuple(fc.oneof(scalar, objects(depth), lists, maps), common)
    .map(([a, b]) => ({ ...a, ...b }));
}

function objects(depth: number): fc.Arbitrary<Props> {
  return all(
    fc
      .dictionary(fc.constantFrom(...FIELDS), props(depth - 1), {
        maxKeys: 4,
        noNullPrototype: true,
      })
      .map((properties): Props => ({ type: 'object', properties })),
    option('required', fc.subarray(FIELDS.slice(0, 3)) as fc.Arbitrary<Value[]>),
    option('x-kubernetes-map-type', fc.constantFrom('granular', 'atomic')),
    option('maxProperties', fc.constantFrom(1, 5)),
    option('default', fc.constantFrom<Value>({}, { a: 1 })),
    option('anyOf', fc.constantFrom<Value[]>([{ required: ['a'] }, { required: ['b'] }])),
    option('not', fc.constantFrom<Props>({ required: ['zz'] })),
  );
}

function fieldOf(p: Value | undefined): FieldSchema {
  if (!isObject(p)) return { t: 'any' };
  if (p['x-kubernetes-int-or-string'] === true) return { t: 'intstr' };
  switch (p['type']) {
    case 'string':
      return Array.isArray(p['enum']) ? { t: 'string', e: p['enum'] as string[] } : { t: 'string' };
    case 'integer':
      return { t: 'int32' };
    case 'number':
      return { t: 'number' };
    case 'boolean':
      return { t: 'boolean' };
    case 'array':
      return { t: 'array', i: fieldOf(p['items']) };
    default:
      if (isObject(p['properties'])) return { r: structOf(p['properties']) };
      return p['additionalProperties']
        ? { t: 'map', i: fieldOf(p['additionalProperties']) }
        : { t: 'any' };
  }
}

function structOf(properties: ValueObject): DefinitionSchema {
  return { p: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, fieldOf(v)])) };
}

const columns = fc.constantFrom<Value>(
  [],
  [{ name: 'A', type: 'string', jsonPath: '.spec.a' }],
  [
    { name: 'B', type: 'integer', jsonPath: '.spec.replicas', priority: 1 },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    { name: 'X', type: 'number', jsonPath: '.spec.ports[*].name' },
  ],
);
const subresources = fc.constantFrom<Value>(
  {},
  { status: {} },
  {
    status: {},
    scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
  },
);

export const customDefinition: fc.Arbitrary<Definition> = fc
  .record({
    spec: objects(3),
    status: props(1),
    columns,
    subresources,
    namespaced: fc.boolean(),
    selectable: fc.constantFrom<Value>([], [], [], [], [{ jsonPath: '.spec.a' }]),
  })
  .chain((parts) => {
    const base = definitionManifest(parts);
    const kind = kindOf(parts);
    const odd = fc.oneof(
      { weight: 12, arbitrary: fc.constant(base) },
      {
        weight: 1,
        arbitrary: changes(CustomResourceDefinition as AnyKind, base).map((l) => changed(base, l)),
      },
      { weight: 1, arbitrary: junk.map((spec) => ({ ...(base as ValueObject), spec })) },
    );
    const example = {
      apiVersion: `${GROUP}/v1`,
      kind: 'Thing',
      metadata: { name: 'a' },
      spec: { a: 1 },
    };
    return odd.map((manifest) => ({ manifest, kind, example }));
  });

interface Parts {
  readonly spec: Props;
  readonly status: Props;
  readonly columns: Value;
  readonly subresources: Value;
  readonly namespaced: boolean;
  readonly selectable: Value;
}

function definitionManifest({
  spec,
  status,
  columns: c,
  subresources: s,
  namespaced,
  selectable,
}: Parts): Value {
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${GROUP}` },
    spec: {
      group: GROUP,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema,
          subresources: s,
          additionalPrinterColumns: c,
          selectableFields: selectable,
        },
        { name: 'v2', served: true, storage: false, schema, subresources: s },
      ],
    },
  };
}

function kindOf({ spec, status, namespaced }: Parts): AnyKind {
  return defineKind({
    group: GROUP,
    version: 'v1',
    kind: 'Thing',
    plural: 'things',
    singular: 'thing',
    namespaced,
    schema: { p: { metadata: { r: META }, spec: fieldOf(spec), status: fieldOf(status) } },
    status: { prepareForUpdate: () => {} },
  }) as AnyKind;
}
