/** Logs as the kubelet answers them: which container, which lines, how they end. */
import { describe, expect, it } from 'vitest';
import type { Pod, PodStatus } from '../../../api/generated/types.ts';
import { Kernel, MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import { ContainerLog } from '../runtime/logs.ts';
import type { RuntimeContainer } from '../runtime/runtime-container.ts';
import { containerLogs } from './server-logs.ts';

const kernel = new Kernel({
  seed: 1,
  epochMs: Date.UTC(2026, 0, 1),
  traceCapacity: 10,
});
kernel.runUntil(10 * MICROS_PER_SECOND);

function source(state: 'running' | 'exited') {
  const log = new ContainerLog();
  log.write(1 * MICROS_PER_SECOND + 5, 'stdout', 'one\n');
  log.write(2 * MICROS_PER_SECOND, 'stderr', 'zwei ü\n');
  log.write(3 * MICROS_PER_SECOND, 'stdout', 'three');
  if (state === 'exited') log.close(4 * MICROS_PER_SECOND);
  return { log, info: { id: 'abc', state } } as RuntimeContainer;
}

function ask(
  query: Readonly<Record<string, string>>,
  containerStatus: object = { state: { running: {} }, containerID: 'containerd://abc' },
  container = source('exited'),
) {
  const status = { containerStatuses: [{ name: 'c', ...containerStatus }] } as unknown as PodStatus;
  const metadata = { name: 'p', namespace: 'n', uid: 'u' };
  const pod = { metadata, spec: { containers: [{ name: 'c' }] } } as unknown as Pod;
  const host = { kernel, containers: () => [container] };
  return containerLogs(host, { pod, status }, 'c', query);
}

describe('logs of containers', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'one\nzwei ü\nthree'],
    [{ tailLines: '2' }, 'zwei ü\nthree'],
    [{ tailLines: '0' }, ''],
    [{ sinceSeconds: '8' }, 'zwei ü\nthree'],
    [{ sinceTime: '2026-01-01T00:00:03Z' }, 'three'],
    [{ limitBytes: '5' }, 'one\nz'],
    [{ limitBytes: '10' }, 'one\nzwei \udcc3'],
    [{ timestamps: 'true', tailLines: '1' }, '2026-01-01T00:00:04.000000000Z three'],
    [{ timestamps: 'true', limitBytes: '35' }, '2026-01-01T00:00:01.000005000Z one\n'],
  ])('%j', (query, text) => {
    expect(ask(query)).toEqual({ code: 200, text });
  });

  const OF = 'container "c" in pod "p"';
  it.each<[object, Record<string, string>, string]>([
    [{ name: 'other' }, {}, `${OF} is not available`],
    [{ state: { running: {} } }, { previous: 'true' }, `previous terminated ${OF} not found`],
    [
      { state: { waiting: { reason: 'ContainerCreating' } } },
      {},
      `${OF} is waiting to start: ContainerCreating`,
    ],
    [
      { state: { waiting: { reason: 'ErrImagePull' } } },
      {},
      `${OF} is waiting to start: image can't be pulled`,
    ],
    [
      { state: { waiting: { reason: 'ImagePullBackOff' } } },
      {},
      `${OF} is waiting to start: trying and failing to pull image`,
    ],
  ])('%j refuses %j', (status, query, text) => {
    expect(ask(query, status)).toEqual({ code: 400, text });
  });

  it('say themselves that a container is gone', () => {
    const text = 'unable to retrieve container logs for containerd://gone';
    expect(ask({}, { state: { running: {} }, containerID: 'containerd://gone' })).toEqual({
      code: 200,
      text,
    });
  });

  it('are followed to the end of the container', () => {
    const container = source('running');
    const answer = ask({ follow: 'true', tailLines: '1' }, undefined, container);
    expect(answer.text).toBe('zwei ü\n');
    const came: string[] = [];
    answer.follow?.(
      (text) => void came.push(text),
      () => void came.push('end'),
    );
    container.log.write(5 * MICROS_PER_SECOND, 'stdout', '!\n...');
    container.log.close(6 * MICROS_PER_SECOND);
    expect(came).toEqual(['three!\n...', 'end']);
  });
});
