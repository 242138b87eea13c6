/**
 * InterPodAffinity: Pods that want to be near or far from other Pods. Required terms of the Pod and
 * required anti-affinity of Pods that are there refuse nodes; all other terms of both sides score.
 *
 * Models: pkg/scheduler/framework/plugins/interpodaffinity filtering.go, plugin.go, scoring.go (v1.36).
 *         Upstream looks at all Pods for each that comes; here the picture of the nodes keeps the sums
 */
import type { Node, Pod } from '../../../api/generated/types.ts';
import type { Selector } from '../../../api/meta/selectors.ts';
import {
  type AffinityTerm,
  affinityTermsOf,
  matchesAll,
  resolveTerms,
  termMatches,
} from '../affinity-terms.ts';
import type { ClusterEvent } from '../events.ts';
import {
  defineFactory,
  definePlugin,
  MAX_NODE_SCORE,
  type Plugin,
  refuse,
  SKIP,
} from '../framework.ts';
import type { NodeInfo } from '../node-info.ts';
import type { TermGroup } from '../placed-pods.ts';
import type { InterPodAffinityArgs } from '../plugin-args.ts';
import type { Snapshot } from '../snapshot.ts';

const AFFINITY = refuse("node(s) didn't match pod affinity rules", true);
const ANTI_AFFINITY = refuse("node(s) didn't match pod anti-affinity rules");
const EXISTING = refuse("node(s) didn't satisfy existing pods anti-affinity rules");

type Labels = Readonly<Record<string, string>>;

/** Pods by value of a node label, and what Pods in thought change. */
interface Counts {
  readonly topologyKey: string;
  readonly counts: ReadonlyMap<string, number>;
  /** The same by slot, where each node is a domain of its own: host names. */
  readonly bySlot: Uint32Array | null;
  readonly changes: Map<string, number> | null;
}

interface FilterState {
  readonly namespaceLabels: Labels | undefined;
  /** The Pod's own terms, with namespaces by name. */
  readonly required: readonly AffinityTerm[];
  readonly requiredAnti: readonly AffinityTerm[];
  /** For each term of |required| the Pods that match all of them. */
  readonly affinity: readonly Counts[];
  readonly antiAffinity: readonly Counts[];
  /** Pods whose required anti-affinity is about this one, by term; a clone may get more. */
  readonly existing: (Counts & { readonly id: string })[];
  /** The Pod matches its own terms: it may be the first of a group. */
  readonly isFirst: boolean;
}

interface WeightedCounts {
  readonly topologyKey: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly weight: number;
}

export const interPodAffinity = defineFactory<InterPodAffinityArgs>('InterPodAffinity', (args) =>
  create(args),
);

function create(args: InterPodAffinityArgs): Plugin {
  return definePlugin<FilterState, readonly WeightedCounts[]>({
    name: 'InterPodAffinity',
    weight: 2,
    preFilter(pod, snapshot) {
      const { required, requiredAnti } = affinityTermsOf(pod);
      const namespaceLabels = labelsOfNamespace(pod, snapshot);
      const groups = snapshot.pods.antiGroups(pod, namespaceLabels);
      const isBare = required.length === 0 && requiredAnti.length === 0;
      if (isBare && groups.every((g) => g.tally.byDomain(g.term.topologyKey).size === 0)) {
        return SKIP;
      }
      return filterState(pod, namespaceLabels, groups, snapshot);
    },
    clone: (state) => ({
      ...state,
      affinity: state.affinity.map(changeable),
      antiAffinity: state.antiAffinity.map(changeable),
      existing: state.existing.map((c) => ({ ...changeable(c), id: c.id })),
    }),
    addPod: (state, pod, other, node) => changeBy(state, pod, other, node, 1),
    removePod: (state, pod, other, node) => changeBy(state, pod, other, node, -1),
    filter(state, _pod, node) {
      if (state.affinity.length > 0 && !affinityHolds(state, node)) return AFFINITY;
      for (const c of state.antiAffinity) if (countAt(c, node) > 0) return ANTI_AFFINITY;
      for (const c of state.existing) if (countAt(c, node) > 0) return EXISTING;
      return null;
    },
    preScore(pod, _nodes, snapshot) {
      const weighted = weightedCounts(pod, args, snapshot);
      return weighted.length === 0 ? SKIP : weighted;
    },
    score(weighted, _pod, { labels }) {
      let sum = 0;
      for (const { topologyKey, counts, weight } of weighted) {
        const domain = labels[topologyKey];
        if (domain !== undefined) sum += weight * (counts.get(domain) ?? 0);
      }
      return sum;
    },
    normalize: (_, scores) => normalize(scores),
    events: [
      'AssignedPodAdd',
      'AssignedPodDelete',
      'AssignedPodUpdatePodLabel',
      'UnschedulablePodUpdatePodLabel',
      'NodeAdd',
      'NodeUpdateNodeLabel',
    ],
    helps(event, pod) {
      if ('node' in event) return nodeHelps(event, pod);
      return 'pod' in event ? podHelps(event, pod) : true;
    },
  });
}

