/**
 * Defaults of a schema are values of that schema.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/apiserver/schema/defaulting validation.go (v1.36)
 */
import { decodeObject } from '../meta/decode.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { equalJson } from '../meta/json.ts';
import { itemsOf, type Props, propertiesOf } from './json-schema.ts';
import { definitionSchema } from './definition-schema.ts';
import { validateValue } from './value-validation.ts';

export function validateDefaults(schema: Props, path: string, errors: FieldErrors): void {
  const { default: value } = schema;
  if (value !== undefined) {
    const at = `${path}.default`;
    if (!isPruned(value, schema)) errors.invalid(at, value, 'must not have unknown fields');
    validateValue(value, schema, at, errors);
  }
  const items = itemsOf(schema);
  if (items) validateDefaults(items, `${path}.items`, errors);
  for (const [name, property] of propertiesOf(schema)) {
    validateDefaults(property, `${path}.properties[${name}]`, errors);
  }
}

function isPruned(value: unknown, schema: Props): boolean {
  const wrapper = definitionSchema({ type: 'object', properties: { value: schema } });
  const { object } = decodeObject(wrapper, { value });
  return equalJson(object['value'], value);
}
