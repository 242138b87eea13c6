/**
 * What CEL wants to know of a schema, whichever form the schema has: that of a CustomResourceDefinition or
 * that of a built-in kind.
 *
 * Models: k8s.io/apiserver pkg/cel/common (Schema), pkg/cel/openapi/adaptor.go,
 *         k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel/model/adaptor.go (v1.36)
 */
import type { JSONSchemaProps } from '../generated/types.ts';
import { definitionOf, onceForEach } from '../meta/definitions.ts';
import type { FieldSchema, SchemaRef, SchemaType } from '../meta/schema.ts';

export interface CelSchema {
  /** `object`, `array`, `string`, `integer`, `number`, `boolean`; empty when not given. */
  readonly type: string;
  readonly format: string;
  readonly nullable: boolean;
  readonly intOrString: boolean;
  readonly preserveUnknown: boolean;
  readonly embedded: boolean;
  readonly listType: string;
  readonly listMapKeys: readonly string[];
  readonly enum: readonly unknown[];
  readonly required: ReadonlySet<string>;
  readonly hasDefault: boolean;
  readonly maxLength: number | undefined;
  readonly maxItems: number | undefined;
  readonly maxProperties: number | undefined;
  /** Names of the properties; undefined when there are none declared. */
  readonly propertyNames: readonly string[] | undefined;
  property(name: string): CelSchema | undefined;
  readonly items: CelSchema | undefined;
  readonly additional: CelSchema | undefined;
}

const NOTHING: CelSchema = {
  type: '',
  format: '',
  nullable: false,
  intOrString: false,
  preserveUnknown: false,
  embedded: false,
  listType: '',
  listMapKeys: [],
  enum: [],
  required: new Set(),
  hasDefault: false,
  maxLength: undefined,
  maxItems: undefined,
  maxProperties: undefined,
  propertyNames: undefined,
  property: () => undefined,
  items: undefined,
  additional: undefined,
};

const STRING_SCHEMA: CelSchema = { ...NOTHING, type: 'string' };

const isSchema = (value: unknown): value is JSONSchemaProps =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Looks a name up in a record of schemas, making each view once. */
function views(
  record: Readonly<Record<string, JSONSchemaProps>> | undefined,
): (name: string) => CelSchema | undefined {
  return (name) => {
    if (record === undefined || !Object.hasOwn(record, name)) return undefined;
    const props = record[name];
    return props === undefined ? undefined : schemaOfProps(props);
  };
}

const propsViews = new WeakMap<JSONSchemaProps, CelSchema>();

/** The view of a CustomResourceDefinition's schema, made once for each. */
export function schemaOfProps(props: JSONSchemaProps): CelSchema {
  let view = propsViews.get(props);
  if (view === undefined) {
    view = viewOfProps(props);
    propsViews.set(props, view);
  }
  return view;
}

function viewOfProps(props: JSONSchemaProps): CelSchema {
  const items = isSchema(props.items) ? props.items : undefined;
  const additional = isSchema(props.additionalProperties) ? props.additionalProperties : undefined;
  return {
    type: props.type ?? '',
    format: props.format ?? '',
    nullable: props.nullable ?? false,
    intOrString: props['x-kubernetes-int-or-string'] ?? false,
    preserveUnknown: props['x-kubernetes-preserve-unknown-fields'] ?? false,
    embedded: props['x-kubernetes-embedded-resource'] ?? false,
    listType: props['x-kubernetes-list-type'] ?? '',
    listMapKeys: props['x-kubernetes-list-map-keys'] ?? [],
    enum: props.enum ?? [],
    required: new Set(props.required),
    hasDefault: props.default !== undefined,
    maxLength: props.maxLength,
    maxItems: props.maxItems,
    maxProperties: props.maxProperties,
    propertyNames: props.properties === undefined ? undefined : Object.keys(props.properties),
    property: views(props.properties),
    get items() {
      return items === undefined ? undefined : schemaOfProps(items);
    },
    get additional() {
      return additional === undefined ? undefined : schemaOfProps(additional);
    },
  };
}

const SCALARS: Readonly<Partial<Record<SchemaType, Partial<CelSchema>>>> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  number: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  time: { type: 'string', format: 'date-time' },
  microtime: { type: 'string', format: 'date-time' },
  quantity: { type: 'string' },
  intstr: { type: 'string', format: 'int-or-string', intOrString: true },
};

function schemaOfField(field: FieldSchema): CelSchema {
  if (field.r !== undefined) return schemaOfDefinition(field.r);
  const { t, i } = field;
  if (t === 'array' || t === 'map') {
    const inner = (): CelSchema | undefined => (i === undefined ? undefined : schemaOfField(i));
    const container = { ...NOTHING, listType: field.lt ?? '', listMapKeys: field.lk ?? [] };
    return t === 'array'
      ? withLazy({ ...container, type: 'array' }, 'items', inner)
      : withLazy({ ...container, type: 'object' }, 'additional', inner);
  }
  return { ...NOTHING, ...(t === undefined ? {} : SCALARS[t]), enum: field.e ?? [] };
}

/** Items are looked up when asked for: definitions may refer to themselves. */
function withLazy(
  schema: CelSchema,
  name: 'items' | 'additional',
  make: () => CelSchema | undefined,
): CelSchema {
  return Object.defineProperty({ ...schema }, name, { get: make, enumerable: true });
}

/** The view of a built-in kind's definition, made once for each. */
export const schemaOfDefinition: (ref: SchemaRef) => CelSchema = onceForEach((ref) => {
  const definition = definitionOf(ref);
  const { p } = definition;
  if (p === undefined) return { ...NOTHING, type: 'object', preserveUnknown: true };
  const fields = new Map<string, CelSchema>();
  return {
    ...NOTHING,
    type: 'object',
    required: new Set(definition.q),
    preserveUnknown: definition.pu === 1,
    propertyNames: Object.keys(p),
    property: (name) => {
      const field = Object.hasOwn(p, name) ? p[name] : undefined;
      if (field === undefined) return undefined;
      const known = fields.get(name) ?? schemaOfField(field);
      fields.set(name, known);
      return known;
    },
  };
});

const META_NAMES = ['name', 'generateName'];

/** apiVersion, kind and the two names are always readable at the root of a resource. */
export function withTypeAndObjectMeta(schema: CelSchema): CelSchema {
  const meta = schema.property('metadata');
  const complete =
    schema.property('kind')?.type === 'string' &&
    schema.property('apiVersion')?.type === 'string' &&
    meta?.type === 'object' &&
    META_NAMES.every((name) => meta.property(name)?.type === 'string');
  if (complete) return schema;
  const names = new Set([...(schema.propertyNames ?? []), 'kind', 'apiVersion', 'metadata']);
  const metadata: CelSchema = {
    ...NOTHING,
    type: 'object',
    propertyNames: META_NAMES,
    property: (name) => (META_NAMES.includes(name) ? STRING_SCHEMA : undefined),
  };
  return Object.create(schema, {
    propertyNames: { value: [...names] },
    property: {
      value: (name: string) => {
        if (name === 'kind' || name === 'apiVersion') return STRING_SCHEMA;
        return name === 'metadata' ? metadata : schema.property(name);
      },
    },
  }) as CelSchema;
}
