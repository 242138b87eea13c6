import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Frame, ObjectRow } from '../../port/protocol.ts';
import { applyFrame } from '../mirror/apply-frame.ts';
import { emptyMirror, type MirrorState } from '../mirror/state.ts';
import { buildScene, sceneReader } from './scene.ts';

function row(kind: string, name: string, over: Partial<ObjectRow> = {}): ObjectRow {
  const namespace = kind === 'Node' ? '' : 'default';
  return {
    ref: `${kind}/${namespace}/${name}`,
    kind,
    namespace,
    name,
    uid: name,
    revision: 1,
    createdMs: 0,
    deleting: false,
    status: '',
    ...over,
  };
}

function pod(name: string, node: string): ObjectRow {
  return row('Pod', name, {
    status: 'Running',
    pod: {
      node,
      ip: '',
      phase: 'Running',
      ready: true,
      restarts: 0,
      containers: [],
      cpuMilli: 0,
      memoryBytes: 0,
    },
  });
}

const counts = (desired: number, current: number) => ({ desired, current, ready: 0 });

function frame(over: Partial<Frame>): Frame {
  return {
    type: 'frame',
    seq: 1,
    at: 0,
    liveAt: 0,
    past: false,
    epochMs: 0,
    revision: 0,
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
    ...over,
  };
}

const mirrored = (rows: readonly ObjectRow[], over: Partial<Frame> = {}): MirrorState =>
  applyFrame(emptyMirror(), frame({ whole: true, rows, ...over }), true);

const component = (name: string) => ({ name, running: true, queue: 0 });

