/**
 * Validation of volume sources that live outside the cluster: network and cloud disks.
 *
 * Models: pkg/apis/core/validation validation.go, validateNFSVolumeSource and siblings (v1.36)
 */
import type { Volume } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkSupported,
  complain,
} from '../../meta/field-checks.ts';
import { byteLength, compareText } from '../../meta/go-text.ts';
import { isDNS1123Subdomain, rangeError } from '../../meta/names.ts';
import { validateDescendingPath } from './path-validation.ts';

type Check = (volume: Volume, path: FieldPath, errors: FieldErrors) => void;

/** Reports every one of |fields| that is empty in |source|. */
function requireFields(
  source: object | undefined,
  fields: readonly string[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  const values = (source ?? {}) as Readonly<Record<string, unknown>>;
  for (const field of fields) {
    const value = values[field];
    const empty = Array.isArray(value) ? value.length === 0 : (value ?? '') === '';
    if (empty) errors.required(path.child(field));
  }
}

function checkPartition(partition: number | undefined, path: FieldPath, errors: FieldErrors): void {
  if (partition === undefined || (partition >= 0 && partition <= 255)) return;
  errors.invalid(path.child('partition'), partition, rangeError(1, 255));
}

function checkLun(lun: number | undefined, path: FieldPath, errors: FieldErrors): void {
  if (lun === undefined || (lun >= 0 && lun <= 255)) return;
  errors.invalid(path.child('lun'), lun, rangeError(0, 255));
}

function requireSecretName(
  secret: { readonly name?: string } | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (secret !== undefined && (secret.name ?? '') === '') {
    errors.required(path.child('secretRef').child('name'));
  }
}

const IQN = /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9\-.]+)(:[^,;*&$|\s]+)$/;
const EUI = /^eui.[a-zA-Z0-9]{16}$/;
const NAA = /^naa.[a-zA-Z0-9]{32}$/;

/** Whether |name| has one of the three forms of iSCSI names. */
export function isInitiatorName(name: string): boolean {
  return { iqn: IQN, eui: EUI, naa: NAA }[name.slice(0, 3)]?.test(name) ?? false;
}

function checkInitiator(name: string, path: FieldPath, errors: FieldErrors): void {
  const form = { iqn: IQN, eui: EUI, naa: NAA }[name.slice(0, 3)];
  if (form === undefined) {
    errors.invalid(path, name, 'must be valid format starting with iqn, eui, or naa');
  } else if (!form.test(name)) errors.invalid(path, name, 'must be valid format');
}

const validateIscsi: Check = ({ iscsi }, path, errors) => {
  if (iscsi === undefined) return;
  if (iscsi.targetPortal === '') errors.required(path.child('targetPortal'));
  if (iscsi.iqn === '') errors.required(path.child('iqn'));
  else checkInitiator(iscsi.iqn, path.child('iqn'), errors);
  checkLun(iscsi.lun, path, errors);
  const authenticates = iscsi.chapAuthDiscovery === true || iscsi.chapAuthSession === true;
  if (authenticates && iscsi.secretRef === undefined) errors.required(path.child('secretRef'));
  if (iscsi.initiatorName !== undefined) {
    checkInitiator(iscsi.initiatorName, path.child('initiatorname'), errors);
  }
};

const ISCSI_NAMES_MAX_BYTES = 64;

export function validateIscsiNames(volume: Volume, path: FieldPath, errors: FieldErrors): void {
  const { iscsi, name } = volume;
  if (iscsi?.initiatorName === undefined) return;
  if (byteLength(`${name}:${iscsi.targetPortal}`) <= ISCSI_NAMES_MAX_BYTES) return;
  const text =
    'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters ' +
    'if iscsi.initiatorName is specified.';
  errors.invalid(path, name, text);
}

const validateFc: Check = ({ fc }, path, errors) => {
  const targets = fc?.targetWWNs ?? [];
  const ids = fc?.wwids ?? [];
  if (targets.length === 0 && ids.length === 0) {
    const text = 'must specify either targetWWNs or wwids, but not both';
    errors.required(path.child('targetWWNs'), text);
  }
  if (targets.length > 0 && ids.length > 0) {
    const text = 'targetWWNs and wwids can not be specified simultaneously';
    errors.invalid(path.child('targetWWNs'), targets, text);
  }
  if (targets.length === 0) return;
  if (fc?.lun === undefined) {
    errors.required(path.child('lun'), 'lun is required if targetWWNs is specified');
  } else checkLun(fc.lun, path, errors);
};

const validateQuobyte: Check = ({ quobyte }, path, errors) => {
  const text = 'must be a host:port pair or multiple pairs separated by commas';
  const registry = quobyte?.registry ?? '';
  if (registry === '') errors.required(path.child('registry'), text);
  else if (byteLength(quobyte?.tenant ?? '') >= 65) {
    const long = 'must be a UUID and may not exceed a length of 64 characters';
    errors.required(path.child('tenant'), long);
  } else {
    for (const pair of registry.split(',')) {
      if (!isHostPort(pair)) errors.invalid(path.child('registry'), registry, text);
    }
  }
  requireFields(quobyte, ['volume'], path, errors);
};

/** What Go's net.SplitHostPort takes. */
function isHostPort(text: string): boolean {
  return /^\[[^[\]]*\]:[^:[\]]*$/.test(text) || /^[^:[\]]*:[^:[\]]*$/.test(text);
}

