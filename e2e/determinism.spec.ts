/** One seed and one list of commands give one run: in Node and in the browser's Worker, both ways. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, type Page, test } from '@playwright/test';
import { apply, manifest, object, open, playback, pods, setPace, type } from './page.ts';

const RUNNER = fileURLToPath(new URL('../src/headless/run.mjs', import.meta.url));

interface RunFile {
  readonly step: number;
  readonly hash: string;
  readonly version: number;
}

function sim(...args: readonly string[]): {
  stdout: string;
  stderr: string;
  status: number | null;
} {
  return spawnSync(process.execPath, [RUNNER, 'sim', ...args], { encoding: 'utf8' });
}

async function openRun(page: Page, file: string): Promise<void> {
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open run' }).click();
  await (await choosing).setFiles(file);
}

async function saveRun(page: Page, file: string): Promise<RunFile> {
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save run' }).click();
  await (await saving).saveAs(file);
  return JSON.parse(fs.readFileSync(file, 'utf8')) as RunFile;
}

const hashOf = (page: Page) => playback(page).locator('[data-hash]');

test('a run of more than 10,000 events made in Node has the same hash in the Worker', async ({
  page,
}, info) => {
  const yaml = info.outputPath('web.yaml');
  const file = info.outputPath('run.json');
  fs.mkdirSync(path.dirname(yaml), { recursive: true });
  fs.writeFileSync(yaml, manifest('90'));
  const made = sim('--file', yaml, '--for', '300s', '--save', file);
  expect(made.stderr).toBe('');
  const run = JSON.parse(fs.readFileSync(file, 'utf8')) as RunFile;
  expect(run.step).toBeGreaterThan(10_000);

  await open(page);
  await openRun(page, file);
  await expect(page.getByText('it was replayed to where it was saved')).toBeVisible();
  await expect(hashOf(page)).toHaveAttribute('data-hash', run.hash);
  await expect(object(page, 'Deployment/default/web')).toBeVisible();
});

test('a run made on the page has the same hash in Node', async ({ page }, info) => {
  await open(page);
  await setPace(page, 'Max');
  await type(page, manifest('3'));
  await apply(page);
  await expect(pods(page)).toHaveCount(3);
  await type(page, manifest('5'));
  await apply(page);
  await expect(pods(page)).toHaveCount(5);
  await playback(page).getByRole('button', { name: 'Pause' }).click();
  const file = info.outputPath('run.json');
  const run = await saveRun(page, file);
  await expect(hashOf(page)).toHaveAttribute('data-hash', run.hash);
  const again = sim('--run', file);
  expect(again).toMatchObject({
    stdout: `${run.step} events, hash ${run.hash}\n`,
    stderr: '',
    status: 0,
  });
});

test('a file that is no run, or of another version, is refused with words', async ({
  page,
}, info) => {
  await open(page);
  const file = info.outputPath('run.json');
  const run = await saveRun(page, file);
  const other = info.outputPath('other.json');
  fs.writeFileSync(other, '{"format":"har"}');
  await openRun(page, other);
  await expect(page.getByText('is not a saved run of Kubeglass')).toBeVisible();
  fs.writeFileSync(other, JSON.stringify({ ...run, version: 2 }));
  await openRun(page, other);
  await expect(page.getByText('saved in version 2 of the format')).toBeVisible();
  // The cluster that was open is still there.
  await expect(object(page, 'Node//node-1')).toBeVisible();
});
