/** Defaults, rules of change and validation of the kinds, as tables. */
import { describe, expect, it } from 'vitest';
import { emptyObject } from '../meta/decode.ts';
import type { AdmissionContext, AnyKind } from '../meta/define-kind.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import { cloneJson } from '../meta/json.ts';
import type { Draft, KubeObject } from '../meta/object.ts';
import { ApiError } from '../meta/status.ts';
import { ConfigMap } from './config-map.ts';
import { Deployment } from './deployment.ts';
import { Event } from './event.ts';
import { kinds } from './index.ts';
import { Lease } from './lease.ts';
import { Namespace } from './namespace.ts';
import { Node } from './node.ts';
import { Secret } from './secret.ts';
import { Service } from './service.ts';
import { ServiceAccount } from './service-account.ts';

type Loose = Draft<KubeObject> & Record<string, unknown>;

const any = (kind: unknown): AnyKind => kind as AnyKind;

const NOBODY_ASKS = {
  signToken: () => 'head.claims.signature',
} as unknown as AdmissionContext['access'];

function context(list: readonly unknown[] = []): AdmissionContext {
  return {
    now: '2026-01-01T00:00:00Z',
    random: (length) => 'b'.repeat(length),
    user: 'admin',
    caller: { name: 'admin', groups: [] },
    kind: any(Node),
    namespace: 'default',
    name: '',
    access: NOBODY_ASKS,
    updateStatus: (_group, _plural, object) => object,
    operation: 'CREATE',
    subresource: '',
    dryRun: false,
    lookup: () => undefined,
    servedKind: () => undefined,
    equivalents: () => [],
    list: () => list as readonly KubeObject[],
    warn: () => {},
  };
}

/** As after decoding, defaulting and preparing for creation. */
function created(kind: AnyKind, fields: object, others: readonly unknown[] = []): Loose {
  const object = { ...emptyObject(kind.schema), ...cloneJson(fields) } as unknown as Loose;
  object.metadata = Object.assign({ namespace: 'default', name: 'a' }, object.metadata);
  kind.defaults?.(object);
  for (const plugin of kind.admission ?? []) plugin.admit?.(object, null, context(others));
  kind.allocate?.(object, null, context(others));
  kind.prepareForCreate?.(object, context(others));
  return object;
}

function errorsOf(kind: AnyKind, object: unknown): string[] {
  const errors = new FieldErrors();
  kind.validate?.(object as KubeObject, errors);
  return errors.list.map((e) => `${e.field}: ${e.message}`);
}

function updateErrors(kind: AnyKind, old: Loose, change: object): string[] {
  const next = { ...cloneJson(old as object), ...change };
  const errors = new FieldErrors();
  kind.validateUpdate?.(next as KubeObject, old as unknown as KubeObject, errors);
  return errors.list.map((e) => `${e.field}: ${e.message}`);
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
  return '';
}

const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image: 'x:1', resources: {} }] },
};
const workload = { spec: { selector: { matchLabels: { app: 'x' } }, strategy: {}, template } };

describe('the list of kinds', () => {
  it('is alphabetical and without doubles', () => {
    const names = kinds.map((k) => k.kind);
    expect(names).toEqual([...names].sort());
    const versions = kinds.map((k) => `${k.group}/${k.version}/${k.kind}`);
    expect(versions).toEqual([...new Set(versions)]);
  });
  it.each(kinds.map((k) => [k.kind, k] as const))('%s can be empty', (_, kind) => {
    expect(emptyObject(kind.schema)).toHaveProperty('metadata');
  });
});

