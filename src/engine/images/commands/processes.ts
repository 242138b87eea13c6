/**
 * Commands about processes: ps, top, pgrep, pkill, watch.
 *
 * Models: busybox procps. Simplified: CPU time is known of the container as a whole, and shown for
 * its first process.
 */
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { ExitStatus, ProcessContext, ProcessInfo } from '../../node/runtime/program.ts';
import { parseSignal } from '../../node/runtime/signals.ts';
import { readOptions, startCommand, usage } from './applet.ts';
import { formatTime } from './date.ts';
import { compileRegex } from './regex.ts';

type Args = readonly string[];

const KB = 1_024;
/** Reading /proc takes this long per process. */
const PROC_US = 30;
/** Resident memory of a small process, as the control group counts it. */
const PROCESS_KB = 256;

export function commandName({ argv }: ProcessInfo): string {
  return (argv[0] ?? '').replace(/^.*\//, '').replace(/:$/, '').slice(0, 15);
}

type Column = (process: ProcessInfo) => string;

const COLUMNS: Readonly<Record<string, readonly [title: string, width: number, text: Column]>> = {
  user: ['USER', 8, ({ user }) => user],
  group: ['GROUP', 8, ({ user }) => user],
  comm: ['COMMAND', 16, commandName],
  args: ['COMMAND', 27, ({ argv }) => argv.join(' ')],
  pid: ['PID', 5, ({ pid }) => String(pid).padStart(5)],
  ppid: ['PPID', 5, ({ parentPid }) => String(parentPid).padStart(5)],
  pgid: ['PGID', 5, ({ pid }) => String(pid).padStart(5)],
  nice: ['NI', 5, () => '    0'],
  rgroup: ['RGROUP', 8, ({ user }) => user],
  ruser: ['RUSER', 8, ({ user }) => user],
  tty: ['TT', 6, () => '?'],
  vsz: ['VSZ', 6, () => '4.1m'.padStart(6)],
  sid: ['SID', 5, ({ pid }) => String(pid).padStart(5)],
  stat: ['STAT', 4, () => 'S'],
  rss: ['RSS', 4, () => String(PROCESS_KB).padStart(4)],
};

export function* psCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags } = readOptions(args, 'Taewlfx', 'o');
  const processes = context.processes();
  yield* context.work(PROC_US * processes.length);
  const names = (flags.get('o') ?? [])
    .flatMap((list) => list.split(','))
    .map((name) => name.split('=', 1)[0] ?? '');
  const wanted = names.length > 0 ? names : ['pid', 'user', 'args'];
  const columns: (readonly [title: string, width: number, text: Column])[] = [];
  for (const name of wanted) {
    const column = COLUMNS[name];
    if (!column) {
      context.stderr(
        `ps: bad -o argument '${name}', supported arguments: ${Object.keys(COLUMNS).join(',')}\n`,
      );
      return 1;
    }
    columns.push(column);
  }
  const row = (texts: readonly string[]): string =>
    `${texts.map((text, i) => (i < texts.length - 1 ? text.padEnd(columns[i]?.[1] ?? 0) : text)).join(' ')}\n`;
  context.stdout(row(columns.map(([title]) => title)));
  for (const process of processes) context.stdout(row(columns.map(([, , text]) => text(process))));
  return 0;
}

export function* topCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, unknown } = readOptions(args, 'bmH', 'nd');
  if (unknown !== undefined)
    return usage(context, 'top', '[-bmH] [-n COUNT] [-d SECONDS]', unknown);
  const rounds = Number(flags.get('n')?.[0] ?? Number.POSITIVE_INFINITY);
  const pause = Math.max(1, Number(flags.get('d')?.[0] ?? 5)) * MICROS_PER_SECOND;
  let beforeUs = context.cgroup.cpuUs;
  let beforeAt = context.kernel.now;
  for (let round = 0; round < rounds; round++) {
    const { cgroup, kernel } = context;
    const elapsed = Math.max(1, kernel.now - beforeAt) * cgroup.host.cores;
    const share = Math.min(100, Math.round(((cgroup.cpuUs - beforeUs) * 100) / elapsed));
    beforeUs = cgroup.cpuUs;
    beforeAt = kernel.now;
    context.stdout(topScreen(context, share));
    yield* context.work(PROC_US * context.processes().length);
    if (round + 1 < rounds) yield context.rest(pause);
  }
  return 0;
}

