/** npm start: installs what is missing, builds the site and serves it on loopback. PORT changes the port. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT, installMissing, toolArgs } from './setup.mjs';
import { serveFolder } from './static-server.mjs';

const DEFAULT_PORT = 4173;

const port = process.env['PORT'] ? Number(process.env['PORT']) : DEFAULT_PORT;
if (!Number.isInteger(port) || port < 1 || port > 65_535) {
  console.error(`PORT is "${process.env['PORT']}"; it has to be a number from 1 to 65535.`);
  process.exit(2);
}

installMissing();
const build = spawnSync(process.execPath, toolArgs('vite', ['build', '--logLevel', 'warn']), {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
});
if (build.status !== 0) {
  console.error('The build failed: see above.');
  process.exit(1);
}

try {
  await serveFolder(path.join(ROOT, 'dist'), port);
} catch (error) {
  const taken = error.code === 'EADDRINUSE';
  console.error(
    taken
      ? `Port ${port} is in use. Choose another: PORT=${port + 1} npm start`
      : `Cannot serve on port ${port}: ${error.message}`,
  );
  process.exit(1);
}
console.log(`Kubeglass is at http://127.0.0.1:${port}/ (Ctrl+C stops it)`);
