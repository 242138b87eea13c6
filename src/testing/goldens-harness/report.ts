/** Plays recordings and keeps score, with the list of misses that are known and may only shrink. */
import type { RecordedCase } from './case.ts';
import type { Recordings } from './load.ts';
import { type GoldenTarget, runCase } from './run-case.ts';

/** src/testing/known-misses.json */
export interface KnownMisses {
  /** Topics that nothing replays yet, with the reason. */
  readonly topics: Readonly<Record<string, string>>;
  /** By topic: cases that do not match yet. */
  readonly cases: Readonly<Record<string, readonly string[]>>;
}

export interface TopicScore {
  readonly topic: string;
  readonly matched: number;
  readonly total: number;
}

export interface Miss {
  readonly topic: string;
  /** Empty for a whole topic. */
  readonly case: string;
  readonly known: boolean;
  readonly difference: string;
}

export interface Report {
  readonly topics: readonly TopicScore[];
  readonly misses: readonly Miss[];
  /** Cases in the list of known misses that match by now. */
  readonly cured: readonly string[];
  readonly matched: number;
  readonly total: number;
}

export interface ReplayOptions {
  readonly makeTarget: () => GoldenTarget;
  /** Only cases whose topic/name contains this. */
  readonly caseFilter: string;
  readonly known: KnownMisses;
}

export function replay(recordings: Recordings, options: ReplayOptions): Report {
  const { known, caseFilter } = options;
  const topics: TopicScore[] = [];
  const misses: Miss[] = [];
  const cured: string[] = [];
  for (const { name, cases } of recordings.replayed) {
    const chosen = cases.filter((c) => `${name}/${c.name}`.includes(caseFilter));
    if (chosen.length === 0) continue;
    const expected = new Set(known.cases[name] ?? []);
    let matched = 0;
    for (const recorded of chosen) {
      const difference = safely(recorded, options.makeTarget);
      if (difference === undefined) {
        matched++;
        if (expected.has(recorded.name)) cured.push(`${name}/${recorded.name}`);
      } else {
        const isKnown = expected.has(recorded.name);
        misses.push({ topic: name, case: recorded.name, known: isKnown, difference });
      }
    }
    topics.push({ topic: name, matched, total: chosen.length });
  }
  if (caseFilter === '') {
    for (const { name, units } of recordings.unsupported) {
      topics.push({ topic: name, matched: 0, total: units });
      const isKnown = known.topics[name] !== undefined;
      misses.push({ topic: name, case: '', known: isKnown, difference: 'not supported yet' });
    }
  }
  return {
    topics,
    misses,
    cured,
    matched: topics.reduce((sum, t) => sum + t.matched, 0),
    total: topics.reduce((sum, t) => sum + t.total, 0),
  };
}

/** A crash of the engine is a miss like any other: the run goes on. */
function safely(recorded: RecordedCase, makeTarget: () => GoldenTarget): string | undefined {
  try {
    return runCase(recorded, makeTarget);
  } catch (error) {
    return `the engine stopped: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Scores of all topics of a folder with several (`api/errors`), for people. */
export function grouped(topics: readonly TopicScore[]): readonly TopicScore[] {
  const sums = new Map<string, { matched: number; total: number }>();
  for (const { topic, matched, total } of topics) {
    const name = topic.split('/').slice(0, 2).join('/');
    const sum = sums.get(name) ?? { matched: 0, total: 0 };
    sums.set(name, { matched: sum.matched + matched, total: sum.total + total });
  }
  return [...sums].map(([topic, sum]) => ({ topic, ...sum }));
}
