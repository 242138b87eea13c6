/**
 * Type checker: gives every node its type, every call its overloads, and reports what does not fit.
 *
 * Models: cel-go checker/checker.go, checker/env.go, checker/errors.go, cel/validator.go
 */
import {
  assignable,
  isDyn,
  isDynOrError,
  mostGeneral,
  substitute,
  unwrapOptional,
  type Substitutions,
} from './assignable.ts';
import {
  qualifiedName,
  type CallExpr,
  type ComprehensionExpr,
  type Expr,
  type IdentExpr,
  type ListExpr,
  type MapExpr,
  type SelectExpr,
  type StructExpr,
} from './ast.ts';
import { overloadsOf, TYPE_NAMES, type Overload } from './declarations.ts';
import type { CelEnv } from './env.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DYN,
  ERROR_TYPE,
  INT,
  NULL,
  STRING,
  UINT,
  formatType,
  listOf,
  mapOf,
  optionalOf,
  sameType,
  typeOf,
  typeParam,
  type CelType,
} from './types.ts';
import { CelUint, type CelValue } from './values.ts';

type Report = (pos: number, message: string) => void;

function literalType(value: CelValue): CelType {
  switch (typeof value) {
    case 'boolean':
      return BOOL;
    case 'bigint':
      return INT;
    case 'number':
      return DOUBLE;
    case 'string':
      return STRING;
    default:
      if (value === null) return NULL;
      return value instanceof CelUint ? UINT : BYTES;
  }
}

/** `(int, string)`, or `string.(int)` for a function called on something. */
function signature(args: readonly CelType[], member: boolean): string {
  const texts = args.map(formatType);
  const target = member ? `${texts.shift() ?? ''}.` : '';
  return `${target}(${texts.join(', ')})`;
}

export class Checker {
  private subs: Substitutions = new Map();
  private freshCount = 0;
  private readonly scopes: Map<string, CelType>[] = [];
  private readonly nodes: Expr[] = [];
  private readonly env: CelEnv;
  private readonly report: Report;

  constructor(env: CelEnv, report: Report) {
    this.env = env;
    this.report = report;
  }

  /** Checks a whole expression and answers its type. */
  run(root: Expr): CelType {
    this.check(root);
    for (const node of this.nodes) node.type = substitute(this.subs, node.type ?? DYN, true);
    return root.type ?? DYN;
  }

  private check(expr: Expr): CelType {
    const type = this.typeOf(expr);
    expr.type = type;
    this.nodes.push(expr);
    return type;
  }

  private typeOf(expr: Expr): CelType {
    switch (expr.kind) {
      case 'literal':
        return literalType(expr.value);
      case 'ident':
        return this.ident(expr);
      case 'select':
        return this.select(expr);
      case 'call':
        return this.call(expr);
      case 'list':
        return this.list(expr);
      case 'map':
        return this.map(expr);
      case 'struct':
        return this.struct(expr);
      case 'comprehension':
        return this.comprehension(expr);
    }
  }

  private undeclared(pos: number, name: string): CelType {
    this.report(pos, `undeclared reference to '${name}' (in container '')`);
    return ERROR_TYPE;
  }

  /** Innermost first: loop variables, variables of the environment, types. */
  private lookup(given: string): { type: CelType; name: string; typeValue?: CelType } | undefined {
    const name = given.startsWith('.') ? given.slice(1) : given;
    for (let i = this.scopes.length - 1; i >= 0; i -= 1) {
      const type = this.scopes[i]?.get(name);
      if (type !== undefined) return { type, name };
    }
    const variable = Object.hasOwn(this.env.variables, name) ? this.env.variables[name] : undefined;
    if (variable !== undefined) return { type: variable, name };
    const known = Object.hasOwn(TYPE_NAMES, name) ? TYPE_NAMES[name] : this.env.structs?.(name);
    return known && { type: typeOf(known), name, typeValue: known };
  }

  private ident(expr: IdentExpr): CelType {
    const found = this.lookup(expr.name);
    if (found === undefined) return this.undeclared(expr.pos, expr.name);
    expr.resolved = found;
    return found.type;
  }

  private select(expr: SelectExpr): CelType {
    const name = qualifiedName(expr);
    const found = name === undefined ? undefined : this.lookup(name);
    if (found !== undefined) {
      expr.resolved = found;
      return found.type;
    }
    const type = this.field(expr, expr.operand, expr.field, false);
    return expr.testOnly ? BOOL : substitute(this.subs, type, false);
  }

