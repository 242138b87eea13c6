/** WebSockets as clients other than kubectl speak them, over real sockets. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { EVERYBODY_IS_ADMIN } from '../../engine/apiserver/rest/handle.ts';
import { Cluster } from '../../engine/cluster.ts';
import { workerNodes } from '../run-config.ts';
import { Engine } from './engine.ts';
import { HttpServer } from './http-server.ts';

const container = (name: string, ...words: string[]) => ({
  name,
  image: name === 'web' ? 'nginx:1.25' : 'busybox:1.36',
  ...(words.length === 0 ? {} : { command: ['sh', '-c', ...words] }),
});
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [container('c', 'echo one; echo two; sleep 3600'), container('web')] },
};
const POD_PATH = '/api/v1/namespaces/default/pods/p';

let engine: Engine;
let server: HttpServer;
let base = '';
let crash = '';

beforeAll(async () => {
  const epoch = '2026-01-01T00:00:00Z';
  const config = { seed: 1, epoch, nodes: workerNodes(1), stopped: [] };
  const cluster = new Cluster(config, { freeze: true });
  engine = new Engine(cluster, {
    pace: 'max',
    authentication: EVERYBODY_IS_ADMIN,
    crashed: (message) => {
      crash = message;
    },
  });
  server = new HttpServer(engine, { host: '127.0.0.1', port: 0 });
  base = await new Promise<string>((resolve, reject) => {
    server.listen(resolve, (message) => reject(new Error(message)));
  });
  engine.start();
  const created = await fetch(`${base}/api/v1/namespaces/default/pods`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(POD),
  });
  if (created.status !== 201) throw new Error(await created.text());
  while ((await pod()).status.phase !== 'Running') await new Promise((r) => setTimeout(r, 50));
}, 20_000);

afterAll(async () => {
  await new Promise<void>((resolve) => {
    server.close(resolve);
  });
  engine.stop();
  if (crash !== '') throw new Error(crash);
});

async function pod(): Promise<{ status: { phase: string } }> {
  return (await (await fetch(`${base}${POD_PATH}`)).json()) as { status: { phase: string } };
}

interface Talk {
  /** Messages as text; the number of the channel is the first character. */
  readonly messages: string[];
  readonly protocol: string;
  readonly code: number;
}

/** Talks until |done| says so, or the server ends it. */
function talk(
  path: string,
  protocols: string[],
  options: { send?: (socket: WebSocket) => void; done?: (messages: string[]) => boolean } = {},
): Promise<Talk> {
  const socket = new WebSocket(`${base.replace('http', 'ws')}${path}`, protocols);
  const messages: string[] = [];
  socket.on('open', () => options.send?.(socket));
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    messages.push(data.toString(isBinary ? 'latin1' : 'utf8'));
    if (options.done?.(messages)) socket.close();
  });
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', (code) => resolve({ messages, protocol: socket.protocol, code }));
  });
}

const EXEC = `${POD_PATH}/exec?container=c&stdout=true&stderr=true&stdin=true`;

describe('WebSockets', () => {
  it('run commands: the fifth protocol ends one direction alone', async () => {
    const { messages, protocol, code } = await talk(
      `${EXEC}&command=sh&command=-c&command=cat%3Bexit%207`,
      ['v5.channel.k8s.io', 'v4.channel.k8s.io'],
      {
        send: (socket) => {
          socket.send(Buffer.from([0, 0x68, 0x69, 0xff]));
          socket.send(Buffer.from([255, 0]));
        },
      },
    );
    expect([protocol, code]).toEqual(['v5.channel.k8s.io', 1000]);
    expect(messages[0]).toBe('\u0001');
    expect(messages[1]).toBe('\u0001hi\u00ff');
    const status = JSON.parse((messages[2] ?? '').slice(1)) as Record<string, unknown>;
    expect(messages[2]?.[0]).toBe('\u0003');
    expect(status).toMatchObject({ reason: 'NonZeroExitCode', status: 'Failure' });
  });

  it('run commands as text, and before there were statuses', async () => {
    const said = await talk(`${EXEC}&command=echo&command=hi`, ['v4.base64.channel.k8s.io']);
    expect(said.messages.slice(0, 2)).toEqual(['1', `1${btoa('hi\n')}`]);
    expect(said.messages[2]).toBe(`3${btoa('{"metadata":{},"status":"Success"}')}`);
    const old = await talk(`${EXEC}&command=echo&command=hi`, ['channel.k8s.io']);
    expect(old.messages).toEqual(['\u0001', '\u0001hi\n', '\u0003']);
    const none = await talk(`${EXEC}&command=false`, []);
    expect(none.messages.at(-1)).toBe(
      '\u0003command terminated with non-zero exit code: exit status 1',
    );
  });

  it('are refused over HTTP', async () => {
    await expect(talk(`${EXEC}&command=ls`, ['v9.channel.k8s.io'])).rejects.toThrow('400');
    const gone = EXEC.replace('/p/', '/gone/');
    await expect(talk(`${gone}&command=ls`, ['v5.channel.k8s.io'])).rejects.toThrow('404');
    const plain = await fetch(`${base}${EXEC}&command=ls`);
    expect([plain.status, await plain.text()]).toEqual([
      400,
      expect.stringContaining('"message":"Upgrade request required"'),
    ]);
  });

  it('carry connections to ports that the query names', async () => {
    const request = 'GET / HTTP/1.0\r\n\r\n';
    const { messages } = await talk(`${POD_PATH}/portforward?ports=80`, ['v4.channel.k8s.io'], {
      send: (socket) => socket.send(Buffer.from(`\0${request}`)),
    });
    expect(messages.slice(0, 2)).toEqual(['\0P\0', '\u0001P\0']);
    const said = messages.slice(2).map((message) => message.slice(1));
    expect(said.join('')).toMatch(/^HTTP\/1\.[01] 200 OK\r\n[^]*Welcome to nginx!/);
  });

  it('show logs in pieces, and watches with an event in each message', async () => {
    const log = await talk(`${POD_PATH}/log?container=c`, ['binary.k8s.io']);
    expect(log.messages).toEqual(['', 'one\ntwo\n']);
    const text = await talk(`${POD_PATH}/log?container=c&tailLines=1`, ['base64.binary.k8s.io']);
    expect(text.messages).toEqual(['', btoa('two\n')]);
    const followed = await talk(`${POD_PATH}/log?container=c&follow=true`, [], {
      done: (messages) => messages.join('').endsWith('two\n'),
    });
    expect(followed.messages.join('')).toBe('one\ntwo\n');
    const watched = await talk('/api/v1/nodes?watch=true&allowWatchBookmarks=true', [], {
      done: (messages) => messages.length === 1,
    });
    const event = JSON.parse(watched.messages[0] ?? '') as { type: string };
    expect(event.type).toBe('ADDED');
  });

  it('of other sorts leave HTTP as it is', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'h2c', 'content-type': 'application/json' };
    const body = JSON.stringify({ ...POD, metadata: { name: 'q' } });
    const { request } = await import('node:http');
    const code = await new Promise<number>((resolve, reject) => {
      const url = `${base}/api/v1/namespaces/default/pods?dryRun=All`;
      const length = { 'content-length': String(body.length) };
      const sent = request(url, { method: 'POST', headers: { ...headers, ...length } }, (answer) =>
        resolve(answer.statusCode ?? 0),
      );
      sent.on('error', reject);
      sent.end(body);
    });
    expect(code).toBe(201);
  });
});
