import { expect, it } from 'vitest';
import { nextStep } from './ttl.ts';

it.each([
  [0, 100, 0],
  [0, 101, 1],
  [1, 90, 1],
  [1, 89, 0],
  [3, 2_001, 4],
])('step %s with %s nodes becomes %s', (step, nodes, next) => {
  expect(nextStep(step, nodes)).toBe(next);
});
