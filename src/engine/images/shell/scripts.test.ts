/**
 * The shell and the commands against what a real busybox 1.35 printed for the same scripts
 * (fixtures/busybox-scripts.json: output of both streams in order, exit code).
 */
import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../kernel/kernel.ts';
import { startProcess } from '../../node/runtime/process-runner.ts';
import { busyboxImage } from '../busybox.ts';

interface Recorded {
  readonly script: string;
  readonly output: string;
  readonly exitCode: number;
}

const file = new URL('../../../testing/fixtures/busybox-scripts.json', import.meta.url);
const recorded = JSON.parse(fs.readFileSync(file, 'utf8')) as readonly Recorded[];

describe('scripts recorded from busybox', () => {
  it.each(recorded)('$script', ({ script, output, exitCode }) => {
    const kernel = new Kernel({ seed: 1, epochMs: 0, traceCapacity: 10 });
    let text = '';
    const sink = (more: string): void => {
      text += more;
    };
    const process = startProcess(kernel, busyboxImage, {
      command: ['sh', '-c', script],
      workingDir: '/w',
      hostname: 'p',
      env: [
        ['PATH', '/bin'],
        ['HOME', '/root'],
      ],
      output: { stdout: sink, stderr: sink },
    });
    kernel.runUntil(() => process.status !== null, { maxTime: 60_000_000 });
    expect(text).toBe(output);
    expect(process.status?.exitCode).toBe(exitCode);
  });
});
