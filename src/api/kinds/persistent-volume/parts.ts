/**
 * What PersistentVolumes and their claims have in common.
 *
 * Models: pkg/apis/core/helper helpers.go (v1.36)
 */

const SHORT_MODES = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
] as const;

export const STORAGE_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export function accessModesText(modes: readonly string[] | undefined): string {
  const known = SHORT_MODES.filter(([mode]) => modes?.includes(mode) === true);
  return known.map(([, text]) => text).join(',');
}

/** The class of a volume or a claim: the old annotation wins. */
export function classOf(object: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly storageClassName?: string };
}): string {
  return (
    object.metadata.annotations?.[STORAGE_CLASS_ANNOTATION] ?? object.spec.storageClassName ?? ''
  );
}