function labelsOfNamespace(pod: Pod, { lookup }: Snapshot): Labels | undefined {
  return lookup.namespace(pod.metadata.namespace ?? '')?.metadata.labels;
}

function namesOf({ lookup }: Snapshot): (selector: Selector) => readonly string[] {
  return (selector) => {
    const names: string[] = [];
    for (const { metadata } of lookup.namespaces()) {
      if (selector.matches(metadata.labels)) names.push(metadata.name);
    }
    return names;
  };
}

function filterState(
  pod: Pod,
  namespaceLabels: Labels | undefined,
  groups: readonly TermGroup[],
  snapshot: Snapshot,
): FilterState {
  const terms = affinityTermsOf(pod);
  const required = resolveTerms(terms.required, namesOf(snapshot));
  const requiredAnti = resolveTerms(terms.requiredAnti, namesOf(snapshot));
  const near = required.length === 0 ? null : snapshot.pods.matchingAll(required);
  return {
    namespaceLabels,
    required,
    requiredAnti,
    affinity: required.map(({ topologyKey }) => counted(topologyKey, near, snapshot)),
    antiAffinity: requiredAnti.map((term) =>
      counted(term.topologyKey, snapshot.pods.matchingAll([term]), snapshot),
    ),
    existing: groups.map(({ term, tally }) => ({
      ...counted(term.topologyKey, tally, snapshot),
      id: term.id,
    })),
    isFirst: matchesAll(required, pod),
  };
}

function counted(
  topologyKey: string,
  tally: TermGroup['tally'] | null,
  snapshot: Snapshot,
): Counts {
  if (!tally) return { topologyKey, counts: NOBODY, bySlot: null, changes: null };
  const { ids, everywhere } = snapshot.domains(topologyKey);
  const isByNode = everywhere && ids.size === snapshot.nodes.size;
  const bySlot = isByNode ? tally.bySlot(snapshot.slots) : null;
  return { topologyKey, counts: tally.byDomain(topologyKey), bySlot, changes: null };
}

const NOBODY: ReadonlyMap<string, number> = new Map();

function changeable(c: Counts): Counts {
  return { ...c, changes: new Map(c.changes) };
}

function countAt({ topologyKey, counts, bySlot, changes }: Counts, node: NodeInfo): number {
  if (bySlot && !changes) return bySlot[node.slot] ?? 0;
  const domain = node.labels[topologyKey];
  if (domain === undefined) return 0;
  return (counts.get(domain) ?? 0) + (changes?.get(domain) ?? 0);
}

function affinityHolds({ affinity, isFirst }: FilterState, node: NodeInfo): boolean {
  let exist = true;
  for (const c of affinity) {
    if (node.labels[c.topologyKey] === undefined) return false;
    if (countAt(c, node) <= 0) exist = false;
  }
  // The first Pod of a group that wants to be together has nobody to be near to.
  return exist || (isFirst && affinity.every(isEmpty));
}

function isEmpty({ counts, changes }: Counts): boolean {
  if (!changes || changes.size === 0) return counts.size === 0;
  for (const [domain, n] of counts) if (n + (changes.get(domain) ?? 0) !== 0) return false;
  for (const [domain, n] of changes) if (n !== 0 && !counts.has(domain)) return false;
  return true;
}

/** |other| comes to |node| or leaves it, in thought; |state| is a clone. */
function changeBy(state: FilterState, pod: Pod, other: Pod, node: NodeInfo, sign: 1 | -1): void {
  const change = ({ changes, topologyKey }: Counts): void => {
    const domain = node.labels[topologyKey];
    if (domain !== undefined) changes?.set(domain, (changes.get(domain) ?? 0) + sign);
  };
  if (matchesAll(state.required, other)) state.affinity.forEach(change);
  state.requiredAnti.forEach((term, i) => {
    if (matchesAll([term], other)) change(state.antiAffinity[i] as Counts);
  });
  const { namespace = '', labels } = pod.metadata;
  for (const term of affinityTermsOf(other).requiredAnti) {
    if (!termMatches(term, namespace, labels, state.namespaceLabels)) continue;
    let known = state.existing.find((c) => c.id === term.id);
    if (!known) {
      const { topologyKey, id } = term;
      known = { topologyKey, id, counts: NOBODY, bySlot: null, changes: new Map() };
      state.existing.push(known);
    }
    change(known);
  }
}

