/**
 * The worst case of what an expression costs, from the sizes that its types allow.
 *
 * Models: cel-go checker/cost.go
 */
import type { CallExpr, ComprehensionExpr, Expr } from './ast.ts';
import { IDENT_COST, LIST_COST, MAP_COST, STRUCT_COST, TRAVERSAL } from './cost.ts';
import { estimateCall, type SizedNode } from './estimate-calls.ts';
import {
  add,
  addSizes,
  fixed,
  scale,
  times,
  union,
  UNKNOWN,
  ZERO,
  type Range,
} from './estimate-range.ts';
import { isOptionalType, DYN, type CelType } from './types.ts';
import { stringSize } from './values.ts';

/** Sizes of the keys (or indices) and of the values of a list or map. */
interface EntrySizes {
  readonly list: boolean;
  readonly key: Range;
  readonly value: Range;
}

interface LocalVariable {
  readonly path: readonly string[];
  readonly size: Range | undefined;
  readonly entries: EntrySizes | undefined;
}

function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case 'bool':
    case 'double':
    case 'duration':
    case 'int':
    case 'timestamp':
    case 'uint':
      return true;
    default:
      return isOptionalType(type) && isScalar(type.params[0] ?? DYN);
  }
}

function literalSize(expr: Expr): Range | undefined {
  if (expr.kind === 'list') return fixed(expr.elements.length);
  if (expr.kind === 'map') return fixed(expr.entries.length);
  if (expr.kind !== 'literal') return undefined;
  if (typeof expr.value === 'string') return fixed(stringSize(expr.value));
  return fixed(expr.value instanceof Uint8Array ? expr.value.length : 1);
}

function unionEntries(
  a: EntrySizes | undefined,
  b: EntrySizes | undefined,
): EntrySizes | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { list: a.list, key: union(a.key, b.key), value: union(a.value, b.value) };
}

/** No element yet: any union makes it that one's. */
const NO_SIZE: Range = { min: Infinity, max: 0 };
const startOf = (count: number): Range => (count === 0 ? ZERO : NO_SIZE);

class Coster {
  private readonly paths = new Map<Expr, readonly string[]>();
  private readonly sizes = new Map<Expr, Range>();
  private readonly entries = new Map<Expr, EntrySizes>();
  private readonly locals: { readonly name: string; readonly value: LocalVariable }[] = [];
  private readonly root: CelType | undefined;

