/**
 * What a replay of a recorded node case has seen, compared with the recording: statuses, Events and
 * columns of each Pod (README of goldens/node, "How to replay", b to d).
 */
import type { Event, Pod } from '../../api/generated/types.ts';
import type { Difference } from './compare.ts';
import type { NodeCase, RecordedEvent, Seen } from './node-case.ts';
import { masked } from './node-masks.ts';
import { type Moment, storyDifference } from './node-story.ts';

type Names = ReadonlyMap<string, string>;
type Stories = Map<string, Moment[]>;

/** What the API server appends; ordinals of StatefulSets are none. */
const DRAWN = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;
const RANDOM = /<(?:rand|minutes):\d+>/g;
/** What cannot be told before it is known how often something is tried: as other times. */
const COUNT_TOLERANCE = 0.6;
const COUNT_FREE = 2;
/** A server needs some time before it listens; probes begin up to a period after the start. */
const LISTENS_AFTER_MS = 1_500;

/** The first difference; undefined when there is none. */
export function storiesDifference(recorded: NodeCase, seen: Seen): Difference {
  const names = drawnNames(seen, recorded);
  return (
    compareStories(
      'status',
      podStories(recorded.podWatch ?? [], new Map()),
      podStories(seen.pods, names),
    ) ??
    compareStories(
      'events',
      eventStories(
        recorded.events ?? [],
        new Map(),
        livesOf(recorded.podWatch ?? [], recorded.events ?? []),
      ),
      eventStories(
        seen.events.map(asRecorded),
        names,
        livesOf(seen.pods, seen.events.map(asRecorded)),
      ),
    ) ??
    countsDifference(recorded, seen, names) ??
    compareStories('columns', recordedColumns(recorded), ownColumns(seen, names))
  );
}

/** Names that the server drew: by name, what the recording writes for it. */
function drawnNames({ pods }: Seen, { podWatch = [] }: NodeCase): Names {
  const names = new Map<string, string>();
  // Some names are drawn by kubectl (debug of a node): they are known by what was recorded of them.
  const heads = new Set<string>();
  for (const { object } of podWatch) {
    const { name, generateName } = object.metadata;
    if (generateName === undefined && name.includes('<rand:')) {
      heads.add(name.replace(/<rand:.*/, ''));
    }
  }
  for (const { object } of pods) {
    const { name, generateName = '' } = object.metadata;
    if (generateName !== '' && DRAWN.test(name.slice(generateName.length)) && !names.has(name)) {
      names.set(name, `${generateName.replace(/\d{8}/, '<minutes>')}<rand>`);
    }
    for (const head of heads) {
      if (name.startsWith(head) && DRAWN.test(name.slice(head.length))) {
        names.set(name, `${head}<rand>`);
      }
    }
  }
  return names;
}

/** Stories by name; those of drawn names are numbered as they appeared. */
class Book {
  readonly stories: Stories = new Map();
  readonly #numbers = new Map<string, number>();
  readonly #counts = new Map<string, number>();

  /** |key| tells things of one |name| apart. */
  add(name: string, key: string, moment: Moment): void {
    let id = name;
    if (/<(?:rand|minutes)>/.test(name)) {
      let number = this.#numbers.get(key);
      if (number === undefined) {
        number = this.#counts.get(name) ?? 0;
        this.#counts.set(name, number + 1);
        this.#numbers.set(key, number);
      }
      id = `${name} ${number}`;
    }
    const list = this.stories.get(id);
    if (list) list.push(moment);
    else this.stories.set(id, [moment]);
  }
}

function podStories(watch: NodeCase['podWatch'] & object, names: Names): Stories {
  const book = new Book();
  for (const { at, type, object } of watch) {
    const { name } = object.metadata;
    const text = type === 'DELETED' ? 'deleted' : statusText(object, names);
    book.add(masked(name, names), name, { at, text });
  }
  return book.stories;
}

