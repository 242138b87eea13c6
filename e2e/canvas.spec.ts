/** The picture of the cluster: what is drawn where, how one moves in it, and what it costs. */
import { expect, type Locator, type Page, test } from '@playwright/test';
import { measureFrameCost } from './frame-cost.ts';
import {
  apply,
  applyToTheEnd,
  expectNothingAmiss,
  inspector,
  manifest,
  object,
  open,
  playback,
  pods,
  setPace,
  type,
  type Watched,
  watch,
} from './page.ts';

let watched: Watched;

test.beforeEach(({ page }) => {
  watched = watch(page);
});

test.afterEach(() => expectNothingAmiss(watched));

const cluster = (page: Page): Locator => page.getByRole('region', { name: 'Cluster' });
const component = (page: Page, name: string): Locator =>
  cluster(page).locator(`[data-component="${name}"]`);

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

async function area(what: Locator): Promise<Area> {
  const box = await what.boundingBox();
  if (box === null) throw new Error('It is not drawn.');
  return box;
}

const within = (inner: Area, outer: Area): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width + 1 &&
  inner.y + inner.height <= outer.y + outer.height + 1;

/** Pixels of the token layer that are painted. */
function paintedPixels(page: Page): Promise<number> {
  return page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.kg-tokens');
    if (canvas === null || canvas.width === 0) return 0;
    const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
    let count = 0;
    for (let i = 3; data !== undefined && i < data.length; i += 4) if (data[i] !== 0) count++;
    return count;
  });
}

for (const [width, height] of [
  [1_366, 768],
  [1_920, 1_080],
] as const) {
  test(`at ${width}×${height} everything is in view and in its place`, async ({ page }) => {
    await page.setViewportSize({ width, height });
    await open(page);
    await applyToTheEnd(page);
    const whole = await area(cluster(page));
    const server = await area(component(page, 'kube-apiserver'));
    for (const name of ['etcd', 'kube-controller-manager', 'kube-scheduler']) {
      const box = await area(component(page, name));
      expect(within(box, whole), name).toBe(true);
      expect(box.y + box.height, `${name} is above the API server`).toBeLessThan(server.y);
    }
    const kubectl = await area(component(page, 'kubectl'));
    expect(kubectl.x + kubectl.width).toBeLessThan(server.x);
    for (const name of ['node-1', 'node-2', 'node-3']) {
      const machine = object(page, `Node//${name}`);
      const box = await area(machine);
      expect(within(box, whole), name).toBe(true);
      expect(box.y, `${name} is below the API server`).toBeGreaterThan(server.y + server.height);
      await expect(component(page, `kubelet/${name}`)).toBeVisible();
      await expect(component(page, `containerd/${name}`)).toBeVisible();
      for (const pod of await machine.locator('[data-object^="Pod/"]').all()) {
        expect(within(await area(pod), box), 'a Pod lies in its machine').toBe(true);
      }
    }
    await expect(component(page, 'deployment-controller')).toBeVisible();
    await expect(object(page, 'Deployment/default/web')).toContainText('3/3');
    await expect(pods(page)).toHaveCount(3);
  });
}

test('a token moves within a second of Apply; at rest nothing is painted', async ({ page }) => {
  await open(page);
  await expect.poll(() => paintedPixels(page)).toBe(0);
  await setPace(page, 'Story');
  await apply(page);
  await expect
    .poll(() => paintedPixels(page), { timeout: 1_500, intervals: [50] })
    .toBeGreaterThan(50);
  await setPace(page, 'Max');
  await expect(object(page, 'Deployment/default/web')).toContainText('3/3');
  await setPace(page, '1×');
  await expect.poll(() => paintedPixels(page)).toBe(0);
});

test('without motion the wires say what they carry', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page);
  await apply(page);
  await expect
    .poll(() => paintedPixels(page), { timeout: 3_000, intervals: [50] })
    .toBeGreaterThan(50);
});

