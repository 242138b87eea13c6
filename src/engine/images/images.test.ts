/** The images of the catalogue: what they log, serve and end with; what the registry answers. */
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import { parseImageName } from '../node/runtime/image-name.ts';
import {
  type ProcessHandle,
  type StartOptions,
  startProcess,
} from '../node/runtime/process-runner.ts';
import {
  AddressInUse,
  type Datagram,
  type HttpResponse,
  type ImageDefinition,
  type NetworkHook,
  type RequestHandler,
  type UdpSocket,
} from '../node/runtime/program.ts';
import { agnhostImages } from './agnhost.ts';
import { httpdImage } from './httpd.ts';
import { images } from './index.ts';
import { nginxImage } from './nginx.ts';
import { Registry } from './registry/registry.ts';

class Network implements NetworkHook {
  readonly address = '10.244.1.5';
  readonly ports = new Map<number, RequestHandler>();
  readonly udp = new Map<number, (datagram: Datagram) => void>();
  readonly sent: string[] = [];

  *request(): Proc<'refused'> {
    return 'refused';
  }

  *connect(): Proc<'refused'> {
    return 'refused';
  }

  *query(): Proc<'timeout'> {
    return 'timeout';
  }

  listenTcp(): never {
    throw new AddressInUse('not here');
  }

  cluster(): null {
    return null;
  }

  *echo(): Proc<null> {
    return null;
  }

  openUdp(port: number, onDatagram: (datagram: Datagram) => void): UdpSocket {
    this.udp.set(port, onDatagram);
    const sendTo = (_address: string, _port: number, text: string): void => {
      this.sent.push(text);
    };
    return { port, sendTo, close: () => void this.udp.delete(port) };
  }

  listen(port: number, onRequest: RequestHandler): () => void {
    if (this.ports.has(port)) throw new AddressInUse('taken');
    this.ports.set(port, onRequest);
    return () => void this.ports.delete(port);
  }
}

class Container {
  readonly kernel = new Kernel({
    seed: 1,
    epochMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    traceCapacity: 10,
  });
  readonly network: Network;
  readonly process: ProcessHandle;
  out = '';
  err = '';

  constructor(
    image: ImageDefinition,
    options: Partial<StartOptions> = {},
    network = new Network(),
  ) {
    this.network = network;
    this.process = startProcess(this.kernel, image, {
      hostname: 'p',
      network,
      output: {
        stdout: (text) => void (this.out += text),
        stderr: (text) => void (this.err += text),
      },
      ...options,
    });
    this.run(1);
  }

  run(seconds: number): this {
    this.kernel.runUntil(this.kernel.now + seconds * 1_000_000);
    return this;
  }

  get(path: string, port = 80): { readonly status: number; readonly body: string } | undefined {
    const handler = this.network.ports.get(port);
    if (!handler) return undefined;
    const request = {
      method: 'GET',
      path,
      headers: { 'User-Agent': 'Wget' },
      body: '',
      remoteAddress: '10.244.0.1',
    };
    const box: { answer?: HttpResponse } = {};
    this.kernel.spawn('request', this.#ask(handler, request, box));
    this.run(5);
    return box.answer && { status: box.answer.status, body: box.answer.body };
  }

  *#ask(
    handler: RequestHandler,
    request: Parameters<RequestHandler>[0],
    box: { answer?: HttpResponse },
  ): Proc {
    const answer = handler(request);
    box.answer = 'next' in answer ? yield* answer : answer;
  }
}

