/**
 * The types of CEL expressions, as data, and how error texts spell them.
 *
 * Models: cel-go common/types (Type, Kind) and checker/format.go; k8s.io/apiserver pkg/cel/types.go
 *         (DeclType) for the sizes that the cost estimate reads.
 */

export type CelKind =
  | 'any'
  | 'bool'
  | 'bytes'
  | 'double'
  | 'duration'
  | 'dyn'
  | 'error'
  | 'int'
  | 'list'
  | 'map'
  | 'null'
  | 'opaque'
  | 'param'
  | 'string'
  | 'struct'
  | 'timestamp'
  | 'type'
  | 'uint';

export interface CelType {
  readonly kind: CelKind;
  /** Name of a struct, opaque type or type parameter; else the kind's own. */
  readonly name: string;
  /** Element of a list, key and value of a map, parameters of an opaque type. */
  readonly params: readonly CelType[];
  /** Fields of a struct. A function, because schemas may refer to themselves. */
  readonly field?: (name: string) => CelType | undefined;
  /** Worst-case number of elements, characters or bytes; the cost estimate multiplies by it. */
  readonly maxElements?: number;
  /** Least number of bytes that a value takes as JSON. */
  readonly minSerializedBytes?: number;
}

const simple = (kind: CelKind, name: string = kind): CelType => ({ kind, name, params: [] });

export const DYN = simple('dyn');
/** A value of a type that is not known beforehand. */
export const ANY = simple('any', 'google.protobuf.Any');
export const ERROR_TYPE = simple('error', '!error!');
export const NULL = simple('null', 'null_type');
export const BOOL = simple('bool');
export const INT = simple('int');
export const UINT = simple('uint');
export const DOUBLE = simple('double');
export const STRING = simple('string');
export const BYTES = simple('bytes');
export const DURATION = simple('duration', 'google.protobuf.Duration');
export const TIMESTAMP = simple('timestamp', 'google.protobuf.Timestamp');
export const TYPE = simple('type');

export const listOf = (elem: CelType): CelType => ({ kind: 'list', name: 'list', params: [elem] });
export const mapOf = (key: CelType, value: CelType): CelType => ({
  kind: 'map',
  name: 'map',
  params: [key, value],
});
export const typeParam = (name: string): CelType => simple('param', name);
export const typeOf = (of: CelType): CelType => ({ kind: 'type', name: 'type', params: [of] });
export const opaque = (name: string, ...params: CelType[]): CelType => ({
  kind: 'opaque',
  name,
  params,
});
export const optionalOf = (elem: CelType): CelType => opaque('optional_type', elem);

/** A type with named fields. |field| answers undefined for a field that it has not. */
export function structOf(name: string, field: (name: string) => CelType | undefined): CelType {
  return { kind: 'struct', name, params: [], field };
}

/** A struct whose fields stand in a record. */
export function structOfFields(name: string, fields: Readonly<Record<string, CelType>>): CelType {
  return structOf(name, (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined));
}

export function isOptionalType(type: CelType): boolean {
  return type.kind === 'opaque' && type.name === 'optional_type';
}

/** Same type exactly, parameters included. */
export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind || a.name !== b.name || a.params.length !== b.params.length) return false;
  return a.params.every((param, i) => sameType(param, b.params[i] ?? DYN));
}

/** How the checker's errors spell a type. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'duration':
    case 'timestamp':
    case 'null':
    case 'any':
      return type.kind;
    case 'error':
      return '!error!';
    default:
      if (type.params.length === 0) return type.name;
      return `${type.name}(${type.params.map(formatType).join(', ')})`;
  }
}

/** How `must evaluate to bool but got …` spells a type: with the full names of well-known types. */
export function typeString(type: CelType): string {
  if (type.params.length === 0) return type.name;
  return `${type.name}(${type.params.map(typeString).join(', ')})`;
}
