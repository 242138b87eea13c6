/** The heap against a sorted list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from './heap.ts';

interface Item {
  readonly rank: number;
  readonly id: number;
}

describe('a heap', () => {
  it('gives items in order, equals as they came, whatever is taken out of its middle', () => {
    const acts = fc.array(
      fc.oneof(
        fc.record({ act: fc.constant('push' as const), rank: fc.integer({ min: 0, max: 5 }) }),
        fc.record({ act: fc.constant('pop' as const), rank: fc.constant(0) }),
        fc.record({ act: fc.constant('delete' as const), rank: fc.nat(40) }),
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(acts, (list) => {
        const heap = new Heap<Item>((a, b) => a.rank < b.rank);
        let model: Item[] = [];
        let id = 0;
        for (const { act, rank } of list) {
          if (act === 'push') {
            const item = { rank, id: id++ };
            heap.push(item);
            model.push(item);
            model.sort((a, b) => a.rank - b.rank || a.id - b.id);
          } else if (act === 'pop') {
            expect(heap.pop()).toBe(model.shift());
          } else {
            const item = model[rank % Math.max(1, model.length)];
            if (item) expect(heap.delete(item)).toBe(true);
            model = model.filter((m) => m !== item);
          }
          expect(heap.size).toBe(model.length);
          expect(heap.peek()).toBe(model[0]);
        }
      }),
    );
  });

  it('holds its order when it is made anew', () => {
    const heap = new Heap<Item>((a, b) => a.rank < b.rank);
    const items = Array.from({ length: 5_000 }, (_, id) => ({ rank: (id * 7_919) % 1_000, id }));
    for (const item of items) heap.push(item);
    for (const item of items) if (item.id % 5 !== 0) heap.delete(item);
    const left = items.filter((i) => i.id % 5 === 0);
    left.sort((a, b) => a.rank - b.rank || a.id - b.id);
    expect(Array.from({ length: left.length }, () => heap.pop())).toEqual(left);
    expect(heap.pop()).toBeUndefined();
  });
});
