/**
 * Serves a folder over plain HTTP on loopback, under any path: the built site, for people (npm start)
 * and for the browser tests.
 *
 * usage: node src/testing/tools/static-server.mjs FOLDER PORT [BASE]
 */
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
  '.yaml': 'application/yaml; charset=utf-8',
};

/** Resolves with the server once it listens; rejects when the port is taken. */
export function serveFolder(folder, port, base = '/') {
  const server = http.createServer((request, response) => {
    const file = fileFor(folder, base, request.url ?? '/');
    if (file === null) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('Not found\n');
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream',
      'content-length': fs.statSync(file).size,
      // Names of built files carry a hash of their content; the rest may change with the next build.
      'cache-control': /[/\\]assets[/\\]/.test(file) ? 'max-age=31536000, immutable' : 'no-cache',
    });
    if (request.method === 'HEAD') response.end();
    else fs.createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

/** The file behind a URL, or null. Nothing outside the folder is ever answered. */
function fileFor(folder, base, url) {
  let pathname;
  try {
    pathname = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return null;
  }
  if (!pathname.startsWith(base)) return null;
  const file = path.join(folder, path.normalize(`/${pathname.slice(base.length)}`));
  for (const candidate of [file, path.join(file, 'index.html')]) {
    if (fs.statSync(candidate, { throwIfNoEntry: false })?.isFile()) return candidate;
  }
  return null;
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [folder, port, base] = process.argv.slice(2);
  await serveFolder(path.resolve(folder), Number(port), base);
  console.log(`http://127.0.0.1:${port}${base ?? '/'}`);
}
