import { describe, expect, it } from 'vitest';
import type { Frame, ObjectRow, SpanRow } from '../../port/protocol.ts';
import { applyFrame } from './apply-frame.ts';
import { emptyMirror, LOG_LINES_KEPT, logKey, type MirrorState } from './state.ts';

function frame(part: Partial<Frame>): Frame {
  return {
    type: 'frame',
    seq: 1,
    at: 0,
    liveAt: 0,
    past: false,
    epochMs: 0,
    revision: 1,
    playing: true,
    pace: 'story',
    settled: false,
    oldestAt: 0,
    hash: '',
    whole: false,
    rows: [],
    removed: [],
    folded: [],
    totals: {},
    spans: [],
    spansDropped: 0,
    steps: null,
    components: null,
    objects: {},
    logs: [],
    streams: [],
    pod: null,
    workings: null,
    ...part,
  };
}

function pod(name: string, node: string, owner?: string): ObjectRow {
  return {
    ref: `Pod/default/${name}`,
    kind: 'Pod',
    namespace: 'default',
    name,
    uid: name,
    revision: 1,
    createdMs: 0,
    deleting: false,
    ...(owner === undefined ? {} : { owner }),
    status: 'Pending',
    pod: {
      node,
      ip: '',
      phase: 'Pending',
      ready: false,
      restarts: 0,
      containers: [],
      cpuMilli: 0,
      memoryBytes: 0,
    },
  };
}

function span(id: number, part: Partial<SpanRow> = {}): SpanRow {
  return {
    id,
    parent: 0,
    kind: 'request',
    name: 'create',
    from: 'kubectl',
    to: 'kube-apiserver',
    start: id,
    end: id + 1,
    object: 'Pod/default/a',
    revision: 0,
    ...part,
  };
}

/** What the indexes say, as plain data: equal for an incremental and a rebuilt mirror. */
function content(state: MirrorState): unknown {
  const sorted = (index: MirrorState['byKind']): unknown =>
    index.keys
      .map((key) => [key, [...index.get(key)].sort()])
      .sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
  return {
    rows: [...state.objects.values()].sort((a, b) => (a.ref < b.ref ? -1 : 1)),
    byKind: sorted(state.byKind),
    podsByNode: sorted(state.podsByNode),
    byOwner: sorted(state.byOwner),
  };
}

describe('applyFrame', () => {
  it('keeps the same indexes by increments as when it is built from scratch', () => {
    const rs = 'ReplicaSet/default/web';
    const steps: Partial<Frame>[] = [
      { rows: [pod('a', ''), pod('b', '', rs)] },
      { rows: [pod('a', 'node-1'), pod('c', 'node-2', rs)] },
      { removed: ['Pod/default/b'], rows: [pod('a', 'node-2')] },
      { rows: [pod('c', 'node-2')] },
    ];
    let state = emptyMirror();
    for (const step of steps) state = applyFrame(state, frame(step), false);
    const rows = [...state.objects.values()];
    const rebuilt = applyFrame(emptyMirror(), frame({ whole: true, rows }), true);
    expect(content(state)).toEqual(content(rebuilt));
    expect(state.podsByNode.get('node-2')).toEqual(['Pod/default/c', 'Pod/default/a']);
    expect(state.podsByNode.get('')).toEqual([]);
    expect(state.byOwner.get(rs)).toEqual([]);
  });

  it('gives the same list while its members stay the same', () => {
    let state = applyFrame(emptyMirror(), frame({ rows: [pod('a', 'node-1')] }), false);
    const before = state.podsByNode.get('node-1');
    state = applyFrame(
      state,
      frame({ rows: [{ ...pod('a', 'node-1'), status: 'Running' }] }),
      false,
    );
    expect(state.podsByNode.get('node-1')).toBe(before);
    expect(state.objects.get('Pod/default/a')?.status).toBe('Running');
  });

  it('forgets objects with a whole frame, and spans only with another run', () => {
    let state = applyFrame(
      emptyMirror(),
      frame({ rows: [pod('a', '')], spans: [span(1)], objects: { 'Pod/default/a': {} } }),
      true,
    );
    state = applyFrame(state, frame({ whole: true, rows: [pod('b', '')] }), false);
    expect([...state.objects.keys()]).toEqual(['Pod/default/b']);
    expect(state.whole.size).toBe(1);
    expect(state.told.map((s) => s.id)).toEqual([1]);
    state = applyFrame(state, frame({ whole: true }), true);
    expect(state.told).toEqual([]);
    expect(state.toldCount).toBe(0);
    expect(state.spans.all).toEqual([]);
    expect(state.whole.size).toBe(0);
  });

  it('tells each ended span once, in the order in which they ended', () => {
    let state = applyFrame(emptyMirror(), frame({ spans: [span(1, { end: -1 }), span(2)] }), false);
    expect(state.told.map((s) => s.id)).toEqual([2]);
    state = applyFrame(
      state,
      frame({ spans: [span(1, { end: 90 }), span(2), span(3, { end: 50 })] }),
      false,
    );
    expect(state.told.map((s) => s.id)).toEqual([2, 3, 1]);
    expect(state.requests.map((s) => s.id)).toEqual([2, 3, 1]);
  });

  it('tells an act when it begins, before what followed from it', () => {
    let state = emptyMirror();
    const act = span(1, { kind: 'command', name: 'apply', start: 1, end: -1 });
    const request = span(2, { start: 1, end: 5 });
    state = applyFrame(state, frame({ spans: [act, request] }), false);
    state = applyFrame(state, frame({ spans: [{ ...act, end: 9 }] }), false);
    state = applyFrame(state, frame({ spans: [span(3, { kind: 'command', end: 4 })] }), false);
    expect(state.told.map((s) => [s.id, s.end])).toEqual([
      [1, 1],
      [2, 5],
      [3, 3],
    ]);
    expect(state.toldCount).toBe(3);
  });

  it('marks the acts of the reader once', () => {
    const act = span(7, { kind: 'command', name: 'apply', object: 'web.yaml', end: -1 });
    let state = applyFrame(emptyMirror(), frame({ spans: [act] }), false);
    state = applyFrame(state, frame({ spans: [{ ...act, end: 9 }] }), false);
    expect(state.acts).toEqual([{ span: 7, at: 7, name: 'apply', object: 'web.yaml' }]);
  });

  it('bounds the lines of a log', () => {
    const line = { at: 1, stream: 'stdout' as const, text: 'x' };
    const lines = Array.from({ length: LOG_LINES_KEPT }, () => line);
    const logs = [{ pod: 'Pod/default/a', container: 'main', lines }];
    let state = applyFrame(emptyMirror(), frame({ logs }), false);
    state = applyFrame(state, frame({ logs }), false);
    expect(state.logs.get(logKey('Pod/default/a', 'main'))).toHaveLength(LOG_LINES_KEPT);
  });
});
