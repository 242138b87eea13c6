/**
 * Which volume fits which claim.
 *
 * Models: k8s.io/component-helpers storage/volume pv_helpers.go, pkg/controller/volume/
 *         persistentvolume index.go and pv_controller.go checkVolumeSatisfyClaim (v1.36)
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/generated/types.ts';
import { accessModesText, classOf } from '../../../api/kinds/persistent-volume/parts.ts';
import {
  hasOtherAttributes,
  hasOtherMode,
  isMeantFor,
  offersModes,
} from '../../../api/kinds/persistent-volume/binding.ts';
import { bytes, compareQuantity } from '../../../api/meta/quantity.ts';
import { compileStoredSelector, EVERYTHING } from '../../../api/meta/selectors.ts';

type Volume = PersistentVolume;
type Claim = PersistentVolumeClaim;

function sizeOf({ spec }: Volume): string {
  return spec.capacity?.['storage'] ?? '0';
}

function wantedSize({ spec }: Claim): string {
  return spec.resources.requests?.['storage'] ?? '0';
}

/** What keeps |claim| from the volume that it names itself; '' = nothing does. */
export function mismatch(claim: Claim, volume: Volume): string {
  if (volume.metadata.deletionTimestamp !== undefined) {
    return `the volume is marked for deletion "${volume.metadata.name}"`;
  }
  if (bytes(sizeOf(volume)) < bytes(wantedSize(claim))) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if (hasOtherAttributes(claim, volume)) return 'volumeAttributesClassName does not match';
  if (hasOtherMode(claim, volume)) return 'incompatible volumeMode';
  return offersModes(claim, volume) ? '' : 'incompatible accessMode';
}

/** The smallest volume of |volumes| that will do, or the one that is meant for the claim. */
function smallest(
  claim: Claim,
  volumes: readonly Volume[],
  isDelayed: boolean,
): Volume | undefined {
  const { selector } = claim.spec;
  const labels = selector === undefined ? EVERYTHING : compileStoredSelector(selector);
  let best: Volume | undefined;
  for (const volume of volumes) {
    const isMeant = isMeantFor(volume, claim);
    if (volume.spec.claimRef !== undefined && !isMeant) continue;
    if (compareQuantity(sizeOf(volume), wantedSize(claim)) < 0) continue;
    if (hasOtherMode(claim, volume) || hasOtherAttributes(claim, volume)) continue;
    if (volume.metadata.deletionTimestamp !== undefined) continue;
    if (isMeant) return volume;
    // The scheduler chooses for claims that wait for their first Pod.
    if (isDelayed || volume.status.phase !== 'Available') continue;
    if (!labels.matches(volume.metadata.labels) || classOf(volume) !== classOf(claim)) continue;
    if (best === undefined || compareQuantity(sizeOf(best), sizeOf(volume)) > 0) best = volume;
  }
  return best;
}

/** Volumes that offer no more access modes than needed come first, whatever their size. */
export function bestMatch(
  claim: Claim,
  volumes: Iterable<Volume>,
  isDelayed: boolean,
): Volume | undefined {
  const byModes = new Map<string, Volume[]>();
  for (const volume of volumes) {
    if (!offersModes(claim, volume)) continue;
    const modes = accessModesText(volume.spec.accessModes);
    const group = byModes.get(modes);
    if (group) group.push(volume);
    else byModes.set(modes, [volume]);
  }
  const count = (modes: string): number => modes.split(',').length;
  const groups = [...byModes].sort(([a], [b]) => count(a) - count(b));
  for (const [, group] of groups) {
    const found = smallest(claim, group, isDelayed);
    if (found !== undefined) return found;
  }
  return undefined;
}
