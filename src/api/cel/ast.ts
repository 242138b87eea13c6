/**
 * The syntax tree of a CEL expression. Macros (`all`, `map`, `has` …) are already expanded, as upstream's
 * parser does it, so that types, costs and errors come out the same.
 *
 * Models: cel-go common/ast
 */
import type { CelType } from './types.ts';
import type { CelValue } from './values.ts';

interface Node {
  /** Where errors about it point: UTF-16 offset into the source, -1 for nowhere. */
  readonly pos: number;
  /** Filled in by the checker. */
  type?: CelType;
}

/** What a name stands for: a variable of the environment, or a type used as a value. */
export interface Resolved {
  readonly name: string;
  readonly typeValue?: CelType;
}

export interface LiteralExpr extends Node {
  readonly kind: 'literal';
  readonly value: CelValue;
}

export interface IdentExpr extends Node {
  readonly kind: 'ident';
  readonly name: string;
  resolved?: Resolved;
}

export interface SelectExpr extends Node {
  readonly kind: 'select';
  readonly operand: Expr;
  readonly field: string;
  /** has(operand.field) */
  readonly testOnly: boolean;
  /** The whole chain is one qualified name. */
  resolved?: Resolved;
}

export interface CallExpr extends Node {
  readonly kind: 'call';
  readonly fn: string;
  readonly target: Expr | undefined;
  readonly args: readonly Expr[];
  /** Name of the function when the target turned out to be a namespace (`optional.of`). */
  qualified?: string;
  /** Overloads that the argument types leave possible. */
  overloads?: readonly string[];
}

export interface ListExpr extends Node {
  readonly kind: 'list';
  readonly elements: readonly Expr[];
  /** Indices of elements written `?x`. */
  readonly optional: ReadonlySet<number>;
}

export interface MapEntry {
  readonly pos: number;
  readonly key: Expr;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface MapExpr extends Node {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface StructField {
  readonly pos: number;
  readonly name: string;
  readonly value: Expr;
  readonly optional: boolean;
}

export interface StructExpr extends Node {
  readonly kind: 'struct';
  readonly typeName: string;
  readonly fields: readonly StructField[];
}

export interface ComprehensionExpr extends Node {
  readonly kind: 'comprehension';
  readonly range: Expr;
  readonly iterVar: string;
  /** Second variable: index and element, or key and value. */
  readonly iterVar2: string | undefined;
  readonly accuVar: string;
  readonly accuInit: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

export type Expr =
  | LiteralExpr
  | IdentExpr
  | SelectExpr
  | CallExpr
  | ListExpr
  | MapExpr
  | StructExpr
  | ComprehensionExpr;

/** Name of the hidden variable that a macro accumulates into. */
export const ACCUMULATOR = '@result';

const NONE: ReadonlySet<number> = new Set();

export const literal = (pos: number, value: CelValue): LiteralExpr => ({
  kind: 'literal',
  pos,
  value,
});
export const ident = (pos: number, name: string): IdentExpr => ({ kind: 'ident', pos, name });
export const call = (pos: number, fn: string, ...args: Expr[]): CallExpr => ({
  kind: 'call',
  pos,
  fn,
  target: undefined,
  args,
});
export const memberCall = (pos: number, fn: string, target: Expr, args: Expr[]): CallExpr => ({
  kind: 'call',
  pos,
  fn,
  target,
  args,
});
export const list = (pos: number, elements: Expr[], optional = NONE): ListExpr => ({
  kind: 'list',
  pos,
  elements,
  optional,
});

/** `a.b.c` for a chain of names, undefined for anything else. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name;
  if (expr.kind !== 'select' || expr.testOnly) return undefined;
  const prefix = qualifiedName(expr.operand);
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`;
}
