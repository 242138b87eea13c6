/**
 * The disks of a pretend cloud: made, attached to machines, enlarged and deleted by calls that take
 * their time. What is on them outlives Pods, nodes and the whole control plane.
 *
 * Models: the controller service of a CSI driver for network disks (CSI 1.12: CreateVolume,
 *         ControllerPublishVolume, ControllerExpandVolume and their opposites)
 * Simplified: there is room for everything; no snapshots and no clones
 */
import type { Kernel } from '../../kernel/kernel.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import type { Latency, Rng } from '../../kernel/rng.ts';
import { DriverError } from '../node/csi/driver.ts';
import { Disk, FileStore } from '../node/runtime/file-system.ts';
import { FileTree } from '../node/runtime/file-tree.ts';

/** What such calls take at clouds; kinds of network disks differ by a factor of two. */
const CREATE: Latency = { p10: 700_000, p50: 1_000_000, p90: 1_800_000 };
const DELETE: Latency = { p10: 300_000, p50: 500_000, p90: 1_000_000 };
const ATTACH: Latency = { p10: 1_000_000, p50: 1_400_000, p90: 2_000_000 };
const DETACH: Latency = { p10: 800_000, p50: 1_200_000, p90: 1_900_000 };
const GROW: Latency = { p10: 500_000, p50: 900_000, p90: 1_600_000 };
/** NodeStageVolume: a file system is made or checked, and mounted. */
const STAGE: Latency = { p10: 120_000, p50: 200_000, p90: 450_000 };
const GROW_FILES: Latency = { p10: 40_000, p50: 80_000, p90: 200_000 };
const HEX = '0123456789abcdef';
const HANDLE_LETTERS = 17;

interface CloudDisk {
  readonly handle: string;
  readonly name: string;
  /** '': it can be reached from everywhere. */
  readonly zone: string;
  readonly shared: boolean;
  bytes: number;
  readonly nodes: Set<string>;
  /** Null: nobody has ever mounted it, and it has no file system yet. */
  files: { readonly store: FileStore; readonly disk: Disk } | null;
}

export interface DiskRequest {
  /** One disk for a name, however often it is asked for. */
  readonly name: string;
  readonly bytes: number;
  readonly zone: string;
  /** Several machines may have it at once. */
  readonly shared: boolean;
}

export class Disks {
  readonly #kernel: Kernel;
  readonly #rng: Rng;
  readonly #disks = new Map<string, CloudDisk>();
  readonly #byName = new Map<string, CloudDisk>();
  /** Told of each disk that has been enlarged. */
  readonly onGrown: ((handle: string) => void)[] = [];

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#rng = kernel.rng('disks');
  }

  get size(): number {
    return this.#disks.size;
  }

  has(handle: string): boolean {
    return this.#disks.has(handle);
  }

  /** Where the disk is attached. */
  nodesOf(handle: string): readonly string[] {
    return [...(this.#disks.get(handle)?.nodes ?? [])];
  }

  *create({ name, bytes, zone, shared }: DiskRequest): Proc<{ handle: string; zone: string }> {
    yield* this.#take(CREATE);
    const known = this.#byName.get(name);
    if (known) {
      if (known.bytes >= bytes) return known;
      const why = `Volume with name ${name} already exists with a different size`;
      throw new DriverError('AlreadyExists', why);
    }
    const handle = `disk-${this.#rng.text(HANDLE_LETTERS, HEX)}`;
    const disk = { handle, name, zone, shared, bytes, nodes: new Set<string>(), files: null };
    this.#disks.set(handle, disk);
    this.#byName.set(name, disk);
    return disk;
  }

  /** What is gone already is deleted as well as can be. */
  *delete(handle: string): Proc {
    yield* this.#take(DELETE);
    const disk = this.#disks.get(handle);
    if (!disk) return;
    const [node] = disk.nodes;
    if (node !== undefined) {
      throw new DriverError('FailedPrecondition', `Volume ${handle} is attached to node ${node}`);
    }
    this.#disks.delete(handle);
    this.#byName.delete(disk.name);
  }

  *attach(handle: string, node: string): Proc {
    yield* this.#take(ATTACH);
    const disk = this.#existing(handle);
    const [other] = [...disk.nodes].filter((n) => n !== node);
    if (other !== undefined && !disk.shared) {
      const why = `Volume ${handle} is already attached to node ${other}`;
      throw new DriverError('FailedPrecondition', why);
    }
    disk.nodes.add(node);
  }

  *detach(handle: string, node: string): Proc {
    yield* this.#take(DETACH);
    this.#disks.get(handle)?.nodes.delete(node);
  }

  /** The disk alone: its file system is enlarged where it is mounted. */
  *grow(handle: string, bytes: number): Proc<number> {
    yield* this.#take(GROW);
    const disk = this.#existing(handle);
    disk.bytes = Math.max(disk.bytes, bytes);
    for (const tell of this.onGrown) tell(handle);
    return disk.bytes;
  }

  /** The machine's half: NodeStageVolume makes a file system at the first mount. */
  *stage(handle: string, node: string): Proc<FileStore> {
    yield* this.#take(STAGE);
    const disk = this.#existing(handle);
    if (!disk.nodes.has(node)) {
      throw new DriverError('Internal', `Failed to find device of volume ${handle}`);
    }
    return this.#files(disk).store;
  }

  /** NodeExpandVolume: the file system takes all of the disk. */
  *growFiles(handle: string): Proc<number> {
    yield* this.#take(GROW_FILES);
    const disk = this.#existing(handle);
    this.#files(disk).disk.capacityBytes = disk.bytes;
    return disk.bytes;
  }

  #files(disk: CloudDisk): { readonly store: FileStore; readonly disk: Disk } {
    if (disk.files) return disk.files;
    const clock = this.#kernel;
    const room = new Disk(disk.bytes);
    // As mkfs.ext4 leaves it.
    const base = new FileTree({ '/lost+found': { kind: 'directory', mode: 0o700 } });
    disk.files = { store: new FileStore({ base, clock, disk: room }), disk: room };
    return disk.files;
  }

  #existing(handle: string): CloudDisk {
    const disk = this.#disks.get(handle);
    if (!disk) throw new DriverError('NotFound', `Volume ${handle} does not exist`);
    return disk;
  }

  *#take(latency: Latency): Proc {
    yield* sleep(this.#rng.latency(latency));
  }
}
