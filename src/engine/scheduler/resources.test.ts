import { describe, expect, it } from 'vitest';
import type { Pod } from '../../api/generated/types.ts';
import { testPod } from '../../testing/scheduling.ts';
import { isExtended, podResources, statusCounts } from './resources.ts';

const MI = 1024 * 1024;

function container(name: string, requests?: Record<string, string>, more = {}): object {
  return { name, image: 'app:1', ...(requests ? { resources: { requests } } : {}), ...more };
}

const SIDECAR = { restartPolicy: 'Always' };

function pod(spec: object, status: object = {}): Pod {
  return testPod('p', { spec, status });
}

describe('what a Pod takes', () => {
  it.each([
    [
      'containers together',
      { containers: [container('a', { cpu: '1' }), container('b', { cpu: '500m' })] },
      1_500,
      0,
    ],
    [
      'the largest init container, if it is larger',
      {
        containers: [container('a', { cpu: '1', memory: '1Mi' })],
        initContainers: [container('i', { cpu: '3' })],
      },
      3_000,
      1,
    ],
    [
      'sidecars with the containers',
      {
        containers: [container('a', { cpu: '1' })],
        initContainers: [container('s', { cpu: '1' }, SIDECAR)],
      },
      2_000,
      0,
    ],
    [
      'sidecars that run already when an init container does',
      {
        containers: [container('a', { cpu: '1' })],
        initContainers: [container('s', { cpu: '1' }, SIDECAR), container('i', { cpu: '2' })],
      },
      3_000,
      0,
    ],
    [
      'and not those that come after it',
      {
        containers: [container('a', { cpu: '1' })],
        initContainers: [container('i', { cpu: '2' }), container('s', { cpu: '1' }, SIDECAR)],
      },
      2_000,
      0,
    ],
    [
      'overhead on top',
      { containers: [container('a', { cpu: '1' })], overhead: { cpu: '250m', memory: '1Mi' } },
      1_250,
      1,
    ],
    [
      'requests for the whole Pod instead of those of containers',
      {
        containers: [container('a', { cpu: '1', memory: '1Mi' })],
        resources: { requests: { cpu: '3' } },
      },
      3_000,
      1,
    ],
  ])('%s', (_name, spec, cpuMilli, memoryMi) => {
    const { requests } = podResources(pod(spec));
    expect([requests.cpuMilli, requests.memory / MI]).toEqual([cpuMilli, memoryMi]);
  });

  it('stands in for missing requests when nodes are compared', () => {
    const r = podResources(pod({ containers: [container('a'), container('b', { cpu: '1' })] }));
    expect(r.requests.cpuMilli).toBe(1_000);
    expect([r.nonZeroCpuMilli, r.nonZeroMemory / MI]).toEqual([1_100, 400]);
  });

  it('not for what is requested for the whole Pod, but where the Pod itself is scored', () => {
    const r = podResources(
      pod({ containers: [container('a')], resources: { requests: { cpu: '3' } } }),
    );
    expect([r.nonZeroCpuMilli, r.nonZeroMemory / MI]).toEqual([3_000, 200]);
    expect([r.scored.cpuMilli, r.scored.memory / MI]).toEqual([100, 200]);
  });

  it('counts extended resources and huge pages', () => {
    const requests = { 'example.com/gpu': '2', 'hugepages-2Mi': '4Mi', storage: '1Gi' };
    const { other } = podResources(pod({ containers: [container('a', requests)] })).requests;
    expect([...(other ?? [])]).toEqual([
      ['example.com/gpu', 2],
      ['hugepages-2Mi', 4 * MI],
    ]);
    expect(['example.com/gpu', 'kubernetes.io/x', 'cpu'].map(isExtended)).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('while it is resized', () => {
  const spec = { containers: [container('app', { cpu: '2' })] };
  const status = (actual: string, allocated: string, reason?: string): object => ({
    containerStatuses: [
      {
        name: 'app',
        resources: { requests: { cpu: actual } },
        allocatedResources: { cpu: allocated },
      },
    ],
    ...(reason === undefined ? {} : { conditions: [{ type: 'PodResizePending', reason }] }),
  });
  it.each([
    ['it grows: what it will have', status('1', '1'), 2_000, true],
    ['it shrinks: what it still has', status('4', '2'), 4_000, true],
    ['it cannot grow here: what it has', status('1', '1', 'Infeasible'), 1_000, true],
    ['it waits for room: what it will have', status('1', '1', 'Deferred'), 2_000, true],
    ['it is done', status('2', '2'), 2_000, false],
    ['it has not begun', {}, 2_000, false],
  ])('%s', (_name, given, cpuMilli, counts) => {
    const resized = pod(spec, given);
    expect(statusCounts(resized)).toBe(counts);
    expect(podResources(resized).requests.cpuMilli).toBe(cpuMilli);
  });
});
