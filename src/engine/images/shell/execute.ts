/**
 * Runs the syntax tree: lists, pipelines, compound commands, functions, traps.
 *
 * Control leaves the ordinary order through `shell.flow`, which every loop and list looks at.
 *
 * Models: POSIX shell, 2.9; busybox ash evaltree.
 */
import type {
  AndOr,
  Case,
  CommandNode,
  CompoundList,
  For,
  If,
  PipelineNode,
  Statement,
  TestExpression,
  While,
} from 'unbash';
import type { Proc } from '../../../kernel/process.ts';
import { expandPattern, expandText, expandWords } from './expand.ts';
import { runPipeline, startBackground } from './jobs.ts';
import { parseScript } from './parse.ts';
import { matchesPattern } from './pattern.ts';
import { compileRegex } from '../commands/regex.ts';
import { applyRedirections } from './redirect.ts';
import { BUILTIN_US, FORK_US, type FunctionBody, type Shell, ShellError } from './shell.ts';
import { runSimpleCommand, runWords } from './simple-command.ts';
import { runSubshell } from './subshell.ts';
import { evaluateTest } from './test-expression.ts';

type Node = CommandNode | PipelineNode | AndOr | CompoundList;

export function* runStatements(shell: Shell, list: readonly Statement[]): Proc<void> {
  for (const statement of list) {
    if (shell.options.has('noexec')) return;
    if (statement.background) yield* startBackground(shell, statement, runNode);
    else yield* runNode(shell, statement.command);
    if (shell.pending.length > 0) yield* runTraps(shell);
    if (shell.flow !== null) return;
  }
}

/** Parses and runs a text; complete commands before a syntax error have run when it is thrown. */
export function* runSource(shell: Shell, text: string): Proc<void> {
  const { statements, error } = parseScript(text);
  shell.enter();
  yield* runStatements(shell, statements);
  shell.leave();
  if (error !== null && shell.flow === null) throw new ShellError(error);
}

export const evaluator = { statements: runStatements, source: runSource, words: runWords };

/** Runs the traps of the signals that have come. */
function* runTraps(shell: Shell): Proc<void> {
  for (let signal = shell.pending.shift(); signal !== undefined; signal = shell.pending.shift()) {
    const action = shell.traps.get(signal);
    if (!action) continue;
    const { status, flow } = shell;
    shell.flow = null;
    yield* runSource(shell, action);
    if (shell.flow !== null) return;
    shell.flow = flow;
    shell.status = status;
  }
}

function* runNode(shell: Shell, node: Node): Proc<void> {
  switch (node.type) {
    case 'Command':
      yield* runSimpleCommand(shell, node, runBody);
      break;
    case 'Pipeline':
      yield* runNegatable(shell, node);
      return;
    case 'AndOr':
      return yield* runAndOr(shell, node);
    case 'Redirected': {
      shell.context.pushFiles();
      try {
        const error = yield* applyRedirections(shell, node.redirects);
        if (error === null) return yield* runNode(shell, node.command);
        shell.error(error);
        shell.status = 1;
      } finally {
        shell.context.popFiles();
      }
      break;
    }
    case 'Subshell': {
      const suspend = shell.charge(FORK_US);
      if (suspend !== null) yield suspend;
      shell.status = yield* runSubshell(shell, (sub) => runStatements(sub, node.body.commands));
      break;
    }
    case 'TestCommand':
      yield* spend(shell);
      shell.status = (yield* runTest(shell, node.expression)) ? 0 : 1;
      break;
    case 'ArithmeticCommand':
      // ash reads (( … )) as a subshell in a subshell.
      yield* spend(shell);
      shell.error(`${node.body.trim().split(/\s/, 1)[0] ?? ''}: not found`);
      shell.status = 127;
      break;
    default:
      return yield* runCompound(shell, node);
  }
  if (shell.status !== 0) yield* afterFailure(shell);
}

type Compound = Exclude<
  Node,
  {
    type:
      | 'Command'
      | 'Pipeline'
      | 'AndOr'
      | 'Redirected'
      | 'Subshell'
      | 'TestCommand'
      | 'ArithmeticCommand';
  }
>;

function* runCompound(shell: Shell, node: Compound): Proc<void> {
  switch (node.type) {
    case 'CompoundList':
      return yield* runStatements(shell, node.commands);
    case 'BraceGroup':
      return yield* runStatements(shell, node.body.commands);
    case 'If':
      return yield* runIf(shell, node);
    case 'While':
      return yield* runWhile(shell, node);
    case 'For':
      return yield* runFor(shell, node);
    case 'Case':
      return yield* runCase(shell, node);
    case 'Function':
      shell.functions.set(node.name.value, node.body);
      shell.status = 0;
      return;
    case 'ArithmeticFor':
      throw new ShellError('syntax error: bad for loop variable');
    case 'Select':
    case 'Coproc':
      throw new ShellError('syntax error: unexpected word');
  }
}

/** Body of a function, run by a simple command. */
function runBody(shell: Shell, body: FunctionBody): Proc<void> {
  return runNode(shell, body);
}

function* spend(shell: Shell): Proc<void> {
  const suspend = shell.charge(BUILTIN_US);
  if (suspend !== null) yield suspend;
}

/** What a failed command brings about: the trap on ERR, and the end of the shell under -e. */
function* afterFailure(shell: Shell): Proc<void> {
  if (shell.tested > 0) return;
  const action = shell.traps.get('ERR');
  if (action !== undefined && action !== '' && !shell.inTrap) {
    const { status } = shell;
    shell.inTrap = true;
    yield* runSource(shell, action);
    shell.inTrap = false;
    shell.status = status;
  }
  if (shell.options.has('errexit') && shell.flow === null) shell.stop('exit');
}

