/**
 * Where a decoder is and what it has found wrong so far, in Go's words.
 *
 * Models: sigs.k8s.io/json (UnmarshalTypeError, strict errors); runtime converter.go (v1.36)
 */
import { goQuote } from './go-text.ts';
import type { DuplicateKeys } from './json-text.ts';

/** What the caller does with unknown and duplicate fields; 'Ignore' does not even look for them. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

export interface DecodeOptions {
  readonly validation?: FieldValidation;
  /** As parseJson found them. */
  readonly duplicates?: DuplicateKeys;
  /** Errors read as those of a strategic merge patch, whose result never was JSON text. */
  readonly converter?: boolean;
  /** Values of struct fields that have been decoded before: they are taken as they are. */
  readonly known?: ReadonlySet<unknown>;
}

/** The body cannot be such an object; the message is Go's. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

const MAX_STRICT_ERRORS = 100; // sigs.k8s.io/json saveStrictError

/** Where decoding is: paths for messages, errors so far. */
export class DecodeState {
  readonly strict: boolean;
  readonly converter: boolean;
  readonly duplicates: DuplicateKeys | undefined;
  readonly known: ReadonlySet<unknown> | null;
  readonly strictErrors: string[] = [];
  /** Path with keys and indexes, for strict errors. */
  readonly path: (string | number)[] = [];
  /** Names of fields only, for type errors. */
  readonly goPath: string[] = [];
  struct = '';
  /** The first type error: decoding goes on, but the whole fails. */
  saved: string | null = null;

  constructor(options: DecodeOptions) {
    this.strict = options.validation !== undefined && options.validation !== 'Ignore';
    this.converter = options.converter === true;
    this.duplicates = options.duplicates;
    this.known = options.known !== undefined && options.known.size > 0 ? options.known : null;
  }

  strictError(kind: 'unknown' | 'duplicate', key: string): void {
    if (!this.strict || this.strictErrors.length >= MAX_STRICT_ERRORS) return;
    let path = '';
    for (const part of this.path) {
      if (typeof part === 'number') path += `[${part}]`;
      else path += path === '' ? part : `.${part}`;
    }
    const whole = path === '' ? key : `${path}.${key}`;
    const text = `${kind} field ${this.converter ? `"${whole}"` : goQuote(whole)}`;
    if (!this.strictErrors.includes(text)) this.strictErrors.push(text);
  }

  /** Upstream UnmarshalTypeError. */
  typeText(given: string, goType: string): string {
    const into =
      this.struct === ''
        ? `Go value of type ${goType}`
        : `Go struct field ${this.struct}.${this.goPath.join('.')} of type ${goType}`;
    return `json: cannot unmarshal ${given} into ${into}`;
  }

  typeError(value: unknown, goType: string, family: GoFamily): void {
    if (this.converter) throw new DecodeError(converterText(value, goType, family));
    const given = jsonTypeName(value);
    const whole = family === 'int' && given === 'number' ? `number ${String(value)}` : given;
    this.save(this.typeText(whole, goType));
  }

  save(text: string): void {
    if (this.converter) throw new DecodeError(text);
    this.saved ??= text;
  }
}

export type GoFamily = 'struct' | 'map' | 'slice' | 'string' | 'int' | 'float' | 'bool';

export function jsonTypeName(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** What the unstructured converter says of a value that does not fit. */
function converterText(value: unknown, goType: string, family: GoFamily): string {
  const kind = goKind(value);
  switch (family) {
    case 'struct':
      return `cannot restore struct from: ${kind}`;
    case 'map':
    case 'slice':
      return `cannot restore ${family} from ${kind}`;
    case 'string':
      if (kind === 'int64') return `cannot convert ${kind} to ${goType}`;
      return 'unrecognized type: string';
    case 'int':
      if (kind === 'float64') return `cannot convert ${kind} to ${goType}`;
      return `unrecognized type: ${goType}`;
    case 'float':
      return 'unrecognized type: float64';
    case 'bool':
      return 'unrecognized type: bool';
  }
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map';
}
