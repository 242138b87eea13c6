/** Programs in Pods that the API server asks: webhooks decide, the proxy passes requests on. */
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeBase64, encodeUtf8 } from '../api/meta/utf8.ts';
import { MICROS_PER_SECOND } from '../kernel/kernel.ts';
import { handle } from './apiserver/rest/handle.ts';
import { clusterAuthority } from './client/authority.ts';
import { Cluster } from './cluster.ts';

class World {
  readonly cluster = new Cluster({
    seed: 1,
    epoch: '2026-01-01T00:00:00Z',
    nodes: [{ name: 'n1', cpu: '4', memory: '8Gi', pods: 110, zone: '' }],
    stopped: [],
  });
  readonly #ca = clusterAuthority(this.cluster.kernel).certificate;

  wait(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * MICROS_PER_SECOND);
  }

  send(
    method: string,
    path: string,
    body?: unknown,
    query: Readonly<Record<string, readonly string[]>> = {},
  ): { code: number; body: Body } {
    const { kernel, server } = this.cluster;
    const request = {
      method,
      path,
      query,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : encodeUtf8(JSON.stringify(body)),
    };
    const process = kernel.spawn('request', handle(server, request), { joined: true });
    kernel.runUntil(() => process.done);
    const { outcome } = process;
    if (!outcome?.ok) throw outcome?.error;
    const { code, body: bytes } = outcome.value;
    const text = decodeUtf8(bytes);
    return { code, body: (text.startsWith('{') ? JSON.parse(text) : { text }) as Body };
  }

  /** A webhook server, and a Service that leads to it. */
  deploy(): void {
    const metadata = { name: 'hook', labels: { app: 'hook' } };
    const container = {
      name: 'c',
      image: 'registry.k8s.io/e2e-test-images/agnhost:2.63.0',
      args: ['webhook', '--port=8444'],
    };
    this.send('POST', `${NAMESPACE}/pods`, { metadata, spec: { containers: [container] } });
    const ports = [{ port: 443, targetPort: 8444 }];
    const spec = { selector: { app: 'hook' }, ports };
    this.send('POST', `${NAMESPACE}/services`, { metadata: { name: 'hook' }, spec });
    this.wait(30);
  }

  register(plural: string, path: string, more: object = {}): void {
    const webhook = {
      name: 'hook.example.com',
      clientConfig: {
        service: { namespace: 'default', name: 'hook', path },
        caBundle: encodeBase64(this.#ca),
      },
      rules: [
        {
          apiGroups: [''],
          apiVersions: ['v1'],
          operations: ['CREATE', 'DELETE'],
          resources: ['configmaps'],
        },
      ],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...more,
    };
    const answer = this.send('POST', `/apis/admissionregistration.k8s.io/v1/${plural}`, {
      metadata: { name: 'hooks' },
      webhooks: [webhook],
    });
    if (answer.code !== 201) throw new Error(answer.body.message);
  }
}

interface Body {
  readonly message?: string;
  readonly data?: unknown;
  readonly text?: string;
}

const NAMESPACE = '/api/v1/namespaces/default';
const MAPS = `${NAMESPACE}/configmaps`;
const map = (name: string, data: object = {}) => ({ metadata: { name }, data });
const VALIDATING = 'validatingwebhookconfigurations';
const MUTATING = 'mutatingwebhookconfigurations';

describe('webhooks in Pods', () => {
  it('deny, and say why', () => {
    const world = new World();
    world.deploy();
    world.register(VALIDATING, '/configmaps');
    expect(world.send('POST', MAPS, map('a')).code).toBe(201);
    const denied = world.send('POST', MAPS, map('b', { 'webhook-e2e-test': 'webhook-disallow' }));
    expect(denied).toMatchObject({
      code: 400,
      body: {
        message:
          'admission webhook "hook.example.com" denied the request: ' +
          'the configmap contains unwanted key and value',
      },
    });
    const kept = map('c', { 'webhook-e2e-test': 'webhook-nondeletable' });
    expect(world.send('POST', MAPS, kept).code).toBe(201);
    expect(world.send('DELETE', `${MAPS}/c`).code).toBe(400);
    expect(world.send('DELETE', `${MAPS}/a`).code).toBe(200);
  });

  it('see what is asked of a connection', () => {
    const world = new World();
    world.deploy();
    const rules = {
      apiGroups: [''],
      apiVersions: ['v1'],
      operations: ['CONNECT'],
      resources: ['pods/attach'],
    };
    world.register(VALIDATING, '/pods/attach', { rules: [rules] });
    const spec = { containers: [{ name: 'container1', image: 'pause' }] };
    world.send('POST', `${NAMESPACE}/pods`, { metadata: { name: 'to-be-attached-pod' }, spec });
    const path = `${NAMESPACE}/pods/to-be-attached-pod/attach`;
    const answer = world.send('POST', path, undefined, { container: ['container1'], stdin: ['1'] });
    expect(answer.body.message).toContain(
      "denied the request: attaching to pod 'to-be-attached-pod' is not allowed",
    );
  });

  it('change what is written', () => {
    const world = new World();
    world.deploy();
    world.register(MUTATING, '/mutating-configmaps');
    const made = world.send('POST', MAPS, map('a', { 'mutation-start': 'yes' }));
    expect(made.body.data).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes' });
  });

  it('may take no longer than their time', () => {
    const world = new World();
    world.deploy();
    world.register(VALIDATING, '/always-allow-delay-5s', { timeoutSeconds: 1 });
    expect(world.send('POST', MAPS, map('a'))).toMatchObject({
      code: 500,
      body: {
        message:
          'Internal error occurred: failed calling webhook "hook.example.com": failed to call ' +
          'webhook: Post "https://hook.default.svc:443/always-allow-delay-5s?timeout=1s": ' +
          'context deadline exceeded',
      },
    });
  });

  it.each([
    ['Fail', 500],
    ['Ignore', 201],
  ])('that nobody serves: %s', (failurePolicy, code) => {
    const world = new World();
    world.register(VALIDATING, '/configmaps', { failurePolicy });
    expect(world.send('POST', MAPS, map('a')).code).toBe(code);
  });
});

describe('the proxy', () => {
  it('passes requests on to Pods and to Services', () => {
    const world = new World();
    world.deploy();
    const pods = `${NAMESPACE}/pods`;
    expect(world.send('GET', `${pods}/hook:8444/proxy/readyz`).body.text).toBe('ok');
    expect(world.send('GET', `${pods}/hook:8444/proxy/nothing`).code).toBe(404);
    const services = `${NAMESPACE}/services`;
    expect(world.send('GET', `${services}/https:hook:443/proxy/readyz`).body.text).toBe('ok');
    expect(world.send('GET', `${pods}/hook:8444/proxy`).code).toBe(301);
  });

  it('says why it cannot', () => {
    const world = new World();
    world.deploy();
    const refused = world.send('GET', `${NAMESPACE}/pods/hook:81/proxy/`);
    expect(refused.code).toBe(503);
    expect(refused.body.message).toMatch(
      /^error trying to reach service: dial tcp 10\.244\.\d+\.\d+:81: connect: connection refused$/,
    );
    expect(world.send('GET', `${NAMESPACE}/services/hook:1/proxy/`).body.message).toBe(
      'no service port 1 found for service "hook"',
    );
    expect(world.send('GET', `${NAMESPACE}/pods/a:b:c:d/proxy/`).body.message).toBe(
      'invalid pod request "a:b:c:d"',
    );
  });
});
