/**
 * npm test: installs what is missing and runs everything; goes on after a failed stage, so that one run
 * tells all. npm run check is the same with --static: only what needs neither build nor browser.
 *
 * Prints a line for each stage, the output of those that failed, and last, alone on its line, the sum:
 * tests of Vitest and Playwright, one for each other stage.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { ensureBrowser } from './browser.mjs';
import { ROOT, installMissing, readJson, run, runNode, toolArgs } from './setup.mjs';

const RESULTS = path.join(ROOT, '.cache/results');
const STATIC_TESTS = ['src/testing/tidy.test.ts', 'src/testing/guards/'];
/** Tests that run a real kubectl against the engine; they read its path from $KUBECTL. */
const KUBECTL_TESTS = 'src/testing/real-kubectl';
const NODE_MAY_MISS = 8;
const CONTROLLERS_MAY_MISS = 4;

const total = { passed: 0, failed: 0, skipped: 0 };
const skippedNames = [];
let kubectl = { path: '', note: '' };

installMissing();
fs.rmSync(RESULTS, { recursive: true, force: true });
fs.mkdirSync(RESULTS, { recursive: true });

await stage('format', () => tool('@biomejs/biome', ['format']));
await stage('lint', () => tool('oxlint', ['--type-aware', '--deny-warnings']));
await stage('types', () => tool('typescript', ['-b', '--force']));
await stage('tidy', () => vitest('tidy', STATIC_TESTS));
await stage('dead code', () => tool('knip', ['--no-progress']));
if (!process.argv.includes('--static')) {
  const rest = [...STATIC_TESTS, KUBECTL_TESTS].flatMap((name) => [
    '--exclude',
    `${name}${name.endsWith('.ts') ? '' : '/**'}`,
  ]);
  await stage('unit and cluster', () => vitest('unit', rest));
  kubectl = await findKubectl();
  await stage('recordings', recordings);
  await stage('controllers', controllerRecordings);
  await stage('node recordings', nodeRecordings);
  await stage('real kubectl', realKubectl);
  const built = await stage('build', () => tool('vite', ['build']));
  if (built) await stage('size', size);
  await stage('browser', () =>
    built ? browser() : { failed: 1, output: 'There is no build to test.' },
  );
}
for (const name of skippedNames) console.log(`skipped  ${name}`);
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed > 0 ? 1 : 0);

/** Runs one stage, prints its line, adds to the sum. True when nothing failed. */
async function stage(name, body) {
  const started = Date.now();
  let result;
  try {
    result = await body();
  } catch (error) {
    result = { failed: 1, output: error.message };
  }
  const { passed = 0, failed = 0, skipped = [], output = '', note = '' } = result;
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped.length;
  skippedNames.push(...skipped);
  const seconds = `${((Date.now() - started) / 1000).toFixed(1)}s`;
  const counts = note || (passed + failed > 1 ? `${passed} passed, ${failed} failed` : '');
  console.log(
    `${failed ? 'FAIL' : 'ok  '}  ${name.padEnd(18)}${seconds.padStart(7)}  ${counts}`.trimEnd(),
  );
  if (failed) console.log(indent(output));
  return failed === 0;
}

/** A stage that passes or fails as a whole. */
function whole({ code, output }) {
  return code === 0 ? { passed: 1 } : { failed: 1, output };
}

async function tool(name, args) {
  return whole(await runNode(toolArgs(name, args), { NO_COLOR: '1', FORCE_COLOR: '0' }));
}

async function entry(name, args, env = {}) {
  if (!fs.existsSync(path.join(ROOT, 'src/headless', `${name}.ts`)))
    return { note: 'not there yet' };
  const result = await runNode(['src/headless/run.mjs', name, ...args], env);
  const last = result.output.trim().split('\n').at(-1) ?? '';
  return { ...whole(result), note: last };
}

