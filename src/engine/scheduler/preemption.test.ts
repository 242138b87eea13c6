/** Preemption: which node, which victims; and Pods that have been promised room. */
import { describe, expect, it } from 'vitest';
import type { Node, Pod, PodDisruptionBudget } from '../../api/generated/types.ts';
import { Rng } from '../../kernel/rng.ts';
import { type CycleRecord, newCycleState, runCycle } from './cycle.ts';
import { EMPTY_LOOKUP } from './lookup.ts';
import { Nominator } from './nominator.ts';
import { factories } from './plugins/index.ts';
import { defaultProfile, Profile } from './profile.ts';
import { Snapshot } from './snapshot.ts';

/** cpu, priority, and more: `start` in seconds, labels, deletion. */
interface Placed {
  readonly name: string;
  readonly cpu: number;
  readonly priority: number;
  readonly start?: number;
  readonly app?: string;
  readonly ends?: boolean;
}

type Nodes = Readonly<Record<string, readonly Placed[]>>;

function podOf({ name, cpu, priority, start = 0, app, ends = false }: Placed): Pod {
  const resources = { requests: { cpu: String(cpu) } };
  const conditions = [
    { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler' },
  ];
  return {
    metadata: {
      name,
      namespace: 'd',
      uid: name,
      ...(app ? { labels: { app } } : {}),
      ...(ends ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: { containers: [{ name: 'c', resources }], priority, schedulerName: 'default-scheduler' },
    status: {
      startTime: `2026-01-01T00:00:${String(start).padStart(2, '0')}Z`,
      ...(ends ? { conditions } : {}),
    },
  } as unknown as Pod;
}

class World {
  readonly snapshot = new Snapshot();
  readonly nominator = new Nominator();

  constructor(nodes: Nodes, budgets: readonly PodDisruptionBudget[] = []) {
    for (const [name, pods] of Object.entries(nodes)) {
      const allocatable = { cpu: '4', memory: '8Gi', pods: '110' };
      const node = { metadata: { name, labels: {} }, spec: {}, status: { allocatable } };
      this.snapshot.setNode(node as unknown as Node);
      for (const pod of pods) this.snapshot.addPod(podOf(pod), name);
    }
    this.snapshot.lookup = { ...EMPTY_LOOKUP, budgets: () => budgets };
  }

  try(pod: Pod): CycleRecord {
    const handle = { snapshot: this.snapshot, isPreempting: () => false };
    return runCycle(pod, {
      profile: new Profile(defaultProfile('default-scheduler'), factories, handle),
      snapshot: this.snapshot,
      nominator: this.nominator,
      rng: new Rng(1, 'test'),
      state: newCycleState(),
      percentage: 0,
    }).record;
  }
}

function budget(app: string, allowed: number): PodDisruptionBudget {
  return {
    metadata: { name: app, namespace: 'd', uid: app },
    spec: { selector: { matchLabels: { app } } },
    status: { disruptionsAllowed: allowed },
  } as unknown as PodDisruptionBudget;
}

const urgent = (cpu = 2): Pod => podOf({ name: 'urgent', cpu, priority: 100 });
const low = (name: string, cpu: number, more: Partial<Placed> = {}): Placed => ({
  name,
  cpu,
  priority: 1,
  ...more,
});

describe('a Pod of higher priority', () => {
  it.each<[string, Nodes, readonly PodDisruptionBudget[], string, readonly string[]]>([
    ['takes no more than it needs', { n1: [low('a', 2), low('b', 2)] }, [], 'n1', ['b']],
    [
      'takes those that started last',
      { n1: [low('a', 2, { start: 9 }), low('b', 2, { start: 5 })] },
      [],
      'n1',
      ['a'],
    ],
    [
      'spares the more important',
      { n1: [low('a', 2, { priority: 50 }), low('b', 2)] },
      [],
      'n1',
      ['b'],
    ],
    [
      'goes where the most important victim is least important',
      { n1: [low('a', 4, { priority: 50 })], n2: [low('b', 4, { priority: 40 })] },
      [],
      'n2',
      ['b'],
    ],
    [
      'goes where fewer have to go',
      { n1: ['a', 'b', 'c', 'd'].map((name) => low(name, 1)), n2: [low('e', 4)] },
      [],
      'n2',
      ['e'],
    ],
    [
      'counts all victims when the most important are alike',
      { n1: [low('a', 1), low('b', 1), low('c', 2, { priority: 100 })], n2: [low('d', 4)] },
      [],
      'n2',
      ['d'],
    ],
    [
      'goes where the victims are youngest',
      { n1: [low('a', 4, { start: 1 })], n2: [low('b', 4, { start: 8 })] },
      [],
      'n2',
      ['b'],
    ],
    [
      'minds budgets first',
      { n1: [low('a', 4, { app: 'guarded' })], n2: [low('b', 4, { priority: 90 })] },
      [budget('guarded', 0)],
      'n2',
      ['b'],
    ],
    [
      'spares the guarded on its node',
      { n1: [low('a', 2, { app: 'guarded', start: 9 }), low('b', 2)] },
      [budget('guarded', 0)],
      'n1',
      ['b'],
    ],
    [
      'passes over a budget that allows it',
      { n1: [low('a', 2, { app: 'guarded', start: 9 }), low('b', 2)] },
      [budget('guarded', 1)],
      'n1',
      ['a'],
    ],
    [
      'overdraws a budget when nothing else helps',
      { n1: [low('a', 4, { app: 'guarded' })] },
      [budget('guarded', 0)],
      'n1',
      ['a'],
    ],
  ])('%s', (_what, nodes, budgets, node, victims) => {
    const { help, message } = new World(nodes, budgets).try(urgent());
    expect(help).toEqual({ message: '', nominate: node, victims: victims.map((v) => `d/${v}`) });
    expect(message).toMatch(/Insufficient cpu\.$/);
  });

  it('says why nothing can be done', () => {
    const nodes = { n1: [low('a', 4, { priority: 100 })], n2: [low('b', 4), low('c', 0)] };
    expect(new World(nodes).try(urgent(5)).message).toBe(
      '0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, ' +
        'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    );
    expect(new World({ n1: nodes.n1 }).try(urgent()).message).toBe(
      '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, ' +
        'preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    );
  });

  it('waits while those it evicted are on their way', () => {
    const world = new World({ n1: [low('a', 4, { ends: true })] });
    const pod = urgent();
    const waiting = { ...pod, status: { ...pod.status, nominatedNodeName: 'n1' } };
    expect(world.try(waiting).message).toContain(
      'preemption: not eligible due to a terminating pod on the nominated node.',
    );
  });
});

describe('room that has been promised', () => {
  it('is taken for Pods of no higher priority, and free for others', () => {
    const world = new World({ n1: [low('a', 1)] });
    world.nominator.set(podOf({ name: 'first', cpu: 2, priority: 50 }), 'n1');
    expect(world.try(podOf({ name: 'lower', cpu: 2, priority: 10 })).node).toBe('');
    expect(world.try(podOf({ name: 'equal', cpu: 2, priority: 50 })).node).toBe('');
    expect(world.try(urgent(2)).node).toBe('n1');
  });

  it('is there for the Pod itself, before other nodes are looked at', () => {
    const world = new World({ n1: [low('a', 2)], n2: [] });
    const own = podOf({ name: 'first', cpu: 2, priority: 50 });
    const promised = { ...own, status: { ...own.status, nominatedNodeName: 'n1' } };
    world.nominator.set(promised, 'n1');
    const record = world.try(promised);
    expect(record.node).toBe('n1');
    expect(record.found.map((n) => n.name)).toEqual(['n1']);
  });
});
