/**
 * NodeVolumeLimits: a node takes no more volumes of a driver than its CSINode says. What is attached
 * there counts, and what the Pods there use.
 *
 * Models:     pkg/scheduler/framework/plugins/nodevolumelimits/csi.go (v1.36)
 * Simplified: volumes of drivers that were once part of Kubernetes are not counted as those of their
 *             CSI drivers
 */
import type { CSINode, Pod, PersistentVolumeClaim } from '../../../api/generated/types.ts';
import { classOf } from '../../../api/kinds/persistent-volume/parts.ts';
import { claimNameOf, claimNames } from '../../../api/kinds/pod/claims.ts';
import { keyOf } from '../../../api/meta/object.ts';
import { defineFactory, definePlugin, type Plugin, refuse, SKIP } from '../framework.ts';
import type { Lookup } from '../lookup.ts';
import type { NodeInfo } from '../node-info.ts';
import type { Snapshot } from '../snapshot.ts';

const EXCEEDED = refuse('node(s) exceed max volume count');

interface State {
  /** Drivers of the Pod's volumes, by `driver/handle`. */
  readonly volumes: ReadonlyMap<string, string>;
}

export const nodeVolumeLimits = defineFactory('NodeVolumeLimits', (_args, { snapshot }) =>
  create(snapshot),
);

function create(snapshot: Snapshot): Plugin {
  return definePlugin<State, null>({
    name: 'NodeVolumeLimits',
    preFilter(pod) {
      const volumes = volumesOf(pod, snapshot.lookup);
      return volumes.size === 0 ? SKIP : { volumes };
    },
    filter({ volumes }, _pod, node) {
      const { lookup } = snapshot;
      const limits = limitsOf(lookup.csiNode(node.name));
      if (limits.size === 0) return null;
      const taken = takenOn(node, lookup);
      const counts = new Map<string, number>();
      for (const driver of taken.values()) counts.set(driver, (counts.get(driver) ?? 0) + 1);
      for (const [id, driver] of volumes) {
        if (!taken.has(id)) counts.set(driver, (counts.get(driver) ?? 0) + 1);
      }
      for (const [id, driver] of volumes) {
        const limit = limits.get(driver);
        if (limit === undefined || taken.has(id)) continue;
        if ((counts.get(driver) ?? 0) > limit) return EXCEEDED;
      }
      return null;
    },
    events: [
      'storage.k8s.io/CSINodeAdd',
      'storage.k8s.io/CSINodeUpdate',
      'AssignedPodDelete',
      'PersistentVolumeClaimAdd',
      'storage.k8s.io/VolumeAttachmentDelete',
    ],
    helps(event, pod) {
      switch (event.type) {
        case 'storage.k8s.io/CSINodeUpdate': {
          const before = limitsOf(event.old ?? undefined);
          for (const [driver, limit] of limitsOf(event.object)) {
            if (limit > (before.get(driver) ?? 0)) return true;
          }
          return false;
        }
        case 'AssignedPodDelete':
          return claimNames(event.pod).length > 0;
        case 'PersistentVolumeClaimAdd':
          return claimNames(pod).includes(keyOf(event.object));
        case 'storage.k8s.io/VolumeAttachmentDelete':
          return pod.spec.volumes?.some((v) => v.persistentVolumeClaim !== undefined) === true;
        default:
          return true;
      }
    },
  });
}

function limitsOf(csiNode: CSINode | undefined): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of csiNode?.spec.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count);
  }
  return limits;
}

/** Volumes that the node's Pods use or that are attached to it, each once. */
function takenOn(node: NodeInfo, lookup: Lookup): Map<string, string> {
  const taken = new Map<string, string>();
  for (const pod of node.pods.values()) {
    for (const [id, driver] of volumesOf(pod, lookup)) taken.set(id, driver);
  }
  for (const { spec } of lookup.attachments(node.name)) {
    const name = spec.source.persistentVolumeName;
    const csi = name === undefined ? undefined : lookup.volume(name)?.spec.csi;
    if (csi && spec.attacher !== '')
      taken.set(`${spec.attacher}/${csi.volumeHandle}`, spec.attacher);
  }
  return taken;
}

const NONE: ReadonlyMap<string, string> = new Map();

function volumesOf(pod: Pod, lookup: Lookup): ReadonlyMap<string, string> {
  let found: Map<string, string> | null = null;
  for (const volume of pod.spec.volumes ?? []) {
    const name = claimNameOf(pod, volume);
    if (name === undefined) continue;
    const claim = lookup.claim(pod.metadata.namespace ?? '', name);
    const volumeOfClaim = claim && driverOf(claim, lookup);
    if (volumeOfClaim) (found ??= new Map()).set(volumeOfClaim.id, volumeOfClaim.driver);
  }
  return found ?? NONE;
}

/** Of the volume, or of the class that will make it. */
function driverOf(
  claim: PersistentVolumeClaim,
  lookup: Lookup,
): { readonly id: string; readonly driver: string } | null {
  const volume = claim.spec.volumeName ? lookup.volume(claim.spec.volumeName) : undefined;
  if (volume) {
    const { csi } = volume.spec;
    return csi ? { id: `${csi.driver}/${csi.volumeHandle}`, driver: csi.driver } : null;
  }
  const className = classOf(claim);
  const storageClass = className === '' ? undefined : lookup.storageClass(className);
  if (!storageClass) return null;
  const driver = storageClass.provisioner;
  return { id: `${driver}/new-${keyOf(claim)}`, driver };
}
