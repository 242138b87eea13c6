/**
 * What a container image is to the runtime: a name, a size and the programs inside. Programs are
 * generators in virtual time; they see their process context and nothing of Kubernetes.
 *
 * Models: the OCI image configuration (entrypoint, cmd, user, stop signal) and a POSIX process.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc, Suspend } from '../../../kernel/process.ts';
import type { Future } from '../../../kernel/wait.ts';
import type { Cgroup } from './cgroup.ts';
import type { InputStream, OpenFile } from './open-file.ts';

export type SignalName =
  | 'SIGHUP'
  | 'SIGINT'
  | 'SIGQUIT'
  | 'SIGABRT'
  | 'SIGKILL'
  | 'SIGUSR1'
  | 'SIGSEGV'
  | 'SIGUSR2'
  | 'SIGPIPE'
  | 'SIGALRM'
  | 'SIGTERM'
  | 'SIGCHLD'
  | 'SIGCONT'
  | 'SIGSTOP'
  | 'SIGTSTP'
  | 'SIGWINCH';

/** What a process does with a signal: a function is called at once, when the signal comes. */
export type SignalAction = (() => void) | 'ignore' | 'default';

/** One running process of a container. Exit codes are 0 to 255; death by signal n is 128 + n. */
export interface ProcessContext {
  readonly kernel: Kernel;
  /** argv, with the program itself first. */
  readonly argv: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  cwd: string;
  readonly hostname: string;
  readonly user: ProcessUser;
  /**
   * Process id in the container; 1 for its first process, which ignores signals it does not handle.
   */
  readonly pid: number;
  readonly parentPid: number;
  readonly fs: FileSystem;
  /** Text goes to the container's log (or file, or pipe) at once, as it is written. */
  stdout(text: string): void;
  /** What the last failed write to standard output said, as libc words it; null: none failed. */
  readonly outputError: string | null;
  stderr(text: string): void;
  /** Standard input; at its end at once unless piped, redirected or attached. */
  readonly stdin: InputStream;
  /** File descriptors. */
  readonly files: readonly (OpenFile | undefined)[];
  /** Lets |fd| stand for another file, or for none; the process takes over the reference. */
  setFile(fd: number, file: OpenFile | undefined): void;
  /** Remembers all descriptors, until `popFiles` brings them back (redirections). */
  pushFiles(): void;
  popFiles(): void;
  /**
   * Spends |us| microseconds of CPU time, and waits while the pipe behind standard output is full.
   * Every loop of a program must pass here: it is what keeps an endless loop from hanging the run.
   */
  work(us: number): Proc;
  /** The same for hot loops: what to yield now, or null to go on. */
  charge(us: number): Suspend | null;
  /**
   * Says how much memory the program holds for its data, all in all. What passes the container's
   * limit kills it.
   */
  setMemory(bytes: number): void;
  /** The container's limits, and what it uses of them. */
  readonly cgroup: Cgroup;
  /**
   * What to yield to sleep |us| microseconds. Long sleeps, and all sleeps of a container that has
   * run
   * for long, do not keep the cluster from being settled: nothing new is to be expected of them.
   */
  rest(us: number): Suspend;
  /** Installs an action; without one a signal ends the process (but not process 1). */
  onSignal(signal: SignalName, action: SignalAction): void;
  /** Opens a file by path, devices and /proc included; a string is the error as libc words it. */
  open(path: string, mode: OpenMode): OpenFile | string;
  /** Starts a program of the container; a string is the error of execve as libc words it. */
  spawn(child: ChildSpec): ChildProcess | string;
  /** Another program takes the place of this one; run what is answered to its end. */
  exec(
    path: string,
    argv: readonly string[],
    env: ReadonlyMap<string, string>,
  ): Proc<number> | string;
  /** All processes of the container, by pid. */
  processes(): readonly ProcessInfo[];
  /** Sends a signal to a process of the container; false when there is none with that pid. */
  kill(pid: number, signal: SignalName | 'probe'): boolean;
  /** The Pod's network; undefined when it has none. */
  readonly network?: NetworkHook | undefined;
  /** Opens a listening port of the Pod; throws AddressInUse when taken. Closed on exit. */
  listen(port: number, onRequest: RequestHandler): void;
}

export type OpenMode = 'read' | 'write' | 'append';

