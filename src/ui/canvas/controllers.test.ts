import { expect, test } from 'vitest';
import { chipsThatFit, controllerTitle, inDrawnOrder } from './controllers.ts';

test('known controllers stand first, in one order', () => {
  const names = ['other-thing-controller', 'replicaset-controller', 'deployment-controller'];
  expect(inDrawnOrder(names).map(controllerTitle)).toEqual([
    'Deployment',
    'ReplicaSet',
    'Other thing',
  ]);
});

test.each([
  ['all fit', ['a', 'b'], 100, 1, 2],
  ['one line is full, +1 must fit too', ['aaaa', 'bbbb', 'cccc'], 120, 1, 1],
  ['two lines', ['aaaa', 'bbbb', 'cccc'], 120, 2, 3],
  ['no line at all', ['aaaa', 'bbbb'], 120, 0, 0],
] as const)('%s', (_name, titles, width, lines, shown) => {
  expect(chipsThatFit(titles, width, lines)).toBe(shown);
});
