import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../kernel/kernel.ts';
import { busyboxImage } from '../../images/busybox.ts';
import { pauseImage } from '../../images/pause.ts';
import { execProcess, StartError, startProcess } from './process-runner.ts';

function newKernel(): Kernel {
  return new Kernel({ seed: 1, epochMs: 0, traceCapacity: 100 });
}

function run(command: readonly string[]) {
  const kernel = newKernel();
  let log = '';
  const output = {
    stdout: (text: string) => void (log += text),
    stderr: (text: string) => void (log += text),
  };
  const handle = startProcess(kernel, busyboxImage, { command, hostname: 'p', output });
  return { kernel, handle, output, log: () => log };
}

describe('startProcess', () => {
  it('runs a program and tells its exit code', () => {
    const { kernel, handle, log } = run(['echo', '-e', 'a\\tb']);
    kernel.runUntil(() => handle.status !== null);
    expect(log()).toBe('a\tb\n');
    expect(handle.status).toEqual({ exitCode: 0 });
    expect(handle.pid).toBe(1);
  });

  it('lets virtual time pass', () => {
    const { kernel, handle } = run(['sleep', '1.5']);
    kernel.runUntil(() => handle.status !== null);
    expect(Math.floor(kernel.now / 1_000)).toBe(1_500);
  });

  it.each([
    [['nosuch', '--flag'], 'exec: "nosuch": executable file not found in $PATH'],
    [['/nosuch'], 'exec: "/nosuch": stat /nosuch: no such file or directory'],
    [['/etc/passwd'], 'exec: "/etc/passwd": permission denied'],
    [['/etc'], 'exec: "/etc": is a directory'],
  ])('refuses %j', (command, message) => {
    expect(() => run(command)).toThrow(new StartError(message));
  });

  it('ignores SIGTERM in a first process without handler, but not SIGKILL', () => {
    const { kernel, handle } = run(['sleep', '1d']);
    kernel.runUntil(1_000_000);
    handle.signal('SIGTERM');
    kernel.runUntil(2_000_000);
    expect(handle.status).toBeNull();
    handle.kill();
    expect(handle.status).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  });

  it('runs further processes in the container and kills them with the first', () => {
    const { kernel, handle, output, log } = run(['sleep', '10']);
    const other = execProcess(handle, ['sleep', '1d'], { output });
    const quick = execProcess(handle, ['echo', 'x'], { output });
    kernel.runUntil(() => handle.status !== null);
    expect(log()).toBe('x\n');
    expect(quick.status).toEqual({ exitCode: 0 });
    expect(other.pid).toBe(7);
    expect(other.status).toEqual({ exitCode: 137, signal: 'SIGKILL' });
  });

  it('ends pause on SIGTERM', () => {
    const kernel = newKernel();
    const output = { stdout: () => {}, stderr: () => {} };
    const handle = startProcess(kernel, pauseImage, { hostname: 'p', output });
    kernel.runUntil(1_000_000);
    handle.signal('SIGTERM');
    kernel.runUntil(2_000_000);
    expect(handle.status).toEqual({ exitCode: 0 });
  });
});
