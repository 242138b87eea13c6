/**
 * Which Pods would have to go so that another fits, and on which node that does least harm. Pure.
 *
 * Models: pkg/scheduler/framework/preemption preemption.go, plugins/defaultpreemption
 *         default_preemption.go, pkg/scheduler/util/utils.go (v1.36)
 */
import type { Pod, PodDisruptionBudget } from '../../api/generated/types.ts';
import { compileStoredSelector } from '../../api/meta/selectors.ts';
import { type PostFilterContext, type Refusal, refuse } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { DefaultPreemptionArgs } from './plugin-args.ts';
import { priorityOf } from './what-if.ts';

export interface Candidate {
  readonly node: string;
  /** Most important first. */
  readonly victims: readonly Pod[];
  /** Victims that a PodDisruptionBudget would rather keep. */
  readonly violations: number;
}

const NO_VICTIMS = refuse('No preemption victims found for incoming pod', true);
/** Added to each priority of a sum, so that more Pods of a negative one are not better than fewer. */
const TO_POSITIVE = 2 ** 31;

/** How many candidates are enough. */
export function enoughCandidates(nodes: number, args: DefaultPreemptionArgs): number {
  const share = Math.floor((nodes * args.minCandidateNodesPercentage) / 100);
  return Math.min(Math.max(share, args.minCandidateNodesAbsolute), nodes);
}

export interface DryRun {
  readonly candidates: readonly Candidate[];
  /** Why preemption does not help, by node. */
  readonly refusals: readonly Refusal[];
}

/** Tries nodes from |offset| on until there are |wanted| candidates, one of them without harm to budgets. */
export function dryRun(
  pod: Pod,
  nodes: readonly NodeInfo[],
  context: PostFilterContext,
  offset: number,
  wanted: number,
): DryRun {
  const harmless: Candidate[] = [];
  const harmful: Candidate[] = [];
  const refusals: Refusal[] = [];
  const budgets = new Budgets(context);
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(offset + i) % nodes.length] as NodeInfo;
    const found = selectVictims(pod, node, context, budgets);
    if ('reasons' in found) {
      refusals.push(found);
      continue;
    }
    (found.violations === 0 ? harmless : harmful).push(found);
    if (harmless.length > 0 && harmless.length + harmful.length >= wanted) break;
  }
  return { candidates: [...harmless, ...harmful], refusals };
}

/** The fewest and least important Pods whose end makes room for |pod|. */
function selectVictims(
  pod: Pod,
  info: NodeInfo,
  context: PostFilterContext,
  budgets: Budgets,
): Candidate | Refusal {
  const own = priorityOf(pod);
  const lower = [...info.pods.values()].filter((p) => priorityOf(p) < own);
  if (lower.length === 0) return NO_VICTIMS;
  const node = context.whatIf(info);
  for (const other of lower) node.remove(other);
  const refusal = node.filter();
  if (refusal) return refusal;
  lower.sort(byImportance);
  const { violating, others } = budgets.split(lower);
  const victims: Pod[] = [];
  let violations = 0;
  // Those that budgets protect are spared first, the most important of them before all.
  for (const other of [...violating, ...others]) {
    node.add(other);
    if (!node.filter()) continue;
    node.remove(other);
    victims.push(other);
    if (violating.includes(other)) violations++;
  }
  return { node: info.name, victims: victims.sort(byImportance), violations };
}

/** util.MoreImportantPod: higher priority, then longer running. */
function byImportance(a: Pod, b: Pod): number {
  const difference = priorityOf(b) - priorityOf(a);
  if (difference !== 0) return difference;
  return compare(startOf(a), startOf(b));
}

/** A Pod that has not started counts as started now; RFC 3339 texts sort by time. */
function startOf(pod: Pod): string {
  return pod.status.startTime ?? '9999';
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** What PodDisruptionBudgets allow, by namespace. */
class Budgets {
  readonly #context: PostFilterContext;
  readonly #known = new Map<string, readonly PodDisruptionBudget[]>();

  constructor(context: PostFilterContext) {
    this.#context = context;
  }

  /** |pods| in order; those for which a budget would be overdrawn apart. */
  split(pods: readonly Pod[]): { violating: Pod[]; others: Pod[] } {
    const left = new Map<PodDisruptionBudget, number>();
    const violating: Pod[] = [];
    const others: Pod[] = [];
    for (const pod of pods) {
      let isViolated = false;
      for (const budget of this.#of(pod.metadata.namespace ?? '')) {
        if (!protects(budget, pod)) continue;
        const allowed = (left.get(budget) ?? budget.status.disruptionsAllowed ?? 0) - 1;
        left.set(budget, allowed);
        if (allowed < 0) isViolated = true;
      }
      (isViolated ? violating : others).push(pod);
    }
    return { violating, others };
  }

  #of(namespace: string): readonly PodDisruptionBudget[] {
    let budgets = this.#known.get(namespace);
    if (!budgets) {
      budgets = [...this.#context.snapshot.lookup.budgets(namespace)];
      this.#known.set(namespace, budgets);
    }
    return budgets;
  }
}

/** A Pod that the budget has let go already is not counted twice. */
function protects(budget: PodDisruptionBudget, pod: Pod): boolean {
  const { labels, name } = pod.metadata;
  if (!labels || Object.keys(labels).length === 0 || !budget.spec.selector) return false;
  const selector = compileStoredSelector(budget.spec.selector);
  if (selector.empty || !selector.matches(labels)) return false;
  return budget.status.disruptedPods?.[name] === undefined;
}

/**
 * The candidate that does least harm: fewest violated budgets, least important first victim, least
 * sum of priorities, fewest victims, the one whose most important victims started last.
 */
export function bestCandidate(candidates: readonly Candidate[]): Candidate | undefined {
  const criteria: readonly ((c: Candidate) => number)[] = [
    (c) => c.violations,
    (c) => priorityOf(c.victims[0] as Pod),
    (c) => c.victims.reduce((sum, p) => sum + priorityOf(p) + TO_POSITIVE, 0),
    (c) => c.victims.length,
  ];
  let left = candidates;
  for (const of of criteria) {
    if (left.length <= 1) break;
    let least = Number.POSITIVE_INFINITY;
    for (const c of left) least = Math.min(least, of(c));
    left = left.filter((c) => of(c) === least);
  }
  let [best] = left;
  for (const c of left) if (best && earliest(c) > earliest(best)) best = c;
  return best;
}

/** When the first of the most important victims started. */
function earliest({ victims }: Candidate): string {
  const [first] = victims;
  let start = startOf(first as Pod);
  for (const p of victims) {
    if (priorityOf(p) === priorityOf(first as Pod) && startOf(p) < start) start = startOf(p);
  }
  return start;
}
