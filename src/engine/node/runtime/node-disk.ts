/**
 * The disk of a machine: a file system that tells who listens what has changed, as inotify does.
 *
 * Models: inotify(7), as far as the kubelet's file source uses it
 */
import { MemoryFileSystem } from './memory-file-system.ts';

export class NodeDisk extends MemoryFileSystem {
  #listeners: ((path: string) => void)[] = [];

  /** Calls |changed| with the path of whatever is written, made or removed; the answer ends it. */
  watch(changed: (path: string) => void): () => void {
    this.#listeners.push(changed);
    return () => {
      this.#listeners = this.#listeners.filter((l) => l !== changed);
    };
  }

  protected override noteChange(path: string): void {
    for (const changed of this.#listeners) changed(path);
  }
}
