/** File names that a pattern stands for. Models: glob(3), names sorted by byte. */
import { joinPath, resolvePath } from '../../node/runtime/file-tree.ts';
import type { FileSystem } from '../../node/runtime/program.ts';
import { isPattern, matchesPattern, unescapePattern } from './pattern.ts';

/** All names that match, in order; empty when none does. */
export function expandGlob(fs: FileSystem, cwd: string, pattern: string): string[] {
  const absolute = pattern.startsWith('/');
  const segments = pattern.split('/').filter((segment) => segment !== '');
  let found: string[] = [absolute ? '/' : ''];
  for (const [i, segment] of segments.entries()) {
    const isLast = i === segments.length - 1;
    found = found.flatMap((base) => step(fs, cwd, base, segment, isLast));
    if (found.length === 0) return [];
  }
  return pattern.endsWith('/') ? found.map((path) => `${path}/`) : found;
}

function step(
  fs: FileSystem,
  cwd: string,
  base: string,
  segment: string,
  isLast: boolean,
): string[] {
  const directory = resolvePath(cwd, base === '' ? '.' : base);
  const named = (name: string): string => (base === '' ? name : joinPath(base, name));
  if (!isPattern(segment)) {
    const name = unescapePattern(segment);
    const kind = fs.kind(resolvePath(directory, name));
    return kind === 'directory' || (isLast && kind !== null) ? [named(name)] : [];
  }
  const names = fs.list(directory) ?? [];
  return (segment.startsWith('.') ? ['.', '..', ...names] : names)
    .filter(
      (name) => (segment.startsWith('.') || !name.startsWith('.')) && matchesPattern(segment, name),
    )
    .filter((name) => isLast || fs.kind(joinPath(directory, name)) === 'directory')
    .map(named);
}
