/**
 * Weighs the built page: what the main thread loads before anything is opened, and what the engine's
 * Worker loads, as gzip would send them.
 *
 * usage: node src/testing/tools/size.mjs        exit 1 when one of them is over its limit
 */
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { ROOT } from './setup.mjs';

const PAGE_LIMIT_KB = 170;
// All kinds with their validation, CEL, signatures, YAML, a shell, the programs of a hundred images, forty
// controllers, the scheduler with its plugins, the rules of time zones, a pretend cloud and its disks:
// the Worker is one file, because the engine is synchronous and may need any of it at the next command.
// The page does not wait for it.
const WORKER_LIMIT_KB = 930;

const dist = path.join(ROOT, 'dist');
const html = fs.readFileSync(path.join(dist, 'index.html'), 'utf8');
const pageFiles = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map((m) => m[1]);
const workerFiles = fs
  .readdirSync(path.join(dist, 'assets'))
  .filter((file) => file.startsWith('engine.worker-'))
  .map((file) => `assets/${file}`);

const page = gzippedKb(pageFiles);
const worker = gzippedKb(workerFiles);
console.log(`page ${page} of ${PAGE_LIMIT_KB} kB, worker ${worker} of ${WORKER_LIMIT_KB} kB`);
process.exit(page > PAGE_LIMIT_KB || worker > WORKER_LIMIT_KB || worker === 0 ? 1 : 0);

/** With everything they import at once; what they load later does not count. */
function gzippedKb(entries) {
  const files = new Set(entries);
  let bytes = 0;
  for (const file of files) {
    const text = fs.readFileSync(path.join(dist, file));
    bytes += zlib.gzipSync(text, { level: 9 }).length;
    for (const [, name] of text
      .toString()
      .matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)) {
      files.add(`assets/${name}`);
    }
  }
  return Math.round(bytes / 100) / 10;
}
