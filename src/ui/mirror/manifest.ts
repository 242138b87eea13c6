/** A stored object made into something to read or to apply again. */

type Json = Readonly<Record<string, unknown>>;

/** As `kubectl get -o yaml` shows it. */
export function withoutManagedFields(object: unknown): unknown {
  const root = object as Json;
  const { managedFields: _managed, ...metadata } = (root['metadata'] ?? {}) as Json;
  return { ...root, metadata };
}

/** Set by the server; in a manifest they would only collide with what is there by then. */
const SERVER_METADATA: readonly string[] = [
  'managedFields',
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'generation',
  'selfLink',
];
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What a person would write: no status, nothing that the server fills in by itself. */
export function asManifest(object: unknown): unknown {
  const { status: _status, ...root } = object as Json;
  const kept = Object.entries((root['metadata'] ?? {}) as Json)
    .filter(([key]) => !SERVER_METADATA.includes(key))
    .map(([key, value]) => [key, key === 'annotations' ? withoutApplied(value) : value] as const)
    .filter(([, value]) => value !== undefined);
  return { ...root, metadata: Object.fromEntries(kept) };
}

function withoutApplied(annotations: unknown): unknown {
  const { [LAST_APPLIED]: _applied, ...rest } = (annotations ?? {}) as Json;
  return Object.keys(rest).length === 0 ? undefined : rest;
}
