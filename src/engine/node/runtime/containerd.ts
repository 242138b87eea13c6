/**
 * The container runtime of one node: sandboxes and containers, behind calls like those of CRI. It
 * outlives the kubelet; what it holds is plain data and running programs.
 *
 * Models: containerd 2.x (internal/cri) with runc and the CNI plugins bridge and host-local.
 * Simplified: a sandbox's pause process runs only where containers see it.
 *
 * 1. A container's programs run in the scope of this runtime: they survive the kubelet, not the node.
 * 2. Every change of a Pod's state is told to `onPodChange` once it has happened.
 */
import { assert } from '../../../kernel/assert.ts';
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Rng } from '../../../kernel/rng.ts';
import type { Span, SpanStart } from '../../../kernel/trace.ts';
import type { HostPort, PodNetwork } from '../network/pod-network.ts';
import type { Account } from '../../images/registry/hosts.ts';
import { Launcher, type LaunchHost } from './container-launcher.ts';
import { CREATE, REMOVE, RUN_SANDBOX, START, STOP, STOP_SANDBOX, UPDATE } from './cri-latency.ts';
import type { ContainerResources, HostResources } from './cgroup.ts';
import { CniPlugin } from './cni.ts';
import type { ImageStore, PulledImage } from './images.ts';
import { exec, type ExecHost, type ExecResult, execSync } from './exec.ts';
import { LogFiles } from './log-files.ts';
import type { NodeDisk } from './node-disk.ts';
import { type ExecOptions, type ProcessHandle, StartError } from './process-runner.ts';
import type { NetworkHook } from './program.ts';
import {
  infos,
  newRuntimePod,
  NO_PREVIOUS,
  NOTHING,
  type RuntimePod,
  timesCreated,
} from './runtime-pod.ts';
import { createdInfo, RuntimeContainer } from './runtime-container.ts';
import { startPause } from './shared-pids.ts';
import {
  type ContainerConfig,
  type ContainerInfo,
  type PodIdentity,
  type PodRuntimeStatus,
  RuntimeError,
  type SandboxInfo,
} from './runtime-types.ts';

/** Exit code and reason that containerd gives to containers it finds dead after a power cut. */
export const LOST_EXIT_CODE = 255;

const HEX = '0123456789abcdef';
const ID_LENGTH = 64;

export interface ContainerdOptions {
  readonly kernel: Kernel;
  /** `node-1`. */
  readonly node: string;
  /** How it calls itself: `containerd`, `cri-o`, `docker`. */
  readonly runtimeName: string;
  readonly address: string;
  readonly images: ImageStore;
  readonly network: PodNetwork;
  /** What a sandbox's own process is made from. */
  readonly sandboxImage: string;
  /** Cores and memory of the machine. */
  readonly host: HostResources;
  /** Where the network's configuration is. */
  readonly disk: NodeDisk;
}

export class Containerd {
  readonly name: string;
  readonly images: ImageStore;
  scope: Scope;
  /** Told of every change: the kubelet's PLEG. */
  onPodChange: ((uid: string) => void) | null = null;
  #kernel: Kernel;
  #rng: Rng;
  #options: ContainerdOptions;
  #kubelet: string;
  #pods = new Map<string, RuntimePod>();
  #byId = new Map<string, RuntimeContainer>();
  readonly cni: CniPlugin;
  readonly logFiles: LogFiles;
  /** Told when all processes have ended at once. */
  onPowerOff: (() => void) | null = null;
  /** The network as processes of the node itself see it. */
  readonly hostNetwork: NetworkHook;
  readonly #isUp = (): boolean => this.scope.alive;
  readonly #launcher: Launcher;