function* runNegatable(shell: Shell, node: PipelineNode & { type: 'Pipeline' }): Proc<void> {
  const negated = node.prefixes.some((prefix) => prefix.type === 'Negation');
  // In ash `time` is no keyword but a program that runs the first command.
  shell.timed = node.prefixes.some((prefix) => prefix.type === 'Time');
  if (negated) shell.tested++;
  const [only] = node.commands;
  if (node.commands.length > 1) yield* runPipeline(shell, node, runNode);
  else if (only) yield* runNode(shell, only);
  shell.timed = false;
  if (negated) {
    shell.tested--;
    shell.status = shell.status === 0 ? 1 : 0;
    return;
  }
  if (shell.status !== 0) yield* afterFailure(shell);
}

function* runAndOr(shell: Shell, node: AndOr): Proc<void> {
  const last = node.commands.length - 1;
  for (const [i, command] of node.commands.entries()) {
    const operator = node.operators[i - 1];
    if (operator === '&&' && shell.status !== 0) continue;
    if (operator === '||' && shell.status === 0) continue;
    if (i < last) shell.tested++;
    yield* runNode(shell, command);
    if (i < last) shell.tested--;
    if (shell.pending.length > 0) yield* runTraps(shell);
    if (shell.flow !== null) return;
  }
}

/** Runs a condition; its failure does not end the shell. */
function* holds(shell: Shell, clause: CompoundList): Proc<boolean> {
  shell.tested++;
  yield* runStatements(shell, clause.commands);
  shell.tested--;
  return shell.status === 0;
}

function* runIf(shell: Shell, node: If): Proc<void> {
  const branches = [{ clause: node.clause, then: node.then }, ...node.elif];
  for (const branch of branches) {
    const chosen = yield* holds(shell, branch.clause);
    if (shell.flow !== null) return;
    if (chosen) return yield* runStatements(shell, branch.then.commands);
  }
  if (node.else) yield* runStatements(shell, node.else.commands);
  else shell.status = 0;
}

function* runWhile(shell: Shell, node: While): Proc<void> {
  let status = 0;
  shell.loopDepth++;
  for (;;) {
    const goesOn = (yield* holds(shell, node.clause)) === (node.kind === 'while');
    if (shell.flow === null) {
      if (!goesOn) break;
      yield* runStatements(shell, node.body.commands);
      status = shell.status;
    }
    if (shell.flow !== null && leavesLoop(shell)) break;
  }
  shell.loopDepth--;
  if (shell.flow === null) shell.status = status;
}

/** Decides what break and continue mean for the loop that sees them; true: the loop ends. */
function leavesLoop(shell: Shell): boolean {
  if (shell.flow !== 'break' && shell.flow !== 'continue') return true;
  if (shell.flowLevels > 1) {
    shell.flowLevels--;
    return true;
  }
  const ends = shell.flow === 'break';
  shell.flow = null;
  return ends;
}

function* runFor(shell: Shell, node: For): Proc<void> {
  let values: readonly string[] = shell.positional;
  if (node.wordlist) {
    const fields: string[] = [];
    yield* expandWords(shell, node.wordlist, fields);
    values = fields;
  }
  if (values.length === 0) shell.status = 0;
  shell.loopDepth++;
  for (const value of values) {
    shell.set(node.name.value, value);
    yield* runStatements(shell, node.body.commands);
    if (shell.flow !== null && leavesLoop(shell)) break;
  }
  shell.loopDepth--;
}

function* runCase(shell: Shell, node: Case): Proc<void> {
  const value = yield* expandText(shell, node.word);
  shell.status = 0;
  let falls = false;
  for (const item of node.items) {
    if (!falls && !(yield* matchesAny(shell, item.pattern, value))) continue;
    yield* runStatements(shell, item.body.commands);
    if (shell.flow !== null || item.terminator === ';;' || !item.terminator) return;
    falls = item.terminator === ';&';
  }
}

function* matchesAny(
  shell: Shell,
  patterns: Case['items'][number]['pattern'],
  value: string,
): Proc<boolean> {
  for (const word of patterns) {
    if (matchesPattern(yield* expandPattern(shell, word), value)) return true;
  }
  return false;
}

/** [[ … ]]: like test, but words are not split, and `==` compares with a pattern. */
function* runTest(shell: Shell, expression: TestExpression): Proc<boolean> {
  switch (expression.type) {
    case 'TestGroup':
      return yield* runTest(shell, expression.expression);
    case 'TestNot': {
      const value = yield* runTest(shell, expression.operand);
      return expression.negations.length % 2 === 1 ? !value : value;
    }
    case 'TestLogical':
      for (const operand of expression.operands) {
        if ((yield* runTest(shell, operand)) === (expression.operator === '||')) {
          return expression.operator === '||';
        }
      }
      return expression.operator === '&&';
    case 'TestUnary': {
      const operand = yield* expandText(shell, expression.operand);
      return check(shell, [expression.operator, operand]);
    }
    case 'TestBinary': {
      const left = yield* expandText(shell, expression.left);
      const { operator } = expression;
      if (operator === '=~') {
        const source = yield* expandText(shell, expression.right);
        return compileRegex(source, { extended: true }).exec(left) !== null;
      }
      if (operator === '==' || operator === '=' || operator === '!=') {
        const matches = matchesPattern(yield* expandPattern(shell, expression.right), left);
        return matches === (operator !== '!=');
      }
      return check(shell, [left, operator, yield* expandText(shell, expression.right)]);
    }
  }
}

function check(shell: Shell, words: readonly string[]): boolean {
  const answer = evaluateTest(shell.context, words);
  if (typeof answer === 'boolean') return answer;
  shell.context.stderr(`sh: ${answer}\n`);
  return false;
}
