import { describe, expect, it } from 'vitest';
import type { SpanRow } from '../../port/protocol.ts';
import { SpanRing } from './span-ring.ts';

function span(id: number, end = -1): SpanRow {
  return {
    id,
    parent: 0,
    kind: 'request',
    name: 'get',
    from: 'a',
    to: 'b',
    start: id,
    end,
    object: '',
    revision: 0,
  };
}

describe('SpanRing', () => {
  it('replaces a span when it ends and keeps the order of ids', () => {
    const ring = new SpanRing(10);
    ring.put([span(3), span(5)]);
    ring.put([span(4, 9), span(3, 8)]);
    expect(ring.all.map((s) => [s.id, s.end])).toEqual([
      [3, 8],
      [4, 9],
      [5, -1],
    ]);
    expect(ring.get(4)?.end).toBe(9);
    expect(ring.get(6)).toBeUndefined();
  });

  it('drops the oldest in blocks', () => {
    const ring = new SpanRing(8);
    ring.put(Array.from({ length: 9 }, (_, i) => span(i + 1)));
    expect(ring.all.map((s) => s.id)).toEqual([4, 5, 6, 7, 8, 9]);
    ring.put([span(1, 5)]);
    expect(ring.get(9)?.id).toBe(9);
  });

  it('takes what lasts and was left out of a frame to have ended, until its row says when', () => {
    const ring = new SpanRing(8);
    ring.put([span(1), span(2), span(3)]);
    ring.closeLost([span(3)], 50);
    expect(ring.all.map((s) => s.end)).toEqual([50, 50, -1]);
    ring.put([span(2, 80)]);
    expect(ring.get(2)?.end).toBe(80);
  });
});
