/**
 * What the calls of an evaluation cost. One unit is about 50 ns on the machine that upstream measured on.
 *
 * Models: cel-go interpreter/runtimecost.go, ext/lists.go, ext/sets.go;
 *         k8s.io/apiserver pkg/cel/library/cost.go (v1.36)
 */
import { CelFormat } from './functions/formats.ts';
import { CelList, CelMap, CelOpaque, actualSize, stringSize, type CelValue } from './values.ts';
import { encodeUtf8 } from '../meta/utf8.ts';

/** cel-go common/cost.go */
export const IDENT_COST = 1;
export const LIST_COST = 10;
export const MAP_COST = 30;
export const STRUCT_COST = 40;
export const TRAVERSAL = 0.1;
export const REGEX_FACTOR = 0.25;
/** An authorization check: two of them fill the budget of an expression. */
export const CHECK_COST = 350_000;

const NOMINAL = 1;

/** Functions that cost the same whatever they are given. */
const CONSTANT: ReadonlySet<string> = new Set(
  (
    'serviceAccount path group resource subresource namespace name allowed reason error errored ' +
    'masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast ' +
    'isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat isGreaterThan ' +
    'isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort ' +
    'getEscapedPath getQuery'
  ).split(' '),
);

/** Functions that read their first argument once. */
const TRAVERSES: ReadonlySet<string> = new Set(
  (
    'url lowerAscii upperAscii substring trim jsonpatch.escapeKey cidr isIP isCIDR quantity ' +
    'isQuantity semver isSemver startsWith endsWith strings.quote format'
  ).split(' '),
);

const traversal = (size: number, factor = TRAVERSAL): number => Math.ceil(size * factor);

/** All that is in a value. */
function treeCost(value: CelValue): number {
  if (typeof value === 'string') return Math.floor(encodeUtf8(value).length * TRAVERSAL);
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL);
  if (value instanceof CelList) {
    let cost = 0;
    for (const element of value) cost += treeCost(element);
    return cost;
  }
  if (!(value instanceof CelMap)) return 1;
  let cost = 0;
  for (const key of value.keys()) cost += treeCost(key) + treeCost(value.find(key) ?? null);
  return cost;
}

function regexCost(text: number, pattern: number): number {
  return traversal(1 + text) * Math.ceil(pattern * REGEX_FACTOR);
}

const SELECTOR_REQUIREMENT = LIST_COST + STRUCT_COST;

function selectorCost(length: number): number {
  return LIST_COST + traversal(length) + Math.ceil(Math.ceil(length * 0.5) * SELECTOR_REQUIREMENT);
}

/** A call that makes a list: each element, the call and the list. */
const allocating = (size: number, factor: number): number =>
  Math.floor(size * factor) + NOMINAL + LIST_COST;

/** Every element compared with every other one. */
function selfCompare(list: CelValue): number {
  const size = actualSize(list);
  const first = list instanceof CelList && size > 0 ? list.at(0) : null;
  const texts = typeof first === 'string' || first instanceof Uint8Array;
  return allocating(size * size, texts ? 2 + TRAVERSAL : 2);
}

const smaller = (a: CelValue, b: CelValue): number =>
  traversal(Math.min(actualSize(a), actualSize(b)));

function containsCost(fn: string, cidr: number, text: CelValue): number {
  let cost = traversal(cidr + cidr);
  if (fn === 'containsCIDR') cost += traversal(cidr) + NOMINAL;
  return typeof text === 'string' ? cost + traversal(stringSize(text)) : cost;
}

function addCost(a: CelValue, b: CelValue): number {
  const texts = typeof a === 'string' || a instanceof Uint8Array;
  return texts ? traversal(actualSize(a) + actualSize(b)) : NOMINAL;
}

const ordersTexts = (a: CelValue, b: CelValue): boolean =>
  (typeof a === 'string' && typeof b === 'string') ||
  (a instanceof Uint8Array && b instanceof Uint8Array);

function listCost(
  fn: string,
  overload: string | undefined,
  args: readonly CelValue[],
  result: CelValue,
): number | undefined {
  const [first = null, second = null] = args;
  switch (fn) {
    case 'slice':
    case 'lists.range':
    case 'reverse':
      return allocating(actualSize(result), 1);
    case 'flatten':
      return allocating(actualSize(first), typeof second === 'bigint' ? Number(second) : 1);
    case 'distinct':
    case 'sort':
      return selfCompare(first);
    case '@sortByAssociatedKeys':
      return selfCompare(second);
    case 'sets.contains':
    case 'sets.intersects':
      return NOMINAL + actualSize(first) * actualSize(second);
    case 'sets.equivalent':
      return NOMINAL + actualSize(first) * actualSize(second) * 2;
    case 'isSorted':
    case 'sum':
    case 'max':
    case 'min':
    case 'indexOf':
    case 'lastIndexOf':
      return treeCost(first);
    case '@in':
      return overload === 'in_list' && second instanceof CelList ? second.size : NOMINAL;
    default:
      return undefined;
  }
}

/**
 * The cost of calling |fn|. |overload|: the only one that the types leave possible, if there is one; where
 * there is none, upstream does not know what it calls and takes one unit for some functions.
 */
export function callCost(
  fn: string,
  overload: string | undefined,
  args: readonly CelValue[],
  result: CelValue,
): number {
  const [first = null, second = null] = args;
  if (CONSTANT.has(fn)) return NOMINAL;
  if (TRAVERSES.has(fn)) return traversal(actualSize(first));
  switch (fn) {
    case 'check':
      return CHECK_COST;
    case 'fieldSelector':
    case 'labelSelector':
      return selectorCost(actualSize(second));
    case 'replace':
    case 'split':
    case 'ip.isCanonical':
      return traversal(actualSize(first), 2 * TRAVERSAL);
    case 'join':
      return traversal(actualSize(result), 2 * TRAVERSAL);
    case 'find':
    case 'findAll':
    case 'matches':
      if (fn === 'matches' && overload !== 'matches_string' && overload !== undefined) break;
      return regexCost(actualSize(first), actualSize(second));
    case 'ip':
      return first instanceof CelOpaque ? NOMINAL : traversal(actualSize(first));
    case 'containsIP':
    case 'containsCIDR':
      // Only where the types say that it is a text is parsing it counted.
      return containsCost(
        fn,
        actualSize(first),
        overload?.endsWith('_string') === true ? second : null,
      );
    case 'validate':
      return first instanceof CelFormat ? regexCost(actualSize(second), first.regexSize) : NOMINAL;
    case 'contains':
      return traversal(actualSize(first)) * traversal(actualSize(second));
    case '_==_':
    case '_!=_':
      if (fn === '_==_' && first instanceof CelOpaque) return NOMINAL;
      return smaller(first, second);
    default:
  }
  return listCost(fn, overload, args, result) ?? operatorCost(fn, overload, first, second);
}

function operatorCost(
  fn: string,
  overload: string | undefined,
  first: CelValue,
  second: CelValue,
): number {
  // Without a single overload (one of the sides is dyn) it is one unit.
  if (overload === undefined) return NOMINAL;
  switch (fn) {
    case '_+_':
      return addCost(first, second);
    case '_<_':
    case '_<=_':
    case '_>_':
    case '_>=_':
      return ordersTexts(first, second) ? smaller(first, second) : NOMINAL;
    case 'string':
      return first instanceof Uint8Array ? traversal(first.length) : NOMINAL;
    case 'bytes':
      return typeof first === 'string' ? traversal(stringSize(first)) : NOMINAL;
    default:
      return NOMINAL;
  }
}
