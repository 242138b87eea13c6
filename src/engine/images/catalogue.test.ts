/** Names that examples and tests use are there, and small programs do what they are known for. */
import { describe, expect, it } from 'vitest';
import { LoneNetwork, LonePod } from '../../testing/lone-pod.ts';
import { Cgroup } from '../node/runtime/cgroup.ts';
import { parseImageName } from '../node/runtime/image-name.ts';
import type { ImageDefinition } from '../node/runtime/program.ts';
import { images } from './index.ts';
import { Registry } from './registry/registry.ts';

const A = '10.244.0.5';
const B = '10.244.0.6';
const CALLER = { address: '172.30.0.2', now: 0 };

function definition(text: string): ImageDefinition {
  const name = parseImageName(text);
  if ('error' in name) throw new Error(name.error);
  const answer = new Registry(images).ask(name, CALLER);
  if (answer.kind !== 'found') throw new Error(`${text}: ${answer.kind}`);
  return answer.definition;
}

function run(
  text: string,
  options: ConstructorParameters<typeof LonePod>[3] = {},
  network = new LoneNetwork(),
  address = A,
): LonePod {
  const pod = new LonePod(network, address, definition(text), options);
  network.run(2);
  return pod;
}

describe('names that people use', () => {
  it.each([
    'alpine:3.20',
    'busybox:1.28',
    'curlimages/curl',
    'debian:12',
    'gcr.io/google-samples/hello-app:2.0',
    'golang:1.25',
    'hello-world',
    'httpd:2.4',
    'k8s.gcr.io/nginx-slim:0.8',
    'gcr.io/google-samples/kubernetes-bootcamp:v1',
    'us-docker.pkg.dev/google-samples/containers/gke/hello-app:1.0',
    'wordpress:6.2.1-apache',
    'mongo:7.0',
    'nginx:1.7.9',
    'node:22',
    'python:3.12-slim',
    'registry.k8s.io/busybox',
    'registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0',
    'registry.k8s.io/e2e-test-images/ipc-utils:1.4',
    'registry.k8s.io/e2e-test-images/nonewprivs:1.4',
    'registry.k8s.io/e2e-test-images/nonroot:1.5',
    'registry.k8s.io/e2e-test-images/sample-apiserver:1.29.2',
    'registry.k8s.io/hpa-example',
    'registry.k8s.io/pause:3.10.2',
    'ubuntu:22.04',
  ])('%s', (text) => {
    expect(definition(text).repository).not.toBe('');
  });

  it('no repository is there twice', () => {
    const names = images.map(({ repository }) => repository);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});

describe('small programs', () => {
  it('hello-world says hello and ends', () => {
    const pod = run('hello-world');
    expect(pod.out).toMatch(/^\nHello from Docker!\n/);
    expect(pod.exitCode).toBe(0);
  });

  it.each([
    [
      'gcr.io/google-samples/hello-app:1.0',
      8080,
      /^Hello, world!\nVersion: 1\.0\.0\nHostname: pod-/,
    ],
    ['gcr.io/google-samples/node-hello:1.0', 8080, /^Hello Kubernetes!$/],
    ['registry.k8s.io/echoserver:1.10', 8080, /client_address=10\.244\.0\.1/],
    ['registry.k8s.io/hpa-example', 80, /^OK!$/],
    [
      'gcr.io/google-samples/kubernetes-bootcamp:v1',
      8080,
      /^Hello Kubernetes bootcamp! \| Running on: pod-10-244-0-5 \| v=1\n$/,
    ],
    ['registry.k8s.io/nginx-slim:0.24', 80, /Welcome to nginx!/],
    ['wordpress', 80, /Error establishing a database connection/],
    ['traefik/whoami', 80, /^Hostname: pod-10-244-0-5\n/],
  ] as const)('%s', (text, port, expected) => {
    const network = new LoneNetwork();
    run(text, {}, network);
    expect(network.get(A, port, '/')).toMatchObject({ body: expect.stringMatching(expected) });
  });

  it('an interpreter without a script ends well, with one it refuses', () => {
    expect(run('python').exitCode).toBe(0);
    const pod = run('python', { command: ['python3', '-c', 'print(1)'] });
    expect(pod.err).toMatch(/^Python scripts are not simulated/);
    expect(pod.exitCode).toBe(1);
  });

  it('perl computes pi', () => {
    const command = ['perl', '-Mbignum=bpi', '-wle', 'print bpi(2000)'];
    const network = new LoneNetwork();
    const pod = run('perl:5.34.0', { command }, network);
    expect(pod.exitCode).toBeNull();
    network.run(5);
    expect(pod.exitCode).toBe(0);
    expect(pod.out).toMatch(/^3\.14159265358979323846264338327950288419716939937510\d{1949}\n$/);
    // The 1990th to 1999th decimals, the last of them rounded.
    expect(pod.out.slice(-11)).toBe('4780275901\n');
    const small = run('perl', { command: ['perl', '-Mbignum=bpi', '-e', 'print bpi(5); exit 3'] });
    expect([small.out, small.exitCode]).toEqual(['3.1416', 3]);
    expect(run('perl', { command: ['perl', '-e', 'my $x = 1;'] }).err).toMatch(/not simulated/);
  });

  it('stress takes what it is told to take', () => {
    const network = new LoneNetwork();
    const cgroup = new Cgroup({ memoryLimitBytes: 200 * 1024 * 1024 });
    const args = ['--vm', '1', '--vm-bytes', '150M', '--vm-hang', '1', '-c', '1', '-t', '10s'];
    const pod = run('polinux/stress', { command: ['stress', ...args], cgroup }, network);
    expect(pod.out).toBe('stress: info: [1] dispatching hogs: 1 cpu, 0 io, 1 vm, 0 hdd\n');
    expect(cgroup.memoryBytes).toBeGreaterThan(150 * 1024 * 1024);
    expect(cgroup.cpuUs).toBeGreaterThan(1_500_000);
    network.run(10);
    expect(pod.out).toMatch(/stress: info: \[1\] successful run completed in 10s\n$/);
    expect(pod.exitCode).toBe(0);
    const tight = { cgroup: new Cgroup({ memoryLimitBytes: 100 * 1024 * 1024 }) };
    expect(run('polinux/stress', { command: ['stress', ...args], ...tight }).exitCode).toBe(137);
  });

  it('resource-consumer uses what it is asked to use', () => {
    const network = new LoneNetwork();
    const cgroup = new Cgroup({});
    run('registry.k8s.io/e2e-test-images/resource-consumer:1.14', { cgroup }, network);
    const post = (path: string): unknown =>
      network.ask(A, 8080, { method: 'POST', path, headers: {}, body: '' });
    const before = cgroup.cpuUs;
    expect(post('/ConsumeCPU?millicores=1500&durationSec=30')).toMatchObject({
      body: 'ConsumeCPU\n1500 millicores\n30 durationSec\n',
    });
    expect((cgroup.cpuUs - before) / 30e6).toBeCloseTo(1.5, 1);
    network.run(5);
    const after = cgroup.cpuUs;
    post('/ConsumeMem?megabytes=100&durationSec=10');
    expect(cgroup.memoryPeakBytes).toBeGreaterThan(100 * 1024 * 1024);
    expect(cgroup.memoryBytes).toBeLessThan(50 * 1024 * 1024);
    expect(cgroup.cpuUs - after).toBeLessThan(100_000);
    post('/BumpMetric?metric=m&delta=2.5&durationSec=100');
    expect(network.get(A, 8080, '/metrics')).toMatchObject({
      body: '# HELP m info message.\n# TYPE m gauge\nm 2.500000\n',
    });
    expect(post('/ConsumeCPU?millicores=x&durationSec=1')).toMatchObject({ status: 400 });
  });

  it('what is there in name only says so', () => {
    const pod = run('mongo:7.0');
    expect(pod.err).toBe('MongoDB is not simulated: there is only its image\n');
    expect(pod.exitCode).toBe(1);
  });
});

describe('curl', () => {
  const network = new LoneNetwork();
  run('registry.k8s.io/e2e-test-images/agnhost:2.63.0', { args: ['netexec'] }, network, B);
  const server = `${B}:8080`;

  it.each<[string, readonly string[], string, string, number]>([
    ['a body', ['-s', `http://${server}/hostname`], 'pod-10-244-0-6', '', 0],
    [
      'a code',
      ['-so', '/dev/null', '-w', '%{http_code}\\n', `${server}/echo?code=418`],
      '418\n',
      '',
      0,
    ],
    ['a form', ['-s', '-d', 'msg=hello', `${server}/echo`], 'hello', '', 0],
    ['a redirect', ['-sL', `${server}/redirect?location=/hostname`], 'pod-10-244-0-6', '', 0],
    [
      'failing',
      ['-sSf', `${server}/echo?code=500`],
      '',
      'curl: (22) The requested URL returned error: 500\n',
      22,
    ],
    [
      'nobody there',
      ['-q', '-s', '-S', `${B}:1`],
      '',
      `curl: (7) Failed to connect to ${B} port 1 after 0 ms: Could not connect to server\n`,
      7,
    ],
    ['silence', ['-s', `${B}:1`], '', '', 7],
    ['no such name', ['nowhere'], '', 'curl: (6) Could not resolve host: nowhere\n', 6],
    [
      'time',
      ['--connect-timeout', '2', '10.9.9.9'],
      '',
      'curl: (28) Connection timed out after 2000 milliseconds\n',
      28,
    ],
    [
      'an option',
      ['--frob', 'x'],
      '',
      "curl: option --frob: is unknown\ncurl: try 'curl --help' for more information\n",
      2,
    ],
  ])('%s', (_name, args, out, err, code) => {
    const pod = run('curlimages/curl', { command: ['curl', ...args] }, network);
    network.run(5);
    expect({ out: pod.out, err: pod.err, code: pod.exitCode }).toEqual({ out, err, code });
  });
});

describe('getent', () => {
  it('looks up users and hosts', () => {
    const text = 'registry.k8s.io/e2e-test-images/glibc-dns-testing:2.0.0';
    const command = ['sh', '-c', 'getent passwd root; getent hosts localhost; getent hosts no'];
    const pod = run(text, { command });
    expect(pod.out).toBe('root:x:0:0:root:/root:/bin/sh\n127.0.0.1       localhost\n');
    expect(pod.exitCode).toBe(2);
  });
});
