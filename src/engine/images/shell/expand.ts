/**
 * Word expansion: parameters, command substitution, arithmetic, field splitting, file names.
 *
 * Everything is synchronous until a command substitution has to run: then, and only then, a
 * generator takes over. Most words never need one.
 *
 * Models: POSIX shell, 2.6. Simplified: `~user` is known for root only.
 */
import type { ArithmeticExpansionPart, Word, WordPart } from 'unbash';
import type { Proc } from '../../../kernel/process.ts';
import { arithmeticTemplate } from './arithmetic-template.ts';
import { type Field, FieldBuilder } from './fields.ts';
import { expandGlob } from './glob.ts';
import { addParameter, evaluateText, expandParameter, type Pending } from './parameter.ts';
import { type Shell, ShellError } from './shell.ts';
import { substituteCommand } from './substitution.ts';

/** The fields that |words| become, file names expanded. */
export function* expandWords(shell: Shell, words: readonly Word[], fields: string[]): Proc<void> {
  for (const word of words) {
    if (!word.parts && !word.text.startsWith('~')) {
      fields.push(word.value);
      continue;
    }
    const builder = new FieldBuilder(shell.ifs);
    const pending = expandWord(shell, word, builder, false);
    if (pending) yield* pending;
    for (const field of builder.finish()) pushField(shell, field, fields);
  }
}

function pushField(shell: Shell, field: Field, fields: string[]): void {
  if (field.pattern !== null && !shell.options.has('noglob')) {
    const names = expandGlob(shell.context.fs, shell.context.cwd, field.pattern);
    if (names.length > 0) {
      for (const name of names) fields.push(name);
      return;
    }
  }
  fields.push(field.text);
}

/** One text, not split and without file names (assignments, redirections, `case`). */
export function* expandText(shell: Shell, word: Word): Proc<string> {
  if (!word.parts && !word.text.startsWith('~')) return word.value;
  const builder = new FieldBuilder(null);
  const pending = expandWord(shell, word, builder, false);
  if (pending) yield* pending;
  return builder.text;
}

/** One pattern: what is quoted in the word is ordinary in the pattern. */
export function* expandPattern(shell: Shell, word: Word): Proc<string> {
  const builder = new FieldBuilder(null);
  const pending = expandWord(shell, word, builder, false);
  if (pending) yield* pending;
  return builder.pattern;
}

/** The body of a here-document. */
export function* expandQuotedParts(shell: Shell, parts: readonly WordPart[]): Proc<string> {
  const builder = new FieldBuilder(null);
  const pending = expandParts(shell, parts, builder, true, 0);
  if (pending) yield* pending;
  return builder.text;
}

export function expandWord(shell: Shell, word: Word, out: FieldBuilder, quoted: boolean): Pending {
  const { parts } = word;
  if (parts) {
    const first = parts[0];
    if (!quoted && first?.type === 'Literal' && first.text.startsWith('~')) {
      out.literal(expandTilde(shell, first.value));
      return expandParts(shell, parts, out, quoted, 1);
    }
    return expandParts(shell, parts, out, quoted, 0);
  }
  if (quoted || word.text !== word.value) out.quoted(word.value);
  else out.literal(word.text.startsWith('~') ? expandTilde(shell, word.value) : word.value);
  return null;
}

function expandTilde(shell: Shell, text: string): string {
  const [user = ''] = text.slice(1).split('/', 1);
  const home = user === '' ? shell.get('HOME') : user === 'root' ? '/root' : undefined;
  return home === undefined ? text : home + text.slice(1 + user.length);
}

function expandParts(
  shell: Shell,
  parts: readonly WordPart[],
  out: FieldBuilder,
  quoted: boolean,
  from: number,
): Pending {
  for (let i = from; i < parts.length; i++) {
    const pending = expandPart(shell, parts[i] as WordPart, out, quoted);
    if (pending) return resume(shell, parts, out, quoted, pending, i + 1);
  }
  return null;
}

function* resume(
  shell: Shell,
  parts: readonly WordPart[],
  out: FieldBuilder,
  quoted: boolean,
  pending: Proc<void>,
  next: number,
): Proc<void> {
  yield* pending;
  const more = expandParts(shell, parts, out, quoted, next);
  if (more) yield* more;
}

