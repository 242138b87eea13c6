/**
 * Device files and the part of /proc that stands for open files: what `echo x > /proc/1/fd/1` and
 * `> /dev/stderr` reach.
 *
 * Models: null(4), random(4), fd(4), proc(5). /dev/urandom draws from the kernel's seeded streams.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Signal } from '../../../kernel/wait.ts';
import { capabilityLines, DEFAULT_CAPABILITIES, NO_CAPABILITIES } from './capabilities.ts';
import type { ContainerProcess } from './container-process.ts';
import { NO_SUCH_FILE } from './file-system.ts';
import { kernelFile, mounts } from './kernel-files.ts';
import { InputStream, NULL_FILE, type OpenFile } from './open-file.ts';

const CHUNK = 4_096;
/** TASK_COMM_LEN without the zero at its end. */
const COMM_LENGTH = 15;

const FD_NUMBERS: Readonly<Record<string, number>> = {
  '/dev/stdin': 0,
  '/dev/stdout': 1,
  '/dev/stderr': 2,
};

/** The device at |path|; a string is an error, undefined: |path| is an ordinary file. */
export function openDevice(process: ContainerProcess, path: string): OpenFile | string | undefined {
  if (!/^\/(dev|proc|sys)\//.test(path)) return undefined;
  switch (path) {
    case '/dev/null':
      return NULL_FILE;
    case '/dev/zero':
      return { ...NULL_FILE, input: new ZeroInput() };
    case '/dev/full':
      return { ...NULL_FILE, input: new ZeroInput(), write: () => 'No space left on device' };
    case '/dev/random':
    case '/dev/urandom':
      return { ...NULL_FILE, input: new RandomInput(process.kernel) };
    case '/dev/tty':
      return 'No such device or address';
    default:
      return openDescriptor(process, path) ?? openKernelFile(process, path);
  }
}

function openKernelFile(process: ContainerProcess, path: string): OpenFile | undefined {
  const text = kernelFile(process, path) ?? ofProcess(process, path);
  if (text === undefined) return undefined;
  return { ...NULL_FILE, input: new InputStream(text), write: () => 'Permission denied' };
}

/** What the kernel tells of a process. */
function ofProcess(process: ContainerProcess, path: string): string | undefined {
  const [, pid = '', name = ''] = /^\/proc\/(self|\d+)\/(\w+)$/.exec(path) ?? [];
  if (pid === '') return undefined;
  const owner = pid === 'self' ? process : process.world.pids.get(Number(pid));
  return owner && processFile(owner, name);
}

/** Simplified: of what proc(5) lists only this. */
function processFile(owner: ContainerProcess, name: string): string | undefined {
  const { argv, user, pid, parentPid, env } = owner;
  const command = (argv[0] ?? '').slice((argv[0] ?? '').lastIndexOf('/') + 1).slice(0, COMM_LENGTH);
  switch (name) {
    case 'comm':
      return `${command}\n`;
    case 'cmdline':
      return argv.map((word) => `${word}\0`).join('');
    case 'environ':
      return [...env].map(([key, value]) => `${key}=${value}\0`).join('');
    case 'mounts':
      return mounts(owner);
    case 'cgroup':
      return '0::/\n';
    case 'oom_score_adj':
      return '0\n';
    case 'stat':
      return `${pid} (${command}) S ${parentPid} ${pid} ${pid} 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 ${Math.floor(owner.startedAt / 10_000)} ${owner.memoryBytes} ${Math.ceil(owner.memoryBytes / 4_096)}\n`;
    case 'status': {
      const ids = (id: number): string => `${id}\t${id}\t${id}\t${id}`;
      const { uid, gid, groups = [] } = user;
      const lines = [
        `Name:\t${command}`,
        `Umask:\t${owner.umask.toString(8).padStart(4, '0')}`,
        'State:\tS (sleeping)',
        `Tgid:\t${pid}`,
        `Pid:\t${pid}`,
        `PPid:\t${parentPid}`,
        `Uid:\t${ids(uid)}`,
        `Gid:\t${ids(gid)}`,
        `Groups:\t${groups.join(' ')} `,
        `VmRSS:\t${String(Math.ceil(owner.memoryBytes / 1_024)).padStart(8)} kB`,
        'Threads:\t1',
      ];
      const held = user.capabilities ?? (uid === 0 ? DEFAULT_CAPABILITIES : NO_CAPABILITIES);
      return `${lines.join('\n')}\n${capabilityLines(held)}`;
    }
    default:
      return undefined;
  }
}

function openDescriptor(process: ContainerProcess, path: string): OpenFile | string | undefined {
  const standard = FD_NUMBERS[path];
  if (standard !== undefined) return retained(process.files[standard]);
  const match = /^(?:\/dev\/fd|\/proc\/(self|\d+)\/fd)\/(\d+)$/.exec(path);
  if (!match) return undefined;
  const [, pid = 'self', fd] = match;
  const owner = pid === 'self' ? process : process.world.pids.get(Number(pid));
  return retained(owner?.files[Number(fd)]);
}

/** Whoever opens a file holds a reference to it, and releases it again. */
function retained(file: OpenFile | undefined): OpenFile | string {
  file?.retain();
  return file ?? NO_SUCH_FILE;
}

/** One text for all: whoever counts it knows it again. */
const ZEROS = '\0'.repeat(65_536);

class ZeroInput extends InputStream {
  protected override *more(): Proc<boolean> {
    this.pending += ZEROS;
    return true;
  }

  override *readAll(): Proc<string> {
    return yield* refuseAll();
  }
}

class RandomInput extends InputStream {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    super();
    this.#kernel = kernel;
  }

  protected override *more(): Proc<boolean> {
    const rng = this.#kernel.rng('dev/urandom');
    let text = '';
    // Bytes as Latin-1 characters; text streams know no others.
    for (let i = 0; i < CHUNK; i++) text += String.fromCharCode(rng.int(256));
    this.pending += text;
    return true;
  }

  override *readAll(): Proc<string> {
    return yield* refuseAll();
  }
}

/** An endless file read to its end: the reader never comes back, as with the real one. */
function* refuseAll(): Proc<string> {
  for (;;) yield new Signal();
}
