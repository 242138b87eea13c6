/** REST from the outside: a quiet cluster, requests as bytes, answers as they go over the wire. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeUtf8, encodeUtf8 } from '../../../api/meta/utf8.ts';
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import { Cluster } from '../../cluster.ts';
import { handle } from './handle.ts';
import { type ApiStream, isStreamed } from './stream.ts';

const QUIET = {
  seed: 1,
  epoch: '2026-01-01T00:00:00Z',
  nodes: [],
  stopped: ['kube-controller-manager', 'kube-scheduler'],
};
const MAPS = '/api/v1/namespaces/default/configmaps';

class Client {
  readonly cluster = new Cluster(QUIET);

  send(
    method: string,
    whole: string,
    body: unknown = null,
    headers: Readonly<Record<string, string>> = {},
  ): ApiResponse {
    const { kernel, server } = this.cluster;
    const [path = '', search = ''] = whole.split('?');
    const query: Record<string, string[]> = {};
    for (const pair of search === '' ? [] : search.split('&')) {
      const [name = '', value = ''] = pair.split(/=(.*)/s).map(decodeURIComponent);
      (query[name] ??= []).push(value);
    }
    const request: ApiRequest = {
      method,
      path,
      query,
      headers: { 'content-type': 'application/json', ...headers },
      body: bytesOf(body),
    };
    const process = kernel.spawn('request', handle(server, request), { joined: true });
    kernel.runUntil(() => process.done);
    const { outcome } = process;
    if (!outcome?.ok) throw outcome?.error;
    return outcome.value;
  }

  watch(path: string, headers: Readonly<Record<string, string>> = {}): ApiStream {
    const answer = this.send('GET', path, null, headers);
    if (!isStreamed(answer)) throw new Error(decodeUtf8(answer.body));
    return answer.stream;
  }

  wait(seconds: number): void {
    const { kernel } = this.cluster;
    kernel.runUntil(kernel.now + seconds * 1e6);
  }

  create(name: string, labels: Readonly<Record<string, string>> = {}): string {
    const answer = this.send('POST', MAPS, { metadata: { name, labels } });
    if (answer.code !== 201) throw new Error(decodeUtf8(answer.body));
    return (json(answer) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  }
}

function bytesOf(body: unknown): Uint8Array | null {
  if (body === null || body instanceof Uint8Array) return body;
  return encodeUtf8(typeof body === 'string' ? body : JSON.stringify(body));
}

function json(answer: ApiResponse): unknown {
  return JSON.parse(decodeUtf8(answer.body));
}

interface Told {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name?: string; readonly annotations?: object } };
}

function told(stream: ApiStream): readonly Told[] {
  const bytes = stream.read();
  if (!bytes) return [];
  const lines = decodeUtf8(bytes).trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Told);
}

function brief(stream: ApiStream): readonly string[] {
  return told(stream).map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
}

describe('watch', () => {
  it('begins with what there is, and goes on with what happens', () => {
    const client = new Client();
    client.create('a');
    const stream = client.watch(`${MAPS}?watch=1`);
    expect(brief(stream)).toEqual(['ADDED a']);
    client.create('b');
    client.send('DELETE', `${MAPS}/b`);
    client.wait(0.1);
    expect(brief(stream)).toEqual(['ADDED b', 'DELETED b']);
    stream.close();
    expect(client.cluster.server.broadcast.count).toBe(0);
  });

  it('tells what has happened since a revision', () => {
    const client = new Client();
    const since = client.create('a');
    client.create('b');
    const stream = client.watch(`${MAPS}?watch=1&resourceVersion=${since}`);
    expect(brief(stream)).toEqual(['ADDED b']);
  });

  it('adds and deletes what enters and leaves the selection', () => {
    const client = new Client();
    client.create('a', { in: 'no' });
    const stream = client.watch(`${MAPS}?watch=1&labelSelector=in%3Dyes`);
    const label = (value: string): void => {
      const patch = { metadata: { labels: { in: value } } };
      const type = { 'content-type': 'application/merge-patch+json' };
      client.send('PATCH', `${MAPS}/a`, patch, type);
    };
    label('yes');
    label('no');
    client.wait(0.1);
    const events = told(stream) as unknown as {
      type: string;
      object: { metadata: { labels: object } };
    }[];
    expect(events.map((e) => [e.type, e.object.metadata.labels])).toEqual([
      ['ADDED', { in: 'yes' }],
      ['DELETED', { in: 'yes' }],
    ]);
  });

  it('marks the end of the initial events, and sends bookmarks before it ends', () => {
    const client = new Client();
    client.create('a');
    const stream = client.watch(`${MAPS}?watch=1&allowWatchBookmarks=true&timeoutSeconds=4`);
    const initial = told(stream);
    expect(initial.map((e) => e.type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(initial[1]?.object.metadata.annotations).toEqual({
      'k8s.io/initial-events-end': 'true',
    });
    client.wait(5);
    expect(new Set(told(stream).map((e) => e.type))).toEqual(new Set(['BOOKMARK']));
    expect(stream.ended).toBe(true);
  });

  it('is refused when it begins before the run, as an event', () => {
    const stream = new Client().watch(`${MAPS}?watch=1&resourceVersion=1`);
    const [event] = told(stream);
    expect(event).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
    expect(stream.ended).toBe(true);
  });

  it('hangs from a revision that is yet to come', () => {
    const client = new Client();
    const ahead = Number(client.create('a')) + 1;
    const stream = client.watch(`${MAPS}?watch=1&resourceVersion=${ahead}`);
    client.create('b');
    client.create('c');
    client.wait(0.1);
    expect(brief(stream)).toEqual(['ADDED c']);
  });

  it('ends when the server stops', () => {
    const client = new Client();
    const stream = client.watch(`${MAPS}?watch=1`);
    client.cluster.server.stop();
    expect(stream.ended).toBe(true);
  });

  it('shows columns with the first Table alone', () => {
    const client = new Client();
    client.create('a');
    client.create('b');
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const tables = told(client.watch(`${MAPS}?watch=1`, { accept })) as unknown as {
      object: { columnDefinitions: unknown };
    }[];
    expect(tables.map((t) => t.object.columnDefinitions !== null)).toEqual([true, false]);
  });

  it('shows reviews in no columns', () => {
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    const review = { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } };
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    expect(new Client().send('POST', path, review, { accept }).code).toBe(406);
  });

  it('tells every watcher the same, however it is found', () => {
    const selections = ['', 'labelSelector=app%3Dx', 'fieldSelector=metadata.name%3Da'];
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ name: fc.constantFrom('a', 'b'), app: fc.constantFrom('x', 'y', '') }),
          {
            maxLength: 12,
          },
        ),
        (writes) => {
          const client = new Client();
          const streams = selections.map((s) => client.watch(`${MAPS}?watch=1&${s}`));
          for (const { name, app } of writes) {
            const metadata = { name, ...(app === '' ? {} : { labels: { app } }) };
            const put = client.send('PUT', `${MAPS}/${name}`, { metadata });
            if (put.code === 404) client.send('POST', MAPS, { metadata });
            else if (app === '') client.send('DELETE', `${MAPS}/${name}`);
          }
          client.wait(0.1);
          // Replayed from its events, each watch has what a list has.
          for (const [i, stream] of streams.entries()) {
            const seen = new Set<string>();
            for (const { type, object } of told(stream)) {
              if (type === 'DELETED') seen.delete(object.metadata.name ?? '');
              else seen.add(object.metadata.name ?? '');
            }
            const list = json(client.send('GET', `${MAPS}?${selections[i]}`)) as {
              items: { metadata: { name: string } }[];
            };
            expect([...seen].sort()).toEqual(list.items.map((o) => o.metadata.name).sort());
          }
        },
      ),
      { numRuns: 20, seed: 4 },
    );
  });
});

describe('forms of an answer', () => {
  const forms = [
    ['application/json', 'ConfigMapList'],
    ['*/*', 'ConfigMapList'],
    ['application/json;as=Table;v=v1;g=meta.k8s.io', 'Table'],
    ['application/json;as=Table;v=v9;g=meta.k8s.io,application/json', 'ConfigMapList'],
    [
      'application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,application/json;q=0.5,application/json;as=Table;v=v1;g=meta.k8s.io;q=0.9',
      'Table',
    ],
    [
      'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
      'PartialObjectMetadataList',
    ],
    ['application/vnd.kubernetes.protobuf', 'Status'],
    ['application/cbor', 'Status'],
    ['text/html', 'Status'],
  ] as const;
  it.each(forms)('%s: %s', (accept, kind) => {
    expect(json(new Client().send('GET', MAPS, null, { accept }))).toMatchObject({ kind });
  });

  it('is indented for people', () => {
    const client = new Client();
    const text = (query: string, headers = {}): string =>
      decodeUtf8(client.send('GET', `/api/v1/namespaces/default${query}`, null, headers).body);
    expect(text('?pretty=true').split('\n').length).toBeGreaterThan(5);
    expect(text('', { 'user-agent': 'curl/8' }).split('\n').length).toBeGreaterThan(5);
    expect(text('').trimEnd()).not.toContain('\n');
  });
});

