/**
 * The requests about a namespace: what each component asks for, in the order in which it first does,
 * and how often. Left out on both sides: what clients and the API server itself ask, what was before
 * the case and after it, refusals (races of caches), lists of reflectors (upstream streams them in
 * watches, which are not recorded) and which of the nodes it was.
 */
import type { Difference } from './compare.ts';
import type { AuditedRequest } from './node-case.ts';
import { masked } from './node-masks.ts';
import { type Moment, storyDifference } from './node-story.ts';

const OUTSIDE = new Set(['kubectl', 'kube-apiserver']);
/** Empties a namespace: its lists are no reflector's. */
const EMPTIES = 'namespace-controller';
const OF_NODES = new Set(['nodes', 'leases']);
const FIRST_REFUSAL = 400;
const COUNT_TOLERANCE = 0.6;
const COUNT_FREE = 4;

interface Line {
  readonly at: number;
  count: number;
}

/** Only what was asked before |until| counts, milliseconds of the case. */
export function requestsDifference(
  recorded: readonly AuditedRequest[],
  own: readonly AuditedRequest[],
  until = Number.POSITIVE_INFINITY,
): Difference {
  const wanted = byUser(recorded.filter((r) => counts(r, until)));
  // Nodes and their leases are in the lists of cases about nodes alone, and not all of them.
  const listed = new Set(recorded.map((r) => `${r.resource} ${r.name ?? ''}`));
  const mine = own.filter(
    (r) => !OF_NODES.has(r.resource) || listed.has(`${r.resource} ${r.name ?? ''}`),
  );
  const got = byUser(mine.filter((r) => counts(r, until)));
  for (const [user, lines] of wanted) {
    const ours = got.get(user);
    if (!ours) return `${user}: no requests`;
    const difference = linesDifference(lines, ours);
    if (difference !== undefined) return `${user}: ${difference}`;
  }
  for (const user of got.keys()) {
    // It looks at what a namespace's end leaves behind, or comes too late: the order there is chance.
    if (wanted.has(user) || user.endsWith(':generic-garbage-collector')) continue;
    return `${user}: requests not expected`;
  }
  return undefined;
}

function counts({ at, agent, user, verb, resource, code }: AuditedRequest, until: number): boolean {
  if (at < 0 || at > until || OUTSIDE.has(agent) || code >= FIRST_REFUSAL) return false;
  if (verb === 'get' && OF_NODES.has(resource)) return false; // The audit left them out.
  return verb !== 'list' || user.endsWith(EMPTIES);
}

function byUser(requests: readonly AuditedRequest[]): Map<string, Map<string, Line>> {
  const users = new Map<string, Map<string, Line>>();
  for (const r of requests) {
    const user = masked(r.user, new Map()).replace(/^system:node:.*/, 'system:nodes');
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
  // Whether an Event counts up another one is compared with the Events.
  if (resource === 'events')
    return `${verb === 'list' || verb === 'deletecollection' ? verb : 'write'} events`;
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
