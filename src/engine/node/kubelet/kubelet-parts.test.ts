/** Tables over the pure parts of the kubelet and the runtime. */
import { describe, expect, it } from 'vitest';
import type { Pod, Service } from '../../../api/generated/types.ts';
import { AddressPool } from '../runtime/address-pool.ts';
import { fullName, parseImageName } from '../runtime/image-name.ts';
import { ContainerLog } from '../runtime/logs.ts';
import { Backoff } from './backoff.ts';
import { expand } from './container-env.ts';
import { type ContainerEvent, type ContainerState, containerTable } from './container-machine.ts';
import { goDuration } from './context.ts';
import { podTable } from './pod-machine.ts';
import { decodeBase64, fieldValue } from './references.ts';
import { serviceEnvironment } from './service-env.ts';

const SECOND = 1_000_000;

describe('container machine', () => {
  const show = (effects: readonly { type: string; name?: string; delay?: string }[]): string =>
    effects.map((e) => e.name ?? `${e.type} ${e.delay}`).join(', ');

  it.each<
    [ContainerState, ContainerEvent | 'after.gracePeriod' | 'after.crashRetry', string, string]
  >([
    ['waiting', 'START', 'pulling', 'ensureImage'],
    ['pulling', 'IMAGE_READY', 'creating', 'createContainer'],
    ['pulling', 'PULL_FAILED', 'pullFailed', 'after pullRetry'],
    ['pulling', 'PULL_BACK_OFF', 'pullBackOff', 'after pullRetry'],
    ['creating', 'CREATED', 'starting', 'startContainer'],
    ['creating', 'CREATE_FAILED', 'startFailed', 'after startRetry'],
    ['starting', 'STARTED', 'running', ''],
    ['running', 'EXITED_RESTART', 'exited', ''],
    ['running', 'EXITED_FINAL', 'done', ''],
    ['exited', 'BACK_OFF', 'crashBackOff', 'recordBackOff, after crashRetry'],
    [
      'crashBackOff',
      'BACK_OFF',
      'crashBackOff',
      'cancel crashRetry, recordBackOff, after crashRetry',
    ],
    ['crashBackOff', 'after.crashRetry', 'waiting', 'cancel crashRetry'],
    ['running', 'KILL', 'stopping', 'sendStopSignal, after gracePeriod'],
    ['stopping', 'after.gracePeriod', 'killing', 'cancel gracePeriod, sendKill'],
    ['stopping', 'EXITED_FINAL', 'done', 'cancel gracePeriod'],
    ['done', 'RESET', 'waiting', ''],
  ])('%s takes %s to %s: %s', (state, event, next, effects) => {
    const step = containerTable.step(state, event);
    expect([step?.state, show(step?.effects ?? [])]).toEqual([next, effects]);
  });

  it('does not start what is being stopped', () => {
    expect(containerTable.step('stopping', 'START')).toBeUndefined();
    expect(podTable.step('terminating', 'SANDBOX_READY')).toBeUndefined();
  });
});

describe('back-off', () => {
  it('doubles from 10 s to 5 min, and is forgotten after 10 min', () => {
    const backoff = new Backoff();
    const waits: number[] = [];
    let now = 0;
    for (let i = 0; i < 8; i++) {
      const exitedAt = now;
      while (backoff.lastsSince('c', exitedAt, now)) now += SECOND;
      waits.push((now - exitedAt) / SECOND);
      backoff.next('c', exitedAt, now);
    }
    expect(waits).toEqual([0, 10, 20, 40, 80, 160, 300, 300]);
    const later = now + 601 * SECOND;
    expect(backoff.lastsSince('c', later, later)).toBe(false);
    backoff.next('c', later, later);
    expect(backoff.get('c')).toBe(10 * SECOND);
  });
});

