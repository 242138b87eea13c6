/**
 * `--manifests NODE=DIR`: files of DIR are put into the manifest folder of the node NODE as they come and
 * change there, and are taken out when they go. What the node has beside them is left alone.
 */
import fs from 'node:fs';
import path from 'node:path';
import { MANIFESTS } from '../../engine/node/kubelet/file-source.ts';
import type { NodeCommand } from '../../port/protocol-node.ts';

/** Editors write in several steps. */
const SETTLE_MS = 100;

export interface FolderOfNode {
  readonly node: string;
  readonly dir: string;
}

/** From `node-1=./manifests`; null: it is not of that form. */
export function parseFolder(text: string): FolderOfNode | null {
  const at = text.indexOf('=');
  const dir = text.slice(at + 1);
  return at < 1 || dir === '' ? null : { node: text.slice(0, at), dir };
}

export interface FolderHost {
  /** What the node has there; undefined: no such file. */
  read(node: string, file: string): string | undefined;
  give(command: NodeCommand): void;
  /** The folder cannot be read any more; the node keeps what it has. */
  failed(message: string): void;
}

/** Looks now and whenever something changes; the answer ends it. Throws when DIR cannot be read. */
export function followFolder({ node, dir }: FolderOfNode, host: FolderHost): () => void {
  const known = new Set<string>();
  const look = (): void => {
    const present = filesOf(dir);
    for (const name of present) {
      const content = fs.readFileSync(path.join(dir, name), 'utf8');
      const file = `${MANIFESTS}/${name}`;
      known.add(name);
      if (host.read(node, file) === content) continue;
      host.give({ type: 'write-node-file', node, path: file, content });
    }
    for (const name of known) {
      if (present.has(name)) continue;
      known.delete(name);
      const file = `${MANIFESTS}/${name}`;
      if (host.read(node, file) === undefined) continue;
      host.give({ type: 'write-node-file', node, path: file, content: null });
    }
  };
  look();
  let timer: NodeJS.Timeout | null = null;
  const watcher = fs.watch(dir, () => {
    timer ??= setTimeout(() => {
      timer = null;
      try {
        look();
      } catch (error) {
        host.failed(error instanceof Error ? error.message : String(error));
      }
    }, SETTLE_MS);
  });
  return () => {
    watcher.close();
    if (timer) clearTimeout(timer);
  };
}

/** Hidden files are editors' own; the kubelet would not read them either. */
function filesOf(dir: string): ReadonlySet<string> {
  const entries = fs.readdirSync(dir, { withFileTypes: true });
  const files = entries.filter((e) => e.isFile() && !e.name.startsWith('.'));
  return new Set(files.map((e) => e.name));
}
