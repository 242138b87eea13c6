/**
 * Starts the processes of a container, as an OCI runtime does: the image's configuration, what the
 * Pod overrides, the search along $PATH, and the refusals word for word.
 *
 * Models: runc create/start and exec (1.1), containerd's container options (2.x).
 * Simplified: no namespaces other than that of pids, capabilities or terminals.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Waitable } from '../../../kernel/process.ts';
import type { Future } from '../../../kernel/wait.ts';
import { Cgroup } from './cgroup.ts';
import {
  ContainerProcess,
  type ContainerWorld,
  PidTable,
  type ProcessStart,
  variablesOf,
} from './container-process.ts';
import { Environment, type Variables } from './environment.ts';
import {
  DEFAULT_PATH,
  EXEC_FORMAT_ERROR,
  type Executable,
  findExecutable,
  imageTree,
  searchExecutable,
} from './executables.ts';
import { type Disk, FileStore, NO_SUCH_FILE, PERMISSION_DENIED } from './file-system.ts';
import { resolvePath } from './file-tree.ts';
import { FileView } from './file-view.ts';
import { MeteredOutput, OutputFile } from './metered-output.ts';
import { type Mount, MountTable } from './mount-table.ts';
import { type InputStream, NULL_FILE, type OpenFile, TextInput } from './open-file.ts';
import type {
  ExitStatus,
  FileSystem,
  ImageDefinition,
  NetworkHook,
  ProcessInfo,
  ProcessUser,
  SignalName,
} from './program.ts';
import type { Terminal } from './terminal.ts';
import { containerUser } from './users.ts';

/** Where the text of a process goes, as it is written. */
export interface OutputSinks {
  stdout(text: string): void;
  stderr(text: string): void;
  /** Something to wait for before writing more; null or undefined when there is room. */
  readonly full?: Waitable | null;
  /** A reader of its own says when it is full: nothing else holds up the writer. */
  readonly isBounded?: boolean;
}

export interface StartOptions {
  /** Replaces the image's entrypoint (`command` of the container, expanded). */
  readonly command?: readonly string[] | undefined;
  /** Replaces the image's cmd (`args` of the container, expanded). */
  readonly args?: readonly string[] | undefined;
  /** Tag that was pulled: its environment is added to the image's. */
  readonly tag?: string | undefined;
  /** Added to the image's environment, in this order. */
  readonly env?: Variables;
  readonly workingDir?: string | undefined;
  /** Replaces the image's user. */
  readonly user?: ProcessUser | undefined;
  readonly hostname: string;
  readonly output: OutputSinks;
  /** Nothing by default; an AttachedInput where `stdin: true`. */
  readonly stdin?: InputStream | undefined;
  /** Stands for input and output together where `tty: true`. */
  readonly terminal?: Terminal | undefined;
  /** The container's file system; a new one over the image by default. */
  readonly fs?: FileSystem | undefined;
  /** Takes what is written beside the mounts; a new one by default. */
  readonly layer?: FileStore | undefined;
  readonly mounts?: readonly Mount[];
  readonly readOnlyRoot?: boolean | undefined;
  readonly sysctls?: ContainerWorld['sysctls'];
  readonly network?: NetworkHook | undefined;
  /** Shared by the containers of a Pod with shareProcessNamespace; its own by default. */
  readonly pids?: PidTable | undefined;
  /** Limits and accounting; a group without limits by default. */
  readonly cgroup?: Cgroup | undefined;
}

/**
 * What runc itself holds while it sets up a container: a limit below kills it (measured with runc
 * 1.1 on cgroup v2; it needs a little less on newer kernels).
 */
const RUNC_INIT_BYTES = 512 * 1024;
/** goldens/node/multi share-pid, ephemeral: pids from one process to the next are 11 and 6. */
const RUNC_INIT_THREADS = 10;
const RUNC_EXEC_THREADS = 5;

export interface ExecOptions {
  readonly output: OutputSinks;
  readonly stdin?: InputStream | undefined;
  readonly terminal?: Terminal | undefined;
}

/** A container's process as the runtime holds it. */
export interface ProcessHandle {
  readonly pid: number;
  /** Comes once, when the process has ended. */
  readonly exited: Future<ExitStatus>;
  /** The same as plain data; null while it runs. */
  readonly status: ExitStatus | null;
  readonly fs: FileSystem;
  /** Which processes it sees. */
  readonly pids: PidTable;
  processes(): readonly ProcessInfo[];
  signal(signal: SignalName): void;
  kill(): void;
}

