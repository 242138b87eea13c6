/**
 * The two fields that say where a claim's data comes from are kept the same.
 *
 * Models: pkg/api/persistentvolumeclaim util.go (v1.36); CrossNamespaceVolumeDataSource is off
 */
import type {
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';

export function normalizeDataSources(
  spec: Draft<PersistentVolumeClaimSpec>,
  old: PersistentVolumeClaimSpec | undefined,
): void {
  if (spec.dataSourceRef?.namespace && old?.dataSourceRef === undefined) delete spec.dataSourceRef;
  const inUse = old?.dataSource !== undefined || old?.dataSourceRef !== undefined;
  if (!inUse && spec.dataSourceRef === undefined && !isKnownSource(spec.dataSource)) {
    delete spec.dataSource;
  }
  if (spec.dataSource !== undefined) spec.dataSourceRef ??= copyOf(spec.dataSource);
  else if (spec.dataSourceRef !== undefined && !spec.dataSourceRef.namespace) {
    spec.dataSource = copyOf(spec.dataSourceRef);
  }
}

/** Before there was dataSourceRef, anything else was dropped without a word; it still is. */
function isKnownSource(source: TypedLocalObjectReference | undefined): boolean {
  // Decoded as null when it was left out.
  const group = source?.apiGroup ?? '';
  if (source?.kind === 'PersistentVolumeClaim') return group === '';
  return source?.kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io';
}

function copyOf(
  source: Draft<TypedLocalObjectReference | TypedObjectReference>,
): Draft<TypedLocalObjectReference> {
  const { apiGroup = null, kind, name } = source;
  // The server writes null where there is no group.
  return { apiGroup, kind, name } as Draft<TypedLocalObjectReference>;
}
