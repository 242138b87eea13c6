/**
 * Whether the schema of a CustomResourceDefinition may be one: structural, without what a server
 * cannot honour. Values of defaults and CEL rules are looked at elsewhere.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation validation.go,
 *             pkg/apiserver/schema validation.go (v1.36)
 * Simplified: every version is held to today's rules, also where an older object is updated
 */
import type { FieldErrors } from '../meta/field-errors.ts';
import { additionalOf, itemsOf, type Props, propertiesOf, propertyOf } from './json-schema.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const RULE_REASONS = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];

interface Place {
  /** Why defaults are forbidden here; null = they are not. */
  readonly noDefaults: string | null;
  readonly insideMeta: boolean;
}

/** What is not structural about the schemas' upper form: upstream's ValidateCustomResourceDefinitionOpenAPISchema. */
export function validateSchema(schema: Props, path: string, errors: FieldErrors): void {
  walk(schema, path, true, { noDefaults: null, insideMeta: false }, errors);
}

function walk(
  schema: Props | undefined,
  path: string,
  isRoot: boolean,
  place: Place,
  errors: FieldErrors,
): void {
  if (!schema) return;
  validateNode(schema, path, place, errors);
  const additional = (schema as { additionalProperties?: unknown }).additionalProperties;
  if (additional !== undefined) {
    if (propertiesOf(schema).length > 0 && additional !== true) {
      errors.forbidden(
        `${path}.additionalProperties`,
        'additionalProperties and properties are mutual exclusive',
      );
    }
    const inside = 'inside additionalProperties applying to object metadata';
    const below = place.insideMeta ? { ...place, noDefaults: inside } : place;
    walk(additionalOf(schema), `${path}.additionalProperties`, false, below, errors);
  }
  for (const [name, property] of propertiesOf(schema)) {
    let below = place;
    const isMeta = name === 'metadata' || name === 'kind' || name === 'apiVersion';
    if (isMeta && (isRoot || schema['x-kubernetes-embedded-resource'])) {
      below = { noDefaults: isRoot ? `in top-level ${name}` : place.noDefaults, insideMeta: true };
    }
    walk(property, `${path}.properties[${name}]`, false, below, errors);
  }
  walk(schema.not, `${path}.not`, false, place, errors);
  for (const key of ['allOf', 'oneOf', 'anyOf'] as const) {
    (schema[key] ?? []).forEach((s, i) => {
      walk(s, `${path}.${key}[${i}]`, false, place, errors);
    });
  }
  walk(itemsOf(schema), `${path}.items`, false, place, errors);
  validateExtensions(schema, path, errors);
  validateRules(schema, path, errors);
}

function validateNode(schema: Props, path: string, place: Place, errors: FieldErrors): void {
  const { type } = schema;
  if (type && !TYPES.includes(type)) errors.notSupported(`${path}.type`, type, TYPES);
  if (schema.default !== undefined && place.noDefaults !== null) {
    errors.forbidden(`${path}.default`, `must not be set ${place.noDefaults}`);
  }
  for (const name of [
    'id',
    'additionalItems',
    'patternProperties',
    'definitions',
    'dependencies',
    '$ref',
  ]) {
    if ((schema as Readonly<Record<string, unknown>>)[name] !== undefined) {
      errors.forbidden(`${path}.${name}`, `${name} is not supported`);
    }
  }
  if (type === 'null') {
    const detail = 'type cannot be set to null, use nullable as an alternative';
    errors.forbidden(`${path}.type`, detail);
  }
  if (Array.isArray((schema as { items?: unknown }).items)) {
    errors.forbidden(`${path}.items`, 'items must be a schema object and not an array');
  }
  if (place.insideMeta && schema['x-kubernetes-embedded-resource']) {
    const detail = 'must not be used inside of resource meta';
    errors.forbidden(`${path}.x-kubernetes-embedded-resource`, detail);
  }
  if (schema.uniqueItems) {
    const detail =
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.forbidden(`${path}.uniqueItems`, detail);
  }
}

function validateExtensions(schema: Props, path: string, errors: FieldErrors): void {
  const { type = '' } = schema;
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const at = `${path}.x-kubernetes-preserve-unknown-fields`;
    errors.invalid(at, false, 'must be true or undefined');
  }
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) {
    mustHaveType(type, 'object', 'x-kubernetes-map-type', path, errors);
    if (mapType !== 'atomic' && mapType !== 'granular') {
      errors.notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
    }
  }
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== undefined && type !== 'array') {
    mustHaveType(type, 'array', 'x-kubernetes-list-type', path, errors);
  } else if (listType === 'set') validateSetItems(itemsOf(schema), path, errors);
  if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) {
    errors.notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'map', 'set']);
  }
  validateListKeys(schema, path, errors);
}

function mustHaveType(
  type: string,
  wanted: string,
  because: string,
  path: string,
  errors: FieldErrors,
): void {
  const detail = `must be ${wanted} if ${because} is specified`;
  if (type === '') errors.required(`${path}.type`, detail);
  else if (type !== wanted) errors.invalid(`${path}.type`, type, detail);
}

