/** The manifest editor: usable at once, helpful when Monaco is there, and never in the way. */
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page, test } from '@playwright/test';
import {
  apply,
  expectNothingAmiss,
  manifest,
  object,
  open,
  setPace,
  type,
  type Watched,
  watch,
} from './page.ts';

let watched: Watched;

test.beforeEach(({ page }) => {
  watched = watch(page);
});

const editor = (page: Page): Locator => page.getByRole('region', { name: 'Manifest editor' });
const problems = (page: Page): Locator => page.getByRole('list', { name: 'Problems' });

async function monaco(page: Page): Promise<Locator> {
  const code = editor(page).locator('.monaco-editor').first();
  await expect(code).toBeVisible();
  return code;
}

/** Puts the cursor where |line| ends and types what calls for completion. */
async function completeAt(page: Page, text: string): Promise<void> {
  await type(page, text);
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Control+Space');
}

test('Apply can be used within two seconds of opening, before Monaco is there', async ({
  page,
}) => {
  await page.route(/monaco-[\w-]+\.js$/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    await route.continue();
  });
  const opened = Date.now();
  await page.goto('?lang=en&theme=light');
  const button = editor(page).getByRole('button', { name: 'Apply' });
  await expect(button).toBeEnabled({ timeout: 2_000 });
  expect(Date.now() - opened).toBeLessThan(2_000);
  await setPace(page, 'Max');
  const plain = editor(page).getByRole('textbox');
  await expect(plain).toHaveValue(/kind: Deployment/);
  await plain.fill(manifest('2'));
  await button.click();
  await expect(object(page, 'Deployment/default/web')).toContainText('2/2');
  await page.unrouteAll({ behavior: 'ignoreErrors' });
});

test('where Monaco cannot be loaded the plain field stays, and says why', async ({ page }) => {
  await page.route(/monaco-[\w-]+\.js$/, (route) => route.abort());
  await page.goto('?lang=en&theme=light');
  await expect(editor(page).getByText('Typing and Apply work')).toBeVisible();
  await editor(page).getByRole('textbox').fill(manifest('1'));
  await setPace(page, 'Max');
  await apply(page);
  await expect(object(page, 'Deployment/default/web')).toContainText('1/1');
});

test('the completion list opens, with fields of the kind', async ({ page }) => {
  await open(page);
  await completeAt(
    page,
    'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  rep',
  );
  const list = page.locator('.suggest-widget');
  await expect(list).toBeVisible();
  await expect(list).toContainText('replicas');
  expectNothingAmiss(watched);
});

test('hovering a field explains it', async ({ page }) => {
  await open(page);
  await type(page, manifest('3'));
  const code = await monaco(page);
  await expect(async () => {
    await code.getByText('replicas', { exact: true }).first().hover();
    await expect(page.locator('.monaco-hover').first()).toContainText('desired pods', {
      timeout: 3_000,
    });
  }).toPass();
  expectNothingAmiss(watched);
});

test('the schema marks a wrong type while one types, with line and column', async ({ page }) => {
  await open(page);
  await type(page, manifest('three'));
  await expect(problems(page)).toContainText('line 6, column 13');
  await expect(problems(page)).toContainText('Incorrect type');
});

test('a manifest of every supported kind has no complaint of the schema', async ({ page }) => {
  await open(page);
  const kinds = ['Namespace', 'ConfigMap', 'Secret', 'ServiceAccount', 'Service', 'Pod'];
  const documents = kinds.map((kind) => {
    const spec = {
      Service: 'spec:\n  ports:\n    - port: 80\n',
      Pod: 'spec:\n  containers:\n    - name: a\n      image: nginx\n      resources:\n        limits:\n          cpu: 1\n',
    };
    return `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: it\n${spec[kind as keyof typeof spec] ?? ''}`;
  });
  documents.push(
    'apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: custom\nspec:\n  any: 1\n',
  );
  documents.push(manifest('three'));
  await type(page, documents.join('---\n'));
  // The last one is wrong on purpose: when its mark has come, all others have been judged.
  await expect(problems(page)).toContainText('Incorrect type');
  await expect(problems(page).getByRole('listitem')).toHaveCount(1);
});

test('YAML that does not parse is refused with its place; a click goes there', async ({ page }) => {
  await open(page);
  await type(page, 'apiVersion: v1\nkind: Pod\nmetadata: {name: a\nspec:\n');
  await apply(page);
  const problem = problems(page).getByRole('button').first();
  await expect(problem).toContainText(/line \d+, column \d+/);
  await problem.click();
  await expect(editor(page).locator('.monaco-editor.focused')).toBeVisible();
});

test('Ctrl+Enter applies from inside the text', async ({ page }) => {
  await open(page);
  await setPace(page, 'Max');
  await type(page, manifest('2'));
  await page.keyboard.press('Control+Enter');
  await expect(object(page, 'Deployment/default/web')).toContainText('2/2');
  await expect(editor(page).getByRole('status')).toContainText('deployment.apps/web created');
});

