/**
 * The rules of structural schemas: every node has a type, logic junctors only restrict.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apiserver/schema validation.go, complete.go (v1.36)
 */
import { FieldErrors } from '../meta/field-errors.ts';
import { patternError } from './pattern.ts';
import { additionalOf, itemsOf, type Props, propertiesOf, propertyOf } from './json-schema.ts';

type Level = 'root' | 'item' | 'field';

/** Adds what is not structural, ordered by text as upstream does. */
export function validateStructural(schema: Props, path: string, errors: FieldErrors): void {
  const found = new FieldErrors();
  node(schema, 'root', path, found);
  complete(schema, schema, path, found);
  const text = (e: { field: string; message: string }): string => `${e.field}: ${e.message}`;
  errors.list.push(...[...found.list].sort((a, b) => (text(a) < text(b) ? -1 : 1)));
}

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

function node(schema: Props, level: Level, path: string, errors: FieldErrors): void {
  const { type = '' } = schema;
  const items = itemsOf(schema);
  if (type === 'array' && !items) errors.required(`${path}.items`, 'must be specified');
  if (items) node(items, 'item', `${path}.items`, errors);
  for (const [name, property] of propertiesOf(schema)) {
    node(property, 'field', `${path}.properties[${name}]`, errors);
  }
  const hasAdditional =
    (schema as { additionalProperties?: unknown }).additionalProperties !== undefined;
  if (hasAdditional) {
    const at = `${path}.additionalProperties`;
    if (level === 'root') errors.forbidden(at, 'must not be used at the root');
    const additional = additionalOf(schema);
    if (additional) node(additional, 'field', at, errors);
  }
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const embedded = schema['x-kubernetes-embedded-resource'] === true;
  if (intOrString && preserves) {
    const at = `${path}.x-kubernetes-preserve-unknown-fields`;
    errors.invalid(at, true, 'must be false if x-kubernetes-int-or-string is true');
  }
  if (intOrString && embedded) {
    const at = `${path}.x-kubernetes-embedded-resource`;
    errors.invalid(at, true, 'must be false if x-kubernetes-int-or-string is true');
  }
  values(
    schema,
    isIntOrString(schema.anyOf),
    isIntOrString(schema.allOf?.[0]?.anyOf),
    path,
    errors,
  );
  if (embedded && type !== 'object') {
    const detail = 'must be object if x-kubernetes-embedded-resource is true';
    if (type === '') errors.required(`${path}.type`, detail);
    else errors.invalid(`${path}.type`, type, detail);
  } else if (type === '' && !intOrString && !preserves) {
    errors.required(`${path}.type`, EMPTY_TYPE[level]);
  }
  if (embedded && hasAdditional) {
    const detail = 'must not be used if x-kubernetes-embedded-resource is set';
    errors.forbidden(`${path}.additionalProperties`, detail);
  }
  if (level === 'root' && type !== '' && type !== 'object') {
    errors.invalid(`${path}.type`, type, 'must be object at the root');
  }
  meta(schema, level, embedded, path, errors);
  if (embedded && !preserves && propertiesOf(schema).length === 0) {
    errors.required(
      `${path}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without ' +
        'x-kubernetes-preserve-unknown-fields',
    );
  }
}

function meta(
  schema: Props,
  level: Level,
  embedded: boolean,
  path: string,
  errors: FieldErrors,
): void {
  const checked = level === 'root' || embedded;
  for (const name of ['kind', 'apiVersion']) {
    const property = propertyOf(schema, name);
    if (checked && property && property.type !== 'string') {
      const at = `${path}.properties[${name}].type`;
      errors.invalid(at, property.type ?? '', 'must be string');
    }
  }
  const metadata = propertyOf(schema, 'metadata');
  if (!metadata) return;
  const at = `${path}.properties[metadata]`;
  if (checked && metadata.type !== 'object') {
    errors.invalid(`${at}.type`, metadata.type ?? '', 'must be object');
  }
  if (level !== 'root') return;
  const names = propertiesOf(metadata).map(([name]) => name);
  const others = Object.keys(metadata).filter(
    (k) => !['type', 'properties', 'default'].includes(k),
  );
  if (others.length > 0 || names.some((n) => n !== 'name' && n !== 'generateName')) {
    errors.forbidden(
      at,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    );
  }
}

function isIntOrString(list: readonly Props[] | undefined): boolean {
  return JSON.stringify(list ?? []) === '[{"type":"integer"},{"type":"string"}]';
}

/** The logic junctors of a node, which may only restrict values. */
function values(
  schema: Props,
  skipAnyOf: boolean,
  skipFirstAllOf: boolean,
  path: string,
  errors: FieldErrors,
): void {
  if (!skipAnyOf) {
    (schema.anyOf ?? []).forEach((s, i) => nested(s, false, `${path}.anyOf[${i}]`, errors));
  }
  (schema.allOf ?? []).forEach((s, i) =>
    nested(s, skipFirstAllOf && i === 0, `${path}.allOf[${i}]`, errors),
  );
  (schema.oneOf ?? []).forEach((s, i) => nested(s, false, `${path}.oneOf[${i}]`, errors));
  if (schema.not) nested(schema.not, false, `${path}.not`, errors);
  const wrong = schema.pattern ? patternError(schema.pattern) : '';
  if (wrong !== '') {
    const detail = `must be a valid regular expression, but isn't: ${wrong}`;
    errors.invalid(`${path}.pattern`, schema.pattern, detail);
  }
}

function nested(schema: Props, skipAnyOf: boolean, path: string, errors: FieldErrors): void {
  values(schema, skipAnyOf, false, path, errors);
  const items = itemsOf(schema);
  if (items) nested(items, false, `${path}.items`, errors);
  for (const [name, property] of propertiesOf(schema)) {
    nested(property, false, `${path}.properties[${name}]`, errors);
  }
  const mustBe = (name: string, bad: boolean, what: string): void => {
    if (bad) errors.forbidden(`${path}.${name}`, `must be ${what} to be structural`);
  };
  const any = schema as Readonly<Record<string, unknown>>;
  mustBe('type', Boolean(schema.type), 'empty');
  mustBe('additionalProperties', any['additionalProperties'] !== undefined, 'undefined');
  mustBe('default', schema.default !== undefined, 'undefined');
  mustBe('title', Boolean(schema.title), 'empty');
  mustBe('description', Boolean(schema.description), 'empty');
  for (const name of [
    'nullable',
    'x-kubernetes-preserve-unknown-fields',
    'x-kubernetes-embedded-resource',
    'x-kubernetes-int-or-string',
  ]) {
    mustBe(name, any[name] === true, 'false');
  }
  mustBe(
    'x-kubernetes-list-map-keys',
    (schema['x-kubernetes-list-map-keys'] ?? []).length > 0,
    'empty',
  );
  mustBe('x-kubernetes-list-type', any['x-kubernetes-list-type'] !== undefined, 'undefined');
  mustBe('x-kubernetes-map-type', any['x-kubernetes-map-type'] !== undefined, 'undefined');
  mustBe(
    'x-kubernetes-validations',
    (schema['x-kubernetes-validations'] ?? []).length > 0,
    'empty',
  );
  if (propertyOf(schema, 'metadata')) {
    const detail = 'must not be specified in a nested context';
    errors.forbidden(`${path}.properties[metadata]`, detail);
  }
}

/** What a junctor speaks of must be declared beside it. */
function complete(schema: Props, declared: Props, path: string, errors: FieldErrors): void {
  for (const key of ['allOf', 'anyOf', 'oneOf'] as const) {
    (schema[key] ?? []).forEach((s, i) => mentioned(s, declared, `${path}.${key}[${i}]`, errors));
  }
  if (schema.not) mentioned(schema.not, declared, `${path}.not`, errors);
  const items = itemsOf(schema);
  if (items) complete(items, items, `${path}.items`, errors);
  for (const [name, property] of propertiesOf(schema)) {
    complete(property, property, `${path}.properties[${name}]`, errors);
  }
  const additional = additionalOf(schema);
  if (additional) complete(additional, additional, `${path}.additionalProperties`, errors);
}

function mentioned(schema: Props, declared: Props, path: string, errors: FieldErrors): void {
  for (const key of ['allOf', 'anyOf', 'oneOf'] as const) {
    (schema[key] ?? []).forEach((s, i) => mentioned(s, declared, `${path}.${key}[${i}]`, errors));
  }
  if (schema.not) mentioned(schema.not, declared, `${path}.not`, errors);
  const items = itemsOf(schema);
  if (items) {
    const at = itemsOf(declared);
    if (at) mentioned(items, at, `${path}.items`, errors);
    else required(path, 'items', errors);
  }
  for (const [name, property] of propertiesOf(schema)) {
    const at = propertyOf(declared, name);
    if (at) mentioned(property, at, `${path}.properties[${name}]`, errors);
    else required(path, `properties[${name}]`, errors);
  }
}

/** The error stands where the declaration is missing: outside of the junctor. */
function required(path: string, what: string, errors: FieldErrors): void {
  const outside = path.replace(/\.(allOf|anyOf|oneOf)\[\d+\]|\.not$|\.not(?=\.)/g, '');
  errors.required(
    `${outside}.${what}`,
    `because it is defined in ${path.slice(path.indexOf('.openAPIV3Schema') + 1)}.${what}`,
  );
}
