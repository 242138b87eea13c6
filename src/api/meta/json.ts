/** Plain JSON values: cloning, comparing, freezing. Hot paths of the API server. */
import { roomFor } from './roomy.ts';

/** A deep, mutable copy. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length);
    for (let i = 0; i < value.length; i++) {
      const item: unknown = value[i];
      copy[i] = typeof item === 'object' && item !== null ? cloneJson(item) : item;
    }
    return copy as T;
  }
  const source = value as Record<string, unknown>;
  const keys = Object.keys(source);
  const copy = roomFor(keys.length);
  for (const key of keys) {
    const item = source[key];
    if (item === undefined) continue;
    copy[key] = typeof item === 'object' && item !== null ? cloneJson(item) : item;
  }
  return copy as T;
}

/**
 * A copy of the object alone, with room for |more| fields; what is below stays shared. A spread does
 * the same, but where objects of many shapes pass by, every object it makes gets a shape of its own.
 */
export function shallowCopy<T extends object>(value: T, more = 0): T {
  const source = value as Record<string, unknown>;
  const keys = Object.keys(source);
  const copy = roomFor(keys.length + more);
  for (const key of keys) {
    if (key === '__proto__') setOwnField(copy, key, source[key]);
    else copy[key] = source[key];
  }
  return copy as T;
}

function setOwnField(object: object, key: string, value: unknown): void {
  const rest = { enumerable: true, configurable: true, writable: true };
  Object.defineProperty(object, key, { value, ...rest });
}

/** A deep copy of |value|, but for the parts that are |old|'s own: those are shared. */
export function cloneUnlike<T>(value: T, old: unknown): T {
  if (value === old || typeof value !== 'object' || value === null) return value;
  if (typeof old !== 'object' || old === null || Array.isArray(value) !== Array.isArray(old)) {
    return cloneJson(value);
  }
  const before = old as Readonly<Record<string, unknown>>;
  if (Array.isArray(value)) {
    return value.map((item: unknown, i) => cloneUnlike(item, before[i])) as T;
  }
  const copy: Record<string, unknown> = {};
  const source = value as Record<string, unknown>;
  for (const key in source) {
    const item = source[key];
    if (item !== undefined) copy[key] = cloneUnlike(item, before[key]);
  }
  return copy as T;
}

/** Deep equality; a key with value undefined equals a missing key; shared parts cost nothing. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!equalJson(a[i], b[i])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const x = a as Record<string, unknown>;
  const y = b as Record<string, unknown>;
  for (const key in x) if (!equalJson(x[key], y[key])) return false;
  for (const key in y) if (y[key] !== undefined && x[key] === undefined) return false;
  return true;
}

/** Freezes a value and everything below it; stops at parts that are frozen already. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  const source = value as Record<string, unknown>;
  for (const key in source) deepFreeze(source[key]);
  return value;
}

/** JSON text with keys in order, for hashes and comparisons that must not depend on insertion order. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const source = value as Record<string, unknown>;
  const parts: string[] = [];
  for (const key of Object.keys(source).sort()) {
    if (source[key] !== undefined)
      parts.push(`${JSON.stringify(key)}:${canonicalJson(source[key])}`);
  }
  return `{${parts.join(',')}}`;
}
