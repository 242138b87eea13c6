import { expect, it } from 'vitest';
import type { Taint, Toleration } from '../../api/generated/types.ts';
import { secondsToEviction } from './taint-eviction.ts';

const taint = (key: string): Taint => ({ key, effect: 'NoExecute' });
const exists = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});

it.each([
  ['not tolerated', [taint('a')], [], 0],
  ['one of two not tolerated', [taint('a'), taint('b')], [exists('a')], 0],
  ['tolerated for ever', [taint('a')], [exists('a')], undefined],
  ['tolerated for a while', [taint('a')], [exists('a', 300)], 300],
  ['the shortest counts', [taint('a'), taint('b')], [exists('a', 300), exists('b', 8)], 8],
  ['negative is now', [taint('a')], [exists('a', -1)], 0],
])('%s', (_name, taints, tolerations, seconds) => {
  expect(secondsToEviction(taints, tolerations)).toBe(seconds);
});
