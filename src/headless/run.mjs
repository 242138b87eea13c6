/**
 * Runs one of the Node entries: node src/headless/run.mjs NAME args…
 *
 * Node 20 cannot run TypeScript, so src/headless/NAME.ts is bundled first. The bundle is kept in
 * .cache/headless under a name that depends on every file of src, and is made again only when one of
 * them changed. Two runs at once are safe: each writes to its own folder and renames it into place.
 */
import crypto from 'node:crypto';
import fs from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import v8 from 'node:v8';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const CACHE = path.join(ROOT, '.cache/headless');
const KEEP_BUNDLES = 3;
/** Zones that no Node entry reaches, and folders that hold data, not code. */
const SKIPPED = new Set([
  'ui',
  'worker',
  'testing/goldens/api',
  'testing/goldens/node',
  'testing/goldens/controllers',
]);
const [name, ...args] = process.argv.slice(2);
if (!name || !/^[a-z][a-z0-9-]*$/.test(name))
  fail(2, 'usage: node src/headless/run.mjs NAME args…');

const entry = path.join(ROOT, 'src/headless', `${name}.ts`);
if (!fs.existsSync(entry)) {
  fail(
    2,
    `kubeglass: there is no src/headless/${name}.ts. Known: ${entries().join(', ') || 'none yet'}.`,
  );
}
if (!fs.existsSync(path.join(ROOT, 'node_modules/rolldown'))) {
  fail(1, 'kubeglass: the dependencies are not installed. Run `npm ci` first.');
}

const bundle = await bundled();
process.setSourceMapsEnabled(true);
// Node 20 optimises so eagerly that a run of a few seconds spends a third of its CPU time on compiling
// functions it hardly calls again; Node 22 and later have a tier in between and no such setting.
if (process.versions.v8.startsWith('11.')) v8.setFlagsFromString('--interrupt-budget=400000');

// The bundle lies in .cache, so its import.meta.url says nothing about where data files are.
process.env['KUBEGLASS_ROOT'] = ROOT;
process.argv = [process.argv[0], bundle, ...args];
await import(pathToFileURL(bundle).href);

/** Path of the bundle for the sources as they are now. */
async function bundled() {
  const folder = path.join(CACHE, `${name}-${fingerprint()}`);
  const file = path.join(folder, `${name}.mjs`);
  if (fs.existsSync(file)) return file;

  const { rolldown } = await import('rolldown');
  const own = path.join(CACHE, `.${name}-${process.pid}-${crypto.randomUUID()}`);
  try {
    const build = await rolldown({
      input: { [name]: entry },
      platform: 'node',
      cwd: ROOT,
      // What is installed stays outside: it is plain JavaScript, and Node finds it from .cache.
      external: (id) => isBuiltin(id) || (!id.startsWith('.') && !path.isAbsolute(id)),
      logLevel: 'silent',
    });
    await build.write({
      dir: own,
      format: 'esm',
      sourcemap: 'inline',
      entryFileNames: '[name].mjs',
      chunkFileNames: 'chunk-[hash].mjs',
    });
    await build.close();
    fs.renameSync(own, folder);
  } catch (error) {
    // Another run may have put the same bundle in place meanwhile.
    if (!fs.existsSync(file))
      fail(1, `kubeglass: cannot bundle src/headless/${name}.ts\n${error.message}`);
  } finally {
    fs.rmSync(own, { recursive: true, force: true });
  }
  forgetOldBundles();
  return file;
}

function isBuiltin(id) {
  return id.startsWith('node:') || builtinModules.includes(id);
}

/** Names, sizes and times of all sources: cheaper than their contents, and enough for one checkout. */
function fingerprint() {
  const hash = crypto.createHash('sha256');
  // The bundle of another version of this script or of the bundler is not ours.
  for (const file of [fileURLToPath(import.meta.url), path.join(ROOT, 'package-lock.json')])
    stamp(hash, file);
  const folders = [path.join(ROOT, 'src')];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const item of fs.readdirSync(folder, { withFileTypes: true })) {
      const full = path.join(folder, item.name);
      if (item.isDirectory()) {
        if (!SKIPPED.has(path.relative(path.join(ROOT, 'src'), full).split(path.sep).join('/')))
          folders.push(full);
      } else if (/\.(ts|tsx|mjs|json|ya?ml)$/.test(item.name) && !/\.test\.tsx?$/.test(item.name)) {
        stamp(hash, full);
      }
    }
  }
  return hash.digest('hex').slice(0, 16);
}

function stamp(hash, file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (stat) hash.update(`${file}\0${stat.size}\0${stat.mtimeMs}\n`);
}

/** A bundle that another run is using is recent, so only old ones go. */
function forgetOldBundles() {
  const mine = fs
    .readdirSync(CACHE)
    .filter((folder) => folder.startsWith(`${name}-`) && !folder.startsWith('.'))
    .map((folder) => ({
      path: path.join(CACHE, folder),
      at: fs.statSync(path.join(CACHE, folder), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    }))
    .sort((a, b) => b.at - a.at);
  for (const old of mine.slice(KEEP_BUNDLES)) fs.rmSync(old.path, { recursive: true, force: true });
}

function entries() {
  return fs
    .readdirSync(path.join(ROOT, 'src/headless'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
}

function fail(code, message) {
  console.error(message);
  process.exit(code);
}