describe('nginx', () => {
  it('starts with the lines of its entrypoint and of its error log', () => {
    const container = new Container(nginxImage, { tag: '1.27' });
    expect(container.out.split('\n')[0]).toBe(
      '/docker-entrypoint.sh: /docker-entrypoint.d/ is not empty, will attempt to perform configuration',
    );
    expect(container.out).toMatch(/Configuration complete; ready for start up\n$/);
    expect(container.err).toContain('2026/01/02 03:04:05 [notice] 1#1: nginx/1.27.5\n');
    expect(container.err).toContain('[notice] 1#1: start worker processes\n');
  });

  it('serves its page and logs requests', () => {
    const container = new Container(nginxImage);
    expect(container.get('/')).toMatchObject({
      status: 200,
      body: expect.stringContaining('Welcome to nginx!'),
    });
    expect(container.get('/nope?x=1')?.status).toBe(404);
    expect(container.out).toContain(
      '10.244.0.1 - - [02/Jan/2026:03:04:06 +0000] "GET / HTTP/1.1" 200 ',
    );
    expect(container.err).toMatch(
      /\[error\] 29#29: \*2 open\(\) "\/usr\/share\/nginx\/html\/nope" failed/,
    );
  });

  it.each([
    ['SIGQUIT', 'signal 3 (SIGQUIT) received, shutting down', true],
    ['SIGTERM', 'signal 15 (SIGTERM) received, exiting', false],
  ] as const)('%s ends it with 0', (signal, line, graceful) => {
    const container = new Container(nginxImage);
    container.process.signal(signal);
    container.run(1);
    expect(container.process.status).toEqual({ exitCode: 0 });
    expect(container.err).toContain(line);
    expect(container.err.includes('gracefully shutting down')).toBe(graceful);
    expect(container.get('/')).toBeUndefined();
  });

  it('without a free port it tries five times and gives up', () => {
    const network = new Network();
    new Container(nginxImage, {}, network);
    const second = new Container(nginxImage, {}, network).run(5);
    expect(second.process.status).toEqual({ exitCode: 1 });
    expect(
      second.err.match(
        /nginx: \[emerg\] bind\(\) to 0\.0\.0\.0:80 failed \(98: Address already in use\)/g,
      ),
    ).toHaveLength(5);
    expect(second.err).toMatch(/nginx: \[emerg\] still could not bind\(\)\n$/);
  });

  it('reads the ports, roots and answers of a configuration', () => {
    const command = [
      'sh',
      '-c',
      `cat > /etc/nginx/conf.d/default.conf <<'EOF'
server { listen 8080; root /srv; location = /ready { return 200 "yes\\n"; } location /old { return 301 /new; } }
EOF
mkdir /srv; echo mine > /srv/index.html; exec nginx -g 'daemon off;'`,
    ];
    const container = new Container(nginxImage, { command });
    expect(container.get('/', 80)).toBeUndefined();
    expect(container.get('/', 8080)).toEqual({ status: 200, body: 'mine\n' });
    expect(container.get('/ready', 8080)).toEqual({ status: 200, body: 'yes\n' });
    expect(container.get('/old', 8080)?.status).toBe(301);
    expect(container.process.processes().map(({ argv }) => argv[0])).toEqual(['nginx']);
  });

  it('refuses a configuration that it cannot read', () => {
    const command = [
      'sh',
      '-c',
      'echo "server { listen 80" > /etc/nginx/conf.d/default.conf; nginx -t',
    ];
    const container = new Container(nginxImage, { command });
    expect(container.process.status).toEqual({ exitCode: 1 });
    expect(container.err).toMatch(
      /nginx: \[emerg\] unexpected end of file, expecting ";" or "}" in /,
    );
  });
});

