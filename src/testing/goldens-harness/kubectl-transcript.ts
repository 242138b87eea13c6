/**
 * Transcripts of the real kubectl as data, and the comparison of what it prints now with what it
 * printed then. The format is described in the README of the recordings.
 */
import type { Difference } from './compare.ts';
import { type Bindings, type Sorts } from './placeholders.ts';

export interface TranscriptCommand {
  readonly name?: string;
  readonly argv?: readonly string[];
  /** Written before the command runs. */
  readonly files?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
  /** Lines of stdout, split at two or more spaces. */
  readonly rows?: readonly (readonly string[])[];
  readonly varies?: readonly string[];
  /** Run for its effect. */
  readonly noExpectation?: boolean;
  readonly waitFor?: string;
  readonly interruptedAfterSeconds?: number;
  /** Run by a second kubectl, while this one runs. */
  readonly meanwhile?: readonly (readonly string[])[];
}

export interface Transcript {
  readonly topic: string;
  readonly note?: string;
  /** File with the objects that are there from the beginning. */
  readonly objects?: string;
  readonly setup?: readonly TranscriptCommand[];
  readonly steps: readonly TranscriptCommand[];
}

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

const DATE = '\\d{4}-\\d\\d-\\d\\d';
const CLOCK = '\\d\\d:\\d\\d:\\d\\d';

/** What kubectl prints has forms of its own, and names of this machine. */
export const KUBECTL_SORTS: Sorts = {
  time: `${DATE}T${CLOCK}Z|${DATE} ${CLOCK}(?:\\.\\d+)? [+-]\\d{4}(?: UTC)?|\\w{3}, \\d\\d \\w{3} \\d{4} ${CLOCK} [+-]\\d{4}`,
  age: '[0-9]+[0-9ydhms]*|<unknown>|<invalid>',
  klog: '[IWEF]\\d{4} [\\d:.]+ +\\d+',
  home: '\\/[^\\s"]*?',
  tmpfile: '[A-Za-z0-9._-]+',
};

/** Answers of a local build differ in these. */
const BUILD_FACTS = /("?(?:gitCommit|gitTreeState|buildDate|goVersion)"?: ).*$/gm;
/** An age since a masked time, which was left as it was. */
const LASTS = /\(lasts [0-9ydhms]+\)/g;

export function commandDifference(
  expected: TranscriptCommand,
  actual: Printed,
  bindings: Bindings,
): Difference {
  const varies = new Set(expected.varies);
  if (!varies.has('exitCode') && expected.exitCode !== actual.exitCode) {
    const told = (actual.stderr || actual.stdout).slice(0, 400);
    return `exitCode: expected ${expected.exitCode} got ${actual.exitCode}: ${told}`;
  }
  if (!varies.has('stdout')) {
    const difference = expected.rows
      ? rowsDifference(expected.rows, actual.stdout, bindings)
      : textDifference(expected.stdout ?? '', actual.stdout, bindings);
    if (difference !== undefined) return `stdout: ${difference}`;
  }
  if (varies.has('stderr')) return undefined;
  const stderr = expected.stderr ?? '';
  if (inAnyOrder(stderr) === inAnyOrder(actual.stderr)) return undefined;
  const difference = textDifference(stderr, actual.stderr, bindings);
  return difference === undefined ? undefined : `stderr: ${difference}`;
}

/** kubectl collects errors in maps, whose order is accidental: lines, and lists in brackets. */
function inAnyOrder(text: string): string {
  const lists = text.replace(/\[([^[\]]*, [^[\]]*)\]/g, (_, list: string) => {
    return `[${list.split(', ').sort().join(', ')}]`;
  });
  return lists.split('\n').sort().join('\n');
}

/** Lists with random names come in the order of those names: then any order will do. */
function textDifference(expected: string, actual: string, bindings: Bindings): Difference {
  const wanted = withoutLocalFacts(expected);
  const got = withoutLocalFacts(actual);
  if (wanted === got) return undefined;
  if (wanted.includes('<pem>')) {
    return bindings.matches(wanted, got) ? undefined : linesDiffer(wanted, got, bindings);
  }
  return anyOrder(wanted.split('\n'), got.split('\n'), expected.includes('<rand:'), bindings);
}

function withoutLocalFacts(text: string): string {
  return text.replace(BUILD_FACTS, '$1-').replace(LASTS, '(lasts -)');
}

function linesDiffer(wanted: string, got: string, bindings: Bindings): Difference {
  return anyOrder(wanted.split('\n'), got.split('\n'), false, bindings) ?? 'the texts differ';
}

function rowsDifference(
  expected: readonly (readonly string[])[],
  actual: string,
  bindings: Bindings,
): Difference {
  const wanted = expected.map((row) => withoutLocalFacts(row.join('  ')));
  const got = withoutLocalFacts(actual)
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/).join('  '))
    .filter((line) => line !== '');
  const filled = wanted.filter((line) => line !== '');
  return anyOrder(
    filled,
    got,
    filled.some((line) => line.includes('<rand:')),
    bindings,
  );
}

function anyOrder(
  wanted: readonly string[],
  got: readonly string[],
  asSet: boolean,
  bindings: Bindings,
): Difference {
  if (!asSet) {
    for (let i = 0; i < Math.max(wanted.length, got.length); i++) {
      const [a, b] = [wanted[i], got[i]];
      if (a === undefined) return `line ${i + 1}: not expected: ${show(b)}`;
      if (b === undefined) return `line ${i + 1}: missing: ${show(a)}`;
      if (!bindings.matches(a, b)) return `line ${i + 1}: expected ${show(a)} got ${show(b)}`;
    }
    return undefined;
  }
  const left = [...got];
  for (const line of wanted) {
    const at = left.findIndex((other) => bindings.matches(line, other));
    if (at < 0) return `missing: ${show(line)}; there are: ${show(left.slice(0, 4).join(' | '))}`;
    left.splice(at, 1);
  }
  return left.length === 0 ? undefined : `not expected: ${show(left[0])}`;
}

function show(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 300));
}
