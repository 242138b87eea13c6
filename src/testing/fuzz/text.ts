/**
 * JSON that JSON.stringify cannot write: numbers out of range, the same key twice, `__proto__`, any
 * depth. What the arbitraries make is plain JSON with a few of these in between.
 */

/** Stands for itself in the text. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** An object whose keys may repeat. */
export class Pairs {
  readonly pairs: readonly (readonly [string, Value])[];

  constructor(pairs: readonly (readonly [string, Value])[]) {
    this.pairs = pairs;
  }
}

/** |depth| objects or lists, one in the other. */
export class Nest {
  readonly depth: number;
  readonly open: string;
  readonly close: string;

  constructor(depth: number, open: string, close: string) {
    this.depth = depth;
    this.open = open;
    this.close = close;
  }
}

export type Value =
  | null
  | boolean
  | number
  | string
  | Raw
  | Pairs
  | Nest
  | readonly Value[]
  | ValueObject;

export interface ValueObject {
  readonly [key: string]: Value;
}

export function isObject(value: Value | undefined): value is ValueObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Raw || value instanceof Pairs || value instanceof Nest)
  );
}

export function writeText(value: Value): string {
  if (value instanceof Raw) return value.text;
  if (value instanceof Nest)
    return value.open.repeat(value.depth) + value.close.repeat(value.depth);
  if (value instanceof Pairs) return writePairs(value.pairs);
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(writeText).join(',')}]`;
  if (isObject(value)) return writePairs(Object.entries(value));
  return JSON.stringify(value);
}

function writePairs(pairs: readonly (readonly [string, Value])[]): string {
  return `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:${writeText(value)}`).join(',')}}`;
}

/** The value as a decoder that keeps the last of equal keys would see it; nesting is left out. */
export function plain(value: Value): unknown {
  if (value instanceof Raw || value instanceof Nest) return null;
  if (value instanceof Pairs) return plain(Object.fromEntries(value.pairs));
  if (Array.isArray(value)) return (value as readonly Value[]).map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

/** |value| with |next| at |path|; undefined takes away what is there. Shares what it does not change. */
export function withValue(
  value: Value | undefined,
  path: readonly (string | number)[],
  next: Value | undefined,
): Value {
  const [head, ...rest] = path;
  if (head === undefined) return next ?? null;
  if (typeof head === 'number') {
    const list = Array.isArray(value) ? [...(value as readonly Value[])] : [];
    if (rest.length === 0 && next === undefined) list.splice(head, 1);
    else list[Math.min(head, list.length)] = withValue(list[head], rest, next);
    return list;
  }
  const entries = Object.entries(isObject(value) ? value : {});
  const others = entries.filter(([key]) => key !== head);
  if (rest.length === 0 && next === undefined) return Object.fromEntries(others);
  const old = entries.find(([key]) => key === head)?.[1];
  return Object.fromEntries([...others, [head, withValue(old, rest, next)]]);
}

export function valueAt(
  value: Value | undefined,
  path: readonly (string | number)[],
): Value | undefined {
  let at = value;
  for (const step of path) {
    if (typeof step === 'number')
      at = Array.isArray(at) ? (at as readonly Value[])[step] : undefined;
    else at = isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  }
  return at;
}