/** (phase, conditions, container states, restartCount) in words. */
function statusText(pod: Pod, names: Names): string {
  const { status } = pod;
  const conditions = (status.conditions ?? []).map(
    (c) =>
      `${c.type}=${c.status}${c.reason ? `(${c.reason})` : ''}${c.message ? `: ${c.message}` : ''}`,
  );
  const containers = [
    ...(status.initContainerStatuses ?? []),
    ...(status.containerStatuses ?? []),
    ...(status.ephemeralContainerStatuses ?? []),
  ].map(
    (c) =>
      `${c.name}: ${stateText(c.state)}, last ${stateText(c.lastState)}, ` +
      `restarts ${c.restartCount}${c.ready ? ', ready' : ''}${c.started ? ', started' : ''}`,
  );
  const head = [status.phase, status.reason, status.message].filter((v) => v).join(' ');
  const resize = status.resize ? [`resize ${status.resize}`] : [];
  return masked([head, ...resize, ...conditions, ...containers].join('\n'), names);
}

function stateText(state: object | undefined): string {
  const [kind, value] = (Object.entries(state ?? {})[0] ?? ['none', {}]) as [
    string,
    Record<string, unknown>,
  ];
  const parts = ['reason', 'exitCode', 'signal', 'message']
    .map((k) => value[k])
    .filter((v) => v !== undefined);
  return [kind, ...parts].join(' ');
}

function asRecorded({ at, object }: Seen['events'][number]): RecordedEvent {
  const { involvedObject, type = '', reason = '', message = '', count } = object as Event;
  return {
    at,
    object: `${involvedObject.kind}/${involvedObject.name}`,
    type,
    reason,
    message,
    fieldPath: involvedObject.fieldPath ?? null,
    count: count ?? null,
  };
}

function eventLine(e: RecordedEvent, names: Names): string {
  return masked(`${e.type} ${e.reason} ${e.fieldPath ?? '-'} ${e.message}`, names);
}

interface Lives {
  /** When each Pod was first seen to be deleted. */
  readonly deleted: ReadonlyMap<string, number>;
  /** When each had containers started. */
  readonly started: ReadonlyMap<string, readonly number[]>;
}

/** Whether a probe meets a container that does not listen yet, or is being stopped, is chance. */
function isChanceProbe(e: RecordedEvent, { deleted, started }: Lives): boolean {
  if (e.reason !== 'Unhealthy') return false;
  const pod = e.object.slice('Pod/'.length);
  if (e.at > (deleted.get(pod) ?? Number.POSITIVE_INFINITY)) return true;
  if (!/connection refused|failed to connect service/.test(e.message)) return false;
  const start = started.get(pod)?.findLast((at) => at <= e.at) ?? Number.NEGATIVE_INFINITY;
  return e.at - start < LISTENS_AFTER_MS;
}

function livesOf(watch: NodeCase['podWatch'] & object, events: readonly RecordedEvent[]): Lives {
  const deleted = new Map<string, number>();
  for (const { at, object } of watch) {
    const { name, deletionTimestamp } = object.metadata;
    if (deletionTimestamp !== undefined && !deleted.has(name)) deleted.set(name, at);
  }
  const started = new Map<string, number[]>();
  for (const { at, object, reason } of events) {
    if (reason !== 'Started') continue;
    const pod = object.slice('Pod/'.length);
    started.set(pod, [...(started.get(pod) ?? []), at]);
  }
  return { deleted, started };
}

/** On which of two equal nodes a Pod lands is chance. */
function whicheverNode(pod: string, text: string): string {
  const isPlaced = /<rand>/.test(pod) || / Scheduled /.test(text);
  return isPlaced ? text.replace(/ to node-\d/, ' to a node') : text;
}

/** Events of each Pod in order of first appearance. */
function eventStories(events: readonly RecordedEvent[], names: Names, lives: Lives): Stories {
  const book = new Book();
  const known = new Set<string>();
  for (const e of events) {
    if (!e.object.startsWith('Pod/')) continue;
    if (isChanceProbe(e, lives)) continue;
    const text = eventLine(e, names);
    const id = `${e.object} ${text}`;
    if (known.has(id)) continue;
    known.add(id);
    const pod = masked(e.object, names);
    book.add(pod, e.object, { at: e.at, text: whicheverNode(pod, text) });
  }
  return book.stories;
}

