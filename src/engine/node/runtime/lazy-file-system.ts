/** A file system that is built when somebody first looks at it: most volumes are never read. */
import type { FileStat, FileSystem } from './program.ts';

export class LazyFileSystem implements FileSystem {
  #build: (() => FileSystem) | null;
  #files: FileSystem | null = null;

  constructor(build: () => FileSystem) {
    this.#build = build;
  }

  get #fs(): FileSystem {
    if (this.#files) return this.#files;
    const files = (this.#build as () => FileSystem)();
    this.#files = files;
    this.#build = null;
    return files;
  }

  read(path: string): string | undefined {
    return this.#fs.read(path);
  }

  write(path: string, content: string, append: boolean): string | null {
    return this.#fs.write(path, content, append);
  }

  remove(path: string): string | null {
    return this.#fs.remove(path);
  }

  list(path: string): readonly string[] | undefined {
    return this.#fs.list(path);
  }

  makeDirectory(path: string): string | null {
    return this.#fs.makeDirectory(path);
  }

  kind(path: string): 'file' | 'directory' | null {
    return this.#fs.kind(path);
  }

  stat(path: string): FileStat | null {
    return this.#fs.stat(path);
  }

  setMode(path: string, mode: number): string | null {
    return this.#fs.setMode(path, mode);
  }

  touch(path: string): string | null {
    return this.#fs.touch(path);
  }
}
