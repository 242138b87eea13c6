/**
 * The state of a running awk program: variables, the record and its fields, functions in progress.
 */
import type { ProcessContext } from '../../../node/runtime/program.ts';
import { compileRegex } from '../regex.ts';
import { Streams } from './streams.ts';
import type { AwkFunction } from './syntax.ts';
import { fromInput, numberText, toNumber, toText, UNSET, type Value } from './values.ts';

/** The program cannot go on. */
export class AwkError extends Error {
  override readonly name = 'AwkError';
}

export type Elements = Map<string, Value>;

/** A variable: a value or an array, and neither before it is used. */
export interface Cell {
  value: Value;
  elements: Elements | null;
  /** The caller's variable, where this is a parameter that may turn out to be an array. */
  readonly origin: Cell | null;
}

export function newCell(value: Value = UNSET, origin: Cell | null = null): Cell {
  return { value, elements: origin?.elements ?? null, origin };
}

/** Texts longer than this count as memory of the process. */
const LARGE_TEXT = 1_024;
const ELEMENT_BYTES = 96;
/** Bound of what is held where the container has no limit. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
const MAX_FIELDS = 1_000_000;

export class Machine {
  readonly context: ProcessContext;
  readonly streams: Streams;
  readonly functions: ReadonlyMap<string, AwkFunction>;
  readonly globals = new Map<string, Cell>();
  locals: Map<string, Cell> | null = null;
  /** $0 and, when somebody asked for them, $1 and so on. */
  #record = '';
  #fields: Value[] | null = null;
  #isRecordStale = false;
  #held = 0;
  seed = 0;
  random = 1;

  constructor(context: ProcessContext, functions: ReadonlyMap<string, AwkFunction>) {
    this.context = context;
    this.streams = new Streams(context);
    this.functions = functions;
    const start: readonly (readonly [string, Value])[] = [
      ['FS', ' '],
      ['OFS', ' '],
      ['ORS', '\n'],
      ['RS', '\n'],
      ['SUBSEP', '\u001c'],
      ['CONVFMT', '%.6g'],
      ['OFMT', '%.6g'],
      ['NR', 0],
      ['FNR', 0],
      ['RSTART', 0],
      ['RLENGTH', -1],
      ['FILENAME', ''],
    ];
    for (const [name, value] of start) this.globals.set(name, newCell(value));
    const environment = this.elements('ENVIRON');
    for (const [name, value] of context.env) environment.set(name, fromInput(value));
  }

  cell(name: string): Cell {
    const local = this.locals?.get(name);
    if (local) return local;
    let cell = this.globals.get(name);
    if (!cell) this.globals.set(name, (cell = newCell()));
    return cell;
  }

  get(name: string): Value {
    if (name === 'NF') return this.fields().length;
    const cell = this.cell(name);
    if (cell.elements) throw new AwkError('Not a scalar');
    return cell.value;
  }

  set(name: string, value: Value): void {
    if (name === 'NF') {
      const fields = this.fields();
      const count = this.#bounded(toNumber(value));
      while (fields.length < count) fields.push('');
      fields.length = count;
      this.#isRecordStale = true;
      return;
    }
    const cell = this.cell(name);
    if (cell.elements) throw new AwkError('Not a scalar');
    this.#count(value, cell.value);
    cell.value = value;
  }

  elements(name: string): Elements {
    const cell = this.cell(name);
    if (cell.elements) return cell.elements;
    cell.elements = cell.origin ? originElements(cell.origin) : new Map();
    return cell.elements;
  }

  setElement(elements: Elements, key: string, value: Value): void {
    const old = elements.get(key);
    if (old === undefined) this.hold(ELEMENT_BYTES + key.length);
    this.#count(value, old ?? UNSET);
    elements.set(key, value);
  }

  #count(value: Value, old: Value): void {
    const grown = large(value) - large(old);
    if (grown !== 0) this.hold(grown);
  }

  hold(bytes: number): void {
    this.#held += bytes;
    if (this.#held > MAX_HELD_BYTES) throw new AwkError('out of memory');
    this.context.setMemory(this.#held);
  }

  /** Numbers become texts by CONVFMT. */
  text(value: Value): string {
    if (typeof value === 'string') return value;
    if (typeof value !== 'number') return value.text;
    if (Number.isInteger(value)) return numberText(value, '%.6g');
    return toText(value, toText(this.cell('CONVFMT').value, '%.6g'));
  }

  variable(name: string): string {
    return this.text(this.cell(name).value);
  }

  setRecord(text: string): void {
    this.#record = text;
    this.#fields = null;
    this.#isRecordStale = false;
  }

  field(index: number): Value {
    if (index === 0) {
      if (this.#isRecordStale) {
        const separator = this.variable('OFS');
        this.#record = (this.#fields ?? []).map((field) => this.text(field)).join(separator);
        this.#isRecordStale = false;
      }
      return fromInput(this.#record);
    }
    return this.fields()[this.#bounded(index) - 1] ?? UNSET;
  }

  setField(index: number, value: Value): void {
    if (index === 0) {
      this.setRecord(this.text(value));
      return;
    }
    const fields = this.fields();
    const at = this.#bounded(index);
    while (fields.length < at) fields.push('');
    fields[at - 1] = value;
    this.#isRecordStale = true;
  }

  #bounded(index: number): number {
    const whole = Math.trunc(index);
    if (whole < 0 || whole > MAX_FIELDS) throw new AwkError('Access to negative field');
    return whole;
  }

  fields(): Value[] {
    this.#fields ??= this.split(this.#record, this.variable('FS')).map(fromInput);
    return this.#fields;
  }

  /** Where RS is empty a newline separates too. */
  split(text: string, separator: string): string[] {
    if (text === '') return [];
    const byLine = this.variable('RS') === '';
    if (separator === ' ')
      return text.trim() === '' ? [] : text.replace(/^[ \t\n]+|[ \t\n]+$/g, '').split(/[ \t\n]+/);
    if (separator === '') return [...text];
    if (separator.length === 1 && !byLine && separator !== '\\') {
      return text.split(separator);
    }
    const source = separator.length === 1 && !/\w/.test(separator) ? `[${separator}]` : separator;
    const regex = compileRegex(byLine ? `${source}|\n` : source, { extended: true });
    return regex.split(text);
  }
}

function originElements(cell: Cell): Elements {
  if (!cell.elements) cell.elements = cell.origin ? originElements(cell.origin) : new Map();
  return cell.elements;
}

function large(value: Value): number {
  return typeof value === 'string' && value.length > LARGE_TEXT ? value.length : 0;
}