test('Escape leaves the text for the buttons, once it has nothing else to close', async ({
  page,
}) => {
  await open(page);
  await expect(editor(page).locator('.monaco-editor').first()).toBeVisible();
  await editor(page).getByRole('textbox').first().focus();
  await page.keyboard.press('Control+f');
  await page.keyboard.press('Escape');
  await expect(editor(page).getByRole('textbox').first()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(editor(page).getByRole('button', { name: 'Diff' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(editor(page).getByRole('button', { name: 'Apply' })).toBeFocused();
});

test('Diff says what applying would change, without doing it', async ({ page }) => {
  await open(page);
  await setPace(page, 'Max');
  await type(page, manifest('2'));
  await apply(page);
  await expect(object(page, 'Deployment/default/web')).toContainText('2/2');
  await type(page, manifest('5'));
  await editor(page).getByRole('button', { name: 'Diff' }).click();
  const diff = page.getByRole('region', { name: 'Diff' });
  await expect(diff).toContainText('-  replicas: 2');
  await expect(diff).toContainText('+  replicas: 5');
  await diff.getByRole('button', { name: 'Close' }).click();
  await expect(object(page, 'Deployment/default/web')).toContainText('2/2');
  expectNothingAmiss(watched);
});

test('Escape closes the difference', async ({ page }) => {
  await open(page);
  await editor(page).getByRole('button', { name: 'Diff' }).click();
  const diff = page.getByRole('region', { name: 'Diff' });
  await expect(diff).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(diff).toBeHidden();
});

test('files are opened, dropped, named, saved and closed', async ({ page }) => {
  await open(page);
  await monaco(page);
  const tabs = editor(page).getByRole('tab');
  await editor(page).getByRole('button', { name: 'File' }).click();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('menuitem', { name: 'Open files…' }).click();
  await (await choosing).setFiles([
    { name: 'one.yaml', mimeType: 'application/yaml', buffer: Buffer.from('# one\n') },
    { name: 'two.yaml', mimeType: 'application/yaml', buffer: Buffer.from('# two\n') },
  ]);
  await expect(tabs).toHaveText(['deployment.yaml', 'one.yaml', 'two.yaml']);

  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['# dropped\n'], 'three.yaml', { type: 'application/yaml' }));
    return data;
  });
  await editor(page).dispatchEvent('drop', { dataTransfer: dropped });
  await expect(editor(page).getByRole('tab', { name: 'three.yaml' })).toHaveAttribute(
    'aria-selected',
    'true',
  );
  await expect(editor(page).getByText('# dropped')).toBeVisible();

  page.once('dialog', (dialog) => void dialog.accept('renamed.yaml'));
  await editor(page).getByRole('button', { name: 'File' }).click();
  await page.getByRole('menuitem', { name: 'Rename' }).click();
  await expect(tabs.last()).toHaveText('renamed.yaml');

  await editor(page).getByRole('button', { name: 'File' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('menuitem', { name: 'Download' }).click();
  expect((await saving).suggestedFilename()).toBe('renamed.yaml');

  await editor(page).getByRole('button', { name: 'File' }).click();
  await page.getByRole('menuitem', { name: 'Close this file' }).click();
  await expect(tabs).toHaveText(['deployment.yaml', 'one.yaml', 'two.yaml']);
  expectNothingAmiss(watched);
});

test('five megabytes are refused with a reason, and the page stays usable', async ({ page }) => {
  await open(page);
  await monaco(page);
  const big = Buffer.from('# a long line of comment that says nothing at all\n'.repeat(105_000));
  expect(big.length).toBeGreaterThan(5_000_000);
  await editor(page).getByRole('button', { name: 'File' }).click();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('menuitem', { name: 'Open files…' }).click();
  await (await choosing).setFiles({ name: 'big.yaml', mimeType: 'application/yaml', buffer: big });
  await expect(page.getByText('big.yaml is larger than 4 MiB')).toBeVisible();

  await type(page, big.toString());
  await expect(page.getByText('The text is longer than 4 MiB')).toBeVisible();
  await setPace(page, 'Max');
  await type(page, manifest('1'));
  await apply(page);
  await expect(object(page, 'Deployment/default/web')).toContainText('1/1');
});

test('the theme of the editor follows the page', async ({ page }) => {
  await open(page);
  const code = await monaco(page);
  const ground = (): Promise<string> =>
    code
      .locator('.monaco-editor-background')
      .first()
      .evaluate((e) => getComputedStyle(e).backgroundColor);
  await expect.poll(ground).toBe('rgb(255, 255, 255)');
  await page.getByRole('button', { name: 'Theme' }).click();
  await expect.poll(ground).toBe('rgb(18, 23, 34)');
});

for (const theme of ['light', 'dark']) {
  test(`axe finds nothing serious in the editor in the ${theme} theme`, async ({ page }) => {
    await page.goto(`?lang=en&theme=${theme}`);
    await monaco(page);
    await type(page, manifest('three'));
    await expect(problems(page)).toContainText('Incorrect type');
    const { violations } = await new AxeBuilder({ page })
      .include('[aria-label="Manifest editor"]')
      .analyze();
    const serious = violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map((v) => `${v.id}: ${v.nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
    expect(serious).toEqual([]);
  });
}
