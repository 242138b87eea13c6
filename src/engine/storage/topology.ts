/**
 * In which zone a volume is made, and which nodes reach it. Pure.
 *
 * Models: external-provisioner v6 pkg/controller topology.go GenerateAccessibilityRequirements,
 *         GenerateVolumeNodeAffinity
 * Simplified: the only key of the driver's topology is the zone
 */
import type { Node, PersistentVolume, StorageClass } from '../../api/generated/types.ts';
import { ZONE } from './names.ts';

export type ZoneChoice =
  | { readonly ok: true; readonly zone: string }
  | { readonly ok: false; readonly why: string };

/** The class's zones; null: it allows all. */
function allowedZones({ allowedTopologies = [] }: StorageClass): readonly string[] | null {
  if (allowedTopologies.length === 0) return null;
  const zones = allowedTopologies.flatMap(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.filter(({ key }) => key === ZONE).flatMap(({ values }) => values ?? []),
  );
  return [...new Set(zones)];
}

export function zoneOf({ metadata }: Node): string {
  return metadata.labels?.[ZONE] ?? '';
}

/**
 * |selected|: the node that the scheduler has chosen; undefined: nobody has, and claims are spread
 * over all zones. '' is a cluster without zones.
 */
export function chooseZone(
  claim: string,
  storageClass: StorageClass,
  nodes: Iterable<Node>,
  selected: Node | undefined,
): ZoneChoice {
  const allowed = allowedZones(storageClass);
  if (selected) {
    const zone = zoneOf(selected);
    if (allowed === null || allowed.includes(zone)) return { ok: true, zone };
    const has = `map[${ZONE}:${zone}]`;
    const requisite = allowed.map((z) => `map[${ZONE}:${z}]`).join(' ');
    const name = JSON.stringify(selected.metadata.name);
    const why =
      `error generating accessibility requirements: topology '${has}' from selected node ` +
      `'${name}' is not in requisite: [${requisite}]`;
    return { ok: false, why };
  }
  const seen = new Set<string>();
  for (const node of nodes) if (zoneOf(node) !== '') seen.add(zoneOf(node));
  const zones = [...(allowed ?? seen)].sort();
  if (zones.length === 0) return { ok: true, zone: '' };
  return { ok: true, zone: zones[spread(claim) % zones.length] ?? '' };
}

/** Claims of one StatefulSet go to one zone after the other: the hash of the set, and the ordinal. */
function spread(claim: string): number {
  const match = /^(.*)-(\d+)$/.exec(claim);
  const base = match?.[1] ?? claim;
  let hash = 0x811c9dc5; // FNV-1, 32 bits, as upstream's
  for (let i = 0; i < base.length; i++) {
    hash = Math.imul(hash, 0x01000193) ^ base.charCodeAt(i);
  }
  return (hash >>> 0) + Number(match?.[2] ?? 0);
}

/** Nothing where there are no zones. */
export function nodeAffinityFor(zone: string): Pick<PersistentVolume['spec'], 'nodeAffinity'> {
  if (zone === '') return {};
  const matchExpressions = [{ key: ZONE, operator: 'In' as const, values: [zone] }];
  return { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } } };
}
