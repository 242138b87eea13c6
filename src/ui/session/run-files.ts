/** Runs and objects as files: save, open, export; local manifests opened in the editor. */
import type { RunFile } from '../../port/protocol.ts';
import { messageText } from '../i18n/messages.ts';
import { inLanguage } from '../i18n/text.ts';
import { expectNewRun } from '../mirror/store.ts';
import { tell } from './actions.ts';
import { FILE_LIMIT_MIB, openFile } from './files.ts';
import { clearHistory, recallHistory } from './history.ts';
import { keepLastRun } from './last-run.ts';
import { type NoticeText, notify } from './notices.ts';
import { clearSelection } from './session.ts';
import { asRecord } from './stored.ts';

const BYTES_PER_MIB = 1_048_576;

type Words = (typeof messageText)['en'];

function say(severity: 'info' | 'warning' | 'error', text: (words: Words) => string): void {
  const inEither: NoticeText = (language) => text(inLanguage(messageText, language));
  notify({ severity, text: inEither });
}

export async function saveRun(): Promise<void> {
  const run = await tell({ type: 'save' });
  if (run !== null) downloadRun(run);
}

export function downloadRun(run: RunFile): void {
  const name = `kubeglass-run-seed-${run.config.seed}.json`;
  download(name, `${JSON.stringify(run, null, 1)}\n`, 'application/json');
  say('info', (words) => words.runSaved(name));
}

export async function exportYaml(): Promise<void> {
  const text = await tell({ type: 'export' });
  if (text === null) return;
  const name = 'kubeglass-objects.yaml';
  download(name, text, 'application/yaml');
  say('info', (words) => words.exported(name));
}

export async function openRunFile(file: File): Promise<void> {
  const run = await readRun(file);
  if (run === null) {
    say('error', (words) => words.notARun(file.name));
    return;
  }
  await openRun(run, file.name);
}

export async function openRun(run: RunFile, name: string): Promise<void> {
  const answer = await tell({ type: 'open', run });
  // Refused: the run that is open stays.
  if (answer === null) return;
  // In time: the frame that begins the new run is the next message.
  expectNewRun();
  clearSelection();
  clearHistory();
  recallHistory(run);
  void keepLastRun();
  const same = run.crash !== undefined || answer.hash === run.hash;
  say(same ? 'info' : 'warning', (words) => (same ? words.runOpened(name) : words.hashDiffers));
}

async function readRun(file: File): Promise<RunFile | null> {
  try {
    const value = asRecord(JSON.parse(await file.text()));
    // Another version, or damage, is the engine's to name: it says what is wrong and where.
    return value['format'] === 'kubeglass-run' ? (value as unknown as RunFile) : null;
  } catch {
    // Not JSON at all: the reader is told by the caller.
    return null;
  }
}

/** Opens local files in the editor: chosen or dropped. Saved runs are opened as runs. */
export async function openLocalFiles(list: Iterable<File>): Promise<void> {
  for (const file of list) {
    if (file.size > FILE_LIMIT_MIB * BYTES_PER_MIB) {
      say('error', (words) => words.fileTooBig(file.name, FILE_LIMIT_MIB));
      continue;
    }
    const run = file.name.endsWith('.json') ? await readRun(file) : null;
    if (run !== null) {
      await openRun(run, file.name);
      continue;
    }
    try {
      openFile(
        file.name,
        new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()),
      );
    } catch {
      // Gone meanwhile, not allowed, or no text.
      say('error', (words) => words.fileUnreadable(file.name));
    }
  }
}

export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken the data by the next turn; until then the address must live.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