function validateSetItems(items: Props | undefined, path: string, errors: FieldErrors): void {
  if (!items) return;
  const at = `${path}.items`;
  if (items.type === 'array' && items['x-kubernetes-list-type'] !== 'atomic') {
    const given = items['x-kubernetes-list-type'];
    if (given !== undefined) {
      const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
      errors.invalid(`${at}.x-kubernetes-list-type`, given, detail);
    }
  }
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const given = items['x-kubernetes-map-type'];
    if (given === undefined) errors.required(`${at}.x-kubernetes-map-type`, detail);
    else errors.invalid(`${at}.x-kubernetes-map-type`, given, detail);
  }
}

function validateListKeys(schema: Props, path: string, errors: FieldErrors): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const at = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length > 0 && listType !== 'map') {
    const where = `${path}.x-kubernetes-list-type`;
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    if (listType === undefined) errors.required(where, detail);
    else errors.invalid(where, listType, detail);
  }
  const items = itemsOf(schema);
  if (listType === 'map') {
    if (keys.length === 0) {
      errors.required(at, 'must not be empty if x-kubernetes-list-type is map');
    }
    if (!items) {
      const detail = 'must have a schema if x-kubernetes-list-type is map';
      errors.required(`${path}.items`, detail);
    } else if (items.type !== 'object') {
      const detail = "must be object if parent array's x-kubernetes-list-type is map";
      errors.invalid(`${path}.items.type`, items.type ?? '', detail);
    }
    const seen = new Set<string>();
    for (const key of keys) {
      const property = items && propertyOf(items, key);
      if (!property) errors.invalid(at, keys, 'entries must all be names of item properties');
      else if (property.type === 'array' || property.type === 'object') {
        const where = `${path}.items.properties[${key}].type`;
        const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
        errors.invalid(where, property.type, detail);
      }
      if (seen.has(key)) errors.invalid(at, keys, 'must not contain duplicate entries');
      seen.add(key);
    }
  }
  if (items && (listType === 'map' || listType === 'set')) {
    validateKeyItems(items, listType, keys, path, errors);
  }
}

function validateKeyItems(
  items: Props,
  listType: string,
  keys: readonly string[],
  path: string,
  errors: FieldErrors,
): void {
  if (items.nullable) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.forbidden(`${path}.items.nullable`, detail);
  }
  if (listType !== 'map') return;
  const required = new Set(items.required ?? []);
  for (const key of keys) {
    const property = propertyOf(items, key);
    if (!property) continue;
    const at = `${path}.items.properties[${key}]`;
    if (!required.has(key) && property.default === undefined) {
      errors.required(
        `${at}.default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      );
    }
    if (property.nullable) {
      errors.forbidden(
        `${at}.nullable`,
        'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      );
    }
  }
}

const LINE_BREAK = /[\n\r]/;

function validateRules(schema: Props, path: string, errors: FieldErrors): void {
  (schema['x-kubernetes-validations'] ?? []).forEach((given, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    const { rule = '', message = '', messageExpression = '', fieldPath = '', reason } = given;
    const shortMessage = message.trim();
    if (rule.trim() === '') errors.required(`${at}.rule`, 'rule is not specified');
    else if (message !== '' && shortMessage === '') {
      errors.invalid(`${at}.message`, message, 'must be non-empty if specified');
    } else if (LINE_BREAK.test(shortMessage)) {
      errors.invalid(`${at}.message`, message, 'must not contain line breaks');
    } else if (LINE_BREAK.test(rule.trim()) && shortMessage === '') {
      const detail = 'message must be specified if rule contains line breaks';
      errors.required(`${at}.message`, detail);
    }
    if (messageExpression !== '' && messageExpression.trim() === '') {
      const detail = 'messageExpression must be non-empty if specified';
      errors.required(`${at}.messageExpression`, detail);
    }
    if (reason !== undefined && !RULE_REASONS.includes(reason)) {
      errors.notSupported(`${at}.reason`, reason, RULE_REASONS);
    }
    if (fieldPath !== '' && fieldPath.trim() === '') {
      errors.invalid(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified');
    }
    if (LINE_BREAK.test(fieldPath)) {
      errors.invalid(`${at}.fieldPath`, fieldPath, 'must not contain line breaks');
    }
    if (fieldPath !== '' && !schemaAt(schema, fieldPath)) {
      errors.invalid(`${at}.fieldPath`, fieldPath, 'must be a valid path');
    }
  });
}

/** The schema that a path such as `.spec.size` or `.labels['a']` leads to. */
export function schemaAt(schema: Props, path: string): Props | undefined {
  let at: Props | undefined = schema;
  let rest = path;
  while (rest !== '') {
    const step = /^\.([A-Za-z_$][\w$-]*)|^\['([^']*)'\]/.exec(rest);
    if (!step || !at) return undefined;
    const name = step[1] ?? step[2] ?? '';
    at = propertyOf(at, name) ?? additionalOf(at);
    rest = rest.slice(step[0].length);
  }
  return at;
}
