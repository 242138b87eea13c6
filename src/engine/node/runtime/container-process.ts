/**
 * Processes of a container: a table of pids, and for each process a kernel process that runs its
 * program. Killing a process ends its generator where it waits.
 *
 * Models: Linux processes in a pid namespace (pid_namespaces(7)): process 1 ignores signals that it
 * does not handle, even SIGKILL when it comes from inside; when it ends, all others are killed.
 * Simplified: no process groups, no zombies, no stopping; time and memory of a program are modelled
 * sums, and a program that computes for seconds without ever waiting gets slower.
 */
import { type Kernel, MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc, Process, Suspend } from '../../../kernel/process.ts';
import { Future, Signal } from '../../../kernel/wait.ts';
import type { Cgroup, CgroupMember } from './cgroup.ts';
import { DEFAULT_UMASK } from './credentials.ts';
import { openDevice } from './devices.ts';
import { Environment } from './environment.ts';
import { findExecutable } from './executables.ts';
import { resolvePath } from './file-tree.ts';
import type { KernelSetting } from './kernel-files.ts';
import { BrokenPipe, type InputStream, NULL_FILE, type OpenFile } from './open-file.ts';
import {
  AddressInUse,
  type ChildProcess,
  type ChildSpec,
  type ConnectFailure,
  type Connection,
  type ConnectionHandler,
  type Datagram,
  type ExitStatus,
  type FileSystem,
  type ListenOptions,
  type NetworkHook,
  type OpenMode,
  type ProcessContext,
  type ProcessInfo,
  type ProcessUser,
  type Program,
  type RequestHandler,
  type SignalAction,
  type SignalName,
  type UdpSocket,
} from './program.ts';
import { QuietSleep } from './quiet-sleep.ts';
import { endsByDefault, Killed, SIGNAL_NUMBERS } from './signals.ts';
import { credentialsOf, isPlainRoot } from './user-credentials.ts';

/** fork, execve and dynamic linking of a small program; measured with perf on a 3 GHz machine. */
const START_US = 700;
/** Spent time is slept off in portions: fewer events, and a signal still comes in soon. */
const SLICE_US = 1_000;
/** Sleeps from here on are not work that the cluster waits for, ... */
const QUIET_SLEEP_US = 600 * MICROS_PER_SECOND;
/** ... and those of a container that has run as long as this neither: it is a service. */
const QUIET_AGE_US = 120 * MICROS_PER_SECOND;
/** Bound of processes in one container; kubelets set podPidsLimit in the same range. */
const MAX_PROCESSES = 1_024;
/** What a small program holds besides its data: stacks, heap, page tables (measured: busybox). */
const PROCESS_BYTES = 256 * 1024;
/**
 * A program that loops and never waits costs the host as much as the machine it believes to have.
 * After this many short slices one after another its time passes faster than its work is done.
 */
const BUSY_SLICES = 4_000;
const BUSY_FACTOR = 20;
/** Slices that are further apart than this are not one loop. */
const BUSY_GAP_US = 100_000;

/** What all processes of a container share. */
export interface ContainerWorld {
  readonly kernel: Kernel;
  readonly programs: Readonly<Record<string, Program>>;
  readonly fs: FileSystem;
  readonly hostname: string;
  readonly network: NetworkHook | undefined;
  readonly pids: PidTable;
  readonly cgroup: Cgroup;
  /** Settings of the kernel that are the Pod's own. */
  readonly sysctls?: readonly KernelSetting[] | undefined;
  /** When the container's first process was started. */
  readonly startedAt: number;
}

/** The pids of a container, or of a Pod whose containers share them. */
export class PidTable {
  /** While there has been one process only, as in most containers, there is no table. */
  #first: ContainerProcess | null = null;
  #others: Map<number, ContainerProcess> | null = null;
  #next = 1;

  get full(): boolean {
    return this.#size >= MAX_PROCESSES;
  }

  get #size(): number {
    return (this.#first ? 1 : 0) + (this.#others?.size ?? 0);
  }

