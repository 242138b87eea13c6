/** What containerd keeps of one Pod: its sandbox and its containers, newest and one before. */
import type { NetworkHook } from './program.ts';
import type { SharedPids } from './shared-pids.ts';
import type { RuntimeContainer } from './runtime-container.ts';
import type { ContainerInfo, PodIdentity, PodRuntimeStatus, SandboxInfo } from './runtime-types.ts';

export interface RuntimePod {
  readonly identity: PodIdentity;
  /** `Pod/namespace/name`. */
  readonly ref: string;
  sandbox: SandboxInfo | null;
  /** The pids that its containers have in common; null: each has its own. */
  shared: SharedPids | null;
  network: { readonly hook: NetworkHook; close(): void } | null;
  readonly containers: Map<string, RuntimeContainer>;
  /** NO_PREVIOUS until there is one. */
  previous: Map<string, RuntimeContainer>;
  /**
   * How often a container of this name has been created: its log directory on the node's disk. What
   * is missing here has been created once if it is there.
   */
  created: Map<string, number> | null;
  status: PodRuntimeStatus | null;
}

export function newRuntimePod(identity: PodIdentity): RuntimePod {
  return {
    identity,
    ref: `Pod/${identity.namespace}/${identity.name}`,
    sandbox: null,
    shared: null,
    network: null,
    containers: new Map(),
    previous: NO_PREVIOUS,
    created: null,
    status: null,
  };
}

/** Shared by all Pods without one; nobody adds to it. */
export const NO_PREVIOUS = new Map<string, RuntimeContainer>();

export function timesCreated(pod: RuntimePod | undefined, name: string): number {
  return pod?.created?.get(name) ?? (pod?.containers.has(name) ? 1 : 0);
}

export const NOTHING: PodRuntimeStatus = {
  sandbox: null,
  containers: new Map(),
  previous: new Map(),
};
const NO_CONTAINERS: ReadonlyMap<string, ContainerInfo> = new Map();

export function infos(
  containers: ReadonlyMap<string, RuntimeContainer>,
): ReadonlyMap<string, ContainerInfo> {
  if (containers.size === 0) return NO_CONTAINERS;
  const result = new Map<string, ContainerInfo>();
  for (const [name, c] of containers) result.set(name, c.info);
  return result;
}
