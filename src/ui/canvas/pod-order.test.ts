import { expect, test } from 'vitest';
import type { ObjectRow } from '../../port/protocol.ts';
import { keepOrder } from './pod-order.ts';

const objects = new Map(
  [
    ['Pod/default/a', 5],
    ['Pod/default/b', 3],
    ['Pod/default/c', 3],
  ].map(([ref, createdMs]) => [ref, { ref, createdMs } as ObjectRow]),
);
const refs = [...objects.keys()] as string[];

test('who is new stands at the end, oldest first', () => {
  const order = keepOrder([], refs as string[], objects as ReadonlyMap<string, ObjectRow>);
  expect(order).toEqual(['Pod/default/b', 'Pod/default/c', 'Pod/default/a']);
});

test('who stays keeps its place, who goes leaves it', () => {
  const before = ['Pod/default/a', 'Pod/default/gone'];
  const order = keepOrder(before, refs, objects as ReadonlyMap<string, ObjectRow>);
  expect(order).toEqual(['Pod/default/a', 'Pod/default/b', 'Pod/default/c']);
});
