/**
 * Compares an answer with a recorded one and tells the first difference. Order of keys does not
 * count; where real recordings differed (`varies`), lists compare as sets and other values not at all.
 */
import type { Json, JsonObject } from './case.ts';
import type { Bindings } from './placeholders.ts';

/** undefined = equal. */
export type Difference = string | undefined;

const SHOWN_CHARACTERS = 300;

export function firstDifference(
  expected: Json | undefined,
  actual: Json | undefined,
  path: string,
  bindings: Bindings,
  varies: readonly string[] = [],
): Difference {
  if (varies.includes(path)) return variedDifference(expected, actual, path, bindings, varies);
  if (expected === undefined || actual === undefined) {
    if (expected === actual) return undefined;
    return expected === undefined
      ? `${path}: not expected, but there is ${show(actual)}`
      : `${path}: missing, expected ${show(expected)}`;
  }
  if (Array.isArray(expected)) return listDifference(expected, actual, path, bindings, varies);
  if (typeof expected === 'object' && expected !== null) {
    if (!isObject(actual)) return differ(path, expected, actual);
    return objectDifference(expected as JsonObject, actual, path, bindings, varies);
  }
  if (typeof expected === 'string') {
    if (typeof actual === 'string' && bindings.matches(expected, actual)) return undefined;
    // Masks of ports stand as text where the answer has a number.
    const masked = typeof actual === 'number' && /^<port:\d+>$/.test(expected);
    if (masked && bindings.matches(expected, String(actual))) return undefined;
    return differ(path, expected, actual);
  }
  return expected === actual ? undefined : differ(path, expected, actual);
}

function objectDifference(
  expected: JsonObject,
  actual: JsonObject,
  path: string,
  bindings: Bindings,
  varies: readonly string[],
): Difference {
  // What is expected comes first, in its order, so that placeholders are bound as they were numbered.
  // Keys of managedFields can hold placeholders too.
  const known = new Set<string>();
  for (const key of Object.keys(expected)) {
    const real = key.includes('<') ? bindings.fill(key) : key;
    known.add(real);
    const difference = firstDifference(
      expected[key],
      own(actual, real),
      `${path}.${key}`,
      bindings,
      varies,
    );
    if (difference !== undefined) return difference;
  }
  for (const key of Object.keys(actual)) {
    if (actual[key] === undefined || known.has(key)) continue;
    if (varies.includes(`${path}.${key}`)) continue;
    return `${path}.${key}: not expected, but there is ${show(actual[key])}`;
  }
  return undefined;
}

function listDifference(
  expected: readonly Json[],
  actual: Json,
  path: string,
  bindings: Bindings,
  varies: readonly string[],
): Difference {
  if (!Array.isArray(actual)) return differ(path, expected, actual);
  const list = actual as readonly Json[];
  for (let i = 0; i < Math.min(expected.length, list.length); i++) {
    const difference = firstDifference(expected[i], list[i], `${path}[${i}]`, bindings, varies);
    if (difference !== undefined) return difference;
  }
  if (expected.length === list.length) return undefined;
  const extra = expected.length > list.length ? expected[list.length] : list[expected.length];
  const what = expected.length > list.length ? 'missing' : 'not expected';
  return `${path}: ${list.length} items, expected ${expected.length}; ${what}: ${show(extra)}`;
}

/**
 * How far controllers had come when somebody looked is a race between them and the client: where
 * conditions differed between recordings, nothing of that status is compared, nor who wrote it.
 */
export function withRaces(varies: readonly string[]): readonly string[] {
  const statuses = varies
    .filter((path) => path.endsWith('.status.conditions'))
    .map((path) => path.slice(0, -'.conditions'.length));
  return [...varies, ...statuses];
}

const RACED = /\.(conditions|managedFields)$/;

/** Lists as sets; anything else only has to be there. */
function variedDifference(
  expected: Json | undefined,
  actual: Json | undefined,
  path: string,
  bindings: Bindings,
  varies: readonly string[],
): Difference {
  if (!Array.isArray(expected) || !Array.isArray(actual) || RACED.test(path)) return undefined;
  const deeper = varies.filter((v) => v !== path);
  const left = [...(actual as readonly Json[])];
  for (const item of expected as readonly Json[]) {
    const at = left.findIndex(
      (other) => firstDifference(item, other, path, bindings, deeper) === undefined,
    );
    if (at < 0) return `${path}: missing ${show(item)}`;
    left.splice(at, 1);
  }
  return left.length === 0 ? undefined : `${path}: not expected ${show(left[0])}`;
}

function differ(path: string, expected: Json, actual: Json): string {
  if (typeof expected === 'string' && typeof actual === 'string') {
    const at = firstChange(expected, actual);
    const from = Math.max(0, at - 40);
    const lead = from > 0 ? '…' : '';
    return `${path}: expected ${lead}${show(expected.slice(from))} got ${lead}${show(actual.slice(from))}`;
  }
  return `${path}: expected ${show(expected)} got ${show(actual)}`;
}

function firstChange(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return i;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function show(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
}
