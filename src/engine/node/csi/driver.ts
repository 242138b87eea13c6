/** The node's half of a storage driver, as the kubelet calls it over the driver's socket. */
import type { Proc } from '../../../kernel/process.ts';
import type { FileStore } from '../runtime/file-system.ts';

/** A call that the driver refuses, as gRPC words it. */
export class DriverError extends Error {
  override readonly name = 'DriverError';

  constructor(code: string, description: string) {
    super(`rpc error: code = ${code} desc = ${description}`);
  }
}

export interface NodeDriver {
  readonly name: string;
  /** How many volumes a machine takes: allocatable.count of its CSINode. */
  readonly maxVolumes: number;
  /** Keys of the driver's topology, on a machine of that zone. */
  topologyKeys(zone: string): readonly string[];
  /** NodeStageVolume and NodePublishVolume. Throws DriverError. */
  stage(handle: string, node: string): Proc<FileStore>;
  /** NodeExpandVolume: the file system takes all of the disk; answers its bytes. */
  growFiles(handle: string): Proc<number>;
  /** Tells of disks that have been enlarged; whoever has one mounted looks at it. */
  onGrown(listener: (handle: string) => void): void;
}
