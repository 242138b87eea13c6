/**
 * The requests about a namespace: what each component asks for, in the order in which it first does,
 * and how often. What clients and the API server itself read is left out.
 */
import type { Difference } from './compare.ts';
import type { AuditedRequest } from './node-case.ts';
import { masked } from './node-masks.ts';
import { type Moment, storyDifference } from './node-story.ts';

const OUTSIDE = new Set(['kubectl', 'kube-apiserver']);
const COUNT_TOLERANCE = 0.6;
const COUNT_FREE = 2;

interface Line {
  readonly at: number;
  count: number;
}

export function requestsDifference(
  recorded: readonly AuditedRequest[],
  own: readonly AuditedRequest[],
): Difference {
  const wanted = byUser(recorded);
  const got = byUser(own);
  for (const [user, lines] of wanted) {
    const mine = got.get(user);
    if (!mine) return `${user}: no requests`;
    const difference = linesDifference(lines, mine);
    if (difference !== undefined) return `${user}: ${difference}`;
  }
  for (const user of got.keys()) if (!wanted.has(user)) return `${user}: requests not expected`;
  return undefined;
}

function byUser(requests: readonly AuditedRequest[]): Map<string, Map<string, Line>> {
  const users = new Map<string, Map<string, Line>>();
  for (const r of requests) {
    if (OUTSIDE.has(r.agent)) continue;
    const user = masked(r.user, new Map());
    let lines = users.get(user);
    if (!lines) users.set(user, (lines = new Map()));
    const text = lineOf(r);
    const known = lines.get(text);
    if (known) known.count++;
    else lines.set(text, { at: r.at, count: 1 });
  }
  return users;
}

function lineOf({ verb, resource, subresource, name, code }: AuditedRequest): string {
  const what = subresource ? `${resource}/${subresource}` : resource;
  const whose = verb === 'create' && !subresource ? '' : ` ${drawn(name ?? '')}`;
  return `${verb} ${what}${whose} ${code}`;
}

/** Drawn parts of names differ from run to run. */
function drawn(name: string): string {
  return name
    .replace(/<event>|[0-9a-f]{16}$/, '*')
    .replace(/-(?:<rand:\d+>|[bcdfghjklmnpqrstvwxz2456789]{5})$/, '-*')
    .replace(/-(?:<minutes:\d+>|\d{8})/, '-*');
}

function linesDifference(wanted: Map<string, Line>, got: Map<string, Line>): Difference {
  for (const [text, { count }] of wanted) {
    const own = got.get(text);
    if (!own) return `missing: ${text}`;
    if (Math.abs(own.count - count) > Math.max(COUNT_FREE, count * COUNT_TOLERANCE)) {
      return `${text}: expected ${count} times, got ${own.count}`;
    }
  }
  for (const text of got.keys()) if (!wanted.has(text)) return `not expected: ${text}`;
  return storyDifference(firsts(wanted), firsts(got));
}

function firsts(lines: Map<string, Line>): readonly Moment[] {
  return [...lines].map(([text, { at }]) => ({ at, text }));
}
