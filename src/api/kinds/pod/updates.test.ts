/**
 * Updates of Pods through the main resource and its subresources. The expected texts come from
 * upstream's own strategies (k8s.io/kubernetes v1.36.3), run on the same objects.
 */
import { describe, expect, it } from 'vitest';
import type { Pod as PodType } from '../../generated/types.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { cloneJson } from '../../meta/json.ts';
import type { Draft } from '../../meta/object.ts';
import { Pod } from '../pod.ts';

interface Change {
  readonly metadata?: object;
  readonly spec?: object;
  readonly status?: object;
}

function podWith({ metadata, spec, status }: Change): Draft<PodType> {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default', uid: 'u', resourceVersion: '5', ...metadata },
    spec: { containers: [{ name: 'a', image: 'x:1' }], ...spec },
    status: { phase: 'Pending', qosClass: 'BestEffort', ...status },
  } as unknown as Draft<PodType>;
  Pod.defaults?.(pod);
  return pod;
}

type Rules = Pick<NonNullable<typeof Pod.status>, 'prepareForUpdate' | 'validateUpdate'>;

function change(rules: Rules | undefined, old: Change, next: Change) {
  const errors = new FieldErrors();
  const pod = podWith({
    metadata: { ...old.metadata, ...next.metadata },
    spec: { ...old.spec, ...next.spec },
    status: { ...old.status, ...next.status },
  });
  const before = podWith(old) as PodType;
  const context = { now: '', random: () => '', user: '' };
  rules?.prepareForUpdate(pod, before, context);
  rules?.validateUpdate?.(pod as PodType, before, errors);
  return { pod, errors: errors.list.map(({ field, message }) => `${field}: ${message}`) };
}

const main = {
  prepareForUpdate: (next: Draft<PodType>, old: PodType) =>
    Pod.prepareForUpdate?.(next, old, {} as never),
  validateUpdate: (next, old, errors) => Pod.validateUpdate?.(next, old, errors),
} as Rules;

describe('scheduling gates', () => {
  const gates = (...names: string[]) => ({ schedulingGates: names.map((name) => ({ name })) });

  it('may be taken away', () => {
    expect(
      change(main, { spec: gates('a.io/g', 'a.io/h') }, { spec: gates('a.io/h') }).errors,
    ).toEqual([]);
  });

  it('may not be added', () => {
    const { errors } = change(main, { spec: gates('a.io/g') }, { spec: gates('a.io/g', 'a.io/h') });
    expect(errors[0]).toBe(
      "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'a.io/h'",
    );
  });
});

describe('status', () => {
  it.each([
    ['the list follows the address', { podIP: '10.0.0.1' }, '10.0.0.1', [{ ip: '10.0.0.1' }]],
    [
      'the address follows the list',
      { podIPs: [{ ip: '10.0.0.2' }] },
      '10.0.0.2',
      [{ ip: '10.0.0.2' }],
    ],
    [
      'the address counts where they differ',
      { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.2' }, { ip: '::1' }] },
      '10.0.0.1',
      [{ ip: '10.0.0.1' }],
    ],
    ['an empty address is none', { podIP: '', podIPs: [{ ip: '' }] }, undefined, [{ ip: '' }]],
  ])('%s', (_, status, podIP, podIPs) => {
    const { pod } = change(Pod.status, {}, { status });
    expect(pod.status.podIP).toBe(podIP);
    expect(pod.status.podIPs).toEqual(podIPs);
  });

  it('takes one address of each family', () => {
    const two = change(Pod.status, {}, { status: { podIPs: [{ ip: '10.0.0.1' }, { ip: 'bad' }] } });
    expect(two.errors).toEqual([
      'status.podIPs[1]: Invalid value: "bad": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.podIPs: Internal error: failed to check for dual stack with error:invalid IP[1]: bad',
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"bad"}]: may specify no more than one IP for each IP family',
    ]);
  });

  it('drops what is behind closed feature gates', () => {
    const mounts = [{ name: 'v', mountPath: '/v', volumeStatus: { image: { imageRef: 'x' } } }];
    const status = {
      containerStatuses: [{ name: 'a', image: 'x', imageID: '', volumeMounts: mounts }],
      nodeAllocatableResourceClaimStatuses: [{ resourceClaimName: 'c' }],
    };
    const { pod } = change(Pod.status, {}, { status: cloneJson(status) });
    expect(pod.status.containerStatuses?.[0]?.volumeMounts).toEqual([
      { name: 'v', mountPath: '/v' },
    ]);
    expect(pod.status).not.toHaveProperty('nodeAllocatableResourceClaimStatuses');
    const kept = change(Pod.status, { status }, { status: cloneJson(status) });
    expect(kept.pod.status.containerStatuses?.[0]?.volumeMounts).toEqual(mounts);
  });
});

describe.each(['resize', 'ephemeralcontainers'])('%s', (name) => {
  it('changes no metadata', () => {
    const old = { metadata: { labels: { a: '1' }, finalizers: ['a.io/f'] } };
    const next = { metadata: { labels: { a: '2' }, annotations: { b: 'c' }, finalizers: [] } };
    const { pod } = change(Pod.subresources?.[name], old, next);
    expect(pod.metadata.labels).toEqual({ a: '1' });
    expect(pod.metadata.finalizers).toEqual(['a.io/f']);
    expect(pod.metadata).not.toHaveProperty('annotations');
  });
});

it('resize changes resources and raises the generation', () => {
  const containers = (cpu: string, image = 'x:1') => [
    { name: 'a', image, resources: { requests: { cpu } } },
  ];
  const old = {
    metadata: { generation: 1 },
    spec: { containers: containers('1') },
    status: { qosClass: 'Burstable' },
  };
  const { pod, errors } = change(Pod.subresources?.['resize'], old, {
    spec: { containers: containers('2', 'y:2') },
  });
  expect(errors).toEqual([]);
  expect(pod.metadata.generation).toBe(2);
  expect(pod.spec.containers[0]?.image).toBe('x:1');
  expect(pod.spec.containers[0]?.resources?.requests).toEqual({ cpu: '2' });
});

describe('grace period', () => {
  it.each([
    ['the spec has one', { nodeName: 'n', terminationGracePeriodSeconds: 7 }, {}, undefined, 7],
    ['the request counts', { nodeName: 'n', terminationGracePeriodSeconds: 7 }, {}, 3, 3],
    ['negative is one second', { nodeName: 'n' }, {}, -4, 1],
    ['none without a node', {}, {}, 9, 0],
    ['none when finished', { nodeName: 'n' }, { phase: 'Succeeded' }, 9, 0],
    ['none when failed', { nodeName: 'n' }, { phase: 'Failed' }, undefined, 0],
  ])('%s', (_, spec, status, requested, seconds) => {
    expect(Pod.gracePeriod?.(podWith({ spec, status }) as PodType, requested)).toBe(seconds);
  });
});
