/**
 * Static Pods as files: the manifest folder on the node's own disk, read when the kubelet starts,
 * whenever a file in it changes, and every 20 seconds.
 *
 * Models:     pkg/kubelet/config/file.go, file_linux.go (v1.36)
 * Simplified: the look of every 20 s is left out while nothing has changed since the last one
 */
import type { Pod } from '../../../api/generated/types.ts';
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import { rfc3339Micro } from '../../../api/meta/time.ts';
import type { NodeDisk } from '../runtime/node-disk.ts';
import { joinPath, parentOf } from '../runtime/file-tree.ts';
import { readManifest } from './static-manifest.ts';

/** staticPodPath as kubeadm sets it. */
export const MANIFESTS = '/etc/kubernetes/manifests';
/** pkg/kubelet/apis/config/v1beta1 defaults.go: fileCheckFrequency. */
const CHECK_US = 20_000_000;
/** From the change of a file to inotify's event in the kubelet. */
const NOTICE_US = 2_000;
/** maxConfigLength of common.go. */
const MAX_LENGTH = 10 * 1024 * 1024;

export interface FileSourceOptions {
  readonly kernel: Kernel;
  readonly scope: Scope;
  readonly disk: NodeDisk;
  readonly node: string;
  readonly actor: string;
  /** All static Pods there are now. */
  readonly onPods: (pods: readonly Pod[]) => void;
}

export class FileSource {
  #options: FileSourceOptions;
  #startedAt: number;
  /** By path: what the file held when it could be read last. */
  #pods = new Map<string, { readonly text: string; readonly pod: Pod }>();
  #touched = new Set<string>();
  #unwatch: () => void = () => undefined;
  #checkDue = false;

  constructor(options: FileSourceOptions) {
    this.#options = options;
    this.#startedAt = options.kernel.now;
  }

  start(): void {
    const { disk } = this.#options;
    this.#unwatch = disk.watch((path) => this.#changed(path));
    this.#list();
  }

  stop(): void {
    this.#unwatch();
  }

  #changed(path: string): void {
    if (parentOf(path) !== MANIFESTS || isHidden(path)) return;
    const { kernel, scope } = this.#options;
    if (this.#touched.size === 0) kernel.after(NOTICE_US, () => this.#consume(), { scope });
    this.#touched.add(path);
    this.#scheduleCheck();
  }

  /** What inotify has told: a file that cannot be read leaves what it held before. */
  #consume(): void {
    const paths = [...this.#touched];
    this.#touched.clear();
    for (const path of paths) {
      if (this.#options.disk.kind(path) === null) this.#pods.delete(path);
      else this.#read(path);
    }
    this.#tell();
  }

  #scheduleCheck(): void {
    if (this.#checkDue) return;
    this.#checkDue = true;
    const { kernel, scope } = this.#options;
    const wait = CHECK_US - ((kernel.now - this.#startedAt) % CHECK_US);
    kernel.after(
      wait,
      () => {
        this.#checkDue = false;
        this.#list();
      },
      { scope, periodic: true },
    );
  }

  /** listConfig: only what can be read now counts. */
  #list(): void {
    const { disk } = this.#options;
    const paths = (disk.list(MANIFESTS) ?? []).map((name) => joinPath(MANIFESTS, name));
    const present = new Set(paths.filter((p) => !isHidden(p) && this.#read(p)));
    for (const path of this.#pods.keys()) if (!present.has(path)) this.#pods.delete(path);
    this.#tell();
  }

  /** False when the file holds no Pod; that is logged. */
  #read(path: string): boolean {
    const { disk, kernel, node } = this.#options;
    if (disk.kind(path) === 'directory') {
      return this.#complain(path, 'Provided manifest path is a directory, not recursing into it');
    }
    const text = disk.read(path) ?? '';
    if (this.#pods.get(path)?.text === text) return true;
    if (text.length > MAX_LENGTH) return this.#complain(path, 'the read limit is reached');
    const seen = rfc3339Micro(kernel.epochMs, kernel.now).replace('Z', '000Z');
    const pod = readManifest(text, { path, node, seen });
    if (typeof pod === 'string') return this.#complain(path, pod);
    this.#pods.set(path, { text, pod });
    return true;
  }

  #complain(path: string, why: string): false {
    const { kernel, actor } = this.#options;
    const detail = { path, err: why };
    kernel.point({ kind: 'note', name: 'Could not process manifest file', from: actor, detail });
    return false;
  }

  /** Two files may name the same Pod: the later one counts, as in upstream's store. */
  #tell(): void {
    const byName = new Map<string, Pod>();
    for (const path of [...this.#pods.keys()].sort()) {
      const pod = this.#pods.get(path)?.pod;
      if (pod) byName.set(`${pod.metadata.namespace ?? ''}/${pod.metadata.name}`, pod);
    }
    this.#options.onPods([...byName.values()]);
  }
}

function isHidden(path: string): boolean {
  return path.slice(MANIFESTS.length + 1).startsWith('.');
}
