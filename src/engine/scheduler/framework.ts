/**
 * What a scheduler plugin is: pure functions over a Pod and a node's incremental record.
 *
 * Models:     k8s.io/kube-scheduler framework interface.go (v1.36)
 * Simplified: no Reserve, Permit and PreBind points; state is what preFilter and preScore answer
 */
import type { Node, Pod } from '../../api/generated/types.ts';
import type { ObjectKey } from '../../api/meta/object.ts';
import type { NodeInfo } from './node-info.ts';
import type { Snapshot } from './snapshot.ts';

/** Scores run from 0 to 100 before their weight. */
export const MAX_NODE_SCORE = 100;

/** Why a node cannot take the Pod. */
export interface Refusal {
  readonly reasons: readonly string[];
  /** Evicting other Pods would not help. */
  readonly unresolvable: boolean;
}

/** Something that happened to the cluster and may make a refused Pod schedulable. */
export type ClusterEvent =
  | { readonly type: 'NodeAdd'; readonly node: Node }
  | {
      readonly type: 'NodeUpdate';
      readonly node: Node;
      /** What of it has changed; an update that changes none of these is no event. */
      readonly allocatable: boolean;
      readonly labels: boolean;
      readonly taints: boolean;
    }
  | { readonly type: 'AssignedPodAdd'; readonly pod: Pod }
  | { readonly type: 'AssignedPodUpdate'; readonly pod: Pod; readonly old: Pod }
  | { readonly type: 'AssignedPodDelete'; readonly pod: Pod }
  /** A PersistentVolumeClaim is new or says something else. */
  | { readonly type: 'ClaimChange'; readonly key: ObjectKey }
  /** The same of a PersistentVolume. */
  | { readonly type: 'VolumeChange' };

/** preFilter's and preScore's answer when the plugin has nothing to say about this Pod. */
export const SKIP: unique symbol = Symbol('skip');

export interface Plugin<F = unknown, S = unknown> {
  readonly name: string;
  /** Multiplies the normalised score. */
  readonly weight?: number;
  /** State for `filter`, SKIP, or why no node can take the Pod. */
  preFilter?(pod: Pod, snapshot: Snapshot): F | typeof SKIP | Refusal;
  /** null = the node can take the Pod. */
  filter?(state: F, pod: Pod, node: NodeInfo): Refusal | null;
  /** State for `score`, or SKIP. */
  preScore?(pod: Pod, nodes: readonly NodeInfo[], snapshot: Snapshot): S | typeof SKIP;
  /** A whole number. */
  score?(state: S, pod: Pod, node: NodeInfo): number;
  /** Brings |scores| (one for each of |nodes|) to 0…100, in place. */
  normalize?(state: S, scores: number[], nodes: readonly NodeInfo[]): void;
  /** Queueing hint: whether |event| may change the plugin's mind about |pod|. */
  helps?(event: ClusterEvent, pod: Pod): boolean;
}

export function definePlugin<F, S>(plugin: Plugin<F, S>): Plugin {
  return plugin as unknown as Plugin;
}

export function refuse(reason: string, unresolvable = false): Refusal {
  return { reasons: [reason], unresolvable };
}

export function isRefusal(value: unknown): value is Refusal {
  return (
    typeof value === 'object' && value !== null && 'reasons' in value && 'unresolvable' in value
  );
}

/** Upstream DefaultNormalizeScore. */
export function normalizeTo100(scores: number[], reverse: boolean): void {
  let max = 0;
  for (const s of scores) if (s > max) max = s;
  for (let i = 0; i < scores.length; i++) {
    if (max === 0) {
      scores[i] = reverse ? MAX_NODE_SCORE : 0;
      continue;
    }
    const s = Math.floor((MAX_NODE_SCORE * (scores[i] as number)) / max);
    scores[i] = reverse ? MAX_NODE_SCORE - s : s;
  }
}
