/**
 * What is looked at once the types are right: literals that cannot work, lists whose elements differ.
 *
 * Models: cel-go cel/validator.go, ext/formatting.go (stringFormatValidator)
 */
import type { CallExpr, Expr } from './ast.ts';
import { conversions } from './functions/conversions.ts';
import { formatFault } from './functions/string-format.ts';
import { compileRegex } from './functions/strings.ts';
import { DYN, formatType, type CelType } from './types.ts';
import { CelError } from './values.ts';

type Report = (pos: number, message: string) => void;

function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'literal':
    case 'ident':
      return [];
    case 'select':
      return [expr.operand];
    case 'call':
      return expr.target === undefined || expr.qualified !== undefined
        ? expr.args
        : [expr.target, ...expr.args];
    case 'list':
      return expr.elements;
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expr.fields.map(({ value }) => value);
    case 'comprehension':
      return [expr.range, expr.accuInit, expr.condition, expr.step, expr.result];
  }
}

/** The first argument of these, where it is a literal, must be one that works. */
function checkCall(fn: string, arg: Expr | undefined, report: Report): void {
  if (arg?.kind !== 'literal') return;
  let ok = true;
  if (fn === 'duration' || fn === 'timestamp') {
    ok = !(conversions[fn]?.(arg.value) instanceof CelError);
  } else if (fn === 'matches') {
    ok = typeof arg.value !== 'string' || typeof compileRegex(arg.value) !== 'string';
  }
  if (!ok) report(arg.pos, `invalid ${fn} argument`);
}

function checkFormat({ pos, target, args }: CallExpr, report: Report): void {
  const list = args[0];
  if (target?.kind !== 'literal' || typeof target.value !== 'string') return;
  if (list?.kind !== 'list') return;
  const types = list.elements.map((element) => element.type ?? DYN);
  const fault = formatFault(target.value, types);
  if (fault === undefined) return;
  const at = fault.argument === undefined ? undefined : list.elements[fault.argument];
  report(at?.pos ?? pos, fault.message);
}

/** Equal but for dyn and type parameters spelt differently. */
function equivalent(a: CelType, b: CelType): boolean {
  if (a.kind !== b.kind || a.params.length !== b.params.length) return false;
  if (a.kind !== 'param' && a.name !== b.name) return false;
  return a.params.every((param, i) => equivalent(param, b.params[i] ?? DYN));
}

interface Typed {
  readonly expr: Expr;
  readonly optional: boolean;
}

/** All must have the type of the first one. */
function checkSame(entries: readonly Typed[], report: Report, firstOnly: boolean): void {
  let wanted: CelType | undefined;
  for (const { expr, optional } of entries) {
    const given = expr.type ?? DYN;
    const type = optional ? (given.params[0] ?? DYN) : given;
    wanted ??= type;
    if (equivalent(wanted, type)) continue;
    report(expr.pos, `expected type '${formatType(wanted)}' but found '${formatType(type)}'`);
    if (firstOnly) return;
  }
}

function checkNode(expr: Expr, inFormat: boolean, report: Report): void {
  if (expr.kind === 'call') {
    checkCall(expr.fn, expr.args[0], report);
    if (expr.fn === 'format') checkFormat(expr, report);
  } else if (expr.kind === 'list' && !inFormat) {
    const typed = expr.elements.map((element, i) => {
      return { expr: element, optional: expr.optional.has(i) };
    });
    checkSame(typed, report, true);
  } else if (expr.kind === 'map' && !inFormat) {
    checkSame(
      expr.entries.map(({ key }) => ({ expr: key, optional: false })),
      report,
      false,
    );
    checkSame(
      expr.entries.map(({ value, optional }) => ({ expr: value, optional })),
      report,
      false,
    );
  }
}

export function validateLiterals(root: Expr, report: Report): void {
  const seen = new Set<Expr>();
  const visit = (expr: Expr, inFormat: boolean): void => {
    if (seen.has(expr)) return;
    seen.add(expr);
    checkNode(expr, inFormat, report);
    const within = inFormat || (expr.kind === 'call' && expr.fn === 'format');
    for (const child of children(expr)) visit(child, within);
  };
  visit(root, false);
}
