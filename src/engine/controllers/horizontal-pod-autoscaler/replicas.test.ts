/** Replica counts from measurements, and the words where there is none. */
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../api/generated/types.ts';
import type { Sample } from './metrics-client.ts';
import { sharedPerPod, sharedReplicas, usageReplicas, utilizationReplicas } from './replicas.ts';

const NOW_MS = Date.parse('2026-01-01T01:00:00Z');
const TOLERANCES = { down: 0.1, up: 0.1 };

interface Traits {
  /** Thousandths of a CPU; absent: not measured. */
  readonly uses?: number;
  readonly phase?: string;
  readonly ready?: 'True' | 'False';
  readonly readySince?: string;
  readonly started?: string;
  readonly request?: string;
  readonly going?: boolean;
}

const steady: Traits = {
  phase: 'Running',
  ready: 'True',
  readySince: '2026-01-01T00:00:10Z',
  started: '2026-01-01T00:00:00Z',
  request: '100m',
};

function world(list: readonly Traits[]): { pods: Pod[]; samples: Map<string, Sample> } {
  const samples = new Map<string, Sample>();
  const pods = list.map((traits, i) => {
    const t = { ...steady, ...traits };
    const name = `p${i}`;
    if (t.uses !== undefined) {
      samples.set(name, { value: t.uses, timestampMs: NOW_MS - 10_000, windowMs: 15_000 });
    }
    return {
      metadata: { name, ...(t.going ? { deletionTimestamp: '2026-01-01T00:59:00Z' } : {}) },
      spec: { containers: [{ name: 'app', resources: { requests: { cpu: t.request } } }] },
      status: {
        phase: t.phase,
        startTime: t.started,
        conditions: [{ type: 'Ready', status: t.ready, lastTransitionTime: t.readySince }],
      },
    } as unknown as Pod;
  });
  return { pods, samples };
}

const target = {
  current: 0,
  tolerances: TOLERANCES,
  nowMs: NOW_MS,
  resource: 'cpu',
  container: '',
};

function utilization(list: readonly Traits[], percent = 50): unknown {
  const { pods, samples } = world(list);
  const wanted = { ...target, current: list.length, utilization: percent };
  return utilizationReplicas(samples, pods, wanted);
}

const young = { started: '2026-01-01T00:58:00Z' };

describe('replicas for a utilization', () => {
  it.each<[string, readonly Traits[], number]>([
    ['twice the target: twice as many', [{ uses: 100 }, { uses: 100 }], 4],
    ['within ten percent: as many', [{ uses: 54 }, { uses: 54 }], 2],
    ['a little more: one more', [{ uses: 56 }, { uses: 56 }], 3],
    ['half: half as many', [{ uses: 25 }, { uses: 25 }], 1],
    ['missing, going up: as if it used nothing', [{ uses: 200 }, { uses: 200 }, {}], 8],
    ['missing, going up, and nothing is left to do', [{ uses: 60 }, { uses: 60 }, {}], 3],
    ['missing, going down: as if it used all', [{ uses: 10 }, { uses: 10 }, {}], 3],
    ['pending, going up', [{ uses: 200 }, { phase: 'Pending' }], 4],
    ['pending, going down: not counted', [{ uses: 10 }, { phase: 'Pending' }], 1],
    ['being deleted or failed: not counted', [{ uses: 50 }, { uses: 900, going: true }], 2],
    [
      'just started and not ready: as if it used nothing',
      [{ uses: 150 }, { uses: 900, ready: 'False', ...young }],
      3,
    ],
    [
      'ready, but measured before: as if it used nothing',
      [{ uses: 150 }, { uses: 900, readySince: '2026-01-01T00:59:40Z', ...young }],
      3,
    ],
    ['long started, once ready and not now: counted', [{ uses: 100, ready: 'False' }], 2],
  ])('%s', (_, list, replicas) => {
    // One that was ready for longer than it takes to be thought of as starting.
    const known = list.map((t) => (t.ready === 'False' && !t.started ? { ...t, ...late } : t));
    expect(utilization(known)).toMatchObject({ replicas });
  });

  const late = { readySince: '2026-01-01T00:30:00Z' };

  it.each<[string, readonly Traits[], string]>([
    ['no Pods', [], 'no pods returned by selector while calculating replica count'],
    [
      'none counts',
      [{ uses: 10, ready: 'False', ...young }],
      'did not receive metrics for targeted pods (pods might be unready)',
    ],
    [
      'no request',
      [{ uses: 10, request: undefined as unknown as string }],
      'missing request for cpu in container app of Pod p0',
    ],
    ['requests of nothing', [{ uses: 10, request: '0' }], 'no metrics returned matched known pods'],
  ])('%s', (_, list, message) => {
    expect(() => utilization(list)).toThrow(message);
  });

  it('looks at one container when asked to', () => {
    const { pods, samples } = world([{ uses: 100 }]);
    const wanted = { ...target, current: 1, utilization: 50 };
    expect(utilizationReplicas(samples, pods, { ...wanted, container: 'app' }).replicas).toBe(2);
    expect(() => utilizationReplicas(samples, pods, { ...wanted, container: 'no' })).toThrow(
      'container no not found in Pod p0',
    );
  });
});

describe('replicas for a value', () => {
  it('of each Pod', () => {
    const { pods, samples } = world([{ uses: 300 }, { uses: 100 }]);
    const wanted = { ...target, current: 2, usage: 100 };
    expect(usageReplicas(samples, pods, wanted)).toMatchObject({ replicas: 4, usage: 200 });
  });

  it('of all together follows the ready ones', () => {
    const { pods } = world([{}, { ready: 'False' }]);
    const wanted = { ...target, usage: 1_000 };
    expect(sharedReplicas(3_000, pods, { ...wanted, current: 2 })).toBe(3);
    expect(sharedReplicas(1_050, pods, { ...wanted, current: 2 })).toBe(2);
    expect(sharedReplicas(2_500, pods, { ...wanted, current: 0 })).toBe(3);
    expect(() => sharedReplicas(3_000, [], { ...wanted, current: 2 })).toThrow(
      'unable to calculate ready pods: no pods returned by selector',
    );
  });

  it('of all together, divided', () => {
    const wanted = { ...target, usage: 1_000 };
    expect(sharedPerPod(5_500, { ...wanted, current: 2 })).toEqual({ replicas: 6, usage: 2_750 });
    expect(sharedPerPod(2_100, { ...wanted, current: 2 })).toEqual({ replicas: 2, usage: 1_050 });
  });
});
