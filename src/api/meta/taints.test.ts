import { describe, expect, it } from 'vitest';
import type { Taint, Toleration } from '../generated/types.ts';
import { matchingTolerations, tolerates, withTaint, withoutTaint } from './taints.ts';

const taint = (key: string, effect: Taint['effect'] = 'NoExecute', value?: string): Taint => ({
  key,
  effect,
  ...(value === undefined ? {} : { value }),
});

describe('tolerations', () => {
  it.each<[string, Toleration, Taint, boolean]>([
    ['key exists', { key: 'a', operator: 'Exists' }, taint('a', 'NoExecute', 'x'), true],
    ['another key', { key: 'b', operator: 'Exists' }, taint('a'), false],
    ['any key', { operator: 'Exists' }, taint('a'), true],
    ['equal value', { key: 'a', value: 'x' }, taint('a', 'NoExecute', 'x'), true],
    ['another value', { key: 'a', value: 'y' }, taint('a', 'NoExecute', 'x'), false],
    ['no value', { key: 'a' }, taint('a'), true],
    ['no key needs Exists', { value: 'x' }, taint('a', 'NoExecute', 'x'), false],
    ['another effect', { operator: 'Exists', effect: 'NoSchedule' }, taint('a'), false],
  ])('%s', (_name, toleration, t, expected) => {
    expect(tolerates(toleration, t)).toBe(expected);
  });

  it('match all taints or none', () => {
    const a: Toleration = { key: 'a', operator: 'Exists' };
    expect(matchingTolerations([taint('a')], [a])).toEqual([a]);
    expect(matchingTolerations([taint('a'), taint('b')], [a])).toBeUndefined();
    expect(matchingTolerations([], [])).toEqual([]);
  });
});

it('replaces, adds and removes by key and effect', () => {
  const old = [taint('a'), taint('a', 'NoSchedule')];
  expect(withTaint(old, taint('a', 'NoExecute', 'x'))).toEqual([
    taint('a', 'NoExecute', 'x'),
    taint('a', 'NoSchedule'),
  ]);
  expect(withTaint(old, taint('b'))).toEqual([...old, taint('b')]);
  expect(withoutTaint(old, taint('a'))).toEqual([taint('a', 'NoSchedule')]);
  expect(withoutTaint(old, taint('b'))).toBe(old);
});
