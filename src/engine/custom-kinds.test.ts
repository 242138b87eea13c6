import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../api/meta/utf8.ts';
import { MICROS_PER_SECOND } from '../kernel/kernel.ts';
import { handle } from './apiserver/rest/handle.ts';
import { Cluster } from './cluster.ts';

const WIDGETS = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['size'],
                properties: {
                  size: { type: 'integer', minimum: 1 },
                  colour: { type: 'string', default: 'red' },
                },
              },
            },
          },
        },
      },
    ],
  },
};
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const COLLECTION = '/apis/example.com/v1/namespaces/default/widgets';

function cluster() {
  const made = new Cluster({ seed: 1, epoch: '2026-01-01T00:00:00Z', nodes: [], stopped: [] });
  const { kernel, server } = made;
  return {
    wait: (seconds: number) => {
      kernel.runUntil(kernel.now + seconds * MICROS_PER_SECOND);
    },
    send: (method: string, path: string, body?: unknown) => {
      let answer: { code: number; body: Record<string, unknown> } | undefined;
      const request = {
        method,
        path,
        query: {},
        headers: { 'content-type': 'application/json' },
        body: body === undefined ? null : encodeUtf8(JSON.stringify(body)),
      };
      kernel.spawn('request', handle(server, request), { joined: true }).subscribe({
        kernel,
        wake: (value) => {
          const { code, body: bytes } = value as { code: number; body: Uint8Array };
          const text = decodeUtf8(bytes);
          answer = { code, body: text.startsWith('{') ? JSON.parse(text) : { text } };
        },
        wakeError: (error) => {
          throw error;
        },
      });
      kernel.runUntil(() => answer !== undefined);
      return answer as { code: number; body: Record<string, unknown> };
    },
  };
}

describe('a CustomResourceDefinition', () => {
  it('is established and serves its kind until its objects are gone', () => {
    const { send, wait } = cluster();
    expect(send('POST', DEFINITIONS, WIDGETS).code).toBe(201);
    wait(1);
    const { status } = send('GET', `${DEFINITIONS}/widgets.example.com`).body as {
      status: { conditions: { type: string; status: string }[] };
    };
    expect(status.conditions.map((c) => [c.type, c.status])).toEqual([
      ['NamesAccepted', 'True'],
      ['Established', 'True'],
    ]);
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };
    const made = send('POST', COLLECTION, { ...widget, spec: { size: 2, extra: 1 } });
    expect(made.code).toBe(201);
    expect(made.body['spec']).toEqual({ size: 2, colour: 'red' });
    const bad = send('POST', COLLECTION, { ...widget, metadata: { name: 'x' }, spec: { size: 0 } });
    expect(bad.body['message']).toBe(
      'Widget.example.com "x" is invalid: spec.size: Invalid value: 0: spec.size in body should be ' +
        'greater than or equal to 1',
    );
    expect(send('DELETE', `${DEFINITIONS}/widgets.example.com`).code).toBe(200);
    wait(10);
    expect(send('GET', `${DEFINITIONS}/widgets.example.com`).code).toBe(404);
    expect(send('GET', COLLECTION).code).toBe(404);
  });

  it('may change and go while controllers watch its objects', () => {
    const { send, wait } = cluster();
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };
    send('POST', DEFINITIONS, WIDGETS);
    // Quotas look for new kinds every 30 seconds.
    wait(40);
    expect(send('POST', COLLECTION, { ...widget, spec: { size: 2 } }).code).toBe(201);
    const path = `${DEFINITIONS}/widgets.example.com`;
    const definition = send('GET', path).body as { spec: typeof WIDGETS.spec };
    const names = { ...definition.spec.names, shortNames: ['wd'] };
    const changed = { ...definition, spec: { ...definition.spec, names } };
    expect(send('PUT', path, changed).code).toBe(200);
    wait(40);
    expect(send('DELETE', path).code).toBe(200);
    wait(40);
    expect(send('POST', DEFINITIONS, WIDGETS).code).toBe(201);
    wait(40);
    expect(send('GET', COLLECTION).body['items']).toEqual([]);
  });

  it('gives what is stored the defaults it has today', () => {
    const { send, wait } = cluster();
    send('POST', DEFINITIONS, WIDGETS);
    wait(1);
    const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } };
    send('POST', COLLECTION, { ...widget, spec: { size: 2, colour: 'blue' } });
    const path = `${DEFINITIONS}/widgets.example.com`;
    const definition = JSON.parse(JSON.stringify(send('GET', path).body)) as typeof WIDGETS;
    const spec = definition.spec.versions[0]?.schema.openAPIV3Schema.properties.spec;
    Object.assign(spec?.properties ?? {}, { weight: { type: 'integer', default: 7 } });
    expect(send('PUT', path, definition).code).toBe(200);
    wait(1);
    const read = send('GET', `${COLLECTION}/w`).body;
    expect(read['spec']).toEqual({ size: 2, colour: 'blue', weight: 7 });
    expect(send('GET', COLLECTION).body['items']).toEqual([read]);
  });
});
