import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectRow, SpanRow, StepRow } from '../../port/protocol.ts';
import { narrationText } from '../i18n/narration.ts';
import { inLanguage, speak } from '../i18n/text.ts';
import { eventRows } from './events.ts';
import { findEntries } from './find.ts';
import { goalRows } from './goal.ts';
import { lanesOf } from './lanes.ts';
import { BLOCK_LINES, LINES_SHOWN, logBlocks } from './log-blocks.ts';
import { asManifest, withoutManagedFields } from './manifest.ts';
import { stepMarks, warningMarks } from './marks.ts';
import { narrate } from './narration.ts';
import { refParts, refWords } from './refs.ts';
import { requestRows } from './requests.ts';
import { recentOf } from './use-recent.ts';

function span(part: Partial<SpanRow>): SpanRow {
  return {
    id: 1,
    parent: 0,
    kind: 'request',
    name: 'create',
    from: 'kubectl',
    to: 'kube-apiserver',
    start: 0,
    end: 10,
    object: 'Deployment/default/web',
    revision: 0,
    ...part,
  };
}

describe('refs', () => {
  it('takes references apart', () => {
    expect(refParts('Pod/shop/a')).toEqual({ kind: 'Pod', namespace: 'shop', name: 'a' });
    expect(refWords('Node//node-1')).toBe('Node node-1');
    expect(refWords('Pod/default/a')).toBe('Pod a');
    expect(refWords('Pod/shop/a')).toBe('Pod shop/a');
    expect(refWords('web.yaml')).toBe('web.yaml');
  });
});

describe('narrate', () => {
  beforeAll(() => speak('zh-CN'));
  const cases: [string, Partial<SpanRow>, string, string][] = [
    [
      'a write that was stored',
      { detail: { code: 201 }, revision: 7 },
      'kubectl asked kube-apiserver to create Deployment web: 201, stored in etcd at revision 7',
      'kubectl 请求 kube-apiserver 创建 Deployment web：201，已存入 etcd，修订号 7',
    ],
    [
      'a part of an object',
      { from: 'kubelet/node-1', name: 'patch status', object: 'Pod/default/a' },
      'kubelet/node-1 asked kube-apiserver to patch the status of Pod a',
      'kubelet/node-1 请求 kube-apiserver 修补 Pod a 的 status',
    ],
    [
      'a delivery',
      { kind: 'watch', name: 'ADDED', from: 'kube-apiserver', to: 'kube-scheduler' },
      'kube-apiserver told kube-scheduler: Deployment web was added',
      'kube-apiserver 通知 kube-scheduler：Deployment web 已新增',
    ],
    [
      'a choice',
      { kind: 'schedule', object: 'Pod/default/a', detail: { node: 'node-2' } },
      'kube-scheduler chose node-2 for Pod a',
      'kube-scheduler 为 Pod a 选择了 node-2',
    ],
    [
      'a container that ended',
      {
        kind: 'container',
        name: 'Exited',
        object: 'Pod/default/a',
        detail: { container: 'main', exitCode: 1 },
      },
      'Container main of Pod a ended: Exited, exit code 1',
      'Pod a 的容器 main 已结束：Exited，退出码 1',
    ],
  ];
  it.each(cases)('%s', (_name, part, english, chinese) => {
    expect(narrate(span(part), narrationText.en)).toBe(english);
    expect(narrate(span(part), inLanguage(narrationText, 'zh-CN'))).toBe(chinese);
  });
});

