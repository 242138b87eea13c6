/**
 * What scripts do in a container: virtual time, signals, the log as it is written, volumes, names.
 */
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../kernel/kernel.ts';
import { Cgroup, HostResources, NO_RESOURCES } from '../../node/runtime/cgroup.ts';
import { MemoryFileSystem } from '../../node/runtime/memory-file-system.ts';
import { AttachedInput } from '../../node/runtime/open-file.ts';
import {
  execProcess,
  type ProcessHandle,
  type StartOptions,
  startProcess,
} from '../../node/runtime/process-runner.ts';
import type { Connection, NetworkHook, SignalName } from '../../node/runtime/program.ts';
import { busyboxImage } from '../busybox.ts';
import { parseScript } from './parse.ts';

const SECOND = 1_000_000;

class Container {
  readonly kernel: Kernel;
  readonly process: ProcessHandle;
  readonly output = {
    stdout: (text: string): void => this.#write('', text),
    stderr: (text: string): void => this.#write('!', text),
  };
  /** Second and text of each write; `!` before what went to standard error. */
  readonly log: [number, string][] = [];

  constructor(script: string, options: Partial<StartOptions> = {}, kernel?: Kernel) {
    this.kernel = kernel ?? new Kernel({ seed: 1, epochMs: 0, traceCapacity: 10 });
    this.process = startProcess(this.kernel, busyboxImage, {
      command: ['sh', '-c', script],
      hostname: 'p',
      output: this.output,
      ...options,
    });
  }

  get text(): string {
    return this.log.map(([, text]) => text).join('');
  }

  runTo(seconds: number): this {
    this.kernel.runUntil(seconds * SECOND);
    return this;
  }

  /** Runs to the end; answers exit code and whole seconds. */
  end(): [exitCode: number | undefined, seconds: number] {
    this.kernel.runUntil(() => this.process.status !== null, { maxTime: 3_600 * SECOND });
    return [this.process.status?.exitCode, Math.floor(this.kernel.now / SECOND)];
  }

  #write(mark: string, text: string): void {
    this.log.push([Math.floor(this.kernel.now / SECOND), mark + text]);
  }
}

function signalAfter(container: Container, seconds: number, signal: SignalName): void {
  container.kernel.after(seconds * SECOND, () => container.process.signal(signal));
}

describe('virtual time', () => {
  it.each([
    ['sleep 2', 0, 2],
    ['sleep 1; sleep 1.5; exit 4', 4, 2],
    ['sleep 5 & sleep 3 & wait', 0, 5],
    ['sleep 3 | sleep 7', 0, 7],
    ['for i in 1 2 3; do sleep 1; done; false', 1, 3],
    ['timeout 2 sleep 60', 143, 2],
    ['x=$(sleep 4; echo 9); exit $x', 9, 4],
    ['(sleep 2; exit 5)', 5, 2],
    ['exec sleep 6', 0, 6],
  ])('%s → exit %i after %i s', (script, exitCode, seconds) => {
    expect(new Container(script).end()).toEqual([exitCode, seconds]);
  });

  it('writes every line to the log at its time', () => {
    const container = new Container('for i in 1 2 3; do echo $i; sleep 10; done; nosuch');
    expect(container.end()).toEqual([127, 30]);
    expect(container.log).toEqual([
      [0, '1\n'],
      [10, '2\n'],
      [20, '3\n'],
      [30, '!sh: nosuch: not found\n'],
    ]);
  });

  it('does not hang on a loop that never waits, and still hears signals', () => {
    const container = new Container('trap "exit 3" TERM; while true; do :; done');
    signalAfter(container, 5, 'SIGTERM');
    expect(container.end()).toEqual([3, 5]);
  });

  it('keeps the cluster from being settled for work, not for waiting', () => {
    const container = new Container('sleep 5; sleep 100000').runTo(3);
    expect(container.kernel.settled).toBe(false);
    container.runTo(10);
    expect(container.kernel.settled).toBe(true);
  });
});

