/**
 * What a scheduler plugin is: functions over a Pod and a node's incremental record, one for each
 * extension point. All but `preBind`, `bind` and the life of a plugin's own assumptions are pure.
 *
 * Models:     k8s.io/kube-scheduler framework interface.go (v1.36)
 * Simplified: an answer is null (all is well), SKIP or a Refusal. A plugin that skips preFilter is not
 *             asked to filter, reserve and preBind
 *
 * The order: preEnqueue, less (queue); preFilter, filter, postFilter, preScore, score, normalize,
 * reserve, permit (one Pod at a time); preBind, bind, postBind (beside the next Pods).
 */
import type { Pod } from '../../api/generated/types.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { Proc } from '../../kernel/process.ts';
import type { Rng } from '../../kernel/rng.ts';
import type { Client } from '../client/typed-client.ts';
import type { ClusterEvent, EventType } from './events.ts';
import type { NodeInfo } from './node-info.ts';
import type { Snapshot } from './snapshot.ts';

/** Scores run from 0 to 100 before their weight. */
export const MAX_NODE_SCORE = 100;

/** Why a node cannot take the Pod. */
export interface Refusal {
  readonly reasons: readonly string[];
  /** Evicting other Pods would not help. */
  readonly unresolvable: boolean;
  /** Not a verdict about the node: something went wrong, and the Pod is tried again after a back-off. */
  readonly error?: true;
}

/** preFilter's and preScore's answer when the plugin has nothing to say about this Pod. */
export const SKIP: unique symbol = Symbol('skip');

/** preFilter's answer when only nodes of these names can be meant: no other is looked at. */
export class Limited<F> {
  readonly state: F;
  readonly nodes: ReadonlySet<string>;

  constructor(state: F, nodes: ReadonlySet<string>) {
    this.state = state;
    this.nodes = nodes;
  }
}

export type PreFilterAnswer<F> = F | Limited<F> | typeof SKIP | Refusal;

/** A waiting Pod as the queue orders it. */
export interface Waiting {
  readonly pod: Pod;
  /** Virtual microseconds at which it came into the queue. */
  readonly since: number;
}

/** What talks to the API server gets when a Pod is bound. */
export interface BindContext {
  readonly client: Client;
  readonly kernel: Kernel;
  readonly snapshot: Snapshot;
  /** The Pod was evicted for another one meanwhile: to wait any longer is in vain. */
  isCancelled(): boolean;
}

/** A node on which Pods can be added and taken away without anybody else seeing it. */
export interface WhatIf {
  /** A copy of the node's record. */
  readonly node: NodeInfo;
  add(pod: Pod): void;
  remove(pod: Pod): void;
  /** All filters of the profile on the node as it is now; null = the Pod fits. */
  filter(): Refusal | null;
}

export interface PostFilterContext {
  readonly snapshot: Snapshot;
  readonly rng: Rng;
  /** Every node's verdict; one that was not asked has the verdict of all. */
  refusalOf(node: string): Refusal | undefined;
  whatIf(node: NodeInfo): WhatIf;
}

export interface PostFilterAnswer {
  /** An error ends the search for help; a refusal lets the next plugin try. */
  readonly outcome: 'success' | 'refusal' | 'error';
  /** What the sentence says of it. */
  readonly message: string;
  /** The node that will be free; '' takes back an older promise, null leaves it. */
  readonly nominate: string | null;
  /** The Pods that have to go from there. */
  readonly victims: readonly Pod[];
}

export interface Plugin<F = unknown, S = unknown> {
  readonly name: string;
  /** Multiplies the normalised score; 1 when absent. The profile may say otherwise. */
  readonly weight?: number;
  /** Not null: the Pod may not even wait to be tried. */
  preEnqueue?(pod: Pod): Refusal | null;
  /** queueSort: whether |a| is tried before |b|. */
  less?(a: Waiting, b: Waiting): boolean;
  /** State for `filter`, SKIP, or why no node can take the Pod. */
  preFilter?(pod: Pod, snapshot: Snapshot): PreFilterAnswer<F>;
  /** A copy that addPod and removePod may change. */
  clone?(state: F): F;
  /** |other| is on |node| now, as |state| has to know; |node| has it already. */
  addPod?(state: F, pod: Pod, other: Pod, node: NodeInfo): void;
  /** |other| is on |node| no more; |node| is without it already. */
  removePod?(state: F, pod: Pod, other: Pod, node: NodeInfo): void;
  /** null = the node can take the Pod. */
  filter?(state: F, pod: Pod, node: NodeInfo): Refusal | null;
  /** No node can take the Pod: what can be done about it. No |state|: preFilter was not reached. */
  postFilter?(state: F | undefined, pod: Pod, context: PostFilterContext): PostFilterAnswer;
  /** State for `score`, or SKIP. */
  preScore?(pod: Pod, nodes: readonly NodeInfo[], snapshot: Snapshot): S | typeof SKIP;
  /** A whole number. */
  score?(state: S, pod: Pod, node: NodeInfo): number;
  /** Brings |scores| (one for each of |nodes|) to 0…100, in place. */
  normalize?(state: S, scores: number[], nodes: readonly NodeInfo[]): void;
  /** The node is chosen: the plugin takes what it needs there from its own books. */
  reserve?(state: F, pod: Pod, node: string): Refusal | null;
  /** Gives that back; must not mind that nothing was taken. */
  unreserve?(state: F, pod: Pod, node: string): void;
  /** A last word before binding begins. */
  permit?(state: F, pod: Pod, node: string): Refusal | null;
  /** PreBindPreFlight: whether preBind has anything to do. Absent: whenever there is a preBind. */
  willPreBind?(state: F, pod: Pod, node: string): boolean;
  /** May take its time and talk to the API server. */
  preBind?(state: F, pod: Pod, node: string, context: BindContext): Proc<Refusal | null>;
  /** null = bound. */
  bind?(pod: Pod, node: string, context: BindContext): Proc<Refusal | null>;
  postBind?(pod: Pod, node: string): void;
  /** Events that can change the plugin's mind; any event when absent. */
  readonly events?: readonly EventType[];
  /** Queueing hint: whether |event|, one of |events|, may change its mind about |pod|. Absent: it may. */
  helps?(event: ClusterEvent, pod: Pod): boolean;
}

/** What a plugin can hold on to. */
export interface Handle {
  readonly snapshot: Snapshot;
  /** Whether Pods are being evicted for the waiting Pod with this uid. */
  isPreempting(uid: string): boolean;
}

/** Makes a plugin for a profile. |args| are those of the profile, with defaults, of the plugin's kind. */
export interface PluginFactory {
  readonly name: string;
  create(args: unknown, handle: Handle): Plugin;
}

export function definePlugin<F, S>(plugin: Plugin<F, S>): Plugin {
  return plugin as unknown as Plugin;
}

/** A plugin that takes no arguments and keeps no books. */
export function plain(plugin: Plugin): PluginFactory {
  return { name: plugin.name, create: () => plugin };
}

export function defineFactory<A>(
  name: string,
  create: (args: A, handle: Handle) => Plugin,
): PluginFactory {
  return { name, create: create as PluginFactory['create'] };
}

export function refuse(reason: string, unresolvable = false): Refusal {
  return { reasons: [reason], unresolvable };
}

/** Something went wrong; |message| is told, and the Pod is tried again. */
export function failure(message: string): Refusal {
  return { reasons: [message], unresolvable: false, error: true };
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
