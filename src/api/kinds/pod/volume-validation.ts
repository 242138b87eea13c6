/**
 * Validation of a pod's volumes: names, exactly one source each, and the common sources.
 *
 * Models: pkg/apis/core/validation validation.go, ValidateVolumes, validateVolumeSource (v1.36)
 */
import type { ConfigMapVolumeSource, Volume } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkDnsLabel, checkSupported } from '../../meta/field-checks.ts';
import { goQuote } from '../../meta/go-text.ts';
import { isDNS1123Subdomain } from '../../meta/names.ts';
import { quantitySign } from '../../meta/quantity.ts';
import { validateClaimTemplate } from './claim-template-validation.ts';
import { validatePullPolicy } from './container-validation.ts';
import type { PodValidationOptions } from './options.ts';
import { validateFileMode, validateKeyToPath, validateNoBacksteps } from './path-validation.ts';
import { validateDownwardApiFile, validateProjected } from './projected-validation.ts';
import { EXTERNAL_SOURCES, validateIscsiNames } from './volume-source-validation.ts';

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];
const MORE_THAN_ONE_ERROR = 'may not specify more than 1 volume type';

/** The volumes without errors, by name: only those may be mounted. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  podName: string,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): ReadonlyMap<string, Volume> {
  const valid = new Map<string, Volume>();
  if (volumes === undefined) return valid;
  const created = new Set<string>();
  if (podName !== '') {
    for (const v of volumes) if (v.ephemeral !== undefined) created.add(`${podName}-${v.name}`);
  }
  for (let i = 0; i < volumes.length; i++) {
    const volume = volumes[i] as Volume;
    const at = path.index(i);
    const before = errors.list.length;
    validateSource(volume, podName, at, options, errors);
    const { name } = volume;
    if (name === '') errors.required(at.child('name'));
    else checkDnsLabel(name, at.child('name'), errors);
    if (valid.has(name)) errors.duplicate(at.child('name'), name);
    if (errors.list.length === before) valid.set(name, volume);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim !== undefined && created.has(claim)) {
      const text = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.invalid(at.child('persistentVolumeClaim').child('claimName'), claim, text);
    }
  }
  return valid;
}

type SourceName = Exclude<keyof Volume, 'name'>;

interface SourceRule {
  readonly field: SourceName;
  /** Upstream misspells some paths. */
  readonly pathName?: string;
  readonly duplicatePathName?: string;
}

/** In upstream's order. */
const SOURCES: readonly SourceRule[] = [
  { field: 'emptyDir' },
  { field: 'hostPath' },
  { field: 'gitRepo' },
  { field: 'gcePersistentDisk', pathName: 'persistentDisk' },
  { field: 'awsElasticBlockStore' },
  { field: 'secret' },
  { field: 'nfs' },
  { field: 'iscsi' },
  { field: 'glusterfs' },
  { field: 'flocker' },
  { field: 'persistentVolumeClaim' },
  { field: 'rbd' },
  { field: 'cinder' },
  { field: 'cephfs', duplicatePathName: 'cephFS' },
  { field: 'quobyte' },
  { field: 'downwardAPI', duplicatePathName: 'downwarAPI' },
  { field: 'fc' },
  { field: 'flexVolume' },
  { field: 'configMap' },
  { field: 'azureFile' },
  { field: 'vsphereVolume' },
  { field: 'photonPersistentDisk' },
  { field: 'portworxVolume' },
  { field: 'azureDisk' },
  { field: 'storageos' },
  { field: 'projected' },
  { field: 'scaleIO' },
  { field: 'csi' },
  { field: 'ephemeral' },
  { field: 'image' },
];

function validateSource(
  volume: Volume,
  podName: string,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  let sources = 0;
  for (const { field, pathName = field, duplicatePathName = field } of SOURCES) {
    if (volume[field] === undefined) continue;
    if (sources > 0) errors.forbidden(path.child(duplicatePathName), MORE_THAN_ONE_ERROR);
    else {
      sources++;
      validateOneSource(volume, field, podName, path.child(pathName), path, options, errors);
    }
    if (field === 'iscsi') validateIscsiNames(volume, path.child('name'), errors);
  }
  if (sources === 0) errors.required(path, 'must specify a volume type');
}

function validateOneSource(
  volume: Volume,
  field: SourceName,
  podName: string,
  path: FieldPath,
  volumePath: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  switch (field) {
    case 'emptyDir': {
      const limit = volume.emptyDir?.sizeLimit;
      if (limit !== undefined && quantitySign(limit) < 0) {
        const text = 'SizeLimit field must be a valid resource quantity';
        errors.forbidden(path.child('sizeLimit'), text);
      }
      return;
    }
    case 'hostPath':
      return validateHostPath(volume, path, errors);
    case 'secret':
      return validateKeyed(
        volume.secret ?? {},
        volume.secret?.secretName,
        'secretName',
        path,
        errors,
      );
    case 'configMap':
      return validateKeyed(volume.configMap ?? {}, volume.configMap?.name, 'name', path, errors);
    case 'persistentVolumeClaim':
      if (volume.persistentVolumeClaim?.claimName === '') errors.required(path.child('claimName'));
      return;
    case 'downwardAPI':
      validateFileMode(volume.downwardAPI?.defaultMode, path.child('defaultMode'), errors);
      for (const file of volume.downwardAPI?.items ?? [])
        validateDownwardApiFile(file, path, errors);
      return;
    case 'projected':
      return validateProjected(volume.projected ?? {}, path, options, errors);
    case 'ephemeral':
      return validateEphemeral(volume, podName, path, volumePath, errors);
    case 'image':
      if (options.isPod && (volume.image?.reference ?? '') === '') {
        errors.required(path.child('reference'));
      }
      return validatePullPolicy(volume.image?.pullPolicy, path.child('pullPolicy'), errors);
    default:
      EXTERNAL_SOURCES[field]?.(volume, path, errors);
  }
}

export function validateHostPath({ hostPath }: Volume, path: FieldPath, errors: FieldErrors): void {
  const target = hostPath?.path ?? '';
  if (target === '') {
    errors.required(path.child('path'));
    return;
  }
  validateNoBacksteps(target, path.child('path'), errors);
  const type = hostPath?.type;
  if (type !== undefined) checkSupported(type, HOST_PATH_TYPES, path.child('type'), errors);
}

/** Secrets and ConfigMaps. */
function validateKeyed(
  source: Pick<ConfigMapVolumeSource, 'defaultMode' | 'items'>,
  name: string | undefined,
  nameField: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if ((name ?? '') === '') errors.required(path.child(nameField));
  validateFileMode(source.defaultMode, path.child('defaultMode'), errors);
  source.items?.forEach((item, i) => validateKeyToPath(item, path.child('items').index(i), errors));
}

function validateEphemeral(
  { ephemeral, name }: Volume,
  podName: string,
  path: FieldPath,
  volumePath: FieldPath,
  errors: FieldErrors,
): void {
  const template = ephemeral?.volumeClaimTemplate;
  const at = path.child('volumeClaimTemplate');
  if (template === undefined) errors.required(at);
  else validateClaimTemplate(template, at, errors);
  if (podName === '' || name === '') return;
  const claim = `${podName}-${name}`;
  for (const message of isDNS1123Subdomain(claim)) {
    errors.invalid(volumePath.child('name'), name, `PVC name ${goQuote(claim)}: ${message}`);
  }
}
