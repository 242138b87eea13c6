/**
 * What calls of functions may cost at most, and how large their results may be.
 *
 * Models: k8s.io/apiserver pkg/cel/library/cost.go (v1.36); cel-go checker/cost.go, ext/lists.go, ext/sets.go
 */
import type { Expr } from './ast.ts';
import { CHECK_COST, LIST_COST, REGEX_FACTOR, STRUCT_COST, TRAVERSAL } from './cost.ts';
import { add, fixed, scale, times, UNKNOWN, ZERO, type Range } from './estimate-range.ts';
import type { CelType } from './types.ts';

/** An argument: what is known of its size. */
export interface SizedNode {
  /** undefined: not to be looked up by its path. */
  readonly path: readonly string[] | undefined;
  readonly type: CelType;
  readonly expr: Expr | undefined;
  readonly computed: Range | undefined;
}

interface CallEstimate {
  /** Without that of the arguments. */
  readonly own: Range;
  readonly result?: Range;
  readonly total?: undefined;
}

type SizeOf = (node: SizedNode) => Range;
type Estimator = (
  size: SizeOf,
  target: SizedNode | undefined,
  args: readonly SizedNode[],
  overload: string,
) => CallEstimate | undefined;

/** MaxNameFormatRegexSize, pkg/cel/limits.go */
const MAX_FORMAT_REGEX = 128;
/** An IPv4 or an IPv6 address. */
const IP_BYTES: Range = { min: 4, max: 16 };

const nominal: Estimator = () => ({ own: fixed(1) });

const traverseArg =
  (factor = TRAVERSAL): Estimator =>
  (size, _target, [arg]) =>
    arg && { own: scale(size(arg), factor) };

const sameSizeArg: Estimator = (size, _target, [arg]) => {
  if (arg === undefined) return undefined;
  return { own: scale(size(arg), TRAVERSAL), result: size(arg) };
};

const sameSizeTarget: Estimator = (size, target) => {
  if (target === undefined) return undefined;
  return { own: scale(size(target), TRAVERSAL), result: size(target) };
};

/** The elements of a list, as a node of their own. */
function elements({ type, path }: SizedNode): SizedNode | undefined {
  const elem = type.params[0];
  if (elem === undefined) return undefined;
  return {
    path: path === undefined ? undefined : [...path, '@items'],
    type: elem,
    expr: undefined,
    computed: undefined,
  };
}

const eachElement: Estimator = (size, target) => {
  if (target === undefined) return undefined;
  const elem = elements(target);
  if (elem === undefined) return { own: scale(size(target), TRAVERSAL) };
  const texts = elem.type.kind === 'string' || elem.type.kind === 'bytes';
  const once = texts ? add(fixed(1), scale(size(elem), TRAVERSAL)) : fixed(1);
  return { own: times(size(target), once) };
};

const regex: Estimator = (size, target, [pattern], overload) => {
  if (target === undefined || pattern === undefined) return undefined;
  const text = scale(add(size(target), fixed(1)), TRAVERSAL);
  const own = times(text, scale(size(pattern), REGEX_FACTOR));
  if (overload.startsWith('matches')) return { own };
  return { own, result: { min: 0, max: size(target).max } };
};

const replace: Estimator = (size, target, [from, to]) => {
  if (target === undefined || from === undefined || to === undefined) return undefined;
  const text = size(target);
  const [old, fresh] = [size(from), size(to)];
  let count: Range = ZERO;
  let kept: Range = ZERO;
  if (old.min === 0)
    [count, kept] = [
      { ...count, max: text.max + 1 },
      { ...kept, max: text.max },
    ];
  else if (fresh.max <= old.min) kept = { ...kept, max: text.max };
  else count = { ...count, max: Math.ceil(text.max / old.min) };
  if (old.max === 0)
    [count, kept] = [
      { ...count, min: text.min + 1 },
      { ...kept, min: text.min },
    ];
  else if (old.max <= fresh.min) kept = { ...kept, min: text.min };
  else count = { ...count, min: Math.ceil(text.min / old.max) };
  return { own: scale(text, 2 * TRAVERSAL), result: add(times(count, fresh), kept) };
};

