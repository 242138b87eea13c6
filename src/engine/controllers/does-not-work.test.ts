/**
 * What seems to work and does not: mistakes that the API server takes, and the words in which the
 * controllers tell of them.
 */
import { describe, expect, it } from 'vitest';
import type {
  CronJob,
  Deployment,
  EndpointSlice,
  Event,
  Job,
  Namespace,
} from '../../api/generated/types.ts';
import { SmallCluster } from '../../testing/small-cluster.ts';

const APPS = '/apis/apps/v1/namespaces/default';
const CORE = '/api/v1/namespaces/default';
const BATCH = '/apis/batch/v1/namespaces/default';
const MERGE = 'application/merge-patch+json';

const server = { name: 'app', image: 'nginx:1.27' };
const template = (app: string, container: object = server): object => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 1, containers: [container] },
});
const deployment = (replicas: number, container: object = server): object => ({
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: template('web', container),
  },
});
const jobSpec = (command: readonly string[], more: object = {}): object => ({
  ...more,
  template: {
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 1,
      containers: [{ name: 'app', image: 'busybox:1.36', command }],
    },
  },
});

function endpointsOf(w: SmallCluster): { addresses: number; ports: readonly unknown[] } {
  const slices = w
    .all<EndpointSlice>('endpointslices')
    .filter((s) => s.metadata.labels?.['kubernetes.io/service-name'] === 'web');
  const endpoints = slices.flatMap((s) => s.endpoints ?? []);
  return {
    addresses: endpoints.length,
    ports: slices.flatMap((s) => s.ports ?? []).map((p) => p.port),
  };
}

function conditionsOf(job: Job | undefined): readonly unknown[] {
  return (job?.status.conditions ?? []).map((c) => [c.type, c.reason, c.message]);
}

describe('a Service', () => {
  it('whose selector fits no Pod has no endpoints', () => {
    const w = new SmallCluster();
    w.post(`${APPS}/deployments`, deployment(2));
    const spec = { selector: { app: 'wed' }, ports: [{ port: 80 }] };
    w.post(`${CORE}/services`, { metadata: { name: 'web' }, spec });
    w.run(20);
    expect(endpointsOf(w)).toEqual({ addresses: 0, ports: [] });
    w.request('PATCH', `${CORE}/services/web`, { spec: { selector: { app: 'web' } } }, MERGE);
    w.run(5);
    expect(endpointsOf(w)).toEqual({ addresses: 2, ports: [80] });
  });

  it('whose target port nobody listens on has endpoints all the same', () => {
    const w = new SmallCluster();
    w.post(`${APPS}/deployments`, deployment(2));
    const spec = { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] };
    w.post(`${CORE}/services`, { metadata: { name: 'web' }, spec });
    w.run(20);
    expect(endpointsOf(w)).toEqual({ addresses: 2, ports: [8080] });
  });
});

it('a Service that asks for hints by zone has them when its nodes are in zones, and is told so', () => {
  const w = new SmallCluster();
  w.post(`${APPS}/deployments`, deployment(4));
  const annotations = { 'service.kubernetes.io/topology-mode': 'Auto' };
  const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
  w.post(`${CORE}/services`, { metadata: { name: 'web', annotations }, spec });
  w.run(20);
  const told = (): readonly unknown[] =>
    w
      .all<Event>('events')
      .filter((e) => e.source?.component === 'endpoint-slice-controller')
      .map((e) => `${e.reason}: ${e.message}`);
  expect(told()).toEqual([
    'TopologyAwareHintsDisabled: Insufficient Node information: allocatable CPU or zone not ' +
      'specified on one or more nodes, addressType: IPv4',
  ]);
  for (const [name, zone] of [
    ['node-1', 'a'],
    ['node-2', 'b'],
  ]) {
    const labels = { 'topology.kubernetes.io/zone': zone };
    w.request('PATCH', `/api/v1/nodes/${name}`, { metadata: { labels } }, MERGE);
  }
  w.request('PATCH', `${CORE}/services/web`, { metadata: { labels: { again: 'yes' } } }, MERGE);
  w.run(10);
  expect(told()).toContain(
    'TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4',
  );
  const endpoints = w
    .all<EndpointSlice>('endpointslices')
    .filter((s) => s.metadata.namespace === 'default')
    .flatMap((s) => s.endpoints ?? [])
    .filter((e) => e.zone !== undefined);
  expect(endpoints).toHaveLength(4);
  expect(endpoints.every((e) => e.hints?.forZones?.length === 1)).toBe(true);
});

it('a rollout that is stuck is given up when its deadline has passed', () => {
  const w = new SmallCluster();
  w.post(`${APPS}/deployments`, deployment(3));
  w.run(20);
  const broken = {
    name: 'app',
    image: 'nginx:1.27',
    readinessProbe: { exec: { command: ['false'] } },
  };
  const change = { spec: { template: template('web', broken) } };
  w.request('PATCH', `${APPS}/deployments/web`, change, MERGE);
  const progress = (): readonly unknown[] | undefined => {
    const [d] = w.all<Deployment>('deployments');
    const c = d?.status.conditions?.find(({ type }) => type === 'Progressing');
    return c && [c.status, c.reason, c.message?.replace(/web-[0-9a-z]+/, 'web-…')];
  };
  w.run(595);
  expect(progress()).toEqual(['True', 'ReplicaSetUpdated', 'ReplicaSet "web-…" is progressing.']);
  w.run(15);
  const late = 'ReplicaSet "web-…" has timed out progressing.';
  expect(progress()).toEqual(['False', 'ProgressDeadlineExceeded', late]);
  const [d] = w.all<Deployment>('deployments');
  expect([d?.status.updatedReplicas, d?.status.readyReplicas]).toEqual([1, 3]);
});

