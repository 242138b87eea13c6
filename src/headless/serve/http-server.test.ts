/** HTTP in front of the engine, over real sockets: bounds, refusals, streams, compression. */
import http from 'node:http';
import net from 'node:net';
import zlib from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ByteStream } from '../../engine/apiserver/rest/stream.ts';
import { EVERYBODY_IS_ADMIN } from '../../engine/apiserver/rest/handle.ts';
import { Cluster } from '../../engine/cluster.ts';
import { sendStream } from './answer.ts';
import { Engine } from './engine.ts';
import { HttpServer } from './http-server.ts';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const JSON_HEADERS = { 'content-type': 'application/json' };

let engine: Engine;
let server: HttpServer;
let port = 0;
let crash = '';

beforeAll(async () => {
  const epoch = '2026-01-01T00:00:00Z';
  const cluster = new Cluster({ seed: 1, epoch, nodes: [], stopped: [] }, { freeze: true });
  engine = new Engine(cluster, {
    pace: 1,
    authentication: EVERYBODY_IS_ADMIN,
    crashed: (message) => {
      crash = message;
    },
  });
  server = new HttpServer(engine, { host: '127.0.0.1', port: 0, headersTimeoutMs: 300 });
  await new Promise<void>((resolve, reject) => {
    server.listen(
      (url) => {
        port = Number(new URL(url).port);
        resolve();
      },
      (message) => reject(new Error(message)),
    );
  });
  engine.start();
});

afterAll(async () => {
  await new Promise<void>((resolve) => server.close(resolve));
  engine.stop();
  if (crash !== '') throw new Error(crash);
});