/** The process could not be started. The message is that of the OCI runtime's innermost error. */
export class StartError extends Error {
  override readonly name = 'StartError';

  /** What containerd answers to StartContainer. */
  get startMessage(): string {
    return (
      'failed to create containerd task: failed to create shim task: OCI runtime create failed: ' +
      `runc create failed: unable to start container process: ${this.message}`
    );
  }

  /** What containerd answers to ExecSync, after `failed to start exec "ID": `. */
  get execMessage(): string {
    const failed = 'OCI runtime exec failed: exec failed: unable to start container process';
    return `${failed}: ${this.message}`;
  }
}

class Handle implements ProcessHandle {
  readonly process: ContainerProcess;
  /** As configured: the process may have changed its own since. */
  readonly cwd: string;
  readonly env: ProcessStart['env'];

  constructor(process: ContainerProcess, env: ProcessStart['env']) {
    this.process = process;
    this.cwd = process.cwd;
    this.env = env;
  }

  get pid(): number {
    return this.process.pid;
  }

  get exited(): Future<ExitStatus> {
    return this.process.exited;
  }

  get status(): ExitStatus | null {
    return this.process.status;
  }

  get fs(): FileSystem {
    return this.process.world.fs;
  }

  get pids(): PidTable {
    return this.process.world.pids;
  }

  processes(): readonly ProcessInfo[] {
    return this.process.processes();
  }

  signal(signal: SignalName): void {
    this.process.signal(signal, false);
  }

  kill(): void {
    this.process.signal('SIGKILL', false);
  }
}

/** argv as the CRI resolves it: `command` without `args` drops the image's cmd. */
export function resolveArgv(
  image: ImageDefinition,
  options: Pick<StartOptions, 'command' | 'args'>,
): string[] {
  const command = options.command ?? [];
  const args = options.args ?? [];
  if (command.length > 0) return [...command, ...args];
  return [...(image.entrypoint ?? []), ...(args.length > 0 ? args : (image.cmd ?? []))];
}

/** What a container changes of its image, on the disk of the machine. */
export function containerLayer(kernel: Kernel, image: ImageDefinition, disk?: Disk): FileStore {
  return new FileStore({ base: imageTree(image), clock: kernel, type: 'overlay', disk });
}

/** Starts a container's first process. Throws StartError where the OCI runtime refuses. */
export function startProcess(
  kernel: Kernel,
  image: ImageDefinition,
  options: StartOptions,
): ProcessHandle {
  const cgroup = options.cgroup ?? new Cgroup();
  if (cgroup.memoryLimitBytes < RUNC_INIT_BYTES) {
    throw new StartError('container init was OOM-killed (memory limit too low?)');
  }
  const layer = options.layer ?? containerLayer(kernel, image, cgroup.host.disk);
  const { mounts = [], readOnlyRoot = false } = options;
  const fs = options.fs ?? new FileView(new MountTable(layer, mounts, readOnlyRoot));
  const refusal = mounts.find((mount) => mount.refusal !== undefined)?.refusal;
  if (refusal !== undefined) throw new StartError(refusal);
  const argv = resolveArgv(image, options);
  if (argv.length === 0) throw new StartError('no command specified');
  const user = options.user ?? imageUser(image);
  const home = user.uid === 0 ? '/root' : '/';
  const env = new Environment(image, options.tag, options.env ?? [], options.hostname, home);
  const cwd = resolvePath('/', options.workingDir ?? image.workingDir ?? '/');
  // runc makes it before it makes the root read-only.
  makeDirectories(fs instanceof FileView ? fs.writable : fs, cwd);
  const world: ContainerWorld = {
    kernel,
    programs: programsOf(image, options.tag),
    fs,
    hostname: options.hostname,
    network: options.network,
    pids: options.pids ?? new PidTable(),
    cgroup,
    sysctls: options.sysctls,
    startedAt: kernel.now,
  };
  const { output, stdin, terminal } = options;
  world.pids.skip(RUNC_INIT_THREADS);
  return start(world, { argv, env, cwd, user, output, stdin, terminal, leads: true });
}

function programsOf(image: ImageDefinition, tag: string | undefined): ContainerWorld['programs'] {
  const own = tag === undefined ? undefined : image.tags[tag]?.programs;
  return own ? { ...image.programs, ...own } : image.programs;
}