describe('httpd and agnhost', () => {
  const [, agnhost] = agnhostImages;

  it('httpd serves and ends on its stop signal', () => {
    const container = new Container(httpdImage);
    expect(container.get('/')?.body).toBe('<html><body><h1>It works!</h1></body></html>\n');
    container.process.signal('SIGWINCH');
    expect(container.run(1).process.status).toEqual({ exitCode: 0 });
  });

  it('netexec answers and can be switched to not ready', () => {
    const container = new Container(agnhost as ImageDefinition, { args: ['netexec'] });
    expect(container.get('/hostname', 8080)?.body).toBe('p');
    expect(container.get('/healthz', 8080)?.status).toBe(200);
    container.get('/set?ready=0', 8080);
    expect(container.get('/healthz', 8080)?.status).toBe(503);
    expect(container.get('/status?code=418', 8080)?.status).toBe(418);
    expect(container.get('/sleep?s=2', 8080)?.status).toBe(200);
  });

  it('liveness falls ill after ten seconds, term takes its time', () => {
    const ill = new Container(agnhost as ImageDefinition, { args: ['liveness'] });
    expect(ill.get('/healthz', 8080)?.status).toBe(200);
    expect(ill.run(10).get('/healthz', 8080)?.status).toBe(500);
    const slow = new Container(agnhost as ImageDefinition, { args: ['term', '--after', '3'] });
    slow.process.signal('SIGTERM');
    expect(slow.run(2).process.status).toBeNull();
    expect(slow.run(2).process.status).toEqual({ exitCode: 0 });
  });

  it('pauses until it is told to end', () => {
    const container = new Container(agnhost as ImageDefinition, { args: ['pause'] });
    container.process.signal('SIGTERM');
    expect(container.run(1).process.status).toEqual({ exitCode: 2 });
    expect(container.out).toBe(
      'Paused\nSignals registered\nexiting because of signal "terminated"\n',
    );
  });

  it('generates lines of logs evenly', () => {
    const args = ['logs-generator', '--log-lines-total', '4', '--run-duration=8s'];
    const container = new Container(agnhost as ImageDefinition, { args });
    expect(container.err).toMatch(
      /^I0102 \S+ +1 logs_generator\.go:76\] 0 [A-Z]+ \/api\S+ \d{3}\n$/,
    );
    expect(container.run(5).err.split('\n')).toHaveLength(4);
    expect(container.run(4).process.status).toEqual({ exitCode: 0 });
  });

  it('tests mounts', () => {
    const args = ['mounttest', '--new_file_0660=/f', '--file_perm=/f', '--file_content=/none'];
    const container = new Container(agnhost as ImageDefinition, { args });
    expect(container.out).toBe(
      'content of file "/f": mount-tester new file\n\nperms of file "/f": -rw-rw----\n' +
        'error reading file content for "/none": open /none: no such file or directory\n',
    );
    expect(container.process.status).toEqual({ exitCode: 1 });
  });
});

describe('the registry', () => {
  const registry = new Registry(images);

  it.each([
    ['nginx', 'found'],
    ['nginx:1.25', 'found'],
    ['docker.io/library/nginx:1.14.2', 'found'],
    [`nginx@${nginxImage.tags['1.26']?.digest}`, 'found'],
    ['registry.k8s.io/pause:3.10', 'found'],
    ['slow:1', 'found'],
    ['nginx:1.99', 'notFound'],
    [`nginx@sha256:${'0'.repeat(64)}`, 'notFound'],
    ['nothere:1', 'notFound'],
    ['acme/private:1', 'denied'],
    ['limited/app:1', 'rateLimited'],
    ['registry.invalid/app:1', 'unknownHost'],
  ])('%s: %s', (text, kind) => {
    const name = parseImageName(text);
    if ('error' in name) throw new Error(name.error);
    expect(registry.ask(name, { address: '172.30.0.2', now: 0 }).kind).toBe(kind);
  });

  it('every tag has a size, a digest and layers that add up', () => {
    for (const { repository, tags } of images) {
      for (const [tag, { sizeBytes, digest, layers }] of Object.entries(tags)) {
        expect(digest, `${repository}:${tag}`).toMatch(/^sha256:[0-9a-f]{64}$/);
        const sum = layers?.reduce((bytes, layer) => bytes + layer.sizeBytes, 0) ?? sizeBytes;
        expect(sum, `${repository}:${tag}`).toBe(sizeBytes);
      }
    }
  });
});
