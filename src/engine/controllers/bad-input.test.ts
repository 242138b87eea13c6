/**
 * Input that makes no sense, and writes that never succeed: the controllers converge or say why not,
 * as upstream's do, and nothing spins.
 */
import { describe, expect, it } from 'vitest';
import type {
  Deployment,
  Job,
  Pod,
  ReplicaSet,
  ReplicationController,
} from '../../api/generated/types.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { controllerOf } from '../../api/meta/owner-references.ts';
import { conflict } from '../../api/meta/status.ts';
import { expectBoundedWork } from '../../testing/bounded-work.ts';
import { SmallCluster } from '../../testing/small-cluster.ts';

const APPS = '/apis/apps/v1/namespaces/default';
const CORE = '/api/v1/namespaces/default';
const BATCH = '/apis/batch/v1/namespaces/default';
/** Of two kubelets that renew leases and post statuses, and a few tries now and then. */
const CALM = 2;

const template = (app: string): object => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: 'app', image: 'nginx:1.27' }],
  },
});

function workload(name: string, replicas: number, app = 'x'): object {
  const spec = { replicas, selector: { matchLabels: { app } }, template: template(app) };
  return { metadata: { name }, spec };
}

describe('selectors that match what belongs to others', () => {
  it('two ReplicaSets of one selector keep to their own Pods', () => {
    const w = new SmallCluster();
    for (const name of ['a', 'b']) w.post(`${APPS}/replicasets`, workload(name, 2));
    w.run(30);
    const sets = w.all<ReplicaSet>('replicasets');
    expect(sets.map((rs) => w.podsOf(rs).length)).toEqual([2, 2]);
    expect(sets.map((rs) => rs.status.readyReplicas)).toEqual([2, 2]);
    expectBoundedWork(w, 600, CALM);
  });

  it('two Deployments of one selector have a ReplicaSet each', () => {
    const w = new SmallCluster();
    for (const name of ['a', 'b']) w.post(`${APPS}/deployments`, workload(name, 2));
    w.run(30);
    expect(w.all<Deployment>('deployments').map((d) => d.status.readyReplicas)).toEqual([2, 2]);
    expect(w.all<ReplicaSet>('replicasets').map((rs) => controllerOf(rs)?.name)).toEqual([
      'a',
      'b',
    ]);
    expectBoundedWork(w, 600, CALM);
  });

  it('of a ReplicaSet and a ReplicationController one adopts the Pod that nobody has', () => {
    const w = new SmallCluster();
    const { metadata, spec } = template('x') as { metadata: object; spec: object };
    w.post(`${CORE}/pods`, { metadata: { ...metadata, name: 'free' }, spec });
    w.run(5);
    w.post(`${APPS}/replicasets`, workload('a', 2));
    w.post(`${CORE}/replicationcontrollers`, {
      metadata: { name: 'b' },
      spec: { replicas: 2, selector: { app: 'x' }, template: template('x') },
    });
    w.run(30);
    const free = w.all<Pod>('pods').find((p) => p.metadata.name === 'free');
    expect(free?.metadata.ownerReferences?.filter((r) => r.controller)).toHaveLength(1);
    const owners = [
      ...w.all<ReplicaSet>('replicasets'),
      ...w.all<ReplicationController>('replicationcontrollers'),
    ];
    expect(owners.map((o) => w.podsOf(o).length)).toEqual([2, 2]);
    expectBoundedWork(w, 600, CALM);
  });

  it('a Pod that two hands relabel in turn is let go and taken back, and nothing else happens', () => {
    const w = new SmallCluster();
    w.post(`${APPS}/replicasets`, workload('a', 1));
    w.run(10);
    const [pod] = w.all<Pod>('pods');
    const path = `${CORE}/pods/${pod?.metadata.name ?? ''}`;
    const label = (app: string): void => {
      w.request('PATCH', path, { metadata: { labels: { app } } }, 'application/merge-patch+json');
      w.run(5);
    };
    for (let i = 0; i < 5; i++) {
      label('other');
      label('x');
    }
    const [rs] = w.all<ReplicaSet>('replicasets');
    expect(w.podsOf(rs)).toHaveLength(1);
    expect(rs?.status.replicas).toBe(1);
    expectBoundedWork(w, 600, CALM);
  });
});

