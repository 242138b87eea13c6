/** The page as its tests meet it: by role and name, as a person or a screen reader would. */
import { expect, type Locator, type Page } from '@playwright/test';

/** What must never happen while a test runs, gathered from the moment the page opens. */
export interface Watched {
  readonly errors: string[];
  readonly foreign: string[];
}

export function watch(page: Page): Watched {
  const watched: Watched = { errors: [], foreign: [] };
  page.on('console', (message) => {
    if (message.type() === 'error') watched.errors.push(message.text());
  });
  page.on('pageerror', (error) => watched.errors.push(String(error)));
  page.on('request', (request) => {
    const url = new URL(request.url());
    const own = url.protocol === 'data:' || url.protocol === 'blob:';
    if (!own && url.origin !== new URL(page.url()).origin && page.url() !== 'about:blank') {
      watched.foreign.push(request.url());
    }
  });
  return watched;
}

export function expectNothingAmiss(watched: Watched): void {
  expect(watched.errors, 'errors in the console').toEqual([]);
  expect(watched.foreign, 'requests to other origins').toEqual([]);
}

/** Opens the page in English and waits until the cluster answers. */
export async function open(page: Page, query = ''): Promise<void> {
  await page.goto(`?lang=en&theme=light${query}`);
  await expect(object(page, 'Node//node-1')).toBeVisible();
}

export function object(page: Page, ref: string): Locator {
  return page.getByRole('region', { name: 'Cluster' }).locator(`[data-object="${ref}"]`);
}

export function pods(page: Page): Locator {
  return page.getByRole('region', { name: 'Cluster' }).locator('[data-object^="Pod/default/"]');
}

export function steps(page: Page): Locator {
  return page.getByRole('list', { name: 'Ten steps' }).getByRole('listitem');
}

export function playback(page: Page): Locator {
  return page.getByRole('toolbar', { name: 'Playback' });
}

export function inspector(page: Page): Locator {
  return page.locator('#pane-inspector');
}

export async function setPace(page: Page, name: 'Story' | '1×' | '10×' | 'Max'): Promise<void> {
  const radio = playback(page).getByRole('radio', { name, exact: true });
  await radio.click();
  await expect(radio).toBeChecked();
}

export async function apply(page: Page): Promise<void> {
  await page
    .getByRole('region', { name: 'Manifest editor' })
    .getByRole('button', { name: 'Apply' })
    .click();
}

/** Applies the default example at full speed and waits until all ten steps are done. */
export async function applyToTheEnd(page: Page): Promise<void> {
  await setPace(page, 'Max');
  await apply(page);
  await expectStepsDone(page);
}

export async function expectStepsDone(page: Page): Promise<void> {
  await expect(steps(page)).toHaveCount(10);
  for (let i = 0; i < 10; i++) {
    await expect(steps(page).nth(i)).toHaveAttribute('data-state', 'done');
  }
}

/** A small Deployment for tests that write into the editor. */
export function manifest(replicas: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web }
    spec:
      containers:
        - name: nginx
          image: nginx:1.27
`;
}

/** Replaces the text of the file that is open, as a person would who pastes another. */
export async function type(page: Page, text: string): Promise<void> {
  const editor = page.getByRole('region', { name: 'Manifest editor' });
  await expect(editor.locator('.monaco-editor').first()).toBeVisible();
  await editor.getByRole('textbox').first().focus();
  await page.keyboard.press('Control+a');
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((t) => navigator.clipboard.writeText(t), text);
  await page.keyboard.press('Control+v');
}