const split: Estimator = (size, target, args) => {
  if (target === undefined) return undefined;
  const text = size(target);
  const limit = args[1]?.expr;
  const literal = limit?.kind === 'literal' && typeof limit.value === 'bigint';
  const max = literal ? Number(limit.value) : text.max;
  return { own: scale(text, 2 * TRAVERSAL), result: { min: 0, max } };
};

const join: Estimator = (size, target, [separator]) => {
  if (target === undefined) return undefined;
  const list = size(target);
  const elem = elements(target);
  let total = elem === undefined ? ZERO : times(list, size(elem));
  if (separator !== undefined) {
    const gaps = { min: Math.max(0, list.min - 1), max: Math.max(0, list.max - 1) };
    total = add(total, times(size(separator), gaps));
  }
  return { own: scale(total, TRAVERSAL), result: total };
};

const ip: Estimator = (size, _target, [arg], overload) => {
  if (overload === 'cidr_ip') return { own: fixed(1) };
  return arg && { own: scale(size(arg), TRAVERSAL) };
};

const containsAddress =
  (range: boolean): Estimator =>
  (size, _target, [other], overload) => {
    if (other === undefined) return undefined;
    let own = scale(add(IP_BYTES, IP_BYTES), TRAVERSAL);
    if (range) own = add(add(own, scale(IP_BYTES, TRAVERSAL)), fixed(1));
    return { own: overload.endsWith('_string') ? add(own, scale(size(other), TRAVERSAL)) : own };
  };

const validate: Estimator = (size, _target, [text]) =>
  text && { own: scale(scale(size(text), TRAVERSAL), MAX_FORMAT_REGEX * REGEX_FACTOR) };

const selector: Estimator = (size, _target, [text]) => {
  if (text === undefined) return undefined;
  const length = size(text);
  const requirements = scale(scale(length, 0.5), LIST_COST + STRUCT_COST);
  return { own: add(add(fixed(LIST_COST), scale(length, TRAVERSAL)), requirements) };
};

/** Known to be compared in one step, or by their texts. */
const NOMINAL_EQUALITY = /^(?:net\.(?:IP|CIDR)|kubernetes\.(?:Quantity|Semver|authorization\..*))$/;
const MAX_FORMAT_NAME = 64;

const equals: Estimator = (_size, _target, [a, b]) => {
  if (a === undefined || b === undefined || a.type.name !== b.type.name) return undefined;
  if (NOMINAL_EQUALITY.test(a.type.name)) return { own: fixed(1) };
  if (a.type.name === 'kubernetes.NamedFormat') {
    return { own: scale({ min: 1, max: MAX_FORMAT_NAME }, TRAVERSAL) };
  }
  if (a.type.name !== 'kubernetes.URL') return undefined;
  return { own: scale({ min: 1, max: b.computed?.max ?? 1 }, TRAVERSAL) };
};

/** A call that makes a list of |size|. */
const allocating = (size: Range, factor: number): CallEstimate => ({
  own: add(scale(size, factor), fixed(1 + LIST_COST)),
  result: size,
});

function literalInt(node: SizedNode | undefined, otherwise: number): number {
  if (node?.expr?.kind !== 'literal' || typeof node.expr.value !== 'bigint') return otherwise;
  return Math.max(0, Number(node.expr.value));
}

const slice: Estimator = (size, target, [start, end]) => {
  if (target === undefined) return undefined;
  const count = literalInt(end, size(target).max) - literalInt(start, 0);
  return allocating(fixed(Math.max(0, count)), 1);
};

const flatten: Estimator = (size, target, [depth]) => {
  if (target === undefined) return undefined;
  const factor = depth === undefined ? 1 : literalInt(depth, UNKNOWN.max);
  return allocating(size(target), factor);
};

/** Every element compared with every other. */
function selfCompare(size: Range, elem: CelType | undefined): CallEstimate {
  const texts = elem?.kind === 'string' || elem?.kind === 'bytes';
  return allocating(times(size, size), texts ? 2 + TRAVERSAL : 2);
}

