/** A reader writes a controller: starts it, sees what is wrong with it, mends it, and it works. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import type { RunFile } from '../src/port/protocol.ts';
import { expectNothingAmiss, object, open, playback, pods, setPace, watch } from './page.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLES = path.join(ROOT, 'src/examples');

const place = (page: Page): Locator => page.getByRole('region', { name: 'Own controllers' });
const log = (page: Page): Locator => place(page).getByRole('log', { name: 'Controller log' });

async function openPlace(page: Page, example: string): Promise<void> {
  await page.getByRole('button', { name: 'Controllers', exact: true }).click();
  await place(page).getByRole('button', { name: example }).click();
}

async function press(page: Page, name: string): Promise<void> {
  await place(page).getByRole('button', { name, exact: true }).click();
}

/** Replaces the source, as a person would who pastes another. */
async function write(page: Page, source: string): Promise<void> {
  const editor = place(page).locator('.monaco-editor').first();
  await expect(editor).toBeVisible();
  await editor.getByRole('textbox').first().focus();
  await page.keyboard.press('Control+a');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((text) => navigator.clipboard.writeText(text), source);
  await page.keyboard.press('Control+v');
}

const program = (body: string): string => `export default defineController({
  for: 'v1/ConfigMap',
  async reconcile(request, { client, log }) {
    ${body}
  },
});
`;

function sim(...args: string[]): { readonly stdout: string; readonly stderr: string } {
  return spawnSync(process.execPath, ['src/headless/run.mjs', 'sim', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

test('a program is written, refused, mended, fails, is replaced and works', async ({ page }) => {
  const watched = watch(page);
  await open(page);
  await setPace(page, 'Max');
  await openPlace(page, 'Empty: reacts to ConfigMaps');
  await press(page, 'Apply my-controller-rights.yaml');
  await write(page, 'const a = 1;\nexport default defineController({ for: });\n');
  await press(page, 'Start');
  const problems = place(page).getByRole('list', { name: 'Problems of the program' });
  await expect(problems).toContainText('line 2');
  await expect(place(page).getByRole('status').last()).toContainText('not started');

  await write(page, program('throw new Error(`no ${request.name}`);'));
  await press(page, 'Start');
  await expect(log(page)).toContainText('Error: no kube-root-ca.crt');
  await expect(problems).toHaveCount(0);
  await log(page).getByRole('button', { name: 'line 4' }).first().click();
  await expect(place(page).locator('.monaco-editor.focused')).toBeVisible();

  await write(page, program("log('seen', (await client.get('v1/ConfigMap', request))?.kind);"));
  await press(page, 'Replace');
  await expect(log(page)).toContainText('seen ConfigMap');
  const chip = page.getByRole('region', { name: 'Cluster' });
  await expect(chip.locator('[data-component="my-controller"]')).toHaveCount(1);
  await expect(place(page).getByRole('status').last()).toContainText('running');
  await expect(place(page).getByRole('status').last()).toContainText('It runs as it stands here.');

  await press(page, 'Stop');
  await expect(place(page).getByRole('status').last()).toContainText('stopped');
  await press(page, 'Start again');
  await expect(place(page).getByRole('status').last()).toContainText('running');
  await press(page, 'Remove');
  await expect(place(page).getByRole('status').last()).toContainText('not started');
  expectNothingAmiss(watched);
});

test('what is typed stands there, spaces too, and completion knows the client', async ({
  page,
}) => {
  await open(page);
  const manifest = page.getByRole('region', { name: 'Manifest editor' });
  await manifest.locator('.monaco-editor').first().click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# a b c');
  await expect(manifest.locator('.view-line').last()).toHaveText('# a b c');
  await openPlace(page, 'Empty: reacts to ConfigMaps');
  await write(page, '');
  await page.keyboard.type('async function of(client: Client) { await client.');
  const list = page.locator('.suggest-widget.visible');
  await expect(list).toContainText('updateStatus');
  await page.keyboard.press('Escape');
  await expect(place(page).locator('.view-line').first()).toHaveText(
    'async function of(client: Client) { await client.}',
  );
});

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing amiss there in the ${theme} theme`, async ({ page }) => {
    await open(page);
    await page.goto(`?lang=en&theme=${theme}`);
    await expect(object(page, 'Node//node-1')).toBeVisible();
    await openPlace(page, 'Empty: reacts to ConfigMaps');
    await write(page, 'const wrong = ;');
    await press(page, 'Start');
    await expect(place(page)).toContainText('line 1');
    await place(page).getByText('Help', { exact: true }).click();
    const axe = new AxeBuilder({ page }).include('.own').exclude('.monaco-editor');
    const { violations } = await axe.analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    // Escape leads from the editor to the buttons, and from there out.
    await place(page).locator('.monaco-editor').first().getByRole('textbox').first().focus();
    await page.keyboard.press('Escape');
    await expect(place(page).getByRole('button', { name: 'Start', exact: true })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(place(page)).toHaveCount(0);
  });
}

test('the example of a website makes what it says', async ({ page }) => {
  await open(page);
  await setPace(page, 'Max');
  await openPlace(page, 'Website: a Deployment and a Service');
  await press(page, 'Apply website-setup.yaml');
  await press(page, 'Start');
  await press(page, 'Apply website-sample.yaml');
  await expect(log(page)).toContainText('shop: 2 of 2 ready');
  await place(page).getByRole('button', { name: 'Close' }).click();
  await expect(place(page)).toHaveCount(0);
  await expect(pods(page)).toHaveCount(2);
  await expect(object(page, 'Deployment/default/shop')).toBeVisible();
});

test('a run with an own controller has the same hash in Node and in the Worker', async ({
  page,
}, info) => {
  const file = info.outputPath('run.json');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const made = sim(
    ...['--controller', path.join(EXAMPLES, 'pod-group/controller.ts')],
    ...['--file', path.join(EXAMPLES, 'pod-group/setup.yaml')],
    ...['--file', path.join(EXAMPLES, 'pod-group/sample.yaml')],
    ...['--nodes', '4', '--for', '60s', '--save', file],
  );
  expect(made.stderr).toBe('');
  const run = JSON.parse(fs.readFileSync(file, 'utf8')) as RunFile;
  await open(page);
  await page.locator('input[type=file]').first().setInputFiles(file);
  await expect(page.getByText('it was replayed to where it was saved')).toBeVisible();
  await expect(playback(page).locator('[data-hash]')).toHaveAttribute('data-hash', run.hash);
  await expect(pods(page)).toHaveCount(4);

  // And the other way round: what the page goes on to do is repeated by Node.
  await playback(page).getByRole('button', { name: 'Play', exact: true }).click();
  await openPlace(page, 'Website: a Deployment and a Service');
  await press(page, 'Apply website-setup.yaml');
  await press(page, 'Start');
  await press(page, 'Apply website-sample.yaml');
  await expect(log(page)).toContainText('shop: 2 of 2 ready');
  await place(page).getByRole('button', { name: 'Close' }).click();
  await playback(page).getByRole('button', { name: 'Pause' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save run' }).click();
  await (await saving).saveAs(file);
  const saved = JSON.parse(fs.readFileSync(file, 'utf8')) as RunFile;
  expect(sim('--run', file).stdout).toBe(`${saved.step} events, hash ${saved.hash}\n`);
});
