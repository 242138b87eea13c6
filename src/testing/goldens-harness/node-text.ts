/**
 * What commands printed, compared with what they printed when they were recorded (README of
 * goldens/node, "How to replay", a).
 */
import type { Difference } from './compare.ts';
import type { Printed } from './kubectl-transcript.ts';
import type { NodeCommand } from './node-case.ts';
import type { Bindings } from './placeholders.ts';

/** Exit code of what the recorder ended. */
export const ENDED = -2;

export function printedDifference(
  recorded: NodeCommand,
  printed: Printed,
  bindings: Bindings,
): Difference {
  const { code = 0 } = recorded;
  const told = (printed.stderr || printed.stdout).slice(0, 300);
  const ended = printed.exitCode === ENDED;
  if (typeof code === 'number' ? code !== printed.exitCode : !ended) {
    return `exit code: expected ${code} got ${ended ? 'ended' : printed.exitCode}: ${told}`;
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const difference = textDifference(
      withoutChance(recorded, recorded[stream] ?? ''),
      withoutChance(recorded, printed[stream]),
      bindings,
      SEVERAL_LOGS.test(recorded.args ?? '') || undefined,
    );
    if (difference !== undefined) return `${stream}: ${difference}`;
  }
  return undefined;
}

/**
 * What a rollout is still waiting for is said as often as it changes: only its end is no chance. Nor
 * is how load balancing shares requests out.
 */
function withoutChance({ args = '', shell = '' }: NodeCommand, text: string): string {
  if (args.startsWith('kubectl rollout status')) return text.trimEnd().split('\n').at(-1) ?? '';
  if (!/sort \| uniq -c/.test(args + shell)) return text;
  // So is which of equal Pods it takes: a name here is no name that is met again.
  return text.replace(/^ +\d+ /gm, 'some ').replace(/<rand:\d+>/g, '<rand>');
}

/** The first line that differs; runs of blanks are one, as placeholders change widths. */
export function textDifference(
  expected: string,
  actual: string,
  bindings: Bindings,
  anyOrder = inAnyOrder(expected),
): Difference {
  const [wanted, wantedEvents] = parts(expected);
  const [got, gotEvents] = parts(actual);
  return (
    linesDifference(wanted, got, anyOrder, bindings) ??
    linesDifference(wantedEvents, gotEvents, true, bindings)
  );
}

/** Logs that kubectl reads at once come as they come. */
const SEVERAL_LOGS = /^kubectl logs .*--all-(?:containers|pods)/;

/**
 * Rows of drawn names are sorted by them, rows of Events by whole seconds, variables by chance, and
 * answers to several questions of nslookup come as they come.
 */
function inAnyOrder(expected: string): boolean {
  return /<rand[:>]|^LAST SEEN|^PATH=|^Server:\t\t/.test(expected);
}

