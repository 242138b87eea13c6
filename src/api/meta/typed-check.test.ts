import { describe, expect, it } from 'vitest';
import { typedError } from './typed-check.ts';

const POD = 'io.k8s.api.core.v1.Pod';
const container = (...containers: object[]): object => ({ spec: { containers } });

describe('typedError', () => {
  it.each<[string, unknown, string]>([
    ['fits', container({ name: 'c', ports: [{ containerPort: 80 }] }), ''],
    ['unknown field', { foo: 1 }, '.foo: field not declared in schema'],
    [
      'text',
      { metadata: { name: 1 } },
      '.metadata.name: expected string, got &value.valueUnstructured{Value:1}',
    ],
    [
      'number',
      { spec: { priority: 'x' } },
      '.spec.priority: expected numeric (int or float), got string',
    ],
    [
      'boolean',
      { spec: { hostNetwork: 'yes' } },
      '.spec.hostNetwork: expected boolean, got &{yes}',
    ],
    ['list', { spec: { containers: {} } }, '.spec.containers: expected list, got &{map[]}'],
    ['map', { spec: 1 }, '.spec: expected map, got &{1}'],
    [
      'two with one key',
      container({ name: 'c' }, { name: 'c' }),
      '.spec.containers: duplicate entries for key [name="c"]',
    ],
    [
      'inside an item',
      container({ name: 'c', x: 1 }),
      '.spec.containers[name="c"].x: field not declared in schema',
    ],
    [
      'several',
      { metadata: { a: 1 }, spec: { b: 2 } },
      'errors:\n  .metadata.a: field not declared in schema\n  .spec.b: field not declared in schema',
    ],
    [
      'default of a key',
      container({
        name: 'c',
        ports: [{ containerPort: 1, protocol: 'TCP' }, { containerPort: 1 }],
      }),
      '.spec.containers[name="c"].ports: ' +
        'duplicate entries for key [containerPort=1,protocol="TCP"]',
    ],
    [
      'set item',
      { metadata: { finalizers: [{}] } },
      ".metadata.finalizers: element 0: associative list without keys has an element that's a map type",
    ],
    [
      'inside a whole',
      { spec: { affinity: { x: 1 } } },
      '.spec.affinity.x: field not declared in schema',
    ],
    [
      'a map for a text',
      { metadata: { name: { b: 'x', a: 1 } } },
      '.metadata.name: expected string, got ' +
        '&value.valueUnstructured{Value:map[string]interface {}{"a":1, "b":"x"}}',
    ],
  ])('%s', (_, value, text) => {
    expect(typedError(POD, value)).toBe(text);
  });
});