/** Starts one more process in a running container (exec probes, hooks, kubectl exec). */
export function execProcess(
  container: ProcessHandle,
  argv: readonly string[],
  options: ExecOptions,
): ProcessHandle {
  if (!(container instanceof Handle)) throw new StartError('container is not running');
  const { world, user } = container.process;
  world.pids.skip(RUNC_EXEC_THREADS);
  return start(world, {
    argv,
    env: container.env,
    cwd: container.cwd,
    user,
    output: options.output,
    stdin: options.stdin,
    terminal: options.terminal,
    leads: false,
  });
}

interface Resolved {
  readonly argv: readonly string[];
  readonly env: ProcessStart['env'];
  readonly cwd: string;
  readonly user: ProcessUser;
  readonly output: OutputSinks;
  readonly stdin: InputStream | undefined;
  readonly terminal: Terminal | undefined;
  readonly leads: boolean;
}

function start(world: ContainerWorld, resolved: Resolved): ProcessHandle {
  const { cwd, user, stdin, terminal, leads } = resolved;
  const output = resolved.output.isBounded
    ? resolved.output
    : new MeteredOutput(world.kernel, resolved.output);
  const { program, argv } = locate(world, resolved);
  const env = terminal ? withTerminal(variablesOf(resolved.env)) : resolved.env;
  const files: OpenFile[] = terminal
    ? [terminal, terminal, terminal]
    : [
        stdin ? new TextInput(stdin) : NULL_FILE,
        new OutputFile(output, 'stdout'),
        new OutputFile(output, 'stderr'),
      ];
  if (terminal) terminal.onSignal = (signal) => signalReaders(world, terminal, signal);
  const started = { argv, program, env, cwd, user, files, parentPid: 0, leads };
  return new Handle(new ContainerProcess(world, started), env);
}

function withTerminal(env: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...env, ['TERM', env.get('TERM') ?? 'xterm']]);
}

function pathOf(env: ProcessStart['env']): string {
  return variablesOf(env).get('PATH') ?? DEFAULT_PATH;
}

/** All processes whose terminal it is: there are no process groups that would tell them apart. */
function signalReaders(world: ContainerWorld, terminal: Terminal, signal: SignalName): void {
  for (const process of world.pids.all()) {
    if (process.files.includes(terminal)) process.signal(signal, false);
  }
}

/** Finds the program of argv[0] as runc does (Go's exec.LookPath), with its words when it fails. */
function locate(world: ContainerWorld, resolved: Resolved): Executable {
  const { argv, env, cwd } = resolved;
  const { fs, programs } = world;
  const name = argv[0] ?? '';
  let path = resolvePath(cwd, name);
  if (!name.includes('/')) {
    const found = searchExecutable(fs, name, pathOf(env), cwd);
    if (!found?.executable)
      throw new StartError(`exec: "${name}": executable file not found in $PATH`);
    path = found.path;
  }
  const executable = findExecutable(fs, programs, path, argv);
  if (typeof executable !== 'string') return executable;
  switch (executable) {
    case NO_SUCH_FILE:
      if (fs.kind(path) !== null) throw new StartError(`exec ${path}: no such file or directory`);
      throw new StartError(`exec: "${name}": stat ${name}: no such file or directory`);
    case PERMISSION_DENIED:
      if (fs.kind(path) === 'directory') throw new StartError(`exec: "${name}": is a directory`);
      throw new StartError(`exec: "${name}": permission denied`);
    case EXEC_FORMAT_ERROR:
      throw new StartError(`exec ${path}: exec format error`);
    default:
      throw new StartError(`exec: "${name}": ${executable}`);
  }
}

function imageUser(image: ImageDefinition): ProcessUser {
  const user = containerUser(image);
  if (typeof user === 'string') throw new StartError(user);
  return user;
}

/** runc makes a missing working directory. */
function makeDirectories(fs: FileSystem, path: string): void {
  let prefix = '';
  for (const part of path.split('/').slice(1)) {
    if (part === '') continue;
    prefix += `/${part}`;
    if (fs.kind(prefix) !== null) continue;
    const error = fs.makeDirectory(prefix);
    if (error !== null) {
      throw new StartError(`error during container init: mkdir ${prefix}: ${error.toLowerCase()}`);
    }
  }
}
