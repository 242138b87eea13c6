/**
 * Turns a checked tree into functions that evaluate it, counting the cost on the way.
 *
 * Models: cel-go interpreter/planner.go, interpretable.go, attributes.go, decorators.go
 */
import { IDENT_COST, LIST_COST, MAP_COST, STRUCT_COST, callCost } from './cost.ts';
import type { CallExpr, ComprehensionExpr, Expr, ListExpr, MapExpr, StructExpr } from './ast.ts';
import type { CelBindings } from './env.ts';
import { equalValues } from './equality.ts';
import { noOverload } from './functions/impl.ts';
import { LIBRARY } from './functions/library.ts';
import { withConstantPattern } from './functions/strings.ts';
import { iterate, keyShown, lookup, notOptional, optionalQualify, qualify } from './selection.ts';
import {
  ArrayList,
  CelError,
  CelList,
  CelOptional,
  CelStruct,
  CelTypeValue,
  CelUint,
  EntryMap,
  NONE,
  NO_SUCH_OVERLOAD,
  type CelValue,
} from './values.ts';

export const COST_EXCEEDED = 'operation cancelled: actual cost limit exceeded';

/** Thrown out of an evaluation whose cost passes its limit. */
export class CostExceeded extends Error {}

/** The state of one evaluation. */
export class Frame {
  cost = 0;
  readonly limit: number;
  readonly bindings: CelBindings;
  /** Loop variables and accumulators. */
  readonly slots: (CelValue | undefined)[] = [];
  constructor(bindings: CelBindings, limit: number) {
    this.bindings = bindings;
    this.limit = limit;
  }
  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit) throw new CostExceeded();
  }
}

type Eval = (frame: Frame) => CelValue;

/** How a step is run, and what is known of it beforehand. */
interface Plan {
  readonly eval: Eval;
  /** Known before it runs. */
  readonly constant?: CelValue;
  /** A name with selections: it costs one unit itself, and one for each selection. */
  readonly attribute?: Eval;
  /** A choice between attributes: it costs nothing itself. */
  readonly free?: boolean;
}

/** Thrown while planning: a constant part that fails fails the whole program. */
export class PlanError extends Error {}

const plain = (run: Eval): Plan => ({ eval: run });
const constant = (value: CelValue): Plan => ({ eval: () => value, constant: value });
/** |resolve| comes without the unit that reading the attribute costs. */
function attribute(resolve: Eval, free = false): Plan {
  if (free) return { attribute: resolve, eval: resolve, free };
  const run: Eval = (frame) => {
    const value = resolve(frame);
    frame.charge(IDENT_COST);
    return value;
  };
  return { attribute: resolve, eval: run };
}

/** A step's resolution as the root of selections: what is no attribute itself becomes one. */
const root = (plan: Plan): Eval => plan.attribute ?? plan.eval;

const UNSET = Symbol('unset');

/** What a slot holds until the accumulator is first read. */
type Lazy = typeof UNSET;

class Planner {
  private readonly scopes: {
    readonly name: string;
    readonly slot: number;
    readonly init?: Eval;
  }[] = [];
  private slotCount = 0;
  readonly references = new Set<string>();

