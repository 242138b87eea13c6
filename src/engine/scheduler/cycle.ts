/**
 * One scheduling cycle: filter, score, choose. Pure but for the draw among equals; answers the
 * record of every plugin's verdict and score.
 *
 * Models: pkg/scheduler/schedule_one.go (v1.36)
 */
import type { Pod } from '../../api/generated/types.ts';
import type { Rng } from '../../kernel/rng.ts';
import { isRefusal, Limited, type Plugin, type Refusal, refuse, SKIP } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { fitError, preemptionSentence, preFilterError } from './sentence.ts';
import type { Snapshot } from './snapshot.ts';

/** Below this many nodes all are tried: minFeasibleNodesToFind. */
const MIN_FEASIBLE = 100;
/** Adaptive percentage: 50 % less one for every 125 nodes, at least 5 %. */
const BASE_PERCENT = 50;
const MIN_PERCENT = 5;

/** The record of one cycle; plain data, small enough to keep many. */
export interface CycleRecord {
  /** '' when no node could take the Pod. */
  readonly node: string;
  /** The sentence; '' when a node was found. */
  readonly message: string;
  /** Plugins whose filter was asked, in order. */
  readonly filters: readonly string[];
  readonly refused: readonly {
    readonly node: string;
    readonly plugin: string;
    readonly refusal: Refusal;
  }[];
  readonly feasible: readonly string[];
  /** Plugins that scored, in order, and by plugin the weighted scores of |feasible|. */
  readonly scorers: readonly string[];
  readonly scores: readonly (readonly number[])[];
  readonly totals: readonly number[];
  /** Plugins that stood in the way. */
  readonly refusedBy: readonly Plugin[];
}

export interface CycleState {
  /** Where the search for feasible nodes begins. */
  nextStart: number;
}

export function runCycle(
  plugins: readonly Plugin[],
  pod: Pod,
  snapshot: Snapshot,
  state: CycleState,
  rng: Rng,
): CycleRecord {
  const order = snapshot.order;
  const prepared = prepare(plugins, pod, snapshot);
  if ('refusal' in prepared) {
    return nothing(order, prepared.plugin, prepared.refusal);
  }
  const { feasible, refused } = findFeasible(prepared, pod, snapshot, state);
  const filters = prepared.filters.map((f) => f.plugin.name);
  if (feasible.length === 0) {
    const refusals = refused.map((r) => r.refusal);
    const names = new Set(refused.map((r) => r.plugin));
    return {
      node: '',
      message: fitError(order.length, refusals, preemptionSentence(order.length, refusals)),
      filters,
      refused,
      feasible: [],
      scorers: [],
      scores: [],
      totals: [],
      refusedBy: plugins.filter((p) => names.has(p.name)),
    };
  }
  const scored = scoreNodes(plugins, pod, feasible, snapshot);
  return {
    node: choose(feasible, scored.totals, rng),
    message: '',
    filters,
    refused,
    feasible: feasible.map((n) => n.name),
    ...scored,
    refusedBy: [],
  };
}

interface Filter {
  readonly plugin: Plugin;
  readonly state: unknown;
}

function prepare(
  plugins: readonly Plugin[],
  pod: Pod,
  snapshot: Snapshot,
): { filters: Filter[]; limit: Limit | null } | { refusal: Refusal; plugin: Plugin } {
  const filters: Filter[] = [];
  let limit: Limit | null = null;
  for (const plugin of plugins) {
    let state = plugin.preFilter ? plugin.preFilter(pod, snapshot) : null;
    if (state === SKIP) continue;
    if (isRefusal(state)) return { refusal: state, plugin };
    if (state instanceof Limited) {
      limit = narrowed(limit, plugin, state.nodes);
      if (limit.nodes.size === 0) return { refusal: nowhere(limit.plugins), plugin };
      state = state.state;
    }
    if (plugin.filter) filters.push({ plugin, state });
  }
  return { filters, limit };
}

/** The only nodes that can be meant, and the plugins that say so. */
interface Limit {
  readonly nodes: ReadonlySet<string>;
  readonly plugins: readonly string[];
}

function narrowed(limit: Limit | null, plugin: Plugin, nodes: ReadonlySet<string>): Limit {
  return {
    nodes: limit ? new Set([...limit.nodes].filter((n) => nodes.has(n))) : nodes,
    plugins: [...(limit?.plugins ?? []), plugin.name].sort(),
  };
}