  private field(expr: Expr, operand: Expr, field: string, wantsOptional: boolean): CelType {
    const operandType = substitute(this.subs, this.check(operand), false);
    const { type: target, optional } = unwrapOptional(operandType);
    const type = this.fieldOf(expr, target, field);
    return optional || wantsOptional ? optionalOf(type) : type;
  }

  private fieldOf(expr: Expr, target: CelType, field: string): CelType {
    switch (target.kind) {
      case 'map':
        return target.params[1] ?? DYN;
      case 'struct':
        return this.structFieldType(expr.pos, target, field) ?? ERROR_TYPE;
      case 'param':
        this.fits(DYN, target);
        return DYN;
      default:
        if (!isDynOrError(target)) {
          this.report(expr.pos, `type '${formatType(target)}' does not support field selection`);
        }
        return DYN;
    }
  }

  private structFieldType(pos: number, struct: CelType, field: string): CelType | undefined {
    if (struct.field === undefined) {
      this.report(pos, `unexpected failed resolution of '${struct.name}'`);
      return undefined;
    }
    const type = struct.field(field);
    if (type === undefined) this.report(pos, `undefined field '${field}'`);
    return type;
  }

  private call(expr: CallExpr): CelType {
    if (expr.fn === '_?._') return this.optionalSelect(expr);
    for (const arg of expr.args) this.check(arg);
    const { target } = expr;
    if (target === undefined) {
      const name = expr.fn.startsWith('.') ? expr.fn.slice(1) : expr.fn;
      const overloads = this.functionOf(name);
      if (overloads === undefined) return this.undeclared(expr.pos, expr.fn);
      return this.resolve(expr, name, overloads, undefined);
    }
    const prefix = qualifiedName(target);
    if (prefix !== undefined) {
      const name = `${prefix}.${expr.fn}`;
      const overloads = this.functionOf(name.startsWith('.') ? name.slice(1) : name);
      if (overloads !== undefined) {
        expr.qualified = name;
        return this.resolve(expr, name, overloads, undefined);
      }
    }
    this.check(target);
    const overloads = this.functionOf(expr.fn);
    if (overloads === undefined) return this.undeclared(expr.pos, expr.fn);
    return this.resolve(expr, expr.fn, overloads, target);
  }

  private functionOf(name: string): readonly Overload[] | undefined {
    if (name === 'jsonpatch.escapeKey' && this.env.jsonPatch !== true) return undefined;
    return overloadsOf(name);
  }

  private optionalSelect(expr: CallExpr): CelType {
    const [operand, field] = expr.args;
    if (operand === undefined || field?.kind !== 'literal') return ERROR_TYPE;
    this.check(field);
    expr.overloads = ['select_optional_field'];
    const type = this.field(expr, operand, String(field.value), true);
    return substitute(this.subs, type, false);
  }

  /** All overloads that the arguments allow; the result is dyn where they do not agree on it. */
  private resolve(
    expr: CallExpr,
    name: string,
    overloads: readonly Overload[],
    target: Expr | undefined,
  ): CelType {
    const operands = target === undefined ? expr.args : [target, ...expr.args];
    const types = operands.map((operand) => operand.type ?? DYN);
    if (name === '_&&_' || name === '_||_') return this.logical(expr, overloads, types);
    let result: CelType | undefined;
    const possible: string[] = [];
    for (const overload of overloads) {
      if (overload.member !== (target !== undefined)) continue;
      const { args, result: declared } = this.instantiate(overload);
      const subs = assignable(this.subs, types, args);
      if (subs === undefined) continue;
      this.subs = subs;
      possible.push(overload.id);
      const type = substitute(this.subs, declared, false);
      if (result === undefined) result = type;
      else if (!isDyn(result) && !sameType(type, result)) result = DYN;
    }
    if (result === undefined) {
      const shown = types.map((type) => substitute(this.subs, type, true));
      const text = signature(shown, target !== undefined);
      this.report(expr.pos, `found no matching overload for '${name}' applied to '${text}'`);
      return ERROR_TYPE;
    }
    expr.overloads = possible;
    return result;
  }

  private logical(
    expr: CallExpr,
    overloads: readonly Overload[],
    types: readonly CelType[],
  ): CelType {
    let ok = true;
    for (const [i, type] of types.entries()) {
      if (this.fits(type, BOOL)) continue;
      ok = false;
      this.mismatch(expr.args[i] ?? expr, BOOL, type);
    }
    if (!ok) return ERROR_TYPE;
    expr.overloads = overloads.map((overload) => overload.id);
    return BOOL;
  }

  /** Fresh type variables for the parameters of an overload. */
  private instantiate(overload: Overload): { args: readonly CelType[]; result: CelType } {
    if (overload.params.length === 0) return overload;
    const fresh = new Map(overload.params.map((param) => [param, this.fresh()]));
    return {
      args: overload.args.map((arg) => substitute(fresh, arg, false)),
      result: substitute(fresh, overload.result, false),
    };
  }

