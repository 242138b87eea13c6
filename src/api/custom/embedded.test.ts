import { describe, expect, it } from 'vitest';
import { FieldErrors } from '../meta/field-errors.ts';
import { validateEmbedded } from './embedded.ts';
import type { Props } from './json-schema.ts';
import { validateValue } from './value-validation.ts';

const embedded: Props = { type: 'object', 'x-kubernetes-embedded-resource': true };

function found(check: (errors: FieldErrors) => void): string[] {
  const errors = new FieldErrors();
  check(errors);
  return errors.list.map((e) => `${e.field}: ${e.message}`);
}

describe('embedded resources', () => {
  it.each([
    [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }, []],
    [{}, ['spec.apiVersion: Required value', 'spec.kind: Required value']],
    [
      { apiVersion: 'a/b/c', kind: '' },
      [
        'spec.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        'spec.kind: Invalid value: "": must not be empty',
      ],
    ],
  ])('%j', (value, wanted) => {
    expect(found((errors) => validateEmbedded(value, embedded, 'spec', errors))).toEqual(wanted);
  });
});

describe('values', () => {
  it.each([
    [8, { type: 'number', maximum: 7.5 }, ['8: a in body should be less than or equal to 7']],
    [
      1.5,
      { type: 'integer' },
      [
        '"number": a in body must be of type integer: "number"',
        '"": Checked value must be of type integer (default format) in a',
      ],
    ],
  ])('%j in %j', (value, schema, wanted) => {
    const props: Props = { type: 'object', properties: { a: schema as Props } };
    const texts = found((errors) => validateValue({ a: value }, props, '', errors));
    expect(texts.map((text) => text.replace(/^.*?Invalid value: /, ''))).toEqual(wanted);
  });
});
