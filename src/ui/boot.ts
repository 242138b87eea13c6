/** What must be true before the page can start, and what the address asks for. */
import { inLanguage } from './i18n/text.ts';
import { messageText } from './i18n/messages.ts';
import { wearAppearance } from './session/appearance.ts';
import { storeFiles } from './session/files.ts';
import { notify } from './session/notices.ts';
import { LANGUAGES, session, THEMES } from './session/session.ts';
import { oneOf, watchStorage } from './session/stored.ts';

const MAX_SEED = 0xffff_ffff;

/** Names of what this browser lacks; empty when the page can run. */
export function missingFeatures(scope: object = globalThis): readonly string[] {
  const needed: readonly (readonly [string, string])[] = [
    ['Worker', 'Web Workers'],
    ['structuredClone', 'structuredClone'],
    ['ResizeObserver', 'ResizeObserver'],
    ['CompressionStream', 'CompressionStream'],
    ['HTMLDialogElement', 'the dialog element'],
  ];
  return needed.filter(([name]) => !(name in scope)).map(([, words]) => words);
}

/** `?lang=`, `?theme=` go before what was stored. */
export function obeyAddress(search: string): void {
  const query = new URLSearchParams(search);
  const state = session.getState();
  session.setState({
    language: oneOf(query.get('lang'), LANGUAGES, state.language),
    theme: oneOf(query.get('theme'), THEMES, state.theme),
  });
}

/** `?seed=`: a whole number; 1 when it is missing or anything else. */
export function seedOf(search: string): number {
  const text = new URLSearchParams(search).get('seed') ?? '';
  const seed = Number(text);
  return /^\d+$/.test(text) && seed <= MAX_SEED ? seed : 1;
}

/** Dresses the document and keeps what is written. */
export function prepareDocument(): void {
  watchStorage((trouble) => {
    notify({
      severity: 'warning',
      text: (l) => {
        const words = inLanguage(messageText, l);
        return trouble === 'full' ? words.storageFull : words.storageRefused;
      },
    });
  });
  wearAppearance();
  addEventListener('pagehide', storeFiles);
}
