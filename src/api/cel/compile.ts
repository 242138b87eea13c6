/**
 * Compiling and running an expression: the way into this room.
 *
 * Models: cel-go cel.Env (Compile, Program), common/error.go
 */
import { Checker } from './checker.ts';
import type {
  CelBindings,
  CelBudget,
  CelEnv,
  CelIssue,
  CelIssues,
  CelOutcome,
  CelProgram,
} from './env.ts';
import type { Expr } from './ast.ts';
import { CostExceeded, COST_EXCEEDED, Frame, plan, PlanError } from './interpreter.ts';
import { estimateCost } from './estimate.ts';
import { parse } from './parser.ts';
import { CelError, type CelValue } from './values.ts';
import { validateLiterals } from './validators.ts';

/** maxErrorsToReport, common/errors.go */
const MAX_ISSUES = 100;

/** Where an offset is: line from 1, column from 0 in code points. */
function locate(source: string, pos: number): { line: number; column: number } {
  if (pos < 0) return { line: -1, column: -1 };
  if (source === '') return { line: 1, column: -1 };
  const before = source.slice(0, pos);
  const start = before.lastIndexOf('\n') + 1;
  return {
    line: before.split('\n').length,
    column: Array.from(before.slice(start)).length,
  };
}

/** The source line and a caret below; both are as wide as wide characters are. */
function snippet(source: string, { line, column }: CelIssue): string {
  const text = source.split('\n')[line - 1];
  if (text === undefined || source === '') return '';
  const chars = Array.from(text.replaceAll('\t', ' '));
  const wide = (char: string | undefined): boolean => (char ?? '') > '\x7f';
  const dots = chars.slice(0, column).map((char) => (wide(char) ? '\uff0e' : '.'));
  const caret = wide(chars[column]) ? '\uff3e' : '^';
  return `\n | ${chars.join('')}\n | ${dots.join('')}${caret}`;
}

function issueText(source: string, issue: CelIssue): string {
  const place = `<input>:${issue.line}:${issue.column + 1}`;
  return `ERROR: ${place}: ${issue.message}${snippet(source, issue)}`;
}

function issuesOf(source: string, found: CelIssue[]): CelIssues {
  const kept = found.slice(0, MAX_ISSUES);
  kept.sort((a, b) => a.line - b.line || a.column - b.column);
  const texts = kept.map((issue) => issueText(source, issue));
  if (found.length > kept.length) {
    texts.push(`${found.length - kept.length} more errors were truncated`);
  }
  return { kind: 'issues', issues: kept, text: texts.join('\n') };
}

/** A program that fails before it runs (a constant in it does not convert). */
export interface CelInstantiationError {
  readonly kind: 'instantiation';
  readonly message: string;
}

/** The program of |source| in |env|, or what is wrong with it. */
export function compile(
  source: string,
  env: CelEnv,
): CelProgram | CelIssues | CelInstantiationError {
  const found: CelIssue[] = [];
  const report = (pos: number, message: string): void => {
    found.push({ ...locate(source, pos), message });
  };
  const ast = parse(source, report, env.bind);
  if (found.length > 0) return issuesOf(source, found);
  const type = new Checker(env, report).run(ast);
  if (found.length === 0) validateLiterals(ast, report);
  if (found.length > 0) return issuesOf(source, found);
  return instantiate(source, ast, type);
}

function instantiate(
  source: string,
  ast: Expr,
  type: CelProgram['type'],
): CelProgram | CelInstantiationError {
  try {
    const { run, references } = plan(ast);
    return {
      kind: 'program',
      source,
      type,
      references,
      ast,
      estimate: (root) => estimateCost(ast, root),
      run: (bindings, budget) => runWithin(run, bindings, budget),
    };
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return { kind: 'instantiation', message: error.message };
  }
}

function runWithin(
  run: (frame: Frame) => CelValue,
  bindings: CelBindings,
  budget: CelBudget,
): CelValue {
  const frame = new Frame(bindings, budget.perCall);
  try {
    return run(frame);
  } catch (error) {
    if (error instanceof CostExceeded) return new CelError(COST_EXCEEDED);
    throw error;
  } finally {
    budget.spent += frame.cost;
  }
}

/** Runs a program once; |cost| is that of this run. */
export function evaluate(
  program: CelProgram,
  bindings: CelBindings,
  budget: CelBudget,
): CelOutcome {
  const before = budget.spent;
  const value = program.run(bindings, budget);
  const cost = budget.spent - before;
  return value instanceof CelError ? { error: value.message, cost } : { value, cost };
}
