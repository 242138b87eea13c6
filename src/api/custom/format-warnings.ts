/**
 * Warns of formats in the schemas of a CustomResourceDefinition that nothing checks.
 *
 * Models: k8s.io/apiextensions-apiserver pkg/registry/customresourcedefinition strategy.go,
 *         pkg/apiserver/validation formats.go GetUnrecognizedFormats (v1.36)
 */
import type { CustomResourceDefinition } from '../generated/types.ts';
import { goQuote } from '../meta/go-text.ts';
import { isKnownFormat } from './formats.ts';
import { type Props, schemaHas } from './json-schema.ts';

const NUMBER_FORMATS: Readonly<Record<string, readonly string[]>> = {
  integer: ['int32', 'int64'],
  number: ['float', 'double'],
};

/** An update warns only of what is new. */
export function formatWarnings(
  object: CustomResourceDefinition,
  old: CustomResourceDefinition | null,
): readonly string[] {
  const before = new Set(old ? unrecognized(old) : []);
  return unrecognized(object)
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${goQuote(format)}`);
}

function unrecognized({ spec }: CustomResourceDefinition): readonly string[] {
  const found: string[] = [];
  for (const { schema } of spec.versions) {
    schemaHas(schema?.openAPIV3Schema, (part) => {
      if (part.format && !isRecognized(part)) found.push(part.format);
      return false;
    });
  }
  return found;
}

function isRecognized({ type = '', format = '' }: Props): boolean {
  if (type === '' || type === 'string') return isKnownFormat(format);
  return NUMBER_FORMATS[type]?.includes(format) ?? false;
}
