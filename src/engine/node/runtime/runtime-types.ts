/** What containerd holds and answers: sandboxes and containers as plain data. */
import type { ContainerResources } from './cgroup.ts';
import type { IoConfig } from './container-io.ts';
import type { KernelSetting } from './kernel-files.ts';
import type { Mount } from './mount-table.ts';
import type { PulledImage } from './images.ts';
import type { ProcessUser, SignalName } from './program.ts';

/** Whom a sandbox is for; containerd keeps it as labels, so that a new kubelet can find its Pods. */
export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** A Pod's sandbox: the pause container that owns its network and volumes. */
export interface SandboxInfo {
  readonly id: string;
  readonly attempt: number;
  readonly ready: boolean;
  /** '' on the host's network. */
  readonly ip: string;
  readonly hostNetwork: boolean;
  /** Microseconds. */
  readonly createdAt: number;
}

/** State of one container at one moment; a new object for every change. */
export interface ContainerInfo {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly restartCount: number;
  readonly state: 'created' | 'running' | 'exited';
  readonly image: PulledImage;
  readonly user: ProcessUser;
  readonly stopSignal: SignalName;
  /** Of its cgroup, as they are now. */
  readonly resources: ContainerResources;
  /** Microseconds of virtual time; null: never. */
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
}

/** Everything the runtime knows of one Pod: what PLEG and the status functions read. */
export interface PodRuntimeStatus {
  readonly sandbox: SandboxInfo | null;
  /** Newest container of each name. */
  readonly containers: ReadonlyMap<string, ContainerInfo>;
  /** The one before it, as long as it is kept (maximum-dead-containers-per-container: 1). */
  readonly previous: ReadonlyMap<string, ContainerInfo>;
}

export interface ContainerConfig {
  readonly name: string;
  readonly image: PulledImage;
  readonly restartCount: number;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly (readonly [name: string, value: string])[];
  readonly workingDir: string | undefined;
  readonly user: ProcessUser | undefined;
  readonly hostname: string;
  readonly mounts: readonly Mount[];
  readonly readOnlyRoot?: boolean | undefined;
  readonly sysctls?: readonly KernelSetting[] | undefined;
  readonly stopSignal: SignalName | undefined;
  /** Limits and requests; a resize changes those of `RuntimeContainer.cgroup`. */
  readonly resources: ContainerResources;
  /** Where its input comes from, and whether it has a terminal. */
  readonly io?: IoConfig;
  /** Whose processes it sees: its own by default, those of the Pod, or of one of its containers. */
  readonly pids?: 'pod' | { readonly target: string } | undefined;
  readonly terminationMessagePath: string;
  readonly fallbackToLogs: boolean;
  /**
   * The container is meant to run on and on: the time its programs spend is not work that keeps the
   * cluster from being settled, once it has run for a while.
   */
  readonly service: boolean;
  /** An init container (sidecars too): for the trace. */
  readonly init: boolean;
}

/** RunPodSandbox was refused; the message is containerd's. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}

/** CreateContainer or StartContainer was refused for another reason than the program; containerd's words. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
}
