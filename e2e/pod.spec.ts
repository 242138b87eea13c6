/** A Pod opened: its containers in order, what breaks it, what it waits for, a shell inside. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import {
  apply,
  expectNothingAmiss,
  inspector,
  object,
  open,
  setPace,
  type,
  type Watched,
  watch,
} from './page.ts';

const STORY = `apiVersion: v1
kind: Pod
metadata:
  name: story
spec:
  initContainers:
    - name: first
      image: busybox:1.36
      command: [sh, -c, "echo one; sleep 2"]
    - name: second
      image: busybox:1.36
      command: [sh, -c, "echo two; sleep 1"]
  containers:
    - name: main
      image: busybox:1.36
      command: [sh, -c, "echo hello from main; sleep 100000"]
      readinessProbe:
        exec: { command: [ls, /tmp] }
`;

let watched: Watched;

test.beforeEach(async ({ page }) => {
  watched = watch(page);
  await open(page);
});

test.afterEach(() => expectNothingAmiss(watched));

/** Applies the Pod and looks into it. */
async function openStory(page: Page): Promise<Locator> {
  await type(page, STORY);
  await setPace(page, '10×');
  await apply(page);
  await object(page, 'Pod/default/story').click();
  await inspector(page).getByRole('button', { name: 'Look inside' }).click();
  return page.getByRole('region', { name: 'Inside Pod story' });
}

function runs(pane: Locator, container: string): Locator {
  return pane.locator(`[data-lane="${container}"] [data-kind="run"]`);
}

/** Where on the time line a piece begins and ends. */
async function extent(piece: Locator): Promise<{ from: number; to: number }> {
  const box = await piece.boundingBox();
  if (box === null) throw new Error('the piece is not drawn');
  return { from: box.x, to: box.x + box.width };
}

async function breakWith(pane: Locator, name: string): Promise<void> {
  await pane.getByRole('button', { name: 'Break something' }).click();
  await pane.getByRole('menuitem', { name }).click();
}

test('init containers finish in order, a container that is killed waits in its back-off', async ({
  page,
}) => {
  const pane = await openStory(page);
  await expect(runs(pane, 'main')).toHaveCount(1);
  await expect(runs(pane, 'first')).toHaveText('exit 0');
  await expect(runs(pane, 'second')).toHaveText('exit 0');
  const first = await extent(runs(pane, 'first'));
  const second = await extent(runs(pane, 'second'));
  const main = await extent(runs(pane, 'main'));
  expect(second.from).toBeGreaterThan(first.to);
  expect(main.from).toBeGreaterThan(second.to);

  await pane.getByRole('tab', { name: 'What happened' }).click();
  const story = pane.getByRole('list', { name: 'What happened in this Pod' });
  await expect(story.locator('[data-what="completed"]')).toHaveText([/first/, /second/]);

  await breakWith(pane, 'Kill container main');
  await expect(runs(pane, 'main')).toHaveCount(2);
  await expect(story).toContainText('main ended with exit code 137');
  // Slowly from here on: ten seconds of back-off are there to be looked at.
  await setPace(page, '1×');
  await breakWith(pane, 'Kill container main');
  const wait = pane.locator('[data-wait="crash"][data-container="main"]');
  await expect(wait).toContainText('CrashLoopBackOff');
  await expect(wait.getByRole('timer')).toHaveText(/^\d+(\.\d)? s$/);
  await pane.getByRole('tab', { name: 'State machines' }).click();
  await pane.getByRole('button', { name: 'main crashBackOff' }).click();
  await expect(pane.locator('.machine [aria-current]')).toHaveText('crashBackOff');
  await setPace(page, '10×');
  await expect(runs(pane, 'main')).toHaveCount(3);
  await expect(pane.locator('.machine [aria-current]')).toHaveText('running');
});

test('a shell in a container answers, and goes on while another view is shown', async ({
  page,
}) => {
  const pane = await openStory(page);
  await expect(runs(pane, 'main')).toHaveCount(1);
  await pane.getByRole('tab', { name: 'Terminal' }).click();
  await pane.getByRole('button', { name: 'Open a shell' }).click();
  const screen = pane.locator('.xterm-screen');
  await expect(screen).toContainText('/ #');
  await page.keyboard.type('echo $((6 * 7)) > /tmp/answer\n');
  await expect(screen).toContainText('> /tmp/answer');
  await pane.getByRole('tab', { name: 'Files' }).click();
  await pane.getByRole('textbox', { name: 'Path' }).fill('/tmp');
  await pane.getByRole('textbox', { name: 'Path' }).press('Enter');
  await pane.getByRole('button', { name: 'answer' }).click();
  await expect(pane.getByLabel('/tmp/answer')).toHaveText('42\n');

  await pane.getByRole('tab', { name: 'Terminal' }).click();
  await expect(screen).toContainText('> /tmp/answer');
  await page.keyboard.type('exit 5\n');
  await expect(pane.getByRole('status').filter({ hasText: 'exit 5' })).toBeVisible();
});

test('probes tick, logs can be searched, keys move along the time line', async ({ page }) => {
  const pane = await openStory(page);
  await expect(runs(pane, 'main')).toHaveCount(1);
  await pane.getByRole('tab', { name: 'Probes' }).click();
  const probe = pane.getByRole('row', { name: /main readiness/ });
  await expect(probe).toContainText('exec ls /tmp');
  await expect(probe).toContainText('success');
  await expect(pane.locator('[data-lane="main"] .pod-tick[data-ok="true"]').first()).toBeAttached();

  await pane.getByRole('tab', { name: 'Logs' }).click();
  await expect(pane.getByRole('log')).toContainText('hello from main');
  await pane.getByRole('combobox', { name: 'Container' }).selectOption('first');
  await expect(pane.getByRole('log')).toContainText('one');
  await pane.getByRole('searchbox').fill('nothing like it');
  await expect(pane.getByText('0 of 1 lines')).toBeVisible();

  await runs(pane, 'first').focus();
  await page.keyboard.press('ArrowDown');
  await expect(pane.locator('[data-lane="second"] :focus')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(pane).toBeHidden();
  await expect(object(page, 'Pod/default/story')).toBeVisible();
});

for (const theme of ['light', 'dark'] as const) {
  test(`has nothing that axe objects to, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    if (theme === 'dark') {
      await page.goto('?lang=en&theme=dark');
      await expect(object(page, 'Node//node-1')).toBeVisible();
    }
    const pane = await openStory(page);
    await expect(runs(pane, 'main')).toHaveCount(1);
    for (const view of ['What happened', 'Probes', 'Logs', 'Files', 'Terminal', 'State machines']) {
      await pane.getByRole('tab', { name: view }).click();
      if (view === 'Terminal') await pane.getByRole('button', { name: 'Open a shell' }).click();
      await expect(pane.getByRole('tabpanel')).not.toContainText('Loading…');
      const { violations } = await new AxeBuilder({ page }).include('#pane-pod').analyze();
      expect(violations.map((v) => `${view}: ${v.id} ${v.nodes[0]?.html}`)).toEqual([]);
    }
  });
}
