/**
 * Builds the fields that a word becomes: quoted and unquoted text side by side, splitting at $IFS,
 * and which characters are still special as a pattern.
 *
 * Models: POSIX shell, 2.6.5 field splitting and 2.6.6 pathname expansion.
 */
import { escapePattern } from './pattern.ts';

export const DEFAULT_IFS = ' \t\n';

export interface Field {
  readonly text: string;
  /** The same as a pattern, when it has special characters. */
  readonly pattern: string | null;
}

export class FieldBuilder {
  readonly #fields: Field[] = [];
  readonly #ifs: string | null;
  #text = '';
  #pattern = '';
  #special = false;
  #started = false;
  /** After IFS white space ended a field, one other separator belongs to the same gap. */
  #inGap = false;
  /** Above zero: what comes is the operand of an unquoted `${x:-…}`. */
  operands = 0;

  /**
   * |ifs|: where unquoted expansions are split; null: nowhere (assignments, case, redirections).
   */
  constructor(ifs: string | null) {
    this.#ifs = ifs;
  }

  /** Text in which nothing is special; even empty it makes a field. */
  quoted(text: string): void {
    this.#text += text;
    this.#pattern += escapePattern(text);
    this.#started = true;
  }

  /** Literal text of the script, not quoted; its special characters come through `special`. */
  literal(text: string): void {
    if (this.operands > 0) this.expansion(text);
    else if (text !== '') this.quoted(text);
  }

  /** Literal text that is special as a pattern. */
  special(text: string, pattern: string): void {
    this.#text += text;
    this.#pattern += pattern;
    this.#special = true;
    this.#started = true;
  }

  /** The value of an unquoted expansion. */
  expansion(value: string): void {
    if (value === '') return;
    const ifs = this.#ifs;
    if (ifs === null || ifs === '') {
      this.#add(value);
      return;
    }
    let from = 0;
    for (let i = 0; i < value.length; i++) {
      const c = value[i] as string;
      if (!ifs.includes(c)) continue;
      if (i > from) this.#add(value.slice(from, i));
      from = i + 1;
      this.#separator(c === ' ' || c === '\t' || c === '\n');
    }
    if (from < value.length) this.#add(value.slice(from));
  }

  /** Ends the current field, if there is one (between the parameters of "$@"). */
  endField(): void {
    if (!this.#started) return;
    this.#fields.push({ text: this.#text, pattern: this.#special ? this.#pattern : null });
    this.#text = '';
    this.#pattern = '';
    this.#special = false;
    this.#started = false;
  }

  finish(): readonly Field[] {
    this.endField();
    return this.#fields;
  }

  /** Everything as one text, where there is no splitting. */
  get text(): string {
    return this.#text;
  }

  get pattern(): string {
    return this.#pattern;
  }

  #add(text: string): void {
    this.#text += text;
    // A backslash that comes from an expansion is ordinary, unlike one in the script.
    this.#pattern += text.includes('\\') ? text.replaceAll('\\', '\\\\') : text;
    if (/[*?[]/.test(text)) this.#special = true;
    this.#started = true;
    this.#inGap = false;
  }

  #separator(isWhiteSpace: boolean): void {
    if (this.#started) {
      this.endField();
      this.#inGap = isWhiteSpace;
    } else if (!isWhiteSpace) {
      if (this.#inGap) this.#inGap = false;
      else this.#fields.push({ text: '', pattern: null });
    }
  }
}