describe('numbers that make no sense', () => {
  it.each([
    [`${APPS}/deployments`, workload('n', -1), 'spec.replicas: Invalid value: -1'],
    [`${APPS}/statefulsets`, workload('n', -1), 'spec.replicas: Invalid value: -1'],
    [
      `${BATCH}/jobs`,
      { metadata: { name: 'n' }, spec: { backoffLimit: -1, template: template('n') } },
      'spec.backoffLimit: Invalid value: -1',
    ],
    [
      `${APPS}/deployments`,
      workload('n', 2 ** 31),
      'cannot unmarshal number 2147483648 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
  ])('%s refuses it (%#)', (path, body, message) => {
    const w = new SmallCluster();
    const answer = w.post(path, body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.message).toContain(message);
  });

  it('as many Pods as there are numbers for come as far as the quota lets them', () => {
    const w = new SmallCluster();
    w.post(`${CORE}/resourcequotas`, {
      metadata: { name: 'few' },
      spec: { hard: { pods: '3' } },
    });
    w.run(5);
    w.post(`${APPS}/replicasets`, workload('huge', 2 ** 31 - 1));
    w.run(60);
    expect(w.all<Pod>('pods')).toHaveLength(3);
    const [rs] = w.all<ReplicaSet>('replicasets');
    expect(rs?.status.conditions?.map((c) => [c.type, c.reason])).toEqual([
      ['ReplicaFailure', 'FailedCreate'],
    ]);
    expectBoundedWork(w, 1_200, CALM);
    expect(w.all<Pod>('pods')).toHaveLength(3);
  });
});

describe('a quota of zero', () => {
  it('is told in conditions and Events, and the Deployment comes when it is lifted', () => {
    const w = new SmallCluster();
    const quota = { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } };
    w.post(`${CORE}/resourcequotas`, quota);
    w.run(5);
    w.post(`${APPS}/deployments`, workload('web', 2));
    w.post(`${APPS}/statefulsets`, workload('set', 2, 's'));
    w.post(`${BATCH}/jobs`, {
      metadata: { name: 'job' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [done] } } },
    });
    w.run(60);
    const failure = w
      .all<Deployment>('deployments')[0]
      ?.status.conditions?.find((c) => c.type === 'ReplicaFailure');
    expect(failure?.reason).toBe('FailedCreate');
    expect(failure?.message).toContain(
      'exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0',
    );
    expect(w.all<Pod>('pods')).toEqual([]);
    for (const kind of ['ReplicaSet', 'StatefulSet', 'Job']) {
      expect([kind, ...w.reasons(kind)]).toEqual([kind, 'FailedCreate']);
    }
    expectBoundedWork(w, 900, CALM);
    w.request('DELETE', `${CORE}/resourcequotas/none`);
    w.run(1_200);
    expect(w.all<Deployment>('deployments')[0]?.status.readyReplicas).toBe(2);
    expect(w.all<Job>('jobs')[0]?.status.succeeded).toBe(1);
    expect(w.all<Pod>('pods').filter((p) => p.metadata.name.startsWith('set-'))).toHaveLength(2);
  });
});

const done = { name: 'app', image: 'busybox:1.36', command: ['true'] };

