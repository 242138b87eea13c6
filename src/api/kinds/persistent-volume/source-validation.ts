/**
 * Validation of what a PersistentVolume stands for. Sources that Pods have too are checked as
 * theirs; the others name namespaces, because a PersistentVolume is in none.
 *
 * Models: pkg/apis/core/validation validation.go, validateISCSIPersistentVolumeSource and its
 *         siblings (v1.36)
 */
import type { PersistentVolumeSpec, SecretReference, Volume } from '../../generated/types.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { byteLength } from '../../meta/go-text.ts';
import { rangeError } from '../../meta/names.ts';
import { validateNoBacksteps } from '../pod/path-validation.ts';
import {
  EXTERNAL_SOURCES,
  isInitiatorName,
  validateCsiDriverName,
} from '../pod/volume-source-validation.ts';
import { validateHostPath } from '../pod/volume-validation.ts';

type SourceName = keyof typeof SOURCE_NAMES;

/** Paths of the sources, where upstream spells them in its own way. */
interface SourceNaming {
  readonly path?: string;
  readonly duplicatePath?: string;
  /** Upstream forgets to refuse it beside another source. */
  readonly unlimited?: boolean;
}

/** In upstream's order. */
const SOURCE_NAMES = {
  hostPath: {},
  gcePersistentDisk: { path: 'persistentDisk' },
  awsElasticBlockStore: {},
  glusterfs: {},
  flocker: {},
  nfs: {},
  rbd: {},
  quobyte: {},
  cephfs: { duplicatePath: 'cephFS' },
  iscsi: {},
  cinder: {},
  fc: {},
  flexVolume: { unlimited: true },
  azureFile: {},
  vsphereVolume: {},
  photonPersistentDisk: {},
  portworxVolume: {},
  azureDisk: {},
  scaleIO: {},
  local: {},
  storageos: {},
  csi: {},
} as const satisfies Readonly<Partial<Record<keyof PersistentVolumeSpec, SourceNaming>>>;

const ISCSI_NAMES_MAX_BYTES = 64;
const MORE_THAN_ONE = 'may not specify more than 1 volume type';

export function validateSources(
  spec: PersistentVolumeSpec,
  volumeName: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  let sources = 0;
  for (const field of Object.keys(SOURCE_NAMES) as SourceName[]) {
    if (spec[field] === undefined) continue;
    const naming: SourceNaming = SOURCE_NAMES[field];
    if (sources > 0 && naming.unlimited !== true) {
      errors.forbidden(path.child(naming.duplicatePath ?? field), MORE_THAN_ONE);
      continue;
    }
    sources++;
    validateSource(spec, field, volumeName, path.child(naming.path ?? field), errors);
    if (field === 'local' && spec.nodeAffinity === undefined) {
      errors.required(path.child('nodeAffinity'), 'Local volume requires node affinity');
    }
  }
  if (sources === 0) errors.required(path, 'must specify a volume type');
}

/** The part of |spec| that says what the volume stands for. */
export function sourcesOf(spec: PersistentVolumeSpec): Partial<PersistentVolumeSpec> {
  const out: Record<string, unknown> = {};
  for (const field of Object.keys(SOURCE_NAMES) as SourceName[]) {
    if (spec[field] !== undefined) out[field] = spec[field];
  }
  return out;
}

function validateSource(
  spec: PersistentVolumeSpec,
  field: SourceName,
  volumeName: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  // The names and shapes of the shared sources are those of a Pod's volume.
  const volume = spec as unknown as Volume;
  switch (field) {
    case 'hostPath':
      return validateHostPath(volume, path, errors);
    case 'local':
      return validateLocal(spec.local?.path ?? '', path.child('path'), errors);
    case 'iscsi':
      return validateIscsi(spec, volumeName, path, errors);
    case 'glusterfs':
      EXTERNAL_SOURCES.glusterfs?.(volume, path, errors);
      return validateGlusterfsNamespace(spec, path, errors);
    case 'cinder':
      EXTERNAL_SOURCES.cinder?.(volume, path, errors);
      return requireNamespace(spec.cinder?.secretRef, path, errors);
    case 'storageos':
      EXTERNAL_SOURCES.storageos?.(volume, path, errors);
      return requireNamespace(spec.storageos?.secretRef, path, errors);
    case 'azureFile':
      EXTERNAL_SOURCES.azureFile?.(volume, path, errors);
      if (spec.azureFile?.secretNamespace === '') errors.required(path.child('secretNamespace'));
      return;
    case 'csi':
      return validateCsi(spec, path, errors);
    default:
      EXTERNAL_SOURCES[field]?.(volume, path, errors);
  }
}

function validateLocal(target: string, path: FieldPath, errors: FieldErrors): void {
  if (target === '') errors.required(path);
  else validateNoBacksteps(target, path, errors);
}

function requireNamespace(
  secret: SecretReference | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (secret === undefined || secret.namespace) return;
  errors.required(path.child('secretRef').child('namespace'));
}

function validateGlusterfsNamespace(
  { glusterfs }: PersistentVolumeSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const namespace = glusterfs?.endpointsNamespace;
  if (namespace === undefined) return;
  const at = path.child('endpointsNamespace');
  if (namespace !== '') checkDnsLabel(namespace, at, errors);
  else {
    const detail = 'if the endpointnamespace is set, it must be a valid namespace name';
    errors.invalid(at, namespace, detail);
  }
}

function validateIscsi(
  { iscsi }: PersistentVolumeSpec,
  volumeName: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (iscsi === undefined) return;
  const { targetPortal, initiatorName, iqn, lun, secretRef } = iscsi;
  if (targetPortal === '') errors.required(path.child('targetPortal'));
  const bytes = byteLength(`${volumeName}:${targetPortal}`);
  if (initiatorName !== undefined && bytes > ISCSI_NAMES_MAX_BYTES) {
    const detail =
      'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if ' +
      'iscsi.initiatorName is specified.';
    errors.invalid(path.child('targetportal'), targetPortal, detail);
  }
  if (iqn === '') errors.required(path.child('iqn'));
  else if (!isInitiatorName(iqn)) {
    errors.invalid(path.child('iqn'), iqn, 'must be valid format');
  }
  if (lun < 0 || lun > 255) errors.invalid(path.child('lun'), lun, rangeError(0, 255));
  const authenticates = iscsi.chapAuthDiscovery === true || iscsi.chapAuthSession === true;
  if (authenticates && secretRef === undefined) errors.required(path.child('secretRef'));
  if (secretRef !== undefined && !secretRef.name) {
    errors.required(path.child('secretRef').child('name'));
  }
  if (initiatorName !== undefined && !isInitiatorName(initiatorName)) {
    errors.invalid(path.child('initiatorname'), initiatorName, 'must be valid format');
  }
}

const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const;

function validateCsi({ csi }: PersistentVolumeSpec, path: FieldPath, errors: FieldErrors): void {
  if (csi === undefined) return;
  validateCsiDriverName(csi.driver, path.child('driver'), errors);
  if (csi.volumeHandle === '') errors.required(path.child('volumeHandle'));
  for (const field of CSI_SECRETS) {
    const secret = csi[field];
    if (secret === undefined) continue;
    const { name = '', namespace = '' } = secret;
    const at = path.child(field);
    if (name === '') errors.required(at.child('name'));
    else checkDnsSubdomain(name, at.child('name'), errors);
    if (namespace === '') errors.required(at.child('namespace'));
    else checkDnsLabel(namespace, at.child('namespace'), errors);
  }
}
