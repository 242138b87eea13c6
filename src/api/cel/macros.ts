/**
 * Macros: calls that the parser replaces by a comprehension or a presence test.
 *
 * Models: cel-go parser/macro.go, ext/comprehensions.go, ext/lists.go (sortBy), cel/library.go (optMap)
 */
import {
  ACCUMULATOR,
  call,
  ident,
  list,
  literal,
  memberCall,
  type ComprehensionExpr,
  type Expr,
} from './ast.ts';

/** What a macro makes of its call; a message where its arguments are not fit for it. */
export type Expansion =
  | Expr
  | { readonly kind: 'error'; readonly pos: number; readonly message: string };
type Macro = (pos: number, target: Expr, args: readonly Expr[]) => Expansion;

const failure = (expr: Expr, message: string): Expansion => ({
  kind: 'error',
  pos: expr.pos,
  message,
});
const accu = (pos: number): Expr => ident(pos, ACCUMULATOR);

/** Names of the iteration variables, or what is wrong with them. */
function iterVars(args: readonly Expr[], count: number, noIdent: string): string[] | Expansion {
  const names: string[] = [];
  for (const arg of args.slice(0, count)) {
    if (arg.kind !== 'ident') return failure(arg, noIdent);
    if (names.includes(arg.name)) return failure(arg, `duplicate variable name: ${arg.name}`);
    names.push(arg.name);
  }
  const hidden = names.findIndex((name) => name === ACCUMULATOR || name === '__result__');
  const clash = args[hidden];
  if (clash !== undefined) {
    return failure(clash, 'iteration variable overwrites accumulator variable');
  }
  return names;
}

interface Fold {
  readonly init: Expr;
  readonly condition: Expr;
  readonly step: Expr;
  readonly result: Expr;
}

function comprehension(
  pos: number,
  range: Expr,
  vars: readonly string[],
  fold: Fold,
): ComprehensionExpr {
  return {
    kind: 'comprehension',
    pos,
    range,
    iterVar: vars[0] ?? '#unused',
    iterVar2: vars[1],
    accuVar: ACCUMULATOR,
    accuInit: fold.init,
    condition: fold.condition,
    step: fold.step,
    result: fold.result,
  };
}

/** A macro over |count| variables whose remaining arguments |fold| turns into the loop. */
function looping(
  count: number,
  fold: (pos: number, rest: readonly Expr[], vars: readonly Expr[]) => Fold,
  noIdent = 'argument must be a simple name',
): Macro {
  return (pos, target, args) => {
    const vars = iterVars(args, count, noIdent);
    if (!Array.isArray(vars)) return vars;
    return comprehension(pos, target, vars, fold(pos, args.slice(count), args.slice(0, count)));
  };
}

const last = (rest: readonly Expr[]): Expr => rest[rest.length - 1] as Expr;

const all = (pos: number, rest: readonly Expr[]): Fold => ({
  init: literal(pos, true),
  condition: call(pos, '@not_strictly_false', accu(pos)),
  step: call(pos, '_&&_', accu(pos), last(rest)),
  result: accu(pos),
});

const exists = (pos: number, rest: readonly Expr[]): Fold => ({
  init: literal(pos, false),
  condition: call(pos, '@not_strictly_false', call(pos, '!_', accu(pos))),
  step: call(pos, '_||_', accu(pos), last(rest)),
  result: accu(pos),
});

const existsOne = (pos: number, rest: readonly Expr[]): Fold => ({
  init: literal(pos, 0n),
  condition: literal(pos, true),
  step: call(pos, '_?_:_', last(rest), call(pos, '_+_', accu(pos), literal(pos, 1n)), accu(pos)),
  result: call(pos, '_==_', accu(pos), literal(pos, 1n)),
});

/** With a filter before it, the step is taken only where the filter holds. */
function filtered(pos: number, rest: readonly Expr[], step: Expr): Expr {
  const filter = rest.length > 1 ? rest[0] : undefined;
  return filter === undefined ? step : call(pos, '_?_:_', filter, step, accu(pos));
}

const collect = (pos: number, rest: readonly Expr[]): Fold => ({
  init: list(pos, []),
  condition: literal(pos, true),
  step: filtered(pos, rest, call(pos, '_+_', accu(pos), list(pos, [last(rest)]))),
  result: accu(pos),
});

const filter = (pos: number, rest: readonly Expr[], vars: readonly Expr[]): Fold => ({
  ...collect(pos, vars),
  step: filtered(
    pos,
    [last(rest), last(rest)],
    call(pos, '_+_', accu(pos), list(pos, [last(vars)])),
  ),
});

