import { describe, expect, it } from 'vitest';
import type { Pod, ResourceQuota, ResourceQuotaSpec } from '../../api/generated/types.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { failure } from '../../api/meta/status.ts';
import type { List } from '../../api/quota/lists.ts';
import { evaluatorFor } from '../../api/quota/registry.ts';
import { charge } from './resource-quota.ts';

function quota(hard: List, used: List, more: Partial<ResourceQuotaSpec> = {}): ResourceQuota {
  return {
    metadata: { name: 'q' },
    spec: { hard, ...more },
    status: { hard, used },
  } as ResourceQuota;
}

function pod(requests: List, more: object = {}): KubeObject {
  const spec = { containers: [{ name: 'c', resources: { requests } }], ...more };
  return { metadata: { name: 'p' }, spec, status: {} } as unknown as KubeObject;
}

/** The new usage of each quota that is charged, or what it is refused with. */
function outcome(
  quotas: readonly ResourceQuota[],
  plural: string,
  object: KubeObject,
  old: KubeObject | null = null,
): unknown {
  const evaluator = evaluatorFor({ group: '', plural });
  if (!evaluator) return 'not counted';
  const refuse = (text: string) => failure(403, 'Forbidden', text);
  try {
    const request = { evaluator, object, old, nowMs: 0, isRefusable: true, refuse };
    return charge(quotas, request).map(({ used }) => used);
  } catch (error) {
    return (error as Error).message;
  }
}

describe('Pods', () => {
  it('are added to what is used', () => {
    const q = quota({ pods: '2', 'requests.cpu': '1' }, { pods: '1', 'requests.cpu': '100m' });
    expect(outcome([q], 'pods', pod({ cpu: '500m' }))).toEqual([
      { pods: '2', 'requests.cpu': '600m' },
    ]);
  });
  it('are refused when that is too much, by name of what is', () => {
    const q = quota({ pods: '2', 'requests.cpu': '1' }, { pods: '1', 'requests.cpu': '600m' });
    expect(outcome([q], 'pods', pod({ cpu: '600m' }))).toBe(
      'exceeded quota: q, requested: requests.cpu=600m, used: requests.cpu=600m, ' +
        'limited: requests.cpu=1',
    );
  });
  it('must say what is limited', () => {
    const q = quota({ 'requests.memory': '1Gi' }, { 'requests.memory': '0' });
    expect(outcome([q], 'pods', pod({ cpu: '1' }))).toBe(
      'failed quota: q: must specify requests.memory for: c',
    );
  });
  it('wait until usage is known', () => {
    expect(outcome([quota({ pods: '2' }, {})], 'pods', pod({}))).toBe(
      'status unknown for quota: q, resources: pods',
    );
  });
  it('are charged the difference by a change', () => {
    const q = quota({ 'requests.cpu': '2' }, { 'requests.cpu': '1' });
    expect(outcome([q], 'pods', pod({ cpu: '1500m' }), pod({ cpu: '1' }))).toEqual([
      { 'requests.cpu': '1500m' },
    ]);
    expect(outcome([q], 'pods', pod({ cpu: '500m' }), pod({ cpu: '1' }))).toEqual([]);
  });
  it('count overhead, huge pages and extended resources', () => {
    const names = ['requests.cpu', 'requests.hugepages-2Mi', 'requests.example.com/gpu'];
    const zero = Object.fromEntries(names.map((name) => [name, '0']));
    const hard = Object.fromEntries(names.map((name) => [name, '10G']));
    const wanted = pod(
      { cpu: '1', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '1' },
      { overhead: { cpu: '250m' } },
    );
    expect(outcome([quota(hard, zero)], 'pods', wanted)).toEqual([
      {
        'requests.cpu': '1250m',
        'requests.hugepages-2Mi': '4Mi',
        'requests.example.com/gpu': '1',
      },
    ]);
  });
});

describe('scopes', () => {
  const high = {
    scopeSelector: {
      matchExpressions: [
        { scopeName: 'PriorityClass' as const, operator: 'In' as const, values: ['high'] },
      ],
    },
  };
  const rows: readonly [string, Partial<ResourceQuotaSpec>, object, boolean][] = [
    ['best effort', { scopes: ['BestEffort'] }, {}, true],
    ['not best effort', { scopes: ['NotBestEffort'] }, {}, false],
    ['terminating', { scopes: ['Terminating'] }, { activeDeadlineSeconds: 0 }, true],
    ['not terminating', { scopes: ['NotTerminating'] }, { activeDeadlineSeconds: 0 }, false],
    ['class', high, { priorityClassName: 'high' }, true],
    ['another class', high, { priorityClassName: 'low' }, false],
    [
      'affinity to other namespaces',
      { scopes: ['CrossNamespacePodAffinity'] },
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [{ namespaces: ['x'] }],
          },
        },
      },
      true,
    ],
    ['affinity', { scopes: ['CrossNamespacePodAffinity'] }, { affinity: {} }, false],
  ];
  it.each(rows)('%s', (_name, spec, more, isCharged) => {
    const q = quota({ pods: '1' }, { pods: '0' }, spec);
    expect(outcome([q], 'pods', pod({}, more))).toEqual(isCharged ? [{ pods: '1' }] : []);
  });
});

it('counts other kinds', () => {
  const object = (spec: object): KubeObject => ({ metadata: {}, spec, status: {} }) as never;
  const services = quota(
    { services: '5', 'services.nodeports': '5' },
    { services: '1', 'services.nodeports': '0' },
  );
  const ports = [{ port: 1 }, { port: 2 }];
  expect(outcome([services], 'services', object({ type: 'NodePort', ports }))).toEqual([
    { services: '2', 'services.nodeports': '2' },
  ]);
  const claims = quota(
    { 'fast.storageclass.storage.k8s.io/requests.storage': '5Gi', 'requests.storage': '9Gi' },
    { 'fast.storageclass.storage.k8s.io/requests.storage': '0', 'requests.storage': '1Gi' },
  );
  const spec = { storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } };
  expect(outcome([claims], 'persistentvolumeclaims', object(spec))).toEqual([
    { 'fast.storageclass.storage.k8s.io/requests.storage': '2Gi', 'requests.storage': '3Gi' },
  ]);
  const secrets = quota(
    { secrets: '1', 'count/secrets': '9' },
    { secrets: '1', 'count/secrets': '1' },
  );
  expect(outcome([secrets], 'secrets', object({}))).toBe(
    'exceeded quota: q, requested: secrets=1, used: secrets=1, limited: secrets=1',
  );
  expect(outcome([], 'events', object({}))).toBe('not counted');
});

it('uses nothing once a Pod has finished, but is still there', () => {
  const finished = { ...pod({ cpu: '1' }), status: { phase: 'Succeeded' } } as unknown as Pod;
  const usage = evaluatorFor({ group: '', plural: 'pods' })?.usage(finished as never, 0);
  expect(usage).toEqual({ 'count/pods': '1' });
});