/** What adds to the score of a node: sums by domain and the weight of each. */
function weightedCounts(
  pod: Pod,
  args: InterPodAffinityArgs,
  snapshot: Snapshot,
): readonly WeightedCounts[] {
  const { preferred, preferredAnti } = affinityTermsOf(pod);
  const isBare = preferred.length === 0 && preferredAnti.length === 0;
  if (isBare && args.ignorePreferredTermsOfExistingPods) return [];
  const weighted: WeightedCounts[] = [];
  const add = (tally: TermGroup['tally'], topologyKey: string, weight: number): void => {
    const counts = tally.byDomain(topologyKey);
    if (counts.size > 0) weighted.push({ topologyKey, counts, weight });
  };
  const own = (terms: readonly AffinityTerm[], sign: 1 | -1): void => {
    for (const term of resolveTerms(terms, namesOf(snapshot))) {
      add(snapshot.pods.matchingAll([term]), term.topologyKey, sign * term.weight);
    }
  };
  own(preferred, 1);
  own(preferredAnti, -1);
  for (const group of snapshot.pods.scoringGroups(pod, labelsOfNamespace(pod, snapshot))) {
    const weight = weightOf(group, args.hardPodAffinityWeight);
    if (weight !== 0) add(group.tally, group.term.topologyKey, weight);
  }
  return weighted;
}

function weightOf({ kind, term }: TermGroup, hardWeight: number): number {
  switch (kind) {
    case 'required':
      return hardWeight;
    case 'preferred':
      return term.weight;
    case 'preferredAnti':
      return -term.weight;
    case 'requiredAnti':
      return 0;
  }
}

/** The least becomes 0, the largest 100. */
function normalize(scores: number[]): void {
  let min = Number.MAX_SAFE_INTEGER;
  let max = Number.MIN_SAFE_INTEGER;
  for (const s of scores) {
    if (s < min) min = s;
    if (s > max) max = s;
  }
  const range = max - min;
  for (let i = 0; i < scores.length; i++) {
    const s = scores[i] as number;
    scores[i] = range > 0 ? Math.trunc(MAX_NODE_SCORE * ((s - min) / range)) : 0;
  }
}

type PodChange = Extract<ClusterEvent, { readonly pod: Pod }>;
type NodeChange = Extract<ClusterEvent, { readonly node: Node }>;

function podHelps({ type, pod: changed, old }: PodChange, pod: Pod): boolean {
  if (old && changed.metadata.uid === pod.metadata.uid) return true;
  if (!changed.spec.nodeName && !changed.status.nominatedNodeName) return false;
  const { required, requiredAnti } = affinityTermsOf(pod);
  if (old) {
    return (
      (!matchesAll(required, old) && matchesAll(required, changed)) ||
      (matchesAll(requiredAnti, old) && !matchesAll(requiredAnti, changed))
    );
  }
  if (type === 'AssignedPodAdd') return matchesAll(required, changed);
  return (
    matchesAll(requiredAnti, changed) || matchesAll(affinityTermsOf(changed).requiredAnti, pod)
  );
}

function nodeHelps({ node, old }: NodeChange, pod: Pod): boolean {
  const { required, requiredAnti } = affinityTermsOf(pod);
  const now = node.metadata.labels ?? {};
  if (!old)
    return requiredAnti.length > 0 || required.some((t) => now[t.topologyKey] !== undefined);
  const before = old.metadata.labels ?? {};
  const moved = ({ topologyKey }: AffinityTerm): boolean =>
    before[topologyKey] !== undefined &&
    now[topologyKey] !== undefined &&
    before[topologyKey] !== now[topologyKey];
  return (
    required.some(
      (t) => moved(t) || (before[t.topologyKey] === undefined && now[t.topologyKey] !== undefined),
    ) ||
    requiredAnti.some(
      (t) => moved(t) || (before[t.topologyKey] !== undefined && now[t.topologyKey] === undefined),
    )
  );
}
