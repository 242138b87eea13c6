/** Reads what the comment at the head of a source file says of it. */

export interface Header {
  /** The first sentence: what it is. */
  readonly title: string;
  readonly models: string;
  /** Empty when nothing is simplified that anybody knows of. */
  readonly simplified: string;
}

/** Texts that say that there is nothing to say. */
const NOTHING = /^nothing(?: known)?\.?$/i;
const KEY = /^([A-Z][A-Za-z]+):\s*(.*)$/;

/** null when the file has no such comment. */
export function headerOf(text: string): Header | null {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  if (comment === undefined) return null;
  const sections = new Map<string, string[]>([['', []]]);
  let key = '';
  for (const line of comment.split('\n')) {
    const words = line.replace(/^\s*\*? ?/, '').trim();
    const named = KEY.exec(words);
    const hasTitle = (sections.get('') ?? []).length > 0;
    if (named && hasTitle) {
      key = named[1] as string;
      sections.set(key, [named[2] as string]);
    } else if (words === '') {
      // What follows an empty line belongs to no key.
      if (key !== '') key = '-';
    } else if (key !== '-') sections.get(key)?.push(words);
  }
  const text_ = (name: string): string => (sections.get(name) ?? []).join(' ').trim();
  const simplified = text_('Simplified');
  return {
    title: firstSentence(text_('')),
    models: text_('Models'),
    simplified: NOTHING.test(simplified) ? '' : simplified,
  };
}

function firstSentence(text: string): string {
  const end = /[.:](?:\s|$)/.exec(text);
  return end ? text.slice(0, end.index) : text;
}

/** Relative imports of a source file, as they are written. */
export function importsOf(text: string): readonly string[] {
  return [...text.matchAll(/\bfrom '(\.{1,2}\/[^']+)'/g)].map((match) => match[1] as string);
}
