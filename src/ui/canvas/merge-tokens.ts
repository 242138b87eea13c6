/**
 * Many at once become one: tokens of the same look on the same stretch of a wire that would lie on each
 * other, with a count.
 */
import type { Token } from './tokens.ts';

/** Messages nearer than this on the same stretch become one token with a count, in pixels. */
const MERGE_PX = 46;

/**
 * Tokens of the same look on the same stretch that are close to each other become one in their
 * middle, with a count; of its label only what they have in common stays.
 */
export function merge(tokens: readonly Token[]): readonly Token[] {
  const groups = new Map<string, Token[]>();
  for (const token of tokens) {
    const key = `${token.wire}|${token.leg}|${token.hue}|${token.shape}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [token]);
    else group.push(token);
  }
  const out: Token[] = [];
  for (const group of groups.values()) {
    if (group.length === 1) out.push(group[0] as Token);
    else out.push(...mergeGroup(group));
  }
  return out.sort((a, b) => a.span - b.span);
}

function mergeGroup(group: Token[]): Token[] {
  const sorted = [...group].sort((a, b) => a.y - b.y || a.x - b.x || a.span - b.span);
  const out: Token[] = [];
  let cluster: Token[] = [];
  for (const token of sorted) {
    const first = cluster[0];
    const near =
      first !== undefined && Math.hypot(token.x - first.x, token.y - first.y) <= MERGE_PX;
    if (first !== undefined && !near) {
      out.push(mergeCluster(cluster));
      cluster = [];
    }
    cluster.push(token);
  }
  out.push(mergeCluster(cluster));
  return out;
}

function mergeCluster(cluster: readonly Token[]): Token {
  const first = cluster[0] as Token;
  if (cluster.length === 1) return first;
  const sum = (pick: (t: Token) => number): number => cluster.reduce((n, t) => n + pick(t), 0);
  const same = (pick: (t: Token) => string): boolean =>
    cluster.every((t) => pick(t) === pick(first));
  return {
    ...first,
    span: Math.min(...cluster.map((t) => t.span)),
    x: sum((t) => t.x) / cluster.length,
    y: sum((t) => t.y) / cluster.length,
    verb: same((t) => t.verb) ? first.verb : '',
    name: same((t) => t.name) ? first.name : '',
    count: sum((t) => t.count),
  };
}
