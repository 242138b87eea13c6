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
    };

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
