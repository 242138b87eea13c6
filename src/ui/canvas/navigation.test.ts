import { expect, test } from 'vitest';
import { nearest, type Rect } from './navigation.ts';

const rect = (x: number, y: number): Rect => ({ x, y, width: 10, height: 10 });

test.each([
  ['right', [rect(50, 0), rect(30, 40), rect(-30, 0)], 0],
  ['left', [rect(50, 0), rect(30, 40), rect(-30, 0)], 2],
  ['down', [rect(200, 20), rect(0, 90)], 1],
  ['up', [rect(0, 20), rect(0, 90)], -1],
] as const)('%s leads to the nearest one ahead', (direction, rects, index) => {
  expect(nearest(rect(0, 0), rects, direction)).toBe(index);
});
