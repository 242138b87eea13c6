/**
 * PodTopologySpread: keeps the Pods of a workload apart over zones and nodes. Without constraints of
 * its own a Pod gets the profile's defaults; those of the system only score.
 *
 * Models: pkg/scheduler/framework/plugins/podtopologyspread common.go, filtering.go, plugin.go,
 *         scoring.go (v1.36). Upstream counts all Pods for each that comes; here the picture of the
 *         nodes keeps the counts, and nodes are looked at only where some of them may not count
 */
import type { Node, Pod } from '../../../api/generated/types.ts';
import { equalJson } from '../../../api/meta/json.ts';
import type { ClusterEvent } from '../events.ts';
import {
  defineFactory,
  definePlugin,
  MAX_NODE_SCORE,
  type Plugin,
  refuse,
  SKIP,
} from '../framework.ts';
import { ln } from '../logarithm.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodTopologySpreadArgs } from '../plugin-args.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Tally } from '../tally.ts';
import { choosesNodes } from '../../../api/meta/node-selector.ts';
import {
  type Constraint,
  countsOn,
  hasAllKeys,
  softConstraints,
  hardConstraints,
} from './spread-constraints.ts';

const HOSTNAME = 'kubernetes.io/hostname';
const MISMATCH = "node(s) didn't match pod topology spread constraints";
const REFUSED = refuse(MISMATCH);
const MISSING_LABEL = refuse(`${MISMATCH} (missing required label)`, true);

interface DomainCounts {
  readonly constraint: Constraint;
  /** Matching Pods by domain; a domain without any may be missing. */
  readonly counts: ReadonlyMap<string, number>;
  /** Every domain that counts. */
  readonly domains: ReadonlySet<string>;
  /** The least of all domains. */
  readonly least: number;
  /** 1 when the Pod itself matches. */
  readonly self: number;
  /** What Pods in thought change, by domain. */
  readonly changes: Map<string, number> | null;
}

type FilterState = readonly DomainCounts[];

interface ScoreState {
  readonly constraints: readonly {
    /** The number of a node's domain, by slot; -1 = it has none. */
    readonly domains: Int32Array;
    /** What a domain is worth, by its number; of host names null. */
    readonly points: Float64Array | null;
    /** Matching Pods by slot of the node: those of host names. */
    readonly byNode: Uint32Array;
    readonly weight: number;
    readonly maxSkew: number;
  }[];
  /** Nodes that lack a topology key. */
  readonly ignored: ReadonlySet<string>;
}

export const podTopologySpread = defineFactory<PodTopologySpreadArgs>(
  'PodTopologySpread',
  (args, { snapshot }) => create(args, snapshot),
);

function create(args: PodTopologySpreadArgs, picture: Snapshot): Plugin {
  return definePlugin<FilterState, ScoreState>({
    name: 'PodTopologySpread',
    weight: 2,
    preFilter(pod, snapshot) {
      const constraints = hardConstraints(pod, args, snapshot);
      if (constraints.length === 0) return SKIP;
      return constraints.map((c) => domainCounts(pod, c, constraints, snapshot));
    },
    clone: (state) => state.map((c) => ({ ...c, changes: new Map(c.changes) })),
    addPod: (state, pod, other, node) => changeBy(state, pod, other, node, 1),
    removePod: (state, pod, other, node) => changeBy(state, pod, other, node, -1),
    filter(state, _pod, node) {
      for (const c of state) {
        const domain = node.labels[c.constraint.topologyKey];
        if (domain === undefined) return MISSING_LABEL;
        const skew = countOf(c, domain) + c.self - leastOf(c);
        if (skew > c.constraint.maxSkew) return REFUSED;
      }
      return null;
    },
    preScore(pod, nodes, snapshot) {
      const { constraints, requireAll } = softConstraints(pod, args, snapshot);
      return constraints.length === 0
        ? SKIP
        : scoreState(pod, constraints, requireAll, nodes, snapshot);
    },
    score,
    normalize,
    events: [
      'AssignedPodAdd',
      'AssignedPodDelete',
      'AssignedPodUpdatePodLabel',
      'NodeAdd',
      'NodeDelete',
      'NodeUpdateNodeLabel',
      'NodeUpdateNodeTaint',
      'UnschedulablePodUpdatePodLabel',
      'UnschedulablePodUpdatePodToleration',
    ],
    helps(event, pod) {
      const constraints = hardConstraints(pod, args, picture);
      if ('node' in event) return nodeHelps(event, constraints);
      return 'pod' in event ? podHelps(event, pod, constraints) : true;
    },
  });
}

