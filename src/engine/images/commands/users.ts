/** Numbers of users and groups, as /etc/passwd and /etc/group of the container have them. */
import type { FileSystem } from '../../node/runtime/program.ts';

type Table = '/etc/passwd' | '/etc/group';

function* rows(fs: FileSystem, table: Table): Generator<readonly string[]> {
  for (const line of (fs.read(table) ?? '').split('\n')) {
    const fields = line.split(':');
    if (fields.length >= 3) yield fields;
  }
}

function idOf(fs: FileSystem, table: Table, text: string): number | undefined {
  for (const [name, , number] of rows(fs, table)) if (name === text) return Number(number);
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Of a name or a number. */
export function userId(fs: FileSystem, text: string): number | undefined {
  return idOf(fs, '/etc/passwd', text);
}

export function groupId(fs: FileSystem, text: string): number | undefined {
  return idOf(fs, '/etc/group', text);
}

/** Primary group of a user: `chown user:` means it. */
export function primaryGroup(fs: FileSystem, text: string): number | undefined {
  for (const [name, , , gid] of rows(fs, '/etc/passwd')) if (name === text) return Number(gid);
  return undefined;
}
