/**
 * One scheduling cycle: filter, score, choose; or find out who would have to go. Pure but for the
 * draws among equals; answers the record of every plugin's verdict and score.
 *
 * Models:     pkg/scheduler/schedule_one.go schedulePod, findNodesThatFitPod, prioritizeNodes (v1.36)
 * Simplified: nodes are looked at one after the other; no extenders; equal Pods do not share their
 *             results (OpportunisticBatching)
 */
import type { Pod } from '../../api/generated/types.ts';
import type { Rng } from '../../kernel/rng.ts';
import {
  isRefusal,
  Limited,
  type Plugin,
  type PostFilterAnswer,
  type Refusal,
  refuse,
  SKIP,
} from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { Nominator } from './nominator.ts';
import type { Profile, Scorer } from './profile.ts';
import { counted, fitError, NO_NODES } from './sentence.ts';
import { ScoreTable } from './score-table.ts';
import type { Snapshot } from './snapshot.ts';
import { type Prepared, type Verdict, verdictOn, whatIf } from './what-if.ts';

/** Below this many nodes all are tried: minFeasibleNodesToFind. */
const MIN_FEASIBLE = 100;
/** Adaptive percentage: 50 % less one for every 125 nodes, at least 5 %. */
const BASE_PERCENT = 50;
const MIN_PERCENT = 5;

/** Nodes that one plugin refused in the same words. */
export interface RefusedNodes {
  readonly plugin: string;
  readonly refusal: Refusal;
  readonly nodes: readonly string[];
}

/** The record of one cycle. */
export interface CycleRecord {
  /** '' when no node could take the Pod. */
  readonly node: string;
  /** The sentence; '' when a node was found. */
  readonly message: string;
  /** Plugins whose filter was asked, in order. */
  readonly filters: readonly string[];
  readonly refused: readonly RefusedNodes[];
  /** Nodes there are, whether looked at or not. */
  readonly allNodes: number;
  /** Nodes that can take the Pod, as far as they were looked for. */
  readonly found: readonly NodeInfo[];
  /** Null when there was nothing to choose from. */
  readonly table: ScoreTable | null;
  /** How many of |found| had the best total, and which of them was drawn (from 0). */
  readonly equals: number;
  readonly draw: number;
  /** What was tried to make room; null when that was not needed or is not done. */
  readonly help: Help | null;
}

export interface Help {
  readonly message: string;
  /** The node that is promised to the Pod; '' ends an older promise, null leaves it. */
  readonly nominate: string | null;
  /** Pods that have to go, `namespace/name`. */
  readonly victims: readonly string[];
}

/** What the scheduler goes on with. */
export interface CycleResult {
  readonly record: CycleRecord;
  /** Plugins that stood in the way; empty after an error. */
  readonly refusedBy: readonly Plugin[];
  /** Not a verdict, but something that went wrong. */
  readonly isError: boolean;
  readonly prepared: readonly Prepared[];
  readonly victims: readonly Pod[];
}

export interface CycleState {
  /** Where the search for feasible nodes begins. */
  nextStart: number;
  /** Room for the scores of one plugin, used again for each. */
  readonly scratch: number[];
}

export function newCycleState(): CycleState {
  return { nextStart: 0, scratch: [] };
}

export interface CycleContext {
  readonly profile: Profile;
  readonly snapshot: Snapshot;
  readonly nominator: Nominator;
  readonly rng: Rng;
  readonly state: CycleState;
  /** percentageOfNodesToScore of all profiles; 0: it depends on how many nodes there are. */
  readonly percentage: number;
}

const NOTHING_SCORED = { table: null, equals: 1, draw: 0 } as const;

export function runCycle(pod: Pod, context: CycleContext): CycleResult {
  const { snapshot, profile } = context;
  const all = snapshot.order;
  if (all.length === 0) return withoutNodes();
  const search = new Search(pod, context);
  search.prepare();
  if (search.failure === null && search.forAll === null) search.find();
  if (search.failure !== null || search.feasible.length === 0) return search.inVain();
  const { feasible } = search;
  const table =
    feasible.length === 1
      ? null
      : scoreNodes(profile.score, pod, feasible, snapshot, context.state.scratch);
  const chosen = table ? choose(table, context.rng) : { at: 0, equals: 1, draw: 0 };
  return {
    record: {
      ...search.base(),
      node: (feasible[chosen.at] as NodeInfo).name,
      message: '',
      found: feasible,
      table,
      equals: chosen.equals,
      draw: chosen.draw,
      help: null,
    },
    refusedBy: [],
    isError: false,
    prepared: search.prepared,
    victims: [],
  };
}

function withoutNodes(): CycleResult {
  const record: CycleRecord = {
    ...NOTHING_SCORED,
    node: '',
    message: NO_NODES,
    filters: [],
    refused: [],
    allNodes: 0,
    found: [],
    help: null,
  };
  return { record, refusedBy: [], isError: false, prepared: [], victims: [] };
}

/** The only nodes that can be meant, and the plugins that say so. */
interface Limit {
  readonly nodes: ReadonlySet<string>;
  readonly plugins: readonly Plugin[];
}