describe('image names', () => {
  it.each([
    ['nginx', 'docker.io/library/nginx:latest'],
    ['nginx:1.25', 'docker.io/library/nginx:1.25'],
    ['acme/app', 'docker.io/acme/app:latest'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'],
    ['localhost:5000/a/b:v1', 'localhost:5000/a/b:v1'],
    [`nginx@sha256:${'a'.repeat(64)}`, `docker.io/library/nginx@sha256:${'a'.repeat(64)}`],
  ])('%s is %s', (text, full) => {
    const name = parseImageName(text);
    expect('error' in name ? name.error : fullName(name)).toBe(full);
  });

  it.each([
    ['Nginx:1.25', 'invalid reference format: repository name (library/Nginx) must be lowercase'],
    ['nginx:', 'invalid reference format'],
    ['a b', 'invalid reference format'],
  ])('%s is none: %s', (text, error) => {
    expect(parseImageName(text)).toEqual({ error });
  });
});

describe('addresses', () => {
  it('are handed out one after the other, and again when they are free', () => {
    const pool = new AddressPool('10.244.3.0/24');
    expect([pool.take(), pool.take()]).toEqual(['10.244.3.2', '10.244.3.3']);
    pool.free('10.244.3.2');
    expect(pool.take()).toBe('10.244.3.4');
    for (let i = 0; i < 251; i++) expect(pool.take()).not.toBeNull();
    expect(pool.take()).toBeNull();
    pool.free('10.244.3.77');
    expect(pool.take()).toBe('10.244.3.77');
  });
});

describe('texts', () => {
  it.each([
    [0, '0s'],
    [26_900, '26ms'],
    [5_813_400, '5.813s'],
    [10 * SECOND, '10s'],
    [80 * SECOND, '1m20s'],
    [300 * SECOND, '5m0s'],
    [3_661 * SECOND, '1h1m1s'],
  ])('%i µs are %s', (us, text) => {
    expect(goDuration(us)).toBe(text);
  });

  it.each([
    ['$(A)-$(B)', '1-$(B)'],
    ['$$(A)', '$(A)'],
    ['$A $', '$A $'],
    ['$(A', '$(A'],
  ])('%s expands to %s', (text, expanded) => {
    expect(expand(text, new Map([['A', '1']]))).toBe(expanded);
  });

  it.each([
    ['czNjcmV0', 's3cret'],
    ['w6TDtg==', 'äö'],
    ['/w==', '\udcff'],
  ])('base64 %s is %s', (text, plain) => {
    expect(decodeBase64(text)).toBe(plain);
  });

  it('of a container come as lines', () => {
    const log = new ContainerLog();
    log.write(1, 'stdout', 'a\nb');
    log.write(2, 'stderr', 'x\n');
    log.write(3, 'stdout', 'c\n');
    log.write(4, 'stdout', 'end');
    log.close(5);
    expect(log.lines.map((l) => `${l.at} ${l.stream} ${l.text}`)).toEqual([
      '1 stdout a',
      '2 stderr x',
      '3 stdout bc',
      '5 stdout end',
    ]);
  });
});

const pod = {
  metadata: { name: 'p', namespace: 'n', uid: 'u', labels: { b: '2', a: 'x "y"' } },
  spec: { containers: [], nodeName: 'node-1', serviceAccountName: 'default' },
  status: {},
} as unknown as Pod;

describe('what a container is told', () => {
  it.each([
    ['metadata.name', 'p'],
    ["metadata.labels['b']", '2'],
    ["metadata.labels['none']", ''],
    ['metadata.labels', 'a="x \\"y\\""\nb="2"'],
    ['spec.nodeName', 'node-1'],
    ['status.podIP', '10.244.0.9'],
    ['status.hostIP', '172.30.0.2'],
  ])('%s', (path, value) => {
    expect(fieldValue(pod, path, { podIP: '10.244.0.9', hostIP: '172.30.0.2' })).toBe(value);
  });

  it('of Services in its namespace, and of the API server', () => {
    const service = (namespace: string, name: string, clusterIP: string): Service =>
      ({
        metadata: { name, namespace },
        spec: { clusterIP, ports: [{ name: 'web', port: 80, protocol: 'TCP' }] },
      }) as unknown as Service;
    const services = [
      service('n', 'my-db', '10.96.0.5'),
      service('n', 'headless', 'None'),
      service('other', 'x', '10.96.0.6'),
      service('default', 'kubernetes', '10.96.0.1'),
    ];
    const env = Object.fromEntries(serviceEnvironment(pod, services));
    expect(env).toMatchObject({
      MY_DB_SERVICE_HOST: '10.96.0.5',
      MY_DB_SERVICE_PORT: '80',
      MY_DB_SERVICE_PORT_WEB: '80',
      MY_DB_PORT: 'tcp://10.96.0.5:80',
      MY_DB_PORT_80_TCP_ADDR: '10.96.0.5',
      KUBERNETES_SERVICE_HOST: '10.96.0.1',
    });
    expect(Object.keys(env).filter((k) => k.startsWith('X_') || k.startsWith('HEADLESS'))).toEqual(
      [],
    );
  });
});