it('an eviction that its budget does not allow is refused', () => {
  const w = new SmallCluster();
  w.post(`${APPS}/deployments`, deployment(2));
  w.post('/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
    metadata: { name: 'web' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'web' } } },
  });
  w.run(20);
  const [pod] = w.all('pods').filter(({ metadata }) => metadata.namespace === 'default');
  const name = pod?.metadata.name ?? '';
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
  expect(w.post(`${CORE}/pods/${name}/eviction`, eviction)).toEqual({
    status: 429,
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
  });
});

describe('a Job gives up', () => {
  it('after its back-off limit', () => {
    const w = new SmallCluster();
    const spec = jobSpec(['false'], { backoffLimit: 1 });
    w.post(`${BATCH}/jobs`, { metadata: { name: 'job' }, spec });
    w.run(60);
    const message = 'Job has reached the specified backoff limit';
    expect(conditionsOf(w.all<Job>('jobs')[0])).toEqual([
      ['FailureTarget', 'BackoffLimitExceeded', message],
      ['Failed', 'BackoffLimitExceeded', message],
    ]);
    expect(w.all<Job>('jobs')[0]?.status.failed).toBe(2);
  });

  it('when it has been active for too long', () => {
    const w = new SmallCluster();
    const spec = jobSpec(['sleep', '600'], { activeDeadlineSeconds: 5 });
    w.post(`${BATCH}/jobs`, { metadata: { name: 'job' }, spec });
    w.run(60);
    const message = 'Job was active longer than specified deadline';
    expect(conditionsOf(w.all<Job>('jobs')[0])).toEqual([
      ['FailureTarget', 'DeadlineExceeded', message],
      ['Failed', 'DeadlineExceeded', message],
    ]);
    expect(w.all('pods').filter(({ metadata }) => metadata.namespace === 'default')).toEqual([]);
  });
});

it('a CronJob that may not run twice says that it is still running', () => {
  const w = new SmallCluster();
  const spec = {
    schedule: '* * * * *',
    concurrencyPolicy: 'Forbid',
    jobTemplate: { spec: jobSpec(['sleep', '600']) },
  };
  w.post(`${BATCH}/cronjobs`, { metadata: { name: 'cj' }, spec });
  w.run(190);
  expect(w.all<Job>('jobs')).toHaveLength(1);
  expect(w.all<CronJob>('cronjobs')[0]?.status.active).toHaveLength(1);
  const told = w
    .all<Event>('events')
    .filter((e) => e.involvedObject.kind === 'CronJob' && e.reason === 'JobAlreadyActive')
    .map((e) => e.message);
  expect(told).toEqual([
    'Not starting job because prior execution is running and concurrency policy is Forbid',
  ]);
});

it('a namespace that cannot end says what keeps it', () => {
  const w = new SmallCluster();
  w.post('/api/v1/namespaces', { metadata: { name: 'stuck' } });
  w.post('/api/v1/namespaces/stuck/configmaps', {
    metadata: { name: 'kept', finalizers: ['example.com/keep'] },
  });
  w.request('DELETE', '/api/v1/namespaces/stuck');
  w.run(60);
  const [stuck] = w.all<Namespace>('namespaces').filter((n) => n.metadata.name === 'stuck');
  expect(stuck?.status.phase).toBe('Terminating');
  const told = (stuck?.status.conditions ?? [])
    .filter((c) => c.status === 'True')
    .map((c) => [c.type, c.reason, c.message]);
  expect(told).toEqual([
    [
      'NamespaceContentRemaining',
      'SomeResourcesRemain',
      'Some resources are remaining: configmaps. has 1 resource instances',
    ],
    [
      'NamespaceFinalizersRemaining',
      'SomeFinalizersRemain',
      'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances',
    ],
  ]);
  const path = '/api/v1/namespaces/stuck/configmaps/kept';
  w.request('PATCH', path, { metadata: { finalizers: null } }, MERGE);
  w.run(60);
  expect(w.all<Namespace>('namespaces').some((n) => n.metadata.name === 'stuck')).toBe(false);
});

it('a rollout goes on where it was when its controllers come back', () => {
  const w = new SmallCluster();
  w.post(`${APPS}/deployments`, deployment(6));
  w.run(20);
  const next = { ...server, env: [{ name: 'V', value: '2' }] };
  w.request(
    'PATCH',
    `${APPS}/deployments/web`,
    { spec: { template: template('web', next) } },
    MERGE,
  );
  w.until(() => (w.all<Deployment>('deployments')[0]?.status.updatedReplicas ?? 0) === 3);
  w.cluster.component('kube-controller-manager')?.stop();
  w.run(120);
  const [stopped] = w.all<Deployment>('deployments');
  expect(stopped?.status.updatedReplicas).toBeLessThan(6);
  w.cluster.component('kube-controller-manager')?.start();
  w.run(60);
  const [d] = w.all<Deployment>('deployments');
  expect([d?.status.replicas, d?.status.updatedReplicas, d?.status.readyReplicas]).toEqual([
    6, 6, 6,
  ]);
});
