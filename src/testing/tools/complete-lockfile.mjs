/**
 * Adds to package-lock.json the binaries for other platforms that npm left out, because the registry in
 * use does not hold them: `npm ci` refuses a lockfile without them, even where it would skip them. Run
 * it after `npm install` on such a machine; elsewhere npm writes them itself and this changes nothing.
 *
 * usage: node src/testing/tools/complete-lockfile.mjs
 */
import fs from 'node:fs';
import path from 'node:path';
import { ROOT } from './setup.mjs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

const file = path.join(ROOT, 'package-lock.json');
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
const added = [];
for (const [folder, manifest] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(manifest.optionalDependencies ?? {})) {
    if (isLocked(folder, name) || !/^\d/.test(version)) continue;
    lock.packages[`node_modules/${name}`] = entry(name, version, manifest);
    added.push(name);
  }
}
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
);
fs.writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} added${added.length > 0 ? `: ${added.join(', ')}` : ''}`);

/** Packages are looked for beside their user, then further up, as Node does. */
function isLocked(folder, name) {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules') - 1))) {
    if (lock.packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}

/** The names tell the platform: @scope/binding-linux-x64-musl. */
function entry(name, version, { dev, license, engines }) {
  const words = name.slice(name.lastIndexOf('/') + 1).split('-');
  const system = words.filter((word) => SYSTEMS.includes(word));
  const processor = words.filter((word) => PROCESSORS.includes(word));
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : [];
  return {
    version,
    ...(processor.length > 0 && { cpu: processor }),
    ...(dev && { dev }),
    ...(libc.length > 0 && system.includes('linux') && { libc }),
    ...(license && { license }),
    optional: true,
    ...(system.length > 0 && { os: system }),
    ...(engines && { engines }),
  };
}
