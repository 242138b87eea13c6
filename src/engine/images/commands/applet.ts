/**
 * What a small Unix command is here: a function over its process context. `applet` makes a program
 * of it and reports output that could not be written, as busybox does when it ends.
 *
 * Models: busybox 1.36 applets (libbb). The messages are those of busybox with glibc.
 */
import type { Proc } from '../../../kernel/process.ts';
import { DEFAULT_PATH, searchExecutable } from '../../node/runtime/executables.ts';
import { NO_SUCH_FILE } from '../../node/runtime/file-system.ts';
import { resolvePath } from '../../node/runtime/file-tree.ts';
import type {
  ChildProcess,
  ExitStatus,
  ProcessContext,
  Program,
} from '../../node/runtime/program.ts';

export type Applet = (context: ProcessContext, args: readonly string[]) => Proc<number>;

/** Modelled CPU time of one line or file looked at. */
export const LINE_US = 1;
export const FILE_US = 20;

export function applet(name: string, run: Applet): Program {
  return function* program(context: ProcessContext): Proc<number> {
    const code = yield* run(context, context.argv.slice(1));
    if (context.outputError === null) return code;
    context.stderr(`${name}: write error: ${context.outputError}\n`);
    return 1;
  };
}

/** Prints busybox's usage text for a bad option and answers its exit code. */
export function usage(
  context: ProcessContext,
  name: string,
  synopsis: string,
  option?: string,
): number {
  if (option !== undefined) {
    const what = option.startsWith('--')
      ? `unrecognized option '${option}'`
      : `invalid option -- '${option}'`;
    context.stderr(`${name}: ${what}\n`);
  }
  context.stderr(`BusyBox v1.36.1 multi-call binary.\n\nUsage: ${name} ${synopsis}\n`);
  return 1;
}

export interface Options {
  /** Letter → values, in order; an empty text for a flag without value. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly operands: readonly string[];
  /** The first option that is not known. */
  readonly unknown?: string;
}

/**
 * Reads options as getopt does: letters in |flags|, those in |valued| take a value. Long options
 * are
 * read through |long| (name → letter). Operands may stand between options unless |strict|.
 */
export function readOptions(
  args: readonly string[],
  flags: string,
  valued = '',
  long: Readonly<Record<string, string>> = {},
  strict = false,
): Options {
  const found = new Map<string, string[]>();
  const operands: string[] = [];
  const add = (letter: string, value: string): void => {
    const values = found.get(letter);
    if (values) values.push(value);
    else found.set(letter, [value]);
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (arg === '-' || !arg.startsWith('-')) {
      operands.push(arg);
      if (!strict) continue;
      operands.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const [name = '', value] = splitOnce(arg.slice(2), '=');
      const letter = long[name];
      if (letter === undefined) return { flags: found, operands, unknown: arg };
      add(letter, valued.includes(letter) ? (value ?? args[++i] ?? '') : '');
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string;
      if (valued.includes(letter)) {
        add(letter, at + 1 < arg.length ? arg.slice(at + 1) : (args[++i] ?? ''));
        break;
      }
      if (!flags.includes(letter)) return { flags: found, operands, unknown: letter };
      add(letter, '');
    }
  }
  return { flags: found, operands };
}

export function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/**
 * The text of a file, `-` being standard input; a message on stderr and null when it cannot be
 * read.
 */
export function* readInput(
  context: ProcessContext,
  name: string,
  path: string,
): Proc<string | null> {
  yield* context.work(FILE_US);
  if (path === '-') return yield* context.stdin.readAll();
  const file = context.open(path, 'read');
  if (typeof file !== 'string' && file.input) {
    try {
      return yield* file.input.readAll();
    } finally {
      file.release();
    }
  }
  context.stderr(
    `${name}: ${openError(name, path, typeof file === 'string' ? file : 'Bad file descriptor')}\n`,
  );
  return null;
}

/** These report a file that cannot be opened by its name alone (fopen_or_warn). */
const PLAIN_NAMES = new Set(['cut', 'head', 'sed', 'sort', 'wc']);

/** busybox says "can't open" where open(2) fails, and "read error" where only read(2) does. */
export function openError(name: string, path: string, error: string): string {
  if (error === 'Is a directory') return 'read error: Is a directory';
  return PLAIN_NAMES.has(name) ? `${path}: ${error}` : `can't open '${path}': ${error}`;
}

/**
 * All texts of the files named, standard input when there are none; |failed| when one cannot be
 * read.
 */
export function* readInputs(
  context: ProcessContext,
  name: string,
  paths: readonly string[],
): Proc<{
  readonly inputs: readonly { readonly path: string; readonly text: string }[];
  readonly failed: boolean;
}> {
  const inputs: { path: string; text: string }[] = [];
  let failed = false;
  for (const path of paths.length === 0 ? ['-'] : paths) {
    const text = yield* readInput(context, name, path);
    if (text === null) failed = true;
    else inputs.push({ path, text });
  }
  return { inputs, failed };
}

/** Starts a command found along $PATH; a text is the error of execve. */
export function startCommand(
  context: ProcessContext,
  argv: readonly string[],
  env: ReadonlyMap<string, string> = context.env,
): ChildProcess | string {
  const name = argv[0] ?? '';
  const { fs, cwd, files } = context;
  const path = name.includes('/')
    ? resolvePath(cwd, name)
    : searchExecutable(fs, name, env.get('PATH') ?? DEFAULT_PATH, cwd)?.path;
  if (path === undefined) return NO_SUCH_FILE;
  return context.spawn({ argv, run: path, env, cwd, files });
}

/** The same, to its end: its exit code, or an error text. */
export function* runCommand(
  context: ProcessContext,
  argv: readonly string[],
  env?: ReadonlyMap<string, string>,
): Proc<number | string> {
  const child = startCommand(context, argv, env);
  if (typeof child === 'string') return child;
  const status = (yield child.exited) as ExitStatus;
  return status.exitCode;
}
