/**
 * Commands about the system and the process: hostname, env, printenv, id, whoami, pwd, ps, pidof,
 * uname,
 * nproc, uptime, free, time, timeout, nohup-like running of others.
 *
 * Models: busybox coreutils and procps. Machine facts are those of the simulated nodes.
 */
import type { Proc } from '../../../kernel/process.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { ExitStatus, ProcessContext } from '../../node/runtime/program.ts';
import { parseSignal } from '../../node/runtime/signals.ts';
import { accountNames } from './accounts.ts';
import { primaryGroup, userId } from './users.ts';
import { readOptions, runCommand, startCommand, usage } from './applet.ts';
import { parseDuration } from './basics.ts';
import { formatTime } from './date.ts';
import { killCommand } from './kill.ts';

type Args = readonly string[];

export function* hostnameCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const { flags, operands } = readOptions(args, 'sifd', 'F');
  if (operands.length > 0) {
    context.stderr('hostname: sethostname: Operation not permitted\n');
    return 1;
  }
  const { hostname, network } = context;
  if (flags.has('i')) context.stdout(`${network?.address ?? '127.0.0.1'} \n`);
  else context.stdout(`${flags.has('s') ? hostname.split('.', 1)[0] : hostname}\n`);
  return 0;
}

export function* envCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const { flags, operands } = readOptions(args, 'i0', 'u', {}, true);
  const env = new Map(flags.has('i') ? [] : context.env);
  for (const name of flags.get('u') ?? []) env.delete(name);
  let at = 0;
  for (; at < operands.length; at++) {
    const match = /^([^=]+)=([^]*)$/.exec(operands[at] as string);
    if (!match) break;
    env.set(match[1] as string, match[2] as string);
  }
  const argv = operands.slice(at);
  if (argv.length > 0) return yield* runOther(context, 'env', argv, env);
  for (const [name, value] of env) context.stdout(`${name}=${value}\n`);
  return 0;
}

/** Runs another program; what execve refuses is reported as busybox does. */
function* runOther(
  context: ProcessContext,
  name: string,
  argv: Args,
  env = context.env,
): Proc<number> {
  const code = yield* runCommand(context, argv, env);
  if (typeof code === 'number') return code;
  context.stderr(`${name}: can't execute '${argv[0]}': ${code}\n`);
  return code === 'No such file or directory' ? 127 : 126;
}

export function* printenvCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  if (args.length === 0)
    for (const [name, value] of context.env) context.stdout(`${name}=${value}\n`);
  let status = 0;
  for (const name of args) {
    const value = context.env.get(name);
    if (value === undefined) status = 1;
    else context.stdout(`${value}\n`);
  }
  return status;
}

export function* idCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const { flags, operands } = readOptions(args, 'ugnrG');
  const [asked] = operands;
  const other = asked === undefined ? undefined : userId(context.fs, asked);
  if (asked !== undefined && other === undefined) {
    context.stderr(`id: unknown user ${asked}\n`);
    return 1;
  }
  const uid = other ?? context.user.uid;
  const gid = asked === undefined ? context.user.gid : (primaryGroup(context.fs, asked) ?? uid);
  const groups = asked === undefined ? (context.user.groups ?? [gid]) : [gid];
  const { users, groups: groupNames } = accountNames(context.fs);
  const text = (id: number, names: ReadonlyMap<number, string>): string =>
    (flags.has('n') ? names.get(id) : undefined) ?? String(id);
  if (flags.has('u')) context.stdout(`${text(uid, users)}\n`);
  else if (flags.has('g')) context.stdout(`${text(gid, groupNames)}\n`);
  else if (flags.has('G')) {
    context.stdout(`${groups.map((id) => text(id, groupNames)).join(' ')}\n`);
  } else {
    const named = (id: number, names: ReadonlyMap<number, string>): string => {
      const name = names.get(id);
      return name === undefined ? String(id) : `${id}(${name})`;
    };
    const list = groups.map((id) => named(id, groupNames)).join(',');
    context.stdout(`uid=${named(uid, users)} gid=${named(gid, groupNames)} groups=${list}\n`);
  }
  return 0;
}

export function* whoamiCommand(context: ProcessContext): Proc<number> {
  yield* context.work(0);
  const { name, uid } = context.user;
  if (name !== String(uid)) {
    context.stdout(`${name}\n`);
    return 0;
  }
  context.stderr(`whoami: unknown uid ${uid}\n`);
  return 1;
}

export function* pwdCommand(context: ProcessContext): Proc<number> {
  yield* context.work(0);
  context.stdout(`${context.cwd}\n`);
  return 0;
}

