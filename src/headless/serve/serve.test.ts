/** `serve` as a program: what it keeps across restarts and sudden ends, and its certificates. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parseTarget } from './target.ts';
import { parseTokens } from './users.ts';

const RUNNER = path.resolve('src/headless/run.mjs');
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

const folders: string[] = [];
const children = new Set<ChildProcess>();

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-serve-'));
  folders.push(made);
  return made;
}

interface Served {
  readonly url: string;
  readonly line: string;
  /** Exit code, once it has ended. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

function serve(...args: string[]): Promise<Served> {
  const child = spawn(process.execPath, [RUNNER, 'serve', '--port', '0', '--nodes', '1', ...args]);
  children.add(child);
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  return new Promise((resolve, reject) => {
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint += text;
    });
    child.stdout.setEncoding('utf8').once('data', (line: string) => {
      const url = /https?:\/\/[^\s,]+/.exec(line)?.[0] ?? '';
      const stop = (signal: NodeJS.Signals): Promise<number | null> => {
        child.kill(signal);
        return ended;
      };
      resolve({ url, line, stop });
    });
    void ended.then(() => reject(new Error(complaint)));
  });
}

async function create(url: string, name: string): Promise<number> {
  const response = await fetch(`${url}${CONFIG_MAPS}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { name }, data: { k: 'v' } }),
  });
  await response.arrayBuffer();
  return response.status;
}

/** A Pod that sleeps, when it runs. */
async function run(url: string, name: string): Promise<void> {
  const pods = `${url}/api/v1/namespaces/default/pods`;
  const container = { name: 'c', image: 'busybox:1.36', command: ['sleep', '3600'] };
  await fetch(pods, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ metadata: { name }, spec: { containers: [container] } }),
  });
  const phase = async (): Promise<unknown> =>
    ((await (await fetch(`${pods}/${name}`)).json()) as { status: { phase: string } }).status.phase;
  await expect.poll(phase, { timeout: 10_000 }).toBe('Running');
}

/** What a script in the Pod p prints; the connection is left open where its input does not end. */
function exec(url: string, script: string, input: string, ends: boolean): Promise<string> {
  const query = `stdin=true&stdout=true&command=sh&command=-c&command=${encodeURIComponent(script)}`;
  const path = `/api/v1/namespaces/default/pods/p/exec?${query}`;
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, ['v5.channel.k8s.io']);
  let text = '';
  socket.on('open', () => {
    socket.send(Buffer.from(`\0${input}`));
    if (ends) socket.send(Buffer.of(255, 0));
  });
  socket.on('message', (data: Buffer) => {
    if (data[0] === 1) text += data.toString('utf8', 1);
  });
  return new Promise((resolve) => {
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
  });
}

interface Listed {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly { readonly metadata: { readonly name: string; readonly uid: string } }[];
}

async function list(url: string, plural = CONFIG_MAPS): Promise<Listed> {
  return (await (await fetch(`${url}${plural}`)).json()) as Listed;
}

describe('--data', () => {
  it('loses nothing that was answered, whenever it is killed', async () => {
    const dir = folder();
    const answered: string[] = [];
    for (let round = 0; round < 3; round++) {
      const served = await serve('--data', dir);
      let killed = false;
      const writing = (async () => {
        for (let i = 0; !killed; i++) {
          const name = `r${round}-${i}`;
          if ((await create(served.url, name)) === 201) answered.push(name);
        }
      })().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 150 + 70 * round));
      killed = true;
      await served.stop('SIGKILL');
      await writing;
    }
    expect(answered.length).toBeGreaterThan(3);
    // The last write was torn in the middle.
    fs.appendFileSync(path.join(dir, 'log'), '{"at":99999999,"revi');
    const served = await serve('--data', dir, '--fsync');
    const names = new Set((await list(served.url)).items.map((item) => item.metadata.name));
    expect(answered.filter((name) => !names.has(name))).toEqual([]);
    expect(await create(served.url, 'afterwards')).toBe(201);
    expect(await served.stop('SIGTERM')).toBe(0);
  });

  it('shows again what it has shown', async () => {
    const dir = folder();
    const first = await serve('--data', dir);
    await create(first.url, 'one');
    const before = await list(first.url);
    await first.stop('SIGKILL');
    const second = await serve('--data', dir);
    const after = await list(second.url);
    expect(after.items).toEqual(before.items);
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThanOrEqual(
      Number(before.metadata.resourceVersion),
    );
    await second.stop('SIGTERM');
  });

  it('repeats what was sent into Pods, and hangs up for the clients that are gone', async () => {
    const dir = folder();
    const first = await serve('--data', dir, '--pace', '20');
    await run(first.url, 'p');
    const written = await exec(first.url, 'cat > /kept; exec cat', 'words\u0000', true);
    expect(written).toBe('');
    // Somebody is still typing when the machine goes off.
    void exec(first.url, 'read a; echo $a > /torn; read b; echo $b >> /torn', 'half\n', false);
    await expect.poll(() => exec(first.url, 'cat /torn', '', true)).toBe('half\n');
    await first.stop('SIGKILL');
    const second = await serve('--data', dir, '--pace', '20');
    expect(await exec(second.url, 'cat /kept /torn', '', true)).toBe('words\u0000half\n\n');
    expect(await second.stop('SIGTERM')).toBe(0);
  });

  it('is one process at a time', async () => {
    const dir = folder();
    const first = await serve('--data', dir);
    await expect(serve('--data', dir)).rejects.toThrow(/is in use by process \d+/);
    expect(await first.stop('SIGINT')).toBe(0);
  });

  it('is another cluster with another seed', async () => {
    const dir = folder();
    await (await serve('--data', dir)).stop('SIGTERM');
    const args = [RUNNER, 'serve', '--data', dir, '--seed', '7'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(/^the cluster in --data has 1 nodes and seed 1/);
  });
});

