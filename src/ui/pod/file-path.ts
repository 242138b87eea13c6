/** Paths of a container's files, and modes as `ls -l` writes them. */
import type { FileRow } from '../../port/protocol-pod.ts';

export function parentOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end <= 0 ? '/' : path.slice(0, end);
}

export function pathIn(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

const KIND_LETTERS = { directory: 'd', link: 'l', file: '-', other: 'c' } as const;

/** `drwxr-xr-x`, with the letters of setuid, setgid and the sticky bit. */
export function modeText({ kind, mode }: Pick<FileRow, 'kind' | 'mode'>): string {
  const part = (shift: number, special: boolean, letters: string): string => {
    const bits = (mode >> shift) & 7;
    const runs = (bits & 1) !== 0;
    const [both = '', only = ''] = letters;
    return (
      (bits & 4 ? 'r' : '-') +
      (bits & 2 ? 'w' : '-') +
      (special ? (runs ? both : only) : runs ? 'x' : '-')
    );
  };
  return (
    KIND_LETTERS[kind] +
    part(6, (mode & 0o4000) !== 0, 'sS') +
    part(3, (mode & 0o2000) !== 0, 'sS') +
    part(0, (mode & 0o1000) !== 0, 'tT')
  );
}
