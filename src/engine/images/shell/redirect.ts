/**
 * Redirections. Models: busybox ash redir.c, its error texts. Simplified: `<>` opens for reading.
 */
import type { HereDoc, Redirect, Redirection } from 'unbash';
import type { Proc } from '../../../kernel/process.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import { type OpenFile, TextInput } from '../../node/runtime/open-file.ts';
import type { OpenMode } from '../../node/runtime/program.ts';
import { expandQuotedParts, expandText } from './expand.ts';
import type { Shell } from './shell.ts';

/** Applies redirections to the process, in order; answers an error text, or null. */
export function* applyRedirections(
  shell: Shell,
  list: readonly Redirection[],
): Proc<string | null> {
  for (const redirection of list) {
    const error = yield* apply(shell, redirection);
    if (error !== null) return error;
  }
  return null;
}

function* apply(shell: Shell, redirection: Redirection): Proc<string | null> {
  const descriptor = redirection.descriptor;
  const fd = descriptor?.type === 'FileDescriptor' ? descriptor.value : null;
  if (redirection.type === 'HereString') return 'syntax error: unexpected redirection';
  if (redirection.type === 'HereDoc') {
    shell.context.setFile(fd ?? 0, new TextInput(yield* hereDocument(shell, redirection)));
    return null;
  }
  const target = redirection.target ? yield* expandText(shell, redirection.target) : '';
  return applyTo(shell, redirection, fd, target);
}

function* hereDocument(shell: Shell, { body, delimiter, operator }: HereDoc): Proc<string> {
  const strip = (text: string): string => (operator === '<<-' ? text.replace(/^\t+/gm, '') : text);
  if (delimiter?.quoted || !body.parts) return strip(body.text);
  return strip(yield* expandQuotedParts(shell, body.parts));
}

function applyTo(
  shell: Shell,
  redirect: Redirect,
  fd: number | null,
  target: string,
): string | null {
  switch (redirect.operator) {
    case '<':
    case '<>':
      return openTo(shell, fd ?? 0, target, 'read');
    case '>':
      if (shell.options.has('noclobber') && isRegularFile(shell, target)) {
        return `can't create ${target}: File exists`;
      }
      return openTo(shell, fd ?? 1, target, 'write');
    case '>|':
      return openTo(shell, fd ?? 1, target, 'write');
    case '>>':
      return openTo(shell, fd ?? 1, target, 'append');
    case '<&':
      return duplicate(shell, fd ?? 0, target);
    case '>&':
      if (fd === null && !/^(\d+|-)$/.test(target)) return openBoth(shell, target, 'write');
      return duplicate(shell, fd ?? 1, target);
    case '&>':
      return openBoth(shell, target, 'write');
    case '&>>':
      return openBoth(shell, target, 'append');
  }
}

function isRegularFile(shell: Shell, path: string): boolean {
  const full = resolvePath(shell.context.cwd, path);
  return !full.startsWith('/dev/') && shell.context.fs.kind(full) === 'file';
}

function openTo(shell: Shell, fd: number, path: string, mode: OpenMode): string | null {
  const file = shell.context.open(path, mode);
  if (typeof file === 'string') return openFailure(path, mode, file);
  shell.context.setFile(fd, file);
  return null;
}

function openBoth(shell: Shell, path: string, mode: OpenMode): string | null {
  return openTo(shell, 1, path, mode) ?? duplicate(shell, 2, '1');
}

/** ash words the common refusals in its own way. */
function openFailure(path: string, mode: OpenMode, error: string): string {
  const missing = error === 'No such file or directory';
  if (mode === 'read') return `can't open ${path}: ${missing ? 'no such file' : error}`;
  return `can't create ${path}: ${missing ? 'nonexistent directory' : error}`;
}

function duplicate(shell: Shell, fd: number, target: string): string | null {
  if (target === '-') {
    shell.context.setFile(fd, undefined);
    return null;
  }
  const file: OpenFile | undefined = /^\d+$/.test(target)
    ? shell.context.files[Number(target)]
    : undefined;
  if (!file) return `${target}: Bad file descriptor`;
  file.retain();
  shell.context.setFile(fd, file);
  return null;
}
