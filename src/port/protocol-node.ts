/**
 * Machines, as plain data: what is done to them outside of the API, and how their kubelets are set.
 * Part of the port like protocol.ts.
 */

/** What is done to a machine outside of the API. */
export type NodeCommand =
  /** The kubelet is started again with other settings; those that are not named stay. */
  | {
      readonly type: 'configure-kubelet';
      readonly node: string;
      readonly settings: Partial<KubeletSettings>;
    }
  /** Puts a file on a node's own disk; null removes it. */
  | {
      readonly type: 'write-node-file';
      readonly node: string;
      readonly path: string;
      readonly content: string | null;
    }
  /** A machine is shut down in order: for a kubelet with shutdownGracePeriod, its Pods end first. */
  | { readonly type: 'shut-down-node'; readonly node: string }
  /** The power of a machine is cut; it comes up again by itself. */
  | { readonly type: 'reboot-node'; readonly node: string }
  /** Something beside Pods takes so much of the machine; zeros give it back. */
  | {
      readonly type: 'occupy-node';
      readonly node: string;
      readonly diskBytes: number;
      readonly memoryBytes: number;
    }
  | { readonly type: 'remove-alien-container'; readonly node: string; readonly name: string };

/** Starts a container that is no Pod's: `ctr run` on the node, beside Kubernetes. */
export interface RunAlienContainer {
  readonly type: 'run-alien-container';
  readonly node: string;
  readonly name: string;
  readonly image: string;
  /** Empty: what the image runs by itself. */
  readonly argv: readonly string[];
}

/** A container on a node's runtime, as `ctr` or `crictl` lists it. */
export interface NodeContainerRow {
  /** Of containerd: `k8s.io` for those of Pods, whatever the kubelet knows of them. */
  readonly namespace: string;
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: 'created' | 'running' | 'exited';
  /** `Pod/namespace/name`; '' for one that is no Pod's. */
  readonly pod: string;
}

export interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
}

/** Fields of KubeletConfiguration that can be set. Thresholds by signal: `100Mi`, `5%`. */
export interface KubeletSettings {
  readonly maxPods: number;
  readonly maxParallelImagePulls: number;
  readonly evictionHard: Readonly<Record<string, string>>;
  readonly evictionSoft: Readonly<Record<string, string>>;
  readonly evictionSoftGracePeriodSeconds: Readonly<Record<string, number>>;
  readonly evictionMaxPodGracePeriodSeconds: number;
  readonly evictionPressureTransitionPeriodSeconds: number;
  /** 0: the node does not shut down gracefully. */
  readonly shutdownGracePeriodSeconds: number;
  readonly shutdownGracePeriodCriticalPodsSeconds: number;
}

export interface NodeSpec {
  readonly name: string;
  /** Quantities as Kubernetes writes them. */
  readonly cpu: string;
  readonly memory: string;
  readonly pods: number;
  readonly zone: string;
  /** Images that the node pulls at the same time (maxParallelImagePulls); one when absent. */
  readonly parallelPulls?: number;
  /** Of its kubelet, where they are not the usual ones. */
  readonly kubelet?: Partial<KubeletSettings>;
  /** With which its kubelet registers it. */
  readonly taints?: readonly NodeTaint[];
  /** Images that are on its disk from the start. */
  readonly preloaded?: readonly string[];
  /** What the node says it runs containers with; containerd when absent. */
  readonly runtime?: 'containerd' | 'cri-o' | 'docker';
}