interface Got {
  readonly code: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

function send(
  method: string,
  path: string,
  options: { headers?: http.OutgoingHttpHeaders; body?: string | Buffer } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, method, path, headers: options.headers ?? {} },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            code: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

function status(got: Got): { message?: string; reason?: string; code?: number } {
  return JSON.parse(got.body.toString()) as { message?: string; reason?: string; code?: number };
}

/** What comes back for bytes that are sent as they are. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text));
    let all = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      all += chunk;
    });
    socket.on('close', () => resolve(all));
  });
}

function configMap(name: string, value: string): string {
  return JSON.stringify({ metadata: { name }, data: { value } });
}

describe('requests', () => {
  it('create, read and delete an object', async () => {
    const created = await send('POST', CONFIG_MAPS, {
      headers: JSON_HEADERS,
      body: configMap('one', 'x'),
    });
    expect(created.code).toBe(201);
    expect((await send('GET', `${CONFIG_MAPS}/one`)).code).toBe(200);
    expect((await send('DELETE', `${CONFIG_MAPS}/one`)).code).toBe(200);
    expect((await send('GET', `${CONFIG_MAPS}/one`)).code).toBe(404);
  });

  it('many at once are all answered', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `many-${i}`);
    const answers = await Promise.all(
      names.map((name) =>
        send('POST', CONFIG_MAPS, { headers: JSON_HEADERS, body: configMap(name, 'x') }),
      ),
    );
    expect(new Set(answers.map((a) => a.code))).toEqual(new Set([201]));
  });

  it.each([
    ['a bad escape in the path', 'GET', '/api/v1/%zz', 400],
    ['bytes that are no UTF-8', 'GET', '/api/v1/namespaces/%ff%fe/pods/%c0', 404],
    ['a path that climbs', 'GET', '/api/v1/../../etc/passwd', 404],
    ['slashes', 'GET', '////', 404],
    ['a very long name', 'GET', `${CONFIG_MAPS}/${'x'.repeat(50_000)}`, 404],
    ['a selector without end', 'GET', `${CONFIG_MAPS}?labelSelector=${'('.repeat(50_000)}`, 400],
    ['a bad escape in the query', 'GET', `${CONFIG_MAPS}?limit=%zz&limit=1`, 200],
    ['names that pollute', 'GET', `${CONFIG_MAPS}?__proto__=1&constructor=2`, 200],
    ['a method nobody knows', 'PROPFIND', CONFIG_MAPS, 405],
    ['HEAD', 'HEAD', CONFIG_MAPS, 405],
  ])('%s is answered', async (_, method, path, code) => {
    expect((await send(method, path)).code).toBe(code);
  });

  it('what is no HTTP is refused', async () => {
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  });

  it('headers that come slowly are given up', async () => {
    expect(await raw('GET /healthz HTTP/1.1\r\nHost: x\r\n')).toMatch(/^HTTP\/1.1 408 /);
  });

  it('headers without end are refused', async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(1_100_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
  });
});

describe('bodies', () => {
  const large = Buffer.alloc(3 * 1024 * 1024 + 1, 0x20);
  const refusal = {
    message: 'Request entity too large: limit is 3145728',
    reason: 'RequestEntityTooLarge',
    code: 413,
  };

  it('that say they are too large are not read', async () => {
    const headers = { ...JSON_HEADERS, 'content-length': large.length, expect: '100-continue' };
    const got = await new Promise<Got>((resolve, reject) => {
      const request = http.request(
        { host: '127.0.0.1', port, method: 'POST', path: CONFIG_MAPS, headers },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () => {
            request.destroy();
            resolve({
              code: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.from(text),
            });
          });
        },
      );
      request.on('continue', () => reject(new Error('asked to go on')));
      request.on('error', () => undefined);
      request.flushHeaders();
    });
    expect(status(got)).toMatchObject(refusal);
  });

  it('that turn out too large are refused, gzipped ones too', async () => {
    const chunked = await send('POST', CONFIG_MAPS, {
      headers: { ...JSON_HEADERS, 'transfer-encoding': 'chunked' },
      body: large,
    });
    expect(status(chunked)).toMatchObject(refusal);
    const zipped = await send('POST', CONFIG_MAPS, {
      headers: { ...JSON_HEADERS, 'content-encoding': 'gzip' },
      body: zlib.gzipSync(large),
    });
    expect(status(zipped)).toMatchObject(refusal);
  });

  it('may be gzipped', async () => {
    const headers = { ...JSON_HEADERS, 'content-encoding': 'gzip' };
    const body = zlib.gzipSync(configMap('zipped', 'x'));
    expect((await send('POST', CONFIG_MAPS, { headers, body })).code).toBe(201);
    const bad = await send('POST', CONFIG_MAPS, { headers, body: 'nonsense' });
    expect(status(bad)).toMatchObject({ code: 400, reason: 'BadRequest' });
  });
});

describe('answers', () => {
  it('are gzipped beyond 128 KiB for those who can read it', async () => {
    const body = configMap('long', 'x'.repeat(200_000));
    await send('POST', CONFIG_MAPS, { headers: JSON_HEADERS, body });
    const headers = { 'accept-encoding': 'gzip' };
    const long = await send('GET', `${CONFIG_MAPS}/long`, { headers });
    expect(long.headers['content-encoding']).toBe('gzip');
    expect(zlib.gunzipSync(long.body).length).toBeGreaterThan(200_000);
    const plain = await send('GET', `${CONFIG_MAPS}/long`);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const short = await send('GET', '/api/v1/namespaces/default', { headers });
    expect(short.headers['content-encoding']).toBeUndefined();
  });
});

describe('watches', () => {
  it('tell changes as they come and end with the server', async () => {
    const events = await new Promise<string>((resolve, reject) => {
      const path = `${CONFIG_MAPS}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Dseen`;
      const request = http.get({ host: '127.0.0.1', port, path }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
          if (text.includes('"ADDED"')) request.destroy();
        });
        response.on('close', () => resolve(text));
        void send('POST', CONFIG_MAPS, { headers: JSON_HEADERS, body: configMap('seen', 'x') });
      });
      request.on('error', reject);
    });
    expect(events).toMatch(/^\{"type":"ADDED","object":\{/);
  });

  it('whose client reads slowly are read slowly', async () => {
    const stream = new ByteStream(() => undefined);
    const answer = { code: 200, headers: {}, body: new Uint8Array(), stream };
    const slow = http.createServer((_, response) => {
      sendStream({ response, acceptsGzip: false, head: false }, answer, (deliver) => deliver());
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const { port: slowPort } = slow.address() as net.AddressInfo;
    const socket = net.connect(slowPort, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    // More chunks than the stream keeps for a reader who does not come.
    const chunk = Buffer.alloc(4_096);
    for (let i = 0; i < 20_000 && !stream.ended; i++) stream.write(chunk);
    expect(stream.ended).toBe(true);
    socket.destroy();
    await new Promise((resolve) => slow.close(resolve));
  });
});