describe('signals', () => {
  it('process 1 without a trap ignores SIGTERM and dies of SIGKILL', () => {
    const container = new Container('while true; do sleep 1; done');
    signalAfter(container, 5, 'SIGTERM');
    signalAfter(container, 35, 'SIGKILL');
    expect(container.end()).toEqual([137, 35]);
  });

  it('runs a trap only after the command in the foreground has ended', () => {
    const container = new Container('trap "echo bye; exit 0" TERM; while true; do sleep 10; done');
    signalAfter(container, 12, 'SIGTERM');
    expect(container.end()).toEqual([0, 20]);
    expect(container.text).toBe('bye\n');
  });

  it('interrupts wait at once', () => {
    const container = new Container('trap "echo bye; exit 7" TERM; sleep 100 & wait');
    signalAfter(container, 12, 'SIGTERM');
    expect(container.end()).toEqual([7, 12]);
  });

  it('ignores what a trap ignores', () => {
    const container = new Container("trap '' TERM; sleep 20; echo done");
    signalAfter(container, 5, 'SIGTERM');
    expect(container.end()).toEqual([0, 20]);
  });

  it.each([
    ['trap "echo USR1; exit 3" USR1; while true; do sleep 0.2; done', 'SIGUSR1', 3],
    ['trap "exit 143" TERM; while true; do sleep 0.2; done', 'SIGTERM', 143],
    ['trap "echo main TERM; sleep 2; exit 0" TERM; while true; do sleep 0.2; done', 'SIGTERM', 0],
  ] as const)('%s', (script, signal, exitCode) => {
    const container = new Container(script);
    signalAfter(container, 1, signal);
    expect(container.end()[0]).toBe(exitCode);
  });

  it('cannot be killed from inside, even with -9', () => {
    expect(new Container('kill -KILL $$; echo alive').end()).toEqual([0, 0]);
  });

  it('an exec in the container is another process of it, and can end process 1', () => {
    const container = new Container('trap "exit 0" TERM; while true; do sleep 0.3; done').runTo(1);
    const ps = execProcess(container.process, ['ps'], { output: container.output });
    execProcess(container.process, ['sh', '-c', 'echo hook > /proc/1/fd/1; kill 1'], {
      output: { stdout: () => {}, stderr: () => {} },
    });
    expect(container.end()).toEqual([0, 1]);
    expect(container.text).toMatch(/PID {3}USER {5}COMMAND\n {4}1 root {5}sh -c trap/);
    expect(container.text).toMatch(/hook\n$/);
    expect(ps.status?.exitCode).toBe(0);
  });
});

describe('an init container that fails twice and then succeeds', () => {
  const script =
    'echo x >> /data/n; [ $(wc -l < /data/n) -ge 3 ] || { echo not yet; exit 1; }; echo ok';

  it('keeps its count in the volume, not in the container', () => {
    const kernel = new Kernel({ seed: 1, epochMs: 0, traceCapacity: 10 });
    const volume = new MemoryFileSystem({ clock: kernel });
    const attempts = [1, 2, 3].map(() => {
      const mounts = [{ path: '/data', source: volume }];
      const container = new Container(script, { mounts }, kernel);
      return [container.end()[0], container.text];
    });
    expect(attempts).toEqual([
      [1, 'not yet\n'],
      [1, 'not yet\n'],
      [0, 'ok\n'],
    ]);
    expect(volume.read('/n')).toBe('x\nx\nx\n');
  });

  it('the same with marker files', () => {
    const volume = new MemoryFileSystem();
    const body =
      'if [ -f /data/2 ]; then exit 0; ' +
      'elif [ -f /data/1 ]; then touch /data/2; else touch /data/1; fi; exit 1';
    const codes = [1, 2, 3].map(
      () => new Container(body, { mounts: [{ path: '/data', source: volume }] }).end()[0],
    );
    expect(codes).toEqual([1, 1, 0]);
  });
});

