/** Subcommands of agnhost, on a network of their own. */
import { describe, expect, it } from 'vitest';
import { LoneNetwork, LonePod } from '../../testing/lone-pod.ts';
import { healthRequest, readHealthAnswer } from '../node/runtime/grpc-health.ts';
import { Cgroup } from '../node/runtime/cgroup.ts';
import type { ImageDefinition } from '../node/runtime/program.ts';
import { agnhostImages } from './agnhost.ts';

const [agnhost] = agnhostImages as readonly [ImageDefinition];
const A = '10.244.0.5';
const B = '10.244.0.6';

function pod(
  network: LoneNetwork,
  address: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): LonePod {
  const made = new LonePod(network, address, agnhost, { args, env: Object.entries(env) });
  network.run(1);
  return made;
}

function body(answer: ReturnType<LoneNetwork['get']>): string {
  return typeof answer === 'string' ? answer : answer.body;
}

describe('netexec', () => {
  const network = new LoneNetwork();
  const server = pod(network, A, ['netexec']);
  pod(network, B, ['netexec', '--http-port=80', '--udp-port=53']);
  const get = (path: string): string => body(network.get(A, 8080, path));

  it.each([
    ['/hostname', /^pod-10-244-0-5$/],
    ['/clientip', /^10\.244\.0\.1:\d+$/],
    ['/serverport', /^8080$/],
    ['/echo?msg=a+b%21', /^a b!$/],
    ['/echo?msg=x&code=no', /^argument 'code' must be an integer or empty, got "no"\n$/],
    ['/header?key=host', /^10\.244\.0\.5$/],
    ['/nothing', /^NOW: 2026-01-02 03:\d\d:\d\d\.\d{9} \+0000 UTC$/],
    ['/shell?cmd=echo%20hi%3B%20exit%203', /^\{"error":"exit status 3","output":"hi\\n"\}$/],
    [
      '/dial?host=10.244.0.6&port=80&request=hostname&tries=2',
      /^\{"responses":\["pod-10-244-0-6","pod-10-244-0-6"\]\}$/,
    ],
    [
      '/dial?host=10.244.0.6&port=53&protocol=udp&request=hostname',
      /^\{"responses":\["pod-10-244-0-6"\]\}$/,
    ],
    [
      '/dial?host=10.244.0.6&port=81&request=x',
      /^\{"errors":\["Get \\"http:\/\/10\.244\.0\.6:81\/x\\": dial tcp 10\.244\.0\.6:81: connect: connection refused"\]\}$/,
    ],
    [
      '/dial?host=10.244.0.6&port=54&protocol=udp&request=x',
      /reading from udp connection failed\. err:'read udp 10\.244\.0\.5:\d+-\\u003e10\.244\.0\.6:54: i\/o timeout'/,
    ],
    ['/dial?host=10.244.0.6&port=80&protocol=quic&request=x', /^unsupported protocol\. quic\n$/],
    ['/dial?host=10.244.0.6&port=80', /^request parameter not specified\. <nil>\n$/],
  ] as const)('%s', (path, expected) => {
    expect(get(path)).toMatch(expected);
  });

  it('answers with the status that is asked for', () => {
    expect(network.get(A, 8080, '/echo?msg=tea&code=418')).toMatchObject({ status: 418 });
    expect(network.get(A, 8080, '/redirect?location=/echo&code=307')).toMatchObject({
      status: 307,
      headers: { Location: '/echo' },
    });
    expect(network.get(A, 8080, '/healthz')).toMatchObject({ status: 200 });
  });

  it('takes an upload', () => {
    const path = /"output":"(\/uploads\/upload\d+)"/.exec(
      body(
        network.ask(A, 8080, {
          method: 'POST',
          path: '/upload',
          headers: { 'Content-Type': 'multipart/form-data; boundary=XX' },
          body: '--XX\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nhello\r\n--XX--\r\n',
        }),
      ),
    )?.[1];
    expect(server.process.fs.read(path ?? '')).toBe('hello');
  });

  it('ends when it is asked to', () => {
    const leaving = pod(network, '10.244.0.9', ['netexec', '--udp-port=-1']);
    expect(network.get('10.244.0.9', 8080, '/healthz')).toMatchObject({ status: 412 });
    network.get('10.244.0.9', 8080, '/exit?code=7&timeout=1s&wait=2s');
    expect(leaving.exitCode).toBe(7);
    server.process.signal('SIGTERM');
    network.run(1);
    expect(server.exitCode).toBe(0);
  });
});

