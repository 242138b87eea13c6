/**
 * The schema of a custom resource as OpenAPI publishes it: with what objects have in common, and in
 * version 2 without what that version, or kubectl reading it, cannot cope with.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/controller/openapi/builder builder.go (buildKubeNative,
 *         addEmbeddedProperties), pkg/controller/openapi/v2/conversion.go (v1.36)
 */

export type JsonObject = Readonly<Record<string, unknown>>;

const PRESERVE = 'x-kubernetes-preserve-unknown-fields';
const EMBEDDED = 'x-kubernetes-embedded-resource';

const EMBEDDED_API_VERSION_TEXT =
  'apiVersion defines the versioned schema of this representation of an object. More info: ' +
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources';
const EMBEDDED_KIND_TEXT =
  'kind is a string value representing the type of this object. In CamelCase. More info: ' +
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';

/** |common|: apiVersion, kind and metadata as every object has them. */
export function publishedSchema(
  own: JsonObject | undefined,
  common: JsonObject,
  isVersion2: boolean,
): JsonObject {
  // Properties would make kubectl refuse all the others.
  if (!own || (isVersion2 && own[PRESERVE] === true)) return { type: 'object' };
  const base = isVersion2 ? version2(own) : own;
  const schema = withEmbedded(base, common['metadata'], isVersion2);
  const properties = { ...(schema['properties'] as JsonObject | undefined), ...common };
  return { ...schema, properties };
}

/** Applies |change| to the schemas right below |schema|. */
function mapChildren(schema: JsonObject, change: (child: JsonObject) => JsonObject): JsonObject {
  const out: Record<string, unknown> = { ...schema };
  const { additionalProperties, items, properties } = schema;
  if (isObject(properties)) {
    out['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, child]) => [name, change(child as JsonObject)]),
    );
  }
  if (isObject(items)) out['items'] = change(items);
  if (isObject(additionalProperties)) {
    out['additionalProperties'] = change(additionalProperties);
  }
  return out;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

const LOGIC: readonly string[] = ['allOf', 'oneOf', 'anyOf', 'not', 'nullable'];

function version2(schema: JsonObject): JsonObject {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) if (!LOGIC.includes(key)) out[key] = value;
  const isNullable = schema['nullable'] === true;
  const isOpen = schema[PRESERVE] === true;
  if (isNullable || isOpen) {
    delete out['items'];
    delete out['properties'];
  }
  const isBareArray = out['type'] === 'array' && out['items'] === undefined;
  if (isNullable || isBareArray || (isOpen && out['type'] === 'object')) delete out['type'];
  requireLess(out);
  return mapChildren(out, version2);
}

/** What may be null has no type any more, and kubectl would miss it: it is not required. */
function requireLess(schema: Record<string, unknown>): void {
  const { additionalProperties, properties, required } = schema;
  if (!Array.isArray(required)) return;
  const mayBeNull = (child: unknown): boolean => isObject(child) && child['nullable'] === true;
  const left = mayBeNull(additionalProperties)
    ? []
    : required.filter((name) => !isObject(properties) || !mayBeNull(properties[name as string]));
  if (left.length === 0) delete schema['required'];
  else schema['required'] = left;
}

/** Objects within objects have the fields that all have. */
function withEmbedded(schema: JsonObject, metadata: unknown, isVersion2: boolean): JsonObject {
  const out = mapChildren(schema, (child) => withEmbedded(child, metadata, isVersion2));
  if (schema[EMBEDDED] !== true || (isVersion2 && schema[PRESERVE] === true)) return out;
  const required = (schema['required'] as readonly string[] | undefined) ?? [];
  return {
    ...out,
    properties: {
      ...(out['properties'] as JsonObject | undefined),
      apiVersion: { description: EMBEDDED_API_VERSION_TEXT, type: 'string' },
      kind: { description: EMBEDDED_KIND_TEXT, type: 'string' },
      metadata,
    },
    required: [...required, ...['kind', 'apiVersion'].filter((name) => !required.includes(name))],
  };
}
