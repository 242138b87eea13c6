/**
 * One simulated machine: a kubelet and containerd, each of which can be stopped and started, and the
 * power switch.
 */
import { assert } from '../../kernel/assert.ts';
import type { Registry } from '../images/registry/registry.ts';
import { bytes, milliCpu } from '../../api/meta/quantity.ts';
import type { Timer } from '../../kernel/event-queue.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Rng } from '../../kernel/rng.ts';
import type { NodeSpec } from '../../port/protocol.ts';
import type { KubeletSettings } from '../../port/protocol-node.ts';
import type { ApiServer } from '../apiserver/server.ts';
import type { NodeDriver } from './csi/driver.ts';
import { NodeCsi } from './csi/node-csi.ts';
import { Kubelet } from './kubelet/kubelet.ts';
import type { PodStates } from './kubelet/pod-states.ts';
import { DISK_BYTES, type MachineInfo, resourcesOf } from './kubelet/node-status.ts';
import { settingsOf } from './kubelet/settings.ts';
import { NodeVolumes } from './kubelet/volumes/node-volumes.ts';
import { PodNetwork } from './network/pod-network.ts';
import { HostResources } from './runtime/cgroup.ts';
import { AlienContainers } from './runtime/alien-containers.ts';
import { writeNetwork } from './runtime/cni.ts';
import { Containerd } from './runtime/containerd.ts';
import { ImageStore } from './runtime/images.ts';
import type { LogLine } from './runtime/logs.ts';
import type { NodeDisk } from './runtime/node-disk.ts';
import type { ImageDefinition, RequestHandler } from './runtime/program.ts';

/** The sandbox image is part of the machine's setup. */
const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';
/** From the start of the service to the kubelet's first Event (goldens/node/node: 2.3 s). */
const KUBELET_START_US = 2_300_000;
/** Firmware, kernel and services of a small virtual machine. */
const POWER_ON_US = 20_000_000;
/** What the CRI's Version call answers. */
const RUNTIME_VERSIONS = {
  containerd: 'containerd://2.4.2+unknown',
  'cri-o': 'cri-o://1.36.0',
  docker: 'docker://29.3.1',
} as const;
const HEX = '0123456789abcdef';

export interface MachineOptions {
  /** What the registries hold. */
  readonly images: Registry | readonly ImageDefinition[];
  /** Images that are on the machine from the start. */
  readonly preloaded?: readonly string[];
  /** Shared by the machines of a cluster. */
  readonly network?: PodNetwork;
  /** Storage drivers that run on it. */
  readonly drivers?: readonly NodeDriver[];
  /** It is a cloud's: its kubelet runs with --cloud-provider=external. */
  readonly external?: boolean;
}

/** What a fault takes of a machine. */
export interface Occupation {
  readonly diskBytes?: number;
  readonly memoryBytes?: number;
}

/** A part of the machine that can be stopped and started. */
export interface MachineComponent {
  readonly name: string;
  readonly running: boolean;
  readonly queue: number;
  readonly detail?: Readonly<Record<string, number | string>>;
  start(): void;
  stop(): void;
}

export class Machine {
  readonly name: string;
  info: MachineInfo;
  readonly runtime: Containerd;
  /** Containers on it that are nobody's Pod's. */
  readonly aliens: AlienContainers;
  /** The machine's own disk. */
  readonly files: NodeDisk;
  readonly kubelet: Kubelet;
  #components: readonly MachineComponent[];

  readonly #spec: NodeSpec;
  readonly #kernel: Kernel;
  readonly #volumes: NodeVolumes;
  /** Bytes of the disk that a fault has taken. */
  #occupied = 0;
  /** It has no power and will have it again; null: it has, or was switched off for good. */
  #powerOn: Timer | null = null;

  /** |number| counts the machines of a cluster from 1: addresses follow from it. */
  constructor(server: ApiServer, spec: NodeSpec, number: number, options: MachineOptions) {
    const { kernel } = server;
    this.name = spec.name;
    this.#spec = spec;
    this.#kernel = kernel;
    this.info = { ...machineInfo(server, spec, number), external: options.external ?? false };
    const { address } = this.info;
    const rng = kernel.rng(`images/${spec.name}`);
    const network = options.network ?? new PodNetwork(kernel, kernel.rng(`network/${spec.name}`));
    const cores = milliCpu(spec.cpu) / 1_000;
    const host = new HostResources(cores, bytes(spec.memory), DISK_BYTES);
    const registry = options.images;
    const images = new ImageStore(kernel, rng, registry, address, undefined, host.disk);
    for (const image of [PAUSE_IMAGE, ...(options.preloaded ?? [])]) images.preload(image);
    const volumes = new NodeVolumes(kernel, host.disk, new NodeCsi(options.drivers));
    this.files = volumes.host;
    this.#volumes = volumes;
    const node = {
      kernel,
      node: spec.name,
      runtimeName: spec.runtime ?? 'containerd',
      address,
      images,
      network,
      host,
      sandboxImage: PAUSE_IMAGE,
    };
    this.runtime = new Containerd({ ...node, disk: this.files });
    this.aliens = new AlienContainers(kernel, spec.name, this.runtime, () => {
      const own = kernel.rng(`images/default/${spec.name}`);
      return new ImageStore(kernel, own, registry, address, undefined, host.disk);
    });
    writeNetwork(this.files, { subnet: podCidr(number) });
    this.kubelet = new Kubelet(server, this.info, this.runtime, volumes);
    this.#components = [kubeletComponent(this.kubelet, this.runtime), runtimeComponent(this)];
  }

