/**
 * VolumeZone: a volume that carries the label of a zone or region can be used only there. Older than
 * the node affinity of volumes, and still asked.
 *
 * Models: pkg/scheduler/framework/plugins/volumezone/volume_zone.go (v1.36)
 */
import type { PersistentVolume, Pod } from '../../../api/generated/types.ts';
import { classOf } from '../../../api/kinds/persistent-volume/parts.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { definePlugin, type Refusal, refuse, SKIP } from '../framework.ts';
import type { Snapshot } from '../snapshot.ts';

const REFUSED = refuse('node(s) had no available volume zone', true);

/** The labels that count, and what the older ones are called today. */
const TODAY: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region': 'topology.kubernetes.io/region',
};
const LABELS = Object.keys(TODAY);

interface Topology {
  readonly key: string;
  readonly values: readonly string[];
}

export const volumeZone = definePlugin<readonly Topology[], null>({
  name: 'VolumeZone',
  preFilter(pod, snapshot): readonly Topology[] | typeof SKIP | Refusal {
    const names = claimsOf(pod);
    if (names.length === 0) return SKIP;
    const topologies: Topology[] = [];
    for (const name of names) {
      const found = volumeOf(pod, name, snapshot);
      if (found === null) continue;
      if ('reasons' in found) return found;
      topologies.push(...topologiesOf(found));
    }
    return topologies.length === 0 ? SKIP : topologies;
  },
  filter(topologies, _pod, { labels }) {
    // Nodes without any such label are taken for a cluster of one zone.
    if (LABELS.every((label) => labels[label] === undefined)) return null;
    for (const { key, values } of topologies) {
      const value = labels[key] ?? labels[TODAY[key] as string];
      if (value === undefined || !values.includes(value)) return REFUSED;
    }
    return null;
  },
  events: [
    'storage.k8s.io/StorageClassAdd',
    'NodeAdd',
    'NodeUpdateNodeLabel',
    'PersistentVolumeClaimAdd',
    'PersistentVolumeClaimUpdate',
    'PersistentVolumeAdd',
    'PersistentVolumeUpdate',
  ],
  helps(event, pod) {
    switch (event.type) {
      case 'storage.k8s.io/StorageClassAdd':
        return event.object.volumeBindingMode === 'WaitForFirstConsumer';
      case 'PersistentVolumeClaimAdd':
      case 'PersistentVolumeClaimUpdate': {
        const { name, namespace } = event.object.metadata;
        return namespace === pod.metadata.namespace && claimsOf(pod).includes(name);
      }
      case 'PersistentVolumeUpdate':
        return !event.old || !equalJson(topologiesOf(event.object), topologiesOf(event.old));
      default:
        return true;
    }
  },
});

function claimsOf(pod: Pod): string[] {
  const names: string[] = [];
  for (const { persistentVolumeClaim } of pod.spec.volumes ?? []) {
    if (persistentVolumeClaim) names.push(persistentVolumeClaim.claimName);
  }
  return names;
}

/** The volume of a claim; null = it gets one when the Pod has a node. */
function volumeOf(pod: Pod, name: string, { lookup }: Snapshot): PersistentVolume | Refusal | null {
  const claim = lookup.claim(pod.metadata.namespace ?? '', name);
  if (!claim) return refuse(`persistentvolumeclaim ${JSON.stringify(name)} not found`, true);
  const volumeName = claim.spec.volumeName ?? '';
  if (volumeName !== '') {
    const volume = lookup.volume(volumeName);
    return volume ?? refuse(`persistentvolume ${JSON.stringify(volumeName)} not found`, true);
  }
  const className = classOf(claim);
  if (className === '') {
    return refuse('PersistentVolumeClaim had no pv name and storageClass name', true);
  }
  const storageClass = lookup.storageClass(className);
  if (!storageClass) {
    const quoted = JSON.stringify(className);
    return refuse(`storageclass.storage.k8s.io ${quoted} not found`, true);
  }
  return storageClass.volumeBindingMode === 'WaitForFirstConsumer'
    ? null
    : refuse('PersistentVolume had no name', true);
}

/** The zones a label names, `a__b` for several; one that names none is no label. */
function topologiesOf({ metadata }: PersistentVolume): Topology[] {
  const found: Topology[] = [];
  for (const key of LABELS) {
    const value = metadata.labels?.[key];
    if (value === undefined) continue;
    const values = value.split('__').map((v) => v.trim());
    if (!values.includes('')) found.push({ key, values });
  }
  return found;
}
