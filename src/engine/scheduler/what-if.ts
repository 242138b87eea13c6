/**
 * A node as it would be with other Pods on it: for Pods that have been promised room there, and for
 * preemption.
 *
 * Models: framework/runtime framework.go RunFilterPluginsWithNominatedPods, addGeneratedNominatedPods;
 *         NodeInfo.Snapshot, CycleState.Clone (v1.36)
 */
import type { Pod } from '../../api/generated/types.ts';
import { keyOf } from '../../api/meta/object.ts';
import type { Plugin, Refusal, WhatIf } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { Nominator } from './nominator.ts';

/** A plugin that has something to say about the Pod, and what it prepared. */
export interface Prepared {
  readonly plugin: Plugin;
  readonly state: unknown;
  readonly filters: boolean;
}

export interface Verdict {
  readonly plugin: Plugin;
  readonly refusal: Refusal;
}

export function priorityOf(pod: Pod): number {
  return pod.spec.priority ?? 0;
}

/** The first refusal, or null. */
function runFilters(prepared: readonly Prepared[], pod: Pod, node: NodeInfo): Verdict | null {
  for (let i = 0; i < prepared.length; i++) {
    const p = prepared[i] as Prepared;
    if (!p.filters) continue;
    const refusal = (p.plugin.filter as NonNullable<Plugin['filter']>)(p.state, pod, node);
    if (refusal !== null) return { plugin: p.plugin, refusal };
  }
  return null;
}

/**
 * The node's verdict. Pods of no lower priority that have been promised room there count as if they
 * were there; but as they may never come, the Pod must fit without them too.
 */
export function verdictOn(
  prepared: readonly Prepared[],
  pod: Pod,
  node: NodeInfo,
  nominator: Nominator,
): Verdict | null {
  if (nominator.size > 0) {
    const promised = [...nominator.on(node.name).values()].filter(
      (p) => p.metadata.uid !== pod.metadata.uid && priorityOf(p) >= priorityOf(pod),
    );
    if (promised.length > 0) {
      const full = new NodeCopy(prepared, pod, node);
      for (const p of promised) full.add(p);
      const verdict = full.verdict();
      if (verdict) return verdict;
    }
  }
  return runFilters(prepared, pod, node);
}

class NodeCopy {
  readonly node: NodeInfo;
  readonly prepared: readonly Prepared[];
  readonly #pod: Pod;

  constructor(prepared: readonly Prepared[], pod: Pod, node: NodeInfo) {
    this.#pod = pod;
    this.node = node.clone();
    this.prepared = prepared.map((p) =>
      p.plugin.clone ? { ...p, state: p.plugin.clone(p.state) } : p,
    );
  }

  add(other: Pod): void {
    this.node.addPod(other);
    for (const { plugin, state } of this.prepared) {
      plugin.addPod?.(state, this.#pod, other, this.node);
    }
  }

  remove(other: Pod): void {
    this.node.removePod(keyOf(other));
    for (const { plugin, state } of this.prepared) {
      plugin.removePod?.(state, this.#pod, other, this.node);
    }
  }

  verdict(): Verdict | null {
    return runFilters(this.prepared, this.#pod, this.node);
  }
}

export function whatIf(
  prepared: readonly Prepared[],
  pod: Pod,
  node: NodeInfo,
  nominator: Nominator,
): WhatIf {
  const copy = new NodeCopy(prepared, pod, node);
  return {
    node: copy.node,
    add: (other) => copy.add(other),
    remove: (other) => copy.remove(other),
    filter: () => verdictOn(copy.prepared, pod, copy.node, nominator)?.refusal ?? null,
  };
}