/** No node is left after all limits. */
function nowhere(plugins: readonly string[]): Refusal {
  const [only = ''] = plugins;
  return refuse(
    plugins.length === 1
      ? `node(s) didn't satisfy plugin ${only}`
      : `node(s) didn't satisfy plugin(s) [${plugins.join(' ')}] simultaneously`,
    true,
  );
}

function findFeasible(
  { filters, limit }: { filters: readonly Filter[]; limit: Limit | null },
  pod: Pod,
  snapshot: Snapshot,
  state: CycleState,
): { feasible: NodeInfo[]; refused: { node: string; plugin: string; refusal: Refusal }[] } {
  const all = snapshot.order;
  const order = limit ? all.filter((n) => limit.nodes.has(n.name)) : all;
  const wanted = nodesToFind(order.length);
  const feasible: NodeInfo[] = [];
  const refused: { node: string; plugin: string; refusal: Refusal }[] = [];
  let tried = 0;
  for (; tried < order.length && feasible.length < wanted; tried++) {
    const node = order[(state.nextStart + tried) % order.length] as NodeInfo;
    let refusal: Refusal | null = null;
    for (const f of filters) {
      refusal = (f.plugin.filter as NonNullable<Plugin['filter']>)(f.state, pod, node);
      if (refusal === null) continue;
      refused.push({ node: node.name, plugin: f.plugin.name, refusal });
      break;
    }
    if (refusal === null) feasible.push(node);
  }
  if (limit) {
    const refusal = refuse(`node(s) didn't satisfy plugin(s) [${limit.plugins.join(' ')}]`, true);
    for (const { name } of all) {
      if (!limit.nodes.has(name)) {
        refused.push({ node: name, plugin: limit.plugins[0] as string, refusal });
      }
    }
  }
  if (all.length > 0) state.nextStart = (state.nextStart + tried) % all.length;
  return { feasible, refused };
}

/** Upstream numFeasibleNodesToFind. */
export function nodesToFind(all: number): number {
  if (all < MIN_FEASIBLE) return all;
  const percent = Math.max(BASE_PERCENT - Math.floor(all / 125), MIN_PERCENT);
  return Math.max(Math.floor((all * percent) / 100), MIN_FEASIBLE);
}

function scoreNodes(
  plugins: readonly Plugin[],
  pod: Pod,
  feasible: readonly NodeInfo[],
  snapshot: Snapshot,
): { scorers: string[]; scores: number[][]; totals: number[] } {
  const scorers: string[] = [];
  const scores: number[][] = [];
  const totals: number[] = new Array<number>(feasible.length).fill(0);
  if (feasible.length === 1) return { scorers, scores, totals };
  for (const plugin of plugins) {
    if (!plugin.score) continue;
    const state = plugin.preScore ? plugin.preScore(pod, feasible, snapshot) : null;
    if (state === SKIP) continue;
    const points: number[] = new Array<number>(feasible.length);
    for (let i = 0; i < feasible.length; i++) {
      points[i] = plugin.score(state, pod, feasible[i] as NodeInfo);
    }
    plugin.normalize?.(state, points, feasible);
    const weight = plugin.weight ?? 1;
    for (let i = 0; i < points.length; i++) {
      points[i] = (points[i] as number) * weight;
      totals[i] = (totals[i] as number) + (points[i] as number);
    }
    scorers.push(plugin.name);
    scores.push(points);
  }
  return { scorers, scores, totals };
}

/** The best; among equals one by chance. */
function choose(feasible: readonly NodeInfo[], totals: readonly number[], rng: Rng): string {
  let best = -1;
  let equals: number[] = [];
  for (let i = 0; i < feasible.length; i++) {
    const total = totals[i] as number;
    if (total > best) {
      best = total;
      equals = [i];
    } else if (total === best) {
      equals.push(i);
    }
  }
  const at = equals.length === 1 ? (equals[0] as number) : rng.pick(equals);
  return (feasible[at] as NodeInfo).name;
}

function nothing(order: readonly NodeInfo[], plugin: Plugin, refusal: Refusal): CycleRecord {
  return {
    node: '',
    message: preFilterError(order.length, refusal),
    filters: [plugin.name],
    refused: order.map((n) => ({ node: n.name, plugin: plugin.name, refusal })),
    feasible: [],
    scorers: [],
    scores: [],
    totals: [],
    refusedBy: [plugin],
  };
}
