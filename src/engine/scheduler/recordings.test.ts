/** The scheduler's plugins against what a real scheduler logged (goldens/controllers/scheduler-score). */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../api/generated/types.ts';
import { defaultPod } from '../../api/kinds/pod/defaults.ts';
import type { Draft } from '../../api/meta/object.ts';
import { Rng } from '../../kernel/rng.ts';
import { type CycleRecord, runCycle } from './cycle.ts';
import { Nominator } from './nominator.ts';
import { factories } from './plugins/index.ts';
import { defaultProfile, Profile } from './profile.ts';
import { Snapshot } from './snapshot.ts';

const ROOT = path.join(import.meta.dirname, '../../testing/goldens/controllers');

interface Case {
  readonly nodes: readonly Node[];
  readonly placed: readonly { readonly node: string; readonly pod: Draft<Pod> }[];
  readonly incoming: readonly Draft<Pod>[];
  readonly result: readonly {
    readonly pod: string;
    readonly node: string | null;
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
  defaultPod(copy);
  return copy as unknown as Pod;
}

function snapshotOf(c: Case): Snapshot {
  const snapshot = new Snapshot();
  // A node that the scheduler did not score was not there when it looked.
  const scored = Object.values(c.scores ?? {}).map((s) => s['total'] ?? {});
  const seen = c.nodes.filter(
    (n) => scored.length === 0 || scored.some((t) => n.metadata.name in t),
  );
  for (const node of seen) snapshot.setNode(node);
  for (const { node, pod } of c.placed) snapshot.addPod(stored(pod), node);
  return snapshot;
}

function cycle(pod: Pod, snapshot: Snapshot, state: { nextStart: number }): CycleRecord {
  const handle = { snapshot, isPreempting: () => false };
  return runCycle(pod, {
    profile: new Profile(defaultProfile('default-scheduler'), factories, handle),
    snapshot,
    nominator: new Nominator(),
    rng: new Rng(1, 'test'),
    state,
    percentage: 0,
  }).record;
}

describe('scores are those of the real scheduler', () => {
  // spread-default needs the Service and ReplicaSet of the case, which the cluster test brings.
  const cases = load('scheduler-score').filter(([name]) => name !== 'spread-default');
  it.each(cases)('%s', (_name, c) => {
    const snapshot = snapshotOf(c);
    const state = { nextStart: 0 };
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
  const OURS =
    /^(no-nodes|node-|port-|res-(?!sidecar|terminal|pod-level)|taint-(?!prefer)|unschedulable)/;
  const cases = load('scheduler')
    .filter(([name]) => OURS.test(name))
    // What the API server refused or the person placed never reached the scheduler.
    .filter(
      ([, c]) =>
        c.incoming.length === 1 && c.rejected === undefined && !c.incoming[0]?.spec.nodeName,
    );
  it.each(cases)('%s', (_name, c) => {
    const snapshot = snapshotOf(c);
    const pod = stored(c.incoming[0] as Draft<Pod>);
    const record = cycle(pod, snapshot, { nextStart: 0 });
    const [result] = c.result;
    if (result?.condition?.status === 'False')
      expect(record.message).toBe(result.condition.message);
    else
      expect(record.feasible.includes(result?.node ?? '') || record.node === result?.node).toBe(
        true,
      );
  });
});