  plan(expr: Expr): Plan {
    switch (expr.kind) {
      case 'literal':
        return constant(expr.value);
      case 'ident':
        return this.name(expr.resolved?.name ?? expr.name, expr.resolved?.typeValue);
      case 'select':
        if (expr.resolved !== undefined) {
          return this.name(expr.resolved.name, expr.resolved.typeValue);
        }
        return expr.testOnly
          ? this.presence(expr.operand, expr.field)
          : this.selection(this.plan(expr.operand), constant(expr.field));
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

  private name(name: string, typeValue: CelTypeValue['type'] | undefined): Plan {
    for (let i = this.scopes.length - 1; i >= 0; i -= 1) {
      const scope = this.scopes[i];
      if (scope?.name !== name) continue;
      return attribute(localValue(scope.slot, scope.init));
    }
    if (typeValue !== undefined) return constant(new CelTypeValue(typeValue));
    this.references.add(name);
    const absent = new CelError(`no such attribute(s): ${name}`);
    return attribute((frame) => {
      const value = frame.bindings(name);
      return value === undefined ? absent : value;
    });
  }

  private selection(target: Plan, key: Plan): Plan {
    const from = root(target);
    const { constant: known } = key;
    if (known !== undefined) {
      return attribute((frame) => {
        const value = from(frame);
        if (value instanceof CelError) return value;
        frame.charge(IDENT_COST);
        return qualify(value, known);
      }, target.free);
    }
    const keyOf = root(key);
    return attribute((frame) => {
      const value = from(frame);
      if (value instanceof CelError) return value;
      const at = keyOf(frame);
      frame.charge(IDENT_COST);
      return at instanceof CelError ? at : qualify(value, at);
    }, target.free);
  }

  private presence(operand: Expr, field: string): Plan {
    const from = root(this.plan(operand));
    return plain((frame) => {
      const value = from(frame);
      if (value instanceof CelError) return value;
      frame.charge(IDENT_COST);
      const inner = value instanceof CelOptional ? value.value : value;
      if (inner === undefined || inner instanceof CelList) return false;
      const found = lookup(inner, field);
      return found instanceof CelError ? found : found !== undefined;
    });
  }

  private optionalSelection(target: Plan, key: Plan): Plan {
    const from = root(target);
    const keyOf = root(key);
    return attribute((frame) => {
      const value = from(frame);
      if (value instanceof CelError) return value;
      const at = keyOf(frame);
      if (at instanceof CelError) return at;
      const found = optionalQualify(value, at);
      if (found !== NONE) frame.charge(IDENT_COST);
      return found;
    }, target.free);
  }

  private call(expr: CallExpr): Plan {
    const fn = expr.qualified ?? expr.fn;
    const hasTarget = expr.target !== undefined && expr.qualified === undefined;
    const operands = hasTarget && expr.target ? [expr.target, ...expr.args] : expr.args;
    const plans = operands.map((operand) => this.plan(operand));
    const [first, second, third] = plans as [Plan, Plan, Plan];
    switch (fn) {
      case '_&&_':
        return logical(first.eval, second.eval, false);
      case '_||_':
        return logical(first.eval, second.eval, true);
      case '_?_:_':
        return conditional(first, second, third);
      case '_[_]':
        return this.selection(first, second);
      case '_?._':
      case '_[?_]':
        return this.optionalSelection(first, second);
      case '@not_strictly_false':
        return notStrictlyFalse(first.eval);
      case 'or':
      case 'orValue':
        return optionalOr(first.eval, second.eval, fn);
      default:
        return strictCall(fn.startsWith('.') ? fn.slice(1) : fn, expr.overloads ?? [], plans);
    }
  }

  private list({ elements, optional }: ListExpr): Plan {
    const plans = elements.map((element) => this.plan(element));
    const run: Eval = (frame) => {
      const values: CelValue[] = [];
      for (const [i, { eval: element }] of plans.entries()) {
        const value = element(frame);
        if (value instanceof CelError) return value;
        if (!optional.has(i)) values.push(value);
        else if (!(value instanceof CelOptional)) return notOptional(value, '');
        else if (value.value !== undefined) values.push(value.value);
      }
      return new ArrayList(values);
    };
    return creation(run, plans, LIST_COST);
  }

  private map({ entries }: MapExpr): Plan {
    const plans = entries.map(({ key, value, optional }) => {
      return { key: this.plan(key), value: this.plan(value), optional };
    });
    const run: Eval = (frame) => {
      const pairs: [CelValue, CelValue][] = [];
      for (const plan of plans) {
        const key = plan.key.eval(frame);
        if (key instanceof CelError) return key;
        const value = plan.value.eval(frame);
        if (value instanceof CelError) return value;
        if (!plan.optional) pairs.push([key, value]);
        else if (!(value instanceof CelOptional)) return notOptional(value, keyShown(key));
        else if (value.value !== undefined) pairs.push([key, value.value]);
      }
      return EntryMap.of(pairs);
    };
    return creation(
      run,
      plans.flatMap(({ key, value }) => [key, value]),
      MAP_COST,
    );
  }

  private struct({ fields, type }: StructExpr): Plan {
    const typeName = type?.name ?? '';
    const plans = fields.map(({ name, value, optional }) => {
      return { name, optional, eval: this.plan(value).eval };
    });
    return plain((frame) => {
      const values = new Map<string, CelValue>();
      for (const plan of plans) {
        const value = plan.eval(frame);
        if (value instanceof CelError) return value;
        if (!plan.optional) values.set(plan.name, value);
        else if (!(value instanceof CelOptional)) return notOptional(value, plan.name);
        else if (value.value !== undefined) values.set(plan.name, value.value);
      }
      frame.charge(STRUCT_COST);
      return new CelStruct(typeName, values);
    });
  }

  private comprehension(expr: ComprehensionExpr): Plan {
    const range = this.plan(expr.range).eval;
    const init = this.plan(expr.accuInit).eval;
    const slot = this.slotCount;
    this.slotCount += 3;
    this.scopes.push({ name: expr.accuVar, slot, init });
    this.scopes.push({ name: expr.iterVar, slot: slot + 1 });
    if (expr.iterVar2 !== undefined) this.scopes.push({ name: expr.iterVar2, slot: slot + 2 });
    const condition = this.plan(expr.condition).eval;
    const step = this.plan(expr.step).eval;
    this.scopes.length -= expr.iterVar2 === undefined ? 1 : 2;
    const result = this.plan(expr.result).eval;
    this.scopes.pop();
    const two = expr.iterVar2 !== undefined;
    return plain((frame) => {
      const over = range(frame);
      if (over instanceof CelError) return over;
      const { slots } = frame;
      slots[slot] = UNSET as unknown as CelValue;
      for (const [first, second] of iterate(over, two)) {
        if (first instanceof CelError) return first;
        slots[slot + 1] = first;
        slots[slot + 2] = second;
        const goOn = condition(frame);
        if (goOn === false) break;
        slots[slot] = step(frame);
      }
      return result(frame);
    });
  }
}

/** The value of a slot; an accumulator is made when it is first read. */
function localValue(slot: number, init: Eval | undefined): Eval {
  return (frame) => {
    const value = frame.slots[slot] as CelValue | Lazy;
    if (value !== UNSET) return value;
    const made = init?.(frame) ?? null;
    frame.slots[slot] = made;
    return made;
  };
}

/** Lists and maps of constants are made once and cost nothing. */
function creation(run: Eval, parts: readonly Plan[], cost: number): Plan {
  if (parts.every((part) => part.constant !== undefined)) {
    const value = run(new Frame(() => undefined, Infinity));
    if (!(value instanceof CelError)) return constant(value);
  }
  return plain((frame) => {
    const value = run(frame);
    frame.charge(cost);
    return value;
  });
}

/** && and ||: an error on one side does not count when the other side decides. */
function logical(left: Eval, right: Eval, decisive: boolean): Plan {
  const term = (value: CelValue): boolean | CelError => {
    if (typeof value === 'boolean' || value instanceof CelError) return value;
    return NO_SUCH_OVERLOAD;
  };
  return plain((frame) => {
    const first = term(left(frame));
    if (first === decisive) return decisive;
    const second = term(right(frame));
    if (second === decisive) return decisive;
    return first instanceof CelError ? first : second;
  });
}

/** The branches are attributes of the whole: a name in one costs nothing itself. */
function conditional(condition: Plan, yes: Plan, no: Plan): Plan {
  const whenTrue = root(yes);
  const whenFalse = root(no);
  const resolve: Eval = (frame) => {
    const value = condition.eval(frame);
    if (value === true) return whenTrue(frame);
    if (value === false) return whenFalse(frame);
    return value instanceof CelError ? value : NO_SUCH_OVERLOAD;
  };
  return attribute(resolve, true);
}

function notStrictlyFalse(operand: Eval): Plan {
  return plain((frame) => {
    const value = operand(frame);
    frame.charge(1);
    return value !== false;
  });
}

function optionalOr(left: Eval, right: Eval, fn: 'or' | 'orValue'): Plan {
  return plain((frame) => {
    const value = left(frame);
    if (value instanceof CelError) return value;
    if (!(value instanceof CelOptional)) return NO_SUCH_OVERLOAD;
    if (value.value === undefined) return right(frame);
    return fn === 'or' ? value : value.value;
  });
}

const CONVERSIONS: ReadonlySet<string> = new Set(
  'bool bytes double dyn duration int string timestamp type uint'.split(' '),
);

/** A call whose arguments are all evaluated; the first error is the answer. */
function strictCall(fn: string, overloads: readonly string[], plans: readonly Plan[]): Plan {
  const pattern = plans[1]?.constant;
  const fixed = typeof pattern === 'string' ? withConstantPattern(fn, pattern) : undefined;
  const impl = fixed ?? LIBRARY[fn];
  if (impl === undefined) throw new Error(`CEL function ${fn} is declared but not implemented`);
  const overload = overloads.length === 1 ? overloads[0] : undefined;
  if (fn === '@in' && overload === 'in_list') {
    const set = setMembership(plans);
    if (set !== undefined) return set;
  }
  const run: Eval = (frame) => {
    const args: CelValue[] = [];
    let failure: CelError | undefined;
    for (const { eval: arg } of plans) {
      const value = arg(frame);
      if (value instanceof CelError) failure ??= value;
      args.push(value);
      if (failure !== undefined && plans.length > 2) return failure;
    }
    const made = failure ?? impl(...args);
    const result = made === undefined ? noOverload(fn, args) : made;
    frame.charge(callCost(fn, overload, args, result));
    return result;
  };
  const [only] = plans;
  if (CONVERSIONS.has(fn) && plans.length === 1 && only?.constant !== undefined) {
    const value = run(new Frame(() => undefined, Infinity));
    if (value instanceof CelError) throw new PlanError(value.message);
    return constant(value);
  }
  return plain(run);
}

const isHashable = (value: CelValue): boolean =>
  (typeof value !== 'object' && typeof value !== 'symbol') || value instanceof CelUint;

/** `x in [1, 2]` with nothing but constants on the right is a look into a set. */
function setMembership([left, right]: readonly Plan[]): Plan | undefined {
  const list = right?.constant;
  if (left === undefined || !(list instanceof CelList)) return undefined;
  const elements = [...list];
  if (!elements.every(isHashable)) return undefined;
  const find = left.eval;
  return plain((frame) => {
    const value = find(frame);
    if (value instanceof CelError) return value;
    return elements.some((element) => equalValues(element, value) === true);
  });
}

export interface Executable {
  readonly run: Eval;
  readonly references: ReadonlySet<string>;
}

/** Makes |expr| runnable. Throws a PlanError where a constant part of it fails. */
export function plan(expr: Expr): Executable {
  const planner = new Planner();
  const { eval: run } = planner.plan(expr);
  return { run, references: planner.references };
}
