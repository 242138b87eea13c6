/**
 * Objects inside of custom resources (x-kubernetes-embedded-resource) say what they are.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/apiserver/schema/objectmeta validation.go (v1.36)
 * Simplified: finalizers of embedded objects may be called anything
 */
import type { ObjectMeta } from '../generated/types.ts';
import type { AnyKind } from '../meta/define-kind.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import { isDNS1035Label } from '../meta/names.ts';
import { validateMetaCreate } from '../meta/object-meta-validation.ts';
import { isMap, itemsOf, type Props, valuesBelow } from './json-schema.ts';

export function validateEmbedded(
  value: unknown,
  schema: Props,
  path: string,
  errors: FieldErrors,
): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema);
    if (items) value.forEach((item, i) => validateEmbedded(item, items, `${path}[${i}]`, errors));
    return;
  }
  if (!isMap(value)) return;
  if (schema['x-kubernetes-embedded-resource']) validateObject(value, path, errors);
  for (const below of valuesBelow(value, schema, path)) {
    validateEmbedded(below.value, below.schema, below.path, errors);
  }
}

function validateObject(
  object: Readonly<Record<string, unknown>>,
  path: string,
  errors: FieldErrors,
): void {
  for (const name of ['apiVersion', 'kind']) {
    if (object[name] === undefined) errors.required(`${path}.${name}`);
  }
  check(object['apiVersion'], `${path}.apiVersion`, versionComplaint, errors);
  check(object['kind'], `${path}.kind`, kindComplaint, errors);
  const { metadata } = object;
  if (!isMap(metadata)) return;
  const found = new FieldErrors();
  const meta = { ...metadata, name: metadata['name'] || 'any', finalizers: [] };
  const rules = { namespaced: Boolean(metadata['namespace']), nameRule: 'pathSegment' };
  validateMetaCreate(meta as unknown as ObjectMeta, rules as unknown as AnyKind, found);
  for (const { reason, field, message } of found.list) {
    errors.add(reason, `${path}.${field}`, message);
  }
}

function check(
  value: unknown,
  path: string,
  complaint: (text: string) => string,
  errors: FieldErrors,
): void {
  if (value === undefined) return;
  if (typeof value !== 'string') return errors.invalid(path, value, 'must be a string');
  const why = value === '' ? 'must not be empty' : complaint(value);
  if (why !== '') errors.invalid(path, value, why);
}

function versionComplaint(text: string): string {
  return text.split('/').length > 2 ? `unexpected GroupVersion string: ${text}` : '';
}

function kindComplaint(text: string): string {
  const list = isDNS1035Label(text.toLowerCase());
  if (list.length === 0) return '';
  return `may have mixed case, but should otherwise match: ${list.join(',')}`;
}
