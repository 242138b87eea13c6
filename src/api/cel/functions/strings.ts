/**
 * Functions of strings and regular expressions.
 *
 * Models:     cel-go ext/strings.go, k8s.io/apiserver pkg/cel/library/regex.go (v1.36)
 */
import { RE2JS } from 're2js';
import { ArrayList, CelError, CelList, type CelValue } from '../values.ts';
import { bare, type Impl, type Library } from './impl.ts';
import { format } from './string-format.ts';
import { lastIndexOf, indexOf } from './search.ts';

/** A pattern, or what is wrong with it as Go says it. */
export function compileRegex(pattern: string): RE2JS | string {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof Error) return error.message;
    throw error;
  }
}

const texts =
  <A extends readonly (string | bigint | undefined)[]>(
    kinds: readonly ('string' | 'bigint')[],
    impl: (...args: A) => CelValue,
  ): Impl =>
  (...args) => {
    const fits = args.every((arg, i) => typeof arg === kinds[i]);
    return fits ? impl(...(args as unknown as A)) : undefined;
  };

const outOfRange = (at: bigint): CelError => new CelError(`index out of range: ${at}`);

/** Indices count code points. */
const runes = (text: string): readonly string[] => Array.from(text);

function charAt(text: string, at: bigint): CelValue {
  const chars = runes(text);
  if (at < 0n || at > BigInt(chars.length)) return outOfRange(at);
  return chars[Number(at)] ?? '';
}

function substring(text: string, start: bigint, end?: bigint): CelValue {
  const chars = runes(text);
  const length = BigInt(chars.length);
  const stop = end ?? length;
  if (end !== undefined && start > end) {
    return new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  }
  if (start < 0n || start > length) return outOfRange(start);
  if (stop < 0n || stop > length) return outOfRange(stop);
  return chars.slice(Number(start), Number(stop)).join('');
}

function replace(text: string, from: string, to: string, limit?: bigint): CelValue {
  if (limit === undefined || limit < 0n) {
    return from === '' ? surround(text, to, Infinity) : text.split(from).join(to);
  }
  if (from === '') return surround(text, to, Number(limit));
  const parts = text.split(from);
  const cut = Math.min(Number(limit), parts.length - 1);
  const head = parts.slice(0, cut + 1).join(to);
  return [head, ...parts.slice(cut + 1)].join(from);
}

/** Replacing nothing puts |to| before every character and at the end. */
function surround(text: string, to: string, limit: number): string {
  const chars = runes(text);
  let out = '';
  for (let i = 0; i <= chars.length; i += 1) out += (i < limit ? to : '') + (chars[i] ?? '');
  return out;
}

function split(text: string, separator: string, limit?: bigint): CelValue {
  if (limit === 0n) return new ArrayList([]);
  const parts = separator === '' ? [...runes(text)] : text.split(separator);
  if (limit === undefined || limit < 0n || parts.length <= Number(limit)) {
    return new ArrayList(parts);
  }
  const head = parts.slice(0, Number(limit) - 1);
  return new ArrayList([...head, parts.slice(head.length).join(separator)]);
}

function join(list: CelValue, separator: CelValue): CelValue | undefined {
  if (!(list instanceof CelList) || typeof separator !== 'string') return undefined;
  const parts: string[] = [];
  for (const element of list) {
    if (typeof element !== 'string') {
      return new CelError(`join: invalid input: ${String(element)}`);
    }
    parts.push(element);
  }
  return parts.join(separator);
}

const QUOTED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

const quote = (text: string): string =>
  `"${text.replace(/[\x07\b\f\n\r\t\v\\"]/g, (char) => QUOTED[char] ?? char)}"`;

const lower = (text: string): string => text.replace(/[A-Z]/g, (c) => c.toLowerCase());
const upper = (text: string): string => text.replace(/[a-z]/g, (c) => c.toUpperCase());

/** Unicode white space as Go's strings.TrimSpace sees it. */
const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const TRIM = new RegExp(`^${SPACE}|${SPACE}$`, 'g');

type Pattern = RE2JS | string;

const matches = (text: string, regex: Pattern): CelValue =>
  typeof regex === 'string' ? new CelError(regex) : regex.matcher(text).find();

function findAll(text: string, regex: Pattern, limit = -1n): CelValue {
  if (typeof regex === 'string') return new CelError(`Illegal regex: ${regex}`);
  const found: string[] = [];
  const matcher = regex.matcher(text);
  while ((limit < 0n || found.length < Number(limit)) && matcher.find()) {
    found.push(matcher.group() ?? '');
  }
  return new ArrayList(found);
}

function find(text: string, regex: Pattern): CelValue {
  const all = findAll(text, regex, 1n);
  if (!(all instanceof CelList)) return all;
  return all.size === 0 ? '' : all.at(0);
}

const S = 'string';
const I = 'bigint';

type PatternFunction = 'matches' | 'find' | 'findAll';

/** A function of a text and a pattern; |patternOf| answers the pattern as compiled. */
function patternCall(fn: PatternFunction, patternOf: (pattern: string) => Pattern): Impl {
  if (fn === 'matches') {
    return bare(
      texts([S, S], (text: string, pattern: string) => matches(text, patternOf(pattern))),
    );
  }
  if (fn === 'find') {
    return texts([S, S], (text: string, pattern: string) => find(text, patternOf(pattern)));
  }
  return texts([S, S, I], (text: string, pattern: string, limit?: bigint) => {
    return findAll(text, patternOf(pattern), limit);
  });
}

/** The function |fn| with its pattern compiled once; undefined: it takes no pattern. */
export function withConstantPattern(fn: string, pattern: string): Impl | undefined {
  if (fn !== 'matches' && fn !== 'find' && fn !== 'findAll') return undefined;
  const compiled = compileRegex(pattern);
  return patternCall(fn, () => compiled);
}

export const strings: Library = {
  startsWith: bare(texts([S, S], (text: string, head: string) => text.startsWith(head))),
  endsWith: bare(texts([S, S], (text: string, tail: string) => text.endsWith(tail))),
  contains: bare(texts([S, S], (text: string, part: string) => text.includes(part))),
  matches: patternCall('matches', compileRegex),
  find: patternCall('find', compileRegex),
  findAll: patternCall('findAll', compileRegex),
  charAt: texts([S, I], charAt),
  substring: texts([S, I, I], substring),
  replace: texts([S, S, S, I], replace),
  split: texts([S, S, I], split),
  join: (list = null, separator = '') => join(list, separator),
  lowerAscii: texts([S], lower),
  upperAscii: texts([S], upper),
  trim: texts([S], (text: string) => text.replace(TRIM, '')),
  'strings.quote': texts([S], quote),
  'jsonpatch.escapeKey': texts([S], (key: string) => {
    return key.replaceAll('~', '~0').replaceAll('/', '~1');
  }),
  indexOf,
  lastIndexOf,
  format: (text = null, args = null) => {
    if (typeof text !== 'string' || !(args instanceof CelList)) return undefined;
    const result = format(text, args);
    return typeof result === 'string'
      ? result
      : new CelError(`error during formatting: ${result.message}`);
  },
};
