/** The file system of a container or a node as it is now, read from outside of the simulation. */
import type { FileRow, FilesAnswer } from '../../port/protocol-pod.ts';
import type { Cluster } from '../cluster.ts';
import type { FileSystem } from '../node/runtime/program.ts';

/** Longer texts are cut: a page shows a beginning, not a disk. */
const MAX_TEXT_LENGTH = 200_000;
/** Entries of one directory. */
const MAX_ROWS = 2_000;

export function filesOf(
  cluster: Cluster,
  question: { readonly pod: string; readonly container: string; readonly path: string },
): FilesAnswer {
  const path = cleanPath(question.path);
  const fs = fileSystem(cluster, question.pod, question.container);
  if (!fs) return { type: 'none', path, message: 'not-started' };
  const names = fs.list(path);
  if (names) {
    const rows = names.slice(0, MAX_ROWS).flatMap((name) => rowOf(fs, path, name) ?? []);
    return { type: 'directory', path, rows: rows.sort(byKindAndName) };
  }
  const text = fs.read(path);
  const stat = fs.stat(path);
  if (text === undefined || !stat) {
    return { type: 'none', path, message: stat ? 'special' : 'no-such-file' };
  }
  const cut = text.length > MAX_TEXT_LENGTH;
  return {
    type: 'file',
    path,
    text: cut ? text.slice(0, MAX_TEXT_LENGTH) : text,
    size: stat.size,
    cut,
  };
}

/** Of the newest container of that name; what it wrote stays readable after its end. */
function fileSystem(cluster: Cluster, ref: string, name: string): FileSystem | null {
  if (ref.startsWith('Node//')) {
    return cluster.machines.get(ref.slice('Node//'.length))?.files ?? null;
  }
  const found = cluster.findPod(ref);
  return found?.machine.runtime.container(found.uid, name)?.fs ?? null;
}

function rowOf(fs: FileSystem, directory: string, name: string): FileRow | null {
  const path = directory === '/' ? `/${name}` : `${directory}/${name}`;
  const stat = fs.linkStat(path);
  if (!stat) return null;
  const { kind, size, mode, modifiedAt } = stat;
  const isPlain = kind === 'file' || kind === 'directory' || kind === 'link';
  const target = fs.readLink(path) ?? '';
  return { name, kind: isPlain ? kind : 'other', size, mode, modifiedAt, target };
}

function byKindAndName(a: FileRow, b: FileRow): number {
  const order = Number(b.kind === 'directory') - Number(a.kind === 'directory');
  return order !== 0 ? order : a.name < b.name ? -1 : 1;
}

/** Absolute, without empty parts, `.` and `..`. */
function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
