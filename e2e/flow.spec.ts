/** The main job: a Deployment typed in the editor becomes running containers, and one sees why. */
import { expect, test } from '@playwright/test';
import {
  apply,
  applyToTheEnd,
  expectNothingAmiss,
  expectStepsDone,
  inspector,
  manifest,
  object,
  open,
  playback,
  pods,
  setPace,
  steps,
  type,
  type Watched,
  watch,
} from './page.ts';

let watched: Watched;

test.beforeEach(async ({ page }) => {
  watched = watch(page);
  await open(page);
});

test.afterEach(() => expectNothingAmiss(watched));

test('Apply makes the ten steps happen and the containers run', async ({ page }) => {
  await expect(steps(page)).toHaveCount(10);
  await expect(steps(page).first()).toHaveAttribute('data-state', 'todo');
  await applyToTheEnd(page);
  await expect(pods(page)).toHaveCount(3);
  for (const pod of await pods(page).all()) await expect(pod).toContainText('Running');
  await expect(page.getByRole('log', { name: 'What happened' })).toContainText(
    'kubectl asked kube-apiserver to create Deployment web: 201',
  );
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText(
    'deployment.apps/web created',
  );
});

test('the current step is said while the flow is under way', async ({ page }) => {
  await playback(page).getByRole('button', { name: 'Pause' }).click();
  await apply(page);
  await playback(page).getByRole('button', { name: 'Step', exact: true }).click();
  await playback(page).getByRole('button', { name: 'Step', exact: true }).click();
  const current = page.locator('[aria-current="step"]');
  await expect(current).toHaveCount(1);
  await expect(current).toHaveAttribute('data-state', 'current');
});

test('one can stop, step, go back to step 5 and forward again', async ({ page }) => {
  await applyToTheEnd(page);
  const bar = playback(page);
  await bar.getByRole('button', { name: 'Pause' }).click();
  await expect(bar.getByRole('button', { name: 'Play' })).toBeVisible();

  await steps(page).nth(4).getByRole('button').click();
  await expect(page.getByText('You are looking at the past')).toBeVisible();
  await expect(steps(page).nth(9)).toHaveAttribute('data-state', 'todo');
  // The Pods that exist by then stand on no node yet.
  const pod = pods(page).first();
  await expect(pod).toBeVisible();
  await expect(object(page, 'Node//node-1').locator('[data-object^="Pod/"]')).toHaveCount(0);
  await pod.click();
  await expect(inspector(page).locator('.fact', { hasText: 'Node' })).toContainText('none');

  await bar.getByRole('button', { name: 'Step', exact: true }).click();
  await expect(steps(page).nth(4)).not.toHaveAttribute('data-state', 'todo');
  await bar.getByRole('button', { name: 'Step back' }).click();
  await bar.getByRole('button', { name: 'Back to now' }).click();
  await expect(page.getByText('You are looking at the past')).toBeHidden();
  await expectStepsDone(page);
  await expect(inspector(page).locator('.fact', { hasText: 'Node' })).toContainText('Node node-');
});

test('the timeline goes to the start and back', async ({ page }) => {
  await applyToTheEnd(page);
  const slider = playback(page).getByRole('slider', { name: 'Timeline' });
  await slider.focus();
  await page.keyboard.press('Home');
  await expect(page.getByText('You are looking at the past')).toBeVisible();
  await expect(pods(page)).toHaveCount(0);
  await page.keyboard.press('End');
  await expect(page.getByText('You are looking at the past')).toBeHidden();
  await expect(pods(page)).toHaveCount(3);
});

test('the why-chain of a container leads back to the Apply', async ({ page }) => {
  await applyToTheEnd(page);
  await playback(page).getByRole('button', { name: 'Pause' }).click();
  await pods(page).first().click();
  await inspector(page).getByRole('button', { name: 'nginx', exact: true }).click();
  const why = page.getByRole('region', { name: 'Why is this happening?' });
  const links = why.getByRole('listitem');
  await expect(links.first()).toContainText('You: apply');
  await expect(links.filter({ hasText: 'create ReplicaSet' })).not.toHaveCount(0);
  await expect(links.filter({ hasText: 'create Pod' })).not.toHaveCount(0);
  await expect(links.last()).toContainText('nginx');
});

