/** The scheduler's plugins against what a real scheduler logged (goldens/controllers/scheduler-score). */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type {
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  StorageClass,
} from '../../api/generated/types.ts';
import { mergeMatchLabelKeys } from '../../api/kinds/pod/match-label-keys.ts';
import { defaultPod } from '../../api/kinds/pod/defaults.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { Rng } from '../../kernel/rng.ts';
import { type CycleState, newCycleState, runCycle } from './cycle.ts';
import { DecisionRecord } from './decisions.ts';
import { EMPTY_LOOKUP, type Lookup } from './lookup.ts';
import { Nominator } from './nominator.ts';
import { factories } from './plugins/index.ts';
import { defaultProfile, Profile } from './profile.ts';
import { Snapshot } from './snapshot.ts';

const ROOT = path.join(import.meta.dirname, '../../testing/goldens/controllers');

interface Case {
  readonly nodes: readonly Node[];
  readonly placed: readonly { readonly node: string; readonly pod: Draft<Pod> }[];
  readonly objects: readonly (KubeObject & { readonly kind: string })[];
  readonly incoming: readonly Draft<Pod>[];
  readonly result: readonly {
    readonly pod: string;
    readonly node: string | null;
    /** Where it will be when its volumes are there. */
    readonly nominatedNodeName?: string;
    readonly condition?: { readonly status: string; readonly message?: string };
  }[];
  readonly rejected?: unknown;
  readonly scores?: Readonly<
    Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>
  >;
}

/** Plugins that other parts of the project bring later. */
const LATER = new Set(['total']);

function load(folder: string): [string, Case][] {
  return fs
    .readdirSync(path.join(ROOT, folder))
    .map((f) => [
      f.replace('.json', ''),
      JSON.parse(fs.readFileSync(path.join(ROOT, folder, f), 'utf8')) as Case,
    ]);
}

function stored(pod: Draft<Pod>): Pod {
  const copy = structuredClone(pod);
  copy.status = {};
  copy.metadata.namespace ??= 's';
  mergeMatchLabelKeys(copy);
  defaultPod(copy);
  return copy as unknown as Pod;
}

function snapshotOf(c: Case): Snapshot {
  const snapshot = new Snapshot();
  snapshot.lookup = lookupOf(c);
  // A node that the scheduler did not score was not there when it looked.
  const scored = Object.values(c.scores ?? {}).map((s) => s['total'] ?? {});
  const seen = c.nodes.filter(
    (n) => scored.length === 0 || scored.some((t) => n.metadata.name in t),
  );
  for (const node of seen) snapshot.setNode(node);
  for (const { node, pod } of c.placed) snapshot.addPod(stored(pod), node);
  return snapshot;
}

/** What the volume binder had made of the case's objects when its Pod came. */
function lookupOf({ objects }: Case): Lookup {
  const named = <T>(kind: string, name: string): T | undefined =>
    objects.find((o) => o.kind === kind && o.metadata.name === name) as T | undefined;
  const all = <T>(kind: string): readonly T[] => objects.filter((o) => o.kind === kind) as T[];
  return {
    ...EMPTY_LOOKUP,
    namespace: (name) =>
      namespaces(all<Namespace>('Namespace')).find((n) => n.metadata.name === name),
    namespaces: () => namespaces(all<Namespace>('Namespace')),
    storageClass: (name) => named<StorageClass>('StorageClass', name),
    volume: (name) => named<PersistentVolume>('PersistentVolume', name),
    volumesOfClass: (name) =>
      all<PersistentVolume>('PersistentVolume')
        .filter((v) => v.spec.storageClassName === name)
        .map((v) => ({ ...v, status: { phase: 'Available' } })),
    claim(_namespace, name) {
      const claim = named<PersistentVolumeClaim>('PersistentVolumeClaim', name);
      const volume = named<PersistentVolume>('PersistentVolume', claim?.spec.volumeName ?? '');
      if (!claim || !volume) return claim;
      const annotations = { 'pv.kubernetes.io/bind-completed': 'yes' };
      return { ...claim, metadata: { ...claim.metadata, annotations } };
    },
  };
}

/** Every namespace carries its name as a label. */
function namespaces(made: readonly Namespace[]): readonly Namespace[] {
  const all = [...made, ...['s', 'other'].map((name) => ({ metadata: { name } }) as Namespace)];
  return all.map((n) => ({
    ...n,
    metadata: {
      ...n.metadata,
      labels: { 'kubernetes.io/metadata.name': n.metadata.name, ...n.metadata.labels },
    },
  }));
}

function cycle(pod: Pod, snapshot: Snapshot, state: CycleState): DecisionRecord {
  const handle = { snapshot, isPreempting: () => false };
  const { record } = runCycle(pod, {
    profile: new Profile(defaultProfile('default-scheduler'), factories, handle),
    snapshot,
    nominator: new Nominator(),
    rng: new Rng(1, 'test'),
    state,
    percentage: 0,
  });
  const names = { pod: '', uid: '', profile: '', scheduler: '', attempt: 1, at: 0 };
  return new DecisionRecord(record, names);
}

describe('scores are those of the real scheduler', () => {
  // spread-default needs the Service and ReplicaSet of the case, which the cluster test brings.
  const cases = load('scheduler-score').filter(([name]) => name !== 'spread-default');
  it.each(cases)('%s', (_name, c) => {
    const snapshot = snapshotOf(c);
    const state = newCycleState();
    for (const incoming of c.incoming) {
      const pod = stored(incoming);
      const record = cycle(pod, snapshot, state);
      const wanted = c.scores?.[incoming.metadata.name] ?? {};
      for (const [plugin, scores] of Object.entries(wanted)) {
        if (LATER.has(plugin)) continue;
        const k = record.scorers.indexOf(plugin);
        const got = Object.fromEntries(record.feasible.map((n, i) => [n, record.scores[k]?.[i]]));
        expect(got, `${incoming.metadata.name} ${plugin}`).toEqual(scores);
      }
      const placed = c.result.find((r) => r.pod === incoming.metadata.name)?.node;
      if (placed) snapshot.addPod(pod, placed);
    }
  });
});

describe('sentences are those of the real scheduler', () => {
  // These need more than one cycle: preemption, later steps, other controllers.
  const WHOLE_CLUSTER =
    /^(preempt-|priority-order|gated|scheduler-name|vol-ephemeral|res-terminal)/;
  const cases = load('scheduler')
    .filter(([name]) => !WHOLE_CLUSTER.test(name))
    // What the API server refused or the person placed never reached the scheduler.
    .filter(([, c]) => c.rejected === undefined && !c.incoming[0]?.spec.nodeName)
    .filter(([, c]) => c.incoming.length === 1);
  it.each(cases)('%s', (_name, c) => {
    const snapshot = snapshotOf(c);
    const pod = stored(c.incoming[0] as Draft<Pod>);
    const record = cycle(pod, snapshot, newCycleState());
    const [result] = c.result;
    if (result?.condition?.status === 'False')
      expect(record.message).toBe(result.condition.message);
    else expect(record.feasible).toContain(result?.node ?? result?.nominatedNodeName);
  });
});
