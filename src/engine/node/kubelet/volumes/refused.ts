/**
 * Kinds of volumes that are not simulated, and what the Event says: a node without the driver, the
 * device or the server answers in its own words where it has some.
 *
 * Models: pkg/volume/git_repo, pkg/volume/csi csi_mounter.go SetUpAt, csi_attacher.go MountDevice
 */
import { MountError } from './mount-error.ts';

const GIT_REPO =
  'git-repo volume plugin has been disabled; if necessary, it may be re-enabled by enabling the ' +
  'feature-gate `GitRepoVolumeDriver`';

interface Sources {
  readonly gitRepo?: unknown;
  readonly csi?: { readonly driver: string };
}

/** Fields of a Volume or a PersistentVolume that are no kind of volume. */
const OTHER_FIELDS = new Set([
  'name',
  'capacity',
  'accessModes',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

/** |source| is a volume of a Pod, or the spec of a PersistentVolume. */
export function refusalOf(source: Sources): MountError {
  if (source.gitRepo) return new MountError(GIT_REPO);
  if (source.csi) {
    const { driver } = source.csi;
    const missing = `driver name ${driver} not found in the list of registered CSI drivers`;
    if ('name' in source) {
      const inline = 'kubernetes.io/csi: mounter.SetUpAt failed to get CSI client';
      return new MountError(`${inline}: ${missing}`);
    }
    const attached = 'kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient';
    return new MountError(`${attached}: ${missing}`, 'MountVolume.MountDevice failed');
  }
  const kind = Object.keys(source).find((field) => !OTHER_FIELDS.has(field)) ?? 'unknown';
  return new MountError(`volumes of kind ${kind} are not simulated`);
}