/** How often each Event of a Pod has happened in the end. */
function countsDifference(recorded: NodeCase, seen: Seen, names: Names): Difference {
  const wanted = finalCounts(
    recorded.events ?? [],
    new Map(),
    livesOf(recorded.podWatch ?? [], recorded.events ?? []),
  );
  const events = seen.events.map(asRecorded);
  const lives = livesOf(seen.pods, events);
  const all = finalCounts(events, names, lives);
  // What comes later here than there is still to be counted; what goes on here is not.
  const inTime = finalCounts(
    events.filter((e) => e.at <= recorded.durationMs),
    names,
    lives,
  );
  for (const [line, count] of wanted) {
    const tolerance = Math.max(COUNT_FREE, count * COUNT_TOLERANCE);
    const [early, late] = [inTime.get(line) ?? 0, all.get(line) ?? 0];
    if (early - count > tolerance || count - late > tolerance) {
      return `events: ${line}: expected ${count} times, got ${late}`;
    }
  }
  return undefined;
}

function finalCounts(
  events: readonly RecordedEvent[],
  names: Names,
  lives: Lives,
): Map<string, number> {
  const each = new Map<string, { line: string; count: number }>();
  for (const e of events) {
    if (!e.object.startsWith('Pod/') || e.count === null || isChanceProbe(e, lives)) continue;
    const line = `${masked(e.object, names)} ${eventLine(e, names)}`;
    each.set(`${e.object} ${eventLine(e, names)}`, {
      line: whicheverNode(line, line),
      count: e.count,
    });
  }
  const sums = new Map<string, number>();
  for (const { line, count } of each.values()) sums.set(line, (sums.get(line) ?? 0) + count);
  return sums;
}

function recordedColumns({ statusColumn = [] }: NodeCase): Stories {
  const book = new Book();
  for (const { at, line } of statusColumn) {
    const [name = '', ...cells] = line.trim().split(/\s{2,}/);
    if (name === 'NAME') continue;
    const text = cells.slice(0, 3).map(withoutAge).join(' ');
    book.add(
      name.replace(RANDOM, (m) => m.replace(/:\d+/, '')),
      name,
      { at, text },
    );
  }
  return book.stories;
}

function ownColumns({ columns }: Seen, names: Names): Stories {
  const book = new Book();
  for (const { at, cells } of columns) {
    const [name = '', ...rest] = cells;
    const text = rest.slice(0, 3).map(withoutAge).join(' ');
    book.add(masked(name, names), name, { at, text });
  }
  return book.stories;
}

function withoutAge(cell: string): string {
  return cell.replace(/ \(.* ago\)$/, '');
}

/** Those of drawn names in any order: which of them is which is chance. */
function compareStories(what: string, recorded: Stories, own: Stories): Difference {
  const groups = new Map<string, string[]>();
  for (const name of recorded.keys()) {
    const group = groupOf(name);
    const names = groups.get(group);
    if (names) names.push(name);
    else groups.set(group, [name]);
  }
  for (const [group, names] of groups) {
    const candidates = [...own.keys()].filter((other) => groupOf(other) === group);
    const difference = matchStories(names, recorded, candidates, own);
    if (difference !== undefined) return `${what}: ${difference}`;
  }
  return undefined;
}

function groupOf(name: string): string {
  return name.replace(/(<(?:rand|minutes)>.*) \d+$/, '$1');
}

/** Each of |names| gets one of |candidates| that has the same story (Kuhn's matching). */
function matchStories(
  names: readonly string[],
  recorded: Stories,
  candidates: readonly string[],
  own: Stories,
): Difference {
  const taken = new Map<string, string>();
  let first: Difference;
  const fits = (name: string, other: string): boolean => {
    const difference = storyDifference(recorded.get(name) ?? [], own.get(other) ?? []);
    if (difference !== undefined) first ??= `${name}: ${difference}`;
    return difference === undefined;
  };
  const place = (name: string, tried: Set<string>): boolean =>
    candidates.some((other) => {
      if (tried.has(other) || !fits(name, other)) return false;
      tried.add(other);
      const holder = taken.get(other);
      if (holder !== undefined && !place(holder, tried)) return false;
      taken.set(other, name);
      return true;
    });
  for (const name of names) {
    first = undefined;
    if (!place(name, new Set())) return first ?? `${name}: missing`;
  }
  return undefined;
}
