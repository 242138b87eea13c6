/**
 * Files that a Pod's containers share beside its volumes: /etc/hosts and its kin, shared memory, and
 * for each container the file that it leaves its last words in. They are made when somebody first
 * looks: most containers never do, and there are many.
 *
 * Models: pkg/kubelet/kubelet_pods.go ensureHostsFile, kuberuntime_container.go makeMounts (v1.36);
 * containerd 2.x internal/cri/server sandbox_run_linux.go
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import { Disk, FileStore } from '../runtime/file-system.ts';
import { FileTree } from '../runtime/file-tree.ts';
import type { Mount } from '../runtime/mount-table.ts';
import type { KubeletContext } from './context.ts';
import { hostname, hostsFile, resolvConf } from './etc-files.ts';
import type { PodRecord } from './pod-record.ts';

/** containerd defaultShmSize. */
const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;
const SHARED_MEMORY_TREE = new FileTree({ '/': { kind: 'directory', mode: 0o1777 } });
const MESSAGE_FILE = '/message';
/** The kubelet makes the file for everybody (kuberuntime_container.go). */
const MESSAGE_TREE = new FileTree({ [MESSAGE_FILE]: { content: '', mode: 0o666 } });

export class PodFiles {
  readonly #context: KubeletContext;
  readonly #p: PodRecord;
  readonly #madeAt: number;
  #etc: FileStore | null = null;
  #memory: FileStore | null = null;
  /** '' on the node's network. */
  readonly ip: string;

  constructor(context: KubeletContext, p: PodRecord, ip: string) {
    this.#context = context;
    this.#p = p;
    this.ip = ip;
    this.#madeAt = context.kernel.now;
  }

  get etc(): FileStore {
    this.#etc ??= this.#context.volumes.written(() => this.#etcTree(), true);
    return this.#etc;
  }

  get memory(): FileStore {
    this.#memory ??= new FileStore({
      base: SHARED_MEMORY_TREE,
      clock: this.#context.kernel,
      type: 'tmpfs',
      disk: new Disk(SHARED_MEMORY_BYTES),
    });
    return this.#memory;
  }

  get madeEtc(): FileStore | null {
    return this.#etc;
  }

  get madeMemory(): FileStore | null {
    return this.#memory;
  }

  discard(): void {
    this.#etc?.discard();
  }

  #etcTree(): FileTree {
    const { volumes, node: name, hostIP: address } = this.#context;
    const { pod } = this.#p;
    const modifiedAt = this.#madeAt;
    const node = { name, address, hosts: volumes.host.read('/etc/hosts') ?? '' };
    return new FileTree({
      '/hosts': { content: hostsFile(pod, this.ip, node), modifiedAt },
      '/hostname': { content: `${hostname(pod, name)}\n`, modifiedAt },
      '/resolv.conf': { content: resolvConf(pod, node), modifiedAt },
    });
  }
}

const PLACES = {
  '/etc/hosts': '/hosts',
  '/etc/hostname': '/hostname',
  '/etc/resolv.conf': '/resolv.conf',
  '/dev/shm': undefined,
} as const;

export type SharedPath = keyof typeof PLACES;

export const SHARED_PATHS = Object.keys(PLACES) as SharedPath[];

export class SharedMount implements Mount {
  readonly path: SharedPath;
  readonly #files: PodFiles;

  constructor(path: SharedPath, files: PodFiles) {
    this.path = path;
    this.#files = files;
  }

  get source(): FileStore {
    return this.path === '/dev/shm' ? this.#files.memory : this.#files.etc;
  }

  get made(): FileStore | null {
    return this.path === '/dev/shm' ? this.#files.madeMemory : this.#files.madeEtc;
  }

  get sourcePath(): string {
    return PLACES[this.path] ?? '';
  }
}

/** The termination message of one container. */
export class MessageMount implements Mount {
  readonly path: string;
  readonly #kernel: Kernel;
  #store: FileStore | null = null;

  constructor(path: string, kernel: Kernel) {
    this.path = path;
    this.#kernel = kernel;
  }

  get source(): FileStore {
    this.#store ??= new FileStore({ base: MESSAGE_TREE, clock: this.#kernel });
    return this.#store;
  }

  get made(): FileStore | null {
    return this.#store;
  }

  get sourcePath(): string {
    return MESSAGE_FILE;
  }
}