const validateFlocker: Check = ({ flocker }, path, errors) => {
  const name = flocker?.datasetName ?? '';
  const id = flocker?.datasetUUID ?? '';
  if (name === '' && id === '') {
    errors.required(path, 'one of datasetName and datasetUUID is required');
  }
  if (name !== '' && id !== '') {
    const text = 'datasetName and datasetUUID can not be specified simultaneously';
    errors.invalid(path, 'resource', text);
  }
  if (name.includes('/')) errors.invalid(path.child('datasetName'), name, "must not contain '/'");
};

const validateFlex: Check = ({ flexVolume }, path, errors) => {
  requireFields(flexVolume, ['driver'], path, errors);
  for (const key of Object.keys(flexVolume?.options ?? {}).sort(compareText)) {
    const namespace = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
    if (!namespace.endsWith('.kubernetes.io') && !namespace.endsWith('.k8s.io')) continue;
    const text = 'kubernetes.io and k8s.io namespaces are reserved';
    errors.invalid(path.child('options').key(key), key, text);
  }
};

const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite'];
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared'];
const MANAGED_URI =
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';

const validateAzureDisk: Check = ({ azureDisk }, path, errors) => {
  if (azureDisk === undefined) return;
  const { cachingMode, kind, diskURI } = azureDisk;
  requireFields(azureDisk, ['diskName', 'diskURI'], path, errors);
  if (cachingMode !== undefined) {
    checkSupported(cachingMode, CACHING_MODES, path.child('cachingMode'), errors);
  }
  if (kind === undefined) return;
  checkSupported(kind, DISK_KINDS, path.child('kind'), errors);
  const managed = kind === 'Managed';
  if (!diskURI.startsWith(managed ? '/subscriptions/' : 'https://')) {
    errors.notSupported(path.child('diskURI'), diskURI, [managed ? MANAGED_URI : BLOB_URI]);
  }
};

const validateStorageOs: Check = ({ storageos }, path, errors) => {
  const name = storageos?.volumeName ?? '';
  const namespace = storageos?.volumeNamespace ?? '';
  if (name === '') errors.required(path.child('volumeName'));
  else checkDnsLabel(name, path.child('volumeName'), errors);
  if (namespace !== '') checkDnsLabel(namespace, path.child('volumeNamespace'), errors);
  requireSecretName(storageos?.secretRef, path, errors);
};

const DRIVER_MAX_BYTES = 63;

/** Upstream ValidateCSIDriverName. */
export function validateCsiDriverName(name: string, path: FieldPath, errors: FieldErrors): void {
  if (name === '') {
    errors.required(path);
    return;
  }
  if (byteLength(name) > DRIVER_MAX_BYTES) errors.tooLong(path, DRIVER_MAX_BYTES);
  complain(isDNS1123Subdomain(name.toLowerCase()), name, path, errors);
}

const validateCsi: Check = ({ csi }, path, errors) => {
  if (csi === undefined) return;
  validateCsiDriverName(csi.driver, path.child('driver'), errors);
  if (csi.nodePublishSecretRef === undefined) return;
  const name = csi.nodePublishSecretRef.name ?? '';
  if (name === '') errors.required(path.child('nodePublishSecretRef').child('name'));
  else checkDnsSubdomain(name, path.child('name'), errors);
};

export const EXTERNAL_SOURCES: Readonly<Partial<Record<keyof Volume, Check>>> = {
  gitRepo({ gitRepo }, path, errors) {
    requireFields(gitRepo, ['repository'], path, errors);
    validateDescendingPath(gitRepo?.directory ?? '', path.child('directory'), errors);
  },
  gcePersistentDisk({ gcePersistentDisk: disk }, path, errors) {
    requireFields(disk, ['pdName'], path, errors);
    checkPartition(disk?.partition, path, errors);
  },
  awsElasticBlockStore({ awsElasticBlockStore: disk }, path, errors) {
    requireFields(disk, ['volumeID'], path, errors);
    checkPartition(disk?.partition, path, errors);
  },
  nfs({ nfs }, path, errors) {
    requireFields(nfs, ['server', 'path'], path, errors);
    const target = nfs?.path ?? '';
    if (!target.startsWith('/')) {
      errors.invalid(path.child('path'), target, 'must be an absolute path');
    }
  },
  iscsi: validateIscsi,
  glusterfs({ glusterfs }, path, errors) {
    requireFields(glusterfs, ['endpoints', 'path'], path, errors);
  },
  flocker: validateFlocker,
  rbd({ rbd }, path, errors) {
    requireFields(rbd, ['monitors', 'image'], path, errors);
  },
  cinder({ cinder }, path, errors) {
    requireFields(cinder, ['volumeID'], path, errors);
    requireSecretName(cinder?.secretRef, path, errors);
  },
  cephfs({ cephfs }, path, errors) {
    requireFields(cephfs, ['monitors'], path, errors);
  },
  quobyte: validateQuobyte,
  fc: validateFc,
  flexVolume: validateFlex,
  azureFile({ azureFile }, path, errors) {
    requireFields(azureFile, ['secretName', 'shareName'], path, errors);
  },
  vsphereVolume({ vsphereVolume }, path, errors) {
    requireFields(vsphereVolume, ['volumePath'], path, errors);
  },
  photonPersistentDisk({ photonPersistentDisk }, path, errors) {
    requireFields(photonPersistentDisk, ['pdID'], path, errors);
  },
  portworxVolume({ portworxVolume }, path, errors) {
    requireFields(portworxVolume, ['volumeID'], path, errors);
  },
  azureDisk: validateAzureDisk,
  storageos: validateStorageOs,
  scaleIO({ scaleIO }, path, errors) {
    requireFields(scaleIO, ['gateway', 'system', 'volumeName'], path, errors);
  },
  csi: validateCsi,
};
