/** Takes typed or pasted text into the file, or refuses it when it is too long for any editor. */
import { inLanguage } from '../i18n/text.ts';
import { FILE_LIMIT_MIB, setText } from '../session/files.ts';
import { notify } from '../session/notices.ts';
import { editorText } from './text.ts';

const CHARS_PER_MIB = 1_048_576;
const TEXT_LIMIT_CHARS = FILE_LIMIT_MIB * CHARS_PER_MIB;
/** Longer texts are edited without the YAML service: it reads all of it again after each key. */
export const CHECKED_LIMIT_CHARS = 300_000;

export function takeText(file: string, text: string): boolean {
  if (isTooLong(text)) return false;
  setText(file, text);
  return true;
}

/** Says so when it is. */
export function isTooLong(text: string): boolean {
  if (text.length <= TEXT_LIMIT_CHARS) return false;
  notify({
    severity: 'error',
    text: (language) => inLanguage(editorText, language).tooLong(FILE_LIMIT_MIB),
  });
  return true;
}
