/**
 * The logs of containers as files of the node: /var/log/pods, and the links to them in
 * /var/log/containers. They are written from the moment on when somebody can see them.
 *
 * Models: pkg/kubelet/kuberuntime/legacy.go, helpers.go BuildPodLogsDirectory (v1.36); the lines are
 * those of containerd's CRI logger.
 * Simplified: a file that is full begins anew, its old content is gone; before anybody mounts the
 * folder there are no files.
 */
import { rfc3339Micro } from '../../../api/meta/time.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { joinPath, parentOf } from './file-tree.ts';
import type { NodeDisk } from './node-disk.ts';
import type { RuntimeContainer } from './runtime-container.ts';

const PODS = '/var/log/pods';
const CONTAINERS = '/var/log/containers';
const LOGS = '/var/log';

/** True when whoever sees |path| of the node's disk sees logs. */
export function showsLogs(path: string): boolean {
  const plain = `${path.replace(/\/$/, '')}/`;
  return plain.startsWith(`${LOGS}/`) || `${LOGS}/`.startsWith(plain);
}

export class LogFiles {
  readonly #kernel: Kernel;
  readonly #disk: NodeDisk;
  /** Those of the runtime. */
  readonly #all: () => Iterable<RuntimeContainer>;
  /** Files of each container, by its id. */
  readonly #written = new Map<string, readonly string[]>();
  #shown = false;

  constructor(kernel: Kernel, disk: NodeDisk, all: () => Iterable<RuntimeContainer>) {
    this.#kernel = kernel;
    this.#disk = disk;
    this.#all = all;
  }

  /** Somebody can see the files from now on. */
  show(): void {
    if (this.#shown) return;
    this.#shown = true;
    for (const container of this.#all()) this.added(container);
  }

  added(container: RuntimeContainer): void {
    if (!this.#shown) return;
    const { info, log } = container;
    const path = fileOf(container);
    this.#makeDirectory(parentOf(path));
    this.#disk.makeSymbolicLink(path, linkOf(container));
    let position = 0;
    const write = (): void => {
      const lines = log.from(position);
      position = log.end;
      const text = lines.map(({ at, partial, stream, text: said }) => {
        const time = rfc3339Micro(this.#kernel.epochMs, at).replace(/\.?0+Z$/, 'Z');
        return `${time} ${stream} ${partial ? 'P' : 'F'} ${said}\n`;
      });
      // A disk that is full loses them, as a real one does.
      if (text.length === 0) return;
      const isFull = (this.#disk.stat(path)?.size ?? 0) > MAX_FILE_BYTES;
      this.#disk.write(path, text.join(''), !isFull, FILE_MODE);
    };
    this.#disk.write(path, '', true, FILE_MODE);
    write();
    log.follow({ more: write, end: write });
    this.#written.set(info.id, [linkOf(container), path]);
  }

  removed({ info }: RuntimeContainer): void {
    for (const path of this.#written.get(info.id) ?? []) this.#disk.remove(path);
    this.#written.delete(info.id);
  }

  #makeDirectory(path: string): void {
    if (path === '/' || this.#disk.kind(path) === 'directory') return;
    this.#makeDirectory(parentOf(path));
    this.#disk.makeDirectory(path);
  }
}

const FILE_MODE = 0o640;
/** containerLogMaxSize. */
const MAX_FILE_BYTES = 10 * 1024 * 1024;

function fileOf({ info, pod }: RuntimeContainer): string {
  const { name, namespace, uid } = pod;
  const directory = joinPath(PODS, `${namespace}_${name}_${uid}`);
  return joinPath(joinPath(directory, info.name), `${info.restartCount}.log`);
}

function linkOf({ info, pod }: RuntimeContainer): string {
  return joinPath(CONTAINERS, `${pod.name}_${pod.namespace}_${info.name}-${info.id}.log`);
}
