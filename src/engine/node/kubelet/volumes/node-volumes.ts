/**
 * A node's volumes: what is mounted for which Pod. They belong to the machine and survive the
 * kubelet, which finds them again as the real one does by looking into its folders.
 *
 * Models: the folders below /var/lib/kubelet/pods, pkg/kubelet/volumemanager/reconciler
 * reconstruct.go (v1.36)
 */
import type { Kernel } from '../../../../kernel/kernel.ts';
import { type Disk, FileStore } from '../../runtime/file-system.ts';
import { FileTree } from '../../runtime/file-tree.ts';
import { NodeDisk } from '../../runtime/node-disk.ts';
import { NodeCsi } from '../../csi/node-csi.ts';
import type { PodFiles } from '../pod-files.ts';

/** A volume that is ready to be mounted into containers of one Pod. */
export interface MountedVolume {
  readonly store: FileStore;
  /** What of the store it is; '' all of it. */
  readonly path: string;
  /** No container may write to it, whatever its mount says. */
  readonly readOnly: boolean;
  /** Folder of its plugin on the node's disk; '': it is the path itself (hostPath). */
  readonly plugin: string;
  /** Bytes on the node's disk go back when it is unmounted. */
  readonly own: boolean;
}

export const CSI_PLUGIN = 'kubernetes.io~csi';

/** Files that every machine brings (Debian). /var/local belongs to group staff. */
const NODE_FILES = {
  '/etc/hosts': '127.0.0.1 localhost\n',
  '/etc/machine-id': '',
  '/etc/os-release': 'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\n',
  '/etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
  '/dev/null': { kind: 'character device', mode: 0o666, device: [1, 3] },
  '/dev/zero': { kind: 'character device', mode: 0o666, device: [1, 5] },
  '/dev/random': { kind: 'character device', mode: 0o666, device: [1, 8] },
  '/dev/urandom': { kind: 'character device', mode: 0o666, device: [1, 9] },
  '/dev/sda': { kind: 'block device', mode: 0o660, device: [8, 0] },
  '/run/containerd/containerd.sock': { kind: 'socket', mode: 0o660 },
  '/tmp': { kind: 'directory', mode: 0o1777 },
  '/var/local': { kind: 'directory', mode: 0o2775, gid: 50 },
  '/var/run': { kind: 'link', content: '/run' },
  '/var/tmp': { kind: 'directory', mode: 0o1777 },
} as const;
const NODE_DIRECTORIES = [
  '/etc/cni/net.d',
  '/etc/kubernetes/manifests',
  '/home',
  '/media',
  '/mnt',
  '/opt',
  '/proc',
  '/root',
  '/srv',
  '/sys',
  '/usr/bin',
  '/usr/local/bin',
  '/var/lib/containerd',
  '/var/lib/kubelet/pods',
  '/var/log/containers',
  '/var/log/pods',
];

export class NodeVolumes {
  readonly #kernel: Kernel;
  readonly #pods = new Map<string, Map<string, MountedVolume>>();
  /** What containers of a Pod share beside volumes, by uid. */
  readonly files = new Map<string, PodFiles>();
  /** uids of Pods whose volumes were unmounted when the power went. */
  readonly unmounted = new Set<string>();
  /** Shared by everything that is stored on the machine. */
  readonly disk: Disk;
  /** Volumes of storage drivers. */
  readonly csi: NodeCsi;
  /** The node's own files, for hostPath. */
  readonly host: NodeDisk;

  constructor(kernel: Kernel, disk: Disk, csi: NodeCsi = new NodeCsi()) {
    this.#kernel = kernel;
    this.csi = csi;
    this.disk = disk;
    const base = (): FileTree => new FileTree(NODE_FILES, NODE_DIRECTORIES);
    this.host = new NodeDisk({ base, clock: kernel, disk: this.disk });
  }

  get(uid: string, name: string): MountedVolume | undefined {
    return this.#pods.get(uid)?.get(name);
  }

  of(uid: string): ReadonlyMap<string, MountedVolume> | undefined {
    return this.#pods.get(uid);
  }

  set(uid: string, name: string, volume: MountedVolume): void {
    let volumes = this.#pods.get(uid);
    if (!volumes) this.#pods.set(uid, (volumes = new Map()));
    volumes.set(name, volume);
  }

  /** Files that the kubelet makes; |tree| is asked for when somebody first looks. */
  written(tree: () => FileTree, onDisk: boolean): FileStore {
    const clock = this.#kernel;
    if (onDisk) return new FileStore({ base: tree, clock, disk: this.disk });
    return new FileStore({ base: tree, clock, type: 'tmpfs' });
  }

  /** The power is gone: what lay in memory is lost. */
  lose(): void {
    for (const [uid, volumes] of this.#pods) {
      for (const [name, { own, plugin, store }] of volumes) {
        if (own && store.type === 'tmpfs') store.discard();
        // Another machine may have the disk before this one is back.
        if (plugin !== CSI_PLUGIN) continue;
        volumes.delete(name);
        this.unmounted.add(uid);
      }
    }
    this.csi.lose();
    this.files.clear();
  }

  unmountAll(uid: string): void {
    for (const volume of this.#pods.get(uid)?.values() ?? []) {
      if (volume.own) volume.store.discard();
    }
    this.#pods.delete(uid);
    this.unmounted.delete(uid);
    this.csi.release(uid);
    this.files.get(uid)?.discard();
    this.files.delete(uid);
  }
}

/** Where a volume lies on the node's disk, as messages name it. */
export function volumeDirectory(uid: string, name: string, volume: MountedVolume): string {
  if (volume.plugin === '') return volume.path === '' ? '/' : volume.path;
  return `/var/lib/kubelet/pods/${uid}/volumes/${volume.plugin}/${name}`;
}
