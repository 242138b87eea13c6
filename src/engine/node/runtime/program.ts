/**
 * What a container image is to the runtime: a name, a size and the programs inside. Programs are
 * generators in virtual time; they see their process context and nothing of Kubernetes.
 *
 * Models: the OCI image configuration (entrypoint, cmd, user, stop signal) and a POSIX process.
 */
import type { Kind } from '../../../api/meta/define-kind.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc, Suspend, Waitable } from '../../../kernel/process.ts';
import type { Future } from '../../../kernel/wait.ts';
import type { Cgroup } from './cgroup.ts';
import type { Capabilities } from './capabilities.ts';
import type { Credentials } from './credentials.ts';
import type { FileSystemType } from './file-system.ts';
import type { DeviceNumber, FileKind, FileSource } from './file-tree.ts';
import type { MountInfo } from './mount-table.ts';
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
  /** Permission bits that new files do not get. */
  umask: number;
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
  /** The same for who only looks again and again whether something outside has changed. */
  linger(us: number): Suspend;
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
  /** Opens a port of the Pod for HTTP; throws AddressInUse when taken. Closed on exit. */
  listen(port: number, onRequest: RequestHandler, options?: ListenOptions): void;
  /** Opens a TCP connection; it is closed when the process ends. */
  connect(address: string, port: number): Proc<Connection | ConnectFailure>;
  /**
   * Opens a port for TCP and answers its number (0: any that is free). What |onConnection| answers
   * is run beside the process and ends with it. Throws AddressInUse.
   */
  listenTcp(port: number, onConnection: ConnectionHandler, options?: ListenOptions): number;
  /** Opens a UDP socket (port 0: any that is free), closed on exit. Throws AddressInUse. */
  openUdp(port: number, onDatagram: (datagram: Datagram) => void): UdpSocket;
}

export type OpenMode = 'read' | 'write' | 'append';

export interface ProcessUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups, sorted; none by default. */
  readonly groups?: readonly number[];
  /** Sets of capabilities; those of an ordinary container by default. */
  readonly capabilities?: Capabilities | undefined;
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
  /** Address of the caller, and its port. */
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  /**
   * True: over TLS, which the server must speak too; false: without. Undefined asks nobody, which
   * is for callers that trust any certificate and do not care.
   */
  readonly tls?: boolean;
  /** HTTP/2 from the first byte, as gRPC needs it: servers that do not know it end the connection. */
  readonly http2?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export type RequestHandler = (request: HttpRequest) => HttpResponse | Proc<HttpResponse>;

export interface ListenOptions {
  /** The server speaks TLS on this port. */
  readonly tls?: boolean;
  /** The server knows HTTP/2 without TLS: a gRPC server. */
  readonly http2?: boolean;
  /** 127.0.0.1 where only the Pod itself shall reach it. */
  readonly address?: string;
}

export type ConnectFailure =
  | 'refused'
  | 'timeout'
  | 'unreachable'
  /** The other end closed the connection before it answered. */
  | 'reset'
  /** The other end answered in another protocol: HTTP where TLS or HTTP/2 was spoken. */
  | 'protocol';

/** One end of a TCP connection. Text that is no UTF-8 has its bytes as U+DC80 to U+DCFF. */
export interface Connection {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** What comes from the other end; it ends when that has closed, or reset the connection. */
  readonly input: InputStream;
  /** Answers the error as libc words it (`Broken pipe`), or null. */
  write(text: string): string | null;
  /** Something to wait for before writing more; null when there is room. */
  readonly full: Waitable | null;
  /** The other end has gone without having read all: what is written goes nowhere. */
  readonly reset: boolean;
  /** Nothing more will be written (shutdown of one direction); reading goes on. */
  finish(): void;
  /** Ends both directions. */
  close(): void;
  /** Runs |run| when this end is closed. */
  onClose(run: () => void): void;
}

export type ConnectionHandler = (connection: Connection) => Proc | undefined;

export interface Datagram {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly text: string;
}

export interface UdpSocket {
  readonly port: number;
  /** Nobody tells whether it arrives. */
  sendTo(address: string, port: number, text: string): void;
  close(): void;
}

export interface DnsQuestion {
  /** Full name, without the dot at its end. */
  readonly name: string;
  readonly type: 'A' | 'AAAA' | 'SRV' | 'PTR' | 'TXT' | 'CNAME';
}

export interface DnsRecord {
  readonly name: string;
  readonly type: DnsQuestion['type'];
  readonly ttl: number;
  /** Address, target, text; of SRV `priority weight port target`. */
  readonly data: string;
}

export interface DnsAnswer {
  readonly code: 'NOERROR' | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED';
  readonly records: readonly DnsRecord[];
}