describe('Deployment', () => {
  const kind = any(Deployment);
  const deployment = created(kind, workload);
  it('is defaulted', () => {
    expect(deployment.spec).toMatchObject({
      replicas: 1,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' },
      },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    expect(deployment.metadata.generation).toBe(1);
    expect(errorsOf(kind, deployment)).toEqual([]);
  });
  const changes: readonly (readonly [string, (d: Loose) => unknown, number])[] = [
    ['spec', (d) => Object.assign(d['spec'] as object, { replicas: 2 }), 2],
    ['annotations', (d) => Object.assign(d.metadata, { annotations: { a: 'b' } }), 2],
    ['labels', (d) => Object.assign(d.metadata, { labels: { a: 'b' } }), 1],
  ];
  it.each(changes)('a change of its %s and the generation', (_, change, generation) => {
    const next = cloneJson(deployment);
    change(next);
    kind.prepareForUpdate?.(next, deployment as unknown as KubeObject, context());
    expect(next.metadata.generation).toBe(generation);
  });
  it('keeps its selector', () => {
    const spec = { ...(deployment.spec as object), selector: { matchLabels: { app: 'y' } } };
    expect(updateErrors(kind, deployment, { spec }).at(-1)).toBe(
      'spec.selector: Invalid value: {"matchLabels":{"app":"y"}}: field is immutable',
    );
  });
  it('scales', () => {
    const scale = kind.scale?.toScale({ ...deployment, status: { replicas: 3 } } as never);
    expect(scale).toMatchObject({
      spec: { replicas: 1 },
      status: { replicas: 3, selector: 'app=x' },
    });
    const draft = cloneJson(deployment);
    kind.scale?.applyScale(draft, { spec: {} } as never);
    expect(draft.spec).toMatchObject({ replicas: 0 });
  });
});

describe('Namespace', () => {
  const kind = any(Namespace);
  it('gets its finalizer, phase and name label', () => {
    const namespace = created(kind, { metadata: { name: 'team' }, spec: { finalizers: ['x/y'] } });
    expect(namespace.spec).toEqual({ finalizers: ['x/y', 'kubernetes'] });
    expect(namespace.status).toEqual({ phase: 'Active' });
    expect(namespace.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'team' });
    expect(kind.blocksDeletion?.(namespace as never)).toBe(true);
    kind.prepareForDelete?.(namespace);
    expect(namespace.status).toEqual({ phase: 'Terminating' });
  });
});

