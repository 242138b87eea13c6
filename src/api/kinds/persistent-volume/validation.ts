/**
 * Validation of PersistentVolumes.
 *
 * Models: pkg/apis/core/validation validation.go ValidatePersistentVolume*,
 *         pkg/volume/validation pv_validation.go (v1.36)
 */
import type {
  NodeSelectorRequirement,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from '../../generated/types.ts';
import { checkDnsSubdomain, checkImmutable, checkSupported } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { compareText } from '../../meta/go-text.ts';
import { equalJson } from '../../meta/json.ts';
import { isLabelValue } from '../../meta/names.ts';
import { bytes, canonicalQuantity, quantitySign } from '../../meta/quantity.ts';
import { jsonDiff } from '../../meta/unified-diff.ts';
import { validateNodeSelector } from '../pod/affinity-validation.ts';
import { internalValue } from '../pod/internal-json.ts';
import { sourcesOf, validateSources } from './source-validation.ts';

export const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const VOLUME_MODES = ['Block', 'Filesystem'];
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const MOUNT_OPTIONS_ANNOTATION = 'volume.beta.kubernetes.io/mount-options';
const INLINE = 'in the context of inline volumes';

/** Sources for which the annotation with mount options means something. */
const MOUNT_OPTION_SOURCES = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
] as const;

export function validateVolume(
  volume: PersistentVolume,
  old: PersistentVolume | undefined,
  errors: FieldErrors,
): void {
  const allowed = hasInvalidValues(old?.spec.nodeAffinity);
  validateVolumeSpec(volume, FieldPath.of('spec'), allowed, errors);
  if (MOUNT_OPTION_SOURCES.some((field) => volume.spec[field] !== undefined)) return;
  if (volume.metadata.annotations?.[MOUNT_OPTIONS_ANNOTATION] === undefined) return;
  const path = `metadata.annotations.${MOUNT_OPTIONS_ANNOTATION}`;
  errors.forbidden(path, 'may not specify mount options for this volume type');
}

/** What an old object holds may stay. */
function hasInvalidValues(affinity: VolumeNodeAffinity | undefined): boolean {
  return (affinity?.required?.nodeSelectorTerms ?? []).some((term) =>
    (term.matchExpressions ?? []).some(({ values = [] }) =>
      values.some((value) => isLabelValue(value).length > 0),
    ),
  );
}

function validateVolumeSpec(
  { spec, metadata }: PersistentVolume,
  path: FieldPath,
  allowInvalidValues: boolean,
  errors: FieldErrors,
): void {
  validateAccessModes(spec, path, errors);
  validateCapacity(spec, path.child('capacity'), errors);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy) {
    checkSupported(policy, RECLAIM_POLICIES, path.child('persistentVolumeReclaimPolicy'), errors);
  }
  if (spec.nodeAffinity !== undefined) {
    const at = path.child('nodeAffinity').child('required');
    const { required } = spec.nodeAffinity;
    if (required !== undefined) validateNodeSelector(required, at, allowInvalidValues, errors);
    else errors.required(at, 'must specify required node constraints');
  }
  validateSources(spec, metadata.name, path, errors);
  validateRecycling(spec, path, errors);
  if (spec.storageClassName) {
    checkDnsSubdomain(spec.storageClassName, path.child('storageClassName'), errors);
  }
  if (spec.volumeMode !== undefined) {
    checkSupported(spec.volumeMode, VOLUME_MODES, path.child('volumeMode'), errors);
  }
  validateAttributesClass(spec, path, errors);
}

/**
 * The spec of a volume that a VolumeAttachment carries itself, because a Pod names it inline.
 * Models ValidatePersistentVolumeSpec with validateInlinePersistentVolumeSpec.
 */
export function validateInlineVolumeSpec(
  spec: PersistentVolumeSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const no = `may not be specified ${INLINE}`;
  if (spec.claimRef !== undefined) errors.forbidden(path.child('claimRef'), no);
  if (Object.keys(spec.capacity ?? {}).length > 0) errors.forbidden(path.child('capacity'), no);
  if (spec.csi === undefined) errors.required(path.child('csi'), `has to be specified ${INLINE}`);
  validateAccessModes(spec, path, errors);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && policy !== 'Retain') {
    errors.forbidden(path.child('persistentVolumeReclaimPolicy'), `may only be Retain ${INLINE}`);
  }
  if (spec.nodeAffinity !== undefined) errors.forbidden(path.child('nodeAffinity'), no);
  validateSources(spec, '', path, errors);
  validateRecycling(spec, path, errors);
  if (spec.storageClassName) errors.forbidden(path.child('storageClassName'), no);
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    const detail = `may not specify volumeMode other than Filesystem ${INLINE}`;
    errors.forbidden(path.child('volumeMode'), detail);
  }
}

function validateAccessModes(
  { accessModes = [] }: PersistentVolumeSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const at = path.child('accessModes');
  if (accessModes.length === 0) errors.required(at);
  for (const mode of accessModes) checkSupported(mode, ACCESS_MODES, at, errors);
  const others = accessModes.filter((m) => m !== 'ReadWriteOncePod' && ACCESS_MODES.includes(m));
  if (accessModes.includes('ReadWriteOncePod') && others.length > 0) {
    errors.forbidden(at, 'may not use ReadWriteOncePod with other access modes');
  }
}

