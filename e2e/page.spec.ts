/** The page itself: what it keeps, speaks, shows and shares, and what it says when something is wrong. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
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
  type,
  watch,
} from './page.ts';

test('theme and language can be changed and are kept', async ({ page }) => {
  const watched = watch(page);
  await open(page);
  const root = page.locator('html');
  await expect(root).toHaveAttribute('data-theme', 'light');
  await page.getByRole('button', { name: 'Theme' }).click();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('button', { name: 'Language' }).click();
  await expect(root).toHaveAttribute('lang', 'zh-CN');
  await expect(page.getByRole('toolbar', { name: '播放控制' })).toBeVisible();
  await expect(page.getByRole('list', { name: '十个步骤' })).toBeVisible();
  await page.goto('./');
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await expect(root).toHaveAttribute('lang', 'zh-CN');
  expectNothingAmiss(watched);
});

test('text survives a reload', async ({ page }) => {
  await open(page);
  await type(page, '# written by the reader\n');
  await expect(page.getByText('# written by the reader')).toBeVisible();
  await page.reload();
  await expect(page.getByText('# written by the reader')).toBeVisible();
});

test('problems stand in a list with line and column', async ({ page }) => {
  await open(page);
  await type(page, manifest('three'));
  await apply(page);
  const problems = page.getByRole('list', { name: 'Problems' });
  await expect(problems.getByRole('listitem').first()).toBeVisible();
  await expect(problems).toContainText(/line 6, column \d+/);
});

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing serious in the ${theme} theme`, async ({ page }) => {
    await open(page);
    await page.goto(`?lang=en&theme=${theme}`);
    await applyToTheEnd(page);
    await playback(page).getByRole('button', { name: 'Pause' }).click();
    await pods(page).first().click();
    await expect(page.getByRole('region', { name: 'Why is this happening?' })).toBeVisible();
    // Monaco paints its own colours; what stands around it is ours.
    const { violations } = await new AxeBuilder({ page }).exclude('.monaco-editor').analyze();
    const serious = violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
    expect(serious).toEqual([]);
  });
}

test('a run is saved and opened again, equal to the last letter of its hash', async ({ page }) => {
  await open(page);
  await applyToTheEnd(page);
  await playback(page).getByRole('button', { name: 'Pause' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save run' }).click();
  const file = await (await saving).path();
  await page.reload();
  await expect(object(page, 'Node//node-1')).toBeVisible();
  await expect(pods(page)).toHaveCount(0);
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Open run' }).click();
  await (await choosing).setFiles(file);
  await expect(page.getByText('it was replayed to where it was saved')).toBeVisible();
  await expect(pods(page)).toHaveCount(3);
});

test('all objects are exported as YAML', async ({ page }) => {
  await open(page);
  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export YAML' }).click();
  expect((await saving).suggestedFilename()).toMatch(/\.yaml$/);
});

test('a shared link holds the manifest', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open(page);
  await type(page, '# shared with a friend\n');
  await page.getByRole('button', { name: 'Share' }).click();
  await expect(page.getByText('Copied a link')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toContain('#m1.');
  await page.evaluate(() => localStorage.clear());
  await page.goto('about:blank');
  await page.goto(link);
  await expect(page.getByText('# shared with a friend')).toBeVisible();
});

test('keys act outside inputs only, and can be switched off', async ({ page }) => {
  await open(page);
  await page.getByRole('heading', { name: 'Kubeglass' }).click();
  await page.keyboard.press('Space');
  await expect(playback(page).getByRole('button', { name: 'Play' })).toBeVisible();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog).toBeVisible();
  await dialog.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByRole('heading', { name: 'Kubeglass' }).click();
  await page.keyboard.press('Space');
  await page.keyboard.press('?');
  await expect(dialog).toBeHidden();
  await expect(playback(page).getByRole('button', { name: 'Play' })).toBeVisible();
});

test('Escape closes a dialog, then lets go of what is selected, then of the presenter’s view', async ({
  page,
}) => {
  await open(page);
  const presenting = page.locator('html[data-present]');
  await page.getByRole('button', { name: 'Present' }).click();
  await expect(presenting).toHaveCount(1);
  const component = page.locator('[data-component="kube-apiserver"]').first();
  await component.click();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(presenting).toHaveCount(1);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(presenting).toHaveCount(0);
});

test('the examples can be opened; a bare Pod runs', async ({ page }) => {
  await open(page);
  await setPace(page, 'Max');
  await page.getByRole('button', { name: 'Examples' }).click();
  await expect(page.getByRole('menuitem')).toHaveCount(13);
  await page.getByRole('menuitem', { name: 'A bare Pod' }).click();
  await apply(page);
  await expect(object(page, 'Pod/default/solo')).toContainText('Running');
  await expectStepsDone(page);
});

test('a bad image backs off, and says so', async ({ page }) => {
  await open(page);
  await setPace(page, 'Max');
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name: 'bad image' }).click();
  await apply(page);
  await expect(pods(page).first()).toContainText('ImagePullBackOff');
  await page
    .getByRole('tablist', { name: 'Activity' })
    .getByRole('tab', { name: 'Events' })
    .click();
  await expect(page.getByRole('table', { name: 'Events' })).toContainText('Failed');
});

test('an init container fails twice and then succeeds', async ({ page }) => {
  await open(page);
  await setPace(page, 'Max');
  await page.getByRole('button', { name: 'Examples' }).click();
  await page.getByRole('menuitem', { name: 'third try' }).click();
  await apply(page);
  await expect(pods(page).first()).toContainText('Running');
  await pods(page).first().click();
  await expect(inspector(page).getByText('Restarts 2')).toBeVisible();
  await page.getByRole('tablist', { name: 'Inspector' }).getByRole('tab', { name: 'Logs' }).click();
  await inspector(page).getByLabel('Container').selectOption('third-time-lucky');
  await expect(inspector(page).getByText('ready at last')).toBeVisible();
});

/** Puts |script| in the place of the engine's Worker. */
async function replaceEngine(page: Page, script: string): Promise<void> {
  await page.route(/worker/, (route) => {
    const isEngine = !/(editor|yaml)\.worker/.test(route.request().url());
    return isEngine
      ? route.fulfill({ body: script, contentType: 'text/javascript' })
      : route.continue();
  });
}

