/**
 * `npm run conformance`: Kubernetes' own conformance suite against `serve`, and the list of the tests
 * that pass, which may only grow.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseFlags, runLasting } from './arguments.ts';

const USAGE = `usage: npm run conformance -- [--focus REGEX] [--skip REGEX] [--shards N] [--timeout 3h] [--out DIR]
         [--pace max|N]  of the cluster, max by default: waits of the cluster take no time then
         [--update]   adds what passes now to the kept list`;

const SUITE = 'src/testing/tools/conformance.sh';
const KEPT = 'src/testing/conformance-passing.txt';
const MAX_SHARDS = 16;
/** Of the suite itself. */
const DEFAULT_TIMEOUT = '3h';
const NODES = '3';

/** `ok       1.2s  name` and `FAIL     1.2s  name`. */
const RESULT_LINE = /^(ok|FAIL) +[\d.]+s {2}(.+)$/;
const COUNTS_LINE = /^(\d+) passed, (\d+) failed, (\d+) not run$/;

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly missed: number;
}

interface Shard extends Counts {
  readonly passedNames: readonly string[];
  /** What went wrong before or beside the tests. */
  readonly problem: string;
}

async function main(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2), {
    usage: USAGE,
    values: ['focus', 'skip', 'shards', 'timeout', 'out', 'pace'],
    switches: ['update'],
  });
  const root = process.env['KUBEGLASS_ROOT'] ?? process.cwd();
  const shards = flags.integer('shards', 1, 1, MAX_SHARDS);
  const selection = ['focus', 'skip'].flatMap((name) => {
    const value = flags.one(name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  const asked = listTests(root, selection);
  if (asked.length === 0) throw new Error('error: no test of the suite is called like that');
  const given = flags.one('out');
  const dir = given ?? fs.mkdtempSync(path.join(os.tmpdir(), 'kubeglass-conformance-'));
  const timeout = flags.one('timeout') ?? DEFAULT_TIMEOUT;
  const pace = flags.one('pace') ?? 'max';
  try {
    const results = await Promise.all(
      Array.from({ length: shards }, (_, i) =>
        runShard(root, path.resolve(dir, `shard-${i + 1}`), pace, [
          ...selection,
          '--timeout',
          timeout,
          '--shard',
          `${i + 1}/${shards}`,
        ]),
      ),
    );
    return report(path.join(root, KEPT), asked, results, flags.has('update'));
  } finally {
    if (given === undefined) fs.rmSync(dir, { recursive: true, force: true });
  }
}

/** Names of the tests that were asked for. */
function listTests(root: string, selection: readonly string[]): readonly string[] {
  const args = [path.join(root, SUITE), '--list', ...selection];
  const { status, stdout } = spawnSync('bash', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error('error: the suite cannot be built or listed');
  return stdout.split('\n').filter((line) => line !== '');
}

/** One server, and its share of the suite. */
async function runShard(
  root: string,
  dir: string,
  pace: string,
  args: readonly string[],
): Promise<Shard> {
  fs.mkdirSync(dir, { recursive: true });
  const kubeconfig = path.join(dir, 'kubeconfig');
  const server = spawn(
    process.execPath,
    [
      path.join(root, 'src/headless/run.mjs'),
      ...['serve', '--tls', '--port', '0', '--nodes', NODES, '--pace', pace],
      ...['--kubeconfig', kubeconfig],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const ended = new Promise<void>((resolve) => server.on('exit', () => resolve()));
  try {
    await Promise.race([
      new Promise((resolve) => server.stdout.once('data', resolve)),
      ended.then(() => Promise.reject(new Error(complaint.trim()))),
    ]);
    const suite = spawn(
      'bash',
      [path.join(root, SUITE), '--kubeconfig', kubeconfig, '--out', dir, ...args],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const result = await readResults(suite);
    return { ...result, problem: complaint.trim() };
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

/** Prints the lines of the suite as they come, all but its sum. */
function readResults(suite: ChildProcess): Promise<Omit<Shard, 'problem'>> {
  const passedNames: string[] = [];
  let counts: Counts = { passed: 0, failed: 0, missed: 0 };
  const take = (line: string): void => {
    const sum = COUNTS_LINE.exec(line);
    if (sum) {
      const [passed = 0, failed = 0, missed = 0] = sum.slice(1).map(Number);
      counts = { passed, failed, missed };
      return;
    }
    process.stdout.write(`${line}\n`);
    const result = RESULT_LINE.exec(line);
    if (result?.[1] === 'ok') passedNames.push(result[2] as string);
  };
  let rest = '';
  suite.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
  return new Promise((resolve, reject) => {
    suite.on('error', reject);
    suite.on('close', () => {
      if (rest !== '') take(rest);
      resolve({ ...counts, passedNames });
    });
  });
}

function report(
  keptFile: string,
  asked: readonly string[],
  results: readonly Shard[],
  update: boolean,
): number {
  const kept = fs.existsSync(keptFile)
    ? fs.readFileSync(keptFile, 'utf8').split('\n').filter(Boolean)
    : [];
  const passed = new Set(results.flatMap((r) => r.passedNames));
  const names = new Set(asked);
  const lost = kept.filter((name) => names.has(name) && !passed.has(name));
  const gained = [...passed].filter((name) => !kept.includes(name));
  for (const { problem } of results) if (problem !== '') process.stderr.write(`${problem}\n`);
  for (const name of lost) process.stdout.write(`LOST  ${name}\n`);
  if (update) {
    const all = [...new Set([...kept, ...passed])].sort();
    fs.writeFileSync(keptFile, `${all.join('\n')}\n`);
  } else if (gained.length > 0) {
    process.stdout.write(`${gained.length} pass that are not in the list: --update adds them\n`);
  }
  const sum = (of: (counts: Counts) => number): number => results.reduce((n, r) => n + of(r), 0);
  // What a share never came to is counted against what was asked for.
  const ran = sum((r) => r.passed) + sum((r) => r.failed);
  const missed = Math.max(
    sum((r) => r.missed),
    asked.length - ran,
  );
  process.stdout.write(
    `${sum((r) => r.passed)} passed, ${sum((r) => r.failed)} failed, ${missed} not run\n`,
  );
  return lost.length > 0 ? 1 : 0;
}

await runLasting(USAGE, main);