/** Lines of a text; those of the Events of a description apart, whose order goes by whole seconds. */
function parts(text: string): readonly [readonly string[], readonly string[]] {
  const lines = text
    .replace(/ \(x\d+ over [^)]*\)/g, '')
    .replace(/\(lasts [^)]*\)/g, '(lasts)')
    // Sizes of stand-in images say nothing (README of goldens/node, "Known gaps").
    .replace(/Image size: \d+ bytes/g, 'Image size')
    // What there was of the recorded machine, and what stand-ins used of it.
    .replace(/Threshold quantity: \S+, available: \S+?\. /g, 'figures ')
    .replace(/was using \S+, request/g, 'was using some, request')
    // What a node has pulled depends on all that had been recorded before, in sizes that say nothing.
    .replace(/^  images:\n(?:  - .*\n|    .*\n)*(?=  nodeInfo:)/m, '')
    // Versions are numbered differently in every cluster, masked or not.
    .replace(/resourceVersion: "(?:\d+|<rv:\d+>)"/g, 'resourceVersion')
    // Which share of the network a node has depends on how often nodes had joined before.
    .replace(/10\.244\.\d+\.0\/24/g, '<podCIDR>')
    // How long a Job took is a time like others.
    .replace(/^Duration: +[0-9hms]+$/gm, 'Duration')
    // Other cases ran on the node at the same time.
    .replace(/(\b(?:cpu|memory), requested: \d+, used: )\d+/g, '$1')
    // Numbers in the payload of a token, which the recorder put into quotation marks.
    .replace(/"(exp|iat|nbf)":(?:\d{10}|"<time>")/g, '"$1"')
    // Which port a connection of a node's own comes from is drawn; the recorder has masked most of them.
    .replace(/^(<ip:\d+>|\d+\.\d+\.\d+\.\d+):(?:<port>|\d{4,5})$/gm, '$1:drawn')
    // A number of chance has a length of chance, and so have addresses.
    .replace(/ \d+ (.{3,17}) \.\.data -> .*/g, ' $1 ..data')
    .replace(/ \d+ (.{3,17}) hosts$/gm, ' $1 hosts')
    .replace(/\n+$/, '')
    .split('\n')
    .map((line) => line.replace(/[ \t]+/g, ' ').trim());
  // How many ids the threads of runc take is chance; the first process has none before it.
  if (lines[0] === 'PID USER COMMAND') {
    for (const [i, line] of lines.entries()) lines[i] = line.replace(/^(?!1 )\d+ /, '');
  }
  const at = lines.findIndex((line) => /^Events:(?: <none>)?$/.test(line));
  // What had happened to a node before depends on all that had been recorded before.
  if (at >= 0 && lines.some((line) => line.startsWith('Non-terminated Pods:'))) {
    return [lines.slice(0, at), []];
  }
  return at < 0 ? [lines, []] : [lines.slice(0, at), lines.slice(at)];
}

function linesDifference(
  wanted: readonly string[],
  got: readonly string[],
  anyOrder: boolean,
  bindings: Bindings,
): Difference {
  const left = [...got];
  const drawn = anyOrder && wanted.some((line) => /<rand[:>]/.test(line));
  let open: readonly (readonly [number, string])[] = [...wanted.entries()];
  // What stands on the node that it stood on is the same one, if there is such a one.
  if (drawn) {
    open = open.filter(([, line]) => {
      const at = NAMES_NODE.test(line) ? left.findIndex((o) => bindings.matches(line, o)) : -1;
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
  }
  for (const [i, line] of open) {
    const at = anyOrder ? left.findIndex((other) => lineMatches(line, other, drawn, bindings)) : 0;
    const other = left[at];
    if (other === undefined || (!anyOrder && !lineMatches(line, other, drawn, bindings))) {
      const instead = anyOrder ? left.slice(0, 3).join(' | ') : (other ?? 'its end');
      return `line ${i + 1}: expected ${show(line)} got ${show(instead)}`;
    }
    left.splice(at, 1);
  }
  return left.length === 0 ? undefined : `not expected: ${show(left[0] ?? '')}`;
}

/** On which of two equal nodes one of several equal Pods lands is chance. */
function lineMatches(line: string, other: string, drawn: boolean, bindings: Bindings): boolean {
  if (ADDRESSES.test(line)) return wordsMatch(line, other, bindings);
  if (!drawn) return bindings.matches(line, other);
  if (LIST.test(line)) return wordsMatch(line, other, bindings);
  // Their addresses follow from the nodes.
  const wanted = line.replace(NODE_NAME, 'a-node').replace(/<ip:\d+>/g, '<ip>');
  return bindings.matches(wanted, other.replace(NODE_NAME, 'a-node'));
}

/** Upstream keeps endpoints in maps, whose order is accidental. */
const ADDRESSES = /^Endpoints: |<ip:\d+>(?::\d+)?,/;

/** kubectl collects errors in maps, whose order is accidental. */
const LIST = /\[[^[\]]*, [^[\]]*\]/;

function wordsMatch(line: string, other: string, bindings: Bindings): boolean {
  const left = other.split(/[\s,[\]]+/);
  return (
    line.split(/[\s,[\]]+/).every((word) => {
      const at = left.findIndex((one) => bindings.matches(word, one));
      if (at >= 0) left.splice(at, 1);
      return at >= 0;
    }) && left.length === 0
  );
}

/** Without a state that lasts: to be tested again and again. */
const NAMES_NODE = /\bnode-\d\b/;
const NODE_NAME = /\bnode-\d\b/g;

function show(text: string): string {
  return JSON.stringify(text.slice(0, 300));
}
