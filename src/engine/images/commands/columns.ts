/** Commands on fields and characters: sort, uniq, cut, tr. Models: busybox coreutils, C locale. */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { compareText, linesOf } from '../../node/runtime/text.ts';
import { LINE_US, readInputs, readOptions, usage } from './applet.ts';
import { readEscape } from './escapes.ts';

type Args = readonly string[];

interface SortKey {
  readonly from: number;
  readonly fromCharacter: number;
  readonly to: number | undefined;
  readonly flags: string;
}

export function* sortCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'nrughbfdsczViM', 'ktoST');
  if (unknown !== undefined)
    return usage(
      context,
      'sort',
      '[-nrughMcszbdfiokt] [-o FILE] [-k START[.OFFSET][OPTS][,END[.OFFSET][OPTS]] ' +
        '[-t CHAR] [FILE]...',
      unknown,
    );
  const { inputs, failed } = yield* readInputs(context, 'sort', operands);
  if (failed) return 2;
  const all = [...flags.keys()].filter((letter) => 'nrbfdghV'.includes(letter)).join('');
  const keys = (flags.get('k') ?? []).map(parseKey);
  const separator = flags.get('t')?.[0];
  const compare = (a: string, b: string): number => {
    for (const key of keys) {
      const order = compareBy(
        keyText(a, key, separator),
        keyText(b, key, separator),
        key.flags || all,
      );
      if (order !== 0) return order;
    }
    const whole = keys.length === 0 ? compareBy(a, b, all) : 0;
    if (whole !== 0 || flags.has('u') || flags.has('s')) return whole;
    return flags.has('r') ? compareText(b, a) : compareText(a, b);
  };
  if (flags.has('c'))
    return checkOrder(
      context,
      inputs.flatMap(({ text }) => linesOf(text)),
      compare,
    );
  let lines = inputs.flatMap(({ text }) => linesOf(text)).sort(compare);
  if (flags.has('u'))
    lines = lines.filter((line, i) => i === 0 || compare(lines[i - 1] as string, line) !== 0);
  yield* context.work(LINE_US * (lines.length + 1));
  const output = lines.map((line) => `${line}\n`).join('');
  const path = flags.get('o')?.[0];
  if (path === undefined) context.stdout(output);
  else {
    const file = context.open(path, 'write');
    if (typeof file === 'string') {
      context.stderr(`sort: can't open '${path}': ${file}\n`);
      return 2;
    }
    file.write(output);
    file.release();
  }
  return 0;
}

/** -c: the first line that is out of order is told. */
function checkOrder(
  context: ProcessContext,
  lines: Args,
  compare: (a: string, b: string) => number,
): number {
  const wrong = lines.findIndex((line, i) => i > 0 && compare(lines[i - 1] ?? '', line) > 0);
  if (wrong < 0) return 0;
  context.stderr(`Check line ${wrong}\n`);
  return 1;
}

function parseKey(text: string): SortKey {
  const match = /^(\d+)(?:\.(\d+))?([a-zA-Z]*)(?:,(\d+)(?:\.\d+)?([a-zA-Z]*))?$/.exec(text);
  const [, from = '1', character = '1', first = '', to, second = ''] = match ?? [];
  return {
    from: Number(from),
    fromCharacter: Number(character),
    to: to === undefined ? undefined : Number(to),
    flags: first + second,
  };
}

function keyText(line: string, key: SortKey, separator: string | undefined): string {
  const fields = separator === undefined ? (line.match(/\s*\S+/g) ?? []) : line.split(separator);
  const chosen = fields.slice(key.from - 1, key.to).join(separator ?? '');
  return key.fromCharacter > 1 ? chosen.trimStart().slice(key.fromCharacter - 1) : chosen;
}

function compareBy(a: string, b: string, flags: string): number {
  const sign = flags.includes('r') ? -1 : 1;
  if (flags.includes('V')) return sign * compareVersions(a, b);
  if (flags.includes('h')) return sign * (humanNumber(a) - humanNumber(b));
  if (/[ng]/.test(flags)) return sign * (leadingNumber(a) - leadingNumber(b));
  let [left, right] = flags.includes('b') ? [a.trimStart(), b.trimStart()] : [a, b];
  if (flags.includes('f')) [left, right] = [left.toUpperCase(), right.toUpperCase()];
  return sign * compareText(left, right);
}

function humanNumber(text: string): number {
  const [, number = '0', unit = ''] = /^\s*(-?\d*\.?\d*)([KMGTP]?)/i.exec(text) ?? [];
  return (Number(number) || 0) * 1_024 ** ('KMGTP'.indexOf(unit.toUpperCase() || '-') + 1);
}

/** Runs of digits compare as numbers. */
function compareVersions(a: string, b: string): number {
  const parts = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    const numeric = /^\d/.test(x) && /^\d/.test(y);
    const order = numeric ? Number(x) - Number(y) : compareText(x, y);
    if (order !== 0) return order;
  }
  return 0;
}

function leadingNumber(text: string): number {
  return Number(/^\s*(-?\d*\.?\d*)/.exec(text)?.[1] || 0) || 0;
}

