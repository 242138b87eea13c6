/**
 * What every API object has: type, metadata. The rest of an object is typed by its kind.
 *
 * Models: k8s.io/apimachinery/pkg/apis/meta/v1 types.go (v1.36)
 */
import type { ObjectMeta } from '../generated/types.ts';

/** metadata of an object that the API server has stored: these fields are always there. */
export interface StoredMeta extends ObjectMeta {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
}

/** Any stored object. Objects are immutable and shared (invariant 6). */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMeta;
}

/** A mutable view of T, for code that owns a fresh copy (decoding, defaulting, building). */
export type Draft<T> = T extends readonly (infer U)[]
  ? Draft<U>[]
  : T extends (...args: never[]) => unknown
    ? T
    : T extends object
      ? { -readonly [K in keyof T]: Draft<T[K]> }
      : T;

/** T as a client writes it: nothing is required, the server fills in the rest. */
export type Input<T> = T extends readonly (infer U)[]
  ? readonly Input<U>[]
  : T extends object
    ? { readonly [K in keyof T]?: Input<T[K]> | undefined }
    : T;

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and work queues. */
export type ObjectKey = string;

export function keyOf(object: { readonly metadata: ObjectMeta }): ObjectKey {
  const { namespace, name } = object.metadata;
  return namespace ? `${namespace}/${name}` : (name ?? '');
}

export function keyFor(namespace: string | undefined, name: string): ObjectKey {
  return namespace ? `${namespace}/${name}` : name;
}

export function splitKey(key: ObjectKey): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0
    ? { namespace: '', name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** `Kind/namespace/name` (`Node//node-1`): how objects are named in the trace, the port and the page. */
export function objectRef(object: {
  readonly kind: string;
  readonly metadata: ObjectMeta;
}): string {
  return `${object.kind}/${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}`;
}
