/** Saved runs from the command line: the same hash, the same crash, in plain and in strict Node. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { kinds } from '../api/kinds/index.ts';
import { Session } from '../engine/session.ts';
import { programsFor } from '../kubectl/programs.ts';
import { defaultRunConfig } from '../port/run-config.ts';
import { deployment } from '../testing/page/manifests.ts';
import { repeatRun } from './repeat.ts';

const RUNNER = path.resolve('src/headless/run.mjs');

function saved(replicas: number, seconds: number): string {
  const session = new Session(defaultRunConfig(), programsFor(kinds));
  session.give({ type: 'apply', file: 'web.yaml', text: deployment(replicas) });
  session.cluster.kernel.runUntil(seconds * 1e6);
  return JSON.stringify(session.save());
}

describe('repeatRun', () => {
  it('finds the same hash', () => {
    const result = repeatRun('run.json', saved(2, 5));
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(result.stdout).toMatch(/^\d+ events, hash [0-9a-f]{16}\n$/);
  });

  it('says when the hash differs', () => {
    const run = JSON.parse(saved(1, 5)) as { hash: string };
    const result = repeatRun('run.json', JSON.stringify({ ...run, hash: '0123456789abcdef' }));
    expect(result.exitCode).toBe(1);
    expect(result.stdout).toContain(', recorded 0123456789abcdef');
  });

  it('crashes as the run did', () => {
    const fault = (session: Session): void => {
      session.cluster.kernel.after(2_000_000, () => {
        throw new Error('boom');
      });
    };
    const session = new Session(defaultRunConfig(), programsFor(kinds), {}, fault);
    session.give({ type: 'apply', file: 'web.yaml', text: deployment(1) });
    expect(() => session.cluster.kernel.runUntil(10e6)).toThrow(/boom \(seed 1, step \d+/);
    const text = JSON.stringify(session.save(session.cluster.kernel.failure?.message));
    const result = repeatRun('run.json', text, fault);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(
      /^stopped as recorded: boom \(seed 1, step \d+, t=2000000 µs\)\n$/,
    );
    expect(result.stdout).not.toContain('recorded');
    // An engine that has been mended does not stop there.
    expect(repeatRun('run.json', text).stderr).toMatch(/^the run did not stop again/);
  });

  it.each([
    ['{', /is not JSON/],
    ['{}', /not a saved run of Kubeglass/],
    ['{"format":"kubeglass-run","version":9}', /saved in version 9/],
  ])('refuses %s', (text, wanted) => {
    expect(() => repeatRun('run.json', text)).toThrow(wanted);
  });
});

describe('determinism', () => {
  it('more than 10,000 events give the same hash where no code may be made from text', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-'));
    const file = path.join(folder, 'run.json');
    fs.writeFileSync(file, saved(40, 120));
    const { step, hash } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
      step: number;
      hash: string;
    };
    expect(step).toBeGreaterThan(10_000);
    const strict = ['--disallow-code-generation-from-strings', RUNNER, 'sim', '--run', file];
    const result = spawnSync(process.execPath, strict, { encoding: 'utf8' });
    fs.rmSync(folder, { recursive: true });
    expect(result.stderr).toBe('');
    expect(result.stdout).toBe(`${step} events, hash ${hash}\n`);
    expect(result.status).toBe(0);
  });
});
