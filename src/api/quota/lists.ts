/**
 * Arithmetic on resource lists.
 *
 * Models: k8s.io/apiserver pkg/quota/v1 resources.go (v1.36)
 */
import { compareText } from '../meta/go-text.ts';
import { addQuantity, compareQuantity, quantitySign, subtractQuantity } from '../meta/quantity.ts';

export type List = Readonly<Record<string, string>>;

export function addLists(a: List, b: List): Record<string, string> {
  const sum: Record<string, string> = { ...a };
  for (const [name, value] of Object.entries(b)) {
    const known = sum[name];
    sum[name] = known === undefined ? value : addQuantity(known, value);
  }
  return sum;
}

/** a − b, but never less than nothing; zeros are left out. */
export function moreThan(a: List, b: List): Record<string, string> {
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(a)) {
    const left = subtractQuantity(value, b[name] ?? '0');
    if (quantitySign(left) > 0) rest[name] = left;
  }
  return rest;
}

export function withoutZeros(list: List): Record<string, string> {
  return Object.fromEntries(Object.entries(list).filter(([, value]) => quantitySign(value) !== 0));
}

/** The entries of |list| whose names |wanted| has. */
export function mask(list: List, wanted: { has(name: string): boolean }): Record<string, string> {
  return Object.fromEntries(Object.entries(list).filter(([name]) => wanted.has(name)));
}

export function sameLists(a: List | undefined, b: List | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const names = Object.keys(a);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => {
    const other = b[name];
    return other !== undefined && compareQuantity(a[name] ?? '0', other) === 0;
  });
}

/** `cpu=1,memory=1Gi` */
export function listText(list: List): string {
  return Object.keys(list)
    .sort(compareText)
    .map((name) => `${name}=${list[name]}`)
    .join(',');
}