test('a change in YAML is carried out: five replicas', async ({ page }) => {
  await setPace(page, 'Max');
  await type(page, manifest('3'));
  await apply(page);
  await expectStepsDone(page);
  await type(page, manifest('5'));
  await apply(page);
  await expect(pods(page)).toHaveCount(5);
  await expectStepsDone(page);
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText(
    'deployment.apps/web configured',
  );
});

test('an object can be edited as a file', async ({ page }) => {
  await applyToTheEnd(page);
  await object(page, 'Deployment/default/web').click();
  await inspector(page).getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('region', { name: 'Manifest editor' });
  await expect(editor.getByRole('tab', { name: /deployment-web\.yaml/ })).toBeVisible();
  await apply(page);
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText(
    'kubectl apply -f deployment-web.yaml',
  );
});

test('a Pod that is deleted is replaced; scaling works from the inspector', async ({ page }) => {
  await applyToTheEnd(page);
  const first = pods(page).first();
  const ref = (await first.getAttribute('data-object')) ?? '';
  await first.click();
  await inspector(page).getByRole('button', { name: 'Delete' }).click();
  await expect(object(page, ref)).toHaveCount(0);
  await expect(pods(page)).toHaveCount(3);
  await expect(inspector(page).getByText('This object has been deleted')).toBeVisible();

  await object(page, 'Deployment/default/web').click();
  await inspector(page).getByRole('spinbutton', { name: 'Replicas' }).fill('1');
  await inspector(page).getByRole('button', { name: 'Scale' }).click();
  await expect(pods(page)).toHaveCount(1);
});

test('a stopped scheduler leaves Pods pending; the decision table tells why one was placed', async ({
  page,
}) => {
  await setPace(page, 'Max');
  await page.locator('[data-component="kube-scheduler"]').first().click();
  await inspector(page).getByRole('button', { name: 'Stop' }).click();
  await expect(inspector(page).getByText('stopped', { exact: true })).toBeVisible();
  await apply(page);
  await expect(steps(page).nth(4)).toHaveAttribute('data-state', 'done');
  await expect(steps(page).nth(6)).not.toHaveAttribute('data-state', 'done');
  await inspector(page).getByRole('button', { name: 'Start' }).click();
  for (const pod of await pods(page).all()) await expect(pod).toContainText('Running');
  await page
    .getByRole('tablist', { name: 'Activity' })
    .getByRole('tab', { name: 'Scheduler' })
    .click();
  const table = page.getByRole('table', { name: 'Scheduling decision' });
  await expect(table.getByRole('rowheader')).toHaveCount(4);
  await expect(table.getByRole('row', { name: /cp-1/ })).toContainText('untolerated taint');
  await expect(table).toContainText('NodeResourcesFit');
});

test('a node can be added, stopped and removed', async ({ page }) => {
  await setPace(page, 'Max');
  await inspector(page).locator('summary', { hasText: 'Add node' }).click();
  await inspector(page).getByLabel('CPU', { exact: true }).fill('2');
  await inspector(page).getByLabel('Zone').fill('zone-b');
  await inspector(page).getByRole('button', { name: 'Add node' }).click();
  await expect(object(page, 'Node//node-4')).toBeVisible();
  await object(page, 'Node//node-4')
    .first()
    .click({ position: { x: 20, y: 12 } });
  await inspector(page).getByRole('button', { name: 'Stop node' }).click();
  await expect(inspector(page).getByRole('button', { name: 'Start node' })).toBeVisible();
  await expect(inspector(page).getByText('NotReady').first()).toBeVisible();
  await inspector(page).getByRole('button', { name: 'Remove node' }).click();
  await expect(object(page, 'Node//node-4')).toHaveCount(0);
});