/** The network as a program of the Pod sees it. */
export interface NetworkHook {
  /** Own address of the Pod, as in /etc/hosts. */
  readonly address: string;
  /** Asks a DNS server one question and waits for its answer, |timeoutUs| at most. */
  query(
    server: string,
    question: DnsQuestion,
    timeoutUs: number,
  ): Proc<DnsAnswer | 'timeout' | 'refused'>;
  /** Connects to an address and port, sends a request and waits for the answer. */
  request(address: string, port: number, request: HttpRequest): Proc<HttpResponse | ConnectFailure>;
  /** Opens a port for HTTP; throws AddressInUse. The answer closes it. */
  listen(port: number, onRequest: RequestHandler, options?: ListenOptions): () => void;
  connect(address: string, port: number): Proc<Connection | ConnectFailure>;
  /** Port 0: any that is free. */
  listenTcp(
    port: number,
    onConnection: (connection: Connection) => void,
    options?: ListenOptions,
  ): { readonly port: number; close(): void };
  openUdp(port: number, onDatagram: (datagram: Datagram) => void): UdpSocket;
  /** Sends an echo request (ICMP); the answer's time in microseconds, or null when none comes. */
  echo(address: string): Proc<number | null>;
  /** A client of the API server for the bearer of |token|; null: the server does not know it. */
  cluster(token: string, actor: string): ClusterClient | null;
}

/** What an in-cluster client can do that a single request cannot: lists, and what changes after. */
export interface ClusterClient {
  /** Lists and watches all objects of a kind, again and again, until the answer is called. */
  watch<T extends KubeObject>(kind: Kind<T>, handler: ObjectHandler<T>): () => void;
}

export interface ObjectHandler<T extends KubeObject> {
  onAdd(object: T): void;
  onUpdate(object: T, old: T): void;
  onDelete(object: T): void;
  /** The first list has come whole. */
  onSynced?(): void;
}

export class AddressInUse extends Error {
  override readonly name = 'AddressInUse';
}

/**
 * The files that a process sees, by its own permission. Paths are absolute and in normal form; every
 * error is text as libc words it.
 */
export interface FileSystem {
  read(path: string): string | undefined;
  /** Makes the file unless it is there. Null when written. */
  write(path: string, content: string, append: boolean, mode?: number): string | null;
  /** Removes a file, a link or an empty directory. */
  remove(path: string): string | null;
  /** Names in a directory, sorted by byte; undefined when there is none, or it may not be read. */
  list(path: string): readonly string[] | undefined;
  /** Makes one directory whose parent exists. */
  makeDirectory(path: string, mode?: number): string | null;
  /** Of what a link points to; null when there is nothing. */
  kind(path: string): FileKind | null;
  stat(path: string): FileStat | null;
  /** Of a link itself. */
  linkStat(path: string): FileStat | null;
  setMode(path: string, mode: number): string | null;
  /** Null leaves one of the two as it is. */
  setOwner(path: string, uid: number | null, gid: number | null, ofLink?: boolean): string | null;
  /** Sets the time of last change, to now by default. */
  touch(path: string, at?: number): string | null;
  makeLink(existing: string, path: string): string | null;
  makeSymbolicLink(target: string, path: string): string | null;
  /** Where a symbolic link points to; null when it is none. */
  readLink(path: string): string | null;
  /** The path without any link in it. */
  realPath(path: string): string | null;
  rename(from: string, to: string): string | null;
  /** Cuts a file, or fills it up with zeros; the length is in UTF-16 units. */
  truncate(path: string, length: number): string | null;
  /** Makes a copy that shares its content. */
  copy(from: string, to: string): string | null;
  /** Makes a pipe, a socket or a device. */
  makeSpecial(path: string, kind: FileKind, mode: number): string | null;
  /** Null when all of |want| is allowed (4 read, 2 write, 1 execute or search; 0: it is there). */
  access(path: string, want: number): string | null;
  /** A regular file as an open file; devices are the process's affair. |mode|: of a new file. */
  open(path: string, how: OpenMode, mode?: number): OpenFile | string;
  /** The file system that holds |path|. */
  space(path: string): FileSystemSpace | null;
  /** What is mounted where, as /proc/mounts tells. */
  mounts(): readonly MountInfo[];
  /** The same files as somebody else sees them. */
  as(who: Credentials): FileSystem;
}

export interface FileStat {
  readonly kind: FileKind;
  /** Permission bits with setuid, setgid and sticky, such as 0o644. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Hard links; of a directory, those of its subdirectories count. */
  readonly links: number;
  /** Bytes in UTF-8. */
  readonly size: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  /** Virtual microseconds since the start of the run; 0 for what the image brought. */
  readonly modifiedAt: number;
  readonly device?: DeviceNumber | undefined;
}

export interface FileSystemSpace {
  readonly type: FileSystemType;
  readonly mountPath: string;
  readonly totalBytes: number;
  readonly freeBytes: number;
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
  /** Other files the image brings: absolute path → content, or all that is to be said of it. */
  readonly files?: Readonly<Record<string, string | FileSource>>;
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
  /** Programs of the image that are different ones under this tag: older versions. */
  readonly programs?: Readonly<Record<string, Program>>;
}