const sets =
  (factor: number): Estimator =>
  (size, _target, [a, b]) => {
    if (a === undefined || b === undefined) return undefined;
    return { own: add(scale(times(size(a), size(b)), factor), fixed(1)) };
  };

const contains: Estimator = (size, target, [part]) => {
  if (target === undefined || part === undefined) return undefined;
  return { own: times(scale(size(target), TRAVERSAL), scale(size(part), TRAVERSAL)) };
};

const toBytes: Estimator = (size, _target, [arg], overload) => {
  if (arg === undefined || overload !== 'string_to_bytes') return undefined;
  const { min, max } = size(arg);
  return { own: scale(size(arg), TRAVERSAL), result: { min, max: max * 4 } };
};

const toText: Estimator = (size, _target, [arg], overload) => {
  if (arg === undefined || overload !== 'bytes_to_string') return undefined;
  const { min, max } = size(arg);
  return { own: scale(size(arg), TRAVERSAL), result: { min: Math.floor(min / 4), max } };
};

const quote: Estimator = (size, _target, [arg]) => {
  if (arg === undefined) return undefined;
  const { min, max } = size(arg);
  return { own: scale(size(arg), TRAVERSAL), result: { min: min + 2, max: max * 2 + 2 } };
};

const each = (names: string, estimator: Estimator): [string, Estimator][] =>
  names.split(' ').map((name) => [name, estimator]);

const ESTIMATORS: ReadonlyMap<string, Estimator> = new Map<string, Estimator>([
  ['check', () => ({ own: fixed(CHECK_COST) })],
  ...each(
    'serviceAccount path group resource subresource namespace name allowed reason error errored ' +
      'masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast ' +
      'isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat isGreaterThan ' +
      'isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort ' +
      'getEscapedPath getQuery',
    nominal,
  ),
  ...each('fieldSelector labelSelector', selector),
  ...each('isSorted sum max min indexOf lastIndexOf', eachElement),
  ...each('url jsonpatch.escapeKey', sameSizeArg),
  ...each('lowerAscii upperAscii substring trim', sameSizeTarget),
  ['replace', replace],
  ['split', split],
  ['join', join],
  ...each('find findAll matches', regex),
  ...each('cidr isIP isCIDR quantity isQuantity semver isSemver', traverseArg()),
  ['ip', ip],
  ['ip.isCanonical', traverseArg(2 * TRAVERSAL)],
  ['containsIP', containsAddress(false)],
  ['containsCIDR', containsAddress(true)],
  ['validate', validate],
  ['_==_', equals],
  ['slice', slice],
  ['flatten', flatten],
  ['lists.range', (_s, _t, [n]) => allocating(fixed(literalInt(n, UNKNOWN.max)), 1)],
  ['reverse', (size, target) => target && allocating(size(target), 1)],
  ['distinct', (size, target) => target && selfCompare(size(target), undefined)],
  ['sort', (size, target) => target && selfCompare(size(target), target.type.params[0])],
  ['@sortByAssociatedKeys', (size, _t, [k]) => k && selfCompare(size(k), k.type.params[0])],
  ...each('sets.contains sets.intersects', sets(1)),
  ['sets.equivalent', sets(2)],
  ['startsWith', traverseArg()],
  ['endsWith', traverseArg()],
  ['contains', contains],
  [
    '@in',
    (size, _t, [, l], overload) =>
      l && overload === 'in_list' ? { own: scale(size(l), 1) } : undefined,
  ],
  ['bytes', toBytes],
  ['string', toText],
  ['strings.quote', quote],
  ['format', (size, target) => target && { own: scale(size(target), TRAVERSAL) }],
]);

/** undefined: nothing special about the function. */
export function estimateCall(
  fn: string,
  overload: string,
  target: SizedNode | undefined,
  args: readonly SizedNode[],
  size: SizeOf,
): CallEstimate | undefined {
  return ESTIMATORS.get(fn)?.(size, target, args, overload);
}
