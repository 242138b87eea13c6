/**
 * Field selectors of queries: `status.phase!=Running,spec.nodeName=node-1`.
 *
 * Models: k8s.io/apimachinery/pkg/fields selector.go (v1.36); messages word for word
 */
import { compareText } from './go-text.ts';
import { SelectorError } from './selector-types.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** Which fields a kind knows is its own affair; this only compares. */
export class FieldSelector {
  readonly requirements: readonly FieldRequirement[];

  constructor(requirements: readonly FieldRequirement[]) {
    this.requirements = requirements;
  }

  get empty(): boolean {
    return this.requirements.length === 0;
  }

  matches(fields: Readonly<Record<string, string>>): boolean {
    for (const { field, operator, value } of this.requirements) {
      if (((fields[field] ?? '') === value) !== (operator === '=')) return false;
    }
    return true;
  }

  /** The one value that |field| must have, if the selector says so. */
  requiresExactMatch(field: string): string | undefined {
    return this.requirements.find((r) => r.field === field && r.operator === '=')?.value;
  }

  toString(): string {
    return this.requirements
      .map((r) => `${r.field}${r.operator}${r.value.replace(/[\\,=]/g, (c) => `\\${c}`)}`)
      .join(',');
  }
}

const OPERATORS = ['!=', '==', '='] as const;

/** Throws SelectorError with upstream's words. */
export function parseFieldSelector(text: string): FieldSelector {
  const requirements: FieldRequirement[] = [];
  for (const term of splitTerms(text).sort(compareText)) {
    if (term === '') continue;
    const parts = splitTerm(term);
    if (parts === undefined) {
      throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    requirements.push({ ...parts, value: unescape(parts.value) });
  }
  return new FieldSelector(requirements);
}

/** Splits at commas that are not escaped. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function splitTerm(term: string): FieldRequirement | undefined {
  for (let i = 0; i < term.length; i++) {
    const operator = OPERATORS.find((op) => term.startsWith(op, i));
    if (operator === undefined) continue;
    const value = term.slice(i + operator.length);
    return { field: term.slice(0, i), operator: operator === '!=' ? '!=' : '=', value };
  }
  return undefined;
}

function unescape(value: string): string {
  let out = '';
  for (let i = 0; i < value.length; i++) {
    const c = value[i] ?? '';
    if (c === '\\') {
      i++;
      const escaped = value[i] ?? '';
      if (escaped !== '\\' && escaped !== ',' && escaped !== '=') {
        const sequence = `\\${escaped}`;
        throw new SelectorError(`invalid field selector: invalid escape sequence: ${sequence}`);
      }
      out += escaped;
    } else if (c === ',' || c === '=') {
      // Upstream prints the number of the character here.
      const code = c.charCodeAt(0);
      throw new SelectorError(`invalid field selector: unescaped character in value: ${code}`);
    } else {
      out += c;
    }
  }
  return out;
}