  /** Ids that the threads of an OCI runtime took before it became the process. */
  skip(count: number): void {
    if (this.#size > 0) this.#next += count;
  }

  add(process: ContainerProcess): number {
    const pid = this.#next++;
    if (pid === 1) this.#first = process;
    else (this.#others ??= new Map()).set(pid, process);
    return pid;
  }

  remove(pid: number): void {
    if (pid === 1) this.#first = null;
    else this.#others?.delete(pid);
  }

  get(pid: number): ContainerProcess | undefined {
    return (pid === 1 ? this.#first : this.#others?.get(pid)) ?? undefined;
  }

  all(): ContainerProcess[] {
    const others = this.#others?.values() ?? [];
    return this.#first ? [this.#first, ...others] : [...others];
  }
}

export interface ProcessStart {
  readonly argv: readonly string[];
  readonly program: Program;
  readonly env: ReadonlyMap<string, string> | Environment;
  readonly cwd: string;
  readonly user: ProcessUser;
  readonly files: readonly (OpenFile | undefined)[];
  readonly parentPid: number;
  /** The first process of its container, which ends with it. */
  readonly leads?: boolean;
  readonly umask?: number;
  readonly ignored?: readonly SignalName[];
}

export class ContainerProcess implements ProcessContext, CgroupMember {
  readonly kernel: Kernel;
  argv: readonly string[];
  cwd: string;
  readonly user: ProcessUser;
  readonly pid: number;
  readonly parentPid: number;
  readonly startedAt: number;
  readonly files: (OpenFile | undefined)[];
  readonly exited = new Future<ExitStatus>();
  readonly world: ContainerWorld;
  outputError: string | null = null;
  #status: ExitStatus | null = null;
  #actions: Map<SignalName, SignalAction> | null = null;
  #closers: Set<() => void> | null = null;
  #pushed: (OpenFile | undefined)[][] | null = null;
  #owedUs = 0;
  /** Memory beyond PROCESS_BYTES. */
  #heldBytes = 0;
  #fs: FileSystem | null;
  #env: ProcessStart['env'];
  #umask: number;
  #slices = 0;
  #sliceAt = Number.NEGATIVE_INFINITY;
  readonly #leads: boolean;
  readonly #running: Process<void>;

  /** Takes over one reference to each of |start.files|. */
  constructor(world: ContainerWorld, start: ProcessStart) {
    this.world = world;
    this.kernel = world.kernel;
    this.argv = start.argv;
    this.#env = start.env;
    this.cwd = start.cwd;
    this.user = start.user;
    this.#umask = start.umask ?? DEFAULT_UMASK;
    this.#fs = isPlainRoot(start.user, this.#umask) ? world.fs : null;
    this.parentPid = start.parentPid;
    this.#leads = start.leads === true;
    this.startedAt = world.kernel.now;
    this.files = [...start.files];
    if (start.ignored) for (const signal of start.ignored) this.onSignal(signal, 'ignore');
    this.pid = world.pids.add(this);
    world.cgroup.add(world.kernel, world.pids, PROCESS_BYTES);
    this.#running = world.kernel.spawn(start.argv[0] ?? 'process', this.#run(start.program));
  }

  get env(): ReadonlyMap<string, string> {
    return variablesOf(this.#env);
  }

  /** The container's files as this process may see and change them. */
  get fs(): FileSystem {
    this.#fs ??= this.world.fs.as(credentialsOf(this.user, this.#umask));
    return this.#fs;
  }

  get umask(): number {
    return this.#umask;
  }

  set umask(bits: number) {
    this.#umask = bits;
    this.#fs = null;
  }

  get cgroup(): Cgroup {
    return this.world.cgroup;
  }

  get memoryBytes(): number {
    return PROCESS_BYTES + this.#heldBytes;
  }

  get hostname(): string {
    return this.world.hostname;
  }

  get network(): NetworkHook | undefined {
    return this.world.network;
  }

  get stdin(): InputStream {
    return this.files[0]?.input ?? (NULL_FILE.input as InputStream);
  }

  get status(): ExitStatus | null {
    return this.#status;
  }

  stdout(text: string): void {
    const error = this.files[1] ? this.files[1].write(text) : 'Bad file descriptor';
    if (error !== null) this.outputError = error;
  }

  stderr(text: string): void {
    // A message that cannot be written has nowhere else to go, as in a real process.
    this.files[2]?.write(text);
  }

  *work(us: number): Proc {
    const suspend = this.charge(us);
    if (suspend !== null) yield suspend;
  }

  charge(us: number): Suspend | null {
    this.#owedUs += us;
    const full = this.files[1]?.full;
    if (full) return full;
    if (this.#owedUs < SLICE_US && !this.world.cgroup.dying) return null;
    const owed = this.#owedUs;
    this.#owedUs = 0;
    return this.#spend(owed);
  }

  setMemory(bytes: number): void {
    if (this.#status) return;
    const change = bytes - this.#heldBytes;
    this.#heldBytes = bytes;
    this.world.cgroup.charge(this.kernel, change);
  }

  /** CPU time passes, as fast as the control group lets it. */
  #spend(us: number): Suspend {
    const { cgroup } = this.world;
    // Memory has run out: the process gets no further.
    if (cgroup.dying) return new Signal();
    const { now } = this.kernel;
    const isLoop = us < 2 * SLICE_US && now - this.#sliceAt < BUSY_GAP_US;
    this.#slices = isLoop ? this.#slices + 1 : 0;
    const usedUs = this.#slices > BUSY_SLICES ? us * BUSY_FACTOR : us;
    const tookUs = cgroup.spend(now, usedUs);
    this.#sliceAt = now + tookUs;
    return this.rest(tookUs);
  }

  linger(us: number): Suspend {
    return new QuietSleep(us);
  }

  rest(us: number): Suspend {
    if (!Number.isFinite(us)) return new Signal();
    const isQuiet = us >= QUIET_SLEEP_US || this.kernel.now - this.world.startedAt >= QUIET_AGE_US;
    return isQuiet ? new QuietSleep(us) : us;
  }

  onSignal(signal: SignalName, action: SignalAction): void {
    if (action === 'default') this.#actions?.delete(signal);
    else (this.#actions ??= new Map()).set(signal, action);
  }

  open(path: string, mode: OpenMode): OpenFile | string {
    const full = resolvePath(this.cwd, path);
    const device = openDevice(this, full);
    if (device !== undefined) return device;
    return this.fs.open(full, mode);
  }

  spawn(child: ChildSpec): ChildProcess | string {
    if (this.world.pids.full || this.world.cgroup.full) return 'Resource temporarily unavailable';
    let argv = child.argv;
    let program: Program;
    if (typeof child.run === 'string') {
      const found = findExecutable(this.fs, this.world.programs, child.run, argv);
      if (typeof found === 'string') return found;
      program = found.program;
      argv = found.argv;
    } else {
      program = child.run;
    }
    for (const file of child.files) file?.retain();
    return new ContainerProcess(this.world, {
      argv,
      program,
      env: child.env,
      cwd: child.cwd,
      user: this.user,
      files: child.files,
      parentPid: this.pid,
      umask: this.#umask,
      ...(child.ignored ? { ignored: child.ignored } : {}),
    });
  }

  exec(
    path: string,
    argv: readonly string[],
    env: ReadonlyMap<string, string>,
  ): Proc<number> | string {
    const found = findExecutable(this.fs, this.world.programs, path, argv);
    if (typeof found === 'string') return found;
    this.argv = found.argv;
    this.#env = env;
    this.setMemory(0);
    // Handlers are code of the old program; what is ignored stays ignored (execve(2)).
    for (const [signal, action] of this.#actions ?? []) {
      if (action !== 'ignore') this.#actions?.delete(signal);
    }
    return found.program(this);
  }

  setFile(fd: number, file: OpenFile | undefined): void {
    const old = this.files[fd];
    this.files[fd] = file;
    old?.release();
  }

  pushFiles(): void {
    for (const file of this.files) file?.retain();
    (this.#pushed ??= []).push([...this.files]);
  }

  popFiles(): void {
    const files = this.#pushed?.pop();
    if (!files) return; // the process has ended meanwhile and released all
    for (const file of this.files) file?.release();
    this.files.length = 0;
    for (const file of files) this.files.push(file);
  }

  processes(): readonly ProcessInfo[] {
    return this.world.pids.all().map(({ pid, parentPid, user, argv, startedAt }) => {
      return { pid, parentPid, user: user.name, argv, startedAt };
    });
  }

  kill(pid: number, signal: SignalName | 'probe'): boolean {
    const target = this.world.pids.get(pid);
    if (!target) return false;
    if (signal === 'probe') return true;
    if (target === this && target.#isDeadly(signal, true)) throw new Killed(signal);
    target.signal(signal, true);
    return true;
  }

  listen(port: number, onRequest: RequestHandler, options?: ListenOptions): void {
    const close = this.network?.listen(port, onRequest, options);
    if (close) (this.#closers ??= new Set()).add(close);
  }

  *connect(address: string, port: number): Proc<Connection | ConnectFailure> {
    if (!this.network) return 'unreachable';
    const connection = yield* this.network.connect(address, port);
    if (typeof connection !== 'string') this.#own(connection);
    return connection;
  }

  listenTcp(port: number, onConnection: ConnectionHandler, options?: ListenOptions): number {
    const { network, kernel } = this;
    if (!network) throw new AddressInUse('there is no network');
    const accept = (connection: Connection): void => {
      this.#own(connection);
      const body = onConnection(connection);
      if (!body) return;
      const serve = function* (this: void): Proc {
        try {
          yield* body;
        } finally {
          connection.close();
          forget();
        }
      };
      const process = kernel.spawn('connection', serve());
      const forget = this.onEnd(() => process.cancel());
    };
    const socket = network.listenTcp(port, accept, options);
    this.onEnd(() => socket.close());
    return socket.port;
  }

  openUdp(port: number, onDatagram: (datagram: Datagram) => void): UdpSocket {
    if (!this.network) throw new AddressInUse('there is no network');
    const socket = this.network.openUdp(port, onDatagram);
    const forget = this.onEnd(() => socket.close());
    return {
      port: socket.port,
      sendTo: (address, to, text) => socket.sendTo(address, to, text),
      close: () => {
        forget();
        socket.close();
      },
    };
  }

  /** The process's end is that of its connections. */
  #own(connection: Connection): void {
    connection.onClose(this.onEnd(() => connection.close()));
  }

  /** Runs |close| when the process ends; the answer takes that back. */
  onEnd(close: () => void): () => void {
    const closers = (this.#closers ??= new Set());
    closers.add(close);
    return () => closers.delete(close);
  }

  /** Delivers a signal; |inside|: from a process of the same pid namespace. */
  signal(signal: SignalName, inside: boolean): void {
    if (this.#status) return;
    if (this.#isDeadly(signal, inside)) {
      this.#finish({ exitCode: 128 + SIGNAL_NUMBERS[signal], signal });
      this.#running.cancel();
      return;
    }
    const action = this.#actions?.get(signal);
    if (typeof action === 'function' && signal !== 'SIGKILL') action();
  }

  killByKernel(): void {
    this.signal('SIGKILL', false);
  }

  #isDeadly(signal: SignalName, inside: boolean): boolean {
    if (signal === 'SIGKILL') return this.pid !== 1 || !inside;
    if (this.pid === 1 || !endsByDefault(signal)) return false;
    return this.#actions?.get(signal) === undefined;
  }

  *#run(program: Program): Proc {
    yield this.world.cgroup.spend(this.kernel.now, START_US);
    let exitCode: number;
    try {
      exitCode = yield* program(this);
    } catch (error) {
      const signal = error instanceof Killed ? error.signal : deathOf(error);
      if (signal === null) throw error;
      this.#finish({ exitCode: 128 + SIGNAL_NUMBERS[signal], signal });
      return;
    }
    this.#finish({ exitCode: exitCode & 255 });
  }

  #finish(status: ExitStatus): void {
    if (this.#status) return;
    this.#status = status;
    for (const files of [this.files, ...(this.#pushed ?? [])])
      for (const file of files) file?.release();
    this.files.length = 0;
    this.#pushed = null;
    for (const close of [...(this.#closers ?? [])]) close();
    this.world.pids.remove(this.pid);
    this.world.cgroup.remove(this.kernel, this.memoryBytes);
    if (this.pid === 1 || this.#leads) this.#endOthers();
    this.exited.resolve(status);
  }

  /** The kernel ends a pid namespace with its first process, and the runtime a container. */
  #endOthers(): void {
    for (const other of this.world.pids.all()) {
      if (this.pid === 1 || other.world === this.world) other.signal('SIGKILL', false);
    }
  }
}

export function variablesOf(env: ProcessStart['env']): ReadonlyMap<string, string> {
  return env instanceof Environment ? env.map : env;
}

function deathOf(error: unknown): SignalName | null {
  return error instanceof BrokenPipe ? 'SIGPIPE' : null;
}