function domainCounts(
  pod: Pod,
  constraint: Constraint,
  all: readonly Constraint[],
  snapshot: Snapshot,
): DomainCounts {
  const { topologyKey, selector } = constraint;
  const tally = snapshot.selected(pod.metadata.namespace ?? '', selector);
  const self = selector.matches(pod.metadata.labels) ? 1 : 0;
  let counts: ReadonlyMap<string, number>;
  let domains: ReadonlySet<string>;
  if (
    (!constraint.honorAffinity || !choosesNodes(pod.spec)) &&
    !constraint.honorTaints &&
    all.every((c) => snapshot.domains(c.topologyKey).everywhere)
  ) {
    counts = selector.empty ? new Map() : tally.byDomain(topologyKey);
    domains = snapshot.domains(topologyKey).values;
  } else {
    const counted = countOnNodes(pod, constraint, all, snapshot, tally);
    counts = counted;
    domains = new Set(counted.keys());
  }
  return {
    constraint,
    counts,
    domains,
    least: leastIn(domains, counts, null),
    self,
    changes: null,
  };
}

/** The least number of a domain; of no domain at all there is none. */
function leastIn(
  domains: ReadonlySet<string>,
  counts: ReadonlyMap<string, number>,
  changes: ReadonlyMap<string, number> | null,
): number {
  if (domains.size > counts.size && !changes) return 0;
  let least = Number.MAX_SAFE_INTEGER;
  for (const domain of domains) {
    const n = (counts.get(domain) ?? 0) + (changes?.get(domain) ?? 0);
    if (n < least) least = n;
  }
  return least;
}

function countOf({ counts, changes }: DomainCounts, domain: string): number {
  return (counts.get(domain) ?? 0) + (changes?.get(domain) ?? 0);
}

/** Too few domains: the missing ones have none. */
function leastOf({ constraint, counts, domains, least, changes }: DomainCounts): number {
  if (domains.size < constraint.minDomains) return 0;
  return changes && changes.size > 0 ? leastIn(domains, counts, changes) : least;
}

function changeBy(state: FilterState, pod: Pod, other: Pod, node: NodeInfo, sign: 1 | -1): void {
  if (other.metadata.namespace !== pod.metadata.namespace) return;
  const constraints = state.map((c) => c.constraint);
  if (!hasAllKeys(node.labels, constraints)) return;
  for (const { constraint, changes } of state) {
    if (!constraint.selector.matches(other.metadata.labels)) continue;
    if (!changes || !countsOn(pod, constraint, node)) continue;
    const domain = node.labels[constraint.topologyKey] as string;
    changes.set(domain, (changes.get(domain) ?? 0) + sign);
  }
}

function scoreState(
  pod: Pod,
  constraints: readonly Constraint[],
  requireAll: boolean,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
): ScoreState {
  const ignored = new Set<string>();
  const isComplete = constraints.every((c) => snapshot.domains(c.topologyKey).everywhere);
  if (requireAll && !isComplete) {
    for (const node of nodes) {
      if (!hasAllKeys(node.labels, constraints)) ignored.add(node.name);
    }
  }
  const namespace = pod.metadata.namespace ?? '';
  return {
    ignored,
    constraints: constraints.map((constraint) => {
      const { topologyKey, selector, maxSkew } = constraint;
      const tally = snapshot.selected(namespace, selector);
      const { bySlot: domains, ids } = snapshot.domains(topologyKey);
      if (topologyKey === HOSTNAME) {
        const weight = ln(nodes.length - ignored.size + 2);
        const byNode = selector.empty ? NOBODY : tally.bySlot(snapshot.slots);
        return { domains, points: null, byNode, weight, maxSkew };
      }
      // Where every node counts, the picture keeps the sums: no look at each node for each Pod.
      const everywhere =
        (!requireAll || isComplete) &&
        !constraint.honorTaints &&
        (!constraint.honorAffinity || !choosesNodes(pod.spec));
      const counts = everywhere
        ? selector.empty
          ? NOWHERE
          : tally.byDomain(topologyKey)
        : countOnNodes(pod, constraint, requireAll ? constraints : [], snapshot, tally);
      const weight = ln(domainsOf(topologyKey, nodes, ignored, snapshot) + 2);
      const points = new Float64Array(ids.size).fill(maxSkew - 1);
      for (const [domain, n] of counts) {
        const id = ids.get(domain);
        if (id !== undefined) points[id] = n * weight + (maxSkew - 1);
      }
      return { domains, points, byNode: NOBODY, weight, maxSkew };
    }),
  };
}

