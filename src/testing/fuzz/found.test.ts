/** What random requests have found: each once crashed the server, or made it say what it must not. */
import { describe, expect, it } from 'vitest';
import { handle } from '../../engine/apiserver/rest/handle.ts';
import { isStreamed } from '../../engine/apiserver/rest/stream.ts';
import { Cluster } from '../../engine/cluster.ts';
import { servedKinds } from './play.ts';

const JSON_TYPE = 'application/json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const CORE = '/api/v1/namespaces/default';

const fresh = () =>
  new Cluster(
    {
      seed: 1,
      epoch: '2026-01-01T00:00:00Z',
      nodes: [],
      stopped: ['kube-controller-manager', 'kube-scheduler'],
    },
    { freeze: true },
  );

/** One that has crashed answers nobody any more. */
let cluster = fresh();

function send(
  method: string,
  path: string,
  text: string | null,
  type = JSON_TYPE,
  accept = JSON_TYPE,
) {
  const [where = '', search = ''] = path.split('?');
  const query = Object.fromEntries(
    search
      .split('&')
      .filter((part) => part !== '')
      .map((part) => [part.split('=')[0] ?? '', [part.split('=')[1] ?? '']]),
  );
  const request = {
    method,
    path: where,
    query,
    headers: { accept, 'content-type': type, 'user-agent': 'fuzz/1.0' },
    body: text === null ? null : new TextEncoder().encode(text),
  };
  const { kernel, server } = cluster;
  const process = kernel.spawn('test', handle(server, request), {
    cause: 0,
    periodic: false,
    scope: null,
  });
  try {
    kernel.runUntil(() => process.done);
  } catch (error) {
    cluster = fresh();
    throw error;
  }
  if (process.outcome?.ok !== true) throw process.outcome?.error ?? new Error('no outcome');
  return process.outcome.value;
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
const RESOURCE = '/apis/resource.k8s.io/v1/namespaces/default';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const POLICIES = '/apis/admissionregistration.k8s.io/v1';
const FLOW = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';

/** Name, method, path, body, code; the media type where it is not JSON. */
const ROWS: readonly (readonly [string, string, string, string, number, string?])[] = [
  ['no name', 'POST', '/apis/scheduling.k8s.io/v1/priorityclasses', '{"value":1}', 422],
  ['no name, read by rules', 'POST', '/apis/batch/v1/namespaces/default/cronjobs', '{}', 422],
  [
    'a name that is an object',
    'POST',
    `${CORE}/configmaps`,
    '{"metadata":{"name":{"toString":1}}}',
    400,
  ],
  [
    'a binding named by an object',
    'POST',
    `${CORE}/bindings`,
    '{"metadata":{"name":{"toString":1}}}',
    404,
  ],
  [
    'a definition without versions',
    'POST',
    DEFINITIONS,
    '{"metadata":{"name":"a.b.c"},"spec":{}}',
    422,
  ],
  [
    'a schema within a schema that is none',
    'POST',
    DEFINITIONS,
    '{"metadata":{"name":"as.b.c"},"spec":{"versions":[{"schema":{"openAPIV3Schema":{"items":["x"]}}}]}}',
    400,
  ],
  [
    'a claim without requests',
    'POST',
    `${RESOURCE}/resourceclaims`,
    '{"metadata":{"name":"a"},"spec":{}}',
    201,
  ],
  [
    'a webhook without review versions',
    'POST',
    `${POLICIES}/validatingwebhookconfigurations`,
    '{"metadata":{"name":"a"},"webhooks":[{"name":"a.b.c"}]}',
    422,
  ],
  [
    'a flow rule without anything',
    'POST',
    FLOW,
    '{"metadata":{"name":"a"},"spec":{"rules":[{"resourceRules":[{}]}]}}',
    422,
  ],
  [
    'a type of Secret that JavaScript knows',
    'POST',
    `${CORE}/secrets`,
    '{"metadata":{"name":"a"},"type":"constructor"}',
    201,
  ],
  [
    'a resource that JavaScript knows',
    'POST',
    `${CORE}/limitranges`,
    '{"metadata":{"name":"a"},"spec":{"limits":[{"type":"Container","min":{"cpu":"1"},"defaultRequest":{"toString":"1"}}]}}',
    422,
  ],
  [
    'a request for a resource that JavaScript knows',
    'POST',
    `${CORE}/podtemplates`,
    '{"metadata":{"name":"a"},"template":{"spec":{"containers":[{"name":"c","image":"x"}],"resources":{"requests":{"toString":"1"}}}}}',
    422,
  ],
  ['a PUT of another name', 'PUT', `${RBAC}/roles/a`, '{"metadata":{"name":"b"}}', 400],
  ['a JSON patch of null', 'PATCH', `${CORE}/secrets/a`, '[null]', 422, JSON_PATCH],
  [
    'owners that are lists',
    'PATCH',
    `${CORE}/secrets/a`,
    '{"metadata":{"ownerReferences":[["x"]]}}',
    422,
    STRATEGIC,
  ],
  [
    'a patched apiVersion that is a list',
    'PATCH',
    `${CORE}/secrets/a`,
    '{"apiVersion":["x"]}',
    422,
    MERGE,
  ],
  [
    'only the kind patched',
    'PATCH',
    `${CORE}/secrets/a`,
    '{"kind":"Pod","apiVersion":null}',
    422,
    MERGE,
  ],
];

describe('found by random requests', () => {
  const rows = ROWS.map(([name, method, path, body, code, type]) => ({
    name,
    method,
    path,
    body,
    code,
    type,
  }));
  it.each(rows)('$name', ({ method, path, body, code, type }) => {
    const answer = send(method, path, body, type);
    expect([answer.code, new TextDecoder().decode(answer.body)]).toEqual([
      code,
      expect.any(String),
    ]);
  });

  it.each(servedKinds.filter((kind) => kind.verbs?.includes('watch') ?? true))(
    'a bookmark of $plural ($version) as a Table',
    ({ group, version, plural }) => {
      const prefix = group === '' ? '/api' : `/apis/${group}`;
      const answer = send(
        'GET',
        `${prefix}/${version}/${plural}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
        null,
        JSON_TYPE,
        TABLE,
      );
      if (!isStreamed(answer)) throw new Error(String(answer.code));
      const lines = new TextDecoder().decode(answer.stream.read() ?? new Uint8Array()).trim();
      answer.stream.close();
      expect(JSON.parse(lines.split('\n').at(-1) ?? '')).toMatchObject({ type: 'BOOKMARK' });
    },
  );
});
