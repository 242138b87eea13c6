/** What an autoscaler says of targets it cannot scale and metrics nobody serves. */
import { describe, expect, it } from 'vitest';
import { DaemonSet } from '../../api/kinds/daemon-set.ts';
import { Deployment } from '../../api/kinds/deployment.ts';
import { Event } from '../../api/kinds/event.ts';
import { HorizontalPodAutoscaler } from '../../api/kinds/horizontal-pod-autoscaler.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { StandInMetrics } from '../../testing/goldens-controllers/metrics.ts';
import { Workers } from '../../testing/stand-in/workers.ts';

const metadata = { name: 'web', namespace: 'default' };
const selector = { matchLabels: { app: 'web' } };
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'app', image: 'app:1', resources: { requests: { cpu: '100m' } } }] },
};
const cpu = { type: 'Utilization', averageUtilization: 50 };

interface Told {
  readonly conditions: readonly string[];
  readonly events: readonly string[];
}

function told(target: object, metrics: readonly object[], readings?: StandInMetrics): Told {
  const plane = new ControlPlane(readings ? { usage: readings } : {});
  if (readings) readings.plane = plane;
  new Workers(plane, [{ name: 'n1' }]);
  plane.do(plane.admin.create(Deployment, { metadata, spec: { selector, template } }));
  plane.do(plane.admin.create(DaemonSet, { metadata, spec: { selector, template } }));
  const spec = { scaleTargetRef: target, maxReplicas: 5, metrics };
  plane.do(plane.admin.create(HorizontalPodAutoscaler, { metadata, spec } as never));
  plane.run(16);
  const { status } = plane.do(plane.admin.get(HorizontalPodAutoscaler, 'default', 'web'));
  const events = plane.do(plane.admin.list(Event, { namespace: 'default' })).items;
  return {
    conditions: (status.conditions ?? []).map((c) => `${c.type} ${c.reason}: ${c.message}`),
    events: events
      .filter((e) => e.source.component === 'horizontal-pod-autoscaler')
      .map((e) => `${e.reason}: ${e.message}`),
  };
}

const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const resource = { type: 'Resource', resource: { name: 'cpu', target: cpu } };

describe('targets', () => {
  it.each([
    ['that is not there', { ...deployment, name: 'no' }, 'deployments.apps "no" not found'],
    [
      'of a kind that cannot be scaled',
      { ...deployment, kind: 'DaemonSet' },
      'the server could not find the requested resource',
    ],
    [
      'of no kind at all',
      { ...deployment, kind: 'Nothing' },
      'no matches for kind "Nothing" in group "apps"',
    ],
  ])('%s', (_, target, error) => {
    const { conditions, events } = told(target, [resource]);
    expect(events).toEqual([`FailedGetScale: ${error}`]);
    const what = "the HPA controller was unable to get the target's current scale";
    expect(conditions).toEqual([`AbleToScale FailedGetScale: ${what}: ${error}`]);
  });
});

describe('metrics that nobody serves', () => {
  const about = 'the HPA was unable to compute the replica count';
  const custom =
    'unable to fetch metrics from custom metrics API: ' +
    'no custom metrics API (custom.metrics.k8s.io) registered';
  it.each([
    [
      'resources',
      resource,
      'FailedGetResourceMetric',
      'failed to get cpu utilization: unable to get metrics for resource cpu: ' +
        'unable to fetch metrics from resource metrics API: ' +
        'the server could not find the requested resource (get pods.metrics.k8s.io)',
      'failed to get cpu resource metric value: ',
    ],
    [
      'an object, by value',
      {
        type: 'Object',
        object: {
          metric: { name: 'rps' },
          describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' },
          target: { type: 'Value', value: '10' },
        },
      },
      'FailedGetObjectMetric',
      `unable to get metric rps: ${custom} on Service default/web`,
      'failed to get object metric value: ',
    ],
    [
      'an object, by average',
      {
        type: 'Object',
        object: {
          metric: { name: 'rps' },
          describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      },
      'FailedGetObjectMetric',
      `unable to get metric rps: ${custom} on Service default/web`,
      'failed to get object metric value: failed to get rps object metric: ',
    ],
    [
      'something outside',
      {
        type: 'External',
        external: {
          metric: { name: 'queue', selector: { matchLabels: { q: 'a' } } },
          target: { type: 'AverageValue', averageValue: '10' },
        },
      },
      'FailedGetExternalMetric',
      'unable to get external metric default/queue/&LabelSelector{' +
        'MatchLabels:map[string]string{q: a,},MatchExpressions:[]LabelSelectorRequirement{},}: ' +
        'unable to fetch metrics from external metrics API: ' +
        'the server could not find the requested resource (get queue.external.metrics.k8s.io)',
      'failed to get queue external metric value: failed to get queue external metric: ',
    ],
  ])('%s', (_, metric, reason, error, prefix) => {
    const { conditions, events } = told(deployment, [metric]);
    expect(conditions[1]).toBe(`ScalingActive ${reason}: ${about}: ${error}`);
    expect(events).toEqual([
      `${reason}: ${error}`,
      'FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), ' +
        `first error is: ${prefix}${error}`,
    ]);
  });

  it('hold back only a scale-down', () => {
    const readings = new StandInMetrics();
    readings.tell('every running pod uses 200m cpu, 1Mi memory');
    const pods = {
      type: 'Pods',
      pods: { metric: { name: 'rps' }, target: { type: 'AverageValue', averageValue: '1' } },
    };
    const up = told(deployment, [pods, resource], readings);
    expect(up.events.at(-1)).toBe(
      'SuccessfulRescale: New size: 4; reason: cpu resource utilization ' +
        '(percentage of request) above target',
    );
    readings.tell('every running pod uses 10m cpu, 1Mi memory');
    const still = told(deployment, [pods, resource], readings);
    // One replica is what both ask for, so that nothing is held back.
    expect(still.conditions[1]).toMatch(/^ScalingActive ValidMetricFound/);
  });
});