test('the page says so when the engine cannot start, and starts another', async ({ page }) => {
  await replaceEngine(page, 'throw new Error("no engine today")');
  await page.goto('?lang=en');
  const note = page.getByRole('alert', { name: 'The engine is gone' });
  await expect(note).toBeVisible();
  await expect(note).toContainText('no engine today');
  await page.unroute(/worker/);
  await note.getByRole('button', { name: 'Start a new cluster' }).click();
  await expect(object(page, 'Node//node-1')).toBeVisible();
  await expect(note).toBeHidden();
});

test('a crashed run can be downloaded, and the text is still there', async ({ page }) => {
  const run = {
    format: 'kubeglass-run',
    version: 1,
    config: { seed: 7, epoch: '2026-01-01T00:00:00Z', nodes: [], stopped: [] },
    commands: [],
    at: 0,
    step: 0,
    hash: '',
    crash: 'queue longer than its bound',
  };
  await replaceEngine(
    page,
    `onmessage = () => postMessage({ type: 'crashed', message: 'assertion: queue longer than its bound',
      run: ${JSON.stringify(run)} });`,
  );
  await page.goto('?lang=en');
  const note = page.getByRole('alert', { name: 'The simulation stopped' });
  await expect(note).toContainText('queue longer than its bound');
  await expect(page.getByRole('region', { name: 'Manifest editor' })).toContainText('Deployment');
  const saving = page.waitForEvent('download');
  await note.getByRole('button', { name: 'Download the run' }).click();
  expect((await saving).suggestedFilename()).toBe('kubeglass-run-seed-7.json');
});

test('a Worker that dies leaves the acts behind: they can be replayed', async ({ page }) => {
  await page.addInitScript(() => {
    const Real = Worker;
    const made: Worker[] = [];
    Object.assign(window, { made });
    window.Worker = class extends Real {
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options);
        made.push(this);
      }
    };
  });
  await open(page);
  await setPace(page, 'Max');
  await apply(page);
  await expect(pods(page)).toHaveCount(3);
  await page.evaluate(() => {
    // The engine's Worker is the first; Monaco starts others later.
    const { made } = window as unknown as { made: Worker[] };
    made[0]?.onerror?.(new ErrorEvent('error', { message: 'out of memory' }));
  });
  const note = page.getByRole('alert', { name: 'The engine is gone' });
  await expect(note).toContainText('out of memory');
  await note.getByRole('button', { name: 'Replay the run' }).click();
  await expect(note).toBeHidden();
  await expect(page.getByText('it was replayed to where it was saved')).toBeVisible();
  await expect(page.getByRole('tabpanel', { name: 'Terminal' })).toContainText('kubectl apply');
  await playback(page).getByRole('button', { name: 'Play' }).click();
  await setPace(page, 'Max');
  await expect(pods(page)).toHaveCount(3);
  await expectStepsDone(page);
});

test('a browser without what is needed is told what that is', async ({ page }) => {
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, 'CompressionStream');
  });
  await page.goto('?lang=en');
  await expect(page.getByText('This browser lacks CompressionStream')).toBeVisible();
});

test('storage that is full is said once, with what to do', async ({ page }) => {
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await open(page);
  await page.getByRole('button', { name: 'Theme' }).click();
  await expect(page.getByText('storage for this page is full')).toHaveCount(1);
});

test('storage that is forbidden is said once and nothing breaks', async ({ page }) => {
  const watched = watch(page);
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
  });
  await open(page);
  await page.getByRole('button', { name: 'Theme' }).click();
  await expect(page.getByText('does not let this page keep data')).toHaveCount(1);
  expectNothingAmiss(watched);
});

test('what is simulated stands in the help, kind by kind, and on a page of its own', async ({
  page,
}) => {
  const watched = watch(page);
  await open(page);
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await page.getByRole('button', { name: 'What is simulated' }).click();
  const dialog = page.getByRole('dialog', { name: 'What is simulated' });
  const kinds = dialog.getByRole('table', { name: 'Kinds' });
  await expect(kinds.getByRole('rowheader', { name: 'Deployment apps/v1' })).toBeVisible();
  const { violations } = await new AxeBuilder({ page }).include('dialog').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  await dialog.getByRole('searchbox', { name: 'Filter' }).fill('portforward');
  await expect(kinds.getByRole('rowheader')).toHaveText(['Pod v1']);
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect(dialog).toBeHidden();
  await page.goto('fidelity.html');
  await expect(page.getByRole('rowheader', { name: 'Deployment v1' })).toBeVisible();
  expectNothingAmiss(watched);
});