describe('names', () => {
  function network(answersFrom: number, kernel: Kernel): NetworkHook {
    return {
      address: '10.244.1.5',
      *query(server, { name, type }) {
        yield 2_000;
        if (server !== '10.96.0.10') return 'timeout';
        const known = name === 'myservice.default.svc.cluster.local';
        if (!known || kernel.now < answersFrom) return { code: 'NXDOMAIN', records: [] };
        const record = { name, type: 'A', ttl: 30, data: '10.96.7.7' } as const;
        return { code: 'NOERROR', records: type === 'A' ? [record] : [] };
      },
      *connect(address, port) {
        if (address !== '10.96.7.7' || port !== 80) return 'refused';
        return { close: () => undefined, onClose: () => undefined } as unknown as Connection;
      },
      *request(address, port) {
        yield 500;
        return address === '10.96.7.7' && port === 80 ? { status: 200, body: 'hello' } : 'refused';
      },
      listen: () => () => {},
      listenTcp: () => ({ port: 1, close: () => {} }),
      openUdp: (port) => ({ port, sendTo: () => {}, close: () => {} }),
      cluster: () => null,
      *echo() {
        return null;
      },
    };
  }

  const files = new MemoryFileSystem();
  files.write(
    '/resolv.conf',
    'search default.svc.cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    false,
  );
  const mounts = [{ path: '/etc/resolv.conf', source: files, sourcePath: '/resolv.conf' }];

  it('waits for a Service as the classic init container does', () => {
    const kernel = new Kernel({ seed: 1, epochMs: 0, traceCapacity: 10 });
    const script = 'until nslookup myservice; do echo waiting for myservice; sleep 2; done';
    const container = new Container(
      script,
      { mounts, network: network(7 * SECOND, kernel) },
      kernel,
    );
    expect(container.end()).toEqual([0, 8]);
    expect(container.text.match(/waiting for myservice/g)).toHaveLength(4);
    expect(container.text).toContain(
      "** server can't find myservice.default.svc.cluster.local: NXDOMAIN\n",
    );
    expect(container.text).toMatch(
      /Name:\tmyservice.default.svc.cluster.local\nAddress: 10.96.7.7\n\n$/,
    );
  });

  it.each([
    ['wget -qO- http://myservice', 0, 'hello'],
    [
      'wget -qO- http://myservice:81/',
      1,
      "!wget: can't connect to remote host (10.96.7.7): Connection refused\n",
    ],
    ['wget -qO- http://nosuch', 1, "!wget: bad address 'nosuch'\n"],
    ['nc -z myservice 80 && echo open', 0, 'open\n'],
  ])('%s', (script, exitCode, text) => {
    const kernel = new Kernel({ seed: 1, epochMs: 0, traceCapacity: 10 });
    const container = new Container(script, { mounts, network: network(0, kernel) }, kernel);
    expect(container.end()[0]).toBe(exitCode);
    expect(container.text).toBe(text);
  });

  it('without a network the tools say so', () => {
    const container = new Container('nslookup web; wget -qO- http://web');
    expect(container.end()[0]).toBe(1);
    expect(container.text).toBe(
      "!;; connection timed out; no servers could be reached\n\n!wget: bad address 'web'\n",
    );
  });
});

describe('input and environment', () => {
  it('runs lines as they come on standard input', () => {
    const stdin = new AttachedInput();
    const container = new Container('', { command: ['sh'], stdin });
    container.kernel.after(2 * SECOND, () => stdin.push('echo one; x=3\n'));
    container.kernel.after(4 * SECOND, () => stdin.push('if true; then\necho $x\n'));
    container.kernel.after(6 * SECOND, () => stdin.push('fi\nexit 5\n'));
    expect(container.end()).toEqual([5, 6]);
    expect(container.log).toEqual([
      [2, 'one\n'],
      [6, '3\n'],
    ]);
  });

  it('reads an attached line', () => {
    const stdin = new AttachedInput();
    const container = new Container('while read l; do echo got $l; done; echo end', { stdin });
    container.kernel.after(3 * SECOND, () => stdin.push('a\nb\n'));
    container.kernel.after(4 * SECOND, () => stdin.close());
    expect(container.end()).toEqual([0, 4]);
    expect(container.text).toBe('got a\ngot b\nend\n');
  });

  it('sees the environment in the order of the runtime', () => {
    const container = new Container('', {
      command: ['env'],
      env: [
        ['COLOR', 'blue'],
        ['with-dash', 'v'],
      ],
    });
    container.end();
    const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    expect(container.text).toBe(`PATH=${path}\nHOSTNAME=p\nCOLOR=blue\nwith-dash=v\nHOME=/root\n`);
  });

  it('tells what is not simulated by name', () => {
    const container = new Container('dnsdomainname');
    expect(container.end()[0]).toBe(127);
    expect(container.text).toBe('!sh: dnsdomainname: not found\n');
  });
});

describe('bounds', () => {
  it('a pipe is full at some point, and its writer dies with its reader', () => {
    expect(new Container('yes | head -1; seq 1 1000000 | head -2').end()).toEqual([0, 0]);
  });

  it.each([
    ['f() { f; }; f', 'maximum function nesting level exceeded'],
    ['while true; do sleep 1000 & done', "can't fork: Resource temporarily unavailable"],
  ])('%s ends with a message', (script, message) => {
    const container = new Container(script);
    container.runTo(600);
    expect(container.process.status?.exitCode).toBe(2);
    expect(container.text).toContain(message);
  });

  it('a file that grows for ever meets the end of the disk', () => {
    const cgroup = new Cgroup(NO_RESOURCES, new HostResources(2, 2 ** 33, 2 ** 31));
    const container = new Container('yes > /f', { cgroup });
    expect(container.end()[0]).toBe(1);
    expect(container.text).toBe('!yes: write error: No space left on device\n');
  });

  it('parses a script once', () => {
    expect(parseScript('echo cached')).toBe(parseScript('echo cached'));
  });

  it('is the same every time', () => {
    const run = (): string => {
      const container = new Container(
        'echo $RANDOM $(mktemp -u); head -c 8 /dev/urandom | md5sum; date',
      );
      container.end();
      return container.text;
    };
    expect(run()).toBe(run());
  });
});
