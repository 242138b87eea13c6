/**
 * Shortens names in the middle, never at the end where generated names differ:
 * `web-7d4b9c6f-x2kqp` becomes `web-…-x2kqp`.
 */

/** Longest last segment that is kept whole; the API server's own suffixes have five characters. */
const SEGMENT_KEPT_CHARS = 10;
/** With less of its beginning a name is not recognised. */
const HEAD_LEAST_CHARS = 3;

/** |name| in at most |max| characters (at least 5). */
export function shortName(name: string, max: number): string {
  const chars = Math.max(max, 5);
  if (name.length <= chars) return name;
  const tail = tailOf(name, chars);
  let head = name.slice(0, chars - tail.length - 1);
  const dash = head.lastIndexOf('-');
  // A cut inside a segment tells nothing; one after a dash shows that segments are missing.
  if (dash > 0 && tail.startsWith('-')) head = head.slice(0, dash + 1);
  return `${head}…${tail}`;
}

function tailOf(name: string, chars: number): string {
  const dash = name.lastIndexOf('-');
  const segment = name.length - dash - 1;
  const fits = segment <= SEGMENT_KEPT_CHARS && segment + 2 + HEAD_LEAST_CHARS <= chars;
  if (dash > 0 && segment > 0 && fits) return name.slice(dash);
  return name.slice(name.length - Math.floor((chars - 1) / 2));
}

/** `Kind/namespace/name` taken apart. */
export function parseRef(ref: string): { kind: string; namespace: string; name: string } {
  const first = ref.indexOf('/');
  const second = ref.indexOf('/', first + 1);
  if (first < 0 || second < 0) return { kind: ref, namespace: '', name: '' };
  return {
    kind: ref.slice(0, first),
    namespace: ref.slice(first + 1, second),
    name: ref.slice(second + 1),
  };
}

/** Order of people, not of bytes: `node-2` before `node-10`. */
export function byNaturalName(a: string, b: string): number {
  const x = /^(.*?)(\d+)$/.exec(a);
  const y = /^(.*?)(\d+)$/.exec(b);
  if (x !== null && y !== null && x[1] === y[1]) return Number(x[2]) - Number(y[2]);
  return a < b ? -1 : a > b ? 1 : 0;
}