  constructor(root: CelType | undefined) {
    this.root = root;
  }

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return ZERO;
      case 'ident': {
        const name = expr.resolved?.name ?? expr.name;
        this.paths.set(expr, this.local(name)?.path ?? [name]);
        return fixed(IDENT_COST);
      }
      case 'select':
        return this.select(expr);
      case 'call':
        return this.call(expr);
      case 'list':
        return this.list(expr);
      case 'map':
        return this.map(expr);
      case 'struct':
        return expr.fields.reduce(
          (sum, field) => add(sum, this.cost(field.value)),
          fixed(STRUCT_COST),
        );
      case 'comprehension':
        return isBind(expr) ? this.bind(expr) : this.comprehension(expr);
    }
  }

  private local(name: string): LocalVariable | undefined {
    for (let i = this.locals.length - 1; i >= 0; i -= 1) {
      const entry = this.locals[i];
      if (entry?.name === name) return entry.value;
    }
    return undefined;
  }

  private select(expr: Extract<Expr, { kind: 'select' }>): Range {
    if (expr.resolved !== undefined) {
      this.paths.set(expr, [expr.resolved.name]);
      return fixed(IDENT_COST);
    }
    const operand = this.cost(expr.operand);
    if (expr.testOnly) return operand;
    this.paths.set(expr, [...this.pathOf(expr.operand), expr.field]);
    const kind = expr.operand.type?.kind;
    const counts = kind === 'map' || kind === 'struct' || kind === 'param';
    return counts ? add(operand, fixed(IDENT_COST)) : operand;
  }

  private pathOf(expr: Expr): readonly string[] {
    if (expr.kind === 'ident') {
      const local = this.local(expr.resolved?.name ?? expr.name);
      if (local !== undefined) return local.path;
    }
    return this.paths.get(expr) ?? [];
  }

  /** The size of what a path leads to, from the type of the variable it starts at. */
  private sizeAt(path: readonly string[]): Range | undefined {
    if (path.length === 0) return undefined;
    let type = this.root;
    for (const name of path.slice(1)) {
      if (type === undefined) return undefined;
      if (name === '@items') type = type.kind === 'list' ? type.params[0] : undefined;
      else if (name === '@values') type = type.params[type.kind === 'map' ? 1 : 0];
      else if (name === '@keys') type = type.kind === 'map' ? type.params[0] : undefined;
      else type = type.field?.(name) ?? anyElement(type);
    }
    return type === undefined ? undefined : { min: 0, max: type.maxElements ?? 0 };
  }

  private sizeOf(expr: Expr): Range | undefined {
    const known = this.sizes.get(expr) ?? literalSize(expr);
    if (known !== undefined) return known;
    const byPath = this.sizeAt(this.pathOf(expr));
    if (byPath !== undefined) {
      this.sizes.set(expr, byPath);
      return byPath;
    }
    if (isScalar(expr.type ?? DYN)) return fixed(1);
    return expr.kind === 'ident' ? this.local(expr.resolved?.name ?? expr.name)?.size : undefined;
  }

  private entriesOf(expr: Expr): EntrySizes | undefined {
    const known = this.entries.get(expr);
    if (known !== undefined || expr.kind !== 'ident') return known;
    return this.local(expr.resolved?.name ?? expr.name)?.entries;
  }

  private sizeOrUnknown(expr: Expr): Range {
    return this.sizeOf(expr) ?? UNKNOWN;
  }

  private copySizes(to: Expr, from: Expr): void {
    const size = this.sizeOf(from);
    if (size !== undefined) this.sizes.set(to, size);
    const entries = this.entriesOf(from);
    if (entries !== undefined) this.entries.set(to, entries);
  }

  private node(expr: Expr): SizedNode {
    const path = this.pathOf(expr);
    const hidden = path[0] === '@result' || path[0] === '__result__';
    return {
      path: hidden || path.length === 0 ? undefined : path,
      type: expr.type ?? DYN,
      expr,
      computed: this.sizeOf(expr),
    };
  }

  private call(expr: CallExpr): Range {
    const [first, second, third] = expr.args;
    const fn = expr.qualified ?? expr.fn;
    if (fn === 'dyn' && first !== undefined) {
      const cost = add(fixed(1), this.cost(first));
      this.copySizes(expr, first);
      return cost;
    }
    const argCosts = expr.args.map((arg) => this.cost(arg));
    const args = expr.args.map((arg) => this.node(arg));
    const hasTarget = expr.target !== undefined && expr.qualified === undefined;
    const targetCost = hasTarget && expr.target ? this.cost(expr.target) : ZERO;
    const target = hasTarget && expr.target ? this.node(expr.target) : undefined;
    let cost: Range = NO_SIZE;
    let size: Range | undefined;
    for (const overload of expr.overloads ?? []) {
      const estimate =
        estimateCall(fn, overload, target, args, (node) => this.sizeAtNode(node)) ??
        this.operator(expr, overload, argCosts);
      const { own, result, total } = estimate;
      const all = total ?? argCosts.reduce(add, own);
      cost = union(cost, all);
      if (result !== undefined) size = size === undefined ? result : union(size, result);
      if ((overload === 'index_list' || overload === 'index_map') && first !== undefined) {
        size = this.entriesOf(first)?.value;
        const step = overload === 'index_list' ? '@items' : '@values';
        this.paths.set(expr, [...this.pathOf(first), step]);
      }
      size ??= this.sizeOf(expr);
    }
    if (fn === '_?_:_' && second !== undefined && third !== undefined) {
      const entries = unionEntries(this.entriesOf(second), this.entriesOf(third));
      if (entries !== undefined) this.entries.set(expr, entries);
    }
    if (size !== undefined) this.sizes.set(expr, size);
    return (expr.overloads ?? []).length === 0 ? ZERO : add(targetCost, cost);
  }

  private sizeAtNode({ computed, path }: SizedNode): Range {
    return computed ?? this.sizeAt(path ?? []) ?? UNKNOWN;
  }

  /** What the language's own operators cost. */
  private operator(
    expr: CallExpr,
    overload: string,
    argCosts: readonly Range[],
  ): { own: Range; result?: Range; total?: Range } {
    const [first, second, third] = expr.args;
    const [a = ZERO, b = ZERO, c = ZERO] = argCosts;
    switch (overload) {
      case 'logical_and':
      case 'logical_or':
        return { own: ZERO, total: { min: a.min, max: add(a, b).max } };
      case 'conditional': {
        if (second === undefined || third === undefined) break;
        const result = union(this.sizeOrUnknown(second), this.sizeOrUnknown(third));
        return { own: ZERO, result, total: add(a, union(b, c)) };
      }
      case 'add_string':
      case 'add_bytes':
      case 'add_list': {
        if (first === undefined || second === undefined) break;
        const result = addSizes(this.sizeOrUnknown(first), this.sizeOrUnknown(second));
        const entries = unionEntries(this.entriesOf(first), this.entriesOf(second));
        if (entries !== undefined) this.entries.set(expr, entries);
        return { own: overload === 'add_list' ? fixed(1) : scale(result, TRAVERSAL), result };
      }
      default:
        if (first !== undefined && second !== undefined && COMPARES.test(overload)) {
          const max = Math.min(this.sizeOrUnknown(first).max, this.sizeOrUnknown(second).max);
          return { own: scale({ min: max > 0 ? 1 : 0, max }, TRAVERSAL) };
        }
    }
    return { own: fixed(1) };
  }

  private list(expr: Extract<Expr, { kind: 'list' }>): Range {
    let cost = fixed(LIST_COST);
    let item = startOf(expr.elements.length);
    for (const element of expr.elements) {
      cost = add(cost, this.cost(element));
      item = union(item, this.sizeOrUnknown(element));
    }
    this.entries.set(expr, { list: true, key: fixed(1), value: item });
    return cost;
  }

  private map(expr: Extract<Expr, { kind: 'map' }>): Range {
    let cost = fixed(MAP_COST);
    let keys = startOf(expr.entries.length);
    let values = startOf(expr.entries.length);
    for (const { key, value } of expr.entries) {
      cost = add(cost, add(this.cost(key), this.cost(value)));
      keys = union(keys, this.sizeOrUnknown(key));
      values = union(values, this.sizeOrUnknown(value));
    }
    this.entries.set(expr, { list: false, key: keys, value: values });
    return cost;
  }

  private pushIterVars({ range, iterVar, iterVar2 }: ComprehensionExpr): void {
    const entries = this.entriesOf(range);
    const isList = entries?.list ?? range.type?.kind === 'list';
    const path = this.pathOf(range);
    const push = (name: string, step: string, size: Range | undefined): void => {
      this.locals.push({ name, value: { path: [...path, step], size, entries: undefined } });
    };
    if (iterVar2 !== undefined) {
      push(iterVar, isList ? '@indices' : '@keys', entries?.key);
      push(iterVar2, isList ? '@items' : '@values', entries?.value);
    } else push(iterVar, isList ? '@items' : '@keys', isList ? entries?.value : entries?.key);
  }

  private pushBound(name: string, expr: Expr): void {
    const value = {
      path: this.pathOf(expr),
      size: this.sizeOf(expr),
      entries: this.entriesOf(expr),
    };
    this.locals.push({ name, value });
  }

  private comprehension(expr: ComprehensionExpr): Range {
    const before = add(this.cost(expr.range), this.cost(expr.accuInit));
    this.pushBound(expr.accuVar, expr.accuInit);
    const depth = this.locals.length;
    this.pushIterVars(expr);
    const once = add(this.cost(expr.condition), this.cost(expr.step));
    this.locals.length = depth;
    const result = this.cost(expr.result);
    this.locals.length -= 1;
    const count = this.sizeOrUnknown(expr.range);
    if (expr.accuInit.kind === 'literal') {
      const size = this.sizeOf(expr.accuInit);
      if (size !== undefined) this.sizes.set(expr, size);
    } else if (expr.accuInit.kind === 'list' || expr.accuInit.kind === 'map') {
      this.sizes.set(expr, count);
      const entries = this.entriesOf(expr.step);
      if (entries !== undefined) this.entries.set(expr, entries);
    }
    return add(add(before, result), times(count, once));
  }

  private bind(expr: ComprehensionExpr): Range {
    const before = add(this.cost(expr.range), this.cost(expr.accuInit));
    this.pushBound(expr.accuVar, expr.accuInit);
    const result = this.cost(expr.result);
    this.locals.length -= 1;
    this.copySizes(expr, expr.result);
    return add(before, result);
  }
}

/** The values of a map of unknown types all have one size, whatever their names. */
function anyElement(type: CelType): CelType | undefined {
  const element = type.kind === 'map' ? type.params[1] : undefined;
  return element?.kind === 'any' ? element : undefined;
}

const COMPARES = /^(?:(?:less|greater)(?:_equals)?_(?:string|bytes)|equals|not_equals)$/;

/** A comprehension over nothing whose result alone counts. */
function isBind({ range, condition, accuVar }: ComprehensionExpr): boolean {
  return (
    range.kind === 'list' &&
    range.elements.length === 0 &&
    condition.kind === 'literal' &&
    condition.value === false &&
    accuVar !== '__result__'
  );
}

/** |root|: the type of the variable whose sizes are known (`self`). */
export function estimateCost(expr: Expr, root?: CelType): Range {
  return new Coster(root).cost(expr);
}