  /** As it was ordered. */
  get spec(): NodeSpec {
    return this.#spec;
  }

  /** Where it is on the network. */
  get place(): {
    readonly name: string;
    readonly address: string;
    hasPod(address: string): boolean;
    listen(port: number, handler: RequestHandler): () => void;
  } {
    const { cni, hostNetwork } = this.runtime;
    return {
      name: this.name,
      address: this.info.address,
      hasPod: (address) => cni.covers(address),
      listen: (port, handler) => hostNetwork.listen(port, handler),
    };
  }

  /** Power on: containerd finds what it left behind, the kubelet starts anew. */
  start(): void {
    this.runtime.start();
    this.kubelet.start();
  }

  /** The power is cut, and the machine comes up again as another boot of itself. */
  reboot(): void {
    this.stop();
    const rng = this.#kernel.rng(`machine/${this.name}`);
    this.info = { ...this.info, bootId: uuid(rng) };
    this.kubelet.machine = this.info;
    const options = { scope: null, periodic: false };
    this.#powerOn = this.#kernel.after(POWER_ON_US, () => this.start(), options);
  }

  /** The machine is shut down in order: its kubelet holds it up while Pods end. */
  shutDown(): void {
    this.#kernel.spawn('shut down', this.#shutDown(), { scope: null, periodic: false });
  }

  *#shutDown(): Proc {
    yield* this.kubelet.shutDown();
    this.stop();
  }

  /** Power off: containers die, nobody is told. */
  stop(): void {
    if (this.#powerOn) this.#kernel.cancel(this.#powerOn);
    this.#powerOn = null;
    this.kubelet.stop();
    this.runtime.stop();
    this.#volumes.lose();
  }

  stopKubelet(): void {
    this.kubelet.stop();
  }

  /** The kubelet's service is started again, with other settings where some are given. */
  restartKubelet(settings: Partial<KubeletSettings> = {}): void {
    this.kubelet.stop();
    const merged = { ...this.info.settings, ...settings };
    this.info = { ...this.info, settings: merged, ...resourcesOf(this.#spec, merged) };
    this.kubelet.machine = this.info;
    const { scope } = this.runtime;
    this.#kernel.after(KUBELET_START_US, () => this.kubelet.start(), { scope });
  }

  /** Something beside Pods takes so much of the machine; what it had taken before is free again. */
  occupy({ diskBytes = 0, memoryBytes = 0 }: Occupation): void {
    const { host } = this.runtime;
    const { disk } = host;
    disk.take(-this.#occupied, 0);
    this.#occupied = Math.min(diskBytes, disk.freeBytes);
    disk.take(this.#occupied, 0);
    host.systemMemoryBytes = memoryBytes;
  }

  components(): readonly MachineComponent[] {
    return this.#components;
  }

  /** Lines of a container's log; undefined when the node has no such container. */
  logs(
    uid: string,
    container: string,
    options: { readonly previous?: boolean } = {},
  ): readonly LogLine[] | undefined {
    const c = options.previous
      ? this.runtime.previousContainer(uid, container)
      : this.runtime.container(uid, container);
    return c?.log.lines;
  }

  /** Percent of the image of a container that is being pulled; null when none is. */
  pullProgress(uid: string, container: string): number | null {
    const image = this.kubelet.pulling(uid, container);
    return image === null ? null : this.runtime.images.progress(image);
  }

  podState(uid: string): PodStates | undefined {
    return this.kubelet.podState(uid);
  }
}

function kubeletComponent(kubelet: Kubelet, runtime: Containerd): MachineComponent {
  return {
    name: kubelet.name,
    get running() {
      return kubelet.running;
    },
    get queue() {
      return kubelet.queue;
    },
    start: () => {
      // A kubelet without its runtime would only wait for it.
      runtime.start();
      kubelet.start();
    },
    stop: () => kubelet.stop(),
  };
}

function runtimeComponent(machine: Machine): MachineComponent {
  const { runtime } = machine;
  return {
    name: runtime.name,
    get running() {
      return runtime.running;
    },
    queue: 0,
    start: () => runtime.start(),
    // Its containers are its children: they end with it, and the kubelet can do nothing without it.
    stop: () => machine.stop(),
  };
}

function machineInfo(server: ApiServer, spec: NodeSpec, number: number): MachineInfo {
  const rng = server.kernel.rng(`machine/${spec.name}`);
  const settings = settingsOf(spec);
  const machineId = rng.text(32, HEX);
  return {
    name: spec.name,
    address: nodeAddress(number),
    zone: spec.zone,
    ...resourcesOf(spec, settings),
    taints: spec.taints ?? [],
    machineId,
    // Without firmware tables the machine's id is all there is (cadvisor getSystemUUID).
    systemUuid: machineId,
    bootId: uuid(rng),
    settings,
    runtimeVersion: RUNTIME_VERSIONS[spec.runtime ?? 'containerd'],
  };
}

function uuid(rng: Rng): string {
  return [8, 4, 4, 4, 12].map((length) => rng.text(length, HEX)).join('-');
}

/** 172.30.0.2 for the first machine; .1 is the gateway. */
function nodeAddress(number: number): string {
  const n = number + 1;
  assert(n < 65_536, 'the machines have used up their network');
  return `172.30.${n >> 8}.${n & 255}`;
}

/** What the cluster's IPAM will give it, until the Node object says so: 10.244.0.0/16 and on. */
function podCidr(number: number): string {
  return `10.${244 + (number >> 8)}.${number & 255}.0/24`;
}