describe('goalRows', () => {
  it('marks what differs between spec and status', () => {
    const rows = goalRows({
      metadata: { generation: 2 },
      spec: { replicas: 3 },
      status: { replicas: 3, readyReplicas: 1, updatedReplicas: 3, observedGeneration: 2 },
    });
    expect(rows.map((r) => [r.field, r.wanted, r.seen, r.same])).toEqual([
      ['replicas', '3', '3', true],
      ['updatedReplicas', '3', '3', true],
      ['readyReplicas', '3', '1', false],
      ['availableReplicas', '3', '0', false],
      ['observedGeneration', '2', '2', true],
    ]);
  });

  it('wants init containers to complete and the others to run', () => {
    const rows = goalRows({
      spec: { initContainers: [{ name: 'i' }], containers: [{ name: 'c' }] },
      status: {
        initContainerStatuses: [
          { name: 'i', state: { terminated: { exitCode: 0, reason: 'Completed' } } },
        ],
        containerStatuses: [{ name: 'c', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
    });
    expect(rows.map((r) => [r.field, r.seen, r.same])).toEqual([
      ['nodeName', '', false],
      ['i', 'terminated: Completed', true],
      ['c', 'waiting: CrashLoopBackOff', false],
    ]);
  });

  it('has nothing to say about kinds without a goal', () => {
    expect(goalRows({ kind: 'ConfigMap', data: {} })).toEqual([]);
    expect(goalRows(null)).toEqual([]);
  });
});

describe('lanesOf', () => {
  it('shows a request in both lanes and leaves heartbeats out', () => {
    const lanes = lanesOf(
      [
        span({ id: 1, start: 5, end: 9 }),
        span({ id: 2, object: 'Lease/kube-node-lease/node-1', from: 'kubelet/node-1' }),
        span({ id: 3, start: 100, end: 110, from: 'kube-scheduler' }),
      ],
      0,
      50,
      [],
    );
    expect(lanes.map((lane) => [lane.actor, lane.bars.length])).toEqual([
      ['kubectl', 1],
      ['kube-apiserver', 1],
    ]);
  });

  it('orders lanes as the picture does', () => {
    const actors = [
      'kubelet/node-2',
      'containerd/node-1',
      'kube-scheduler',
      'kubelet/node-1',
      'etcd',
    ];
    const lanes = lanesOf([], 0, 1, actors).map((lane) => lane.actor);
    expect(lanes).toEqual([
      'etcd',
      'kube-scheduler',
      'kubelet/node-1',
      'containerd/node-1',
      'kubelet/node-2',
    ]);
  });
});

describe('logBlocks', () => {
  const told = (from: number, to: number): SpanRow[] =>
    Array.from({ length: to - from }, (_, i) => span({ id: from + i, end: from + i }));

  it('keeps the blocks in their place while the log grows and is trimmed', () => {
    const before = logBlocks(told(0, 1_200), 1_200, Number.POSITIVE_INFINITY);
    const after = logBlocks(told(30, 1_230), 1_230, Number.POSITIVE_INFINITY);
    const common = before.filter((block) => after.some((b) => b.id === block.id));
    expect(common.length).toBeGreaterThan(10);
    for (const block of common) {
      const same = after.find((b) => b.id === block.id);
      expect(same?.spans[0]?.id).toBe(block.spans[0]?.id);
    }
    expect(before.flatMap((b) => b.spans).length).toBeLessThanOrEqual(LINES_SHOWN);
    expect(before.every((b) => b.spans.length <= BLOCK_LINES)).toBe(true);
  });

  it('does not know what ended after the moment that is shown', () => {
    const lines = logBlocks(told(0, 100), 100, 41).flatMap((block) => block.spans);
    expect(lines).toHaveLength(42);
  });
});

describe('lists', () => {
  it('finds requests by their words', () => {
    const list = [
      span({ id: 1, detail: { code: 409 } }),
      span({ id: 2, name: 'get' }),
      span({ id: 3, object: 'Pod/default/a', end: 99 }),
    ];
    const ids = (text: string, quiet = false, until = 50): number[] =>
      requestRows(list, { text, quiet, until }).map((s) => s.id);
    expect(ids('')).toEqual([1]);
    expect(ids('', true)).toEqual([1, 2]);
    expect(ids('409 deployment')).toEqual([1]);
    expect(ids('pod', false, 100)).toEqual([3]);
  });

  it('lists events newest first', () => {
    const event = (name: string, lastMs: number, type: string): ObjectRow => ({
      ref: `Event/default/${name}`,
      kind: 'Event',
      namespace: 'default',
      name,
      uid: name,
      revision: 1,
      createdMs: 0,
      deleting: false,
      status: '',
      event: {
        type,
        reason: 'R',
        message: 'm',
        about: 'Pod/default/a',
        source: 's',
        count: 1,
        lastMs,
      },
    });
    const events = [event('a', 1, 'Normal'), event('b', 3, 'Warning'), event('c', 2, 'Normal')];
    const names = (warnings: boolean): string[] =>
      eventRows(events, { text: '', warnings }).map((row) => row.name);
    expect(names(false)).toEqual(['b', 'c', 'a']);
    expect(names(true)).toEqual(['b']);
    expect(warningMarks(events, 1)).toEqual([
      { sort: 'warning', at: 2_000, what: 'R', object: 'Pod/default/a' },
    ]);
  });

  it('marks the first of each step', () => {
    const row = (step: number, at: number): StepRow => ({
      step,
      at,
      actor: '',
      object: 'o',
      revision: null,
      trigger: null,
      span: 1,
      end: null,
      seen: at,
    });
    const marks = stepMarks([row(5, 20), row(5, 10), row(6, 30)]);
    expect(marks.map((m) => [m.what, m.at])).toEqual([
      ['5', 10],
      ['6', 30],
    ]);
  });

  it('finds by all words, beginnings first', () => {
    const entry = (title: string) => ({ id: title, title, sort: '', run: () => {} });
    const entries = [entry('Pod web-1'), entry('web.yaml'), entry('Node node-1')];
    expect(findEntries(entries, 'web').map((e) => e.title)).toEqual(['web.yaml', 'Pod web-1']);
    expect(findEntries(entries, '1 pod').map((e) => e.title)).toEqual(['Pod web-1']);
  });

  it('knows what a component did last', () => {
    const list = [span({ id: 1 }), span({ id: 2, from: 'etcd', to: '' }), span({ id: 3, end: 99 })];
    expect(recentOf(list, 'kubectl', 50).map((s) => s.id)).toEqual([1]);
  });
});

describe('manifests', () => {
  const object = {
    kind: 'Pod',
    metadata: {
      name: 'a',
      uid: 'u',
      managedFields: [],
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
    },
    spec: { x: 1 },
    status: { phase: 'Running' },
  };
  it('leaves out what the server fills in', () => {
    expect(asManifest(object)).toEqual({ kind: 'Pod', metadata: { name: 'a' }, spec: { x: 1 } });
    expect(withoutManagedFields(object)).toMatchObject({ metadata: { uid: 'u' } });
    expect(withoutManagedFields(object)).not.toHaveProperty('metadata.managedFields');
  });
});
