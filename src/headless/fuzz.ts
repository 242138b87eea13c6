/**
 * npm run fuzz -- [--count N] [--seed S] [--path P] [--only PLURAL] [--all]
 *
 * Sends random manifests and patches to an API server and says what a request did that none may do:
 * crash, answer a server error of an unknown kind, store something else than it answers. A failure
 * is made smaller and printed with the flags that play it again. With --all it goes on and prints
 * every different failure as it came.
 */
import fs from 'node:fs';
import path from 'node:path';
import { basesIn } from '../testing/fuzz/bases.ts';
import { type Failure, fuzz } from '../testing/fuzz/fuzz.ts';
import type { Tally } from '../testing/fuzz/play.ts';
import type { RecordingFiles } from '../testing/goldens-harness/load.ts';
import { parseFlags, runMain } from './arguments.ts';

const USAGE = 'usage: npm run fuzz -- [--count N] [--seed S] [--path P] [--only PLURAL] [--all]';
const COUNT = 100_000;
const MAX_COUNT = 1e9;
const MAX_SEED = 2 ** 31 - 1;
/** Manifests and patches between two lines of progress. */
const REPORT_EVERY = 10_000;

function main(): number {
  const flags = parseFlags(process.argv.slice(2), {
    usage: USAGE,
    values: ['count', 'seed', 'path', 'only'],
    switches: ['all'],
  });
  const count = flags.integer('count', COUNT, 1, MAX_COUNT);
  const seed = flags.integer('seed', 1, 0, MAX_SEED);
  const [only, again] = [flags.one('only'), flags.one('path')];
  let next = REPORT_EVERY;
  const seen = new Map<string, number>();
  const { tally, failure } = fuzz(basesIn(recordings()), {
    count,
    seed,
    ...(only === undefined ? {} : { only }),
    ...(again === undefined ? {} : { path: again }),
    clock: () => performance.now(),
    onChunk: (so) => {
      if (so.writes < next) return;
      next += REPORT_EVERY;
      process.stderr.write(`${summary(so)}\n`);
    },
    ...(flags.has('all') ? { onFailure: (found: Failure) => tell(found, seen) } : {}),
  });
  if (failure) {
    const flag = only === undefined ? '' : ` --only ${only}`;
    process.stdout.write(
      `${failure.message}\n\nagain: npm run fuzz -- --seed ${failure.seed} --path ${failure.path}${flag}\n` +
        (failure.needsHistory
          ? `It needs what the requests before it left: --seed ${failure.seed}${flag} plays those too.\n`
          : ''),
    );
  }
  process.stdout.write(`${summary(tally)}\n`);
  const { ms, request } = tally.slowest;
  process.stdout.write(`slowest request: ${Math.round(ms)} ms, ${request.split('\n')[0]}\n`);
  for (const [which, times] of seen) process.stdout.write(`${times} × ${which}\n`);
  return failure || seen.size > 0 ? 1 : 0;
}

/** Once for each different one: the same place in the code, or the same field. */
function tell({ seed, path: which, message }: Failure, seen: Map<string, number>): void {
  const lines = message.split('\n');
  const place = lines.find((line) => line.startsWith('    at ')) ?? '';
  const answer = lines.findLast((line) => line.startsWith('answer: 5')) ?? '';
  const said = /"message":"([^"\\(:]*)/.exec(answer)?.[1] ?? '';
  const key = `${(lines[0] ?? '').replaceAll(/"[^"]*"|\d+/g, '_').slice(0, 160)}${place} ${said}`;
  const times = seen.get(key) ?? 0;
  seen.set(key, times + 1);
  if (times === 0) process.stdout.write(`${message}\nagain: --seed ${seed} --path ${which}\n\n`);
}

function summary({ requests, writes, accepted, codes }: Tally): string {
  const list = [...codes].sort(([a], [b]) => a - b).map(([code, n]) => `${code}: ${n}`);
  return `${writes} manifests and patches, ${accepted} accepted; ${requests} requests (${list.join(', ')})`;
}

function recordings(): RecordingFiles {
  const folder = path.join(process.env['KUBEGLASS_ROOT'] ?? process.cwd(), 'src/testing/goldens');
  return {
    list: (below) =>
      fs
        .readdirSync(path.join(folder, below))
        .sort()
        .map((name) => `${below}/${name}`),
    read: (file) => fs.readFileSync(path.join(folder, file), 'utf8'),
  };
}

runMain(USAGE, main);