describe('Node', () => {
  const kind = any(Node);
  it('starts not ready, and allocates what it has', () => {
    const node = created(kind, { status: { capacity: { cpu: '4' } } });
    expect(node.spec).toEqual({
      taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
    });
    expect(node.status).toMatchObject({ allocatable: { cpu: '4' } });
  });
  it('refuses taints twice and changed ranges', () => {
    const taint = { key: 'a', value: 'b', effect: 'NoSchedule' };
    expect(errorsOf(kind, { spec: { taints: [taint, taint] } })).toEqual([
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"b","Effect":"NoSchedule",' +
        '"TimeAdded":null}: taints must be unique by key and effect pair',
    ]);
    const node = created(kind, { spec: { podCIDR: '10.0.0.0/24' } });
    expect(node.spec).toMatchObject({ podCIDRs: ['10.0.0.0/24'] });
    expect(updateErrors(kind, node, { spec: { podCIDRs: ['10.0.1.0/24'] } })).toEqual([
      'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    ]);
  });
});

describe('ConfigMap and Secret', () => {
  it('check their keys', () => {
    expect(errorsOf(any(ConfigMap), { data: { 'a/b': '1' } })[0]).toContain('data[a/b]');
    const both = { data: { a: '1' }, binaryData: { a: 'AA==' } };
    expect(errorsOf(any(ConfigMap), both)).toEqual([
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ]);
  });
  it('are no larger than a mebibyte', () => {
    expect(errorsOf(any(ConfigMap), { data: { a: 'x'.repeat(1024 * 1024 + 1) } })).toEqual([
      '[]: Too long: may not be more than 1048576 bytes',
    ]);
  });
  it('stay as they are when immutable', () => {
    const old = created(any(ConfigMap), { immutable: true, data: { a: '1' } });
    expect(updateErrors(any(ConfigMap), old, { data: {}, immutable: false })).toEqual([
      'immutable: Forbidden: field is immutable when `immutable` is set',
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
  });
  it('fold stringData into data', () => {
    const secret = created(any(Secret), { data: { b: 'Yg==' }, stringData: { b: 'over', a: 'é' } });
    expect(secret).toMatchObject({ type: 'Opaque', data: { a: 'w6k=', b: 'b3Zlcg==' } });
    expect(secret).not.toHaveProperty('stringData');
  });
  it.each([
    ['kubernetes.io/tls', { 'tls.crt': 'YQ==' }, ['data[tls.key]: Required value']],
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': 'e30=' }, []],
    [
      'kubernetes.io/dockerconfigjson',
      { '.dockerconfigjson': 'ew==' },
      [
        'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input',
      ],
    ],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': '' }, ['data[ssh-privatekey]: Required value']],
  ])('of type %s hold what they must: %j', (type, data, expected) => {
    expect(errorsOf(any(Secret), { type, data, metadata: {} })).toEqual(expected);
  });
});

describe('Service', () => {
  const kind = any(Service);
  const plain = { spec: { ports: [{ port: 80 }], selector: { app: 'x' } } };
  it('gets an address and its defaults', () => {
    const { spec } = created(kind, plain) as unknown as { spec: Record<string, unknown> };
    expect(spec).toMatchObject({
      type: 'ClusterIP',
      sessionAffinity: 'None',
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    expect(spec['clusterIP']).toMatch(/^10\.96\.\d+\.\d+$/);
    expect(spec['clusterIPs']).toEqual([spec['clusterIP']]);
  });
  it('gets another address than its neighbours', () => {
    const first = created(kind, plain);
    first.metadata.name = 'first';
    const second = created(kind, plain, [first]);
    expect((second.spec as { clusterIP: string }).clusterIP).not.toBe(
      (first.spec as { clusterIP: string }).clusterIP,
    );
  });
  it('gets node ports', () => {
    const spec = { ...plain.spec, type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    const service = created(kind, { spec });
    const ports = service.spec as { ports: { nodePort: number }[]; healthCheckNodePort: number };
    expect(ports.ports[0]?.nodePort).toBeGreaterThanOrEqual(30000);
    expect(ports.healthCheckNodePort).not.toBe(ports.ports[0]?.nodePort);
    expect(errorsOf(kind, service)).toEqual([]);
  });
  it('keeps its address when the manifest is sent again', () => {
    const old = created(kind, plain);
    const next = cloneJson({ ...old, spec: plain.spec }) as unknown as Loose;
    kind.defaults?.(next);
    kind.allocate?.(next, old as unknown as KubeObject, context([old]));
    expect(next.spec).toMatchObject({
      clusterIP: (old.spec as { clusterIP: string }).clusterIP,
    });
  });
  it.each([
    [{ clusterIP: '192.168.1.1' }, 'the provided network does not match the current range'],
    [{ clusterIP: '10.96.0.1' }, 'provided IP is already allocated'],
    [
      { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] },
      'provided port is not in the valid range',
    ],
    [{ ipFamilies: ['IPv6'] }, 'not configured on this cluster'],
    [
      { ipFamilyPolicy: 'RequireDualStack' },
      'this cluster is not configured for dual-stack services',
    ],
  ])('refuses %j', (fields, text) => {
    const kubernetes = { metadata: { name: 'k' }, spec: { clusterIPs: ['10.96.0.1'] } };
    const run = (): unknown => created(kind, { spec: { ...plain.spec, ...fields } }, [kubernetes]);
    expect(refusal(run)).toContain(text);
  });
});

describe('Event and Lease', () => {
  it('an Event is about its own namespace', () => {
    const event = created(any(Event), { involvedObject: { namespace: 'other' } });
    expect(errorsOf(any(Event), event)).toEqual([
      'involvedObject.namespace: Invalid value: "other": does not match event.namespace',
    ]);
  });
  it('a Lease has nothing of coordinated elections', () => {
    const lease = created(any(Lease), { spec: { strategy: 'X', preferredHolder: 'p' } });
    expect(lease['spec']).toEqual({});
  });
  it('a Lease lasts', () => {
    expect(
      errorsOf(any(Lease), { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } }),
    ).toEqual([
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ]);
  });
});

describe('tokens', () => {
  const account = created(any(ServiceAccount), { metadata: { uid: 'u' } });
  const ask = (spec: object, lookup?: KubeObject): unknown =>
    ServiceAccount.actions?.['token']?.create({ spec }, account as never, {
      ...context(),
      lookup: () => lookup,
    }).answer;
  it('say whose they are and until when', () => {
    const answer = ask({}) as { status: { token: string; expirationTimestamp: string } };
    expect(answer.status.expirationTimestamp).toBe('2026-01-01T01:00:00Z');
    expect(answer.status.token.split('.')).toHaveLength(3);
  });
  it('are refused when short, or for a Pod that is not there', () => {
    expect(refusal(() => ask({ expirationSeconds: 10 }))).toContain('less than 10 minutes');
    const boundObjectRef = { apiVersion: 'v1', kind: 'Pod', name: 'p' };
    expect(refusal(() => ask({ boundObjectRef }))).toBe('pods "p" not found');
  });
});
