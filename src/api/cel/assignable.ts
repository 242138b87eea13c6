/**
 * Unification of types: which type fits where, and what that says of type parameters.
 *
 * Models: cel-go checker/types.go, checker/mapping.go
 */
import { DYN, isOptionalType, sameType, type CelType } from './types.ts';

/** What type parameters stand for, by name. Never changed in place: a failed try leaves no trace. */
export type Substitutions = ReadonlyMap<string, CelType>;
type Mutable = Map<string, CelType>;

export const isDyn = (type: CelType): boolean => type.kind === 'dyn' || type.kind === 'any';
export const isDynOrError = (type: CelType): boolean => isDyn(type) || type.kind === 'error';

export function unwrapOptional(type: CelType): { type: CelType; optional: boolean } {
  if (!isOptionalType(type)) return { type, optional: false };
  return { type: type.params[0] ?? DYN, optional: true };
}

function isNullable(type: CelType): boolean {
  switch (type.kind) {
    case 'opaque':
    case 'struct':
    case 'any':
    case 'duration':
    case 'timestamp':
    case 'null':
      return true;
    default:
      return false;
  }
}

/** Whether |a| says the same as |b| or leaves more open. */
function isLessSpecific(a: CelType, b: CelType): boolean {
  if (isDyn(a) || a.kind === 'param') return true;
  if (isDyn(b) || b.kind === 'param') return false;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case 'opaque':
    case 'list':
    case 'map':
      return (
        a.name === b.name &&
        a.params.length === b.params.length &&
        a.params.every((param, i) => isLessSpecific(param, b.params[i] ?? DYN))
      );
    case 'type':
      return true;
    default:
      return sameType(a, b);
  }
}

/** The more general of two types that unify. */
export const mostGeneral = (a: CelType, b: CelType): CelType => (isLessSpecific(a, b) ? a : b);

function occursIn(subs: Substitutions, param: CelType, within: CelType): boolean {
  if (sameType(param, within)) return true;
  if (within.kind === 'param') {
    const sub = subs.get(within.name);
    return sub !== undefined && occursIn(subs, param, sub);
  }
  return within.params.some((inner) => occursIn(subs, param, inner));
}

/** Whether the parameter |param| may stand for |type|; notes that it does. */
function bind(subs: Mutable, type: CelType, param: CelType): { valid: boolean; known: boolean } {
  if (sameType(type, param)) return { valid: true, known: true };
  const sub = subs.get(param.name);
  if (sub !== undefined) {
    if (sameType(type, sub)) return { valid: true, known: true };
    if (!assign(subs, type, sub)) return { valid: false, known: true };
    const general = mostGeneral(type, sub);
    if (!occursIn(subs, param, general)) subs.set(param.name, general);
    return { valid: true, known: true };
  }
  if (occursIn(subs, param, type)) return { valid: false, known: false };
  subs.set(param.name, type);
  return { valid: true, known: false };
}

function assign(subs: Mutable, a: CelType, b: CelType): boolean {
  if (b.kind === 'param') {
    const { valid, known } = bind(subs, a, b);
    if (valid || known) return valid;
  }
  if (a.kind === 'param') return bind(subs, b, a).valid;
  if (isDynOrError(a) || isDynOrError(b)) return true;
  if (a.kind === 'null') return isNullable(b);
  if (b.kind === 'null') return isNullable(a);
  switch (a.kind) {
    case 'type':
      return b.kind === 'type';
    case 'opaque':
    case 'list':
    case 'map':
      return a.kind === b.kind && a.name === b.name && assignAll(subs, a.params, b.params);
    default:
      return a.kind === b.kind && a.name === b.name;
  }
}

function assignAll(subs: Mutable, a: readonly CelType[], b: readonly CelType[]): boolean {
  return a.length === b.length && a.every((type, i) => assign(subs, type, b[i] ?? DYN));
}

/** The substitutions under which |a| can be given where |b| is wanted. */
export function assignable(
  subs: Substitutions,
  a: readonly CelType[],
  b: readonly CelType[],
): Substitutions | undefined {
  const tried = new Map(subs);
  return assignAll(tried, a, b) ? tried : undefined;
}

/** Replaces parameters by what they stand for; with |toDyn|, those that stand for nothing by dyn. */
export function substitute(subs: Substitutions, type: CelType, toDyn: boolean): CelType {
  if (type.kind === 'param') {
    const sub = subs.get(type.name);
    if (sub !== undefined) return substitute(subs, sub, toDyn);
    return toDyn ? DYN : type;
  }
  if (type.params.length === 0) return type;
  const params = type.params.map((param) => substitute(subs, param, toDyn));
  return params.every((param, i) => param === type.params[i]) ? type : { ...type, params };
}