describe('bodies that nobody should send', () => {
  const client = new Client();
  const post = (body: unknown, type = 'application/json'): ApiResponse =>
    client.send('POST', MAPS, body, { 'content-type': type });
  const deep = (open: string, close: string, n: number): string => open.repeat(n) + close.repeat(n);
  const large = 'x'.repeat(3 * 1024 * 1024);
  const cases: readonly (readonly [string, unknown, string, number])[] = [
    ['nothing', '', 'application/json', 400],
    ['deep JSON', `{"data":${deep('[', ']', 100_000)}}`, 'application/json', 400],
    ['deep YAML', deep('[', ']', 100_000), 'application/yaml', 400],
    ['YAML keys that are maps', '? '.repeat(300), 'application/yaml', 400],
    ['deep YAML maps', '{a: '.repeat(50_000), 'application/yaml', 400],
    ['too large', JSON.stringify({ data: { large } }), 'application/json', 413],
    ['CBOR', Uint8Array.of(0xd9, 0xd9, 0xf7, 0xa0), 'application/cbor', 415],
    ['no protobuf', encodeUtf8('{}'), 'application/vnd.kubernetes.protobuf', 400],
    [
      'cut protobuf',
      Uint8Array.of(0x6b, 0x38, 0x73, 0, 0x0a, 9),
      'application/vnd.kubernetes.protobuf',
      400,
    ],
    ['bad UTF-8 in YAML', Uint8Array.of(0x61, 0x3a, 0xff), 'application/yaml', 400],
  ];
  it.each(cases)('%s', (_, body, type, code) => {
    expect(post(body, type).code).toBe(code);
  });

  it('bad UTF-8 in JSON is replaced', () => {
    const text = encodeUtf8('{"metadata":{"name":"utf"},"data":{"a":"?"}}');
    text[text.lastIndexOf(0x3f)] = 0xff;
    expect(json(post(text))).toMatchObject({ data: { a: '\ufffd' } });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('key %s', (key) => {
    const name = `k-${key.replaceAll('_', '').toLowerCase()}`;
    const body = `{"metadata":{"name":"${name}","annotations":{"${key}":"x"}},"${key}":{"a":1},"data":{"${key}":"y"}}`;
    const created = post(body);
    const polluted = ({} as Record<string, unknown>)['a'];
    expect(polluted).toBeUndefined();
    if (created.code === 201) {
      const got = decodeUtf8(client.send('GET', `${MAPS}/${name}`).body);
      expect(got).toBe(decodeUtf8(created.body));
      expect(got).toContain(`"data":{"${key}":"y"}`);
    } else {
      expect(created.code).toBe(422);
    }
  });

  it.each([
    ['labelSelector', 'a=b,'.repeat(50_000)],
    ['labelSelector', `a in (${'b,'.repeat(50_000)}c)`],
    ['labelSelector', '('.repeat(100_000)],
    ['labelSelector', '!'.repeat(100_000)],
    ['fieldSelector', 'metadata.name=a,'.repeat(50_000)],
    ['fieldSelector', '\\'.repeat(100_001)],
    ['continue', 'A'.repeat(100_000)],
    ['resourceVersion', '9'.repeat(100_000)],
  ])('%s of great length', (name, value) => {
    const { code } = client.send('GET', `${MAPS}?${name}=${encodeURIComponent(value)}`);
    expect([200, 400, 500, 504]).toContain(code);
  });

  it('never fails on random bytes', () => {
    const types = [
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
    ] as const;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...types), (bytes, type) => {
        const prefixed = Uint8Array.from([0x6b, 0x38, 0x73, 0, ...bytes]);
        for (const body of [bytes, prefixed]) {
          expect([201, 400, 409, 422]).toContain(post(body, type).code);
        }
      }),
      { numRuns: 200, seed: 4 },
    );
  });
});