async function vitest(name, args, env = {}) {
  const file = path.join(RESULTS, `${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { code, output } = await runNode(
    toolArgs('vitest', ['run', '--passWithNoTests', ...reporters, ...args]),
    { NO_COLOR: '1', FORCE_COLOR: '0', ...env },
  );
  const tests = (readJson(file)?.testResults ?? []).flatMap((suite) => suite.assertionResults);
  return counted(code, output, tests, (test) => ({
    name: test.fullName,
    state: test.status === 'passed' || test.status === 'failed' ? test.status : 'skipped',
  }));
}

async function size() {
  const result = await runNode(['src/testing/tools/size.mjs']);
  return { ...whole(result), note: result.output.trim() };
}

/** A file that does not even load has no failed test; its exit code tells. */
function counted(code, output, tests, read) {
  const states = tests.map(read);
  const count = (state) => states.filter((test) => test.state === state).length;
  const failed = count('failed');
  return {
    passed: count('passed'),
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: states.filter((test) => test.state === 'skipped').map((test) => test.name),
    output,
  };
}

/** Path of a real kubectl, '' with |note| when there is none and none can be built. */
async function findKubectl() {
  const given = process.env['KUBECTL'];
  if (given) return { path: given, note: '' };
  if (spawnSync('go', ['version']).status !== 0) return { path: '', note: 'no $KUBECTL, no Go' };
  const built = await run('bash', ['src/testing/tools/kubectl.sh']);
  if (built.code !== 0) {
    console.log(indent(built.output));
    return { path: '', note: 'no $KUBECTL, and it cannot be built here' };
  }
  return { path: built.output.trim().split('\n').at(-1), note: '' };
}

async function recordings() {
  if (kubectl.path !== '') return entry('goldens', ['api'], { KUBECTL: kubectl.path });
  const result = await entry('goldens', ['api', '--without-kubectl']);
  return { ...result, skipped: [`recordings of kubectl (${kubectl.note})`] };
}

/** Some run kubectl, whose limits are in real time; who comes first is chance in others. */
async function controllerRecordings() {
  const args = ['controllers', '--may-miss', String(CONTROLLERS_MAY_MISS)];
  if (kubectl.path !== '') return entry('goldens', args, { KUBECTL: kubectl.path });
  const result = await entry('goldens', [...args, '--without-kubectl']);
  return { ...result, skipped: [`recordings of controllers with kubectl (${kubectl.note})`] };
}

/** A few may miss: the real kubectl has limits in real time, and the machine may be busy. */
async function nodeRecordings() {
  if (kubectl.path === '') return { skipped: [`recordings of nodes (${kubectl.note})`] };
  return entry('goldens', ['node', '--may-miss', String(NODE_MAY_MISS)], { KUBECTL: kubectl.path });
}

async function realKubectl() {
  const folder = path.join(ROOT, KUBECTL_TESTS);
  const tests = fs.readdirSync(folder).filter((file) => file.endsWith('.test.ts'));
  if (kubectl.path === '') {
    const names = tests.map((file) => `${KUBECTL_TESTS}/${file} (${kubectl.note})`);
    return { skipped: names, note: kubectl.note };
  }
  return vitest('kubectl', [KUBECTL_TESTS], { KUBECTL: kubectl.path });
}

async function browser() {
  const specs = fs.readdirSync(path.join(ROOT, 'e2e')).filter((file) => file.endsWith('.spec.ts'));
  if (specs.length === 0) return { note: 'no tests yet' };
  const file = path.join(RESULTS, 'browser.json');
  const { code, output } = await runNode(
    toolArgs('@playwright/test', ['test', '--config', 'e2e/playwright.config.ts']),
    {
      CHROMIUM: ensureBrowser(),
      E2E_PORT: String(await freePort()),
      PLAYWRIGHT_JSON_OUTPUT_FILE: file,
      NO_COLOR: '1',
      FORCE_COLOR: '0',
    },
  );
  const states = { expected: 'passed', skipped: 'skipped' };
  return counted(code, output, specsIn(readJson(file)?.suites ?? []), (spec) => ({
    name: spec.title,
    state: states[spec.tests[0]?.status] ?? 'failed',
  }));
}

function specsIn(suites) {
  return suites.flatMap((suite) => [...(suite.specs ?? []), ...specsIn(suite.suites ?? [])]);
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function indent(text) {
  return text.trimEnd().replaceAll(/^/gm, '      ');
}
