/**
 * What a container image is to the runtime: a name, a size and the programs inside. Programs are
 * generators in virtual time; they see their process context and nothing of Kubernetes.
 *
 * Models: the OCI image configuration (entrypoint, cmd, user, stop signal) and a POSIX process.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';

export type SignalName = 'SIGTERM' | 'SIGKILL' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2';

/** One running process of a container. Exit codes are 0 to 255; death by signal n is 128 + n. */
export interface ProcessContext {
  readonly kernel: Kernel;
  /** argv, with the program itself first. */
  readonly argv: readonly string[];
  readonly env: Map<string, string>;
  cwd: string;
  readonly hostname: string;
  /** Process id in the container; 1 for its first process, which ignores signals it does not handle. */
  readonly pid: number;
  readonly fs: FileSystem;
  /** Text goes to the container's log at once, as it is written. */
  stdout(text: string): void;
  stderr(text: string): void;
  /** Standard input as text; empty unless piped or attached. */
  readonly stdin: string;
  /** Installs a handler; without one a signal ends the process (but not process 1). */
  onSignal(signal: SignalName, handler: () => void): void;
  /** Name resolution inside the Pod; null = no such name. Undefined until there is cluster DNS. */
  readonly resolve?: (name: string) => Proc<readonly string[] | null>;
  /** Opens a listening port of the Pod; throws `address in use` text when taken. Closed on exit. */
  listen(port: number, onRequest: (request: HttpRequest) => HttpResponse): void;
}

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The container's files: a small tree, lost with the container, mounts aside. Paths are absolute. */
export interface FileSystem {
  read(path: string): string | undefined;
  /** Error text as a POSIX tool prints it (`Read-only file system`), or null when written. */
  write(path: string, content: string, append: boolean): string | null;
  remove(path: string): boolean;
  /** Names in a directory, sorted; undefined when there is no such directory. */
  list(path: string): readonly string[] | undefined;
  makeDirectory(path: string): string | null;
  kind(path: string): 'file' | 'directory' | null;
}

/** A program: runs in virtual time and answers its exit code. */
export type Program = (context: ProcessContext) => Proc<number>;

/** A container image: one file each in engine/images. */
export interface ImageDefinition {
  /** Repository as the registry knows it, e.g. `docker.io/library/nginx`. */
  readonly repository: string;
  /** Tags and the compressed size in bytes that is pulled for each. */
  readonly tags: Readonly<Record<string, { readonly sizeBytes: number; readonly digest: string }>>;
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly user?: string;
  /** Signal sent to stop it; SIGTERM when absent. */
  readonly stopSignal?: SignalName;
  /** Absolute paths and names on $PATH → program. */
  readonly programs: Readonly<Record<string, Program>>;
  /** Files the image brings. */
  readonly files?: Readonly<Record<string, string>>;
}