describe('owners that make no sense', () => {
  const owned = (name: string, owner: string, uid: string): object => ({
    metadata: {
      name,
      ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid }],
    },
  });

  it('a circle of owners goes as one when one of it is deleted', () => {
    const w = new SmallCluster();
    const make = (body: object): string => {
      const answer = w.request('POST', `${CORE}/configmaps`, body).body;
      return (answer as unknown as KubeObject).metadata.uid;
    };
    const a = make({ metadata: { name: 'a' } });
    const b = make(owned('b', 'a', a));
    const c = make(owned('c', 'b', b));
    const { metadata } = owned('a', 'c', c) as { metadata: object };
    w.request('PATCH', `${CORE}/configmaps/a`, { metadata }, 'application/merge-patch+json');
    w.run(30);
    const names = (): string[] =>
      w
        .all<KubeObject>('configmaps')
        .flatMap(({ metadata: { name, namespace } }) =>
          namespace === 'default' && name.length === 1 ? [name] : [],
        );
    expect(names()).toEqual(['a', 'b', 'c']);
    w.request('DELETE', `${CORE}/configmaps/a`, { propagationPolicy: 'Foreground' });
    w.run(30);
    expect(names()).toEqual([]);
    expectBoundedWork(w, 300, CALM);
  });

  it('an owner in another namespace is none, and an Event says so', () => {
    const w = new SmallCluster();
    const answer = w.request('POST', '/api/v1/namespaces/kube-public/configmaps', {
      metadata: { name: 'there' },
    }).body as unknown as KubeObject;
    w.post(`${CORE}/configmaps`, owned('here', 'there', answer.metadata.uid));
    w.run(60);
    expect(w.all('configmaps').some(({ metadata }) => metadata.name === 'here')).toBe(false);
    expect(w.reasons('ConfigMap')).toEqual(['OwnerRefInvalidNamespace']);
    expectBoundedWork(w, 300, CALM);
  });
});

describe('a write that conflicts at every attempt', () => {
  it.each([
    ['deployments', `${APPS}/deployments`, workload('web', 2)],
    ['replicasets', `${APPS}/replicasets`, workload('web', 2)],
    ['statefulsets', `${APPS}/statefulsets`, workload('web', 2)],
    ['daemonsets', `${APPS}/daemonsets`, workload('web', 2)],
    ['jobs', `${BATCH}/jobs`, workload('web', 2)],
    ['cronjobs', `${BATCH}/cronjobs`, workload('web', 2)],
    ['poddisruptionbudgets', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {}],
    ['resourcequotas', `${CORE}/resourcequotas`, {}],
    ['pods', `${APPS}/replicasets`, workload('web', 2)],
  ])('does not make the controller of %s spin, and is made up for', (plural, path, body) => {
    const w = new SmallCluster();
    const { server } = w.cluster;
    const execute = server.execute.bind(server);
    let refused = 0;
    let on = true;
    server.execute = (call, span) => {
      const { caller, resource, verb, name } = call;
      const isWrite = verb === 'update' || verb === 'patch';
      if (on && isWrite && resource.plural === plural && caller.agent !== 'user') {
        refused++;
        throw conflict(resource, name, 'the object has been modified');
      }
      return execute(call, span);
    };
    expect(w.post(path, bodyFor(plural, body)).status).toBe(201);
    w.run(120);
    expect(refused).toBeGreaterThan(0);
    expectBoundedWork(w, 600, CALM);
    on = false;
    // What has given up waits for the next change, or for the five minutes after which all is counted.
    const change = { metadata: { annotations: { touched: 'yes' } } };
    const name = (bodyFor(plural, body) as KubeObject).metadata.name;
    w.request('PATCH', `${path}/${name}`, change, 'application/merge-patch+json');
    w.run(400);
    const object = w.all<KubeObject & { status?: object }>(plural)[0];
    expect(Object.keys(object?.status ?? {}).length).toBeGreaterThan(0);
    expectBoundedWork(w, 120, CALM);
  });
});

function bodyFor(plural: string, body: object): object {
  const metadata = { name: 'web' };
  const selector = { matchLabels: { app: 'x' } };
  const job = { template: { spec: { restartPolicy: 'Never', containers: [done] } } };
  switch (plural) {
    case 'daemonsets':
      return { metadata, spec: { selector, template: template('x') } };
    case 'jobs':
      return { metadata, spec: job };
    case 'cronjobs':
      return { metadata, spec: { schedule: '* * * * *', jobTemplate: { spec: job } } };
    case 'poddisruptionbudgets':
      return { metadata, spec: { minAvailable: 1, selector } };
    case 'resourcequotas':
      return { metadata, spec: { hard: { pods: '10' } } };
    default:
      return body;
  }
}
