/**
 * npm run goldens -- [AREA] [--dir DIR] [--case SUBSTRING] [--json]
 *
 * Replays recordings of a real Kubernetes against the engine and prints what matches. Exit 1 on a
 * miss that is not in the list of known misses, 2 on bad usage.
 */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { JsonObject } from '../testing/goldens-harness/case.ts';
import {
  asCreated,
  clusterTarget,
  type Environment,
  isServed,
} from '../testing/goldens-harness/cluster-target.ts';
import { playWithKubectl } from './goldens-kubectl.ts';
import { playStreams, usesKubectl } from './goldens-controllers.ts';
import { playNodes } from './goldens-node.ts';
import type { Stability } from '../testing/goldens-controllers/recording.ts';
import { openApiDocuments } from './openapi-file.ts';
import { loadRecordings, type RecordingFiles } from '../testing/goldens-harness/load.ts';
import {
  grouped,
  type KnownMisses,
  replay,
  type Report,
  type Score,
  type TopicScore,
} from '../testing/goldens-harness/report.ts';

const USAGE = 'usage: npm run goldens -- [AREA] [--dir DIR] [--case SUBSTRING] [--json]';
const AREAS = ['api', 'controllers', 'node'];
const OWN_RECORDINGS = 'src/testing/goldens';
const KNOWN_MISSES = 'src/testing/known-misses.json';
const STATE = 'api/kubectl/state.json';
/** The nodes that were registered before the recordings began. */
const NODE_NAMES = ['cp-1', 'node-1', 'node-2'];

interface Arguments {
  area: string;
  dir: string;
  caseFilter: string;
  json: boolean;
  /** Writes the misses of this run as the list of known ones; for when the list shrinks. */
  update: boolean;
  /** Leaves out what only a real kubectl can play. */
  withoutKubectl: boolean;
  /** Misses that no list names and that are forgiven: what a busy machine makes of real time. */
  mayMiss: number;
}

async function main(): Promise<number> {
  const root = process.env['KUBEGLASS_ROOT'] ?? process.cwd();
  const args = parseArguments(process.argv.slice(2));
  if (typeof args === 'string') return usage(args);
  const own = path.join(root, OWN_RECORDINGS);
  const dir = args.dir === '' ? own : path.resolve(args.dir);
  if (!fs.existsSync(dir)) return usage(`there is no folder ${args.dir}`);
  const files = recordingFiles(dir);
  const recordings = loadRecordings(files, args.area);
  const { replayed, transcripts, nodes, streams } = recordings;
  if (replayed.length + transcripts.length + nodes.length + streams.length === 0) {
    return usage(`no recordings of ${args.area || 'any area'} in ${args.dir || OWN_RECORDINGS}`);
  }
  const known = JSON.parse(fs.readFileSync(path.join(root, KNOWN_MISSES), 'utf8')) as KnownMisses;
  const environment = recordedEnvironment(path.join(own, STATE));
  const played = await playWithKubectl(args.withoutKubectl ? [] : transcripts, {
    root,
    environment,
    objects: (file) => JSON.parse(files.read(`api/kubectl/${file}`)) as readonly JsonObject[],
    caseFilter: args.caseFilter,
  });
  const onNodes = await playNodes(args.withoutKubectl ? [] : nodes, {
    root,
    chosen: (topic, name) => `${topic}/${name}`.includes(args.caseFilter),
    known: (topic, name) => known.cases[topic]?.[name] !== undefined,
  });
  const asked = args.withoutKubectl ? streams.filter((s) => !usesKubectl(s)) : streams;
  const streamed = await playStreams(asked, {
    root,
    stability: stabilityOf(files, own),
    chosen: (topic, name) => `${topic}/${name}`.includes(args.caseFilter),
    known: (topic, name) => known.cases[topic]?.[name] !== undefined,
  });
  const report = replay([...replayed, ...played, ...onNodes, ...streamed], {
    makeTarget: (options) => clusterTarget(environment, options),
    caseFilter: args.caseFilter,
    known,
    isServed,
  });
  if (args.update) updateKnown(path.join(root, KNOWN_MISSES), known, report);
  print(report, args.json);
  return report.misses.filter((miss) => !miss.known).length > args.mayMiss ? 1 : 0;
}

/** What real clusters agree about; recordings elsewhere may bring their own. */
function stabilityOf(files: RecordingFiles, own: string): Readonly<Record<string, Stability>> {
  const name = 'controllers/stability.json';
  const text = (file: RecordingFiles): string =>
    file.list('controllers').includes(name) ? file.read(name) : '{"cases":{}}';
  const cases = (from: RecordingFiles): Readonly<Record<string, Stability>> =>
    (JSON.parse(text(from)) as { cases?: Record<string, Stability> }).cases ?? {};
  return { ...cases(recordingFiles(own)), ...cases(files) };
}

