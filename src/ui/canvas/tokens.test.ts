import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SpanRow } from '../../port/protocol.ts';
import { layOut } from './layout.ts';
import { makeRoutes, type Point, pointAt } from './routes.ts';
import { EMPTY_SCENE } from './scene.ts';
import { merge } from './merge-tokens.ts';
import { flightsAt, LASTING, lastBegun, stillTokens, type Token, tokensAt } from './tokens.ts';

const layout = layOut(
  {
    ...EMPTY_SCENE,
    workers: [{ name: 'node-1', shown: 0, folded: 0 }],
    controllers: ['replicaset-controller'],
  },
  { width: 1_000, height: 700 },
);
const routes = makeRoutes(layout);

function span(id: number, over: Partial<SpanRow>): SpanRow {
  return {
    id,
    parent: 0,
    kind: 'request',
    name: 'create',
    from: 'replicaset-controller',
    to: 'kube-apiserver',
    start: 0,
    end: 2_000,
    object: 'Pod/default/web-7d4b9c6f-x2kqp',
    revision: 0,
    ...over,
  };
}

const post = span(1, { detail: { code: 201 } });
const txn = span(2, { parent: 1, kind: 'etcd', name: 'txn', start: 800, end: 1_800 });

function at(t: number, spans: readonly SpanRow[], hold = 0): readonly Token[] {
  return tokensAt(
    flightsAt(spans, t, t, () => hold, 100),
    t,
    routes,
  );
}

const end = (component: string, side: 0 | 1): Point =>
  pointAt(routes.toServer(component) ?? { points: [], lengths: [], length: 0 }, side);

describe('a request', () => {
  test('starts at its sender', () => {
    expect(at(0, [post, txn])).toMatchObject([
      { ...end('replicaset-controller', 0), leg: 'out', verb: 'POST Pod', name: 'web-…-x2kqp' },
    ]);
  });

  test('goes into etcd only through the API server, and on etcd’s own wire', () => {
    const [token] = at(1_300, [post, txn]);
    expect(token).toMatchObject({ leg: 'etcd', wire: 'etcd', x: end('etcd', 0).x });
    expect(token?.y).toBeCloseTo(end('etcd', 0).y, 0);
  });

  test('comes back with the answer', () => {
    const [token] = at(1_990, [post, txn]);
    expect(token).toMatchObject({ leg: 'back', wire: 'replicaset-controller', verb: '201' });
  });

  test('that failed comes back red', () => {
    const refused = span(1, { detail: { code: 409 } });
    expect(at(1_990, [refused, txn])).toMatchObject([{ hue: '--danger', verb: '409' }]);
  });

  test('is gone when it has been answered', () => {
    expect(at(2_000, [post, txn])).toEqual([]);
  });

  test('that is not answered yet waits at the server', () => {
    const [token] = at(900_000, [span(1, { end: LASTING })]);
    expect(token?.leg).toBe('bar');
  });

  test('stays visible for the hold, however short it was', () => {
    expect(at(300_000, [post, txn], 400_000)).toHaveLength(1);
    expect(at(400_000, [post, txn], 400_000)).toHaveLength(0);
  });
});

test('a watch event goes from the API server to who is told', () => {
  const told = span(1, {
    kind: 'watch',
    name: 'ADDED',
    from: 'kube-apiserver',
    to: 'kube-scheduler',
  });
  expect(at(0, [told])).toMatchObject([{ ...end('kube-scheduler', 1), verb: 'ADDED Pod' }]);
  expect(at(1_999, [told])[0]?.y).toBeCloseTo(end('kube-scheduler', 0).y, 0);
});

test('a CRI call goes from the kubelet to the runtime beside it and stays there', () => {
  const pull = span(1, {
    kind: 'cri',
    name: 'PullImage',
    from: 'kubelet/node-1',
    to: 'containerd/node-1',
    end: 3_000_000,
  });
  const way = routes.toRuntime('node-1') ?? { points: [], lengths: [], length: 0 };
  expect(at(0, [pull])).toMatchObject([pointAt(way, 0)]);
  expect(at(2_000_000, [pull])).toMatchObject([pointAt(way, 1)]);
});

test('reads, leases and heartbeats are not drawn', () => {
  const lease = span(1, { object: 'Lease/kube-node-lease/node-1', name: 'update' });
  const read = span(2, { name: 'list', object: 'Pod//' });
  const beat = span(3, { name: 'patch status', object: 'Node//node-1', from: 'kubelet/node-1' });
  expect(at(100, [lease, read, beat])).toEqual([]);
});

test('many at once become one with a count; what they have in common stays', () => {
  const posts = ['a', 'b', 'c'].map((n, i) => span(i + 1, { object: `Pod/default/web-${n}` }));
  expect(at(400, posts)).toMatchObject([{ count: 3, verb: 'POST Pod', name: '' }]);
});

test('without motion each wire says what it carries', () => {
  const posts = [span(1, {}), span(2, {})];
  const flights = flightsAt(posts, 100, 100, () => 0, 10);
  const tokens = stillTokens(flights, 100, routes);
  expect(tokens).toMatchObject([{ wire: 'replicaset-controller', count: 2 }]);
});

const anySpans = fc
  .array(
    fc.record({
      start: fc.nat(10_000),
      lasts: fc.integer({ min: -1, max: 5_000 }),
      from: fc.constantFrom('kubectl', 'kube-scheduler', 'kubelet/node-1', 'nobody/else'),
    }),
    { maxLength: 30 },
  )
  .map((list) =>
    [...list]
      .sort((a, b) => a.start - b.start)
      .map(({ start, lasts, from }, i) =>
        span(i + 1, { start, from, end: lasts < 0 ? LASTING : start + lasts }),
      ),
  );

test('positions are a function of the moment, inside the picture, and nothing is lost in merging', () => {
  fc.assert(
    fc.property(anySpans, fc.nat(16_000), fc.nat(4_000), (spans, t, hold) => {
      const tokens = at(t, spans, hold);
      expect(at(t, spans, hold)).toEqual(tokens);
      for (const token of tokens) {
        expect(token.x).toBeGreaterThanOrEqual(0);
        expect(token.x).toBeLessThanOrEqual(layout.width);
        expect(token.y).toBeGreaterThanOrEqual(0);
        expect(token.y).toBeLessThanOrEqual(layout.height);
      }
      const drawn = spans.filter(
        (s) =>
          s.from !== 'nobody/else' &&
          s.start <= t &&
          (s.end === LASTING || s.end > t || t < s.start + Math.max(s.end - s.start, hold)),
      );
      expect(tokens.reduce((n, token) => n + token.count, 0)).toBe(drawn.length);
    }),
  );
});

test('lastBegun finds the last span that has begun', () => {
  const spans = [0, 5, 5, 9].map((start, i) => span(i + 1, { start }));
  expect([-1, 0, 4, 5, 8, 9, 99].map((t) => lastBegun(spans, t))).toEqual([-1, 0, 0, 2, 2, 3, 3]);
});

test('merge leaves tokens of different looks alone', () => {
  const [a] = at(100, [span(1, {})]);
  const [b] = at(100, [span(2, { name: 'delete' })]);
  expect(merge([a as Token, b as Token])).toHaveLength(2);
});
