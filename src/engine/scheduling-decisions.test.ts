/** SchedulingDecisions over the API: what `kubectl get schedulingdecisions` shows. */
import { describe, expect, it } from 'vitest';
import { MICROS_PER_SECOND } from '../kernel/kernel.ts';
import type { RunConfig } from '../port/protocol.ts';
import { defaultRunConfig } from '../port/run-config.ts';
import { kinds } from '../api/kinds/index.ts';
import { decodeUtf8 } from '../api/meta/utf8.ts';
import { programsFor } from '../kubectl/programs.ts';
import { EVERYBODY_IS_ADMIN, handle } from './apiserver/rest/handle.ts';
import { Session } from './session.ts';

const MANIFEST = `apiVersion: v1
kind: Pod
metadata: {name: small}
spec: {containers: [{name: c, image: "registry.k8s.io/pause:3.10"}]}
---
apiVersion: v1
kind: Pod
metadata: {name: big}
spec:
  containers:
    - {name: c, image: "registry.k8s.io/pause:3.10", resources: {requests: {cpu: "100"}}}
`;

interface Answer {
  readonly code: number;
  readonly body: Record<string, unknown>;
}

class World {
  readonly session: Session;

  constructor(more: Partial<RunConfig>) {
    this.session = new Session({ ...defaultRunConfig(), ...more }, programsFor(kinds));
    this.session.give({ type: 'apply', file: 'a.yaml', text: MANIFEST });
    const { kernel } = this.session.cluster;
    kernel.runUntil(kernel.now + 5 * MICROS_PER_SECOND);
  }

  get(path: string, accept = 'application/json'): Answer {
    const { kernel, server } = this.session.cluster;
    const request = { method: 'GET', path, query: {}, headers: { accept }, body: null };
    const answer = handle(server, request, EVERYBODY_IS_ADMIN);
    const process = kernel.spawn('get', answer, { joined: true });
    kernel.runUntil(kernel.now + MICROS_PER_SECOND);
    if (!process.outcome?.ok) throw new Error('no answer');
    const { code, body } = process.outcome.value;
    return { code, body: parsed(decodeUtf8(body)) };
  }
}

/** What there is no such group for is answered in plain words. */
function parsed(text: string): Record<string, unknown> {
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
}

const GROUP = '/apis/kubeglass.dev/v1alpha1';
const BASE = `${GROUP}/namespaces/default/schedulingdecisions`;

describe('SchedulingDecisions', () => {
  const world = new World({ decisions: true });

  it('say of each node which plugin gave what', () => {
    const { body } = world.get(`${BASE}/small`);
    const results = body['results'] as readonly {
      readonly node: string;
      readonly total: number;
      readonly scores: readonly { raw: number; normalized: number; weighted: number }[];
    }[];
    expect(results.map((r) => r.node).sort()).toEqual(['node-1', 'node-2', 'node-3']);
    for (const { total, scores } of results) {
      expect(scores.length).toBeGreaterThan(3);
      expect(scores.reduce((sum, s) => sum + s.weighted, 0)).toBe(total);
      for (const s of scores) expect(s.normalized).toBeLessThanOrEqual(100);
    }
    expect(body['tie']).toContain(body['node']);
    expect(body['nodes']).toEqual({ all: 3, evaluated: 3, feasible: 3 });
  });

  it('say why no node would do', () => {
    const { body } = world.get(`${BASE}/big`);
    expect(body['node']).toBeUndefined();
    expect(body['message']).toContain('0/3 nodes are available: 3 Insufficient cpu.');
    expect(body['results']).toEqual(
      ['node-1', 'node-2', 'node-3'].map((node) => ({
        node,
        feasible: false,
        refusedBy: 'NodeResourcesFit',
        reasons: ['Insufficient cpu'],
        resolvable: false,
      })),
    );
  });

  it('are listed as a table', () => {
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
    const { body } = world.get(BASE, accept);
    const rows = body['rows'] as readonly { readonly cells: readonly unknown[] }[];
    expect(rows.map(({ cells }) => cells.slice(0, 3))).toEqual([
      ['big', '<none>', '0/3'],
      ['small', expect.stringMatching(/^node-/), '3/3'],
    ]);
  });

  it('can only be read, and end with their Pods', () => {
    const { body } = world.get(GROUP);
    expect(body['resources']).toMatchObject([
      { name: 'schedulingdecisions', shortNames: ['sdec'], verbs: ['get', 'list'] },
    ]);
    world.session.give({ type: 'delete', object: 'Pod/default/big', graceSeconds: 0 });
    const { kernel } = world.session.cluster;
    kernel.runUntil(kernel.now + MICROS_PER_SECOND);
    expect(world.get(`${BASE}/big`)).toMatchObject({
      code: 404,
      body: { message: 'schedulingdecisions.kubeglass.dev "big" not found' },
    });
  });

  it('are not served unless they are wanted', () => {
    expect(new World({}).get(GROUP).code).toBe(404);
  });
});
