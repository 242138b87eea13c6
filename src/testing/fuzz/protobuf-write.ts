/**
 * Writes objects in Kubernetes' protobuf form, from the same table of fields that the reader uses.
 * What does not fit a field's type is left out. JSON, lists-or-strings and other unions of schemas
 * are written as their first form.
 */
import { PROTOBUF } from '../../api/generated/protobuf.ts';
import { decodeBase64 } from '../../api/meta/utf8.ts';

const LINES = PROTOBUF.split('\n');
const NAMES = LINES.map((line) => line.split(' ')[0] as string);
const encoder = new TextEncoder();
const MAX_DEPTH = 100;
const MS_PER_SECOND = 1000;

type Bytes = readonly number[];

/** The envelope with the object in it; null when the definition has no protobuf form. */
export function protobufBody(
  definition: string,
  gvk: { readonly apiVersion: string; readonly kind: string },
  object: unknown,
): Uint8Array | null {
  const index = NAMES.indexOf(definition);
  if (index < 0) return null;
  const type = [...delimited(1, text(gvk.apiVersion)), ...delimited(2, text(gvk.kind))];
  const raw = message(index, object, 0);
  return new Uint8Array([0x6b, 0x38, 0x73, 0, ...delimited(1, type), ...delimited(2, raw)]);
}

function message(index: number, object: unknown, depth: number): Bytes {
  if (typeof object !== 'object' || object === null || depth > MAX_DEPTH) return [];
  const out: number[] = [];
  for (const field of (LINES[index] ?? '').split(' ').slice(1)) {
    const steps = field.split('>');
    const [, number = '', name = '', list = '', type = ''] =
      /^(\d+):([^:]+):(\[?)(.*)$/.exec(steps.pop() as string) ?? [];
    const value = (object as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    let bytes: Bytes = [];
    const items = list === '[' ? (Array.isArray(value) ? value : []) : [value];
    for (const item of items) bytes = bytes.concat(one(Number(number), type, item, depth));
    for (const step of steps.reverse()) bytes = delimited(Number(step), bytes);
    for (const byte of bytes) out.push(byte);
  }
  return out;
}

function one(number: number, type: string, value: unknown, depth: number): Bytes {
  if (type === 'int' || type === 'bool') {
    const n = typeof value === 'object' ? Number.NaN : Number(value);
    return Number.isSafeInteger(n) ? [...varint(number << 3), ...varint(n)] : [];
  }
  if (type === 'double') {
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, typeof value === 'number' ? value : 0, true);
    return [...varint((number << 3) | 1), ...new Uint8Array(view.buffer)];
  }
  if (type.startsWith('{')) {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([key, item]) =>
      delimited(number, [...delimited(1, text(key)), ...one(2, type.slice(1), item, depth + 1)]),
    );
  }
  return delimited(number, structured(type, value, depth));
}

function structured(type: string, value: unknown, depth: number): Bytes {
  if (type.startsWith('@')) return message(Number(type.slice(1)), value, depth + 1);
  switch (type) {
    case 'string':
      return text(typeof value === 'string' ? value : '');
    case 'bytes':
      return typeof value === 'string' ? text(tryBase64(value)) : [];
    case 'quantity':
      return delimited(1, text(shown(value)));
    case 'intstr':
      if (typeof value === 'string') return [8, 1, ...delimited(3, text(value))];
      return [16, ...varint(Number.isSafeInteger(value) ? (value as number) : 0)];
    case 'time':
    case 'microtime': {
      const ms = typeof value === 'string' ? Date.parse(value) : 0;
      return Number.isNaN(ms) ? [] : [8, ...varint(Math.floor(ms / MS_PER_SECOND))];
    }
    case 'items':
      return Array.isArray(value) ? value.flatMap((item) => delimited(1, text(shown(item)))) : [];
    default:
      return delimited(1, text(JSON.stringify(value) ?? ''));
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** What is no base64 goes as it is. */
function tryBase64(value: string): string {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0
    ? decodeBase64(value)
    : value;
}

function text(value: string): Bytes {
  return [...encoder.encode(value)];
}

function delimited(number: number, bytes: Bytes): Bytes {
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
}

function varint(value: number): Bytes {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return out;
}
