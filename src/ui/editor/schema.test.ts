import { expect, test } from 'vitest';
import { kinds } from '../../api/kinds/index.ts';
import { apiVersionOf } from '../../api/meta/define-kind.ts';
import { schemas } from '../../api/generated/schemas.ts';
import schema from './generated/kubernetes-schema.json';

interface Definition {
  readonly description?: string;
  readonly properties?: Readonly<
    Record<string, { readonly description?: string; readonly $ref?: string }>
  >;
}

const definitions = schema.definitions as Readonly<Record<string, Definition>>;

/** `core.v1.Pod` of `io.k8s.api.core.v1.Pod`. */
const full = new Map(
  Object.keys(schemas).map((name) => [name.split('.').slice(-3).join('.'), name]),
);

test('the editor knows the fields that the API server knows', () => {
  const offered = Object.entries(definitions).map(([name, { properties = {} }]) => [
    name,
    Object.keys(properties).sort(),
  ]);
  const known = Object.keys(definitions).map((name) => [
    name,
    Object.keys(schemas[full.get(name) ?? '']?.p ?? {}).sort(),
  ]);
  expect(offered).toEqual(known);
});

test('and explains nearly all of them', () => {
  const fields = Object.values(definitions).flatMap((d) => Object.values(d.properties ?? {}));
  // What refers to another definition is explained there.
  const explained = fields.filter((f) => f.description !== undefined || f.$ref !== undefined);
  expect(explained.length / fields.length).toBeGreaterThan(0.95);
});

test('every kind that can be applied is offered', () => {
  const offered = schema.allOf.map(
    ({ if: { properties } }) => `${properties.apiVersion.const} ${properties.kind.const}`,
  );
  const known = kinds
    .filter(({ verbs }) => verbs === undefined || verbs.includes('patch'))
    .map((kind) => `${apiVersionOf(kind)} ${kind.kind}`);
  expect(offered.sort()).toEqual(known.sort());
});
