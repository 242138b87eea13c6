/** A unified diff of two texts, by longest common subsequence of lines. Bounded: long texts are cut. */

const CONTEXT_LINES = 3;
/** Beyond this many lines the comparison would take too long: the texts are shown as replaced. */
const MAX_LINES = 3_000;

interface Edit {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

/** '' when both are equal. */
export function unifiedDiff(before: string, after: string, from: string, to: string): string {
  if (before === after) return '';
  const a = lines(before);
  const b = lines(after);
  const edits =
    a.length > MAX_LINES || b.length > MAX_LINES
      ? [...a.map(removed), ...b.map(added)]
      : compare(a, b);
  return `--- ${from}\n+++ ${to}\n${hunks(edits)}`;
}

function lines(text: string): string[] {
  const list = text.split('\n');
  if (list.at(-1) === '') list.pop();
  return list;
}

const removed = (line: string): Edit => ({ mark: '-', line });
const added = (line: string): Edit => ({ mark: '+', line });

function compare(a: readonly string[], b: readonly string[]): Edit[] {
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const below = table[(i + 1) * width + j] as number;
      const right = table[i * width + j + 1] as number;
      table[i * width + j] =
        a[i] === b[j] ? (table[(i + 1) * width + j + 1] as number) + 1 : Math.max(below, right);
    }
  }
  const edits: Edit[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      edits.push({ mark: ' ', line: a[i] as string });
      i++;
      j++;
    } else if (
      i < a.length &&
      (j >= b.length ||
        (table[(i + 1) * width + j] as number) >= (table[i * width + j + 1] as number))
    ) {
      edits.push(removed(a[i++] as string));
    } else {
      edits.push(added(b[j++] as string));
    }
  }
  return edits;
}

function hunks(edits: readonly Edit[]): string {
  const near = edits.map(() => false);
  edits.forEach((e, i) => {
    if (e.mark === ' ') return;
    const from = Math.max(0, i - CONTEXT_LINES);
    const to = Math.min(edits.length - 1, i + CONTEXT_LINES);
    for (let k = from; k <= to; k++) near[k] = true;
  });
  let out = '';
  let a = 1;
  let b = 1;
  for (let i = 0; i < edits.length; ) {
    if (!near[i]) {
      a++;
      b++;
      i++;
      continue;
    }
    let end = i;
    while (end < edits.length && near[end]) end++;
    const part = edits.slice(i, end);
    const inA = part.filter((e) => e.mark !== '+').length;
    const inB = part.filter((e) => e.mark !== '-').length;
    out += `@@ -${inA === 0 ? 0 : a},${inA} +${b},${inB} @@\n`;
    for (const e of part) out += `${e.mark}${e.line}\n`;
    a += inA;
    b += inB;
    i = end;
  }
  return out;
}
