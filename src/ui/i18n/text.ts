/**
 * Texts in both languages, one catalogue per room of the page. English stands with the catalogue;
 * Chinese either beside it or in zh-cn.ts, which is loaded when the page speaks Chinese. TypeScript
 * refuses a text that is missing in one language. `useText` gives a component the texts of the
 * page's language. Kinds, fields, reasons, YAML and the output of tools stay in English and are not
 * here.
 */
import { type Language, session, useSession } from '../session/session.ts';

export type TextValue = string | ((...args: never[]) => string) | TextTree;
export interface TextTree {
  readonly [key: string]: TextValue;
}

export interface Texts<T> {
  readonly en: T;
  /** Absent until it has been loaded. */
  'zh-CN'?: T;
}

export function defineText<T extends TextTree>(texts: {
  readonly en: T;
  readonly 'zh-CN'?: NoInfer<T>;
}): Texts<T> {
  return texts;
}

export function fillChinese<T>(texts: Texts<T>, chinese: NoInfer<T>): void {
  texts['zh-CN'] = chinese;
}

/** The texts of |texts| in the page's language; draws again when the language changes. */
export function useText<T>(texts: Texts<T>): T {
  return inLanguage(
    texts,
    useSession((state) => state.language),
  );
}

export function inLanguage<T>(texts: Texts<T>, language: Language): T {
  return texts[language] ?? texts.en;
}

/** Loads the texts of |language|, then lets the page speak it. */
export async function speak(language: Language): Promise<void> {
  if (language === 'zh-CN') {
    const { addChinese } = await import('./zh-cn.ts');
    addChinese();
  }
  session.setState({ language });
}
