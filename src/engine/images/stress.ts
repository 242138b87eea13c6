/**
 * stress: burns CPUs and takes memory, as told.
 *
 * Models: docker.io/polinux/stress (Amos Waterland's stress 1.0.4)
 * Simplified: --io and --hdd workers rest; memory of a worker is taken at once.
 */
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import { type Proc, wait } from '../../kernel/process.ts';
import { Future } from '../../kernel/wait.ts';
import type {
  ChildProcess,
  ImageDefinition,
  ProcessContext,
  Program,
} from '../node/runtime/program.ts';
import { buildImage } from './build.ts';

const SLICE_US = 100_000;
/** --vm-bytes. */
const DEFAULT_BYTES = 256 * 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  K: 1_024,
  M: 1_024 ** 2,
  G: 1_024 ** 3,
};
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
/** Short options and their long names; all but the last ones have a value. */
const SHORT: Readonly<Record<string, string>> = {
  c: 'cpu',
  i: 'io',
  m: 'vm',
  d: 'hdd',
  t: 'timeout',
  b: 'backoff',
  v: 'verbose',
  q: 'quiet',
  n: 'dry-run',
};
const SWITCHES = ['verbose', 'quiet', 'dry-run', 'vm-keep'];
const VALUED = [
  'cpu',
  'io',
  'vm',
  'hdd',
  'timeout',
  'backoff',
  'vm-bytes',
  'vm-hang',
  'vm-stride',
  'hdd-bytes',
];

type Options = ReadonlyMap<string, string>;

function* stress(context: ProcessContext): Proc<number> {
  const options = readOptions(context.argv.slice(1));
  if (typeof options === 'string') {
    context.stderr(`stress: FAIL: [${context.pid}] (244) ${options}\n`);
    return 1;
  }
  const count = (name: string): number => Number(options.get(name) ?? 0);
  const [cpu, io, vm, hdd] = [count('cpu'), count('io'), count('vm'), count('hdd')];
  if (cpu + io + vm + hdd === 0) {
    context.stdout("`stress' imposes certain types of compute stress on your system\n");
    return 0;
  }
  const startedAt = context.kernel.now;
  const hogs = `${cpu} cpu, ${io} io, ${vm} vm, ${hdd} hdd`;
  say(context, options, `info: [${context.pid}] dispatching hogs: ${hogs}`);
  const children: ChildProcess[] = [
    ...start(context, cpu, burn),
    ...start(context, io + hdd, idle),
    ...start(context, vm, hold(options)),
  ];
  const failed = yield* watch(context, children, timeoutSeconds(options));
  const seconds = Math.floor((context.kernel.now - startedAt) / MICROS_PER_SECOND);
  const [how, code] = failed ? ['failed', 1] : ['successful', 0];
  say(
    context,
    options,
    `${failed ? 'FAIL' : 'info'}: [${context.pid}] ${how} run completed in ${seconds}s`,
  );
  return code;
}

function say(context: ProcessContext, options: Options, text: string): void {
  if (!options.has('quiet')) context.stdout(`stress: ${text}\n`);
}

/** Waits until a worker has failed, or for |seconds|; true when one has failed. */
function* watch(
  context: ProcessContext,
  children: readonly ChildProcess[],
  seconds: number,
): Proc<boolean> {
  const { kernel } = context;
  const over = new Future<ChildProcess | null>();
  for (const child of children) {
    const end = (): void => over.resolve(child);
    child.exited.subscribe({ kernel, wake: end, wakeError: end });
  }
  const timer = Number.isFinite(seconds)
    ? kernel.after(seconds * MICROS_PER_SECOND, () => over.resolve(null))
    : null;
  const ended = yield* wait(over);
  if (timer) kernel.cancel(timer);
  for (const { pid } of children) context.kill(pid, 'SIGKILL');
  if (ended === null) return false;
  const how = ended.status?.signal === undefined ? 'returned error' : 'got signal 9';
  context.stderr(`stress: FAIL: [${context.pid}] (415) <-- worker ${ended.pid} ${how}\n`);
  context.stderr(`stress: WARN: [${context.pid}] (417) now reaping child worker processes\n`);
  return true;
}

function start(context: ProcessContext, count: number, run: Program): readonly ChildProcess[] {
  const { argv, cwd, env, files } = context;
  return Array.from({ length: count }, () => context.spawn({ argv, run, env, cwd, files })).filter(
    (child) => typeof child !== 'string',
  );
}

function* burn(context: ProcessContext): Proc<number> {
  for (;;) yield* context.work(SLICE_US);
}

function* idle(context: ProcessContext): Proc<number> {
  for (;;) yield context.rest(MICROS_PER_SECOND);
}

/** Takes memory, touches it, and gives it back and takes it again, or holds it. */
function hold(options: Options): Program {
  const bytes = sizeOf(options.get('vm-bytes'));
  const hang = options.get('vm-hang');
  const us = Number(hang ?? 0) * MICROS_PER_SECOND;
  return function* (context): Proc<number> {
    for (;;) {
      context.setMemory(bytes);
      yield* context.work(SLICE_US);
      if (hang === '0') return (yield new Future<number>()) as number;
      if (us > 0) yield context.rest(us);
    }
  };
}

function sizeOf(text: string | undefined): number {
  const match = /^(\d+)([BKMG])?$/i.exec(text ?? '');
  if (!match) return DEFAULT_BYTES;
  return Number(match[1]) * (UNITS[(match[2] ?? 'B').toUpperCase()] ?? 1);
}

function timeoutSeconds(options: Options): number {
  const match = /^(\d+)([smhd])?$/.exec(options.get('timeout') ?? '');
  if (!match) return Number.POSITIVE_INFINITY;
  return Number(match[1]) * (SECONDS[match[2] ?? 's'] ?? 1);
}

/** A text says what is wrong. */
function readOptions(args: readonly string[]): Options | string {
  const options = new Map<string, string>();
  const words = [...args];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const match = /^(?:--([\w-]+)(?:=(.*))?|-([a-z])(.*))$/.exec(word);
    const name = match?.[1] ?? SHORT[match?.[3] ?? ''];
    if (match === null || name === undefined) return `unrecognized option: ${word}`;
    if (SWITCHES.includes(name)) options.set(name, '');
    else if (!VALUED.includes(name)) return `unrecognized option: ${word}`;
    else {
      const given = match[2] ?? (match[4] || undefined) ?? words.shift();
      if (given === undefined) return `missing argument to option '${word}'`;
      options.set(name, given);
    }
  }
  return options;
}

export const stressImages: readonly ImageDefinition[] = [
  'docker.io/polinux/stress',
  'docker.io/progrium/stress',
].map((repository) =>
  buildImage({
    repository,
    sizes: { latest: 4_120_000, '1.0.4': 4_119_000 },
    base: 'alpine',
    entrypoint: repository.includes('progrium') ? ['/usr/bin/stress', '--verbose'] : [],
    cmd: repository.includes('progrium') ? [] : ['/bin/sh'],
    programs: { '/usr/bin/stress': stress },
  }),
);