function topScreen(context: ProcessContext, share: number): string {
  const { host } = context.cgroup;
  const processes = context.processes();
  const used = Math.floor(host.usedMemoryBytes / KB);
  const total = Number.isFinite(host.memoryBytes)
    ? Math.floor(host.memoryBytes / KB)
    : 16 * KB * KB;
  const idle = 100 - share;
  let text =
    `Mem: ${used}K used, ${Math.max(0, total - used)}K free, 0K shrd, 0K buff, 0K cached\n` +
    `CPU: ${percent(share)} usr ${percent(0)} sys ${percent(0)} nic ${percent(idle)} idle ${percent(0)} io ${percent(0)} irq ${percent(0)} sirq\n` +
    `Load average: 0.00 0.00 0.00 1/${processes.length} ${context.pid}\n` +
    `  PID  PPID USER     STAT   VSZ %VSZ %CPU COMMAND\n`;
  for (const [i, { pid, parentPid, user, argv }] of processes.entries()) {
    const state = pid === context.pid ? 'R' : 'S';
    const cpu = i === 0 ? share : 0;
    text +=
      `${String(pid).padStart(5)} ${String(parentPid).padStart(5)} ${user.slice(0, 8).padEnd(8)} ` +
      `${state.padEnd(4)} ${'4.1m'.padStart(5)}${'  0%'} ${String(cpu).padStart(3)}% ${argv.join(' ')}\n`;
  }
  return text;
}

function percent(value: number): string {
  return `${String(value).padStart(3)}%`;
}

function* found(
  context: ProcessContext,
  name: string,
  args: Args,
  extra: string,
): Proc<readonly ProcessInfo[] | number> {
  const { flags, operands, unknown } = readOptions(args, `lafnovx${extra}`, 'sPu');
  const pattern = operands[0] ?? (flags.has('P') || flags.has('u') ? '' : undefined);
  if (unknown !== undefined || pattern === undefined)
    return usage(context, name, `[-${extra}flanovx] [-s SID|-P PPID|PATTERN]`, unknown);
  const processes = context.processes();
  yield* context.work(PROC_US * processes.length);
  const regex = compileRegex(flags.has('x') ? `^(${pattern})$` : pattern, { extended: true });
  const parent = flags.get('P')?.[0];
  const matching = processes.filter((process) => {
    if (process.pid === context.pid) return false;
    if (parent !== undefined && String(process.parentPid) !== parent) return false;
    const matches = regex.test(flags.has('f') ? process.argv.join(' ') : commandName(process));
    return matches !== flags.has('v');
  });
  if (flags.has('n')) return matching.slice(-1);
  return flags.has('o') ? matching.slice(0, 1) : matching;
}

export function* pgrepCommand(context: ProcessContext, args: Args): Proc<number> {
  const matching = yield* found(context, 'pgrep', args, '');
  if (typeof matching === 'number') return matching;
  const { flags } = readOptions(args, 'lafnovx', 'sPu');
  for (const process of matching) {
    const name = flags.has('a')
      ? ` ${process.argv.join(' ')}`
      : flags.has('l')
        ? ` ${commandName(process)}`
        : '';
    context.stdout(`${process.pid}${name}\n`);
  }
  return matching.length > 0 ? 0 : 1;
}

export function* pkillCommand(context: ProcessContext, args: Args): Proc<number> {
  const [first = ''] = args;
  const named = /^-(\d+|[A-Z0-9]{2,})$/.test(first) ? parseSignal(first.slice(1)) : undefined;
  const matching = yield* found(context, 'pkill', named ? args.slice(1) : args, 'e');
  if (typeof matching === 'number') return matching;
  for (const { pid } of matching) context.kill(pid, named ?? 'SIGTERM');
  return matching.length > 0 ? 0 : 1;
}

/** Clears the screen before each round. */
const CLEAR = '\u001b[H\u001b[J';

export function* watchCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands, unknown } = readOptions(args, 't', 'n', {}, true);
  if (unknown !== undefined || operands.length === 0)
    return usage(context, 'watch', '[-n SEC] [-t] PROG ARGS', unknown);
  const seconds = Math.max(0.1, Number(flags.get('n')?.[0] ?? 2));
  const command = operands.join(' ');
  for (;;) {
    const { hostname, kernel } = context;
    const time = formatTime('%Y-%m-%d %H:%M:%S', kernel.nowMs);
    const title = `Every ${seconds.toFixed(1)}s: ${command}`;
    const line = `${title.padEnd(Math.max(title.length + 1, 79 - hostname.length - time.length - 2))}${hostname}: ${time}`;
    context.stdout(`${CLEAR}${flags.has('t') ? '' : `${line}\n\n`}`);
    const child = startCommand(context, ['sh', '-c', command]);
    if (typeof child === 'string') {
      context.stderr(`watch: can't execute 'sh': ${child}\n`);
      return 1;
    }
    const status = (yield child.exited) as ExitStatus;
    if (status.signal === 'SIGINT') return status.exitCode;
    yield context.rest(seconds * MICROS_PER_SECOND);
  }
}
