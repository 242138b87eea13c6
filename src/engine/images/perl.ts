/**
 * perl: the interpreter that the example Job computes pi with.
 *
 * Models: docker.io/library/perl; registry.k8s.io/e2e-test-images/perl; Math::BigFloat's bpi.
 * Simplified: of the language only what `perl -e` lines of examples use: print of texts and of
 * bpi(N), sleep, exit and die. Everything else is refused by name.
 */
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import type { ImageDefinition, ProcessContext } from '../node/runtime/program.ts';
import { buildImage } from './build.ts';
import { CUT_SHORT, pi, piCostUs } from './tools/pi.ts';

const START_US = 15_000;
const DIE_CODE = 255;
const SYNTAX_CODE = 255;
const DEFAULT_DIGITS = 40;
const VERSION = `
This is perl 5, version 42, subversion 0 (v5.42.0) built for x86_64-linux-gnu

`;

interface Script {
  readonly text: string;
  /** -l: what is printed ends with a newline. */
  readonly lines: boolean;
}

function* perl(context: ProcessContext): Proc<number> {
  yield* context.work(START_US);
  const args = context.argv.slice(1);
  if (args.includes('-v') || args.includes('--version')) {
    context.stdout(VERSION);
    return 0;
  }
  const script = scriptOf(args);
  if (script === null) {
    if (args.length === 0 && (yield* context.stdin.readChunk()) === null) return 0;
    context.stderr('perl: only scripts given with -e are simulated\n');
    return 2;
  }
  for (const statement of statementsOf(script.text)) {
    const code = yield* execute(context, statement, script.lines);
    if (code !== null) return code;
  }
  return 0;
}

/** -e, -E and what stands with them in one word: -wle, -Mbignum=bpi. */
function scriptOf(args: readonly string[]): Script | null {
  const texts: string[] = [];
  let lines = false;
  for (let i = 0; i < args.length; i++) {
    const match = /^-([a-zA-Z0]*?)([eE])?$/.exec(args[i] ?? '');
    if (!match) continue;
    if ((match[1] ?? '').includes('l') || match[2] === 'E') lines = true;
    if (match[2] !== undefined) texts.push(args[++i] ?? '');
  }
  return texts.length === 0 ? null : { text: texts.join('\n'), lines };
}

/** Statements end at semicolons outside quotes. */
function statementsOf(text: string): readonly string[] {
  const found = text.match(/(?:[^;"']|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')+/gs) ?? [];
  return found.map((s) => s.trim()).filter((s) => s !== '');
}

/** Null: go on; a number: the program ends with it. */
function* execute(context: ProcessContext, statement: string, lines: boolean): Proc<number | null> {
  const match = /^(\w+)\b\s*(?:\(\s*(.*?)\s*\)|(.*))$/s.exec(statement);
  const [, word = '', inside, behind] = match ?? [];
  const argument = (inside ?? behind ?? '').trim();
  switch (word) {
    case 'print':
    case 'say': {
      const text = yield* valueOf(context, argument);
      if (text === null) return unknown(context, statement);
      context.stdout(lines || word === 'say' ? `${text}\n` : text);
      return null;
    }
    case 'sleep':
      if (!/^\d+$/.test(argument)) return unknown(context, statement);
      yield context.rest(Number(argument) * MICROS_PER_SECOND);
      return null;
    case 'exit':
      return /^\d*$/.test(argument) ? Number(argument) : unknown(context, statement);
    case 'die': {
      const text = yield* valueOf(context, argument);
      const message = text === null || text === '' ? 'Died' : text;
      context.stderr(message.endsWith('\n') ? message : `${message} at -e line 1.\n`);
      return DIE_CODE;
    }
    case 'use':
      return null;
    default:
      return unknown(context, statement);
  }
}

function unknown(context: ProcessContext, statement: string): number {
  context.stderr(`perl: this is not simulated: ${statement}\n`);
  return SYNTAX_CODE;
}

function* valueOf(context: ProcessContext, expression: string): Proc<string | null> {
  const digits = /^(?:Math::BigFloat->)?bpi(?:\(\s*(\d*)\s*\))?$/.exec(expression);
  if (digits) {
    const count = Number(digits[1] || DEFAULT_DIGITS);
    yield* context.work(piCostUs(count));
    const text = pi(count);
    if (text !== null) return text;
    context.stderr(CUT_SHORT);
    return null;
  }
  if (/^-?\d+(\.\d+)?$/.test(expression)) return expression;
  const quoted = /^"((?:\\.|[^"\\])*)"$/s.exec(expression);
  if (quoted && !/[$@]/.test(quoted[1] ?? '')) return unescaped(quoted[1] ?? '');
  return /^'((?:\\.|[^'\\])*)'$/s.exec(expression)?.[1] ?? null;
}

function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  return text.replace(/\\(.)/gs, (_, letter: string) => letters[letter] ?? letter);
}

const programs = { '/usr/local/bin/perl': perl, '/usr/bin/perl': perl };

export const perlImages: readonly ImageDefinition[] = [
  buildImage({
    repository: 'docker.io/library/perl',
    sizes: { '5.22': 249_000_000, '5.34.0': 336_000_000, '5.42': 361_000_000 },
    aliases: { '5': '5.42', '5.34': '5.34.0', latest: '5.42' },
    base: 'debian-bookworm',
    cmd: ['perl', '-de0'],
    programs,
  }),
  buildImage({
    repository: 'registry.k8s.io/e2e-test-images/perl',
    sizes: { '5.26': 330_000_000 },
    cmd: ['perl', '-de0'],
    programs,
  }),
];
