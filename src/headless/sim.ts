/**
 * `npm run sim`: a cluster without a page. Applies manifests at t=0, runs in virtual time, prints what
 * happened.
 */
import fs from 'node:fs';
import { kinds } from '../api/kinds/index.ts';
import { Session } from '../engine/session.ts';
import { inOrderOfTime, StepRecogniser } from '../engine/view/ten-steps.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { CommandResult, RunFile } from '../port/protocol.ts';
import { parseDuration, parseFlags, runMain, UsageError } from './arguments.ts';
import { print, PRINTS, type PrintWhat } from './print.ts';
import { unfinishedWorkloads } from './readiness.ts';
import { runConfig } from './run-config.ts';

const USAGE = `usage: npm run sim -- --file F [--file F …] [--nodes N] [--seed S] [--stop COMPONENT …]
         [--for 90s | --until ready | --until settled] [--print steps|trace|events|objects]
         [--json] [--epoch 2026-01-01T00:00:00Z] [--save RUN.json]
       npm run sim -- --run RUN.json   repeats a saved run and compares its hash`;

/** A run that is not there after this much virtual time will not get there. */
const LIMIT_US = 30 * 60 * 1_000_000;

function main(): number {
  const flags = parseFlags(process.argv.slice(2), {
    usage: USAGE,
    values: ['nodes', 'seed', 'for', 'until', 'print', 'epoch', 'save', 'run'],
    repeatable: ['file', 'stop'],
    switches: ['json'],
  });
  const saved = flags.one('run');
  if (saved !== undefined) return repeat(saved);
  const files = flags.all('file').map((name) => ({ name, text: read(name) }));
  const what = (flags.one('print') ?? 'steps') as PrintWhat;
  if (!PRINTS.includes(what)) throw new UsageError(`--print must be one of ${PRINTS.join(', ')}`);
  const until = flags.one('until') ?? 'settled';
  if (until !== 'ready' && until !== 'settled')
    throw new UsageError('--until must be ready or settled');
  const forUs = flags.has('for') ? parseDuration(flags.one('for') as string) : null;
  const config = runConfig(flags);

  const session = new Session(config, programsFor(kinds));
  const { kernel } = session.cluster;
  const recogniser = new StepRecogniser(
    (id) => kernel.trace.get(id),
    () => kernel.now,
  );
  kernel.trace.onChange = (span) => recogniser.onSpan(span);
  const results = giveAll(session, files);

  let problem = '';
  if (forUs !== null) kernel.runUntil(forUs);
  else problem = runUntilDone(session, until);
  const failed = results().filter((r) => r.exitCode !== 0);
  for (const r of failed) process.stderr.write(r.stderr);
  if (problem !== '') process.stderr.write(`${problem}\n`);
  const save = flags.one('save');
  if (save !== undefined) fs.writeFileSync(save, `${JSON.stringify(session.save())}\n`);
  process.stdout.write(print(what, flags.has('json'), session, inOrderOfTime(recogniser.steps)));
  return failed.length > 0 || problem !== '' ? 1 : 0;
}

/** Replays a saved run, as the page does when it opens one. */
function repeat(name: string): number {
  const run = JSON.parse(read(name)) as RunFile;
  if (run.format !== 'kubeglass-run' || run.version !== 1) {
    throw new Error(`error: "${name}" is not a Kubeglass run of version 1`);
  }
  const session = Session.open(run, programsFor(kinds));
  const { hash } = session.cluster.kernel.trace;
  const same = hash === run.hash;
  process.stdout.write(`${run.step} events, hash ${hash}${same ? '' : `, recorded ${run.hash}`}\n`);
  return same ? 0 : 1;
}

/** Applies the files one after the other, as `kubectl apply -f A -f B` would. */
function giveAll(
  session: Session,
  files: readonly { name: string; text: string }[],
): () => readonly CommandResult[] {
  const results: CommandResult[] = [];
  const next = (i: number): void => {
    const file = files[i];
    if (!file) return;
    session.give({ type: 'apply', file: file.name, text: file.text }, (result) => {
      results.push(result);
      next(i + 1);
    });
  };
  next(0);
  return () => results;
}

/** '' when it got there, else what it still waits for. */
function runUntilDone(session: Session, until: 'ready' | 'settled'): string {
  const { kernel } = session.cluster;
  const idle = (): boolean => session.pending === 0 && kernel.settled;
  const ready = (): boolean =>
    session.pending === 0 && unfinishedWorkloads(session.cluster).length === 0;
  const done = until === 'ready' ? () => idle() || ready() : idle;
  kernel.runUntil(done, { maxTime: LIMIT_US });
  const waiting = unfinishedWorkloads(session.cluster);
  if (until === 'ready') {
    if (ready()) return '';
    const why = idle() ? 'nothing is left to happen' : '30 virtual minutes have passed';
    return `not ready: ${why}; waiting for:\n${waiting.map((w) => `  ${w}`).join('\n')}`;
  }
  if (!idle()) {
    return `not settled after 30 virtual minutes; waiting for:\n${waiting.map((w) => `  ${w}`).join('\n')}`;
  }
  // Settled is what was asked for; still say what did not come up.
  if (waiting.length > 0) {
    process.stderr.write(`settled, but waiting for:\n${waiting.map((w) => `  ${w}`).join('\n')}\n`);
  }
  return '';
}

function read(name: string): string {
  try {
    return fs.readFileSync(name, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(
      code === 'ENOENT'
        ? `error: the path "${name}" does not exist`
        : `error: the file "${name}" cannot be read (${code ?? String(error)})`,
    );
  }
}

runMain(USAGE, main);
