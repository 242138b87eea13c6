import { describe, expect, it } from 'vitest';
import { axisTicks, evenAxis, MOMENTS_SHOWN, storyAxis, tickStep } from './axis.ts';

describe('axes', () => {
  it('the even one is a straight line', () => {
    const axis = evenAxis(100, 300);
    expect([axis.share(100), axis.share(200), axis.share(300)]).toEqual([0, 0.5, 1]);
    expect(axis.moment(0.25)).toBe(150);
    expect(axisTicks(evenAxis(0, 10_000_000), 4)).toEqual([0, 5_000_000, 10_000_000]);
  });

  it('the story one keeps the order and finds its way back', () => {
    const moments = [10_000, 12_000, 15_000, 2_000_000, 2_004_000, 90_000_000];
    const axis = storyAxis(moments, 0, 100_000_000);
    const places = moments.map((at) => axis.share(at));
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(axis.share(0)).toBe(0);
    expect(axis.share(100_000_000)).toBeCloseTo(1, 9);
    for (const at of [5_000, 13_000, 1_000_000, 50_000_000]) {
      expect(axis.moment(axis.share(at))).toBeCloseTo(at, 3);
    }
  });

  it('gives a quiet minute less room than a busy second', () => {
    const busy = Array.from({ length: 50 }, (_, i) => i * 20_000);
    const axis = storyAxis([...busy, 61_000_000], 0, 61_100_000);
    expect(axis.share(980_000)).toBeGreaterThan(0.7);
  });

  it('begins later when there is more than can be told apart', () => {
    const moments = Array.from({ length: MOMENTS_SHOWN + 100 }, (_, i) => (i + 1) * 1_000);
    const axis = storyAxis(moments, 0, 500_000);
    expect(axis.from).toBe(101_000);
    expect(axis.share(101_000)).toBe(0);
  });

  it('steps by 1, 2 and 5', () => {
    expect([1, 3, 7, 180, 1_000].map(tickStep)).toEqual([1, 5, 10, 200, 1_000]);
  });
});
