/**
 * Validation of PersistentVolumeClaims.
 *
 * Models: pkg/apis/core/validation validation.go ValidatePersistentVolumeClaim* (v1.36)
 */
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../generated/types.ts';
import { checkImmutable, checkSupported, IMMUTABLE_ERROR } from '../../meta/field-checks.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { compareText } from '../../meta/go-text.ts';
import { equalJson } from '../../meta/json.ts';
import { isQualifiedName } from '../../meta/names.ts';
import type { Draft } from '../../meta/object.ts';
import { compareQuantity } from '../../meta/quantity.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { jsonDiff } from '../../meta/unified-diff.ts';
import { STORAGE_CLASS_ANNOTATION } from '../persistent-volume/parts.ts';
import { checkBasicQuantity } from '../persistent-volume/validation.ts';
import { type ClaimSpecOptions, validateClaimSpec } from '../pod/claim-template-validation.ts';
import { internalValue } from '../pod/internal-json.ts';
import { validateResourceQuantity } from '../pod/resource-validation.ts';

const RESIZE_STATUSES = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort();
const STORAGE_PATH = 'spec.resources.requests.storage';
const CLASS_PATH = 'spec.volumeAttributesClassName';

export function validateClaim(claim: PersistentVolumeClaim, errors: FieldErrors): void {
  validateClaimSpec(claim.spec, FieldPath.of('spec'), errors);
}

/** What an old claim holds may stay in the new one. */
function optionsFor({ spec }: PersistentVolumeClaim): ClaimSpecOptions {
  const found = new FieldErrors();
  validateLabelSelector(spec.selector, '', found);
  const groups = [spec.dataSource?.apiGroup, spec.dataSourceRef?.apiGroup];
  return {
    allowInvalidSelector: !found.none,
    allowInvalidApiGroup: groups.some((group) => (group ?? null) !== null),
  };
}

export function validateClaimUpdate(
  next: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: FieldErrors,
): void {
  validateClaimSpec(next.spec, FieldPath.of('spec'), errors, optionsFor(old));
  validateSpecChange(next, old, errors);
  validateSize(next, old, errors);
  checkImmutable(next.spec.volumeMode, old.spec.volumeMode, 'volumeMode', errors);
  validateAttributesClass(next, old, errors);
}

/** Compares the specs after what may change has been made the same. */
function validateSpecChange(
  next: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: FieldErrors,
): void {
  const spec = { ...next.spec } as Draft<PersistentVolumeClaimSpec>;
  const oldSpec = { ...old.spec } as Draft<PersistentVolumeClaimSpec>;
  if (!oldSpec.volumeName) assign(oldSpec, 'volumeName', spec.volumeName);
  const annotation = old.metadata.annotations?.[STORAGE_CLASS_ANNOTATION];
  const nextAnnotation = next.metadata.annotations?.[STORAGE_CLASS_ANNOTATION];
  if (movesClassToField(next, old)) delete spec.storageClassName;
  else {
    if (annotation !== nextAnnotation) {
      const path = `metadata.annotations.${STORAGE_CLASS_ANNOTATION}`;
      errors.invalid(path, nextAnnotation ?? '', IMMUTABLE_ERROR);
    }
    const unset = spec.storageClassName !== undefined && oldSpec.storageClassName === undefined;
    if (unset && (annotation === undefined || spec.storageClassName === annotation)) {
      delete spec.storageClassName;
    }
  }
  if (next.status.phase === 'Bound') {
    if (spec.resources.requests !== undefined) {
      const storage = oldSpec.resources.requests?.['storage'] ?? '0';
      spec.resources = {
        ...spec.resources,
        requests: { ...spec.resources.requests, storage },
      };
    }
    assign(spec, 'volumeAttributesClassName', oldSpec.volumeAttributesClassName);
  }
  if (equalJson(spec, oldSpec)) return;
  const difference = jsonDiff(
    internalValue('PersistentVolumeClaimSpec', oldSpec),
    internalValue('PersistentVolumeClaimSpec', spec),
  );
  const rule =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName ' +
    'for bound claims';
  errors.forbidden('spec', `${rule}\n${difference}`);
}

function assign<T, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[key];
  else target[key] = value;
}

/** Upstream validateStorageClassUpgradeFromAnnotation. */
function movesClassToField(next: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const annotation = old.metadata.annotations?.[STORAGE_CLASS_ANNOTATION];
  const nextAnnotation = next.metadata.annotations?.[STORAGE_CLASS_ANNOTATION] ?? annotation;
  return (
    annotation !== undefined &&
    old.spec.storageClassName === undefined &&
    next.spec.storageClassName === annotation &&
    nextAnnotation === annotation
  );
}

/** A claim may shrink again while its growth has not happened, but never to what it has or less. */
function validateSize(
  next: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: FieldErrors,
): void {
  const size = next.spec.resources.requests?.['storage'] ?? '0';
  const oldSize = old.spec.resources.requests?.['storage'] ?? '0';
  if (compareQuantity(size, oldSize) >= 0) return;
  if (compareQuantity(size, old.status.capacity?.['storage'] ?? '0') > 0) return;
  errors.forbidden(STORAGE_PATH, 'field can not be less than status.capacity');
}

function validateAttributesClass(
  next: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
  errors: FieldErrors,
): void {
  const name = next.spec.volumeAttributesClassName;
  if (name === old.spec.volumeAttributesClassName) return;
  if (old.status.currentVolumeAttributesClassName === undefined) return;
  const when = 'is forbidden when status.currentVolumeAttributesClassName is not nil';
  if (name === undefined) errors.forbidden(CLASS_PATH, `update to nil ${when}`);
  else if (name === '') errors.forbidden(CLASS_PATH, `update to empty string ${when}`);
}

export function validateClaimStatus(next: PersistentVolumeClaim, errors: FieldErrors): void {
  const { spec, status } = next;
  // Upstream's path.
  if ((spec.accessModes ?? []).length === 0) errors.required('Spec.accessModes');
  const path = FieldPath.of('status');
  eachOf(status.capacity, (name, value) => {
    checkBasicQuantity(value, path.child('capacity').key(name), errors);
  });
  const statusesAt = path.child('allocatedResourceStatuses');
  eachOf(status.allocatedResourceStatuses, (name, value) => {
    checkResourceName(name, statusesAt, errors);
    // Upstream shows the name of the resource.
    if (!RESIZE_STATUSES.includes(value)) errors.notSupported(statusesAt, name, RESIZE_STATUSES);
  });
  const resourcesAt = path.child('allocatedResources');
  eachOf(status.allocatedResources, (name, value) => {
    if (!checkResourceName(name, resourcesAt, errors)) return;
    const before = errors.list.length;
    checkBasicQuantity(value, resourcesAt.key(name), errors);
    if (errors.list.length > before) return;
    validateResourceQuantity('storage', value, resourcesAt.key(name), errors);
  });
}

function eachOf<T>(
  map: Readonly<Record<string, T>> | undefined,
  visit: (name: string, value: T) => void,
): void {
  for (const name of Object.keys(map ?? {}).sort(compareText)) visit(name, map?.[name] as T);
}

/** Of Kubernetes' own resources a claim has only storage. */
function checkResourceName(name: string, path: FieldPath, errors: FieldErrors): boolean {
  const complaints = isQualifiedName(name);
  for (const message of complaints) errors.invalid(path, name, message);
  if (complaints.length > 0) return false;
  const native = !name.includes('/') || name.includes('kubernetes.io/');
  if (native) checkSupported(name, ['storage'], path, errors);
  return !native || name === 'storage';
}
