/**
 * Values while an expression runs. Integers are bigint, doubles are number; an error is a value too, because
 * `&&`, `||` and `?:` may leave it unseen.
 *
 * Models: cel-go common/types
 */
import type { CelType } from './types.ts';

export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelUint
  | CelDuration
  | CelTimestamp
  | CelList
  | CelMap
  | CelStruct
  | CelOptional
  | CelTypeValue
  | CelOpaque
  | CelError;

export class CelError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

export class CelUint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

export class CelDuration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class CelTimestamp {
  /** Since 1970. */
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class CelOptional {
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

export const NONE = new CelOptional(undefined);

export class CelTypeValue {
  readonly type: CelType;
  constructor(type: CelType) {
    this.type = type;
  }
}

/** A value of a Kubernetes library: a quantity, a URL, an authorizer. */
export abstract class CelOpaque {
  abstract readonly typeName: string;
  /** Bytes, where the cost of an operation depends on them. */
  readonly size: number | undefined = undefined;
  abstract equals(other: CelValue): boolean | CelError;
}

export abstract class CelList {
  abstract readonly size: number;
  abstract at(index: number): CelValue;
  /** Order does not count in sets and maps (x-kubernetes-list-type). */
  readonly listType: 'atomic' | 'set' | 'map' = 'atomic';
  /** What makes elements of a list map the same: see equality.ts. */
  readonly mapKeys: readonly string[] = [];

  *[Symbol.iterator](): Iterator<CelValue> {
    for (let i = 0; i < this.size; i += 1) yield this.at(i);
  }
}

/**
 * Elements in an array that may hold more than the list's |size|: appending to the longest list of an
 * array does not copy, so that folding into a list takes time in proportion to its length.
 */
export class ArrayList extends CelList {
  readonly size: number;
  private readonly items: CelValue[];
  constructor(items: CelValue[], size = items.length) {
    super();
    this.items = items;
    this.size = size;
  }
  at(index: number): CelValue {
    return this.items[index] as CelValue;
  }
  concat(other: CelList): ArrayList {
    const items = this.items.length === this.size ? this.items : this.items.slice(0, this.size);
    // Read before appending: the other list may stand on the same array.
    const more = [...other];
    for (const item of more) items.push(item);
    return new ArrayList(items);
  }
}

export abstract class CelMap {
  abstract readonly size: number;
  abstract find(key: CelValue): CelValue | undefined;
  abstract keys(): readonly CelValue[];
}

interface MapSlot {
  readonly at: number;
  readonly key: CelValue;
  readonly value: CelValue;
}

/** Grows like ArrayList: inserting into the newest map of a store does not copy. */
export class EntryMap extends CelMap {
  readonly size: number;
  private readonly store: Map<string, MapSlot>;
  constructor(store: Map<string, MapSlot> = new Map(), size = store.size) {
    super();
    this.store = store;
    this.size = size;
  }
  static of(entries: Iterable<readonly [CelValue, CelValue]>): EntryMap {
    const store = new Map<string, MapSlot>();
    for (const [key, value] of entries) {
      const text = keyText(key) ?? '';
      store.set(text, { at: store.get(text)?.at ?? store.size, key, value });
    }
    return new EntryMap(store);
  }
  find(key: CelValue): CelValue | undefined {
    const text = keyText(key);
    const slot = text === undefined ? undefined : this.store.get(text);
    return slot !== undefined && slot.at < this.size ? slot.value : undefined;
  }
  keys(): readonly CelValue[] {
    return [...this.store.values()].slice(0, this.size).map((slot) => slot.key);
  }
  insert(key: CelValue, value: CelValue): EntryMap {
    const own = this.store.size === this.size;
    const store = own ? this.store : new Map([...this.store].slice(0, this.size));
    store.set(keyText(key) ?? '', { at: store.size, key, value });
    return new EntryMap(store);
  }
}

/** A constructed object: `Object{spec: …}`. */
export class CelStruct {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, CelValue>;
  constructor(typeName: string, fields: ReadonlyMap<string, CelValue>) {
    this.typeName = typeName;
    this.fields = fields;
  }
}

/** Numbers that are equal are the same key, whatever their type. */
export function keyText(key: CelValue): string | undefined {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'bigint') return `n${key}`;
  if (key instanceof CelUint) return `n${key.value}`;
  if (typeof key === 'number') return Number.isInteger(key) ? `n${BigInt(key)}` : undefined;
  return typeof key === 'boolean' ? `b${key}` : undefined;
}

/** `type(x)`, and how messages about overloads call it. */
export function typeNameOf(value: CelValue): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    case 'string':
      return 'string';
    default:
      break;
  }
  if (value === null) return 'null_type';
  if (value instanceof CelList) return 'list';
  if (value instanceof CelMap) return 'map';
  if (value instanceof CelUint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof CelDuration) return 'google.protobuf.Duration';
  if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp';
  if (value instanceof CelOptional) return 'optional_type';
  if (value instanceof CelTypeValue) return 'type';
  if (value instanceof CelOpaque || value instanceof CelStruct) return value.typeName;
  return 'error';
}

/** Number of code points. */
export function stringSize(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length - 1; i += 1) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      if (next >= 0xdc00 && next < 0xe000) {
        size -= 1;
        i += 1;
      }
    }
  }
  return size;
}

/** What the cost of an operation is measured by: 1 for what has no size. */
export function actualSize(value: CelValue): number {
  if (typeof value === 'string') return stringSize(value);
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof CelOpaque) return value.size ?? 1;
  if (value instanceof CelOptional && value.value !== undefined) return actualSize(value.value);
  return 1;
}

export const NO_SUCH_OVERLOAD = new CelError('no such overload');
