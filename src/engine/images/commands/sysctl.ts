/** sysctl: settings of the kernel. Models: busybox procps/sysctl.c. Simplified: no -a, no -p. */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { readOptions, usage } from './applet.ts';

export function* sysctlCommand(context: ProcessContext, args: readonly string[]): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 'enqwN');
  if (unknown !== undefined || operands.length === 0) {
    return usage(context, 'sysctl', '[-enqw] KEY[=VALUE]...', unknown);
  }
  let status = 0;
  for (const operand of operands) {
    const [key = '', value] = splitOnce(operand);
    const name = key.replaceAll('/', '.');
    const path = `/proc/sys/${key.replaceAll('.', '/')}`;
    const file = context.open(path, 'read');
    if (typeof file === 'string') {
      if (!flags.has('e')) context.stderr(`sysctl: error: '${name}' is an unknown key\n`);
      status = 1;
    } else if (value !== undefined) {
      // /proc/sys is read-only in containers, but for those that are privileged.
      context.stderr(`sysctl: error setting key '${name}': Read-only file system\n`);
      file.release();
      status = 1;
    } else {
      const text = (file.input ? yield* file.input.readAll() : '').trimEnd();
      file.release();
      context.stdout(flags.has('n') ? `${text}\n` : `${name} = ${text}\n`);
    }
  }
  return status;
}

function splitOnce(text: string): readonly [string, string?] {
  const at = text.indexOf('=');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