/** Reading /proc takes this long per process. */
const PROC_US = 30;

export function* pidofCommand(context: ProcessContext, args: Args): Proc<number> {
  const processes = context.processes();
  yield* context.work(PROC_US * processes.length);
  const found = processes.filter(({ argv }) =>
    args.includes((argv[0] ?? '').replace(/^.*\//, '').replace(/:$/, '')),
  );
  if (found.length === 0) return 1;
  context.stdout(
    `${found
      .map(({ pid }) => pid)
      .reverse()
      .join(' ')}\n`,
  );
  return 0;
}

export function* killApplet(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  return killCommand(context, args, 'kill');
}

export function* killallCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const signal = args[0]?.startsWith('-') ? parseSignal(args[0].slice(1)) : 'SIGTERM';
  let status = 0;
  for (const name of args.filter((arg) => !arg.startsWith('-'))) {
    const found = context
      .processes()
      .filter(({ argv, pid }) => argv[0]?.endsWith(name) && pid !== context.pid);
    for (const { pid } of found) context.kill(pid, signal ?? 'SIGTERM');
    if (found.length > 0) continue;
    context.stderr(`killall: ${name}: no process killed\n`);
    status = 1;
  }
  return status;
}

const UNAME: readonly (readonly [letter: string, text: (context: ProcessContext) => string])[] = [
  ['s', () => 'Linux'],
  ['n', (context) => context.hostname],
  ['r', () => '6.12.0-1-amd64'],
  ['v', () => '#1 SMP PREEMPT_DYNAMIC'],
  ['m', () => 'x86_64'],
  ['o', () => 'GNU/Linux'],
];

export function* unameCommand(context: ProcessContext, args: Args): Proc<number> {
  yield* context.work(0);
  const { flags, unknown } = readOptions(args, 'amnrspvio');
  if (unknown !== undefined) return usage(context, 'uname', '[-amnrspvio]', unknown);
  const all = flags.has('a');
  const words = UNAME.filter(
    ([letter]) => all || flags.has(letter) || (flags.size === 0 && letter === 's'),
  );
  context.stdout(`${words.map(([, text]) => text(context)).join(' ')}\n`);
  return 0;
}

export function* uptimeCommand(context: ProcessContext): Proc<number> {
  yield* context.work(0);
  const { now, nowMs } = context.kernel;
  const minutes = Math.floor(now / (60 * MICROS_PER_SECOND));
  const up =
    minutes < 60
      ? `${minutes} min`
      : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
  context.stdout(
    ` ${formatTime('%T', nowMs)} up ${up},  0 users,  load average: 0.00, 0.00, 0.00\n`,
  );
  return 0;
}

export function* timeCommand(context: ProcessContext, args: Args): Proc<number> {
  const { operands } = readOptions(args, 'vp', 'of', {}, true);
  const startedAt = context.kernel.now;
  const code = yield* runOther(context, 'time', operands);
  const hundredths = Math.floor((context.kernel.now - startedAt) / 10_000);
  const seconds = ((hundredths % 6_000) / 100).toFixed(2);
  context.stderr(
    `real\t${Math.floor(hundredths / 6_000)}m ${seconds}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n`,
  );
  return code;
}

export function* timeoutCommand(context: ProcessContext, args: Args): Proc<number> {
  const { flags, operands } = readOptions(args, 'f', 'sk', {}, true);
  const [limit, ...argv] = operands;
  const us = limit === undefined ? undefined : parseDuration(limit);
  const signal = parseSignal(flags.get('s')?.[0] ?? 'TERM');
  if (us === undefined || argv.length === 0 || !signal)
    return usage(context, 'timeout', '[-s SIG] [-k KILL_SECS] SECS PROG ARGS');
  const child = startCommand(context, argv);
  if (typeof child === 'string') {
    context.stderr(`timeout: can't execute '${argv[0]}': ${child}\n`);
    return child === 'No such file or directory' ? 127 : 126;
  }
  const timer = context.kernel.after(us, () => context.kill(child.pid, signal));
  try {
    const status = (yield child.exited) as ExitStatus;
    // The program took the place of timeout's own process: whoever waits sees it die.
    if (status.signal && context.pid !== 1) context.kill(context.pid, status.signal);
    return status.exitCode;
  } finally {
    context.kernel.cancel(timer);
  }
}

export function* nohupCommand(context: ProcessContext, args: Args): Proc<number> {
  context.onSignal('SIGHUP', 'ignore');
  return yield* runOther(context, 'nohup', args);
}

export function* nprocCommand(context: ProcessContext): Proc<number> {
  yield* context.work(0);
  context.stdout('2\n');
  return 0;
}
