/** HorizontalPodAutoscaler in both versions, PodDisruptionBudget and eviction, as tables. */
import { describe, expect, it } from 'vitest';
import { created, createErrors } from '../../testing/kind-rules.ts';
import { cloneJson } from '../meta/json.ts';
import { ApiError } from '../meta/status.ts';
import { HorizontalPodAutoscalerV1 } from './horizontal-pod-autoscaler-v1.ts';
import { HorizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { podEviction } from './pod/eviction.ts';
import { PodDisruptionBudget } from './pod-disruption-budget.ts';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' };
const hpa = (spec: object): object => ({ spec: { scaleTargetRef, maxReplicas: 3, ...spec } });
const cpu = (target: object): object => ({ type: 'Resource', resource: { name: 'cpu', target } });

describe('HorizontalPodAutoscaler', () => {
  it('is defaulted', () => {
    const stored = created(HorizontalPodAutoscaler, hpa({ behavior: { scaleUp: {} } }));
    expect(stored.spec).toMatchObject({
      minReplicas: 1,
      metrics: [cpu({ type: 'Utilization', averageUtilization: 80 })],
      behavior: { scaleUp: { selectPolicy: 'Max' }, scaleDown: { selectPolicy: 'Max' } },
    });
    expect(stored.status).toEqual({ desiredReplicas: 0, currentMetrics: null });
  });
  it.each([
    [{}, []],
    [
      { metrics: [cpu({ type: 'Utilization' })] },
      [
        'spec.metrics[0].resource.target.averageUtilization: Required value: ' +
          'must set either a target raw value or a target utilization',
      ],
    ],
    [
      { metrics: [{ type: 'Pods', resource: { name: 'cpu', target: { type: 'x' } } }] },
      [
        'spec.metrics[0].resource.target.type: Invalid value: "x": ' +
          'must be either Utilization, Value, or AverageValue',
        'spec.metrics[0].resource.target.averageUtilization: Required value: ' +
          'must set either a target raw value or a target utilization',
        'spec.metrics[0].pods: Required value: ' +
          'must populate information for the given metric source',
      ],
    ],
    [
      { scaleTargetRef: { kind: 'Pod', name: 'a', apiVersion: 'v1' } },
      ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group'],
    ],
  ])('%j', (spec, errors) => {
    expect(createErrors(HorizontalPodAutoscaler, hpa(spec))).toEqual(errors);
  });
  it('goes through autoscaling/v1 unchanged', () => {
    const metrics = [
      {
        type: 'Pods',
        pods: { metric: { name: 'q' }, target: { type: 'AverageValue', averageValue: '1k' } },
      },
      cpu({ type: 'Utilization', averageUtilization: 60 }),
    ];
    const behavior = { scaleDown: { stabilizationWindowSeconds: 10 } };
    const stored = created(HorizontalPodAutoscaler, hpa({ metrics, behavior }));
    const { storedAs } = HorizontalPodAutoscalerV1;
    const shown = storedAs?.fromStored(stored as never);
    expect(shown?.spec.targetCPUUtilizationPercentage).toBe(60);
    expect(Object.keys(shown?.metadata.annotations ?? {})).toEqual([
      'autoscaling.alpha.kubernetes.io/behavior',
      'autoscaling.alpha.kubernetes.io/metrics',
    ]);
    expect(storedAs?.toStored(cloneJson(shown) as never)).toMatchObject(stored);
  });
});

const budget = (status: object): object => ({
  ...created(PodDisruptionBudget, { spec: { selector: { matchLabels: { app: 'x' } } } }),
  status: { observedGeneration: 1, ...status },
});

describe('PodDisruptionBudget', () => {
  it.each([
    [{ minAvailable: '50%' }, []],
    [
      { minAvailable: -1 },
      ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0'],
    ],
  ])('%j', (spec, errors) => expect(createErrors(PodDisruptionBudget, { spec })).toEqual(errors));
});

describe('eviction', () => {
  const NOW = '2026-01-01T00:00:00Z';
  /** Evicts a ready Pod; answers what was written of the budget, and the answer or refusal. */
  function evict(
    budgets: readonly object[],
    phase = 'Running',
  ): { written: unknown; said: unknown } {
    const pod = {
      metadata: { name: 'p', namespace: 'default', labels: { app: 'x' } },
      spec: {},
      status: { phase, conditions: [{ type: 'Ready', status: 'True' }] },
    };
    let written: unknown;
    const context = {
      now: NOW,
      dryRun: false,
      list: () => budgets,
      updateStatus: (_g: string, _p: string, object: { status: unknown }) =>
        (written = object.status),
    };
    try {
      const said = podEviction.create({ metadata: { name: 'p' } }, pod as never, context as never);
      return { written, said };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { written, said: error.status.details ?? error.message };
    }
  }
  const done = { changed: true, answer: undefined, remove: {} };

  it('takes one from the budget', () => {
    const { written, said } = evict([budget({ disruptionsAllowed: 1, desiredHealthy: 1 })]);
    expect(said).toEqual(done);
    expect(written).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { p: NOW },
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    });
  });
  it.each([
    [{ currentHealthy: 1, desiredHealthy: 1 }, 'needs 1 healthy pods and has 1 currently'],
    [{ currentHealthy: 2, desiredHealthy: 1 }, 'does not allow evicting pods currently'],
    [{ observedGeneration: 0 }, 'is still being processed by the server.'],
  ])('is refused while %j', (status, text) => {
    const { said } = evict([budget(status)]);
    expect(said).toMatchObject({
      causes: [{ reason: 'DisruptionBudget', message: `The disruption budget a ${text}` }],
    });
  });
  it('asks no budget about a Pod that does not run', () => {
    expect(evict([budget({})], 'Failed').said).toEqual(done);
  });
  it('does not know what to do with two budgets', () => {
    const { said } = evict([budget({}), budget({})]);
    expect(said).toMatchObject({ changed: false, answer: { status: 'Failure', code: 500 } });
  });
});
