import { describe, expect, test } from 'vitest';
import type { SpanRow } from '../../port/protocol.ts';
import { Holds, activityAt, tempoOf } from './activity.ts';

function span(id: number, over: Partial<SpanRow>): SpanRow {
  return {
    id,
    parent: 0,
    kind: 'work',
    name: 'reconcile',
    from: 'deployment-controller',
    to: '',
    start: id,
    end: id + 10,
    object: 'Deployment/default/web',
    revision: 0,
    ...over,
  };
}

describe('activityAt', () => {
  test('who reconciles is busy until it is done, and a moment longer', () => {
    const spans = [span(1, {})];
    expect([...activityAt(spans, 5, () => 0).busy.keys()]).toEqual(['deployment-controller']);
    expect(activityAt(spans, 20, () => 0).busy.size).toBe(0);
    expect(activityAt(spans, 20, () => 50).busy.size).toBe(1);
  });

  test('nothing of the future is seen', () => {
    expect(activityAt([span(9, {})], 5, () => 0).busy.size).toBe(0);
  });

  test('newest request and write, without house-keeping', () => {
    const request = { kind: 'request', name: 'create', from: 'kubectl', to: 'kube-apiserver' };
    const spans = [
      span(1, request),
      span(2, { parent: 1, kind: 'etcd', name: 'txn', from: 'kube-apiserver', to: 'etcd' }),
      span(3, { ...request, name: 'update', object: 'Lease/kube-node-lease/node-1' }),
    ];
    expect(activityAt(spans, 5, () => 0).write).toBeNull();
    const found = activityAt(spans, 12, () => 20);
    expect([found.request?.id, found.write?.id]).toEqual([1, 1]);
    expect([...found.fresh]).toEqual(['Deployment/default/web']);
  });
});

test.each([
  [0, 0, false],
  [1, 256, false],
  [1_000, 262_144, false],
  [50_000, 2 ** 23, true],
])('at %i µs a millisecond the hold is %i µs', (rate, hold, blur) => {
  expect(tempoOf(rate)).toEqual({ hold, blur });
});

test('a message keeps the hold of the time at which it began', () => {
  const holds = new Holds();
  holds.begin(0, 1_000);
  holds.begin(30_000, 100_000);
  expect([0, 29_999, 30_000, 90_000].map((start) => holds.of(start))).toEqual([
    1_000, 1_000, 100_000, 100_000,
  ]);
  // Back to an earlier moment, at another pace.
  holds.begin(10_000, 500);
  expect([5_000, 10_000, 40_000].map((start) => holds.of(start))).toEqual([1_000, 500, 500]);
});