describe('buildScene', () => {
  test('machines come from Nodes, kubelets and the Pods left behind, in the order of people', () => {
    const state = mirrored([row('Node', 'node-10'), row('Node', 'node-2'), pod('a', 'lost-1')], {
      components: [component('kubelet/node-3'), component('kube-apiserver')],
      folded: [{ node: 'node-2', status: 'Running', count: 7 }],
    });
    expect(buildScene(state).workers).toEqual([
      { name: 'lost-1', shown: 1, folded: 0 },
      { name: 'node-2', shown: 0, folded: 7 },
      { name: 'node-3', shown: 0, folded: 0 },
      { name: 'node-10', shown: 0, folded: 0 },
    ]);
  });

  test('what belongs to the cluster itself is folded away until it is asked for', () => {
    const taints = ['node-role.kubernetes.io/control-plane:NoSchedule'];
    const node = { ready: 'True', cordoned: false, taints, zone: '' } as const;
    const capacity = { cpuMilli: 4_000, memoryBytes: 1, podCapacity: 110 };
    const system = (name: string, on: string): ObjectRow => ({
      ...pod(name, on),
      namespace: 'kube-system',
      ref: `Pod/kube-system/${name}`,
    });
    const state = mirrored([
      row('Node', 'cp-1', { node: { ...node, ...capacity } }),
      row('Node', 'node-1'),
      system('kube-apiserver-cp-1', 'cp-1'),
      system('coredns-a', 'node-1'),
      pod('web', 'node-1'),
      row('Deployment', 'coredns', {
        namespace: 'kube-system',
        ref: 'Deployment/kube-system/coredns',
      }),
    ]);
    const folded = buildScene(state);
    expect(folded.controlPlane).toEqual(['cp-1']);
    expect(folded.workers).toEqual([{ name: 'node-1', shown: 1, folded: 0 }]);
    expect(folded.shelf).toEqual([]);
    const all = buildScene(state, true);
    expect(all.workers.map((w) => `${w.name} ${w.shown}`)).toEqual(['cp-1 1', 'node-1 2']);
    expect(all.shelf).toEqual([{ ref: 'Deployment/kube-system/coredns', depth: 0 }]);
  });

  test('owners stand with what they own; retired ReplicaSets are left out', () => {
    const owner = 'Deployment/default/web';
    const state = mirrored([
      row('ReplicaSet', 'web-old', { owner, replicas: counts(0, 0) }),
      row('ReplicaSet', 'web-new', { owner, createdMs: 9, replicas: counts(3, 1) }),
      row('Deployment', 'web', { replicas: counts(3, 1) }),
      row('ReplicaSet', 'bare', { replicas: counts(1, 1) }),
      row('Service', 'kubernetes'),
      row('Service', 'web'),
    ]);
    expect(buildScene(state).shelf).toEqual([
      { ref: 'Deployment/default/web', depth: 0 },
      { ref: 'ReplicaSet/default/web-new', depth: 1 },
      { ref: 'ReplicaSet/default/bare', depth: 0 },
      { ref: 'Service/default/web', depth: 0 },
    ]);
  });

  test("workloads stand before Services and the reader's other objects; the cluster's own are left out", () => {
    const owner = 'CronJob/default/tick';
    const jobs = [1, 2, 3, 4].map((n) =>
      row('Job', `tick-${n}`, { owner, createdMs: n, replicas: counts(1, 0) }),
    );
    const state = mirrored([
      row('ConfigMap', 'settings', { applied: true }),
      row('ConfigMap', 'kube-root-ca.crt'),
      row('ClusterRole', 'admin'),
      row('Service', 'db'),
      ...jobs,
      row('CronJob', 'tick'),
      row('DaemonSet', 'agent', { replicas: counts(0, 0) }),
      row('Tomato', 'big', { applied: true }),
      row('StatefulSet', 'db', { owner: 'Tomato/default/big', replicas: counts(3, 3) }),
    ]);
    expect(buildScene(state).shelf.map(({ ref, depth }) => `${depth} ${ref}`)).toEqual([
      '0 StatefulSet/default/db',
      '0 DaemonSet/default/agent',
      '0 CronJob/default/tick',
      '1 Job/default/tick-4',
      '1 Job/default/tick-3',
      '1 Job/default/tick-2',
      '0 Service/default/db',
      '0 ConfigMap/default/settings',
      '0 Tomato/default/big',
    ]);
  });

  test('what is neither a machine nor has a box of its own is a controller', () => {
    const names = ['kube-apiserver', 'etcd', 'kube-controller-manager', 'kube-scheduler'];
    const components = [...names, 'deployment-controller', 'kubelet/node-1'].map(component);
    expect(buildScene(mirrored([], { components })).controllers).toEqual(['deployment-controller']);
  });
});

const anyRow = fc.oneof(
  fc.nat(4).map((n) => row('Node', `node-${n}`)),
  fc
    .tuple(fc.nat(9), fc.nat(4))
    .map(([n, node]) => pod(`p-${n}`, node === 0 ? '' : `node-${node}`)),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([n, size]) =>
    row('ReplicaSet', `rs-${n}`, {
      replicas: counts(size, size),
      ...(n < 2 ? { owner: `Deployment/default/d-${n}` } : {}),
    }),
  ),
  fc.nat(2).map((n) => row('Deployment', `d-${n}`, { replicas: counts(1, 0) })),
);

const anyStep = fc.oneof(
  { weight: 3, arbitrary: anyRow.map((put) => ({ put, remove: '' })) },
  { weight: 1, arbitrary: anyRow.map((gone) => ({ put: null, remove: gone.ref })) },
);

test('after any frames the scene is the one of a mirror filled at once', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      const read = sceneReader();
      const rows = new Map<string, ObjectRow>();
      let state = mirrored([]);
      let scene = read(state);
      for (const { put, remove } of steps) {
        if (put !== null) rows.set(put.ref, put);
        rows.delete(remove);
        const removed = remove === '' ? [] : [remove];
        state = applyFrame(state, frame({ rows: put === null ? [] : [put], removed }), false);
        scene = read(state);
      }
      expect(scene).toEqual(buildScene(mirrored([...rows.values()])));
      expect(read(state)).toBe(scene);
    }),
  );
});