test('a click or the keyboard opens what is drawn in the inspector', async ({ page }) => {
  await open(page);
  await applyToTheEnd(page);
  await pods(page).first().click();
  await expect(inspector(page).getByText('Pod · default')).toBeVisible();

  await cluster(page).focus();
  await page.keyboard.press('Enter');
  const focused = page.locator('[data-entry]:focus');
  await expect(focused).toHaveCount(1);
  await cluster(page).focus();
  await component(page, 'kube-apiserver').getByRole('button').focus();
  await page.keyboard.press('ArrowDown');
  await expect(
    inspector(page)
      .getByRole('heading', { name: /node-\d/ })
      .first(),
  ).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(cluster(page)).toBeFocused();
  await expect(inspector(page).getByText('Nothing is selected')).toBeVisible();
});

test('after a click the arrow keys still step through time', async ({ page }) => {
  await open(page);
  await applyToTheEnd(page);
  await playback(page).getByRole('button', { name: 'Pause' }).click();
  await object(page, 'Node//node-1').click({ position: { x: 12, y: 100 } });
  await page.keyboard.press('ArrowLeft');
  await expect(page.getByText('You are looking at the past')).toBeVisible();
});

test('the picture is zoomed, moved, and shown as a whole again', async ({ page }) => {
  await open(page);
  const before = await area(component(page, 'etcd'));
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await expect
    .poll(async () => (await area(component(page, 'etcd'))).width)
    .toBeGreaterThan(before.width);
  await page.getByRole('button', { name: 'Show everything' }).click();
  await expect.poll(async () => (await area(component(page, 'etcd'))).width).toBe(before.width);
});

test('a click does not stop the picture from being shown as a whole when it grows', async ({
  page,
}) => {
  await open(page);
  await applyToTheEnd(page);
  await pods(page).first().click();
  for (let i = 4; i <= 6; i++) {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    const form = inspector(page).locator('details', { hasText: 'Add node' });
    if (!(await form.evaluate((e) => (e as HTMLDetailsElement).open))) {
      await form.locator('summary').click();
    }
    await form.getByRole('button', { name: 'Add node' }).click();
    await expect(object(page, `Node//node-${i}`)).toBeVisible();
  }
  const room = await area(cluster(page));
  const last = await area(object(page, 'Node//node-6'));
  expect(last.x + last.width).toBeLessThanOrEqual(room.x + room.width);
  expect(last.y + last.height).toBeLessThanOrEqual(room.y + room.height);
});

test('a hundred Pods are squares, each of which can still be opened', async ({ page }) => {
  await open(page);
  await type(page, manifest('100'));
  await setPace(page, 'Max');
  await apply(page);
  await expect(object(page, 'Deployment/default/web')).toContainText('100/100');
  await expect(pods(page)).toHaveCount(100);
  const whole = await area(cluster(page));
  for (const name of ['node-1', 'node-2', 'node-3']) {
    expect(within(await area(object(page, `Node//${name}`)), whole)).toBe(true);
  }
  await pods(page).nth(42).click();
  await expect(inspector(page).getByText('Pod · default')).toBeVisible();
});

test('200 machines are one grid; arrow keys go from machine to machine', async ({ page }) => {
  await open(page);
  const nodes = Array.from({ length: 200 }, (_, i) => ({
    name: `node-${i + 1}`,
    cpu: '4',
    memory: '8Gi',
    pods: 110,
    zone: '',
  }));
  const config = { seed: 1, epoch: '2026-01-01T00:00:00Z', nodes, stopped: [] };
  const run = {
    format: 'kubeglass-run',
    version: 1,
    config,
    commands: [],
    at: 0,
    step: 0,
    hash: '',
  };
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open run' }).click();
  await (await choosing).setFiles({
    name: 'run.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(run)),
  });
  const fleet = page.getByRole('button', { name: /^200 nodes/ });
  await expect(fleet).toBeVisible();
  expect(await page.locator('.react-flow__node').count()).toBeLessThan(300);
  await fleet.focus();
  await page.keyboard.press('ArrowRight');
  await expect(inspector(page).getByRole('heading', { name: 'node-2' }).first()).toBeVisible();
});

test('a frame of the flow of ten replicas costs at most 8 ms of CPU', async ({ page }) => {
  await open(page);
  await type(page, manifest('10'));
  await setPace(page, 'Story');
  await apply(page);
  const cost = await measureFrameCost(page, 6_000);
  test.info().annotations.push({ type: 'frame', description: JSON.stringify(cost) });
  expect(cost.frames).toBeGreaterThan(20);
  expect(cost.medianMs).toBeLessThanOrEqual(8);
});
