/**
 * Reads the protobuf form of objects, as kubectl sends it, into the value that their JSON form would
 * give.
 *
 * Models:     k8s.io/apimachinery pkg/runtime/serializer/protobuf protobuf.go,
 *             pkg/runtime generated.proto (Unknown), gogo/protobuf decoding (v1.36)
 * Simplified: texts are not checked for being UTF-8, as upstream's are not
 */
import { PROTOBUF } from '../generated/protobuf.ts';
import { parseJson } from './json-text.ts';
import { decodeUtf8, encodeBase64Bytes } from './utf8.ts';

/** The bytes are not what they should be; the message is upstream's. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** `k8s` and a zero. */
const PREFIX = [0x6b, 0x38, 0x73, 0x00];
/** gogo/protobuf has no bound of its own; the stack has. */
const MAX_DEPTH = 500;

export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

type Json = unknown;
type JsonObject = Record<string, Json>;

interface Field {
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
}

/** Fields by number; an embedded message's by the number of the message. */
interface Message {
  readonly fields: Map<number, Field>;
  readonly embedded: Map<number, Message>;
}

const LINES = new Map<string, string>();
const NAMES: string[] = [];
for (const line of PROTOBUF.split('\n')) {
  const space = line.indexOf(' ');
  NAMES.push(line.slice(0, space));
  LINES.set(line.slice(0, space), line.slice(space + 1));
}

const compiled = new Map<string, Message>();

/** undefined when the definition has no protobuf form. */
function messageOf(definition: string): Message | undefined {
  const known = compiled.get(definition);
  if (known) return known;
  const line = LINES.get(definition);
  if (line === undefined) return undefined;
  const message: Message = { fields: new Map(), embedded: new Map() };
  for (const text of line.split(' ')) if (text !== '') addField(message, text);
  compiled.set(definition, message);
  return message;
}

