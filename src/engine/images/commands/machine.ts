/**
 * Small commands about the machine and the session: free, mount, tty, arch, groups, usleep, nice,
 * setsid, less, clear, hostid and others; vi and what needs a whole machine are refused by name.
 *
 * Models: busybox coreutils, procps, util-linux. Simplified: memory that is free is all that containers do
 * not hold.
 */
import type { Proc } from '../../../kernel/process.ts';
import type { ProcessContext } from '../../node/runtime/program.ts';
import { Terminal } from '../../node/runtime/terminal.ts';
import { accountNames } from './accounts.ts';
import { type Applet, readOptions, runCommand, usage } from './applet.ts';
import { catCommand } from './text.ts';

type Args = readonly string[];

const KB = 1_024;
const UNLIMITED_TOTAL = 16 * KB ** 3;

const UNITS: Readonly<Record<string, number>> = { b: 1, k: KB, m: KB ** 2, g: KB ** 3 };

export function* freeCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const { flags, unknown } = readOptions(args, 'bkmgth');
  if (unknown !== undefined) return usage(context, 'free', '[-bkmgh]', unknown);
  const letter = ['b', 'k', 'm', 'g'].find((name) => flags.has(name)) ?? 'k';
  const { host } = context.cgroup;
  const total = Number.isFinite(host.memoryBytes) ? host.memoryBytes : UNLIMITED_TOTAL;
  const used = Math.min(total, host.usedMemoryBytes);
  const show = (bytes: number): string => {
    if (!flags.has('h')) return String(Math.floor(bytes / (UNITS[letter] ?? KB)));
    return bytes >= KB ** 3
      ? `${(bytes / KB ** 3).toFixed(1)}G`
      : `${(bytes / KB ** 2).toFixed(1)}M`;
  };
  const row = (name: string, values: readonly string[]): string =>
    `${name.padEnd(8)}${values.map((value) => value.padStart(12)).join('')}`.replace(
      /^(.{8}) /,
      '$1',
    );
  const titles = ['total', 'used', 'free', 'shared', 'buff/cache', 'available'];
  const free = total - used;
  context.stdout(
    `${row('', titles)}\n${row('Mem:', [total, used, free, 0, 0, free].map(show))}\n${row('Swap:', [0, 0, 0].map(show))}\n`,
  );
  return 0;
}

export function* mountCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const { flags, operands } = readOptions(args, 'alrwnfis', 'tooO');
  if (operands.length > 0) {
    context.stderr(
      `mount: mounting ${operands[0]} on ${operands[1] ?? ''} failed: Operation not permitted\n`,
    );
    return 1;
  }
  const wanted = flags.get('t')?.[0]?.split(',');
  const file = context.open('/proc/mounts', 'read');
  const text = typeof file === 'string' || !file.input ? '' : yield* file.input.readAll();
  for (const line of text.split('\n')) {
    const [device, path, type = '', options] = line.split(' ');
    if (options === undefined || (wanted && !wanted.includes(type))) continue;
    context.stdout(`${device} on ${path} type ${type} (${options})\n`);
  }
  return 0;
}

export function* ttyCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const is = context.files[0] instanceof Terminal;
  if (!args.includes('-s')) context.stdout(is ? '/dev/pts/0\n' : 'not a tty\n');
  return is ? 0 : 1;
}

export function* groupsCommand(context: ProcessContext): Proc<number> {
  yield* context.work(0);
  const { gid, groups = [gid] } = context.user;
  const names = accountNames(context.fs).groups;
  context.stdout(`${groups.map((id) => names.get(id) ?? String(id)).join(' ')}\n`);
  return 0;
}

export function* lognameCommand(context: ProcessContext): Proc<number> {
  yield* context.work(0);
  context.stderr('logname: getlogin: No such device or address\n');
  return 1;
}

export function* usleepCommand(context: ProcessContext, args: Args): Proc<number> {
  const [text = ''] = args;
  if (!/^\d+$/.test(text)) return usage(context, 'usleep', 'N');
  yield context.rest(Number(text));
  return 0;
}

/** Says one thing and ends. */
function saying(text: (context: ProcessContext) => string): Applet {
  return function* (context: ProcessContext): Proc<number> {
    yield* context.work(0);
    context.stdout(text(context));
    return 0;
  };
}

export const archCommand = saying(() => 'x86_64\n');
export const clearCommand = saying(() => '\u001b[H\u001b[J');
export const hostidCommand = saying(() => '00000000\n');
export const ttysizeCommand = saying(() => '80 24\n');
export const whoCommand = saying(() => 'USER\t\tTTY\t\tIDLE\tTIME\t\t HOST\n');

/** Runs another program: nice, ionice, setsid, chrt change nothing that shows here. */
function running(name: string, valued: string): Applet {
  return function* (context: ProcessContext, args: Args): Proc<number> {
    const { operands } = readOptions(args, 'cwth', valued, {}, true);
    if (operands.length === 0) return usage(context, name, 'PROG ARGS');
    const code = yield* runCommand(context, operands);
    if (typeof code === 'number') return code;
    context.stderr(`${name}: can't execute '${operands[0]}': ${code}\n`);
    return code === 'No such file or directory' ? 127 : 126;
  };
}

export const niceCommand = running('nice', 'n');
export const ioniceCommand = running('ionice', 'npc');
export const setsidCommand = running('setsid', '');

/** Without keys to read there are no pages: all of the text at once. */
export function* lessCommand(context: ProcessContext, args: Args): Proc<number> {
  return yield* catCommand(
    context,
    args.filter((arg) => !arg.startsWith('-') || arg === '-'),
  );
}

/** What would need something that is not simulated says so. */
function refusing(name: string, why: string): Applet {
  return function* (context: ProcessContext): Proc<number> {
    yield* context.work(0);
    context.stderr(`${name}: ${why}\n`);
    return 1;
  };
}

const NO_EDITOR = 'editing on the screen is not simulated; write files with cat or sed';
export const viCommand = refusing('vi', NO_EDITOR);
export const gzipCommand = refusing('gzip', 'compression is not simulated');
export const gunzipCommand = refusing('gunzip', 'compression is not simulated');
export const zcatCommand = refusing('zcat', 'compression is not simulated');
export const unzipCommand = refusing('unzip', 'compression is not simulated');
export const telnetCommand = refusing('telnet', 'terminal sessions are not simulated; use nc');
