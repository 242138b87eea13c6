/**
 * Validation of volume mounts and block devices of a container.
 *
 * Models: pkg/apis/core/validation validation.go, ValidateVolumeMounts, ValidateVolumeDevices (v1.36)
 */
import type { Container, Volume, VolumeDevice, VolumeMount } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { checkSupported } from '../../meta/field-checks.ts';
import { hasBacksteps, validateDescendingPath } from './path-validation.ts';

export type VolumesByName = ReadonlyMap<string, Volume>;

const MOUNT_PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible'];

export function validateMounts(
  container: Container,
  volumes: VolumesByName,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const mounts = container.volumeMounts;
  if (mounts !== undefined && mounts.length > 0) {
    validateVolumeMounts(mounts, container, volumes, path.child('volumeMounts'), errors);
  }
  const devices = container.volumeDevices;
  if (devices !== undefined && devices.length > 0) {
    validateDevices(devices, mounts ?? [], volumes, path.child('volumeDevices'), errors);
  }
}

function validateVolumeMounts(
  mounts: readonly VolumeMount[],
  container: Container,
  volumes: VolumesByName,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const devices = pathsByName(container.volumeDevices, 'devicePath');
  for (let i = 0; i < mounts.length; i++) {
    const mount = mounts[i] as VolumeMount;
    const { name, mountPath } = mount;
    if (name === '') errors.required(path.index(i).child('name'));
    if (!volumes.has(name)) errors.notFound(path.index(i).child('name'), name);
    if (mountPath === '') errors.required(path.index(i).child('mountPath'));
    if (mounts.findIndex((m) => m.mountPath === mountPath) < i) {
      errors.invalid(path.index(i).child('mountPath'), mountPath, 'must be unique');
    }
    if (devices?.has(name)) {
      const text = 'must not already exist in volumeDevices';
      errors.invalid(path.index(i).child('name'), name, text);
    }
    if (devices !== undefined && [...devices.values()].includes(mountPath)) {
      const text = 'must not already exist as a path in volumeDevices';
      errors.invalid(path.index(i).child('mountPath'), mountPath, text);
    }
    validateMountOptions(mount, container, i, path, errors);
  }
}

/** Upstream names these without the index of the mount. */
function validateMountOptions(
  mount: VolumeMount,
  container: Container,
  i: number,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const subPath = mount.subPath ?? '';
  if (subPath !== '') validateDescendingPath(subPath, path.child('subPath'), errors);
  const expression = mount.subPathExpr ?? '';
  if (expression !== '') {
    if (subPath !== '') {
      const text = 'subPathExpr and subPath are mutually exclusive';
      errors.invalid(path.index(i).child('subPathExpr'), expression, text);
    }
    validateDescendingPath(expression, path.child('subPathExpr'), errors);
  }
  const propagation = mount.mountPropagation;
  if (propagation !== undefined) {
    const at = path.child('mountPropagation');
    checkSupported(propagation, MOUNT_PROPAGATIONS, at, errors);
    if (propagation === 'Bidirectional' && container.securityContext?.privileged !== true) {
      const text = 'Bidirectional mount propagation is available only to privileged containers';
      errors.forbidden(at, text);
    }
  }
  if (mount.recursiveReadOnly !== undefined) validateRecursiveReadOnly(mount, path, errors);
}

function validateRecursiveReadOnly(mount: VolumeMount, path: FieldPath, errors: FieldErrors): void {
  const at = path.child('recursiveReadOnly');
  const value = mount.recursiveReadOnly ?? '';
  if (value === 'Disabled') return;
  if (!RECURSIVE_READ_ONLY.includes(value)) {
    errors.notSupported(at, value, RECURSIVE_READ_ONLY);
    return;
  }
  if (mount.readOnly !== true) {
    errors.forbidden(at, 'may only be specified when readOnly is true');
  }
  if ((mount.mountPropagation ?? 'None') !== 'None') {
    errors.forbidden(at, 'may only be specified when mountPropagation is None or not specified');
  }
}

/** Of entries with one name only the last counts. */
function pathsByName<K extends string>(
  entries: readonly (Readonly<Record<K, string>> & { readonly name: string })[] | undefined,
  field: K,
): ReadonlyMap<string, string> | undefined {
  return entries && new Map(entries.map((entry) => [entry.name, entry[field]]));
}

function validateDevices(
  devices: readonly VolumeDevice[],
  volumeMounts: readonly VolumeMount[],
  volumes: VolumesByName,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const mounts = pathsByName(volumeMounts, 'mountPath');
  const mountPaths = [...(mounts?.values() ?? [])];
  const names = new Set<string>();
  const paths = new Set<string>();
  devices.forEach(({ name, devicePath }, i) => {
    const nameAt = path.index(i).child('name');
    const pathAt = path.index(i).child('devicePath');
    const volume = volumes.get(name);
    if (name === '') errors.required(nameAt);
    if (names.has(name)) errors.invalid(nameAt, name, 'must be unique');
    if (volume === undefined) errors.notFound(nameAt, name);
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const text =
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.invalid(nameAt, name, text);
    }
    if (devicePath === '') errors.required(pathAt);
    if (paths.has(devicePath)) errors.invalid(pathAt, devicePath, 'must be unique');
    if (hasBacksteps(devicePath)) {
      errors.invalid(pathAt, devicePath, "can not contain backsteps ('..')");
    } else {
      paths.add(devicePath);
    }
    if (mounts?.has(name)) {
      errors.invalid(nameAt, name, 'must not already exist in volumeMounts');
    }
    if (mountPaths.includes(devicePath)) {
      errors.invalid(pathAt, devicePath, 'must not already exist as a path in volumeMounts');
    }
    if (name !== '') names.add(name);
  });
}
