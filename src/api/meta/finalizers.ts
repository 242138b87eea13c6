/**
 * Finalizers that keep an object for as long as it is in use.
 *
 * Models: pkg/controller/volume/protectionutil utils.go (v1.36)
 */
import type { KubeObject } from './object.ts';

/** It is being deleted, and this finalizer keeps it. */
export function isKeptBy({ metadata }: KubeObject, finalizer: string): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return metadata.finalizers?.includes(finalizer) === true;
}

/** Somebody took the finalizer off, or it was made when there was none yet. */
export function lacks({ metadata }: KubeObject, finalizer: string): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return metadata.finalizers?.includes(finalizer) !== true;
}

export function withFinalizer<T extends KubeObject>(object: T, finalizer: string): T {
  const { metadata } = object;
  const finalizers = [...(metadata.finalizers ?? []), finalizer];
  return { ...object, metadata: { ...metadata, finalizers } };
}

export function withoutFinalizer<T extends KubeObject>(object: T, finalizer: string): T {
  const { finalizers = [], ...metadata } = object.metadata;
  const left = finalizers.filter((f) => f !== finalizer);
  return {
    ...object,
    metadata: left.length === 0 ? metadata : { ...metadata, finalizers: left },
  };
}
