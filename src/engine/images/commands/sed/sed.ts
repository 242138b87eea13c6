/** sed: edits lines of files or of its input. Models: busybox editors/sed.c */
import type { Proc } from '../../../../kernel/process.ts';
import { resolvePath } from '../../../node/runtime/file-tree.ts';
import { InputStream } from '../../../node/runtime/open-file.ts';
import type { ProcessContext } from '../../../node/runtime/program.ts';
import { readInput, readInputs, readOptions, usage } from '../applet.ts';
import { RegexError } from '../regex.ts';
import { type SedOutput, SedRun } from './run.ts';
import { parseSed, type SedCommand, SedError } from './script.ts';

export function* sedCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  // A suffix belongs to -i only when it follows at once.
  const suffix = args.find((arg) => /^-i./.test(arg) && !/^-i[nrEe]+$/.test(arg))?.slice(2);
  const words = args.map((arg) => (suffix !== undefined && arg === `-i${suffix}` ? '-i' : arg));
  const { flags, operands, unknown } = readOptions(words, 'inrEsz', 'ef', {
    quiet: 'n',
    'regexp-extended': 'E',
    expression: 'e',
  });
  const scripts = [...(flags.get('e') ?? [])];
  for (const path of flags.get('f') ?? []) {
    const text = yield* readInput(context, 'sed', path);
    if (text === null) return 1;
    scripts.push(text.replace(/\n$/, ''));
  }
  const files = [...operands];
  if (scripts.length === 0 && files[0] !== undefined) scripts.push(files.shift() as string);
  if (unknown !== undefined || scripts.length === 0)
    return usage(context, 'sed', '[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...', unknown);
  let commands: SedCommand[];
  try {
    commands = parseSed(scripts.join('\n'), flags.has('r') || flags.has('E'));
  } catch (error) {
    if (!(error instanceof SedError) && !(error instanceof RegexError)) throw error;
    context.stderr(`sed: ${error.message}\n`);
    return 1;
  }
  const quiet = flags.has('n') || scripts[0]?.startsWith('#n\n') === true;
  try {
    return flags.has('i')
      ? yield* editInPlace(context, commands, quiet, files, suffix)
      : yield* editStream(context, commands, quiet, files);
  } catch (error) {
    if (!(error instanceof SedError)) throw error;
    context.stderr(`sed: ${error.message}\n`);
    return 1;
  }
}

/** Files of w are made when the script is read, and added to. */
function outputOf(
  context: ProcessContext,
  commands: readonly SedCommand[],
  print: (text: string) => void,
): SedOutput {
  const { fs, cwd } = context;
  const toStream: Readonly<Record<string, (text: string) => void>> = {
    '/dev/stdout': print,
    '/dev/stderr': (text) => context.stderr(text),
  };
  for (const { letter, text, file } of commands) {
    const path = letter === 'w' ? text : file;
    if (path === undefined || toStream[path]) continue;
    const error = fs.write(resolvePath(cwd, path), '', false);
    if (error !== null) throw new SedError(`can't open '${path}': ${error}`);
  }
  return {
    print,
    writeTo: (path, text) => {
      const stream = toStream[path];
      if (stream) stream(text);
      else fs.write(resolvePath(cwd, path), text, true);
    },
    readFile: (path) => fs.read(resolvePath(cwd, path)) ?? '',
  };
}

function* editInPlace(
  context: ProcessContext,
  commands: readonly SedCommand[],
  quiet: boolean,
  files: readonly string[],
  suffix: string | undefined,
): Proc<number> {
  let status = 0;
  for (const path of files) {
    const text = yield* readInput(context, 'sed', path);
    if (text === null) {
      status = 1;
      continue;
    }
    let output = '';
    const sink = outputOf(context, commands, (line) => {
      output += line;
    });
    yield* new SedRun(commands, quiet, context, new InputStream(text), sink).toEnd();
    const full = resolvePath(context.cwd, path);
    if (suffix !== undefined) context.fs.copy(full, full + suffix);
    const error = context.fs.write(full, output, false);
    if (error === null) continue;
    context.stderr(`sed: ${path}: ${error}\n`);
    status = 4;
  }
  return status;
}

function* editStream(
  context: ProcessContext,
  commands: readonly SedCommand[],
  quiet: boolean,
  files: readonly string[],
): Proc<number> {
  let input = context.stdin;
  let status = 0;
  if (files.length > 0) {
    const { inputs, failed } = yield* readInputs(context, 'sed', files);
    input = new InputStream(inputs.map(({ text }) => text).join(''));
    if (failed) status = 1;
  }
  const sink = outputOf(context, commands, (line) => context.stdout(line));
  const run = new SedRun(commands, quiet, context, input, sink);
  return (yield* run.toEnd()) ?? run.exitCode ?? status;
}
