/** Finds a Chromium for the browser tests, or installs one where that is allowed. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** For machines without a GPU, and for runs as root; nothing of the browser's own calls home. */
export const BROWSER_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'chrome',
  'microsoft-edge',
];
const ELSEWHERE = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ...['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA']
    .map((name) => process.env[name])
    .filter(Boolean)
    .map((folder) => path.join(folder, 'Google/Chrome/Application/chrome.exe')),
];
const INSTALLERS = [
  {
    tool: 'apt-get',
    before: ['update'],
    install: ['install', '-y', '--no-install-recommends', 'chromium'],
  },
  { tool: 'apk', install: ['add', '--no-progress', 'chromium'] },
  { tool: 'dnf', install: ['install', '-y', 'chromium'] },
  { tool: 'pacman', install: ['-Sy', '--noconfirm', 'chromium'] },
];
const WHAT_TO_DO = `No Chromium or Chrome was found. One of these helps:
  - install Chromium or Chrome with the system's package manager
    (Debian and Ubuntu: sudo apt-get update && sudo apt-get install chromium)
  - npx playwright install --with-deps chromium
  - CHROMIUM=/path/to/chrome npm test`;

/** $CHROMIUM, an installed Chromium or Chrome, Playwright's own; null when there is none. */
export function findBrowser() {
  const chosen = process.env['CHROMIUM'];
  if (chosen) return chosen;
  for (const name of NAMES) {
    const file = onPath(name);
    if (file && works(file)) return file;
  }
  return ELSEWHERE.find((file) => fs.existsSync(file)) ?? playwrightsOwn();
}

/** As findBrowser, but installs one when there is none; throws with what to do when it cannot. */
export function ensureBrowser() {
  const found = findBrowser();
  if (found) {
    if (fs.existsSync(found)) return found;
    throw new Error(
      `CHROMIUM is ${found}, which does not exist. Set it to a Chromium or Chrome, or unset it.`,
    );
  }
  const sudo = asRoot();
  const installer = INSTALLERS.find(({ tool }) => onPath(tool));
  if (!installer || sudo === null) throw new Error(WHAT_TO_DO);

  console.log(`Installing Chromium with ${installer.tool} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = (args) => {
    const [file, ...rest] = [...sudo, installer.tool, ...args];
    return spawnSync(file, rest, { env, encoding: 'utf8' });
  };
  // One stale source among many fails the update and may not matter: only the install decides.
  if (installer.before) install(installer.before);
  const { status, stdout, stderr } = install(installer.install);
  if (status !== 0) {
    const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-5);
    const command = `${installer.tool} ${installer.install.join(' ')}`;
    throw new Error([`${command} failed:`, ...said, WHAT_TO_DO].join('\n'));
  }
  const installed = findBrowser();
  if (!installed) throw new Error(WHAT_TO_DO);
  return installed;
}

function onPath(name) {
  return (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .filter(Boolean)
    .flatMap((folder) => [path.join(folder, name), path.join(folder, `${name}.exe`)])
    .find((file) => fs.existsSync(file));
}

/** Some systems ship a `chromium-browser` that only says how to install the real one. */
function works(file) {
  return (
    process.platform === 'win32' || spawnSync(file, ['--version'], { timeout: 20_000 }).status === 0
  );
}

function playwrightsOwn() {
  try {
    const own = createRequire(import.meta.url)('playwright-core').chromium.executablePath();
    return own && fs.existsSync(own) ? own : null;
  } catch {
    return null;
  }
}

/** How to run something as root: [], ['sudo', …], or null when that is not ours to do. */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  if (process.env['CI'] && onPath('sudo') && spawnSync('sudo', ['-n', 'true']).status === 0)
    return ['sudo', '-n'];
  return null;
}
