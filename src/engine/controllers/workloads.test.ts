/** One cluster test for each controller that the recordings do not show whole. */
import { describe, expect, it } from 'vitest';
import { CronJob } from '../../api/kinds/cron-job.ts';
import { DaemonSet } from '../../api/kinds/daemon-set.ts';
import { EndpointSlice } from '../../api/kinds/endpoint-slice.ts';
import { Endpoints } from '../../api/kinds/endpoints.ts';
import { Event } from '../../api/kinds/event.ts';
import { HorizontalPodAutoscaler } from '../../api/kinds/horizontal-pod-autoscaler.ts';
import { Job } from '../../api/kinds/job.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { PodDisruptionBudget } from '../../api/kinds/pod-disruption-budget.ts';
import { ReplicationController } from '../../api/kinds/replication-controller.ts';
import { Service } from '../../api/kinds/service.ts';
import { StatefulSet } from '../../api/kinds/stateful-set.ts';
import { ControlPlane } from '../../testing/stand-in/control-plane.ts';
import { type Stage, Workers } from '../../testing/stand-in/workers.ts';

const NODES = ['n1', 'n2', 'n3'].map((name) => ({ name }));
const LABELS = { app: 'web' };
const metadata = { name: 'web', namespace: 'default' };
const template = {
  metadata: { labels: LABELS },
  spec: { containers: [{ name: 'app', image: 'app:1' }] },
};
const podSpec = { ...template.spec, restartPolicy: 'Never' as const };

function start(ends?: Stage['phase']): { plane: ControlPlane; workers: Workers } {
  const plane = new ControlPlane();
  const running: Stage = { after: 0.3, phase: 'Running', ready: true };
  const stages = ends ? [running, { after: 0.7, phase: ends, ready: false }] : [running];
  return { plane, workers: new Workers(plane, NODES, { stages: () => stages }) };
}

const pods = (plane: ControlPlane): readonly Pod[] =>
  plane.do(plane.admin.list(Pod, { namespace: 'default' })).items;
const reasons = (plane: ControlPlane, component: string): string[] =>
  plane
    .do(plane.admin.list(Event, { namespace: 'default' }))
    .items.filter((e) => e.source.component === component)
    .map((e) => e.reason ?? '');

describe('workloads', () => {
  it('a StatefulSet goes up one by one and comes down from the top', () => {
    const { plane } = start();
    const spec = { replicas: 3, serviceName: 'web', selector: { matchLabels: LABELS }, template };
    plane.do(plane.admin.create(StatefulSet, { metadata, spec }));
    plane.run(0.4);
    expect(pods(plane).map((p) => p.metadata.name)).toEqual(['web-0']);
    plane.run(3);
    const set = plane.do(plane.admin.get(StatefulSet, 'default', 'web'));
    expect(set.status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3 });
    plane.do(plane.admin.update(StatefulSet, { ...set, spec: { ...set.spec, replicas: 1 } }));
    plane.run(3);
    expect(pods(plane).map((p) => p.metadata.name)).toEqual(['web-0']);
  });

  it('a DaemonSet follows the nodes', () => {
    const { plane, workers } = start();
    const spec = { selector: { matchLabels: LABELS }, template };
    plane.do(plane.admin.create(DaemonSet, { metadata, spec }));
    plane.run(2);
    workers.addNode({ name: 'n4' });
    plane.run(2);
    const nodes = pods(plane).map((p) => p.spec.nodeName);
    expect([...nodes].sort()).toEqual(['n1', 'n2', 'n3', 'n4']);
    const ds = plane.do(plane.admin.get(DaemonSet, 'default', 'web'));
    expect(ds.status).toMatchObject({ desiredNumberScheduled: 4, numberReady: 4 });
  });

  it('a ReplicationController keeps its Pods', () => {
    const { plane } = start();
    const spec = { replicas: 2, selector: LABELS, template };
    plane.do(plane.admin.create(ReplicationController, { metadata, spec }));
    plane.run(2);
    const rc = plane.do(plane.admin.get(ReplicationController, 'default', 'web'));
    expect(rc.status).toMatchObject({ replicas: 2, readyReplicas: 2, observedGeneration: 1 });
    expect(reasons(plane, 'replication-controller')).toHaveLength(2);
  });

  it('a Job ends, and goes after its time to live', () => {
    const { plane } = start('Succeeded');
    const spec = { completions: 3, parallelism: 2, template: { spec: podSpec } };
    const ttl = { ...spec, ttlSecondsAfterFinished: 5 };
    plane.do(plane.admin.create(Job, { metadata, spec: ttl }));
    plane.run(5);
    const job = plane.do(plane.admin.get(Job, 'default', 'web'));
    expect(job.status.succeeded).toBe(3);
    expect(job.status.conditions?.map((c) => c.type)).toEqual(['SuccessCriteriaMet', 'Complete']);
    for (const pod of pods(plane)) expect(pod.metadata.finalizers).toBeUndefined();
    plane.run(10);
    expect(plane.read(plane.admin.get(Job, 'default', 'web'))).toBeUndefined();
  });

  it('a CronJob makes a Job each minute, in another zone when its clock says so', () => {
    const { plane } = start('Succeeded');
    const jobTemplate = { metadata: {}, spec: { template: { spec: podSpec } } };
    const spec = { schedule: '* * * * *', jobTemplate };
    plane.do(plane.admin.create(CronJob, { metadata, spec }));
    const elsewhere = { ...spec, schedule: '31 5 * * *', timeZone: 'Asia/Kolkata' };
    plane.do(
      plane.admin.create(CronJob, { metadata: { ...metadata, name: 'far' }, spec: elsewhere }),
    );
    plane.run(130);
    const jobs = plane.do(plane.admin.list(Job, { namespace: 'default' })).items;
    const at = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
    const times = jobs.map(({ metadata: { annotations } }) => annotations?.[at]);
    expect(times.sort()).toEqual([
      '2026-01-01T00:01:00Z',
      '2026-01-01T00:02:00Z',
      '2026-01-01T05:31:00+05:30',
    ]);
  });

  it('a CronJob whose day never comes is invalid, and looked at no more', () => {
    const { plane } = start('Succeeded');
    const jobTemplate = { metadata: {}, spec: { template: { spec: podSpec } } };
    const spec = { schedule: '0 0 31 2 *', jobTemplate };
    plane.do(plane.admin.create(CronJob, { metadata, spec }));
    plane.run(600);
    expect(reasons(plane, 'cronjob-controller')).toEqual(['InvalidSchedule']);
  });
});

