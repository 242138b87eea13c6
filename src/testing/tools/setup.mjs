/** What the commands of package.json need on a machine that has nothing but Node: plain Node, no dependency. */
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** Runs `npm ci` when node_modules is missing or does not hold what package-lock.json asks for. */
export function installMissing() {
  const stale = firstStalePackage();
  if (stale === null) return;
  console.log(`Installing dependencies (${stale}) …`);
  const npm = npmCommand();
  const result = spawnSync(
    npm.file,
    [...npm.args, 'ci', '--include=dev', '--no-audit', '--no-fund'],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (result.status !== 0) {
    console.error('npm ci failed: see above. Node and npm versions that work are in package.json.');
    process.exit(1);
  }
}

/** npm tells its scripts where it is; without it (node src/…/test.mjs) the one on PATH serves. */
function npmCommand() {
  const script = process.env['npm_execpath'];
  if (script && /npm-cli\.[cm]?js$/.test(script)) return { file: process.execPath, args: [script] };
  return { file: process.platform === 'win32' ? 'npm.cmd' : 'npm', args: [] };
}

/** Why an install is due, or null. npm keeps a copy of the lockfile of what it installed. */
function firstStalePackage() {
  const installed = readJson(path.join(ROOT, 'node_modules/.package-lock.json'))?.packages;
  if (!installed) return 'none are there';
  for (const [name, wanted] of Object.entries(
    readJson(path.join(ROOT, 'package-lock.json')).packages,
  )) {
    // Optional packages are mostly binaries for other platforms.
    if (name === '' || wanted.optional || wanted.link) continue;
    const version = installed[name]?.version;
    if (version !== wanted.version) return `${name} ${wanted.version} is wanted`;
    if (!fs.existsSync(path.join(ROOT, name, 'package.json'))) return `${name} is missing`;
  }
  return null;
}

export function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The tool's own script out of node_modules, so that neither npx nor a shell comes between. */
export function toolArgs(name, args) {
  const manifest = readJson(path.join(ROOT, 'node_modules', name, 'package.json'));
  const bins = typeof manifest.bin === 'string' ? { [name]: manifest.bin } : manifest.bin;
  const bin = bins[path.basename(name)] ?? Object.values(bins)[0];
  return [path.join(ROOT, 'node_modules', name, bin), ...args];
}

/** Runs Node with these arguments; resolves with the exit code and everything it printed. */
export function runNode(args, env = {}) {
  return run(process.execPath, args, env);
}

export function run(file, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const take = (chunk) => {
      output += chunk;
    };
    child.stdout.setEncoding('utf8').on('data', take);
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n` }));
    child.on('close', (code, signal) =>
      resolve({ code: code ?? 1, output: signal ? `${output}killed by ${signal}\n` : output }),
    );
  });
}
