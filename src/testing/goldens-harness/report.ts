/** Plays recordings and keeps score, with the list of misses that are known and may only shrink. */
import type { ReplayTopic } from './load.ts';
import type { Outcome, Playable } from './playable.ts';
import type { MakeTarget } from './target.ts';

/** src/testing/known-misses.json */
export interface KnownMisses {
  /** By topic: cases that do not match yet, each with the reason. */
  readonly cases: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Score {
  readonly matched: number;
  readonly total: number;
}

export interface TopicScore extends Score {
  readonly topic: string;
  /** How many cases need a kind that is not served yet; all of them are misses. */
  readonly unserved: number;
}

/** Score of the cases of one kind within a topic of many kinds. */
export interface KindScore extends Score {
  readonly topic: string;
  readonly kind: string;
}

export interface Miss {
  readonly topic: string;
  readonly case: string;
  readonly known: boolean;
  readonly difference: string;
}

export interface Report {
  readonly topics: readonly TopicScore[];
  readonly kinds: readonly KindScore[];
  readonly misses: readonly Miss[];
  /** Cases in the list of known misses that match by now. */
  readonly cured: readonly string[];
  readonly matched: number;
  readonly total: number;
}

export interface ReplayOptions {
  readonly makeTarget: MakeTarget;
  /** Only cases whose topic/name contains this. */
  readonly caseFilter: string;
  readonly known: KnownMisses;
  /** Whether the engine serves what a path asks for. */
  readonly isServed: (path: string) => boolean;
}

export function replay(recordings: readonly ReplayTopic[], options: ReplayOptions): Report {
  const { known, caseFilter } = options;
  const topics: TopicScore[] = [];
  const misses: Miss[] = [];
  const cured: string[] = [];
  const kinds = new Map<string, KindScore>();
  for (const { name, cases } of recordings) {
    const chosen = cases.filter((c) => `${name}/${c.name}`.includes(caseFilter));
    if (chosen.length === 0) continue;
    const expected = new Set(Object.keys(known.cases[name] ?? {}));
    let matched = 0;
    let total = 0;
    for (const recorded of chosen) {
      total += recorded.units;
      for (const { unit, difference } of safely(recorded, options.makeTarget)) {
        const id = unit === '' ? recorded.name : `${recorded.name} ${unit}`;
        if (recorded.kind !== undefined) {
          countKind(kinds, name, recorded.kind, difference === undefined);
        }
        if (difference === undefined) {
          matched++;
          if (expected.has(id)) cured.push(`${name}/${id}`);
        } else {
          misses.push({ topic: name, case: id, known: expected.has(id), difference });
        }
      }
    }
    const unserved = chosen.filter((c) => !c.paths.every(options.isServed)).length;
    topics.push({ topic: name, matched, total, unserved });
  }
  return {
    topics,
    kinds: [...kinds.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1)),
    misses,
    cured,
    matched: topics.reduce((sum, t) => sum + t.matched, 0),
    total: topics.reduce((sum, t) => sum + t.total, 0),
  };
}

function countKind(
  kinds: Map<string, KindScore>,
  topic: string,
  kind: string,
  match: boolean,
): void {
  const { matched, total } = kinds.get(kind) ?? { matched: 0, total: 0 };
  kinds.set(kind, { topic, kind, matched: matched + (match ? 1 : 0), total: total + 1 });
}

/** A crash of the engine is a miss like any other: the run goes on. */
function safely(recorded: Playable, makeTarget: MakeTarget): readonly Outcome[] {
  try {
    return recorded.play(makeTarget);
  } catch (error) {
    const difference = `the engine stopped: ${error instanceof Error ? error.message : String(error)}`;
    return Array.from({ length: recorded.units }, (_, i) => ({
      unit: recorded.units === 1 ? '' : `unit ${i}`,
      difference,
    }));
  }
}

/** Scores of all topics of a folder with several (`api/errors`), for people. */
export function grouped(topics: readonly TopicScore[]): readonly TopicScore[] {
  const sums = new Map<string, TopicScore>();
  for (const score of topics) {
    const topic = score.topic.split('/').slice(0, 2).join('/');
    const sum = sums.get(topic) ?? { matched: 0, total: 0, unserved: 0 };
    sums.set(topic, {
      topic,
      matched: sum.matched + score.matched,
      total: sum.total + score.total,
      unserved: sum.unserved + score.unserved,
    });
  }
  return [...sums.values()];
}
