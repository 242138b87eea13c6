/** What the views say and draw of what the engine tells. */
import { describe, expect, it } from 'vitest';
import type { Decision } from '../../port/protocol-decision.ts';
import type {
  AutoscalerMetric,
  AutoscalerSample,
  OrdinalWorkings,
  RolloutSet,
  RolloutWorkings,
} from '../../port/protocol-workings.ts';
import { workingsText } from '../i18n/workings.ts';
import { formulaOf, plotOf, topOf } from './autoscaler.ts';
import { evictionLines } from './budget.ts';
import { differing, ordered, scoreText } from './decision.ts';
import { ordinalLines } from './ordinals.ts';
import { barsOf, rolloutLines, tilesOf } from './rollout.ts';

const t = workingsText.en;

const SET: RolloutSet = {
  ref: 'ReplicaSet/default/web-1',
  revision: 1,
  isNew: false,
  images: 'nginx:1.27',
  size: 8,
  pods: 8,
  ready: 8,
  available: 8,
  terminating: 0,
};

function rollout(change: Partial<RolloutWorkings>): RolloutWorkings {
  return {
    type: 'rollout',
    ref: 'Deployment/default/web',
    strategy: 'RollingUpdate',
    paused: false,
    revision: '2',
    desired: 10,
    surgeText: '25%',
    surge: 3,
    unavailableText: '25%',
    unavailable: 2,
    most: 13,
    least: 8,
    total: 13,
    available: 8,
    sets: [SET, { ...SET, revision: 2, isNew: true, size: 5, pods: 5, ready: 2, available: 0 }],
    state: 'waiting',
    grow: 0,
    shrink: 0,
    unready: 3,
    soaking: 2,
    minReadySeconds: 5,
    soakedMs: null,
    deadlineSeconds: 600,
    deadlineMs: null,
    conditions: [],
    ...change,
  };
}

describe('a rollout', () => {
  it.each<[string, Partial<RolloutWorkings>, readonly string[]]>([
    [
      'at both bounds',
      {},
      [
        'No new Pod may be made: 13 of at most 13 are there.',
        'No available Pod may be taken: 8 are, at least 8 have to be.',
        '3 new Pods are not ready yet.',
      ],
    ],
    [
      'with room for both',
      { state: 'moving', total: 11, available: 9, grow: 2, shrink: 1, unready: 1 },
      [
        'The new ReplicaSet may grow by 2: there may be 13 Pods, and there are 11.',
        'The old ones may lose 1: 9 Pods are available, and 8 have to be.',
        '1 new Pod is not ready yet.',
      ],
    ],
    ['complete', { state: 'complete' }, [t.rolloutComplete(10)]],
    ['paused', { state: 'paused' }, [t.rolloutPaused]],
    ['recreating', { state: 'recreating', strategy: 'Recreate' }, [t.rolloutRecreating(8)]],
  ])('%s', (_name, change, lines) => {
    expect(rolloutLines(rollout(change), t)).toEqual(lines);
  });

  it('draws a tile for each Pod, serving ones first', () => {
    const set = { ...SET, size: 5, pods: 5, ready: 3, available: 1, terminating: 2 };
    expect(tilesOf(set)).toEqual([
      ...['available', 'ready', 'ready', 'unready', 'unready'],
      ...['terminating', 'terminating'],
    ]);
    expect(
      tilesOf({ ...SET, size: 9_000, pods: 9_000, ready: 9_000, available: 9_000 }),
    ).toHaveLength(40);
  });

  it('measures both bars on one scale', () => {
    expect(barsOf(rollout({}))).toEqual({
      old: 8,
      fresh: 5,
      oldAvailable: 8,
      freshAvailable: 0,
      scale: 13,
    });
  });
});