describe('what goes with them', () => {
  it('a budget counts the Pods it protects', () => {
    const { plane } = start();
    const spec = { replicas: 3, selector: LABELS, template };
    plane.do(plane.admin.create(ReplicationController, { metadata, spec }));
    const budget = { maxUnavailable: 1, selector: { matchLabels: LABELS } };
    plane.do(plane.admin.create(PodDisruptionBudget, { metadata, spec: budget }));
    plane.run(2);
    const { status } = plane.do(plane.admin.get(PodDisruptionBudget, 'default', 'web'));
    expect(status).toMatchObject({ expectedPods: 3, desiredHealthy: 2, disruptionsAllowed: 1 });
  });

  it('a Service has Endpoints and a slice; hand-written Endpoints are mirrored', () => {
    const { plane } = start();
    const spec = { replicas: 2, selector: LABELS, template };
    plane.do(plane.admin.create(ReplicationController, { metadata, spec }));
    const ports = [{ port: 80, targetPort: 8080 }];
    plane.do(plane.admin.create(Service, { metadata, spec: { selector: LABELS, ports } }));
    const hand = { ...metadata, name: 'hand' };
    plane.do(plane.admin.create(Service, { metadata: hand, spec: { ports } }));
    const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 9000 }] }];
    plane.do(plane.admin.create(Endpoints, { metadata: hand, subsets }));
    plane.run(3);
    const endpoints = plane.do(plane.admin.get(Endpoints, 'default', 'web'));
    expect(endpoints.subsets?.[0]?.addresses).toHaveLength(2);
    const slices = plane.do(plane.admin.list(EndpointSlice, { namespace: 'default' })).items;
    const count = (name: string): number | undefined =>
      slices.find((s) => s.metadata.labels?.['kubernetes.io/service-name'] === name)?.endpoints
        ?.length;
    expect([slices.length, count('web'), count('hand')]).toEqual([2, 2, 1]);
  });

  it('an autoscaler keeps its target within bounds and says what it cannot measure', () => {
    const { plane } = start();
    const spec = { replicas: 1, selector: LABELS, template };
    plane.do(plane.admin.create(ReplicationController, { metadata, spec }));
    const scaleTargetRef = { apiVersion: 'v1', kind: 'ReplicationController', name: 'web' };
    const hpa = { scaleTargetRef, minReplicas: 2, maxReplicas: 4 };
    plane.do(plane.admin.create(HorizontalPodAutoscaler, { metadata, spec: hpa }));
    plane.run(20);
    expect(pods(plane)).toHaveLength(2);
    plane.run(20);
    const { status } = plane.do(plane.admin.get(HorizontalPodAutoscaler, 'default', 'web'));
    expect(status.conditions?.map((c) => c.reason)).toEqual([
      'SucceededGetScale',
      'FailedGetResourceMetric',
    ]);
    expect(reasons(plane, 'horizontal-pod-autoscaler')).toContain('SuccessfulRescale');
  });
});