function validateCapacity(spec: PersistentVolumeSpec, path: FieldPath, errors: FieldErrors): void {
  const { capacity = {} } = spec;
  const names = Object.keys(capacity).sort(compareText);
  if (names.length === 0) errors.required(path);
  if (capacity['storage'] === undefined || names.length > 1) {
    errors.notSupported(path, spec.capacity ?? null, ['storage']);
  }
  for (const name of names) {
    const value = capacity[name] ?? '0';
    checkBasicQuantity(value, path.key(name), errors);
    if (quantitySign(value) <= 0) {
      errors.invalid(path.key(name), canonicalQuantity(value), 'must be greater than zero');
    }
  }
}

/** Upstream validateBasicResource. */
export function checkBasicQuantity(value: string, path: FieldPath, errors: FieldErrors): void {
  const whole = bytes(value);
  if (whole < 0) errors.invalid(path, whole, 'must be a valid resource quantity');
}

function validateRecycling(
  { hostPath, persistentVolumeReclaimPolicy }: PersistentVolumeSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (persistentVolumeReclaimPolicy !== 'Recycle' || !isRoot(hostPath?.path ?? '')) return;
  const detail = "may not be 'recycle' for a hostPath mount of '/'";
  errors.forbidden(path.child('persistentVolumeReclaimPolicy'), detail);
}

/** Whether Go's path.Clean makes `/` of |path|. */
function isRoot(path: string): boolean {
  if (!path.startsWith('/')) return false;
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') kept.pop();
    else if (part !== '' && part !== '.') kept.push(part);
  }
  return kept.length === 0;
}

function validateAttributesClass(
  { volumeAttributesClassName, csi }: PersistentVolumeSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (volumeAttributesClassName === undefined) return;
  const at = path.child('volumeAttributesClassName');
  if (volumeAttributesClassName === '') errors.required(at, 'an empty string is disallowed');
  else checkDnsSubdomain(volumeAttributesClassName, at, errors);
  if (csi !== undefined) return;
  const detail = 'has to be specified when using volumeAttributesClassName';
  errors.required(path.child('csi'), detail);
}

export function validateVolumeUpdate(
  next: PersistentVolume,
  old: PersistentVolume,
  errors: FieldErrors,
): void {
  // Upstream validates the new object twice on update.
  validateVolume(next, old, errors);
  validateVolumeSpec(next, FieldPath.of('spec'), hasInvalidValues(old.spec.nodeAffinity), errors);
  validateSourceChange(next.spec, old.spec, errors);
  checkImmutable(next.spec.volumeMode, old.spec.volumeMode, 'volumeMode', errors);
  validateAffinityChange(next.spec.nodeAffinity, old.spec.nodeAffinity, errors);
  const name = next.spec.volumeAttributesClassName;
  if (old.spec.volumeAttributesClassName !== undefined && name === undefined) {
    const detail = 'update from non-nil value to nil is forbidden';
    errors.forbidden('spec.volumeAttributesClassName', detail);
  }
}

function validateSourceChange(
  next: PersistentVolumeSpec,
  old: PersistentVolumeSpec,
  errors: FieldErrors,
): void {
  let sources = sourcesOf(next);
  const oldSources = sourcesOf(old);
  const { csi } = sources;
  if (csi?.controllerExpandSecretRef !== undefined && oldSources.csi !== undefined) {
    // It may be set once.
    if (oldSources.csi.controllerExpandSecretRef === undefined) {
      const { controllerExpandSecretRef: _, ...rest } = csi;
      sources = { ...sources, csi: rest };
    }
  }
  if (equalJson(sources, oldSources)) return;
  const difference = jsonDiff(
    internalValue('PersistentVolumeSource', oldSources),
    internalValue('PersistentVolumeSource', sources),
  );
  const path = 'spec.persistentvolumesource';
  errors.forbidden(path, `${path} is immutable after creation\n${difference}`);
}

const GA_LABELS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

/** It may be set once; afterwards only keys may change, from their beta form to the final one. */
function validateAffinityChange(
  next: VolumeNodeAffinity | undefined,
  old: VolumeNodeAffinity | undefined,
  errors: FieldErrors,
): void {
  if (old === undefined || sameAffinity(next, old)) return;
  const shown = next === undefined ? null : internalValue('VolumeNodeAffinity', next);
  const detail = 'field is immutable, except for updating from beta label to GA';
  errors.invalid('nodeAffinity', shown, detail);
}

function sameAffinity(next: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): boolean {
  const terms = next?.required?.nodeSelectorTerms ?? [];
  const oldTerms = old.required?.nodeSelectorTerms ?? [];
  if ((next?.required === undefined) !== (old.required === undefined)) return false;
  return (
    next !== undefined &&
    terms.length === oldTerms.length &&
    oldTerms.every((term, i) =>
      (['matchExpressions', 'matchFields'] as const).every((field) =>
        sameRequirements(terms[i]?.[field] ?? [], term[field] ?? []),
      ),
    )
  );
}

function sameRequirements(
  next: readonly NodeSelectorRequirement[],
  old: readonly NodeSelectorRequirement[],
): boolean {
  return (
    next.length === old.length &&
    old.every((requirement, i) => {
      const now = next[i];
      const renamed = now !== undefined && GA_LABELS[requirement.key] === now.key;
      return equalJson(now, renamed ? { ...requirement, key: now.key } : requirement);
    })
  );
}
