/**
 * The pod-template-hash label: FNV-32a over Go's dump of the v1.PodTemplateSpec struct.
 *
 * Models:     pkg/controller controller_utils.go ComputeHash, pkg/util/hash, k8s.io/utils/dump ForHash
 *             (go-spew's %#v without methods), apimachinery rand.SafeEncodeString (v1.36)
 * Simplified: times inside template metadata count as unset; nobody writes them there
 */
import { goStructs } from '../generated/go-structs.ts';
import type { PodTemplateSpec } from '../generated/types.ts';
import { compareText } from './go-text.ts';
import { type ParsedQuantity, parseQuantity } from './quantity.ts';

/** Writes a value of one Go type without the type's name in front. */
type Dumper = (value: unknown) => string;

const dumpers = new Map<string, Dumper>();

function dumperOf(type: string): Dumper {
  let dumper = dumpers.get(type);
  if (dumper === undefined) {
    // Types refer to each other, so the final dumper is looked up when first used.
    dumpers.set(type, (value) => dumperOf(type)(value));
    dumper = makeDumper(type);
    dumpers.set(type, dumper);
  }
  return dumper;
}

function makeDumper(type: string): Dumper {
  switch (type) {
    case 'string':
      return (value) => (value as string | undefined) ?? '';
    case 'bool':
      return (value) => (value === true ? 'true' : 'false');
    case 'int32':
    case 'int64':
    case 'uint8':
      return (value) => String(value ?? 0);
    case 'resource.Quantity':
      return dumpQuantity;
    case 'intstr.IntOrString':
      return dumpIntOrString;
    case 'v1.Time':
      return () => ZERO_TIME;
    default:
  }
  if (type.startsWith('*')) return orNil(dumperOf(type.slice(1)));
  if (type.startsWith('[]')) {
    const item = dumperOf(type.slice(2));
    return orNil((value) => `[${(value as readonly unknown[]).map(item).join(' ')}]`);
  }
  if (type.startsWith('map[')) {
    return orNil(mapDumper(dumperOf(type.slice(type.indexOf(']') + 1))));
  }
  const definition = goStructs.v1[type];
  if (definition === undefined) throw new Error(`no Go type ${type}`);
  return definition.startsWith('=') ? dumperOf(definition.slice(1)) : structDumper(definition);
}

function orNil(dumper: Dumper): Dumper {
  return (value) => (value === undefined || value === null ? '<nil>' : dumper(value));
}

function mapDumper(item: Dumper): Dumper {
  return (value) => {
    const map = value as Readonly<Record<string, unknown>>;
    const keys = Object.keys(map).sort(compareText);
    return `map[${keys.map((key) => `${key}:${item(map[key])}`).join(' ')}]`;
  };
}

function structDumper(definition: string): Dumper {
  const fields = definition.split(';').map((field) => {
    const [goName = '', jsonName = '', type = ''] = field.split(' ');
    return { head: `${goName}:(${type})`, jsonName, dumper: dumperOf(type) };
  });
  return (value) => {
    const object = value as Readonly<Record<string, unknown>> | undefined | null;
    const parts = fields.map(({ head, jsonName, dumper }) => {
      // Fields of embedded structs stand in the object itself.
      const field = jsonName === '' ? object : object?.[jsonName];
      return head + dumper(field);
    });
    return `{${parts.join(' ')}}`;
  };
}

const ZERO_TIME = '{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}';

const dumpIntOrString: Dumper = (value) => {
  const isText = typeof value === 'string';
  const number = isText ? 0 : ((value as number | undefined) ?? 0);
  const text = isText ? value : '';
  return `{Type:(intstr.Type)${isText ? 1 : 0} IntVal:(int32)${number} StrVal:(string)${text}}`;
};

const dumpQuantity: Dumper = (value) => {
  const q = value === undefined || value === null ? undefined : parseQuantity(value as string);
  const small = q !== undefined && !q.big;
  const amount = small ? `${q.unscaled}` : '0';
  const scale = small ? q.scale : 0;
  return (
    `{i:(resource.int64Amount){value:(int64)${amount} scale:(resource.Scale)${scale}} ` +
    `d:(resource.infDecAmount){Dec:(*inf.Dec)${q?.big === true ? dumpDecimal(q) : '<nil>'}} ` +
    `s:(string)${q?.text ?? ''} Format:(resource.Format)${q?.format ?? ''}}`
  );
};

const WORD_BITS = 64n; // big.Word on the machines that run Kubernetes

function dumpDecimal({ unscaled, scale }: ParsedQuantity): string {
  const words: string[] = [];
  for (let rest = unscaled < 0n ? -unscaled : unscaled; rest > 0n; rest >>= WORD_BITS) {
    words.push(`${BigInt.asUintN(Number(WORD_BITS), rest)}`);
  }
  const abs = words.length === 0 ? '<nil>' : `[${words.join(' ')}]`;
  const big = `{neg:(bool)${unscaled < 0n} abs:(big.nat)${abs}}`;
  return `{unscaled:(big.Int)${big} scale:(inf.Scale)${-scale}}`;
}

/** The text that is hashed; tests compare it with Go's. */
export function dumpPodTemplate(template: PodTemplateSpec): string {
  return `(v1.PodTemplateSpec)${dumperOf('v1.PodTemplateSpec')(template)}`;
}

const FNV_OFFSET = 0x811c9dc5; // hash/fnv, 32 bit
const FNV_PRIME = 0x01000193;

function fnvByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, FNV_PRIME);
}

function fnvText(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      hash = fnvByte(hash, unit);
      continue;
    }
    const code = text.codePointAt(i) ?? 0;
    if (code > 0xffff) i++;
    for (const byte of utf8(code)) hash = fnvByte(hash, byte);
  }
  return hash;
}

function utf8(code: number): readonly number[] {
  const tail = (shift: number): number => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) return [0xc0 | (code >> 6), tail(0)];
  if (code < 0x10000) return [0xe0 | (code >> 12), tail(6), tail(0)];
  return [0xf0 | (code >> 18), tail(12), tail(6), tail(0)];
}

const SAFE_CHARACTERS = 'bcdfghjklmnpqrstvwxz2456789'; // apimachinery/pkg/util/rand

/** Letters and digits that make no words. */
export function safeEncode(text: string): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    out += SAFE_CHARACTERS.charAt(text.charCodeAt(i) % SAFE_CHARACTERS.length);
  }
  return out;
}

const hashes = new WeakMap<PodTemplateSpec, number>();

/** |template| as stored, with its defaults. |collisionCount| is that of the Deployment's status. */
export function podTemplateHash(template: PodTemplateSpec, collisionCount?: number): string {
  let hash = hashes.get(template);
  if (hash === undefined) {
    hash = fnvText(dumpPodTemplate(template));
    if (Object.isFrozen(template)) hashes.set(template, hash);
  }
  if (collisionCount !== undefined) {
    // Eight bytes, little-endian, of which upstream fills four.
    for (let i = 0; i < 8; i++) {
      hash = fnvByte(hash, i < 4 ? (collisionCount >>> (8 * i)) & 0xff : 0);
    }
  }
  return safeEncode(String(hash >>> 0));
}
