/**
 * Texts in both languages, one file per room of the page. `defineText` makes TypeScript refuse a
 * text that is missing in one language; `useText` gives a component the texts of the page's
 * language. Kinds, fields, reasons, YAML and the output of tools stay in English and are not here.
 */
import { type Language, useSession } from '../session/session.ts';

export type TextValue = string | ((...args: never[]) => string) | TextTree;
export interface TextTree {
  readonly [key: string]: TextValue;
}

export interface Texts<T> {
  readonly en: T;
  readonly 'zh-CN': T;
}

export function defineText<T extends TextTree>(texts: {
  readonly en: T;
  readonly 'zh-CN': NoInfer<T>;
}): Texts<T> {
  return texts;
}

/** The texts of |texts| in the page's language; draws again when the language changes. */
export function useText<T>(texts: Texts<T>): T {
  return texts[useSession((state) => state.language)];
}

export function inLanguage<T>(texts: Texts<T>, language: Language): T {
  return texts[language];
}
