/**
 * `npm run sim`: a cluster without a page. Applies manifests at t=0, runs in virtual time, prints what
 * happened.
 */
import fs from 'node:fs';
import { kinds } from '../api/kinds/index.ts';
import { Session } from '../engine/session.ts';
import { inOrderOfTime, StepRecogniser } from '../engine/view/ten-steps.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { Command, CommandResult } from '../port/protocol.ts';
import { nodeSandbox } from '../sandbox/node.ts';
import { durationText, parseDuration, parseFlags, runMain, UsageError } from './arguments.ts';
import { controllerCommands } from './controller-files.ts';
import { print, PRINTS, type PrintWhat } from './print.ts';
import { unfinishedWorkloads } from './readiness.ts';
import { repeatRun } from './repeat.ts';
import { runConfig } from './run-config.ts';
import { SCHEDULER_CONFIG } from './scheduler-file.ts';

const USAGE = `usage: npm run sim -- --file F [--file F …] [--nodes N] [--masters N] [--cloud] [--seed S]
         [--stop COMPONENT …] [--image IMAGE.yaml …] [--scheduler-config CONFIG.yaml]
         [--controller FILE.ts[=NAMESPACE/ACCOUNT] …]
         [--for 90s | --until ready | --until settled] [--print steps|trace|events|objects]
         [--json] [--epoch 2026-01-01T00:00:00Z] [--save RUN.json]
       npm run sim -- --run RUN.json   repeats a saved run and compares its hash`;

const VALUES = ['nodes', 'masters', 'seed', 'for', 'until', 'print', 'epoch', 'save', 'run'];

/** A run that is not there after this much virtual time will not get there. */
const LIMIT_US = 30 * 60 * 1_000_000;

function main(): number {
  const flags = parseFlags(process.argv.slice(2), {
    usage: USAGE,
    values: [...VALUES, SCHEDULER_CONFIG],
    repeatable: ['controller', 'file', 'image', 'stop'],
    switches: ['json', 'cloud'],
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

  const controllers = controllerCommands(flags);
  const session = new Session(config, programsFor(kinds), { sandbox: nodeSandbox });
  for (const component of config.stopped) {
    if (session.cluster.component(component)) continue;
    const known = session.cluster.components().map((c) => c.name);
    throw new UsageError(
      `there is no component "${component}" to stop; there are: ${known.join(', ')}`,
    );
  }
  const { kernel } = session.cluster;
  const recogniser = new StepRecogniser(
    (id) => kernel.trace.get(id),
    () => kernel.now,
  );
  kernel.trace.onChange = (span) => recogniser.onSpan(span);
  const results = giveAll(session, [...controllers, ...files.map(applyOf)]);

  let problem = '';
  // With both, --for bounds how long --until is waited for.
  if (forUs !== null && !flags.has('until')) kernel.runUntil(forUs);
  else problem = runUntilDone(session, until, forUs ?? LIMIT_US);
  const failed = results().filter((r) => r.exitCode !== 0);
  for (const r of failed) process.stderr.write(r.stderr);
  for (const { controller, level, line, text } of session.cluster.ownControllers.shown(0).lines) {
    const where = line === undefined ? '' : ` line ${line}`;
    if (level === 'error') process.stderr.write(`${controller}${where}: ${text}\n`);
  }
  if (problem !== '') process.stderr.write(`${problem}\n`);
  const save = flags.one('save');
  if (save !== undefined) write(save, `${JSON.stringify(session.save())}\n`);
  process.stdout.write(print(what, flags.has('json'), session, inOrderOfTime(recogniser.steps)));
  return failed.length > 0 || problem !== '' ? 1 : 0;
}

/** Replays a saved run, as the page does when it opens one. */
function repeat(name: string): number {
  const { stdout, stderr, exitCode } = repeatRun(name, read(name));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return exitCode;
}

function applyOf({ name, text }: { name: string; text: string }): Command {
  return { type: 'apply', file: name, text };
}

/** One after the other, as `kubectl apply -f A -f B` would. */
function giveAll(session: Session, commands: readonly Command[]): () => readonly CommandResult[] {
  const results: CommandResult[] = [];
  const next = (i: number): void => {
    const command = commands[i];
    if (!command) return;
    session.give(command, (result) => {
      results.push(result);
      next(i + 1);
    });
  };
  next(0);
  return () => results;
}

/** '' when it got there, else what it still waits for. */
function runUntilDone(session: Session, until: 'ready' | 'settled', limitUs: number): string {
  const { kernel } = session.cluster;
  const idle = (): boolean => session.pending === 0 && kernel.settled;
  const ready = (): boolean =>
    session.pending === 0 && unfinishedWorkloads(session.cluster).length === 0;
  const done = until === 'ready' ? () => idle() || ready() : idle;
  kernel.runUntil(done, { maxTime: limitUs });
  const waiting = waitingFor(session);
  const passed = `${durationText(limitUs)} of virtual time have passed`;
  if (until === 'ready') {
    if (ready()) return '';
    return `not ready: ${idle() ? 'nothing is left to happen' : passed}${waiting}`;
  }
  if (!idle()) return `not settled: ${passed}${waiting}`;
  // Settled is what was asked for; still say what did not come up.
  if (waiting !== '') process.stderr.write(`settled, but${waiting.slice(1)}\n`);
  return '';
}

/** What has not come up, as the end of a sentence; '' when all has. */
function waitingFor(session: Session): string {
  const waiting = unfinishedWorkloads(session.cluster);
  const list = waiting.map((w) => `\n  ${w}`).join('');
  return list === '' ? '' : `; waiting for:${list}`;
}

function write(name: string, text: string): void {
  try {
    fs.writeFileSync(name, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`error: the file "${name}" cannot be written (${code ?? String(error)})`);
  }
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
