/** The garbage collector and the namespace controller know kinds that were not there at the start. */
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../api/meta/utf8.ts';
import { MICROS_PER_SECOND } from '../kernel/kernel.ts';
import { handle } from './apiserver/rest/handle.ts';
import { Cluster } from './cluster.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const schema = (properties: object): object => ({
  openAPIV3Schema: { type: 'object', properties },
});
const definition = (properties: object): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget' },
    versions: [{ name: 'v1', served: true, storage: true, schema: schema(properties) }],
  },
});

interface Answer {
  readonly code: number;
  readonly body: { readonly metadata: { readonly uid: string; readonly ownerReferences?: object } };
}

class Bed {
  readonly #cluster = new Cluster({
    seed: 1,
    epoch: '2026-01-01T00:00:00Z',
    nodes: [],
    stopped: [],
  });

  wait(seconds: number): void {
    const { kernel } = this.#cluster;
    kernel.runUntil(kernel.now + seconds * MICROS_PER_SECOND);
  }

  send(method: string, path: string, body?: unknown): Answer {
    const { kernel, server } = this.#cluster;
    const merge = method === 'PATCH' ? 'merge-patch+json' : 'json';
    const request = {
      method,
      path,
      query: {},
      headers: { 'content-type': `application/${merge}` },
      body: body === undefined ? null : encodeUtf8(JSON.stringify(body)),
    };
    const process = kernel.spawn('request', handle(server, request), { joined: true });
    kernel.runUntil(() => process.done);
    const { outcome } = process;
    if (!outcome?.ok) throw outcome?.error;
    const { code, body: bytes } = outcome.value as { code: number; body: Uint8Array };
    const text = decodeUtf8(bytes);
    return { code, body: (text.startsWith('{') ? JSON.parse(text) : {}) as Answer['body'] };
  }

  /** An object that |owner| owns. */
  make(path: string, kind: string, name: string, owner?: { name: string; uid: string }): string {
    const ref = owner && { apiVersion: 'example.com/v1', kind: 'Widget', ...owner };
    const apiVersion = kind === 'Widget' ? 'example.com/v1' : 'v1';
    const metadata = { name, ...(ref ? { ownerReferences: [ref] } : {}) };
    const answer = this.send('POST', path, { apiVersion, kind, metadata });
    return answer.body.metadata.uid;
  }
}

const widgets = (namespace: string): string =>
  `/apis/example.com/v1/namespaces/${namespace}/widgets`;
const maps = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps`;

function start(): Bed {
  const bed = new Bed();
  bed.wait(1);
  bed.send('POST', DEFINITIONS, definition({}));
  bed.wait(1);
  return bed;
}

describe('custom resources', () => {
  it('take what they own with them, whichever kind it is', () => {
    const bed = start();
    const uid = bed.make(widgets('default'), 'Widget', 'a');
    bed.make(maps('default'), 'ConfigMap', 'm', { name: 'a', uid });
    bed.make(widgets('default'), 'Widget', 'b', { name: 'a', uid });
    bed.wait(1);
    bed.send('DELETE', `${widgets('default')}/a`);
    bed.wait(2);
    expect(bed.send('GET', `${maps('default')}/m`).code).toBe(404);
    expect(bed.send('GET', `${widgets('default')}/b`).code).toBe(404);
  });

  it('let what they own go when they are orphaned', () => {
    const bed = start();
    const uid = bed.make(widgets('default'), 'Widget', 'a');
    bed.make(widgets('default'), 'Widget', 'b', { name: 'a', uid });
    bed.wait(1);
    bed.send('DELETE', `${widgets('default')}/a`, { propagationPolicy: 'Orphan' });
    bed.wait(2);
    expect(bed.send('GET', `${widgets('default')}/a`).code).toBe(404);
    const left = bed.send('GET', `${widgets('default')}/b`);
    expect([left.code, left.body.metadata.ownerReferences]).toEqual([200, undefined]);
  });

  it('stay when their definition changes', () => {
    const bed = start();
    const uid = bed.make(widgets('default'), 'Widget', 'a');
    bed.make(maps('default'), 'ConfigMap', 'm', { name: 'a', uid });
    bed.wait(1);
    const versions = [
      { name: 'v1', served: true, storage: true, schema: schema({ spec: { type: 'object' } }) },
    ];
    const path = `${DEFINITIONS}/widgets.example.com`;
    expect(bed.send('PATCH', path, { spec: { versions } }).code).toBe(200);
    bed.wait(60);
    expect(bed.send('GET', `${maps('default')}/m`).code).toBe(200);
    bed.send('DELETE', `${widgets('default')}/a`);
    bed.wait(2);
    expect(bed.send('GET', `${maps('default')}/m`).code).toBe(404);
  });

  it('go with their namespace', () => {
    const bed = start();
    bed.send('POST', '/api/v1/namespaces', { metadata: { name: 'x' } });
    bed.wait(1);
    bed.make(widgets('x'), 'Widget', 'a');
    bed.send('DELETE', '/api/v1/namespaces/x');
    bed.wait(20);
    expect(bed.send('GET', '/api/v1/namespaces/x').code).toBe(404);
    expect(bed.send('GET', `${widgets('x')}/a`).code).toBe(404);
  });
});
