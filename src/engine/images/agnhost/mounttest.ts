/**
 * `agnhost mounttest`: tells of files in volumes what they hold and how they may be used.
 *
 * Models:     test/images/agnhost/mounttest mt.go, mt_utils.go (v1.36)
 * Simplified: no types of file systems and no owners, which files do not have here
 */
import { goQuote } from '../../../api/meta/go-text.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { flag, numberFlag } from './program.ts';

const INITIAL = 'mount-tester new file\n';
const NEW_FILES: Readonly<Record<string, number>> = {
  new_file_0644: 0o644,
  new_file_0666: 0o666,
  new_file_0660: 0o660,
  new_file_0777: 0o777,
};
const NOT_SIMULATED = ['fs_type', 'file_owner'];
const RETRY_SECONDS = 180;
const PAUSE_US = 2 * MICROS_PER_SECOND;

export function* mounttest(context: ProcessContext, args: readonly string[]): Proc<number> {
  let isFine = true;
  const given = (name: string): string => flag(args, name) ?? '';
  for (const name of NOT_SIMULATED) {
    if (given(name) === '') continue;
    context.stdout(`--${name} is not simulated\n`);
    isFine = false;
  }
  for (const [name, mode] of Object.entries(NEW_FILES)) {
    const path = given(name);
    if (path !== '') isFine = writeNew(context, path, mode) && isFine;
  }
  const modeOf = given('file_mode');
  if (modeOf !== '') isFine = tellMode(context, 'mode', modeOf) && isFine;
  const permissionsOf = given('file_perm');
  if (permissionsOf !== '') isFine = tellMode(context, 'perms', permissionsOf) && isFine;
  const content = given('file_content');
  if (content !== '') isFine = tellContent(context, content) && isFine;
  const watched = given('file_content_in_loop');
  if (watched !== '') isFine = (yield* tellAgain(context, watched, args)) && isFine;
  return isFine ? 0 : 1;
}

function tellContent(context: ProcessContext, path: string): boolean {
  const content = context.fs.read(path);
  if (content === undefined) {
    const why = `open ${path}: no such file or directory`;
    context.stdout(`error reading file content for ${goQuote(path)}: ${why}\n`);
    return false;
  }
  context.stdout(`content of file ${goQuote(path)}: ${content}\n`);
  return true;
}

function writeNew(context: ProcessContext, path: string, mode: number): boolean {
  const error = context.fs.write(path, INITIAL, false) ?? context.fs.setMode(path, mode);
  if (error === null) return tellContent(context, path);
  const why = `open ${path}: ${error.toLowerCase()}`;
  context.stdout(`error writing new file ${goQuote(path)}: ${why}\n`);
  return false;
}

function tellMode(context: ProcessContext, what: 'mode' | 'perms', path: string): boolean {
  const stat = context.fs.stat(path);
  if (!stat) {
    const why = `stat ${path}: no such file or directory`;
    context.stdout(`error from Stat(${goQuote(path)}): ${why}\n`);
    return false;
  }
  const type = what === 'mode' && stat.kind === 'directory' ? 'd' : '-';
  context.stdout(`${what} of file ${goQuote(path)}: ${type}${permissions(stat.mode)}\n`);
  return true;
}

function permissions(mode: number): string {
  return [...'rwxrwxrwx'].map((c, i) => ((mode >> (8 - i)) & 1 ? c : '-')).join('');
}

function* tellAgain(context: ProcessContext, path: string, args: readonly string[]): Proc<boolean> {
  const until = numberFlag(args, 'retry_time', RETRY_SECONDS) * MICROS_PER_SECOND;
  const breaks = flag(args, 'break_on_expected_content') !== 'false';
  const startedAt = context.kernel.now;
  let content: string | undefined;
  for (; context.kernel.now - startedAt < until; yield context.rest(PAUSE_US)) {
    content = context.fs.read(path);
    if (content === undefined) {
      const why = `open ${path}: no such file or directory`;
      context.stdout(`Error reading file ${path}: ${why}, retrying\n`);
      continue;
    }
    context.stdout(`content of file ${goQuote(path)}: ${content}\n`);
    if (!breaks) continue;
    if (content === INITIAL) break;
    context.stdout(`Unexpected content. Expected: ${INITIAL}. Retrying\n`);
  }
  return content !== undefined;
}
