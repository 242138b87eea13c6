/**
 * The requests about a namespace: what each component asks for, in the order in which it first does,
 * and how often. Left out on both sides: what clients and the API server itself ask, what was before
 * the case and after it, refusals (races of caches), lists of reflectors (upstream streams them in
 * watches, which are not recorded) and which of the nodes it was.
 */
import type { Difference } from './compare.ts';
import type { AuditedRequest } from './node-case.ts';
import { masked } from './node-masks.ts';

const OUTSIDE = new Set(['kubectl', 'kube-apiserver']);
/** Empties a namespace: its lists are no reflector's. */
const EMPTIES = 'namespace-controller';
const OF_NODES = new Set(['nodes', 'leases']);
const FIRST_REFUSAL = 400;
/** Single steps take up to a second. */
const CLEARLY_MS = 1_000;
const CONTROLLER = /:(?:replicaset|deployment|job|daemon-set|statefulset)-controller$/;
const EACH_NAMESPACE = /:(?:root-ca-cert-publisher|service-account-controller)$/;
const COUNT_TOLERANCE = 0.6;
const COUNT_FREE = 4;

interface Line {
  readonly at: number;
  count: number;
}

/**
 * Only what was asked before |ended| counts, milliseconds of the case. What is asked here later than
 * that may still be what was to come.
 */
export function requestsDifference(
  recorded: readonly AuditedRequest[],
  own: readonly AuditedRequest[],
  ended = Number.POSITIVE_INFINITY,
  deletesNamespace = false,
): Difference {
  const until = deletesNamespace ? ended : Math.min(ended, cleanUpOf(recorded));
  const wanted = byUser(recorded.filter((r) => counts(r, until)));
  // Nodes and their leases are in the lists of cases about nodes alone, and not all of them.
  const listed = new Set(recorded.map((r) => `${r.resource} ${r.name ?? ''}`));
  const mine = own.filter(
    (r) => !OF_NODES.has(r.resource) || listed.has(`${r.resource} ${r.name ?? ''}`),
  );
  const inTime = byUser(mine.filter((r) => counts(r, until)));
  const all = byUser(mine.filter((r) => counts(r, Number.POSITIVE_INFINITY)));
  for (const [user, lines] of wanted) {
    const ours = all.get(user);
    if (!ours) return `${user}: no requests`;
    const difference = linesDifference(lines, ours, inTime.get(user) ?? new Map());
    if (difference !== undefined) return `${user}: ${difference}`;
  }
  for (const user of inTime.keys()) {
    // It looks at what a namespace's end leaves behind, or comes too late: the order there is chance.
    if (wanted.has(user) || user.endsWith(':generic-garbage-collector')) continue;
    return `${user}: requests not expected`;
  }
  return undefined;
}

/** When the recorder cleaned up behind the case. */
function cleanUpOf(recorded: readonly AuditedRequest[]): number {
  return recorded.find((r) => r.user.endsWith(EMPTIES))?.at ?? Number.POSITIVE_INFINITY;
}

function counts({ at, agent, user, verb, resource, code }: AuditedRequest, until: number): boolean {
  if (at < 0 || at >= until || OUTSIDE.has(agent) || code >= FIRST_REFUSAL) return false;
  if (verb === 'get' && OF_NODES.has(resource)) return false; // The audit left them out.
  // Controllers read again what somebody else has changed meanwhile; and theirs is every namespace.
  if (verb === 'get' && CONTROLLER.test(user)) return false;
  if (EACH_NAMESPACE.test(user)) return false;
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

function linesDifference(
  wanted: Map<string, Line>,
  all: Map<string, Line>,
  inTime: Map<string, Line>,
): Difference {
  for (const [text, { count }] of wanted) {
    const own = all.get(text);
    if (!own) return `missing: ${text}`;
    const tolerance = Math.max(COUNT_FREE, count * COUNT_TOLERANCE);
    const early = inTime.get(text)?.count ?? 0;
    if (early - count > tolerance || count - own.count > tolerance) {
      return `${text}: expected ${count} times, got ${own.count}`;
    }
  }
  for (const text of inTime.keys()) if (!wanted.has(text)) return `not expected: ${text}`;
  return orderDifference(wanted, all);
}

/** What was clearly before something else is so here. Events and heartbeats come in their own time. */
function orderDifference(wanted: Map<string, Line>, got: Map<string, Line>): Difference {
  const lines = [...wanted].filter(
    ([text]) => !/ (?:events|nodes|nodes\/status|leases)\b/.test(text),
  );
  for (const [earlier, { at }] of lines) {
    const first = got.get(earlier)?.at ?? 0;
    for (const [later, line] of lines) {
      if (line.at - at < CLEARLY_MS) continue;
      const second = got.get(later)?.at ?? Number.POSITIVE_INFINITY;
      if (second < first) return `expected ${earlier} before ${later}`;
    }
  }
  return undefined;
}
