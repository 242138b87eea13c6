import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../api/meta/utf8.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import { Cluster } from '../cluster.ts';
import { handle } from './rest/handle.ts';

const EPOCH = '2026-01-01T00:00:00Z';
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const MAPS = '/api/v1/namespaces/default/configmaps';
const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

interface Answer {
  readonly code: number;
  readonly body: Record<string, unknown>;
}

interface Meta {
  readonly resourceVersion?: string;
  readonly managedFields?: readonly Readonly<Record<string, unknown>>[];
}

function client() {
  const stopped = ['kube-controller-manager', 'kube-scheduler'];
  const { kernel, server } = new Cluster({ seed: 1, epoch: EPOCH, nodes: [], stopped });
  const wait = (seconds: number): void => {
    kernel.runUntil(kernel.now + seconds * MICROS_PER_SECOND);
  };
  wait(2);
  const send = (method: string, path: string, type: string, body: string): Answer => {
    let answer: Answer | undefined;
    const [pathname = '', search = ''] = path.split('?');
    const query: Record<string, string[]> = {};
    for (const part of search.split('&').filter((p) => p !== '')) {
      const [key = '', value = ''] = part.split('=');
      query[key] = [value];
    }
    const headers = { 'content-type': type, 'user-agent': 'tester/1' };
    const request = { method, path: pathname, query, headers, body: encodeUtf8(body) };
    kernel.spawn('request', handle(server, request), { joined: true }).subscribe({
      kernel,
      wake: (value) => {
        const { code, body: bytes } = value as {
          code: number;
          body: Uint8Array;
        };
        answer = {
          code,
          body: JSON.parse(decodeUtf8(bytes)) as Record<string, unknown>,
        };
      },
      wakeError: (error) => {
        throw error;
      },
    });
    kernel.runUntil(() => answer !== undefined, { maxTime: kernel.now + 9 * MICROS_PER_SECOND });
    if (answer === undefined) throw new Error('no answer');
    return answer;
  };
  const apply = (path: string, manager: string, body: object | string): Answer => {
    const glue = path.includes('?') ? '&' : '?';
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return send('PATCH', `${path}${glue}fieldManager=${manager}`, APPLY, text);
  };
  return { apply, send, wait };
}

const configMap = (data: object, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
  data,
});
const deployment = (spec: object, status?: object): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'a' },
  spec: {
    selector: { matchLabels: { app: 'x' } },
    template: {
      metadata: { labels: { app: 'x' } },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    },
    ...spec,
  },
  ...(status === undefined ? {} : { status }),
});
const metaOf = (answer: Answer): Meta => answer.body['metadata'] as Meta;
const ownersOf = (answer: Answer): string[] =>
  (metaOf(answer).managedFields ?? []).map(
    (e) =>
      `${String(e['manager'])} ${String(e['operation'])} ${String(e['subresource'] ?? '')} ` +
      JSON.stringify(e['fieldsV1']),
  );

