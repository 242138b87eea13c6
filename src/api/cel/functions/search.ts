/**
 * indexOf and lastIndexOf, of strings and of lists.
 *
 * Models: cel-go ext/strings.go, k8s.io/apiserver pkg/cel/library/lists.go (v1.36)
 */
import { equalValues } from '../equality.ts';
import { CelError, CelList, type CelValue } from '../values.ts';
import type { Impl } from './impl.ts';

const outOfRange = (at: number): CelError => new CelError(`index out of range: ${at}`);

function matchesAt(text: readonly string[], part: readonly string[], at: number): boolean {
  return part.every((char, i) => text[at + i] === char);
}

function inString(text: string, part: string, from: number): CelValue {
  if (part === '') return BigInt(from);
  const chars = Array.from(text);
  const wanted = Array.from(part);
  if (from < 0) return outOfRange(from);
  for (let i = from; i <= chars.length - wanted.length; i += 1) {
    if (matchesAt(chars, wanted, i)) return BigInt(i);
  }
  return -1n;
}

function lastInString(text: string, part: string, given: number | undefined): CelValue {
  const chars = Array.from(text);
  const wanted = Array.from(part);
  if (part === '') return BigInt(given ?? chars.length);
  if (given === undefined && chars.length < wanted.length) return -1n;
  const from = given ?? chars.length - 1;
  if (from < 0) return outOfRange(from);
  if (from >= chars.length) return -1n;
  for (let i = Math.min(from, chars.length - wanted.length); i >= 0; i -= 1) {
    if (matchesAt(chars, wanted, i)) return BigInt(i);
  }
  return -1n;
}

function inList(list: CelList, item: CelValue, order: readonly number[]): CelValue {
  return BigInt(order.find((i) => equalValues(list.at(i), item) === true) ?? -1);
}

const indices = (list: CelList): number[] => Array.from({ length: list.size }, (_, i) => i);

export const indexOf: Impl = (target = null, part = null, from) => {
  if (target instanceof CelList) return inList(target, part, indices(target));
  if (typeof target !== 'string' || typeof part !== 'string') return undefined;
  if (from !== undefined && typeof from !== 'bigint') return undefined;
  return inString(target, part, Number(from ?? 0n));
};

export const lastIndexOf: Impl = (target = null, part = null, from) => {
  if (target instanceof CelList) return inList(target, part, indices(target).reverse());
  if (typeof target !== 'string' || typeof part !== 'string') return undefined;
  if (from !== undefined && typeof from !== 'bigint') return undefined;
  return lastInString(target, part, from === undefined ? undefined : Number(from));
};
