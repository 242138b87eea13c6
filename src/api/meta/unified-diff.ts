/**
 * Unified differences of two texts, as update errors show them.
 *
 * Models: github.com/pmezard/go-difflib (a port of Python's difflib) as used by
 *         k8s.io/apimachinery/pkg/util/diff (v1.36)
 */
import { goJson } from './go-text.ts';

interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

interface OpCode {
  readonly tag: 'replace' | 'delete' | 'insert' | 'equal';
  readonly a1: number;
  readonly a2: number;
  readonly b1: number;
  readonly b2: number;
}

const CONTEXT_LINES = 3;
const POPULAR_MIN_LINES = 200; // difflib's autojunk: from here on frequent lines do not anchor

/** The unified difference without file names; empty when the texts are equal. */
export function unifiedDiff(before: string, after: string): string {
  const a = splitLines(before);
  const b = splitLines(after);
  let out = '';
  for (const group of groupedOpCodes(opCodes(a, b))) {
    const first = group[0];
    const last = group.at(-1);
    if (first === undefined || last === undefined) continue;
    out += `@@ -${range(first.a1, last.a2)} +${range(first.b1, last.b2)} @@\n`;
    for (const { tag, a1, a2, b1, b2 } of group) {
      if (tag === 'equal') for (const line of a.slice(a1, a2)) out += ` ${line}`;
      if (tag === 'replace' || tag === 'delete')
        for (const line of a.slice(a1, a2)) out += `-${line}`;
      if (tag === 'replace' || tag === 'insert')
        for (const line of b.slice(b1, b2)) out += `+${line}`;
    }
  }
  return out;
}

/** The difference of two values in their indented JSON forms. */
export function jsonDiff(before: unknown, after: unknown): string {
  return unifiedDiff(goJson(before, 1), goJson(after, 1));
}

/** Every line with its line feed; the library adds one to the last. */
function splitLines(text: string): string[] {
  return text.split('\n').map((line) => `${line}\n`);
}

function range(start: number, stop: number): string {
  const length = stop - start;
  if (length === 1) return `${start + 1}`;
  return `${length === 0 ? start : start + 1},${length}`;
}

function indexLines(lines: readonly string[]): Map<string, number[]> {
  const index = new Map<string, number[]>();
  lines.forEach((line, i) => {
    const at = index.get(line);
    if (at === undefined) index.set(line, [i]);
    else at.push(i);
  });
  if (lines.length >= POPULAR_MIN_LINES) {
    const most = Math.trunc(lines.length / 100) + 1;
    for (const [line, at] of index) if (at.length > most) index.delete(line);
  }
  return index;
}

/** The longest run of equal lines within the bounds, earliest first. */
function longestMatch(
  a: readonly string[],
  b: readonly string[],
  index: ReadonlyMap<string, readonly number[]>,
  [alo, ahi, blo, bhi]: readonly [number, number, number, number],
): Match {
  let best: Match = { a: alo, b: blo, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = alo; i < ahi; i++) {
    const next = new Map<number, number>();
    for (const j of index.get(a[i] ?? '') ?? []) {
      if (j < blo) continue;
      if (j >= bhi) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  // Lines that are too frequent to anchor a match may still extend it.
  let { a: at, b: bt, size } = best;
  while (at > alo && bt > blo && a[at - 1] === b[bt - 1]) {
    at--;
    bt--;
    size++;
  }
  while (at + size < ahi && bt + size < bhi && a[at + size] === b[bt + size]) size++;
  return { a: at, b: bt, size };
}

function matches(a: readonly string[], b: readonly string[]): Match[] {
  const index = indexLines(b);
  const found: Match[] = [];
  const queue: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (;;) {
    const bounds = queue.pop();
    if (bounds === undefined) break;
    const match = longestMatch(a, b, index, bounds);
    if (match.size === 0) continue;
    const [alo, ahi, blo, bhi] = bounds;
    found.push(match);
    if (alo < match.a && blo < match.b) queue.push([alo, match.a, blo, match.b]);
    const aEnd = match.a + match.size;
    const bEnd = match.b + match.size;
    if (aEnd < ahi && bEnd < bhi) queue.push([aEnd, ahi, bEnd, bhi]);
  }
  return joinAdjacent(found.sort((x, y) => x.a - y.a || x.b - y.b));
}

function joinAdjacent(found: readonly Match[]): Match[] {
  const joined: Match[] = [];
  for (const match of found) {
    const last = joined.at(-1);
    if (last !== undefined && last.a + last.size === match.a && last.b + last.size === match.b) {
      joined[joined.length - 1] = { a: last.a, b: last.b, size: last.size + match.size };
    } else joined.push(match);
  }
  return joined;
}

function opCodes(a: readonly string[], b: readonly string[]): OpCode[] {
  const codes: OpCode[] = [];
  let i = 0;
  let j = 0;
  for (const match of [...matches(a, b), { a: a.length, b: b.length, size: 0 }]) {
    const tag = i < match.a ? (j < match.b ? 'replace' : 'delete') : j < match.b ? 'insert' : null;
    if (tag !== null) codes.push({ tag, a1: i, a2: match.a, b1: j, b2: match.b });
    i = match.a + match.size;
    j = match.b + match.size;
    if (match.size > 0) codes.push({ tag: 'equal', a1: match.a, a2: i, b1: match.b, b2: j });
  }
  return codes;
}

/** Splits at long equal stretches, keeping a few lines of context around each change. */
function groupedOpCodes(codes: readonly OpCode[]): OpCode[][] {
  const groups: OpCode[][] = [];
  let group: OpCode[] = [];
  const n = CONTEXT_LINES;
  codes.forEach((code, at) => {
    let { a1, b1, a2, b2 } = code;
    if (code.tag === 'equal') {
      if (at === 0) [a1, b1] = [Math.max(a1, a2 - n), Math.max(b1, b2 - n)];
      if (at === codes.length - 1) [a2, b2] = [Math.min(a2, a1 + n), Math.min(b2, b1 + n)];
      if (a2 - a1 > n + n) {
        group.push({ tag: 'equal', a1, a2: Math.min(a2, a1 + n), b1, b2: Math.min(b2, b1 + n) });
        groups.push(group);
        group = [];
        [a1, b1] = [Math.max(a1, a2 - n), Math.max(b1, b2 - n)];
      }
    }
    group.push({ tag: code.tag, a1, a2, b1, b2 });
  });
  if (group.length > 0 && !(group.length === 1 && group[0]?.tag === 'equal')) groups.push(group);
  return groups;
}