/** Also the counts of a selector of everything: upstream takes it for one that counts nothing. */
const NOWHERE: ReadonlyMap<string, number> = new Map();
const NOBODY = new Uint32Array(0);

/** How many domains the nodes are in; those without the label are in one of their own. */
function domainsOf(
  label: string,
  nodes: readonly NodeInfo[],
  ignored: ReadonlySet<string>,
  snapshot: Snapshot,
): number {
  const { values, everywhere } = snapshot.domains(label);
  const all = everywhere ? values.size : values.size + 1;
  const found = new Set<string | undefined>();
  for (const node of nodes) {
    if (found.size === all) break;
    if (ignored.size === 0 || !ignored.has(node.name)) found.add(node.labels[label]);
  }
  return found.size;
}

function score(state: ScoreState, _pod: Pod, node: NodeInfo): number {
  if (state.ignored.size > 0 && state.ignored.has(node.name)) return 0;
  let sum = 0;
  for (const { domains, points, byNode, weight, maxSkew } of state.constraints) {
    const domain = domains[node.slot] ?? -1;
    if (domain === -1) continue;
    sum += points ? (points[domain] ?? 0) : (byNode[node.slot] ?? 0) * weight + (maxSkew - 1);
  }
  return Math.round(sum);
}

function normalize(state: ScoreState, scores: number[], nodes: readonly NodeInfo[]): void {
  const isIgnored = (i: number): boolean =>
    state.ignored.size > 0 && state.ignored.has((nodes[i] as NodeInfo).name);
  let min = Number.MAX_SAFE_INTEGER;
  let max = 0;
  for (let i = 0; i < scores.length; i++) {
    if (isIgnored(i)) continue;
    min = Math.min(min, scores[i] as number);
    max = Math.max(max, scores[i] as number);
  }
  for (let i = 0; i < scores.length; i++) {
    if (isIgnored(i)) scores[i] = 0;
    else if (max === 0) scores[i] = MAX_NODE_SCORE;
    else scores[i] = Math.floor((MAX_NODE_SCORE * (max + min - (scores[i] as number))) / max);
  }
}

/** Matching Pods by domain, over the nodes that the constraint's policies admit. */
function countOnNodes(
  pod: Pod,
  constraint: Constraint,
  required: readonly Constraint[],
  snapshot: Snapshot,
  tally: Tally,
): Map<string, number> {
  const counts = new Map<string, number>();
  const isCounted = !constraint.selector.empty;
  for (const node of snapshot.nodes.values()) {
    const domain = node.labels[constraint.topologyKey];
    if (domain === undefined || !hasAllKeys(node.labels, required)) continue;
    if (!countsOn(pod, constraint, node)) continue;
    counts.set(domain, (counts.get(domain) ?? 0) + (isCounted ? tally.count(node) : 0));
  }
  return counts;
}

type PodChange = Extract<ClusterEvent, { readonly pod: Pod }>;
type NodeChange = Extract<ClusterEvent, { readonly node: Node }>;

function podHelps(event: PodChange, pod: Pod, constraints: readonly Constraint[]): boolean {
  const { pod: changed, old } = event;
  const isItself = changed.metadata.uid === pod.metadata.uid;
  if (!isItself) {
    const placed = changed.spec.nodeName || changed.status.nominatedNodeName;
    if (!placed || changed.metadata.namespace !== pod.metadata.namespace) return false;
  }
  const { labels } = changed.metadata;
  if (!old) return constraints.some((c) => c.selector.matches(labels));
  if (
    isItself &&
    !equalJson(changed.spec.tolerations, old.spec.tolerations) &&
    constraints.some((c) => c.honorTaints)
  )
    return true;
  return constraints.some(
    (c) => c.selector.matches(old.metadata.labels) !== c.selector.matches(labels),
  );
}

function nodeHelps({ type, node, old }: NodeChange, constraints: readonly Constraint[]): boolean {
  const labels = node.metadata.labels ?? {};
  const matches = hasAllKeys(labels, constraints);
  if (!old || type === 'NodeDelete') return matches;
  const before = old.metadata.labels ?? {};
  if (hasAllKeys(before, constraints) !== matches) return true;
  return (
    matches &&
    (constraints.some((c) => before[c.topologyKey] !== labels[c.topologyKey]) ||
      !equalJson(old.spec.taints, node.spec.taints))
  );
}
