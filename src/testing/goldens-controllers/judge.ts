/**
 * Compares what controllers did with what was recorded, no stricter than two recordings of the real
 * thing are to each other (stability.json): Events as a multiset, the end of every object, and the
 * sequence of its specs and conditions. How often a status is written between two of these is not
 * compared: writes that follow each other closely may be merged.
 */
import { canonicalJson } from '../../api/meta/json.ts';
import { jsonMergePatch } from '../../api/meta/merge-patch.ts';
import type { Difference } from '../goldens-harness/compare.ts';
import { comparable, maskOwn, maskText } from './comparable.ts';
import type { Recording, Stability, WrittenEvent } from './recording.ts';
import type { Outcome } from './replay.ts';
import { missingFrom, tooMuch } from './scheduler-judge.ts';

type Versions = readonly (object | undefined)[];

/** Left out where two real clusters were compared, too: chance decides about most of them. */
const NOT_COMPARED = new Set(['Pod', 'Node']);
/** The Nodes of a case were there before; whether it sees their registration is chance. */
const BEFORE = /^\w+ (?:RegisteredNode|CIDRNotAvailable|CIDRAssignmentFailed) Node\/n[1-5] /;

/** |settled| is what had become of it a while after the recording had ended. */
export function judge(
  recording: Recording,
  atEnd: Outcome,
  later: Outcome,
  stability: Stability,
): Difference {
  const hashes = ownHashes(recording, later);
  const ended = { ...atEnd, hashes };
  const settled = { ...later, hashes };
  return (
    eventsDifference(recording, ended, settled, stability) ??
    objectsDifference(recording, ended, settled, stability) ??
    orderDifference(recording, settled)
  );
}

