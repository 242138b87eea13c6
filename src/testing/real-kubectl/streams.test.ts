/** The real kubectl inside Pods: exec, attach, cp, port-forward, logs that are followed. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KUBECTL, ServedCluster } from './served-cluster.ts';

const PODS = `apiVersion: v1
kind: Pod
metadata: { name: p }
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - { name: c, image: 'busybox:1.36', command: [sleep, '3600'] }
    - name: echo
      image: busybox:1.36
      stdin: true
      command: [sh, -c, 'while read l; do echo got $l; done; echo end']
    - name: tick
      image: busybox:1.36
      command: [sh, -c, 'i=0; while true; do i=$((i+1)); echo tick $i; sleep 1; done']
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers: [{ name: web, image: 'nginx:1.25' }]
`;

/** Makes a terminal for the client. */
const HAS_SCRIPT = spawnSync('script', ['--version']).status === 0;
const SPDY = {
  KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false',
  KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false',
};

const served = new ServedCluster({ nodes: 1, pace: 1 });
const kubectl = served.kubectl.bind(served);
const refused = served.refused.bind(served);

describe.skipIf(KUBECTL === '')('kubectl in Pods', () => {
  beforeAll(async () => {
    await served.start();
    served.write('pods.yaml', PODS);
    await kubectl('apply -f pods.yaml');
    await kubectl('wait --for=condition=Ready pod/p pod/web --timeout=30s');
  }, 60_000);
  afterAll(() => served.stop());

  describe.each([
    ['WebSockets', {}],
    ['SPDY', SPDY],
  ])('over %s', (_, env) => {
    it('runs commands, with input, both outputs and exit codes', async () => {
      const exec = ['exec', '-i', 'p', '-c', 'c', '--', 'sh', '-c'];
      const script = 'wc -l; echo bad >&2; exit 3';
      const ran = await served.run([...exec, script], { stdin: 'a\nb\n', env });
      expect(ran).toEqual({
        stdout: '2\n',
        stderr: 'bad\ncommand terminated with exit code 3\n',
        exitCode: 3,
      });
      const missing = await served.run(['exec', 'p', '-c', 'c', '--', 'nosuch'], { env });
      expect(missing.stderr).toMatch(/exec: "nosuch": executable file not found in \$PATH/);
      expect(missing.exitCode).toBe(1);
    });

    it('sends and takes many bytes as they are', async () => {
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (__, i) => (i * 7919) >> 3));
      const exec = [KUBECTL, 'exec', '-i', 'p', '-c', 'c', '--', 'cat'].map((w) => `'${w}'`);
      const file = path.join(served.dir, 'bytes');
      fs.writeFileSync(file, bytes);
      const child = spawn('sh', ['-c', `${exec.join(' ')} <bytes >back`], {
        cwd: served.dir,
        env: { ...env, HOME: served.dir, KUBECONFIG: path.join(served.dir, 'kubeconfig') },
      });
      const code = await new Promise((resolve) => {
        child.on('close', resolve);
      });
      expect(code).toBe(0);
      expect(fs.readFileSync(path.join(served.dir, 'back')).equals(bytes)).toBe(true);
    });

    it('forwards ports', async () => {
      const port = await forwarded('web', 80, env, async (local) => {
        const answers = await Promise.all(
          [1, 2, 3].map(async () => (await fetch(`http://127.0.0.1:${local}/`)).text()),
        );
        for (const answer of answers) expect(answer).toContain('Welcome to nginx!');
      });
      expect(port.stdout).toContain('Handling connection for');
      const closed = await forwarded('web', 9_999, env, async (local) => {
        await expect(fetch(`http://127.0.0.1:${local}/`)).rejects.toThrow('fetch failed');
      });
      expect(closed.stderr).toContain('dial tcp4 127.0.0.1:9999: connect: connection refused');
    });
  });

  it('attaches to what runs', async () => {
    const attached = await served.run(['attach', 'p', '-c', 'tick'], { until: /tick \d+\ntick/ });
    expect(attached.stdout).toMatch(/^tick \d+\ntick \d+\n/);
    await served.run(['attach', '-i', 'p', '-c', 'echo'], { stdin: 'one\n' });
    await expect.poll(() => kubectl('logs p -c echo')).toBe('got one\n');
  });

  it('runs a Pod of its own and takes it away', async () => {
    const argv = 'run t --image=busybox:1.36 --restart=Never --rm -i -- sh'.split(' ');
    const ran = await served.run(argv, { stdin: 'echo from sh\nexit 5\n' });
    expect(ran.stdout).toContain('from sh\npod "t" deleted');
    expect(ran.exitCode).toBe(5);
  });

  it('asks the kubelet itself, through the proxy of its node', async () => {
    expect(await kubectl('get --raw /api/v1/nodes/node-1/proxy/healthz')).toBe('ok');
    const pods = await kubectl('get --raw /api/v1/nodes/node-1:10250/proxy/pods');
    const { items } = JSON.parse(pods) as { items: { metadata: { name: string } }[] };
    expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['p']));
    const log = '/api/v1/nodes/node-1/proxy/containerLogs/default/p/tick?tailLines=1';
    expect(await kubectl(`get --raw ${log}`)).toMatch(/^tick \d+\n$/);
    expect(await refused('get --raw /api/v1/nodes/nope/proxy/healthz')).toContain('NotFound');
  });

  it('follows logs', async () => {
    const followed = await served.run(['logs', '-f', '--tail=1', 'p', '-c', 'tick'], {
      until: /(?:tick \d+\n){3}/,
    });
    const ticks = [...followed.stdout.matchAll(/tick (\d+)/g)].map(([, n]) => Number(n));
    expect(ticks).toEqual([...ticks.keys()].map((i) => (ticks[0] ?? 0) + i));
  });

  it('copies files and folders both ways', async () => {
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 31) >> 2));
    fs.writeFileSync(path.join(served.dir, 'there'), bytes);
    await kubectl('cp there p:/tmp/there -c c');
    await kubectl('cp p:/tmp/there here -c c');
    expect(fs.readFileSync(path.join(served.dir, 'here')).equals(bytes)).toBe(true);
    fs.mkdirSync(path.join(served.dir, 'folder/inner'), { recursive: true });
    fs.writeFileSync(path.join(served.dir, 'folder/inner/file'), 'text\n');
    await kubectl('cp folder p:/tmp -c c');
    expect(await kubectl('exec p -c c -- cat /tmp/folder/inner/file')).toBe('text\n');
    await kubectl('cp p:/tmp/folder again -c c');
    expect(fs.readFileSync(path.join(served.dir, 'again/inner/file'), 'utf8')).toBe('text\n');
  });

  it.skipIf(!HAS_SCRIPT)('gives a shell on a terminal', async () => {
    const client = `'${KUBECTL}' exec -it p -c c -- sh`;
    const child = spawn('script', ['-qec', client, '/dev/null'], {
      cwd: served.dir,
      env: { ...process.env, KUBECONFIG: path.join(served.dir, 'kubeconfig') },
    });
    let text = '';
    const typed = ['stty size\r', 'echo $((6 * 7))\r', 'sleep 60\r', '\u0003', 'exit 4\r'];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const isReady = text.endsWith('# ') || text.endsWith('sleep 60\r\n');
      const next = isReady ? typed.shift() : undefined;
      if (next !== undefined) child.stdin.write(next);
    });
    const code = await new Promise((resolve) => {
      child.on('close', resolve);
    });
    expect(text).toContain('\r\n42\r\n/ # ');
    expect(text).toContain('sleep 60\r\n^C');
    expect(code).toBe(4);
  });

  it('loses its connections with the kubelet, and makes no new ones', async () => {
    const machine = served.cluster.machines.get('node-1');
    const ended = await served.run(
      ['exec', 'p', '-c', 'c', '--', 'sh', '-c', 'echo up; sleep 60'],
      {
        onText: () => machine?.stopKubelet(),
      },
    );
    expect(ended.stderr).toContain('websocket: close 1006 (abnormal closure): unexpected EOF');
    const address = served.cluster.machines.get('node-1')?.info.address ?? '';
    const why = `error dialing backend: dial tcp ${address}:10250: connect: connection refused`;
    expect(await refused('exec p -c c -- ls')).toBe(
      `error: unable to upgrade connection: ${why}\n`,
    );
    expect(await refused('logs p -c c')).toContain(`dial tcp ${address}:10250`);
    machine?.restartKubelet();
  });
});

/** Runs |use| while the port is forwarded; answers what kubectl said. */
async function forwarded(
  pod: string,
  port: number,
  env: Readonly<Record<string, string>>,
  use: (local: number) => Promise<void>,
): Promise<{ stdout: string; stderr: string }> {
  const child = spawn(KUBECTL, ['port-forward', pod, `:${port}`], {
    env: { ...env, HOME: served.dir, KUBECONFIG: path.join(served.dir, 'kubeconfig') },
  });
  const said = { stdout: '', stderr: '' };
  const ended = new Promise((resolve) => {
    child.on('close', resolve);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said.stderr += chunk;
  });
  const local = await new Promise<number>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      said.stdout += chunk;
      const found = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(said.stdout)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.on('close', () => reject(new Error(`port-forward ended: ${said.stderr}`)));
  });
  await use(local);
  child.kill('SIGINT');
  await ended;
  return said;
}
