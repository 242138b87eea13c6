import { describe, expect, it } from 'vitest';
import type {
  LimitRange,
  LimitRangeItem,
  PersistentVolumeClaim,
  Pod,
} from '../../api/generated/types.ts';
import type { Draft } from '../../api/meta/object.ts';
import { aggregateText, claimComplaints, podComplaints, setDefaults } from './limit-ranger.ts';

type List = Readonly<Record<string, string>>;

const range = (item: Partial<LimitRangeItem>): LimitRange =>
  ({ spec: { limits: [{ type: 'Container', ...item }] } }) as unknown as LimitRange;

const container = (name: string, requests?: List, limits?: List) => ({
  name,
  resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) },
});

const pod = (...containers: readonly object[]): Pod =>
  ({ metadata: { name: 'p' }, spec: { containers } }) as unknown as Pod;

describe('defaults', () => {
  const defaults = range({ default: { cpu: '1', memory: '1Gi' }, defaultRequest: { cpu: '100m' } });

  it('fills in what is missing and tells it', () => {
    const made = pod(container('a'), container('b', { cpu: '1m' })) as Draft<Pod>;
    made.spec.initContainers = [container('i')];
    setDefaults(made, defaults);
    const limits = { cpu: '1', memory: '1Gi' };
    expect(made.spec.containers[0]?.resources).toEqual({ limits, requests: { cpu: '100m' } });
    expect(made.spec.containers[1]?.resources).toEqual({ limits, requests: { cpu: '1m' } });
    expect(made.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container a; cpu, memory limit for container a; ' +
        'cpu, memory limit for container b; cpu request for init container i; ' +
        'cpu, memory limit for init container i',
    });
  });

  it('says nothing where nothing was missing', () => {
    const made = pod(container('a', { cpu: '1' }, { cpu: '1', memory: '1' })) as Draft<Pod>;
    setDefaults(made, defaults);
    expect(made.metadata.annotations).toBeUndefined();
  });
});

describe('bounds of Pods', () => {
  const rows: readonly [string, Partial<LimitRangeItem>, Pod, readonly string[]][] = [
    [
      'request too small',
      { min: { cpu: '100m' } },
      pod(container('a', { cpu: '50m' })),
      ['minimum cpu usage per Container is 100m, but request is 50m'],
    ],
    [
      'limit too small',
      { min: { cpu: '100m' } },
      pod(container('a', { cpu: '100m' }, { cpu: '50m' })),
      ['minimum cpu usage per Container is 100m, but limit is 50m'],
    ],
    [
      'no limit',
      { max: { memory: '1Gi' } },
      pod(container('a', { memory: '1Mi' })),
      ['maximum memory usage per Container is 1Gi.  No limit is specified'],
    ],
    [
      'request too large',
      { max: { cpu: '1' } },
      pod(container('a', { cpu: '1500m' }, { cpu: '1' })),
      ['maximum cpu usage per Container is 1, but request is 1500m'],
    ],
    [
      'ratio without limit',
      { maxLimitRequestRatio: { cpu: '2' } },
      pod(container('a', { cpu: '1' })),
      [
        'cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0',
      ],
    ],
    [
      'ratio',
      { maxLimitRequestRatio: { cpu: '1500m' } },
      pod(container('a', { cpu: '300m' }, { cpu: '500m' })),
      ['cpu max limit to request ratio per Container is 1500m, but provided ratio is 1.666667'],
    ],
    [
      'the Pod as a whole',
      { type: 'Pod', max: { memory: '1Gi' } },
      pod(container('a', {}, { memory: '700Mi' }), container('b', {}, { memory: '700Mi' })),
      ['maximum memory usage per Pod is 1Gi, but limit is 1400Mi'],
    ],
    ['claims do not matter', { type: 'PersistentVolumeClaim', max: { storage: '1' } }, pod(), []],
    ['all is well', { max: { cpu: '1' } }, pod(container('a', { cpu: '1' }, { cpu: '1' })), []],
  ];
  it.each(rows)('%s', (_name, item, object, complaints) => {
    expect(podComplaints(object, range(item))).toEqual(complaints);
  });

  it('takes what the Pod says of itself', () => {
    const whole = pod(container('a', {}, { cpu: '3' })) as Draft<Pod>;
    whole.spec.resources = { limits: { cpu: '1' }, requests: { cpu: '1' } };
    expect(podComplaints(whole as Pod, range({ type: 'Pod', max: { cpu: '2' } }))).toEqual([]);
  });
});

describe('bounds of claims', () => {
  const bounds = {
    type: 'PersistentVolumeClaim',
    min: { storage: '1Gi' },
    max: { storage: '2Gi' },
  };
  it.each([
    ['1Gi', []],
    ['3Gi', ['maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi']],
    ['1Mi', ['minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi']],
  ])('%s', (storage, complaints) => {
    const claim = { spec: { resources: { requests: { storage } } } };
    const object = claim as unknown as PersistentVolumeClaim;
    expect(claimComplaints(object, range(bounds as Partial<LimitRangeItem>))).toEqual(complaints);
  });
});

it('writes several complaints in one', () => {
  expect(aggregateText(['a', 'a'])).toBe('a');
  expect(aggregateText(['a', 'b', 'a'])).toBe('[a, b]');
});