describe("an autoscaler's chart", () => {
  const sample = (at: number, value: number | null): AutoscalerSample => ({
    at,
    current: 1,
    desired: 1,
    values: [value],
  });

  it('keeps a value until the next one, and leaves out what was not measured', () => {
    const samples = [sample(0, null), sample(10, 50), sample(20, 100)];
    const plot = plotOf(samples, 40, 100);
    expect(plot.path((s) => s.values[0] ?? null)).toBe('M75 42H150V0H300');
    expect(plotOf([], 5, 100).path(() => 1)).toBe('');
  });

  it.each([
    [[], 2],
    [[50_000, 120_000], 200_000],
    [[6], 7],
  ])('%j fits below %d', (values, top) => {
    expect(topOf(values)).toBe(top);
  });

  it('writes its formula with the numbers', () => {
    const metric: AutoscalerMetric = {
      name: 'cpu',
      targetType: 'Utilization',
      target: 50_000,
      targetText: '50%',
      value: 120_000,
      valueText: '120%',
      proposal: 8,
      tolerated: false,
    };
    expect(formulaOf(metric, 3)).toBe('ceil(3 × 120% / 50%) = 8');
  });
});

describe('evictions', () => {
  it('are one line a Pod, newest first, and kubectl asks again after five seconds', () => {
    const tries = [
      { pod: 'Pod/a/x', from: 'kubectl', at: 1_000_000, code: 429 },
      { pod: 'Pod/a/y', from: 'kubectl', at: 1_100_000, code: 201 },
      { pod: 'Pod/a/x', from: 'kubectl', at: 6_000_000, code: 429 },
    ];
    expect(evictionLines(tries)).toEqual([
      { pod: 'Pod/a/x', from: 'kubectl', at: 6_000_000, code: 429, tries: 2, retryAt: 11_000_000 },
      { pod: 'Pod/a/y', from: 'kubectl', at: 1_100_000, code: 201, tries: 1, retryAt: null },
    ]);
  });
});

describe('ordinals', () => {
  const of: OrdinalWorkings = {
    type: 'ordinals',
    ref: 'StatefulSet/default/db',
    policy: 'OrderedReady',
    strategy: 'RollingUpdate',
    partition: 1,
    desired: 2,
    minReadySeconds: 0,
    currentRevision: 1,
    updateRevision: 2,
    places: [],
    more: 0,
    waitsFor: null,
    held: null,
    nextUpdate: null,
  };

  it.each<[Partial<OrdinalWorkings>, readonly string[]]>([
    [{}, [t.ordinalsDone]],
    [{ waitsFor: { ordinal: 1, why: 'unready' } }, [t.ordinalsWait(1, 'not Ready')]],
    [{ policy: 'Parallel' }, [t.ordinalsParallel]],
    [
      { nextUpdate: 1, held: { by: 'partition', count: 1 } },
      [t.ordinalsDone, t.ordinalsNext(1, 2), t.heldPartition(1, 1)],
    ],
    [{ held: { by: 'OnDelete', count: 2 } }, [t.ordinalsDone, t.heldOnDelete(2)]],
  ])('%j', (change, lines) => {
    expect(ordinalLines({ ...of, ...change }, t)).toEqual(lines);
  });
});

describe('a decision', () => {
  const row = (node: string, points: number | null): Decision['rows'][number] => ({
    node,
    verdicts: points === null ? { A: '', B: 'too small' } : { A: '', B: '', C: '' },
    raw: {},
    normalized: {},
    points: points === null ? {} : { S: points, T: 7 },
    total: points === null ? null : points + 7,
  });
  const decision: Decision = {
    pod: 'Pod/default/x',
    at: 0,
    node: 'n2',
    message: '',
    filters: ['A', 'B', 'C'],
    scores: ['S', 'T'],
    weights: { S: 1, T: 1 },
    rows: [row('n1', 3), row('n2', 9), row('n3', null)],
    profile: 'default-scheduler',
    attempt: 1,
    allNodes: 3,
    equals: ['n2'],
    help: null,
  };

  it('tells which plugins made a difference', () => {
    expect(differing(decision)).toEqual({ filters: ['B'], scores: ['S'] });
  });

  it('lists the best node first, refused ones last', () => {
    expect(ordered(decision).map((r) => r.node)).toEqual(['n2', 'n1', 'n3']);
  });

  it('shortens scores', () => {
    expect([scoreText(37), scoreText(37.46)]).toEqual(['37', '37.5']);
  });
});
