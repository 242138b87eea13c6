/**
 * Finds recordings in a folder and counts them by topic, in the units of the contract. Reading files
 * is the caller's: this zone knows no file system.
 */
import type { Recording } from '../goldens-controllers/recording.ts';
import type { SchedulerCase } from '../goldens-controllers/scheduler-case.ts';
import { schedulerPlayable } from '../goldens-controllers/scheduler-playable.ts';
import type { Json, JsonObject, RecordedCase } from './case.ts';
import type { Transcript } from './kubectl-transcript.ts';
import { isRequestsCase, type NodeRecording } from './node-case.ts';
import { documentPath, playDocument } from './openapi.ts';
import type { Playable } from './playable.ts';
import { runCase } from './run-case.ts';
import { isUnit, playSequence, type Sequence } from './sequence.ts';
import { playTable, type RecordedTable } from './table.ts';

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
  readonly cases: readonly Playable[];
}

export interface Recordings {
  readonly replayed: readonly ReplayTopic[];
  /** Played by the real kubectl. */
  readonly transcripts: readonly Transcript[];
  /** Played by the real kubectl against nodes. */
  readonly nodes: readonly NodeRecording[];
  /** What controllers did, played with the real kubectl where it was used. */
  readonly streams: readonly Recording[];
}

/** Topics whose files are a case each. */
const ONE_CASE_A_FILE: readonly (readonly [
  name: string,
  playable: (content: Json) => Playable,
  skip: RegExp,
])[] = [
  ['api/discovery', (content) => exchangeCase(content as unknown as RecordedCase, false), /$^/],
  ['api/objects', (content) => exchangeCase(content as unknown as RecordedCase, true), /$^/],
  ['api/sequences', (content) => sequenceCase(content as unknown as Sequence), /$^/],
  ['api/tables', (content) => tableCase(content as unknown as RecordedTable), /durations\.json$/],
];

/** Everything below |area| (`''` = all areas). */
export function loadRecordings(files: RecordingFiles, area: string): Recordings {
  const wanted = (name: string): boolean =>
    area === '' || name === area || name.startsWith(`${area}/`) || area.startsWith(`${name}/`);
  const replayed: ReplayTopic[] = [];
  for (const [name, playable, skip] of ONE_CASE_A_FILE) {
    if (!wanted(name)) continue;
    const paths = jsonFiles(files, name).filter((path) => !skip.test(path));
    add(
      replayed,
      name,
      paths.map((path) => playable(parse(files, path))),
    );
  }
  if (wanted('api/openapi')) {
    const paths = jsonFiles(files, 'api/openapi');
    add(
      replayed,
      'api/openapi',
      paths.map((path) => documentCase(path.slice('api/openapi/'.length), parse(files, path))),
    );
  }
  for (const path of jsonFiles(files, 'api/errors')) {
    const { topic, cases } = parse(files, path) as unknown as {
      topic: string;
      cases: RecordedCase[];
    };
    const name = `api/errors/${topic}`;
    if (wanted('api/errors') && (area === '' || wanted(name))) {
      add(
        replayed,
        name,
        cases.map((c) => exchangeCase(c, false)),
      );
    }
  }
  for (const [name, cases] of schedulersIn(files, wanted)) add(replayed, name, cases);
  const transcripts = transcriptsIn(files, wanted);
  return {
    replayed,
    transcripts,
    nodes: nodesIn(files, wanted),
    streams: streamsIn(files, wanted),
  };
}

/** Cases of goldens/controllers/scheduler*, by topic. */
function schedulersIn(
  files: RecordingFiles,
  wanted: (name: string) => boolean,
): Map<string, Playable[]> {
  const topics = new Map<string, Playable[]>();
  for (const path of jsonFiles(files, 'controllers')) {
    const [, topic = '', name = ''] =
      /^controllers\/(scheduler[^/]*)\/(.*)\.json$/.exec(path) ?? [];
    if (topic === '' || !wanted(`controllers/${topic}`)) continue;
    const list = topics.get(`controllers/${topic}`) ?? [];
    topics.set(`controllers/${topic}`, list);
    list.push(schedulerPlayable(name, parse(files, path) as unknown as SchedulerCase));
  }
  return topics;
}

/** Cases of goldens/controllers that are streams of changes. */
function streamsIn(files: RecordingFiles, wanted: (name: string) => boolean): Recording[] {
  return jsonFiles(files, 'controllers')
    .filter((path) => wanted(path.slice(0, path.lastIndexOf('/'))))
    .filter((path) => !/\/stability\.json$|\/scheduler[^/]*\//.test(path))
    .map((path) => parse(files, path) as unknown as Recording);
}

function nodesIn(files: RecordingFiles, wanted: (name: string) => boolean): NodeRecording[] {
  if (!wanted('node')) return [];
  const all = jsonFiles(files, 'node')
    .map((path) => parse(files, path))
    .filter((content) => isRecord(content) && content['topic'] !== undefined)
    .map((content) => content as unknown as NodeRecording);
  // Lists of requests need the cases whose they are.
  const chosen = new Set(all.filter(({ topic }) => wanted(`node/${topic}`)));
  const owners = new Set([...chosen].map((r) => (isRequestsCase(r) ? r.of : '')));
  return all
    .filter((r) => chosen.has(r) || owners.has(`${r.topic}/${r.case}`))
    .map((r) => ({ ...r, asked: chosen.has(r) }));
}

function transcriptsIn(files: RecordingFiles, wanted: (name: string) => boolean): Transcript[] {
  if (!wanted('api/kubectl')) return [];
  return jsonFiles(files, 'api/kubectl')
    .map((path) => parse(files, path))
    .filter((content) => isRecord(content) && content['steps'] !== undefined)
    .map((content) => content as unknown as Transcript)
    .filter(({ topic }) => wanted(`api/kubectl/${topic}`));
}

function exchangeCase(recorded: RecordedCase, byKind: boolean): Playable {
  const exchanges = [recorded, ...(recorded.setup ?? []), ...(recorded.also ?? [])];
  const body = recorded.response.body as { kind?: string } | undefined;
  return {
    name: recorded.name,
    units: 1,
    paths: exchanges.flatMap((e) => (e.request === undefined ? [] : [e.request.path])),
    ...(byKind ? { kind: body?.kind ?? '' } : {}),
    play: (makeTarget) => [{ unit: '', difference: runCase(recorded, makeTarget) }],
  };
}

function documentCase(file: string, recorded: Json): Playable {
  const path = documentPath(file);
  return {
    name: file,
    units: 1,
    paths: [path],
    play: (makeTarget) => [{ unit: '', difference: playDocument(recorded, path, makeTarget) }],
  };
}

function sequenceCase(sequence: Sequence): Playable {
  const requests = sequence.steps.map((s) => s.request ?? s.watch?.request);
  return {
    name: sequence.name,
    units: sequence.steps.filter(isUnit).length,
    paths: requests.flatMap((r) => (r === undefined ? [] : [r.path])),
    play: (makeTarget) => playSequence(sequence, makeTarget),
  };
}

function tableCase(table: RecordedTable): Playable {
  return {
    name: table.name,
    units: table.table.rows.length,
    paths: [table.path],
    play: (makeTarget) => playTable(table, makeTarget),
  };
}

function add(topics: ReplayTopic[], name: string, cases: readonly Playable[]): void {
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