function addField(message: Message, text: string): void {
  const inner = /^(\d+)>(.*)$/.exec(text);
  if (inner) {
    const number = Number(inner[1]);
    let below = message.embedded.get(number);
    if (!below) {
      below = { fields: new Map(), embedded: new Map() };
      message.embedded.set(number, below);
    }
    addField(below, inner[2] as string);
    return;
  }
  const [, number = '', name = '', list = '', type = ''] =
    /^(\d+):([^:]+):(\[?)(.*)$/.exec(text) ?? [];
  message.fields.set(Number(number), { name, type, repeated: list !== '' });
}

/** Opens the envelope; throws ProtobufError. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length === 0) throw new ProtobufError('empty data');
  if (PREFIX.some((byte, i) => bytes[i] !== byte)) {
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${PREFIX.join(' ')}]`,
    );
  }
  if (bytes.length === PREFIX.length) throw new ProtobufError('empty body');
  const reader = new Reader(bytes.subarray(PREFIX.length));
  let apiVersion = '';
  let kind = '';
  let raw: Uint8Array = new Uint8Array();
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === 2) {
      const type = new Reader(reader.bytes());
      while (!type.done) {
        const of = type.tag();
        if (of.number === 1 && of.wire === 2) apiVersion = type.text();
        else if (of.number === 2 && of.wire === 2) kind = type.text();
        else type.skip(of.wire);
      }
    } else if (number === 2 && wire === 2) raw = reader.bytes();
    else reader.skip(wire);
  }
  return { apiVersion, kind, raw };
}

/** |raw| as an object of |definition|; throws ProtobufError. */
export function readMessage(definition: string, raw: Uint8Array): JsonObject {
  const message = messageOf(definition);
  if (!message)
    throw new ProtobufError(`object does not implement the protobuf marshalling interface`);
  const out: JsonObject = {};
  fill(out, message, new Reader(raw), 0);
  return out;
}

function fill(out: JsonObject, message: Message, reader: Reader, depth: number): void {
  if (depth > MAX_DEPTH) throw new ProtobufError('exceeded max depth');
  while (!reader.done) {
    const { number, wire } = reader.tag();
    const below = message.embedded.get(number);
    if (below && wire === 2) {
      fill(out, below, new Reader(reader.bytes()), depth + 1);
      continue;
    }
    const field = message.fields.get(number);
    if (!field) {
      reader.skip(wire);
      continue;
    }
    addValue(out, field, reader, wire, depth);
  }
}

function addValue(
  out: JsonObject,
  { name, type, repeated }: Field,
  reader: Reader,
  wire: number,
  depth: number,
): void {
  if (type.startsWith('{')) {
    const map = (out[name] ??= {}) as JsonObject;
    const { key, value } = entry(type.slice(1), new Reader(expectBytes(reader, wire, name)), depth);
    Object.defineProperty(map, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    return;
  }
  if (!repeated) {
    out[name] = value(type, reader, wire, name, depth);
    return;
  }
  const list = (out[name] ??= []) as Json[];
  if (wire === 2 && (type === 'int' || type === 'bool' || type === 'double')) {
    // Packed.
    const inner = new Reader(reader.bytes());
    while (!inner.done) list.push(value(type, inner, type === 'double' ? 1 : 0, name, depth));
    return;
  }
  list.push(value(type, reader, wire, name, depth));
}

function entry(type: string, reader: Reader, depth: number): { key: string; value: Json } {
  let key = '';
  let result: Json = undefined;
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (number === 1 && wire === 2) key = reader.text();
    else if (number === 2) result = value(type, reader, wire, 'value', depth + 1);
    else reader.skip(wire);
  }
  return { key, value: result ?? zeroOf(type) };
}

/** A map's value that was not sent. */
function zeroOf(type: string): Json {
  if (type === 'string' || type === 'bytes') return '';
  return type === 'quantity' ? '0' : type === 'items' ? [] : {};
}

function value(type: string, reader: Reader, wire: number, name: string, depth: number): Json {
  switch (type) {
    case 'int':
      expectWire(wire, 0, name);
      return reader.int();
    case 'bool':
      expectWire(wire, 0, name);
      return reader.int() !== 0;
    case 'double':
      expectWire(wire, 1, name);
      return reader.double();
    case 'string':
      return decodeUtf8(expectBytes(reader, wire, name));
    case 'bytes':
      return encodeBase64Bytes(expectBytes(reader, wire, name));
    default:
      return structured(type, expectBytes(reader, wire, name), depth + 1);
  }
}

/** What is a message of its own on the wire. */
function structured(type: string, bytes: Uint8Array, depth: number): Json {
  if (type.startsWith('@')) {
    const message = messageOf(NAMES[Number(type.slice(1))] as string) as Message;
    const out: JsonObject = {};
    fill(out, message, new Reader(bytes), depth);
    return out;
  }
  const parts = plainFields(bytes, depth);
  switch (type) {
    case 'raw': {
      const raw = parts.bytes.get(1)?.[0];
      return raw && raw.length > 0 ? parseJson(decodeUtf8(raw)).value : null;
    }
    case 'items':
      return (parts.bytes.get(1) ?? []).map((item) => decodeUtf8(item));
    case 'quantity':
      return decodeUtf8(parts.bytes.get(1)?.[0] ?? new Uint8Array()) || '0';
    case 'intstr':
      if ((parts.ints.get(1) ?? 0) === 0) return parts.ints.get(2) ?? 0;
      return decodeUtf8(parts.bytes.get(3)?.[0] ?? new Uint8Array());
    case 'time':
    case 'microtime':
      return bytes.length === 0 ? null : timeText(parts.ints, type === 'microtime');
    case 'orlist': {
      const list = parts.bytes.get(2);
      if (list) return list.map((item) => jsonSchema(item, depth));
      return jsonSchema(parts.bytes.get(1)?.[0] ?? new Uint8Array(), depth);
    }
    case 'orbool': {
      const schema = parts.bytes.get(2)?.[0];
      return schema ? jsonSchema(schema, depth) : (parts.ints.get(1) ?? 0) !== 0;
    }
    case 'orstrings': {
      const names = parts.bytes.get(2);
      if (names) return names.map((item) => decodeUtf8(item));
      return jsonSchema(parts.bytes.get(1)?.[0] ?? new Uint8Array(), depth);
    }
    default:
      throw new ProtobufError(`unknown type ${type}`);
  }
}

const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';

function jsonSchema(bytes: Uint8Array, depth: number): JsonObject {
  const out: JsonObject = {};
  fill(out, messageOf(JSON_SCHEMA) as Message, new Reader(bytes), depth + 1);
  return out;
}

/** Numbers and byte fields of a message without further structure. */
function plainFields(
  bytes: Uint8Array,
  depth: number,
): { readonly ints: Map<number, number>; readonly bytes: Map<number, Uint8Array[]> } {
  if (depth > MAX_DEPTH) throw new ProtobufError('exceeded max depth');
  const ints = new Map<number, number>();
  const parts = new Map<number, Uint8Array[]>();
  const reader = new Reader(bytes);
  while (!reader.done) {
    const { number, wire } = reader.tag();
    if (wire === 0) ints.set(number, reader.int());
    else if (wire === 2) {
      const list = parts.get(number);
      if (list) list.push(reader.bytes());
      else parts.set(number, [reader.bytes()]);
    } else reader.skip(wire);
  }
  return { ints, bytes: parts };
}

const NANOS_PER_MICRO = 1000;
const MS_PER_SECOND = 1000;
/** The years that RFC 3339 can write. */
const MAX_SECONDS = 253_402_300_799;
const MIN_SECONDS = -62_167_219_200;

function timeText(ints: ReadonlyMap<number, number>, withMicros: boolean): string {
  const seconds = ints.get(1) ?? 0;
  if (seconds > MAX_SECONDS || seconds < MIN_SECONDS) {
    throw new ProtobufError('Time.MarshalJSON: year outside of range [0,9999]');
  }
  const whole = new Date(seconds * MS_PER_SECOND).toISOString().slice(0, 19);
  if (!withMicros) return `${whole}Z`;
  const micros = Math.floor((ints.get(2) ?? 0) / NANOS_PER_MICRO);
  return `${whole}.${String(micros).padStart(6, '0')}Z`;
}

function expectWire(wire: number, wanted: number, name: string): void {
  if (wire === wanted) return;
  const go = name.slice(0, 1).toUpperCase() + name.slice(1);
  throw new ProtobufError(`proto: wrong wireType = ${wire} for field ${go}`);
}

function expectBytes(reader: Reader, wire: number, name: string): Uint8Array {
  expectWire(wire, 2, name);
  return reader.bytes();
}

/** Protobuf's wire format. */
class Reader {
  readonly #data: Uint8Array;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }

  get done(): boolean {
    return this.#at >= this.#data.length;
  }

  tag(): { readonly number: number; readonly wire: number } {
    const value = this.#varint();
    const number = Number(value >> 3n);
    const wire = Number(value & 7n);
    if (number <= 0) throw new ProtobufError(`proto: illegal tag ${number} (wire type ${value})`);
    return { number, wire };
  }

  int(): number {
    return Number(BigInt.asIntN(64, this.#varint()));
  }

  double(): number {
    const bytes = this.#take(8);
    return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
  }

  bytes(): Uint8Array {
    const length = this.#varint();
    if (length > BigInt(this.#data.length - this.#at)) throw new ProtobufError('unexpected EOF');
    return this.#take(Number(length));
  }

  text(): string {
    return decodeUtf8(this.bytes());
  }

  skip(wire: number): void {
    if (wire === 0) this.#varint();
    else if (wire === 1) this.#take(8);
    else if (wire === 2) this.bytes();
    else if (wire === 5) this.#take(4);
    else if (wire === 3) this.#skipGroup();
    else throw new ProtobufError(`proto: illegal wireType ${wire}`);
  }

  #skipGroup(): void {
    let depth = 1;
    while (depth > 0) {
      const { wire } = this.tag();
      if (wire === 3) depth++;
      else if (wire === 4) depth--;
      else this.skip(wire);
    }
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift >= 64n) throw new ProtobufError('proto: integer overflow');
      const byte = this.#data[this.#at++];
      if (byte === undefined) throw new ProtobufError('unexpected EOF');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
  }

  #take(length: number): Uint8Array {
    const from = this.#at;
    if (from + length > this.#data.length) throw new ProtobufError('unexpected EOF');
    this.#at += length;
    return this.#data.subarray(from, from + length);
  }
}