  constructor(options: ContainerdOptions) {
    this.#options = options;
    this.#kernel = options.kernel;
    this.name = `containerd/${options.node}`;
    this.#kubelet = `kubelet/${options.node}`;
    this.#rng = options.kernel.rng(this.name);
    this.images = options.images;
    this.scope = { name: this.name, alive: false };
    this.hostNetwork = options.network.attach(options.address, this.#isUp).hook;
    this.cni = new CniPlugin(options.disk, this.#isUp);
    this.#launcher = new Launcher(this.#launchHost());
    this.logFiles = new LogFiles(options.kernel, options.disk, () => this.#byId.values());
  }

  get running(): boolean {
    return this.scope.alive;
  }

  /** After a power cut every sandbox is gone and every container that ran is found dead. */
  start(): void {
    if (this.scope.alive) return;
    this.scope = { name: this.name, alive: true };
    this.cni.load();
    for (const pod of this.#pods.values()) {
      if (pod.sandbox?.ready) this.#dropSandbox(pod);
      for (const c of pod.containers.values()) {
        if (c.info.state === 'running') c.exited(this.#kernel.now, LOST_EXIT_CODE, 'Unknown');
      }
      this.#changed(pod);
    }
  }

  /** Power off: all processes end at once, and nobody is told. */
  stop(): void {
    this.scope.alive = false;
    this.onPowerOff?.();
  }

  get runtimeName(): string {
    return this.#options.runtimeName;
  }

  /** The machine below. */
  get host(): HostResources {
    return this.#options.host;
  }

  /** Pods that the runtime knows: what a new kubelet finds. */
  pods(): readonly PodIdentity[] {
    return [...this.#pods.values()].map((p) => p.identity);
  }

  /** Containers of Pods, ended ones too. */
  allContainers(): Iterable<RuntimeContainer> {
    return this.#byId.values();
  }

  /** Ids of the images of all containers, ended ones too. */
  *imagesInUse(): Iterable<string> {
    for (const { containers, previous } of this.#pods.values()) {
      for (const { info } of containers.values()) yield info.image.id;
      for (const { info } of previous.values()) yield info.image.id;
    }
  }

  status(uid: string): PodRuntimeStatus {
    const pod = this.#pods.get(uid);
    if (!pod) return NOTHING;
    pod.status ??= {
      sandbox: pod.sandbox,
      containers: infos(pod.containers),
      previous: infos(pod.previous),
    };
    return pod.status;
  }

  container(uid: string, name: string): RuntimeContainer | undefined {
    return this.#pods.get(uid)?.containers.get(name);
  }

  previousContainer(uid: string, name: string): RuntimeContainer | undefined {
    return this.#pods.get(uid)?.previous.get(name);
  }

  /** The network of a Pod's sandbox; undefined while it has none. */
  network(uid: string): NetworkHook | undefined {
    return this.#pods.get(uid)?.network?.hook;
  }

  /** The portmap plugin: ports of the node lead to the Pod, until its sandbox is gone. */
  publish(uid: string, ports: readonly HostPort[]): void {
    const pod = this.#pods.get(uid);
    if (!pod?.network || !pod.sandbox?.ip) return;
    const attached = pod.network;
    const { address, network } = this.#options;
    const end = network.publish(address, pod.sandbox.ip, ports);
    pod.network = {
      hook: attached.hook,
      close: () => {
        end();
        attached.close();
      },
    };
  }

  /** How often it has been created so far: the restart count of the next one. */
  timesCreated(uid: string, name: string): number {
    return timesCreated(this.#pods.get(uid), name);
  }

  /** |sharePids|: as whose host the containers see each other's processes; null: they do not. */
  *runPodSandbox(
    identity: PodIdentity,
    attempt: number,
    hostNetwork: boolean,
    sharePids: string | null = null,
  ): Proc<SandboxInfo> {
    const pod = this.#pod(identity);
    const span = this.#begin('RunPodSandbox', pod.ref, {});
    yield this.#rng.latency(RUN_SANDBOX);
    const id = this.#rng.text(ID_LENGTH, HEX);
    const ip = hostNetwork ? '' : this.cni.address(id);
    const createdAt = this.#kernel.now;
    pod.sandbox = { id, attempt, ready: true, ip, hostNetwork, createdAt };
    pod.network = hostNetwork
      ? { hook: this.hostNetwork, close: () => undefined }
      : this.#options.network.attach(ip, this.#isUp);
    if (sharePids !== null) this.#startPause(pod, sharePids);
    this.#kernel.end(span, { detail: { ip: hostNetwork ? this.#options.address : ip } });
    this.#changed(pod);
    return pod.sandbox;
  }

  *stopPodSandbox(uid: string): Proc {
    const pod = this.#pods.get(uid);
    if (!pod?.sandbox?.ready) return;
    const span = this.#begin('StopPodSandbox', pod.ref, {});
    yield this.#rng.latency(STOP_SANDBOX);
    this.#dropSandbox(pod);
    this.#kernel.end(span);
    this.#changed(pod);
  }

  /** RemovePodSandbox: the Pod, its containers and their logs are forgotten. */
  *removePod(uid: string): Proc {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    const span = this.#begin('RemovePodSandbox', pod.ref, {});
    yield this.#rng.latency(REMOVE);
    if (pod.sandbox?.ready) this.#dropSandbox(pod);
    for (const c of [...pod.containers.values(), ...pod.previous.values()]) this.#forget(c);
    this.#pods.delete(uid);
    this.#kernel.end(span);
  }

  /** Ends and forgets a Pod that no kubelet's Pod stands for. */
  *killPod(uid: string): Proc {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    for (const c of pod.containers.values()) c.process?.kill();
    yield* this.stopPodSandbox(uid);
    yield* this.removePod(uid);
  }

  /** RemoveContainer of one that has exited; how often it was created is not forgotten. */
  removeContainer(uid: string, name: string): void {
    const pod = this.#pods.get(uid);
    if (!pod) return;
    (pod.created ??= new Map()).set(name, timesCreated(pod, name));
    for (const map of [pod.containers, pod.previous]) {
      const c = map.get(name);
      if (c) this.#forget(c);
      map.delete(name);
    }
    this.#changed(pod);
  }

  #forget(c: RuntimeContainer): void {
    this.#byId.delete(c.info.id);
    this.logFiles.removed(c);
    c.layer?.discard();
  }

  /** PullImage, with credentials where there are some. Throws PullError. */
  *pullImage(
    uid: string,
    container: string,
    init: boolean,
    image: string,
    account?: Account,
  ): Proc<PulledImage> {
    const pod = this.#pods.get(uid);
    const span = this.#begin('PullImage', pod?.ref ?? '', { container, init, image });
    try {
      const pulled = yield* this.images.pull(image, account);
      this.#kernel.end(span, { detail: { sizeBytes: pulled.sizeBytes } });
      return pulled;
    } catch (error) {
      this.#kernel.end(span, { detail: { error: String((error as Error).message) } });
      throw error;
    }
  }

  *createContainer(uid: string, config: ContainerConfig): Proc<ContainerInfo> {
    const pod = this.#pods.get(uid);
    assert(pod, `CreateContainer ${config.name} without a sandbox`);
    const span = this.#begin('CreateContainer', pod.ref, {
      container: config.name,
      init: config.init,
      image: config.image.name,
    });
    yield this.#rng.latency(CREATE);
    this.#needSandbox(pod, span);
    const info = createdInfo(config, this.#rng.text(ID_LENGTH, HEX), this.#kernel.now);
    const c = new RuntimeContainer(
      pod.identity,
      config,
      pod.network?.hook,
      info,
      this.#options.host,
    );
    const old = pod.containers.get(config.name);
    if (old) {
      const older = pod.previous.get(config.name);
      if (older) this.#forget(older);
      if (pod.previous === NO_PREVIOUS) pod.previous = new Map();
      pod.previous.set(config.name, old);
    }
    const times = timesCreated(pod, config.name) + 1;
    if (times > 1) (pod.created ??= new Map()).set(config.name, times);
    pod.containers.set(config.name, c);
    this.#byId.set(info.id, c);
    this.logFiles.added(c);
    this.#kernel.end(span);
    this.#changed(pod);
    return info;
  }

  /** Throws StartError where runc refuses. */
  *startContainer(id: string): Proc {
    const c = this.#byId.get(id);
    assert(c, `StartContainer of ${id}, which does not exist`);
    const pod = this.#pods.get(c.pod.uid) as RuntimePod;
    const { name: container, init } = c.config;
    const detail = { container, init, image: c.config.image.name };
    const span = this.#begin('StartContainer', pod.ref, detail);
    yield this.#rng.latency(START);
    this.#needSandbox(pod, span);
    try {
      this.#launcher.launch(c, pod, span.id);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      c.startFailed(this.#kernel.now, error.startMessage);
      throw error;
    } finally {
      this.#kernel.end(span);
      this.#changed(pod);
    }
  }

  /** UpdateContainerResources: other limits for a container that runs. */
  *updateContainerResources(uid: string, name: string, resources: ContainerResources): Proc {
    const pod = this.#pods.get(uid);
    const span = this.#begin('UpdateContainerResources', pod?.ref ?? '', { container: name });
    yield this.#rng.latency(UPDATE);
    this.#kernel.end(span);
    const c = pod?.containers.get(name);
    if (!pod || c?.info.state !== 'running') return;
    c.cgroup.update(this.#kernel, resources);
    c.info = { ...c.info, resources };
    this.#changed(pod);
  }

  /** First half of StopContainer: the stop signal. */
  sendStopSignal(id: string): void {
    const c = this.#byId.get(id);
    c?.process?.signal(c.info.stopSignal);
  }

  kill(id: string): void {
    this.#byId.get(id)?.process?.kill();
  }

  /** The rest of StopContainer, once the process has ended. */
  *finishStop(): Proc {
    yield this.#rng.latency(STOP);
  }

  /** The pause process of a Pod dies: a fault. */
  killSandbox(uid: string): void {
    const pod = this.#pods.get(uid);
    if (!pod?.sandbox?.ready) return;
    this.#dropSandbox(pod);
    this.#changed(pod);
  }

  /** CRI Exec: a further process in a container. Throws StartError where it is refused. */
  exec(
    uid: string,
    name: string,
    argv: readonly string[],
    options: ExecOptions,
  ): Proc<ProcessHandle> {
    return exec(this.#execHost(), this.container(uid, name), argv, options);
  }

  /** CRI ExecSync: the same to its end, or for |timeoutUs| at most. */
  execSync(
    uid: string,
    name: string,
    argv: readonly string[],
    timeoutUs?: number,
  ): Proc<ExecResult> {
    return execSync(this.#execHost(), this.container(uid, name), argv, timeoutUs);
  }

  #execHost(): ExecHost {
    return { kernel: this.#kernel, rng: this.#rng, scope: this.scope };
  }

  #launchHost(): LaunchHost {
    const scope = (): Scope => this.scope;
    return {
      kernel: this.#kernel,
      rng: this.#rng,
      name: this.name,
      get scope() {
        return scope();
      },
      container: (uid, name) => this.container(uid, name),
      sharedPids: (uid) => this.#pods.get(uid)?.shared?.pids,
      changed: (pod) => this.#changed(pod),
    };
  }

  /** Begins a span of a call from the kubelet. */
  beginCall(name: string, ref: string, detail: SpanStart['detail']): Span {
    return this.#begin(name, ref, detail);
  }

  /** The sandbox may have died while the call was on its way. */
  #needSandbox(pod: RuntimePod, span: Span): void {
    if (pod.sandbox?.ready) return;
    this.#kernel.end(span);
    const task = `no running task found: task ${pod.sandbox?.id ?? ''} not found`;
    throw new RuntimeError(`failed to get sandbox container task: ${task}`);
  }

  #startPause(pod: RuntimePod, hostname: string): void {
    const image = this.images.find(this.#options.sandboxImage);
    assert(image, `${this.name}: the image of sandboxes is missing`);
    const kernel = this.#kernel;
    const { uid } = pod.identity;
    pod.shared = kernel.with(kernel.cause, true, this.scope, () =>
      startPause(kernel, image.definition, hostname, () => this.killSandbox(uid)),
    );
  }

  #dropSandbox(pod: RuntimePod): void {
    if (!pod.sandbox) return;
    const { shared } = pod;
    pod.shared = null;
    shared?.pause.kill();
    this.cni.free(pod.sandbox.ip);
    pod.network?.close();
    pod.network = null;
    pod.sandbox = { ...pod.sandbox, ready: false };
  }

  #changed(pod: RuntimePod): void {
    pod.status = null;
    this.onPodChange?.(pod.identity.uid);
  }

  #pod(identity: PodIdentity): RuntimePod {
    let pod = this.#pods.get(identity.uid);
    if (!pod) {
      pod = newRuntimePod(identity);
      this.#pods.set(identity.uid, pod);
    }
    return pod;
  }

  #begin(name: string, object: string, detail: SpanStart['detail']): Span {
    return this.#kernel.begin({
      kind: 'cri',
      name,
      from: this.#kubelet,
      to: this.name,
      object,
      ...(detail ? { detail } : {}),
    });
  }
}