class Search {
  readonly prepared: Prepared[] = [];
  readonly feasible: NodeInfo[] = [];
  /** The Pod itself stands in the way of every node. */
  forAll: Verdict | null = null;
  failure: string | null = null;
  /** An unresolvable refusal: the plugins after it were not asked to prepare. */
  #groups: { plugin: Plugin; refusal: Refusal; nodes: string[] }[] = [];
  #limit: Limit | null = null;
  readonly #pod: Pod;
  readonly #context: CycleContext;

  constructor(pod: Pod, context: CycleContext) {
    this.#pod = pod;
    this.#context = context;
  }

  prepare(): void {
    const { profile, snapshot } = this.#context;
    for (const plugin of profile.preFilter) {
      let state = plugin.preFilter ? plugin.preFilter(this.#pod, snapshot) : null;
      if (state === SKIP) continue;
      if (isRefusal(state)) {
        if (state.error) {
          this.failure = `running PreFilter plugin ${JSON.stringify(plugin.name)}: ${text(state)}`;
          return;
        }
        this.forAll = { plugin, refusal: state };
        if (state.unresolvable) return;
        // Making room may help then: the others prepare for that.
        continue;
      }
      if (state instanceof Limited) {
        this.#limit = narrowed(this.#limit, plugin, state.nodes);
        if (this.#limit.nodes.size === 0) {
          this.forAll = { plugin, refusal: nowhere(this.#limit) };
          return;
        }
        state = state.state;
      }
      this.prepared.push({ plugin, state, filters: profile.filter.has(plugin) });
    }
  }

  find(): void {
    const { snapshot, profile, percentage, state } = this.#context;
    const all = snapshot.order;
    if (this.#promisedNodeFits()) return;
    const limit = this.#limit;
    const order = limit ? all.filter((n) => limit.nodes.has(n.name)) : all;
    const wanted = nodesToFind(order.length, profile.percentageOfNodesToScore ?? percentage);
    let tried = 0;
    for (; tried < order.length && this.feasible.length < wanted; tried++) {
      const node = order[(state.nextStart + tried) % order.length] as NodeInfo;
      const verdict = this.#ask(node);
      if (this.failure !== null) return;
      if (verdict === null) this.feasible.push(node);
      else this.#refuse(verdict.plugin, verdict.refusal, node.name);
    }
    state.nextStart = (state.nextStart + tried) % all.length;
    if (limit) this.#refuseOthers(limit, all);
  }

  /** Room was made there for this Pod: in all likelihood it is the only node, and is tried first. */
  #promisedNodeFits(): boolean {
    const promised = this.#pod.status.nominatedNodeName;
    const node = promised ? this.#context.snapshot.nodes.get(promised) : undefined;
    if (!node || this.#ask(node) !== null || this.failure !== null) return false;
    this.feasible.push(node);
    return true;
  }

  #ask(node: NodeInfo): Verdict | null {
    const verdict = verdictOn(this.prepared, this.#pod, node, this.#context.nominator);
    if (verdict?.refusal.error) {
      const name = JSON.stringify(verdict.plugin.name);
      this.failure = `running ${name} filter plugin: ${text(verdict.refusal)}`;
    }
    return verdict;
  }

  #refuse(plugin: Plugin, refusal: Refusal, node: string): void {
    for (const group of this.#groups) {
      if (group.plugin === plugin && sameRefusal(group.refusal, refusal)) {
        group.nodes.push(node);
        return;
      }
    }
    this.#groups.push({ plugin, refusal, nodes: [node] });
  }

  #refuseOthers({ nodes, plugins }: Limit, all: readonly NodeInfo[]): void {
    const names = plugins.map((p) => p.name).sort();
    const refusal = refuse(`node(s) didn't satisfy plugin(s) [${names.join(' ')}]`, true);
    for (const { name } of all) {
      if (!nodes.has(name)) this.#refuse(plugins[0] as Plugin, refusal, name);
    }
  }

  base(): Pick<CycleRecord, 'filters' | 'refused' | 'allNodes'> {
    return {
      filters: this.prepared.filter((p) => p.filters).map((p) => p.plugin.name),
      refused: this.#groups.map((g) => ({ ...g, plugin: g.plugin.name })),
      allNodes: this.#context.snapshot.order.length,
    };
  }

  /** No node fits: what can be done, and the sentence. */
  inVain(): CycleResult {
    const { order } = this.#context.snapshot;
    const { forAll } = this;
    if (this.failure === null && forAll) {
      const nodes = order.map((n) => n.name);
      this.#groups = [{ plugin: forAll.plugin, refusal: forAll.refusal, nodes }];
    }
    const isError = this.failure !== null;
    const answer = isError ? null : this.#seekHelp();
    const help = answer
      ? {
          message: answer.message,
          nominate: answer.nominate,
          victims: answer.victims.map((p) => `${p.metadata.namespace ?? ''}/${p.metadata.name}`),
        }
      : null;
    const reasons = forAll ? text(forAll.refusal) : this.#counted();
    const base = this.base();
    const record: CycleRecord = {
      ...NOTHING_SCORED,
      ...base,
      // A plugin that refused while it prepared stands for those that were not asked any more.
      filters: forAll ? [forAll.plugin.name] : base.filters,
      node: '',
      message: this.failure ?? fitError(order.length, reasons, answer?.message ?? ''),
      found: [],
      help,
    };
    const refusedBy = isError ? [] : [...new Set(this.#rejectors())];
    const victims = answer?.victims ?? [];
    return { record, refusedBy, isError, prepared: this.prepared, victims };
  }

  #rejectors(): readonly Plugin[] {
    return [...(this.#limit?.plugins ?? []), ...this.#groups.map((g) => g.plugin)];
  }

  #counted(): string {
    const counts = new Map<string, number>();
    for (const { refusal, nodes } of this.#groups) {
      for (const r of refusal.reasons) counts.set(r, (counts.get(r) ?? 0) + nodes.length);
    }
    return counted(counts);
  }

  /** The first plugin that can help does; an error ends the search; else all say why not. */
  #seekHelp(): PostFilterAnswer | null {
    const { profile, snapshot, nominator, rng } = this.#context;
    if (profile.postFilter.length === 0) return null;
    const verdicts = new Map<string, Refusal>();
    for (const { refusal, nodes } of this.#groups) for (const n of nodes) verdicts.set(n, refusal);
    const context = {
      snapshot,
      rng,
      refusalOf: (node: string): Refusal | undefined => verdicts.get(node),
      whatIf: (node: NodeInfo) => whatIf(this.prepared, this.#pod, node, nominator),
    };
    const messages: string[] = [];
    let nominate: string | null = null;
    for (const plugin of profile.postFilter) {
      const own = this.prepared.find((p) => p.plugin === plugin)?.state;
      const answer = plugin.postFilter?.(own, this.#pod, context);
      if (!answer) continue;
      if (answer.outcome !== 'refusal') return answer;
      nominate = answer.nominate ?? nominate;
      messages.push(answer.message);
    }
    return { outcome: 'refusal', message: messages.join(', '), nominate, victims: [] };
  }
}

function text({ reasons }: Refusal): string {
  return reasons.join(', ');
}

function sameRefusal(a: Refusal, b: Refusal): boolean {
  if (a === b) return true;
  if (a.unresolvable !== b.unresolvable || a.reasons.length !== b.reasons.length) return false;
  for (let i = 0; i < a.reasons.length; i++) if (a.reasons[i] !== b.reasons[i]) return false;
  return true;
}

function narrowed(limit: Limit | null, plugin: Plugin, nodes: ReadonlySet<string>): Limit {
  return {
    nodes: limit ? new Set([...limit.nodes].filter((n) => nodes.has(n))) : nodes,
    plugins: [...(limit?.plugins ?? []), plugin],
  };
}

/** No node is left after all limits. */
function nowhere({ plugins }: Limit): Refusal {
  const names = plugins.map((p) => p.name).sort();
  return refuse(
    names.length === 1
      ? `node(s) didn't satisfy plugin ${names.join('')}`
      : `node(s) didn't satisfy plugin(s) [${names.join(' ')}] simultaneously`,
    true,
  );
}

/** Upstream numFeasibleNodesToFind. |given| 0: the more nodes, the smaller the share. */
export function nodesToFind(all: number, given: number): number {
  if (all < MIN_FEASIBLE) return all;
  const adaptive = Math.max(BASE_PERCENT - Math.floor(all / 125), MIN_PERCENT);
  const percent = given === 0 ? adaptive : given;
  return Math.max(Math.floor((all * percent) / 100), MIN_FEASIBLE);
}

function scoreNodes(
  profile: readonly Scorer[],
  pod: Pod,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
  points: number[],
): ScoreTable {
  const n = nodes.length;
  points.length = n;
  const asked: { readonly scorer: Scorer; readonly state: unknown }[] = [];
  for (const scorer of profile) {
    const { plugin } = scorer;
    const state = plugin.preScore ? plugin.preScore(pod, nodes, snapshot) : null;
    if (state !== SKIP) asked.push({ scorer, state });
  }
  const table = new ScoreTable(nodes, asked.length);
  for (const { scorer, state } of asked) {
    const { plugin, weight } = scorer;
    for (let i = 0; i < n; i++) {
      points[i] = (plugin.score as NonNullable<Plugin['score']>)(state, pod, nodes[i] as NodeInfo);
    }
    table.begin(plugin.name, weight, points);
    plugin.normalize?.(state, points, nodes);
    table.finish(points);
  }
  return table;
}

/** The best; among equals one by chance. */
function choose(table: ScoreTable, rng: Rng): { at: number; equals: number; draw: number } {
  let best = Number.NEGATIVE_INFINITY;
  let equals: number[] = [];
  for (let i = 0; i < table.nodes.length; i++) {
    const total = table.total(i);
    if (total > best) {
      best = total;
      equals = [i];
    } else if (total === best) {
      equals.push(i);
    }
  }
  const draw = equals.length === 1 ? 0 : rng.int(equals.length);
  return { at: equals[draw] as number, equals: equals.length, draw };
}