function parseArguments(words: readonly string[]): Arguments | string {
  const args: Arguments = {
    area: '',
    dir: '',
    caseFilter: '',
    json: false,
    update: false,
    withoutKubectl: false,
    mayMiss: 0,
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--json') args.json = true;
    else if (word === '--update-known') args.update = true;
    else if (word === '--without-kubectl') args.withoutKubectl = true;
    else if (word === '--dir' || word === '--case' || word === '--may-miss') {
      const value = words[++i];
      if (value === undefined) return `${word} needs a value`;
      if (word === '--dir') args.dir = value;
      else if (word === '--may-miss') args.mayMiss = Number(value) || 0;
      else args.caseFilter = value;
    } else if (word.startsWith('-')) return `unknown option ${word}`;
    else if (args.area !== '') return `one area only, but there is ${word} too`;
    else if (!AREAS.includes(word.split('/')[0] ?? '')) return `unknown area ${word}`;
    else args.area = word.replace(/\/+$/, '');
  }
  return args;
}

function usage(problem: string): number {
  console.error(
    `${problem}\n${USAGE}\nareas: ${AREAS.join(', ')}, or a topic such as api/errors/pod`,
  );
  return 2;
}

/** A folder that holds the areas, or is itself one of them. */
function recordingFiles(dir: string): RecordingFiles {
  const isArea = !AREAS.some((area) => fs.existsSync(path.join(dir, area)));
  const real = (name: string): string =>
    path.join(dir, isArea ? name.split('/').slice(1).join('/') : name);
  return {
    list(folder) {
      const at = real(folder);
      if (!fs.existsSync(at)) return [];
      const names = fs.readdirSync(at, { recursive: true, encoding: 'utf8' });
      return names.map((name) => `${folder}/${name.split(path.sep).join('/')}`).sort();
    },
    read: (name) => fs.readFileSync(real(name), 'utf8'),
  };
}

function recordedEnvironment(file: string): Environment {
  const objects = JSON.parse(fs.readFileSync(file, 'utf8')) as readonly JsonObject[];
  const nodes = NODE_NAMES.map((name) => {
    const node = objects.find(
      (o) => o['kind'] === 'Node' && (o['metadata'] as { name?: string }).name === name,
    );
    if (node === undefined) throw new Error(`${file} does not describe node ${name}`);
    return asCreated(node);
  });
  return {
    nodes,
    openapi: openApiDocuments,
  };
}

/** Known misses of the replayed topics become the misses of this run; the list may only shrink. */
function updateKnown(file: string, known: KnownMisses, report: Report): void {
  const cases: Record<string, Readonly<Record<string, string>>> = { ...known.cases };
  for (const { topic } of report.topics) {
    const reasons = known.cases[topic] ?? {};
    const names = report.misses
      .filter((m) => m.topic === topic && m.case !== '')
      .map((m) => m.case)
      .sort();
    if (names.length === 0) delete cases[topic];
    else cases[topic] = Object.fromEntries(names.map((name) => [name, reasons[name] ?? '']));
  }
  const sorted = Object.fromEntries(Object.entries(cases).sort(([a], [b]) => (a < b ? -1 : 1)));
  fs.writeFileSync(file, `${JSON.stringify({ cases: sorted }, null, 2)}\n`);
}

function print(report: Report, json: boolean): void {
  if (json) {
    console.log(JSON.stringify(report, null, 2));
    return;
  }
  for (const miss of report.misses) {
    const mark = miss.known ? 'known miss' : 'MISS';
    console.log(`${mark} ${miss.topic}/${miss.case}\n    ${miss.difference}`);
  }
  for (const cured of report.cured) {
    console.log(`${cured} matches now: take it off ${KNOWN_MISSES}`);
  }
  for (const group of grouped(report.topics)) {
    console.log(scoreLine(group.topic, group, later(group)));
    for (const part of report.topics.filter((t) => t.topic.startsWith(`${group.topic}/`))) {
      console.log(`  ${scoreLine(part.topic.slice(group.topic.length + 1), part, later(part))}`);
    }
    for (const part of report.kinds.filter((k) => k.topic === group.topic)) {
      console.log(`  ${scoreLine(part.kind, part, '')}`);
    }
  }
  console.log(`goldens ${report.matched}/${report.total}`);
}

function scoreLine(name: string, score: Score, note: string): string {
  return `${name} ${score.matched}/${score.total}${note === '' ? '' : ` (${note})`}`;
}

function later({ unserved }: TopicScore): string {
  return unserved === 0 ? '' : `${unserved} need kinds that come later`;
}

process.exitCode = await main();
// Clusters that were played against leave timers behind.
process.exit();