export interface ProcessUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export interface ChildSpec {
  readonly argv: readonly string[];
  /** Absolute path of what is executed; a function runs instead of a program (a forked shell). */
  readonly run: string | Program;
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly files: readonly (OpenFile | undefined)[];
  /** Signals that the child ignores from the start, as they are inherited over exec. */
  readonly ignored?: readonly SignalName[];
}

export interface ChildProcess {
  readonly pid: number;
  readonly exited: Future<ExitStatus>;
  /** The same as plain data; null while it runs. */
  readonly status: ExitStatus | null;
}

export interface ExitStatus {
  /** 0 to 255; 128 + n when a signal ended it. */
  readonly exitCode: number;
  readonly signal?: SignalName;
}

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly user: string;
  readonly argv: readonly string[];
  readonly startedAt: number;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Address of the caller, without the port. */
  readonly remoteAddress?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export type RequestHandler = (request: HttpRequest) => HttpResponse | Proc<HttpResponse>;

export type ConnectFailure = 'refused' | 'timeout' | 'unreachable';

/** The network as a program of the Pod sees it. */
export interface NetworkHook {
  /** Own address of the Pod, as in /etc/hosts. */
  readonly address: string;
  /**
   * Asks the cluster's DNS for one full name; null = no such name. Undefined: no server answers.
   */
  readonly resolve?: ((name: string) => Proc<readonly string[] | null>) | undefined;
  /** Address of the DNS server, as in /etc/resolv.conf. */
  readonly nameserver?: string | undefined;
  /** Connects to an address and port, sends a request and waits for the answer. */
  request(address: string, port: number, request: HttpRequest): Proc<HttpResponse | ConnectFailure>;
  /** Opens a port for a process; throws AddressInUse. The answer closes it. */
  listen(port: number, onRequest: RequestHandler): () => void;
}

export class AddressInUse extends Error {
  override readonly name = 'AddressInUse';
}

/**
 * The container's files: a small tree, lost with the container, mounts aside. Paths are absolute.
 */
export interface FileSystem {
  read(path: string): string | undefined;
  /** Error text as a POSIX tool prints it (`Read-only file system`), or null when written. */
  write(path: string, content: string, append: boolean): string | null;
  /** Removes a file or an empty directory; error text or null. */
  remove(path: string): string | null;
  /** Names in a directory, sorted by byte; undefined when there is no such directory. */
  list(path: string): readonly string[] | undefined;
  /** Makes one directory whose parent exists; error text or null. */
  makeDirectory(path: string): string | null;
  kind(path: string): 'file' | 'directory' | null;
  stat(path: string): FileStat | null;
  setMode(path: string, mode: number): string | null;
  /** Sets the time of last change to now; error text or null. */
  touch(path: string): string | null;
}

export interface FileStat {
  readonly kind: 'file' | 'directory';
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  /** Bytes in UTF-8. */
  readonly size: number;
  /** Virtual microseconds since the start of the run; 0 for what the image brought. */
  readonly modifiedAt: number;
}

/** A program: runs in virtual time and answers its exit code. */
export type Program = (context: ProcessContext) => Proc<number>;

/** A container image: one file each in engine/images. */
export interface ImageDefinition {
  /** Repository as the registry knows it, e.g. `docker.io/library/nginx`. */
  readonly repository: string;
  /** Tags and the compressed size in bytes that is pulled for each. */
  readonly tags: Readonly<Record<string, ImageTag>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  /** Signal sent to stop it; SIGTERM when absent. */
  readonly stopSignal?: SignalName;
  readonly exposedPorts?: readonly number[];
  /** Absolute paths → program; they are files of the image, executable. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Other files the image brings: absolute path → content, or content and permission bits. */
  readonly files?: Readonly<
    Record<string, string | { readonly content: string; readonly mode: number }>
  >;
  /** Empty directories the image brings. */
  readonly directories?: readonly string[];
}

export interface ImageTag {
  readonly sizeBytes: number;
  readonly digest: string;
  /** Compressed layers, oldest first; layers with the same digest are pulled once. */
  readonly layers?: readonly { readonly digest: string; readonly sizeBytes: number }[];
  /** Bandwidth of the registry for this tag, where it is less than the node's. */
  readonly bytesPerSecond?: number;
  /** Environment that differs by tag (version variables). */
  readonly env?: Readonly<Record<string, string>>;
}
