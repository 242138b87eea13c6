/**
 * Programs that would take everything: each meets the limit that a real container meets, says what
 * it says there, and the run goes on.
 */
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../kernel/kernel.ts';
import { Cgroup, type ContainerResources } from '../../node/runtime/cgroup.ts';
import { type ProcessHandle, startProcess } from '../../node/runtime/process-runner.ts';
import { busyboxImage } from '../busybox.ts';

const SECOND = 1_000_000;
const MI = 1024 * 1024;

class Container {
  readonly kernel = new Kernel({ seed: 1, epochMs: 0, traceCapacity: 10 });
  readonly cgroup: Cgroup;
  readonly process: ProcessHandle;
  text = '';

  constructor(script: string, resources: ContainerResources = {}) {
    this.cgroup = new Cgroup(resources);
    const write = (text: string): void => {
      this.text += text;
    };
    this.process = startProcess(this.kernel, busyboxImage, {
      command: ['sh', '-c', script],
      hostname: 'p',
      cgroup: this.cgroup,
      output: { stdout: write, stderr: write },
    });
  }

  /** Runs for |seconds| at most; answers how it ended. */
  run(seconds: number): ProcessHandle['status'] {
    this.kernel.runUntil(() => this.process.status !== null, { maxTime: seconds * SECOND });
    return this.process.status;
  }
}

describe('memory', () => {
  it.each([
    ['a value that doubles', 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'],
    ['a substitution without end', 'x=$(yes); echo never'],
    ['a substitution in a child', "sh -c 'x=$(yes); echo never'; sleep 100; echo never"],
  ])('%s passes the limit: the kernel kills the container', (_, script) => {
    const container = new Container(script, { memoryLimitBytes: 16 * MI });
    expect(container.run(60)).toEqual({ exitCode: 137, signal: 'SIGKILL' });
    expect(container.cgroup.oomKills).toBe(1);
    expect(container.cgroup.usage().memoryBytes).toBe(0);
    expect(container.text).toBe('');
  });

  it('without a limit the shell finds no memory', () => {
    const container = new Container('x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done');
    expect(container.run(60)?.exitCode).toBe(1);
    expect(container.text).toBe('sh: out of memory\n');
  });

  it('of one process kills that one alone where the group is not killed as one', () => {
    const container = new Container("sh -c 'x=$(yes); echo never'; echo $?", {
      memoryLimitBytes: 16 * MI,
    });
    container.cgroup.oomGroup = false;
    expect(container.run(60)?.exitCode).toBe(0);
    expect(container.text).toBe('Killed\n137\n');
  });
});

describe('CPU', () => {
  it.each([
    ['half a core', 500, 7.2, 8.5],
    ['two cores', 2_000, 3.9, 4.6],
  ])('with %s a computation takes its time', (_, cpuLimitMillis, from, to) => {
    const script = 'i=0; while [ $i -lt 9000 ]; do i=$((i+1)); done';
    const free = new Container(script);
    free.run(100);
    const container = new Container(script, { cpuLimitMillis });
    expect(container.run(100)?.exitCode).toBe(0);
    const scale = free.kernel.now / (4 * SECOND);
    expect(container.kernel.now / scale / SECOND).toBeGreaterThan(from);
    expect(container.kernel.now / scale / SECOND).toBeLessThan(to);
    expect(container.cgroup.cpuUs).toBe(free.cgroup.cpuUs);
  });

  it('is used by a loop all the time, and by a sleeper not at all', () => {
    const loop = new Container('while :; do :; done');
    loop.run(10);
    expect(loop.cgroup.cpuUs / SECOND).toBeCloseTo(10, 0);
    const sleeper = new Container('sleep 100');
    sleeper.run(10);
    expect(sleeper.cgroup.cpuUs).toBeLessThan(5_000);
  });
});

describe('processes', () => {
  it('a fork bomb fills the table, and the run goes on', () => {
    const container = new Container('f() { f | f & }; f; sleep 3; echo "$(ps | wc -l)"');
    container.run(5);
    expect(container.text).toContain("sh: can't fork: Resource temporarily unavailable\n");
    expect(container.cgroup.processes).toBeLessThanOrEqual(1_024);
  });

  it('a pids limit counts', () => {
    const container = new Container('sleep 9 & sleep 9 & sleep 9 & sleep 9 & echo never');
    container.cgroup.pidsLimit = 4;
    expect(container.run(5)?.exitCode).toBe(2);
    expect(container.text).toBe("sh: can't fork: Resource temporarily unavailable\n");
  });
});

describe('output', () => {
  it.each(['yes', 'while :; do echo x; done', 'cat /dev/zero', 'yes | cat', 'yes >&2'])(
    '%s goes on for ever, and costs little',
    (script) => {
      const container = new Container(script);
      expect(container.run(20)).toBeNull();
      expect(container.text.length).toBeLessThan(200_000_000);
    },
  );
});

describe('patterns that explode where alternatives are tried one by one', () => {
  const many = 'a'.repeat(60);
  it.each([
    [`echo ${many}b | grep -cE '(a+)+$'`, '0\n'],
    [`echo ${many} | grep -cE '(a|aa)+b'`, '0\n'],
    [`echo ${many}b | sed -E 's/^(a*)*$/no/' | wc -c`, '62\n'],
    [
      `echo ${many}b | awk '/(a|a?)+$/ { n++ } /^(a?){40}a{40}$/ { n++ } END { print n + 0 }'`,
      '1\n',
    ],
    [`case ${many}b in *a*a*a*a*a*a*a*a*a*a*a*a*c) echo no;; *) echo done;; esac`, 'done\n'],
    [`x=${many}; echo \${x//*a*a*a*a*a*a*b/no} | wc -c`, '61\n'],
    [`expr ${many}b : '\\(a*\\)*c'; true`, '\n'],
  ])('%s', (script, output) => {
    const container = new Container(script);
    container.run(5);
    expect(container.text).toBe(output);
  });
});

describe('programs that go on for ever', () => {
  it.each([
    ['awk \'BEGIN { while (1) x = x "0123456789abcdef" x }\'', 1],
    ["awk 'function f(n) { return f(n + 1) } BEGIN { f(1) }'", 1],
    ["awk 'BEGIN { while (1) a[i++] = i }'", 1],
    ['f() { f; }; f', 2],
    ['x=1; while :; do x=$((x * 1000003 + 1)); [ $x = 7 ] && break; done & sleep 1; kill $!', 0],
  ])('%s', (script, exitCode) => {
    expect(new Container(script).run(3_000)?.exitCode).toBe(exitCode);
  });
});
