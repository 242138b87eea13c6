/**
 * Sets of indexes of an Indexed Job, written `0,2-4,7`.
 *
 * Models: pkg/apis/batch/validation validation.go, validateIndexesFormat, parseIndexInterval,
 *         validateFailedIndexesNotOverlapCompleted (v1.36)
 */
import { goQuote } from '../../meta/go-text.ts';

interface Interval {
  readonly first: number;
  readonly last: number;
}

export type Parsed<T> = { readonly value: T } | { readonly error: string };

const INTEGER = /^[+-]?[0-9]+$/;

function parseIndex(text: string, completions: number): Parsed<number> {
  if (!INTEGER.test(text)) {
    return { error: `cannot convert string to integer for index: ${goQuote(text)}` };
  }
  const value = Number(text);
  return value < completions ? { value } : { error: `too large index: ${goQuote(text)}` };
}

function parseInterval(text: string, completions: number): Parsed<Interval> {
  const limits = text.split('-');
  if (limits.length > 2) {
    const rule = "that an index interval can have at most two parts separated by '-'";
    return { error: `the fragment ${goQuote(text)} violates the requirement ${rule}` };
  }
  const first = parseIndex(limits[0] ?? '', completions);
  if ('error' in first) return first;
  if (limits.length === 1) return { value: { first: first.value, last: first.value } };
  const last = parseIndex(limits[1] ?? '', completions);
  if ('error' in last) return last;
  return first.value < last.value
    ? { value: { first: first.value, last: last.value } }
    : notIncreasing(first.value, last.value);
}

function notIncreasing(previous: number, current: number): { readonly error: string } {
  return { error: `non-increasing order, previous: ${previous}, current: ${current}` };
}

/** How many indexes |text| names, all of them below |completions|. */
export function countIndexes(text: string, completions: number): Parsed<number> {
  if (text === '') return { value: 0 };
  let total = 0;
  let previous: number | undefined;
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions);
    if ('error' in interval) return interval;
    const { first, last } = interval.value;
    if (previous !== undefined && previous >= first) return notIncreasing(previous, first);
    total += last - first + 1;
    previous = last;
  }
  return { value: total };
}

function readable(text: string, completions: number): Interval[] {
  if (text === '') return [];
  return text.split(',').flatMap((part) => {
    const interval = parseInterval(part, completions);
    return 'value' in interval ? [interval.value] : [];
  });
}

/** The first index that is in both sets; what cannot be read counts for nothing. */
export function sharedIndex(a: string, b: string, completions: number): number | undefined {
  const left = readable(a, completions);
  const right = readable(b, completions);
  for (let i = 0, k = 0; i < left.length && k < right.length; ) {
    const x = left[i] as Interval;
    const y = right[k] as Interval;
    if (x.first <= y.last && y.first <= x.last) return Math.max(x.first, y.first);
    if (x.first <= y.first) i++;
    else k++;
  }
  return undefined;
}
