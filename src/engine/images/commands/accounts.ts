/** Names of users and groups, as the container's own files tell them. Models: getpwuid(3), getgrgid(3) */
import type { FileSystem } from '../../node/runtime/program.ts';

export interface AccountNames {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

export function accountNames(fs: FileSystem): AccountNames {
  return { users: namesIn(fs, '/etc/passwd'), groups: namesIn(fs, '/etc/group') };
}

/** The first entry with a number counts. */
function namesIn(fs: FileSystem, path: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of (fs.read(path) ?? '').split('\n')) {
    const [name, , id = ''] = line.split(':');
    if (name !== undefined && /^\d+$/.test(id) && !names.has(Number(id))) {
      names.set(Number(id), name);
    }
  }
  return names;
}