describe('small servers', () => {
  it('serve-hostname by TCP and UDP', () => {
    const network = new LoneNetwork();
    const server = pod(network, A, ['serve-hostname', '--http=false', '--tcp', '--udp']);
    const client = pod(network, B, ['connect', `${A}:9376`, '--protocol', 'udp']);
    expect(client.exitCode).toBe(0);
    expect(server.err).toMatch(/UDP request from 10\.244\.0\.6:\d+\n$/);
    expect(pod(network, B, ['connect', `${A}:9376`]).exitCode).toBe(0);
    server.process.signal('SIGTERM');
    expect(network.run(50) && server.exitCode).toBeNull();
    expect(network.run(20) && server.exitCode).toBe(0);
  });

  it('porter serves what its variables say', () => {
    const network = new LoneNetwork();
    pod(network, A, ['porter'], { SERVE_PORT_80: 'foo', SERVE_TLS_PORT_443: 'bar' });
    expect(body(network.get(A, 80, '/any'))).toBe('foo');
    const request = { method: 'GET', path: '/', headers: {}, body: '', tls: true };
    expect(body(network.ask(A, 443, request))).toBe('bar');
  });

  it('a health check of gRPC', () => {
    const network = new LoneNetwork();
    const server = pod(network, A, ['grpc-health-checking', '--service', 's']);
    const check = (service: string): unknown => {
      const answer = network.ask(A, 5_000, healthRequest(service));
      return typeof answer === 'string' ? answer : readHealthAnswer(answer);
    };
    expect(check('s')).toBe('SERVING');
    expect(check('')).toEqual({ code: 5, message: 'unknown service' });
    expect(body(network.get(A, 8_080, '/make-not-serving'))).toMatch(/^\d+\.\d+s$|^1m/);
    expect(check('s')).toBe('NOT_SERVING');
    server.process.signal('SIGTERM');
    expect(network.run(1) && server.exitCode).toBe(2);
  });

  it('a guestbook with a replica', () => {
    const network = new LoneNetwork();
    pod(network, A, ['guestbook', '--http-port', '6379']);
    pod(network, B, ['guestbook', '--http-port', '6379', '--replicaof', A]);
    expect(body(network.get(A, 6379, '/set?key=m&value=hi'))).toBe('{"message":"Updated"}');
    expect(body(network.get(B, 6379, '/get?key=m'))).toBe('{"data":"hi"}');
  });

  it('converts custom resources', () => {
    const network = new LoneNetwork();
    pod(network, A, ['crd-conversion-webhook']);
    const object = { apiVersion: 'stable.example.com/v1', kind: 'E', hostPort: 'h:1' };
    const review = {
      kind: 'ConversionReview',
      apiVersion: 'apiextensions.k8s.io/v1',
      request: { uid: 'u', desiredAPIVersion: 'stable.example.com/v2', objects: [object] },
    };
    const headers = { 'Content-Type': 'application/json' };
    const request = { method: 'POST', path: '/crdconvert', headers, body: JSON.stringify(review) };
    expect(JSON.parse(body(network.ask(A, 443, request)))).toMatchObject({
      response: {
        uid: 'u',
        convertedObjects: [
          { apiVersion: 'stable.example.com/v2', kind: 'E', host: 'h', port: '1' },
        ],
        result: { status: 'Success' },
      },
    });
  });
});

describe('clients and tools', () => {
  it.each([
    [[`${A}:1`], 'REFUSED\n'],
    [['10.9.9.9:1', '--timeout=2s'], 'TIMEOUT\n'],
    [['nowhere'], 'UNKNOWN: address nowhere: missing port in address\n'],
  ])('connect %j', (args, expected) => {
    const network = new LoneNetwork();
    pod(network, A, ['pause']);
    const client = pod(network, B, ['connect', ...args]);
    network.run(5);
    expect(client.err).toBe(expected);
    expect(client.exitCode).toBe(1);
  });

  it('port-forward-tester sends its chunks', () => {
    const network = new LoneNetwork();
    const server = pod(network, A, ['port-forward-tester'], {
      BIND_ADDRESS: '0.0.0.0',
      BIND_PORT: '80',
      CHUNKS: '3',
      CHUNK_SIZE: '4',
      CHUNK_INTERVAL: '100',
    });
    const connection = network.finish(network.client.connect(A, 80));
    if (typeof connection === 'string') throw new Error(connection);
    expect(network.finish(connection.input.readAll())).toBe('x'.repeat(12));
    expect(server.out).toBe('Accepted client connection\nShutting down connection\nDone\n');
    expect(server.exitCode).toBe(0);
  });

  it('prints its arguments, and refuses by name what is missing', () => {
    const network = new LoneNetwork();
    expect(pod(network, A, ['entrypoint-tester', 'a', 'b']).out).toBe(
      '[/agnhost entrypoint-tester a b]\n',
    );
    expect(pod(network, B, ['audit-proxy']).err).toMatch(
      /^Error: unknown command "audit-proxy" for "app" \(not simulated\)\n/,
    );
  });

  it('stress takes memory until the container has no more', () => {
    const network = new LoneNetwork();
    const greedy = new LonePod(network, A, agnhost, {
      args: ['stress', '--mem-total=100Mi', '--mem-alloc-size=1Mi', '--mem-alloc-sleep=10ms'],
      cgroup: new Cgroup({ memoryLimitBytes: 50 * 1024 * 1024 }),
    });
    network.run(5);
    expect(greedy.err).toMatch(/Allocating "100Mi" memory, in "1Mi" chunks, with a 10ms sleep/);
    expect(greedy.process.status).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  });
});
