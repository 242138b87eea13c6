/**
 * Registration of a machine's storage drivers: the CSINode object.
 *
 * Models: pkg/volume/csi/nodeinfomanager nodeinfomanager.go (v1.36)
 * Writes: csinodes
 * Simplified: the drivers are there as soon as the node is, and answer at once
 */
import type { CSINodeDriver, Node as NodeObject } from '../../../api/generated/types.ts';
import { CSINode } from '../../../api/kinds/csi-node.ts';
import { equalJson } from '../../../api/meta/json.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { KubeletContext } from './context.ts';
import type { MachineInfo } from './node-status.ts';

/** Volume plugins of Kubernetes itself whose work CSI drivers do. */
const MIGRATED = [
  'kubernetes.io/aws-ebs',
  'kubernetes.io/azure-disk',
  'kubernetes.io/azure-file',
  'kubernetes.io/cinder',
  'kubernetes.io/gce-pd',
  'kubernetes.io/portworx-volume',
  'kubernetes.io/vsphere-volume',
].join(',');

export function* registerDrivers(
  { client, volumes }: KubeletContext,
  { name, zone }: MachineInfo,
  node: NodeObject | undefined,
): Proc {
  const drivers: CSINodeDriver[] = [...volumes.csi.drivers.values()].map((driver) => {
    const keys = driver.topologyKeys(zone);
    const common = { name: driver.name, nodeID: name, allocatable: { count: driver.maxVolumes } };
    return { ...common, topologyKeys: keys.length > 0 ? keys : null } as CSINodeDriver;
  });
  if (drivers.length === 0 || !node) return;
  const owner = { apiVersion: 'v1', kind: 'Node', name, uid: node.metadata.uid };
  const annotations = { 'storage.alpha.kubernetes.io/migrated-plugins': MIGRATED };
  try {
    const metadata = { name, annotations, ownerReferences: [owner] };
    yield* client.create(CSINode, { metadata, spec: { drivers } });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    const known = yield* client.get(CSINode, '', name);
    if (equalJson(known.spec.drivers, drivers)) return;
    yield* client.update(CSINode, { ...known, spec: { ...known.spec, drivers } });
  }
}