  private fresh(): CelType {
    const name = `_var${this.freshCount}`;
    this.freshCount += 1;
    return typeParam(name);
  }

  private fits(a: CelType, b: CelType): boolean {
    const subs = assignable(this.subs, [a], [b]);
    if (subs !== undefined) this.subs = subs;
    return subs !== undefined;
  }

  private mismatch(expr: { readonly pos: number }, expected: CelType, actual: CelType): void {
    const [wanted, found] = [formatType(expected), formatType(actual)];
    this.report(expr.pos, `expected type '${wanted}' but found '${found}'`);
  }

  private join(previous: CelType | undefined, current: CelType): CelType {
    if (previous === undefined) return current;
    // Elements that differ are the business of validators.ts.
    return this.fits(previous, current) ? mostGeneral(previous, current) : DYN;
  }

  /** The type within an optional entry; reports one that is not optional. */
  private unwrapped(expr: Expr, given: CelType): CelType {
    const { type, optional } = unwrapOptional(given);
    if (!optional && !isDyn(type)) this.mismatch(expr, optionalOf(type), type);
    return type;
  }

  private list(expr: ListExpr): CelType {
    let elem: CelType | undefined;
    for (const [i, element] of expr.elements.entries()) {
      const given = this.check(element);
      const type = expr.optional.has(i) ? this.unwrapped(element, given) : given;
      elem = this.join(elem, type);
    }
    return listOf(elem ?? this.fresh());
  }

  private map(expr: MapExpr): CelType {
    let keys: CelType | undefined;
    let values: CelType | undefined;
    for (const { key, value, optional } of expr.entries) {
      keys = this.join(keys, this.check(key));
      const given = this.check(value);
      values = this.join(values, optional ? this.unwrapped(value, given) : given);
    }
    return mapOf(keys ?? this.fresh(), values ?? this.fresh());
  }

  private struct(expr: StructExpr): CelType {
    const found = this.lookup(expr.typeName);
    if (found === undefined) return this.undeclared(expr.pos, expr.typeName);
    const struct = found.typeValue;
    if (struct === undefined) this.report(expr.pos, `'${found.type.name}' is not a type`);
    else if (struct.kind !== 'struct') {
      this.report(expr.pos, `'${struct.name}' is not a message type`);
    }
    for (const { pos, name, value, optional } of expr.fields) {
      const given = this.check(value);
      const field = (struct && this.structFieldType(pos, struct, name)) ?? ERROR_TYPE;
      const type = optional ? this.unwrapped(value, given) : given;
      if (!this.fits(field, type)) {
        const [wanted, actual] = [formatType(field), formatType(type)];
        this.report(
          pos,
          `expected type of field '${name}' is '${wanted}' but provided type is '${actual}'`,
        );
      }
    }
    return struct?.kind === 'struct' ? struct : ERROR_TYPE;
  }

  private comprehension(expr: ComprehensionExpr): CelType {
    this.check(expr.range);
    const accuType = this.check(expr.accuInit);
    const range = substitute(this.subs, expr.range.type ?? DYN, false);
    this.scopes.push(new Map([[expr.accuVar, accuType]]));
    const [first, second] = this.iterationTypes(expr, range);
    const variables = new Map([[expr.iterVar, first]]);
    if (expr.iterVar2 !== undefined) variables.set(expr.iterVar2, second);
    this.scopes.push(variables);
    this.assertType(expr.condition, BOOL);
    this.assertType(expr.step, accuType);
    this.scopes.pop();
    const result = this.check(expr.result);
    this.scopes.pop();
    return substitute(this.subs, result, false);
  }

  private assertType(expr: Expr, wanted: CelType): void {
    const type = this.check(expr);
    if (!this.fits(wanted, type)) this.mismatch(expr, wanted, type);
  }

  private iterationTypes(expr: ComprehensionExpr, range: CelType): [CelType, CelType] {
    const [first = DYN, second = DYN] = range.params;
    switch (range.kind) {
      case 'list':
        return expr.iterVar2 === undefined ? [first, DYN] : [INT, first];
      case 'map':
        return [first, second];
      case 'dyn':
      case 'error':
      case 'param':
        this.fits(DYN, range);
        return [DYN, DYN];
      default:
        this.report(
          expr.range.pos,
          `expression of type '${formatType(range)}' cannot be range of a comprehension ` +
            '(must be list, map, or dynamic)',
        );
        return [ERROR_TYPE, ERROR_TYPE];
    }
  }
}
