/**
 * Finds recordings in a folder and counts them by topic, in the units of the contract. Reading files
 * is the caller's: this zone knows no file system.
 */
import type { Json, JsonObject, RecordedCase } from './case.ts';

/** The files of a folder of recordings: `api/errors/pod.json` → its text. */
export interface RecordingFiles {
  /** Paths below |folder| (recursively), sorted; empty when there is no such folder. */
  list(folder: string): readonly string[];
  read(path: string): string;
}

/** A topic whose cases can be replayed. */
export interface ReplayTopic {
  /** `api/errors/pod` */
  readonly name: string;
  readonly cases: readonly RecordedCase[];
}

/** A topic that nothing replays yet. */
export interface UnsupportedTopic {
  readonly name: string;
  readonly units: number;
}

export interface Recordings {
  readonly replayed: readonly ReplayTopic[];
  readonly unsupported: readonly UnsupportedTopic[];
}

/** Counts the units of an unsupported topic in one of its files. */
type Counter = (content: Json) => number;

const one: Counter = () => 1;

/** Steps that have an answer or a watch. */
const steps: Counter = (content) =>
  listOf(content, 'steps').filter((s) => isRecord(s) && (s['response'] ?? s['watch']) !== undefined)
    .length;

const rows: Counter = (content) => {
  const table = isRecord(content) ? content['table'] : undefined;
  return table === undefined ? 0 : listOf(table, 'rows').length;
};

const commands: Counter = (content) =>
  listOf(content, 'steps').filter(
    (s) => isRecord(s) && s['argv'] !== undefined && s['noExpectation'] !== true,
  ).length;

const UNSUPPORTED: readonly (readonly [name: string, count: Counter, skip: RegExp])[] = [
  ['api/discovery', one, /$^/],
  ['api/kubectl', commands, /state\.json$/],
  ['api/openapi', one, /$^/],
  ['api/sequences', steps, /$^/],
  ['api/tables', rows, /durations\.json$/],
  ['controllers', one, /\/stability\.json$/],
  ['node', one, /\/timings\.json$/],
];

/** Everything below |area| (`''` = all areas). */
export function loadRecordings(files: RecordingFiles, area: string): Recordings {
  const wanted = (name: string): boolean =>
    area === '' || name === area || name.startsWith(`${area}/`) || area.startsWith(`${name}/`);
  const replayed: ReplayTopic[] = [];
  if (wanted('api/objects')) {
    const cases = jsonFiles(files, 'api/objects').map((path) => parse(files, path) as object);
    add(replayed, 'api/objects', cases as RecordedCase[]);
  }
  for (const path of jsonFiles(files, 'api/errors')) {
    const { topic, cases } = parse(files, path) as unknown as {
      topic: string;
      cases: RecordedCase[];
    };
    const name = `api/errors/${topic}`;
    if (wanted('api/errors') && (area === '' || wanted(name))) add(replayed, name, cases);
  }
  const unsupported: UnsupportedTopic[] = [];
  for (const [name, count, skip] of UNSUPPORTED) {
    if (!wanted(name)) continue;
    let units = 0;
    for (const path of jsonFiles(files, name)) {
      if (!skip.test(path)) units += count(parse(files, path));
    }
    if (units > 0) unsupported.push({ name, units });
  }
  return { replayed, unsupported };
}

function add(topics: ReplayTopic[], name: string, cases: readonly RecordedCase[]): void {
  if (cases.length > 0) topics.push({ name, cases });
}

function jsonFiles(files: RecordingFiles, folder: string): readonly string[] {
  return files.list(folder).filter((path) => path.endsWith('.json'));
}

function parse(files: RecordingFiles, path: string): Json {
  return JSON.parse(files.read(path)) as Json;
}

function isRecord(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: Json, key: string): readonly Json[] {
  const list = isRecord(value) ? value[key] : undefined;
  return Array.isArray(list) ? (list as readonly Json[]) : [];
}
