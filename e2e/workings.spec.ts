/** How objects work: each example is applied, its object selected, and what is shown read. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import {
  apply,
  expectNothingAmiss,
  inspector,
  object,
  open,
  setPace,
  type Watched,
  watch,
} from './page.ts';

let watched: Watched;

test.beforeEach(async ({ page }) => {
  watched = watch(page);
  await open(page);
});

test.afterEach(() => expectNothingAmiss(watched));

/** Opens one of the ready examples and applies it. */
async function applyExample(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name, exact: false }).click();
  await expect(page.locator('.monaco-editor').first()).toBeVisible();
  await apply(page);
}

/** Selects an object by its name, wherever it is drawn, as soon as there is one. */
async function select(page: Page, words: string): Promise<void> {
  const find = page.getByRole('dialog', { name: 'Find' });
  await expect(async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await find.getByRole('combobox').fill(words);
    await find
      .getByRole('option', { name: new RegExp(`^${words}( |$)`) })
      .first()
      .click({ timeout: 1_000 });
  }).toPass();
  await expect(find).toBeHidden();
}

const view = (page: Page, name: string): Locator => inspector(page).getByRole('region', { name });

async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).include('#pane-inspector').analyze();
  const serious = violations
    .filter((v) => v.impact === 'serious' || v.impact === 'critical')
    .map((v) => `${v.id}: ${v.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
  expect(serious).toEqual([]);
}

test('a rolling update: two ReplicaSets trade Pods between their bounds', async ({ page }) => {
  await setPace(page, 'Max');
  await applyExample(page, 'Rolling update');
  await select(page, 'Deployment web');
  const rollout = view(page, 'Rollout');
  await expect(rollout).toContainText('All 10 Pods have the template');
  await setPace(page, '1×');
  await rollout.getByLabel('Image', { exact: true }).fill('nginx:1.28');
  await rollout.getByRole('button', { name: 'Set image' }).click();
  const sets = rollout.getByRole('list', { name: 'Revisions' }).getByRole('listitem');
  await expect(sets).toHaveCount(2);
  await expect(rollout).toContainText('at most 13 = 10 + 3');
  await expect(rollout).toContainText('at least 8 = 10 − 2');
  await expect(rollout).toContainText('No new Pod may be made: 13 of at most 13 are there.');
  await expect(rollout.getByRole('img')).toHaveAccessibleName(/of at most 13; \d+ available/);
  await expect(rollout).toContainText('minReadySeconds');
  await expectAccessible(page);
  await setPace(page, 'Max');
  await expect(rollout).toContainText('All 10 Pods have the template');
  await expect(sets.first()).toContainText('10 wanted, 10 ready, 10 available');
  await rollout.getByRole('button', { name: 'Undo' }).click();
  await expect(sets.first()).toContainText('nginx:1.27');
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText(
    'kubectl rollout undo deployment/web',
  );
});

test('the decision about a Pod: nodes in rows, plugins in columns', async ({ page }) => {
  await setPace(page, 'Max');
  await applyExample(page, 'Pods that keep apart');
  await expect(object(page, 'Node//node-3').locator('[data-object^="Pod/default/"]')).toHaveCount(
    1,
  );
  await page.getByRole('tab', { name: 'Scheduler' }).click();
  const pane = page.getByRole('tabpanel', { name: 'Scheduler' });
  const table = page.getByRole('table', { name: 'Scheduling decision' });
  await expect(table).toBeVisible();
  // The first Pod had a choice of three nodes; the last one had none.
  const chooser = pane.getByRole('combobox');
  const offered = await chooser.getByRole('option').count();
  await chooser.selectOption({ index: offered - 1 });
  for (const name of ['node-1', 'node-2', 'node-3']) {
    await expect(table.getByRole('rowheader', { name: new RegExp(name) })).toBeVisible();
  }
  await expect(table.getByRole('columnheader', { name: 'InterPodAffinity' }).first()).toBeVisible();
  await expect(table.getByRole('columnheader', { name: /NodeResourcesFit ×1/ })).toBeVisible();
  await expect(table).toContainText(/raw \d+, normalised [\d.]+ of 100, × weight \d+ = \d+/);
  // One Pod is too many: nobody takes it, and the table says who refused why.
  const waiting = page
    .getByRole('region', { name: 'Cluster' })
    .locator('[data-object^="Pod/default/apart"]')
    .filter({ hasText: '…' });
  await waiting.first().click();
  await expect(pane).toContainText("didn't match pod anti-affinity rules");
  await expect(pane.getByRole('status')).toContainText('Unschedulable');
  await pane.getByText('What would wake it').click();
  await expect(pane).toContainText('AssignedPodDelete');
});

test('a Pod that is worth more is promised a node, and others have to go', async ({ page }) => {
  await setPace(page, 'Max');
  await applyExample(page, 'A Pod that is worth more');
  await expect(
    page.getByRole('region', { name: 'Cluster' }).locator('[data-object^="Pod/default/filler"]'),
  ).toHaveCount(9);
  await select(page, 'Deployment urgent');
  await setPace(page, '1×');
  await page.getByRole('tab', { name: 'Scheduler' }).click();
  await inspector(page).getByLabel('Replicas').fill('1');
  await inspector(page).getByRole('button', { name: 'Scale' }).click();
  const pane = page.getByRole('tabpanel', { name: 'Scheduler' });
  // The Pods made in place of the evicted ones are tried later: theirs is the newest decision.
  const urgent = pane.getByRole('option', { name: /^urgent-/ });
  await expect(urgent).toHaveCount(1);
  await pane.getByRole('combobox').selectOption(await urgent.innerText());
  await expect(pane).toContainText('Promised to it: Node node-');
  await expect(pane).toContainText('Have to go for it: Pod filler-');
  await expect(
    page.getByRole('region', { name: 'Cluster' }).locator('[data-object^="Pod/default/urgent"]'),
  ).toContainText('Running');
});

test('an autoscaler follows the load, as a chart with its formula', async ({ page }) => {
  await setPace(page, '10×');
  await applyExample(page, 'Autoscaler under load');
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText(
    'horizontalpodautoscaler.autoscaling/php-apache created',
  );
  await select(page, 'HorizontalPodAutoscaler php-apache');
  const hpa = view(page, 'Autoscaling');
  await expect(hpa.getByRole('img', { name: /^cpu against its target/ })).toBeVisible();
  await expect(hpa).toContainText(/ceil\(\d+ × \d+% \/ 50%\) = \d+|within the tolerance/, {
    timeout: 90_000,
  });
  await expect(hpa).toContainText(/Replicas [2-6]/, { timeout: 90_000 });
  await hpa.getByText('As a table').click();
  await expect(hpa.getByRole('table').getByRole('row')).not.toHaveCount(1);
  await expectAccessible(page);
});

test("a StatefulSet's places fill in order; a partition holds one back", async ({ page }) => {
  await setPace(page, '1×');
  await applyExample(page, 'StatefulSet in order');
  await expect(object(page, 'Pod/default/db-0')).toBeVisible();
  await select(page, 'StatefulSet db');
  const order = view(page, 'Order');
  const places = order.getByRole('listitem').filter({ hasText: /db-\d/ });
  await expect(order).toContainText('the ones after it wait for it (OrderedReady)');
  await expect(places.nth(1)).toContainText('not there yet');
  await setPace(page, 'Max');
  await expect(order).toContainText('Every place is filled');
  await expect(places).toHaveCount(3);
  await expectAccessible(page);
});

test("a Job's indexes: a cell each, with what failed and why", async ({ page }) => {
  await setPace(page, '10×');
  await applyExample(page, 'Job with indexes');
  await select(page, 'Job pieces');
  const job = view(page, 'Completions');
  await expect(job).toContainText('10 of 12 done');
  const cells = job.getByRole('list', { name: 'Indexes' }).getByRole('listitem');
  await expect(cells).toHaveCount(12);
  await expect(job.getByRole('button', { name: /^3: failed/ })).toBeVisible();
  await expect(job.getByRole('button', { name: '7: failed, 2 failed before' })).toBeVisible();
  await expect(job).toContainText('podFailurePolicy 0: FailIndex onExitCodes work In [42]');
  await expect(job.getByText('Deleted (TTL)')).toBeVisible();
  await expectAccessible(page);
});

test('a CronJob tells when it runs next', async ({ page }) => {
  await setPace(page, '10×');
  await applyExample(page, 'CronJob every minute');
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText('tick created');
  await select(page, 'CronJob tick');
  const schedule = view(page, 'Schedule');
  const next = schedule.getByRole('list', { name: 'Next runs' }).getByRole('listitem');
  await expect(next).toHaveCount(5);
  await expect(next.first()).toContainText(/T\+\d+:00\.000 in /);
  await expect(schedule.getByRole('list', { name: 'Jobs' })).toContainText('Job tick-');
});

test('a budget refuses a drain, and lets it go on when there is room', async ({ page }) => {
  await setPace(page, 'Max');
  await applyExample(page, 'Budget against a drain');
  const pod = page
    .getByRole('region', { name: 'Cluster' })
    .locator('[data-object^="Pod/default/web"]');
  await expect(pod).toHaveCount(3);
  await expect(pod.first()).toContainText('Running');
  await select(page, 'PodDisruptionBudget web');
  const budget = view(page, 'Disruption budget');
  await expect(budget).toContainText('3 Pods are healthy and 3 have to be: none may be evicted.');
  await setPace(page, '1×');
  await select(page, 'Node node-1');
  const drain = view(page, 'Drain');
  await drain.getByRole('button', { name: 'Drain', exact: true }).click();
  await expect(drain).toContainText('Cordoned');
  await expect(drain).toContainText('refused (429)');
  await expect(drain).toContainText(/asked again in \d/);
  await expectAccessible(page);
  await select(page, 'PodDisruptionBudget web');
  await expect(budget.getByRole('list', { name: 'Evictions asked for' })).toContainText('429');
  await select(page, 'Deployment web');
  await inspector(page).getByLabel('Replicas').fill('6');
  await inspector(page).getByRole('button', { name: 'Scale' }).click();
  await setPace(page, 'Max');
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText(
    'node/node-1 drained',
  );
});

test('a claim finds its volume when its Pod is scheduled', async ({ page }) => {
  await setPace(page, 'Max');
  await applyExample(page, 'Claims finding volumes');
  await expect(object(page, 'Pod/default/keeper')).toContainText('Running');
  await select(page, 'PersistentVolumeClaim data');
  const chain = view(page, 'From claim to volume');
  await expect(chain).toContainText('Bound: the Pod can use the volume.');
  await expect(chain.getByRole('button', { name: 'large', exact: true })).toBeVisible();
  await expect(chain.getByRole('button', { name: 'keeper' })).toBeVisible();
  await expectAccessible(page);
  // The other one is made by a driver, and attached to the node of the Pod.
  await select(page, 'PersistentVolumeClaim scratch');
  await expect(chain).toContainText('Bound: the Pod can use the volume.');
  await expect(chain).toContainText('Provisioner csi.kubeglass.dev');
  await expect(chain.getByRole('listitem').filter({ hasText: 'Attachment' })).toContainText(
    'attached',
  );
});
