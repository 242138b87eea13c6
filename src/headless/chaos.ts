/**
 * npm run chaos -- [--count N] [--seed S] [--path P] [--plan FILE]
 *
 * Random clusters, workloads and faults; then quiet, in which every controller has to reach what it
 * wants, and rest. A failure is made smaller and printed with the flags that play it again.
 */
import fs from 'node:fs';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { chaos } from '../testing/chaos/chaos.ts';
import type { Plan } from '../testing/chaos/plan.ts';
import { runPlan } from '../testing/chaos/run.ts';
import { parseFlags, runMain } from './arguments.ts';

const USAGE = 'usage: npm run chaos -- [--count N] [--seed S] [--path P] [--plan FILE]';
const COUNT = 10_000;
const MAX_COUNT = 1e9;
const MAX_SEED = 2 ** 31 - 1;
const REPORT_EVERY = 100;
const MS_PER_SECOND = 1_000;

function main(): number {
  const flags = parseFlags(process.argv.slice(2), {
    usage: USAGE,
    values: ['count', 'seed', 'path', 'plan'],
    switches: [],
  });
  const file = flags.one('plan');
  if (file !== undefined) return playPlan(JSON.parse(fs.readFileSync(file, 'utf8')) as Plan);
  const count = flags.integer('count', COUNT, 1, MAX_COUNT);
  const seed = flags.integer('seed', 1, 0, MAX_SEED);
  const again = flags.one('path');
  const from = performance.now();
  let runs = 0;
  const failure = chaos({
    count,
    seed,
    ...(again === undefined ? {} : { path: again }),
    onRun: () => {
      if (++runs % REPORT_EVERY === 0) process.stderr.write(`${runs} runs\n`);
    },
  });
  const seconds = Math.round((performance.now() - from) / MS_PER_SECOND);
  process.stdout.write(`${runs} runs in ${seconds} s\n`);
  if (!failure) return 0;
  process.stdout.write(
    `${failure.message}\n\nagain: npm run chaos -- --seed ${failure.seed} --path ${failure.path}\n`,
  );
  return 1;
}

function playPlan(plan: Plan): number {
  const { problems, hash, healedAfter } = runPlan(plan);
  process.stdout.write(`${[...problems, hash, `healed after ${healedAfter} s`].join('\n')}\n`);
  return problems.length > 0 ? 1 : 0;
}

runMain(USAGE, main);