function eventsDifference(
  recording: Recording,
  ended: Outcome,
  settled: Outcome,
  { events = 'equal' }: Stability,
): Difference {
  const chance = new Set<string>();
  if (events !== 'equal') {
    for (const line of [events.onlyHere, events.onlyThere]) {
      for (const text of Object.keys(line ?? {})) chance.add(text.replaceAll(' | ', ' '));
    }
  }
  const { namespace } = recording;
  const counts = (line: string): boolean =>
    !BEFORE.test(line) && !chance.has(line.replaceAll(namespace, 'NS'));
  const expected = recording.events.map((e) => maskText(lineOf(e))).filter(counts);
  const own = (outcome: Outcome): string[] =>
    outcome.events.map((e) => maskOwn(lineOf(e), outcome)).filter(counts);
  // What came after the end is welcome where it was seen before it, and else nobody's business; nor
  // is what is said of kinds that were not watched.
  const watched = new Set([
    ...recording.stream.map(({ kind }) => kind),
    ...recording.events.map(({ object }) => object.split('/')[0]),
  ]);
  const isWatched = (line: string): boolean => watched.has(/ (\w+)\//.exec(line)?.[1] ?? '');
  return missingFrom(expected, own(settled)) ?? tooMuch(own(ended).filter(isWatched), expected);
}

/** Which node a Pod gets is chance. */
function lineOf({ type, reason, object, message }: WrittenEvent): string {
  const text = message.replace(
    /^((?:Recycler pod: )?Successfully assigned \S+ to )n\d$/,
    '$1<node>',
  );
  return `${type} ${reason} ${object} ${text}`;
}

function objectsDifference(
  recording: Recording,
  ended: Outcome,
  settled: Outcome,
  stability: Stability,
): Difference {
  const recorded = recordedVersions(recording);
  const own = ownKeys(recorded, settled);
  const chanceAtEnd = differing(stability.finalObjects, recording.namespace);
  const chance = differing(stability.sequences, recording.namespace);
  for (const [key, versions] of recorded) {
    const kind = key.slice(0, key.indexOf('/'));
    if (NOT_COMPARED.has(kind)) continue;
    const neutral = key.replaceAll(recording.namespace, 'NS');
    const difference = (outcome: Outcome): Difference => {
      const ownVersions = outcome.versions.get(own.get(key) ?? key) ?? [];
      const atEnd = chanceAtEnd(neutral)
        ? undefined
        : endDifference(versions, ownVersions, outcome);
      if (atEnd !== undefined || chance(neutral)) return atEnd;
      return storyDifference(story(versions, null), story(ownVersions, outcome));
    };
    const first = difference(ended);
    if (first !== undefined && difference(settled) !== undefined) return `${key}: ${first}`;
  }
  return undefined;
}

function differing(part: Stability['finalObjects'], namespace: string): (key: string) => boolean {
  if (part === undefined || part === 'equal') return () => false;
  const keys = new Set(
    (part.differ ?? []).map((k) =>
      k.replaceAll(namespace, 'NS').replace(/<(rand|minute)>/g, '<$1>'),
    ),
  );
  const plain = (key: string): string => key.replace(/<(rand|minute):\d+>/g, '<$1>');
  return (key) => keys.has(plain(key));
}

function endDifference(recorded: Versions, own: Versions, outcome: Outcome): Difference {
  const expected = canonicalJson(comparable(recorded.at(-1), null));
  const actual = canonicalJson(comparable(own.at(-1), outcome));
  if (expected === actual) return undefined;
  return `at the end: ${firstDifference(expected, actual)}`;
}

/** What stands around the first character that differs. */
function firstDifference(expected: string, actual: string): string {
  let i = 0;
  while (i < expected.length && expected[i] === actual[i]) i++;
  const from = Math.max(0, i - 60);
  return `expected …${expected.slice(from, i + 100)} got …${actual.slice(from, i + 100)}`;
}

/** Every version of every recorded object; undefined where it was deleted. */
function recordedVersions(recording: Recording): Map<string, (object | undefined)[]> {
  const versions = new Map<string, (object | undefined)[]>();
  for (const change of recording.stream) {
    const isForeign = (change.namespace ?? recording.namespace) !== recording.namespace;
    if (isForeign && change.kind !== 'Lease') continue;
    const key = `${change.kind}/${change.name}`;
    const list = versions.get(key) ?? [];
    versions.set(key, list);
    if (change.type === 'DELETED') list.push(undefined);
    else list.push(jsonMergePatch(list.at(-1) ?? {}, change.change) as object);
  }
  return versions;
}

/** One of ours for each recorded object with a drawn name: one that ended alike, if there is one. */
function ownKeys(recorded: ReadonlyMap<string, Versions>, outcome: Outcome): Map<string, string> {
  const families = new Map<string, string[]>();
  const family = (key: string): string => key.replace(/[^-/]*$/, '');
  for (const key of outcome.versions.keys()) {
    families.set(family(key), [...(families.get(family(key)) ?? []), key]);
  }
  const keys = new Map<string, string>();
  for (const [key, versions] of recorded) {
    if (!/<rand|<minute/.test(key)) {
      const [hash, then] = [...outcome.hashes].find(([, h]) => key.includes(h)) ?? ['', ''];
      keys.set(key, then === '' ? key : key.replace(then, hash));
      continue;
    }
    const left = families.get(family(key)) ?? [];
    const alike = left.findIndex(
      (own) => endDifference(versions, outcome.versions.get(own) ?? [], outcome) === undefined,
    );
    keys.set(key, left.splice(Math.max(alike, 0), 1)[0] ?? key);
  }
  return keys;
}

/**
 * Where a template holds the time at which it was written (`rollout restart`), the name of its
 * ReplicaSet is another one every time: ours, and what it was then.
 */
function ownHashes(recording: Recording, outcome: Outcome): ReadonlyMap<string, string> {
  if (!JSON.stringify(recording.commands).includes('"restart"')) return new Map();
  const names = (keys: Iterable<string>): string[] =>
    [...new Set(keys)].filter((k) => k.startsWith('ReplicaSet/')).map((k) => k.slice(11));
  const recorded = names(recording.stream.map((c) => `${c.kind}/${c.name}`));
  const own = names(outcome.versions.keys());
  const then = recorded.filter((name) => !own.includes(name));
  const suffix = (name: string): string => name.slice(name.lastIndexOf('-') + 1);
  const now = own.filter((name) => !recorded.includes(name));
  return new Map(now.map((name, i) => [suffix(name), suffix(then[i] ?? name)]));
}

interface Story {
  readonly desired: readonly string[];
  readonly conditions: readonly string[];
}

/** What was wanted of an object, and the conditions it has had, each state once. */
function story(versions: Versions, outcome: Outcome | null): Story {
  const desired: string[] = [];
  const conditions: string[] = [];
  for (const version of versions) {
    const plain = comparable(version, outcome) as
      | {
          readonly metadata?: {
            readonly finalizers?: unknown;
            readonly deletionTimestamp?: unknown;
          };
          readonly spec?: { readonly replicas?: unknown; readonly leaseTransitions?: unknown };
          readonly status?: { readonly conditions?: readonly Record<string, string>[] };
        }
      | undefined;
    const { finalizers, deletionTimestamp } = plain?.metadata ?? {};
    desired.push(
      version === undefined
        ? 'deleted'
        : JSON.stringify([
            plain?.spec?.replicas ?? plain?.spec?.leaseTransitions,
            finalizers,
            deletionTimestamp !== undefined,
          ]),
    );
    const list = plain?.status?.conditions ?? [];
    conditions.push(
      list
        .map((c) => `${c['type']} ${c['status']} ${c['reason']}`)
        .sort()
        .join(', '),
    );
  }
  const once = (list: readonly string[]): string[] => list.filter((x, i) => x !== list[i - 1]);
  return { desired: once(desired), conditions: once(conditions) };
}

/** Writes that follow each other closely may be merged on either side: states may be left out. */
function storyDifference(expected: Story, own: Story): Difference {
  for (const part of ['desired', 'conditions'] as const) {
    const a = expected[part];
    const b = own[part];
    const difference = a.length < b.length ? leftOver(a, b) : leftOver(b, a);
    if (difference === undefined) continue;
    const missing = a.length < b.length ? 'there was never' : 'missing';
    return `${part}: ${missing} ${difference}; recorded were ${a.join(' → ')}; own ${b.join(' → ')}`;
  }
  return undefined;
}

/** The first of |short| that |long| does not have in its place. */
function leftOver(short: readonly string[], long: readonly string[]): Difference {
  let at = 0;
  for (const state of short) {
    while (at < long.length && long[at] !== state) at++;
    if (at++ >= long.length) return state;
  }
  return undefined;
}

/** A StatefulSet makes and deletes its Pods in order, unless it is told to hurry. */
function orderDifference(recording: Recording, outcome: Outcome): Difference {
  if (/"podManagementPolicy": ?"Parallel"/.test(JSON.stringify(recording.commands))) {
    return undefined;
  }
  const order = (events: readonly WrittenEvent[]): string[] =>
    events
      .filter((e) => e.from === 'statefulset-controller' && e.watch === 'ADDED')
      .filter((e) => /^Successful(?:Create|Delete)$/.test(e.reason) && / Pod /.test(e.message))
      .map((e) => e.message);
  const own = order(outcome.events);
  for (const [i, message] of order(recording.events).entries()) {
    if (own[i] !== message) return `order: step ${i + 1}: expected ${message} got ${own[i]}`;
  }
  return undefined;
}