describe('server-side apply over REST', () => {
  it('creates, changes, and does not write what is the same', () => {
    const { apply, wait } = client();
    expect(apply(`${MAPS}/a`, 'm', configMap({ a: '1' })).code).toBe(201);
    const first = apply(`${MAPS}/a`, 'm', configMap({ a: '2' }));
    wait(5);
    const again = apply(`${MAPS}/a`, 'm', configMap({ a: '2' }));
    expect([first.code, again.code]).toEqual([200, 200]);
    expect(again.body).toEqual(first.body);
  });

  it('keeps the status to its own subresource', () => {
    const { apply } = client();
    apply(`${DEPLOYMENTS}/a`, 'm', deployment({ replicas: 0 }, { replicas: 7 }));
    const answer = apply(
      `${DEPLOYMENTS}/a/status`,
      's',
      deployment({ replicas: 5 }, { observedGeneration: 1 }),
    );
    expect(answer.body['spec']).toMatchObject({ replicas: 0 });
    expect(answer.body['status']).toEqual({ observedGeneration: 1 });
    expect(ownersOf(answer)).toEqual([
      'm Apply  {"f:spec":{"f:replicas":{},"f:selector":{},"f:template":{"f:metadata":{"f:labels":' +
        '{"f:app":{}}},"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:image":{},' +
        '"f:name":{}}}}}}}',
      's Apply status {"f:status":{"f:observedGeneration":{}}}',
    ]);
  });

  it('moves the replicas between the object and its scale', () => {
    const { apply, send } = client();
    const scale = (replicas: number): object => ({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'a' },
      spec: { replicas },
    });
    apply(`${DEPLOYMENTS}/a`, 'm', deployment({ replicas: 0 }));
    const refused = apply(`${DEPLOYMENTS}/a/scale`, 's', scale(2));
    expect(refused.body['message']).toBe(
      'Apply failed with 1 conflict: conflict with "m": .spec.replicas',
    );
    const forced = apply(`${DEPLOYMENTS}/a/scale?force=true`, 's', scale(2));
    expect(forced.body).toMatchObject({ kind: 'Scale', spec: { replicas: 2 } });
    expect(metaOf(forced).managedFields).toBeUndefined();
    const now = send('GET', `${DEPLOYMENTS}/a`, MERGE, '');
    expect(ownersOf(now)[0]).toBe('s Apply scale {"f:spec":{"f:replicas":{}}}');
    const again = apply(`${DEPLOYMENTS}/a`, 'm', deployment({ replicas: 0 }));
    expect(again.body['message']).toBe(
      'Apply failed with 1 conflict: conflict with "s" with subresource "scale": .spec.replicas',
    );
    expect(apply(`${DEPLOYMENTS}/b/scale`, 's', scale(2)).code).toBe(404);
  });

  it('takes managedFields that a client writes', () => {
    const { apply, send } = client();
    apply(`${MAPS}/a`, 'm', configMap({ a: '1' }));
    const entry = {
      manager: 'chosen',
      operation: 'Apply',
      apiVersion: 'v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:data': { 'f:a': {} } },
    };
    const patch = (managedFields: unknown): Answer =>
      send('PATCH', `${MAPS}/a`, MERGE, JSON.stringify({ metadata: { managedFields } }));
    expect(ownersOf(patch([entry]))).toEqual(['chosen Apply  {"f:data":{"f:a":{}}}']);
    // What cannot be read is as if nothing had been written.
    expect(ownersOf(patch([{ ...entry, operation: 'Steal' }]))).toEqual([
      'chosen Apply  {"f:data":{"f:a":{}}}',
    ]);
    const long = patch([{ ...entry, manager: 'x'.repeat(129) }]);
    expect(long.code).toBe(422);
    expect(metaOf(patch([{}])).managedFields).toBeUndefined();
  });

  it('refuses keys that stand twice only where it is told to be strict', () => {
    const { apply } = client();
    const twice = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: "1", a: "2"}\n';
    const strict = apply(`${MAPS}/a?fieldValidation=Strict`, 'm', twice);
    expect([strict.code, strict.body['message']]).toEqual([
      400,
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n' +
        '  line 4: key "a" already set in map',
    ]);
    expect(apply(`${MAPS}/a`, 'm', twice).body['data']).toEqual({ a: '2' });
  });

  it('refuses a namespace or name that is not that of the path', () => {
    const { apply } = client();
    const elsewhere = apply(`${MAPS}/a`, 'm', configMap({}, { namespace: 'other' }));
    expect([elsewhere.code, elsewhere.body['message']]).toEqual([
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ]);
    const nameless = apply(`${MAPS}/a`, 'm', 'apiVersion: v1\nkind: ConfigMap\n');
    expect(nameless.body['message']).toBe(
      'the name of the object (a based on URL) was undeterminable: name must be provided',
    );
  });

  it('answers 500 for a value that fits the schema and not the type', () => {
    const { apply } = client();
    const answer = apply(`${DEPLOYMENTS}/a`, 'm', deployment({ replicas: 1.5 }));
    expect([answer.code, answer.body['message']]).toEqual([
      500,
      'failed to convert new object (/a; apps/v1, Kind=Deployment) to proper version: unable to ' +
        'convert unstructured object to apps/v1, Kind=Deployment: cannot convert float64 to int32',
    ]);
  });

  it('compares managers that speak another version in theirs', () => {
    const { apply, send } = client();
    const path = (version: string): string =>
      `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers/a`;
    const scaler = (version: string, spec: object): object => ({
      apiVersion: `autoscaling/${version}`,
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'a' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' },
        maxReplicas: 3,
        ...spec,
      },
    });
    const utilization = (averageUtilization: number): object => ({
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
    });
    apply(path('v1'), 'one', scaler('v1', { targetCPUUtilizationPercentage: 50 }));
    const refused = apply(path('v2'), 'two', scaler('v2', { metrics: [utilization(60)] }));
    expect(refused.body['message']).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.targetCPUUtilizationPercentage',
    );
    const shared = apply(path('v2'), 'two', scaler('v2', { metrics: [utilization(50)] }));
    expect(shared.code).toBe(200);
    // The one that applied first lets go; the value stays with the other.
    apply(path('v1'), 'one', scaler('v1', {}));
    const now = send('GET', path('v1'), MERGE, '');
    expect(now.body['spec']).toMatchObject({ targetCPUUtilizationPercentage: 50 });
  });
});
