/**
 * The runtime form of an OpenAPI definition, as generated into api/generated/schemas.ts or built
 * from the structural schema of a CustomResourceDefinition.
 * Names are short because the Worker carries all of them.
 */

/** Scalar and container types; `bytes` is base64 text, `any` is free-form JSON. */
export type SchemaType =
  | 'string'
  | 'int32'
  | 'int64'
  | 'number'
  | 'boolean'
  | 'bytes'
  | 'time'
  | 'microtime'
  | 'quantity'
  | 'intstr'
  | 'array'
  | 'map'
  | 'any';

/**
 * Which definition a value has: the name of a generated one, or the definition itself. Whoever
 * builds definitions keeps and hands out the same object, because what is compiled from it is kept
 * with the object.
 */
export type SchemaRef = string | DefinitionSchema;

export interface FieldSchema {
  /** The definition this field refers to (then `t` is absent). */
  readonly r?: SchemaRef;
  readonly t?: SchemaType;
  /** Schema of the items of an array or of the values of a map. */
  readonly i?: FieldSchema;
  /** Enum values. */
  readonly e?: readonly string[];
  /** x-kubernetes-patch-merge-key */
  readonly mk?: string;
  /** x-kubernetes-patch-strategy, e.g. `merge`, `replace`, `retainKeys`, `merge,retainKeys`. */
  readonly ps?: string;
  /** x-kubernetes-list-map-keys */
  readonly lk?: readonly string[];
  /** x-kubernetes-list-type: atomic, set or map. */
  readonly lt?: string;
  /** x-kubernetes-map-type */
  readonly mt?: string;
  /** The default, where the field is the key of a list: items may leave it out. */
  readonly d?: string | number | boolean;
  /** 1 when the Go field is a struct, not a pointer: the server always writes it (`{}` if empty). */
  readonly s?: number;
  /** 1 when the server writes the field even if it holds the zero value (no omitempty in Go). */
  readonly w?: number;
  /** 1 when the Go field is a pointer: a zero value counts as set. */
  readonly y?: number;
  /** Go's name of the field's type where it is a named one (`v1.PullPolicy`); errors mention it. */
  readonly n?: string;
  /** The embedded Go struct that holds the field; error texts name it in the path. */
  readonly b?: string;
}

export interface DefinitionSchema {
  /** Properties in the order of the Go struct; absent for scalars and free-form objects. */
  readonly p?: Readonly<Record<string, FieldSchema>>;
  /** Required properties. */
  readonly q?: readonly string[];
  /** x-kubernetes-map-type of the whole object (`atomic`). */
  readonly mt?: string;
  /** How many group-version-kinds use it; absent for parts. */
  readonly g?: number;
  /**
   * 1 when no Go struct stands behind it (custom resources): fields are kept as they were written,
   * zero values included, in the order of their names.
   */
  readonly u?: number;
  /** 1 when fields that are not declared are kept (x-kubernetes-preserve-unknown-fields). */
  readonly pu?: number;
}
