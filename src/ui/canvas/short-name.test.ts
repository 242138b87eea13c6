import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byNaturalName, parseRef, shortName } from './short-name.ts';

describe('shortName', () => {
  test.each([
    ['web', 12, 'web'],
    ['web-7d4b9c6f-x2kqp', 12, 'web-…-x2kqp'],
    ['web-7d4b9c6f-x2kqp', 18, 'web-7d4b9c6f-x2kqp'],
    ['frontend-6d8f9-abcde', 14, 'fronten…-abcde'],
    ['averyveryverylongname', 11, 'avery…gname'],
    ['web-7d4b9c6f', 11, 'web-7…b9c6f'],
  ])('%s in %i is %s', (name, max, short) => {
    expect(shortName(name, max)).toBe(short);
  });

  test('never longer than asked, and the end stays', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z0-9-]{1,60}$/),
        fc.integer({ min: 5, max: 40 }),
        (n, max) => {
          const short = shortName(n, max);
          expect(short.length).toBeLessThanOrEqual(max);
          expect(n.endsWith(short.slice(short.indexOf('…') + 1))).toBe(true);
        },
      ),
    );
  });
});

test('parseRef takes references apart, cluster-scoped ones too', () => {
  expect(parseRef('Pod/default/web')).toEqual({ kind: 'Pod', namespace: 'default', name: 'web' });
  expect(parseRef('Node//node-1')).toEqual({ kind: 'Node', namespace: '', name: 'node-1' });
});

test('numbers at the end count as numbers', () => {
  expect(['node-10', 'node-2', 'cp-1', 'node-1'].toSorted(byNaturalName)).toEqual([
    'cp-1',
    'node-1',
    'node-2',
    'node-10',
  ]);
});
