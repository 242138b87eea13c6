/**
 * Selections (`a.b`, `a[0]`, `a.?b`) and what a comprehension runs over.
 *
 * Models: cel-go interpreter/attributes.go, interpretable.go (evalFold)
 */
import {
  CelError,
  CelList,
  CelMap,
  CelOptional,
  CelStruct,
  CelUint,
  NONE,
  type CelValue,
} from './values.ts';

const noSuchKey = (key: string): CelError => new CelError(`no such key: ${key}`);

export function keyShown(key: CelValue): string {
  if (key instanceof CelUint) return String(key.value);
  return typeof key === 'object' ? String(key) : `${key}`;
}

/** Index of a list, from any number that is whole. */
function listIndex(key: CelValue): number | CelError {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof CelUint) return Number(key.value);
  if (typeof key === 'number') {
    return Number.isInteger(key) ? key : new CelError(`unsupported index value ${key} in list`);
  }
  const type = typeof key === 'string' ? 'string' : typeof key === 'boolean' ? 'bool' : 'map';
  return new CelError(`unsupported index type '${type}' in list`);
}

/** What is at |key|; undefined when there is nothing. */
export function lookup(target: CelValue, key: CelValue): CelValue | undefined {
  if (target instanceof CelError) return target;
  if (key instanceof CelError) return key;
  if (target instanceof CelMap) return target.find(key);
  if (target instanceof CelList) {
    const index = listIndex(key);
    if (index instanceof CelError) return index;
    return index >= 0 && index < target.size ? target.at(index) : undefined;
  }
  if (target instanceof CelStruct) {
    if (typeof key !== 'string') return undefined;
    return target.fields.get(key);
  }
  return undefined;
}

function missing(target: CelValue, key: CelValue): CelError {
  if (target instanceof CelList) return new CelError(`index out of bounds: ${keyShown(key)}`);
  return noSuchKey(keyShown(key));
}

/** A selection; through an optional it stays optional. */
export function qualify(target: CelValue, key: CelValue): CelValue {
  if (target instanceof CelOptional) return optionalQualify(target, key);
  const found = lookup(target, key);
  return found === undefined ? missing(target, key) : found;
}

export function optionalQualify(target: CelValue, key: CelValue): CelValue {
  const inner = target instanceof CelOptional ? target.value : target;
  if (inner === undefined) return NONE;
  if (inner instanceof CelError) return inner;
  const found = lookup(inner, key);
  if (found instanceof CelError) return found;
  return found === undefined ? NONE : new CelOptional(found);
}

const GO_TYPES: Readonly<Record<string, string>> = {
  string: 'types.String',
  bigint: 'types.Int',
  number: 'types.Double',
  boolean: 'types.Bool',
};

/** What a loop runs over: elements, keys, or (with two variables) index or key and value. */
export function* iterate(over: CelValue, two: boolean): Generator<[CelValue, CelValue]> {
  if (over instanceof CelList) {
    for (let i = 0; i < over.size; i += 1) {
      const element = over.at(i);
      yield two ? [BigInt(i), element] : [element, null];
    }
  } else if (over instanceof CelMap) {
    for (const key of over.keys()) yield [key, two ? (over.find(key) ?? null) : null];
  } else {
    const type = over === null ? 'types.Null' : (GO_TYPES[typeof over] ?? 'ref.Val');
    const text = two
      ? `unsupported comprehension range type: ${type}`
      : `got '${type}', expected iterable type`;
    yield [new CelError(text), null];
  }
}

export function notOptional(value: CelValue, key: string): CelError {
  const shown = keyShown(value);
  return new CelError(
    key === ''
      ? `cannot initialize optional list element from non-optional value ${shown}`
      : `cannot initialize optional entry '${key}' from non-optional value ${shown}`,
  );
}
