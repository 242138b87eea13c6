/**
 * Validation of claim templates inside ephemeral volumes, and of the claim spec they hold.
 *
 * Models: pkg/apis/core/validation validation.go, ValidatePersistentVolumeClaimTemplate,
 *         ValidatePersistentVolumeClaimSpec (v1.36)
 */
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedObjectReference,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkDnsLabel, checkDnsSubdomain, checkSupported } from '../../meta/field-checks.ts';
import { validateAnnotations, validateLabels } from '../../meta/labels.ts';
import { canonicalQuantity, quantitySign } from '../../meta/quantity.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { validateResourceQuantity } from './resource-validation.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];

/** In the order of Go's struct: everything of metadata but labels and annotations. */
const NOT_IN_TEMPLATES = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const;

export function validateClaimTemplate(
  template: PersistentVolumeClaimTemplate,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const metadata = template.metadata ?? {};
  const at = path.child('metadata');
  validateAnnotations(metadata.annotations, at.child('annotations'), errors);
  validateLabels(metadata.labels, at.child('labels'), errors);
  for (const field of NOT_IN_TEMPLATES) {
    const value = metadata[field];
    if (value === undefined || value === null) continue;
    // Upstream lower-cases the first letter of Go's name only: UID becomes uID.
    errors.forbidden(at.child(field === 'uid' ? 'uID' : field), 'cannot be set');
  }
  validateClaimSpec(template.spec, path.child('spec'), errors);
}

/** What an old claim holds may stay in the new one. */
export interface ClaimSpecOptions {
  readonly allowInvalidSelector: boolean;
  readonly allowInvalidApiGroup: boolean;
}

const STRICT: ClaimSpecOptions = { allowInvalidSelector: false, allowInvalidApiGroup: false };

export function validateClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: FieldPath,
  errors: FieldErrors,
  options = STRICT,
): void {
  const modes: readonly string[] = spec.accessModes ?? [];
  const modesAt = path.child('accessModes');
  if (modes.length === 0) errors.required(modesAt, 'at least 1 access mode is required');
  const selectorOptions = { allowInvalidValues: options.allowInvalidSelector };
  validateLabelSelector(spec.selector, path.child('selector'), errors, selectorOptions);
  for (const mode of modes) checkSupported(mode, ACCESS_MODES, modesAt, errors);
  const others = modes.filter((m) => m !== 'ReadWriteOncePod' && ACCESS_MODES.includes(m));
  if (modes.includes('ReadWriteOncePod') && others.length > 0) {
    errors.forbidden(modesAt, 'may not use ReadWriteOncePod with other access modes');
  }
  const storage = spec.resources?.requests?.['storage'];
  const storageAt = path.child('resources').key('storage');
  if (storage === undefined) errors.required(storageAt);
  else if (quantitySign(storage) <= 0) {
    errors.invalid(storageAt, canonicalQuantity(storage), 'must be greater than zero');
  } else validateResourceQuantity('storage', storage, storageAt, errors);
  const { storageClassName = '', volumeMode, volumeAttributesClassName = '' } = spec;
  if (storageClassName !== '') {
    checkDnsSubdomain(storageClassName, path.child('storageClassName'), errors);
  }
  if (volumeMode !== undefined) {
    checkSupported(volumeMode, VOLUME_MODES, path.child('volumeMode'), errors);
  }
  validateDataSources(spec, path, options, errors);
  if (volumeAttributesClassName !== '') {
    const at = path.child('volumeAttributesClassName');
    checkDnsSubdomain(volumeAttributesClassName, at, errors);
  }
}

function validateDataSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  path: FieldPath,
  options: ClaimSpecOptions,
  errors: FieldErrors,
): void {
  if (dataSource !== undefined) {
    validateReference(dataSource, path.child('dataSource'), options, errors);
  }
  if (dataSourceRef === undefined) return;
  validateReference(dataSourceRef, path.child('dataSourceRef'), options, errors);
  const namespace = dataSourceRef.namespace ?? '';
  if (namespace !== '') {
    checkDnsLabel(namespace, path.child('dataSourceRef').child('namespace'), errors);
  }
  if (dataSource === undefined) return;
  // Upstream shows the path itself as the value, which marshals to nothing.
  if (namespace !== '') {
    errors.invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified');
  } else if (
    (dataSource.apiGroup ?? null) !== (dataSourceRef.apiGroup ?? null) ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  ) {
    errors.invalid(path, {}, 'must match dataSourceRef');
  }
}

function validateReference(
  reference: Pick<TypedObjectReference, 'name' | 'kind' | 'apiGroup'>,
  path: FieldPath,
  { allowInvalidApiGroup }: ClaimSpecOptions,
  errors: FieldErrors,
): void {
  const { name, kind } = reference;
  // Decoded as null when it was left out.
  const apiGroup = reference.apiGroup ?? '';
  if (name === '') errors.required(path.child('name'));
  if (kind === '') errors.required(path.child('kind'));
  if (apiGroup === '' && kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.invalid(path, kind, text);
  }
  if (apiGroup !== '' && !allowInvalidApiGroup) {
    checkDnsSubdomain(apiGroup, path.child('apiGroup'), errors);
  }
}
