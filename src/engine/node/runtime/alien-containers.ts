/**
 * Containers that somebody has started on the machine beside Kubernetes. They are in a containerd
 * namespace of their own, with images of its own: CRI sees only k8s.io, and so does the kubelet.
 *
 * Models:     containerd 2.x namespaces; `ctr run --detach --net-host`, `ctr task kill`
 * Simplified: images of both namespaces share no layers on the disk; no namespace but default
 */
import type { Scope } from '../../../kernel/event-queue.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Rng } from '../../../kernel/rng.ts';
import { NO_RESOURCES } from './cgroup.ts';
import { type Containerd, LOST_EXIT_CODE } from './containerd.ts';
import { Launcher } from './container-launcher.ts';
import type { ImageStore, PulledImage } from './images.ts';
import { createdInfo, RuntimeContainer } from './runtime-container.ts';
import { newRuntimePod } from './runtime-pod.ts';
import { type ContainerConfig, RuntimeError } from './runtime-types.ts';

/** What `ctr` uses unless it is told otherwise. */
export const ALIEN_NAMESPACE = 'default';

interface Alien {
  readonly container: RuntimeContainer;
  /** The life of the runtime in which it was started. */
  readonly scope: Scope;
}

export class AlienContainers {
  readonly #kernel: Kernel;
  readonly #node: string;
  readonly #runtime: Containerd;
  readonly #newStore: () => ImageStore;
  readonly #containers = new Map<string, Alien>();
  #images: ImageStore | null = null;
  #rng: Rng | null = null;

  /** |images|: asked for when the first container is started. */
  constructor(kernel: Kernel, node: string, runtime: Containerd, images: () => ImageStore) {
    this.#kernel = kernel;
    this.#node = node;
    this.#runtime = runtime;
    this.#newStore = images;
  }

  /** What ran before a power cut is found dead. */
  all(): readonly RuntimeContainer[] {
    return [...this.#containers.values()].map(({ container: c, scope }) => {
      const isLost = !scope.alive && c.info.state === 'running';
      if (isLost) c.exited(this.#kernel.now, LOST_EXIT_CODE, 'Unknown');
      return c;
    });
  }

  /** Pulls the image and starts it; throws PullError, StartError or RuntimeError in its words. */
  *run(name: string, reference: string, argv: readonly string[]): Proc {
    this.#mayStart(name);
    this.#images ??= this.#newStore();
    const image = this.#images.find(reference) ?? (yield* this.#images.pull(reference));
    // Somebody may have been quicker while the image was pulled, or the power been cut.
    this.#mayStart(name);
    const { host, hostNetwork, scope } = this.#runtime;
    const node = this.#node;
    const identity = { uid: '', namespace: ALIEN_NAMESPACE, name };
    const config = configOf(name, node, image, argv);
    // Who starts containers by hand names them: the name is the id.
    const info = createdInfo(config, name, this.#kernel.now);
    const c = new RuntimeContainer(identity, config, hostNetwork, info, host);
    const pod = { ...newRuntimePod(identity), ref: `Node//${node}` };
    this.#launcher().launch(c, pod, 0);
    this.#containers.set(name, { container: c, scope });
  }

  /** Kills and forgets it; false: there is none of that name. */
  remove(name: string): boolean {
    const c = this.#containers.get(name)?.container;
    c?.process?.kill();
    c?.layer?.discard();
    return this.#containers.delete(name);
  }

  #mayStart(name: string): void {
    const { name: runtime, running } = this.#runtime;
    if (!running) throw new RuntimeError(`${runtime} does not run`);
    if (this.#containers.has(name)) throw new RuntimeError(`container "${name}": already exists`);
  }

  #launcher(): Launcher {
    const { name, scope } = this.#runtime;
    this.#rng ??= this.#kernel.rng(`${name}/${ALIEN_NAMESPACE}`);
    return new Launcher({
      kernel: this.#kernel,
      rng: this.#rng,
      name,
      scope,
      container: () => undefined,
      sharedPids: () => undefined,
      changed: () => undefined,
    });
  }
}

function configOf(
  name: string,
  hostname: string,
  image: PulledImage,
  command: readonly string[],
): ContainerConfig {
  return {
    name,
    image,
    restartCount: 0,
    command,
    args: [],
    env: [],
    workingDir: undefined,
    user: undefined,
    hostname,
    mounts: [],
    stopSignal: undefined,
    resources: NO_RESOURCES,
    terminationMessagePath: '',
    fallbackToLogs: false,
    service: true,
    init: false,
  };
}