function expandPart(shell: Shell, part: WordPart, out: FieldBuilder, quoted: boolean): Pending {
  switch (part.type) {
    case 'Literal':
      if (quoted || part.text !== part.value) out.quoted(part.value);
      else out.literal(part.value);
      return null;
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      out.quoted(part.value);
      return null;
    case 'DoubleQuoted':
      return expandDoubleQuoted(shell, part.parts, out);
    case 'LocaleString':
      if (!quoted) out.literal('$');
      return expandDoubleQuoted(shell, part.parts, out);
    case 'SimpleExpansion':
      addParameter(shell, part.text.slice(1), out, quoted);
      return null;
    case 'ParameterExpansion':
      return expandParameter(shell, part, out, quoted, expandWord);
    case 'CommandExpansion':
      return substituteCommand(shell, part, out, quoted);
    case 'ArithmeticExpansion':
      return expandArithmetic(shell, part, out, quoted);
    case 'Glob':
      return expandGlobPart(shell, part, out, quoted);
    case 'BraceExpansion':
      return expandBraces(shell, part, out, quoted);
    case 'ProcessSubstitution':
    case 'ExtendedGlob':
      throw new ShellError('syntax error: unexpected "("');
  }
}

function expandDoubleQuoted(shell: Shell, parts: readonly WordPart[], out: FieldBuilder): Pending {
  // "$@" alone makes as many fields as there are parameters, none included.
  const isOnlyAt = parts.length === 1 && isAt(parts[0] as WordPart);
  if (!isOnlyAt) out.quoted('');
  return expandParts(shell, parts, out, true, 0);
}

function isAt(part: WordPart): boolean {
  if (part.type === 'SimpleExpansion') return part.text === '$@';
  return part.type === 'ParameterExpansion' && part.parameter === '@' && !part.operation;
}

/** Braces are ordinary in ash; what is between them is expanded. */
function expandBraces(
  shell: Shell,
  part: WordPart & { readonly type: 'BraceExpansion' },
  out: FieldBuilder,
  quoted: boolean,
): Pending {
  const { parts } = part;
  const first = parts?.[0];
  const last = parts?.at(-1);
  if (!parts || !first || !last) {
    out.literal(part.text);
    return null;
  }
  out.literal(part.text.slice(0, first.pos - part.pos));
  const pending = expandParts(shell, parts, out, quoted, 0);
  const tail = part.text.slice(last.end - part.pos);
  if (!pending) {
    out.literal(tail);
    return null;
  }
  return (function* () {
    yield* pending;
    out.literal(tail);
  })();
}

function expandGlobPart(
  shell: Shell,
  part: WordPart & { readonly type: 'Glob' },
  out: FieldBuilder,
  quoted: boolean,
): Pending {
  if (quoted) {
    out.quoted(part.text);
    return null;
  }
  if (part.kind !== 'bracket') {
    out.special(part.value, part.value);
    return null;
  }
  const inner = new FieldBuilder(null);
  const finish = (): void =>
    out.special(`[${inner.text}]`, `[${inner.pattern.replaceAll('\\-', '-')}]`);
  const pending = expandParts(shell, part.parts, inner, false, 0);
  if (!pending) {
    finish();
    return null;
  }
  return (function* () {
    yield* pending;
    finish();
  })();
}

function expandArithmetic(
  shell: Shell,
  part: ArithmeticExpansionPart,
  out: FieldBuilder,
  quoted: boolean,
): Pending {
  const add = (text: string): void => {
    const value = String(evaluateText(shell, text));
    if (quoted) out.quoted(value);
    else out.expansion(value);
  };
  const template = arithmeticTemplate(part);
  if (typeof template === 'string') {
    add(template);
    return null;
  }
  const inner = new FieldBuilder(null);
  const pending = expandParts(shell, template, inner, true, 0);
  if (!pending) {
    add(inner.text);
    return null;
  }
  return (function* () {
    yield* pending;
    add(inner.text);
  })();
}