const intoMap =
  (withKey: boolean) =>
  (pos: number, rest: readonly Expr[], vars: readonly Expr[]): Fold => {
    const key = vars[0] as Expr;
    const entry = withKey ? [ident(pos, key.kind === 'ident' ? key.name : '')] : [];
    const step = call(pos, 'cel.@mapInsert', accu(pos), ...entry, last(rest));
    return {
      init: { kind: 'map', pos, entries: [] },
      condition: literal(pos, true),
      step: filtered(pos, rest, step),
      result: accu(pos),
    };
  };

/** `bind`: evaluates |value| once and names it within |body|. */
function bound(pos: number, name: string, value: Expr, body: Expr): ComprehensionExpr {
  return {
    kind: 'comprehension',
    pos,
    range: list(pos, []),
    iterVar: '#unused',
    iterVar2: undefined,
    accuVar: name,
    accuInit: value,
    condition: literal(pos, false),
    step: ident(pos, name),
    result: body,
  };
}

const optional =
  (name: string, wrap: boolean): Macro =>
  (pos, target, args) => {
    const variable = args[0] as Expr;
    if (variable.kind !== 'ident') {
      return failure(variable, `${name}() variable name must be a simple identifier`);
    }
    const value = memberCall(pos, 'value', target, []);
    const mapped = bound(pos, variable.name, value, args[1] as Expr);
    return call(
      pos,
      '_?_:_',
      memberCall(pos, 'hasValue', target, []),
      wrap ? call(pos, 'optional.of', mapped) : mapped,
      call(pos, 'optional.none'),
    );
  };

const SORT_INPUT = '@__sortBy_input__';
const SORTABLE: ReadonlySet<Expr['kind']> = new Set([
  'list',
  'select',
  'ident',
  'comprehension',
  'call',
]);

const NOT_IDENTIFIER = 'argument is not an identifier';

const sortBy: Macro = (pos, target, args) => {
  if (!SORTABLE.has(target.kind)) {
    return failure(
      target,
      'sortBy can only be applied to a list, identifier, comprehension, call or select expression',
    );
  }
  const keys = looping(1, collect, NOT_IDENTIFIER)(pos, ident(pos, SORT_INPUT), args);
  if (keys.kind === 'error') return keys;
  const sorted = memberCall(pos, '@sortByAssociatedKeys', ident(pos, SORT_INPUT), [keys]);
  return bound(pos, SORT_INPUT, target, sorted);
};

/** cel.bind(name, value, body), where it is allowed. */
const bind: Macro = (pos, _target, [variable, value, body]) => {
  if (variable?.kind !== 'ident') {
    return failure(variable as Expr, 'cel.bind() variable names must be simple identifiers');
  }
  return bound(pos, variable.name, value as Expr, body as Expr);
};

/** By name and number of arguments. */
const RECEIVER_MACROS: ReadonlyMap<string, Macro> = new Map<string, Macro>([
  ['all/2', looping(1, all)],
  ['exists/2', looping(1, exists)],
  ['exists_one/2', looping(1, existsOne)],
  ['map/2', looping(1, collect, NOT_IDENTIFIER)],
  ['map/3', looping(1, collect, NOT_IDENTIFIER)],
  ['filter/2', looping(1, filter, NOT_IDENTIFIER)],
  ['all/3', looping(2, all)],
  ['exists/3', looping(2, exists)],
  ['existsOne/3', looping(2, existsOne)],
  ['exists_one/3', looping(2, existsOne)],
  ['transformList/3', looping(2, collect)],
  ['transformList/4', looping(2, collect)],
  ['transformMap/3', looping(2, intoMap(true))],
  ['transformMap/4', looping(2, intoMap(true))],
  ['transformMapEntry/3', looping(2, intoMap(false))],
  ['transformMapEntry/4', looping(2, intoMap(false))],
  ['optMap/2', optional('optMap', true)],
  ['optFlatMap/2', optional('optFlatMap', false)],
  ['sortBy/2', sortBy],
]);

/** What a call stands for, when it is a macro's. */
export function expandMacro(
  pos: number,
  fn: string,
  target: Expr | undefined,
  args: readonly Expr[],
  withBind: boolean,
): Expansion | undefined {
  if (withBind && fn === 'bind' && args.length === 3) {
    if (target?.kind === 'ident' && target.name === 'cel') return bind(pos, target, args);
  }
  if (target !== undefined) {
    return RECEIVER_MACROS.get(`${fn}/${args.length}`)?.(pos, target, args);
  }
  if (fn !== 'has' || args.length !== 1) return undefined;
  const arg = args[0] as Expr;
  if (arg.kind !== 'select') return failure(arg, 'invalid argument to has() macro');
  return { kind: 'select', pos, operand: arg.operand, field: arg.field, testOnly: true };
}
