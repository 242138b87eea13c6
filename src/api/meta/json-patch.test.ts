import { describe, expect, it } from 'vitest';
import {
  type JsonPatchOperation,
  JsonPatchError,
  jsonPatch,
  unknownPatchFields,
} from './json-patch.ts';

const source = Object.freeze({ a: { b: 1 }, list: [1, 2, 3], 'x/y~z': 1 });

describe('jsonPatch', () => {
  const cases: [string, JsonPatchOperation[], unknown][] = [
    ['add', [{ op: 'add', path: '/a/c', value: 2 }], { a: { b: 1, c: 2 } }],
    ['add to a list', [{ op: 'add', path: '/list/1', value: 9 }], { list: [1, 9, 2, 3] }],
    ['append', [{ op: 'add', path: '/list/-', value: 9 }], { list: [1, 2, 3, 9] }],
    ['replace', [{ op: 'replace', path: '/a/b', value: null }], { a: { b: null } }],
    ['replace what is missing', [{ op: 'replace', path: '/a/z', value: 1 }], { a: { b: 1, z: 1 } }],
    ['no value', [{ op: 'replace', path: '/a/b' }], { a: { b: null } }],
    ['remove', [{ op: 'remove', path: '/list/0' }], { list: [2, 3] }],
    ['move', [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    ['copy', [{ op: 'copy', from: '/a', path: '/c' }], { c: { b: 1 } }],
    ['copy what is missing', [{ op: 'copy', from: '/q', path: '/c' }], { c: null }],
    ['a pointer without its slash', [{ op: 'add', path: 'a/c', value: 2 }], { c: 2 }],
    ['escapes', [{ op: 'replace', path: '/x~1y~0z', value: 2 }], { 'x/y~z': 2 }],
    ['test', [{ op: 'test', path: '/a', value: { b: 1 } }], {}],
  ];
  it.each(cases)('%s', (_, operations, change) => {
    expect(jsonPatch(source, operations)).toEqual({ ...source, ...(change as object) });
  });

  it('shares what it does not touch', () => {
    const patched = jsonPatch(source, [{ op: 'add', path: '/n', value: 1 }]) as typeof source;
    expect(patched.a).toBe(source.a);
    expect(source).not.toHaveProperty('n');
  });

  const failures: [string, JsonPatchOperation][] = [
    ['unknown operation', { op: 'frob', path: '/a' }],
    ['remove what is missing', { op: 'remove', path: '/q' }],
    ['add below what is missing', { op: 'add', path: '/q/r', value: 1 }],
    ['test another value', { op: 'test', path: '/a/b', value: 2 }],
    ['index out of bounds', { op: 'replace', path: '/list/3', value: 1 }],
    ['bad index', { op: 'add', path: '/list/x', value: 1 }],
    ['move of what is missing', { op: 'move', from: '/q', path: '/r' }],
  ];
  it.each(failures)('fails: %s', (_, operation) => {
    expect(() => jsonPatch(source, [operation])).toThrow(JsonPatchError);
  });

  it('names unknown fields of operations', () => {
    expect(unknownPatchFields([{ op: 'add' }, { unk: 2 }])).toEqual([
      'json patch unknown field "[1].unk"',
    ]);
  });
});
