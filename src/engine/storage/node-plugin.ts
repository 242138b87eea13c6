/** The driver's half on every machine: mounts disks and lets their file systems grow. */
import type { Proc } from '../../kernel/process.ts';
import type { NodeDriver } from '../node/csi/driver.ts';
import type { FileStore } from '../node/runtime/file-system.ts';
import type { Disks } from './disks.ts';
import { DRIVER, ZONE } from './names.ts';

/** Disks that fit into a machine beside its own. */
const MAX_VOLUMES = 25;

export class NodePlugin implements NodeDriver {
  readonly name = DRIVER;
  readonly maxVolumes = MAX_VOLUMES;
  readonly #disks: Disks;

  constructor(disks: Disks) {
    this.#disks = disks;
  }

  topologyKeys(zone: string): readonly string[] {
    return zone === '' ? [] : [ZONE];
  }

  stage(handle: string, node: string): Proc<FileStore> {
    return this.#disks.stage(handle, node);
  }

  growFiles(handle: string): Proc<number> {
    return this.#disks.growFiles(handle);
  }

  onGrown(listener: (handle: string) => void): void {
    this.#disks.onGrown.push(listener);
  }
}