export function* uniqCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'cdui', 'fsw');
  if (unknown !== undefined)
    return usage(context, 'uniq', '[-cduiz] [-f,s,w N] [FILE [OUTFILE]]', unknown);
  const { inputs, failed } = yield* readInputs(context, 'uniq', operands.slice(0, 1));
  if (failed) return 1;
  const skipped = Number(flags.get('f')?.[0] ?? 0);
  const keyOf = (line: string): string => {
    const fields = skipped > 0 ? line.replace(new RegExp(`^(\\s*\\S+){0,${skipped}}`), '') : line;
    return flags.has('i') ? fields.toLowerCase() : fields;
  };
  const print = (line: string, count: number): void => {
    if ((flags.has('d') && count < 2) || (flags.has('u') && count > 1)) return;
    context.stdout(flags.has('c') ? `${String(count).padStart(7)} ${line}\n` : `${line}\n`);
  };
  let current: string | undefined;
  let count = 0;
  for (const line of linesOf(inputs[0]?.text ?? '')) {
    yield* context.work(LINE_US);
    if (current !== undefined && keyOf(line) === keyOf(current)) {
      count++;
      continue;
    }
    if (current !== undefined) print(current, count);
    current = line;
    count = 1;
  }
  if (current !== undefined) print(current, count);
  return 0;
}

export function* cutCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'sn', 'bcfd');
  const list = flags.get('f')?.[0] ?? flags.get('c')?.[0] ?? flags.get('b')?.[0];
  if (unknown !== undefined || list === undefined) {
    if (unknown === undefined)
      context.stderr('cut: expected a list of bytes, characters, or fields\n');
    return usage(context, 'cut', '[OPTIONS] [FILE]...', unknown);
  }
  const chosen = parseList(list);
  if (!chosen) {
    context.stderr(`cut: bad list '${list}'\n`);
    return 1;
  }
  const delimiter = flags.get('d')?.[0] ?? '\t';
  const { inputs, failed } = yield* readInputs(context, 'cut', operands);
  for (const line of inputs.flatMap(({ text }) => linesOf(text))) {
    yield* context.work(LINE_US);
    if (!flags.has('f')) {
      context.stdout(`${[...line].filter((_, i) => chosen(i + 1)).join('')}\n`);
    } else if (line.includes(delimiter)) {
      context.stdout(
        `${line
          .split(delimiter)
          .filter((_, i) => chosen(i + 1))
          .join(delimiter)}\n`,
      );
    } else if (!flags.has('s')) context.stdout(`${line}\n`);
  }
  return failed ? 1 : 0;
}

/** `1,3-5,7-` → whether a place is chosen. */
function parseList(text: string): ((place: number) => boolean) | null {
  const ranges: [number, number][] = [];
  for (const part of text.split(',')) {
    const match = /^(\d*)(-?)(\d*)$/.exec(part);
    if (!match || part === '' || part === '-') return null;
    const [, from = '', dash, to = ''] = match;
    const low = from === '' ? 1 : Number(from);
    ranges.push([low, dash === '' ? low : to === '' ? Number.POSITIVE_INFINITY : Number(to)]);
  }
  return (place) => ranges.some(([low, high]) => place >= low && place <= high);
}

export function* trCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'cdsC', '', {}, true);
  const [first, second] = operands;
  if (unknown !== undefined || first === undefined)
    return usage(context, 'tr', '[-cds] STRING1 [STRING2]', unknown);
  const complement = flags.has('c') || flags.has('C');
  const from = expandSet(first);
  const to = second === undefined ? [] : expandSet(second);
  const inFrom = new Set(from);
  const squeezed = new Set(
    second === undefined || flags.has('d') ? (second === undefined ? from : to) : to,
  );
  const map = new Map(from.map((c, i) => [c, to[Math.min(i, to.length - 1)] ?? c]));
  let previous = '';
  for (;;) {
    const chunk = yield* context.stdin.readChunk();
    if (chunk === null) return 0;
    let out = '';
    for (const c of chunk) {
      const hit = inFrom.has(c) !== complement;
      if (hit && flags.has('d')) continue;
      const changed =
        hit && to.length > 0 && !flags.has('d')
          ? complement
            ? (to.at(-1) as string)
            : (map.get(c) ?? c)
          : c;
      const repeats = flags.has('s') && changed === previous;
      previous = changed;
      if (repeats && (second === undefined ? hit : squeezed.has(changed))) continue;
      out += changed;
    }
    context.stdout(out);
    yield* context.work(LINE_US + (chunk.length >> 8));
  }
}

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  blank: '\t ',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-/:-@[-`{-~',
  space: '\t-\r ',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
};

function expandSet(text: string): string[] {
  const characters: string[] = [];
  const plain = text.replace(/\[:([a-z]+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
  for (let i = 0; i < plain.length; i++) {
    let c = plain[i] as string;
    if (c === '\\') {
      const escape = readEscape(plain, i + 1, false);
      c = escape?.character ?? plain[i + 1] ?? '\\';
      i += escape?.length ?? 1;
    }
    const end = plain[i + 1] === '-' ? plain[i + 2] : undefined;
    if (end === undefined) {
      characters.push(c);
      continue;
    }
    for (let code = c.charCodeAt(0); code <= end.charCodeAt(0); code++)
      characters.push(String.fromCharCode(code));
    i += 2;
  }
  return characters;
}