describe('--tls', () => {
  it('knows callers by certificate and by token', async () => {
    const dir = folder();
    const config = path.join(dir, 'config');
    const tokens = path.join(dir, 'tokens.csv');
    fs.writeFileSync(tokens, 'secret,jane,,"developers,testers"\n');
    const served = await serve('--tls', '--kubeconfig', config, '--token-file', tokens);
    expect(fs.statSync(config).mode & 0o777).toBe(0o600);
    const { clusters, users } = JSON.parse(fs.readFileSync(config, 'utf8')) as {
      clusters: { cluster: Record<string, string> }[];
      users: { user: Record<string, string> }[];
    };
    const decoded = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64');
    const ca = decoded(clusters[0]?.cluster['certificate-authority-data']);
    const user = users[0]?.user ?? {};
    const cert = decoded(user['client-certificate-data']);
    const key = decoded(user['client-key-data']);
    const whoami = (options: https.RequestOptions): Promise<string> =>
      new Promise((resolve, reject) => {
        https
          .get(`${served.url}/api/v1/secrets`, { ca, agent: false, ...options }, (response) => {
            let text = '';
            response.setEncoding('utf8').on('data', (chunk: string) => {
              text += chunk;
            });
            response.on('end', () => resolve(text));
          })
          .on('error', reject);
      });
    expect(await whoami({ cert, key })).toContain('"kind":"SecretList"');
    expect(await whoami({})).toContain('User \\"system:anonymous\\" cannot list');
    const asJane = { headers: { authorization: 'Bearer secret' } };
    expect(await whoami(asJane)).toContain('User \\"jane\\" cannot list');
    const asNobody = { headers: { authorization: 'Bearer wrong' } };
    expect(await whoami(asNobody)).toContain('"reason":"Unauthorized"');
    expect(await served.stop('SIGTERM')).toBe(0);
  });
});

describe('bad usage', () => {
  it.each([
    ['--pace 0', /^--pace must be/],
    ['--port x', /^--port must be/],
    ['--token-file f', /^--token-file needs --tls/],
    ['--fsync', /^--fsync needs --data/],
    ['--nonsense', /^unknown flag --nonsense/],
  ])('%s', (args, complaint) => {
    const all = [RUNNER, 'serve', ...args.split(' ')];
    const { status, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toMatch(complaint);
  });
});

describe('first lines', () => {
  it.each([
    ['/a?b=c&b=d', { path: '/a', query: { b: ['c', 'd'] } }],
    ['/a?x=%2B+y&=z', { path: '/a', query: { x: ['+ y'], '': ['z'] } }],
    ['/a?x=1;y=2&z', { path: '/a', query: { z: [''] } }],
    ['http://h:1/a?b', { path: '/a', query: { b: [''] } }],
    ['/%2e%2E/é', { path: '/%2e%2E/é', query: {} }],
    ['*', null],
    ['/%4', null],
  ])('%s', (url, target) => {
    expect(parseTarget(url)).toEqual(target);
  });
});

describe('token files', () => {
  it('hold tokens, names, ids and groups', () => {
    expect(parseTokens('a,jane,7,"x,y"\n\n# nobody\nb,bob,\n', 'f')).toEqual({
      a: { name: 'jane', uid: '7', groups: ['x', 'y', 'system:authenticated'] },
      b: { name: 'bob', groups: ['system:authenticated'] },
    });
    expect(() => parseTokens('a,b', 'f')).toThrow('f, line 1: expected token,user,uid');
  });
});
