/**
 * One container in containerd: its process, its log, and a snapshot of its state that is replaced
 * whenever it changes.
 */
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Waiter } from '../../../kernel/process.ts';
import { headBytes, utf8Length } from './text.ts';
import { Cgroup, type CgroupUsage, type HostResources, NO_RESOURCES } from './cgroup.ts';
import type { ContainerIo } from './container-io.ts';
import type { FileStore } from './file-system.ts';
import { ContainerLog } from './logs.ts';
import type { ProcessHandle } from './process-runner.ts';
import type { PulledImage } from './images.ts';
import type { ExitStatus, FileSystem, NetworkHook, ProcessUser } from './program.ts';
import {
  type ContainerConfig,
  type ContainerInfo,
  type PodIdentity,
  RuntimeError,
} from './runtime-types.ts';
import { containerUser } from './users.ts';

/** pkg/kubelet/container/runtime.go MaxContainerTerminationMessageLength, …LogLength, …LogLines. */
const MAX_MESSAGE_BYTES = 4_096;
const MAX_MESSAGE_LOG_BYTES = 2_048;
const MAX_MESSAGE_LOG_LINES = 80;

export class RuntimeContainer {
  readonly pod: PodIdentity;
  readonly config: ContainerConfig;
  readonly log = new ContainerLog();
  readonly network: NetworkHook | undefined;
  readonly cgroup: Cgroup;
  info: ContainerInfo;
  /** Since its process was started. */
  io: ContainerIo | null = null;
  process: ProcessHandle | null = null;
  fs: FileSystem | null = null;
  /** What it has changed of its image; given up with the container. */
  layer: FileStore | null = null;
  #onExit: (() => void)[] = [];

  constructor(
    pod: PodIdentity,
    config: ContainerConfig,
    network: NetworkHook | undefined,
    info: ContainerInfo,
    host?: HostResources,
  ) {
    this.pod = pod;
    this.config = config;
    this.network = network;
    this.info = info;
    this.cgroup = new Cgroup(config.resources, host);
  }

  /** What its processes use: CRI's container stats. */
  usage(): CgroupUsage {
    return this.cgroup.usage();
  }

  started(now: number, process: ProcessHandle): void {
    this.process = process;
    this.fs = process.fs;
    this.info = { ...this.info, state: 'running', startedAt: now };
  }

  /** A process that could not be started: containerd keeps the container as exited with 128. */
  startFailed(now: number, message: string): void {
    const reason = 'StartError';
    this.info = { ...this.info, state: 'exited', finishedAt: now, exitCode: 128, reason, message };
  }

  exited(now: number, exitCode: number, reason: string): void {
    this.log.close(now);
    this.io?.close();
    this.io = null;
    const message = this.#terminationMessage(exitCode);
    this.info = { ...this.info, state: 'exited', finishedAt: now, exitCode, reason, message };
    this.process = null;
    const told = this.#onExit;
    this.#onExit = [];
    for (const run of told) run();
  }

  /** Calls |run| once, when the container has exited; at once when it has already. */
  onExit(run: () => void): void {
    if (this.info.state === 'exited') run();
    else this.#onExit.push(run);
  }

  /** kuberuntime_container.go getTerminationMessage: the file, else the end of the log. */
  #terminationMessage(exitCode: number): string {
    const path = this.config.terminationMessagePath;
    const text = path === '' ? undefined : this.fs?.read(path);
    if (text) return tailBytes(text, MAX_MESSAGE_BYTES);
    if (!this.config.fallbackToLogs || exitCode === 0) return '';
    const lines = this.log.lines.slice(-MAX_MESSAGE_LOG_LINES);
    const tail = lines.map((line) => (line.partial ? line.text : `${line.text}\n`)).join('');
    return tailBytes(tail, MAX_MESSAGE_LOG_BYTES);
  }
}

/** Of a container whose process has not been started yet. */
export function createdInfo(config: ContainerConfig, id: string, createdAt: number): ContainerInfo {
  const { image, name, restartCount } = config;
  return {
    id,
    name,
    restartCount,
    state: 'created',
    image,
    user: config.user ?? imageUser(image),
    stopSignal: config.stopSignal ?? image.definition.stopSignal ?? 'SIGTERM',
    resources: config.resources ?? NO_RESOURCES,
    createdAt,
    startedAt: null,
    finishedAt: null,
    exitCode: 0,
    reason: '',
    message: '',
  };
}

function imageUser(image: PulledImage): ProcessUser {
  const user = containerUser(image.definition);
  if (typeof user === 'string') throw new RuntimeError(user);
  return user;
}

/** The last |count| bytes of |text|, cut at a character. */
function tailBytes(text: string, count: number): string {
  const over = utf8Length(text) - count;
  return over <= 0 ? text : text.slice(headBytes(text, over).length);
}

/** Calls |run| with the exit status of a process, in the process's own context. */
export class ExitWaiter implements Waiter {
  readonly kernel: Kernel;
  #run: (status: ExitStatus) => void;

  constructor(kernel: Kernel, run: (status: ExitStatus) => void) {
    this.kernel = kernel;
    this.#run = run;
  }

  wake(value: unknown): void {
    this.#run(value as ExitStatus);
  }

  wakeError(error: unknown): void {
    throw error;
  }
}
