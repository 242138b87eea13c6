import { defineConfig } from '@playwright/test';
import { BROWSER_ARGS, findBrowser } from '../src/testing/tools/browser.mjs';

/** The built site (dist/), served under a sub-path as a project's page would be. */
const PORT = Number(process.env['E2E_PORT'] ?? 4179);
const BASE = '/kubeglass/';
const executablePath = findBrowser();

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  forbidOnly: Boolean(process.env['CI']),
  retries: 0,
  // One page with its Worker fills the two cores of a small machine.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list'], ...(process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ? [['json'] as const] : [])],
  use: {
    baseURL: `http://127.0.0.1:${PORT}${BASE}`,
    viewport: { width: 1366, height: 768 },
    locale: 'en-US',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
    launchOptions: { args: [...BROWSER_ARGS], ...(executablePath ? { executablePath } : {}) },
  },
  webServer: {
    command: `node ../src/testing/tools/static-server.mjs ../dist ${PORT} ${BASE}`,
    url: `http://127.0.0.1:${PORT}${BASE}`,
    reuseExistingServer: false,
  },
});
