/** Theme, language and size of text, as the document carries them. */
import { speak } from '../i18n/text.ts';
import { session, type SessionState, type Theme } from './session.ts';

export type ShownTheme = 'light' | 'dark';

const DARK = '(prefers-color-scheme: dark)';

export function effectiveTheme(theme: Theme): ShownTheme {
  if (theme !== 'system') return theme;
  return matchMedia(DARK).matches ? 'dark' : 'light';
}

/** To the other of light and dark; from then on it is the reader's choice, not the system's. */
export function toggleTheme(): void {
  const shown = effectiveTheme(session.getState().theme);
  session.setState({ theme: shown === 'dark' ? 'light' : 'dark' });
}

export function toggleLanguage(): void {
  void speak(session.getState().language === 'en' ? 'zh-CN' : 'en');
}

/** Puts the session's appearance on the document and keeps it there. */
export function wearAppearance(): void {
  const wear = (state: SessionState): void => {
    const root = document.documentElement;
    root.dataset['theme'] = effectiveTheme(state.theme);
    root.lang = state.language;
    root.toggleAttribute('data-present', state.presenting);
  };
  wear(session.getState());
  session.subscribe(wear);
  matchMedia(DARK).addEventListener('change', () => wear(session.getState()));
}
