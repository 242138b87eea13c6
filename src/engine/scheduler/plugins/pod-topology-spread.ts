/**
 * PodTopologySpread: keeps the Pods of a workload apart over zones and nodes. Without constraints of
 * its own a Pod gets the system defaults, which only score.
 *
 * Models:     pkg/scheduler/framework/plugins/podtopologyspread filtering.go, scoring.go (v1.36)
 * Simplified: minDomains counts the domains of all eligible nodes; Pods of terminating namespaces count
 */
import type { Pod, TopologySpreadConstraint } from '../../../api/generated/types.ts';
import {
  compileLabelSelector,
  compileStoredSelector,
  type Selector,
} from '../../../api/meta/selectors.ts';
import { toleratedBy } from '../../../api/meta/taints.ts';
import { definePlugin, MAX_NODE_SCORE, type Refusal, refuse, SKIP } from '../framework.ts';
import { ln } from '../logarithm.ts';
import type { NodeInfo } from '../node-info.ts';
import { choosesNodes, matchesRequired } from '../../../api/meta/node-selector.ts';
import type { Snapshot } from '../snapshot.ts';

const HOSTNAME = 'kubernetes.io/hostname';
const ZONE = 'topology.kubernetes.io/zone';
const MISMATCH = "node(s) didn't match pod topology spread constraints";
const REFUSED = refuse(MISMATCH);
const MISSING_LABEL = refuse(`${MISMATCH} (missing required label)`, true);

/** systemDefaultConstraints */
const DEFAULTS = [
  { topologyKey: HOSTNAME, maxSkew: 3 },
  { topologyKey: ZONE, maxSkew: 5 },
] as const;

interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: Selector;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

interface FilterState {
  readonly constraints: readonly {
    readonly constraint: Constraint;
    readonly counts: ReadonlyMap<string, number>;
    readonly least: number;
    readonly self: number;
  }[];
}

interface ScoreState {
  readonly constraints: readonly {
    readonly constraint: Constraint;
    readonly counts: ReadonlyMap<string, number>;
    readonly weight: number;
  }[];
  /** Nodes that lack a topology key. */
  readonly ignored: ReadonlySet<string>;
}

export const podTopologySpread = definePlugin<FilterState, ScoreState>({
  name: 'PodTopologySpread',
  weight: 2,
  preFilter(pod, snapshot): FilterState | typeof SKIP | Refusal {
    const constraints = own(pod, 'DoNotSchedule');
    if (constraints.length === 0) return SKIP;
    return {
      constraints: constraints.map((constraint) => {
        const counts = countByDomain(pod, constraint, constraints, snapshot);
        let least = Number.MAX_SAFE_INTEGER;
        for (const n of counts.values()) least = Math.min(least, n);
        if (counts.size < constraint.minDomains) least = 0;
        const self = constraint.selector.matches(pod.metadata.labels) ? 1 : 0;
        return { constraint, counts, least, self };
      }),
    };
  },
  filter(state, _pod, node) {
    for (const { constraint, counts, least, self } of state.constraints) {
      const domain = node.labels[constraint.topologyKey];
      if (domain === undefined) return MISSING_LABEL;
      if ((counts.get(domain) ?? 0) + self - least > constraint.maxSkew) return REFUSED;
    }
    return null;
  },
  preScore(pod, nodes, snapshot) {
    const given = own(pod, 'ScheduleAnyway');
    const defaulted = (pod.spec.topologySpreadConstraints?.length ?? 0) === 0;
    const constraints = defaulted ? systemDefaults(pod, snapshot) : given;
    return constraints.length === 0
      ? SKIP
      : scoreState(pod, constraints, !defaulted, nodes, snapshot);
  },
  score(state, _pod, node) {
    if (state.ignored.size > 0 && state.ignored.has(node.name)) return 0;
    let sum = 0;
    for (const { constraint, counts, weight } of state.constraints) {
      const { topologyKey } = constraint;
      const domain = topologyKey === HOSTNAME ? node.name : node.labels[topologyKey];
      if (domain === undefined || node.labels[topologyKey] === undefined) continue;
      sum += (counts.get(domain) ?? 0) * weight + (constraint.maxSkew - 1);
    }
    return Math.round(sum);
  },
  normalize(state, scores, nodes) {
    let min = Number.MAX_SAFE_INTEGER;
    let max = 0;
    for (let i = 0; i < scores.length; i++) {
      if (state.ignored.size > 0 && state.ignored.has((nodes[i] as NodeInfo).name)) continue;
      min = Math.min(min, scores[i] as number);
      max = Math.max(max, scores[i] as number);
    }
    for (let i = 0; i < scores.length; i++) {
      if (state.ignored.size > 0 && state.ignored.has((nodes[i] as NodeInfo).name)) scores[i] = 0;
      else if (max === 0) scores[i] = MAX_NODE_SCORE;
      else scores[i] = Math.floor((MAX_NODE_SCORE * (max + min - (scores[i] as number))) / max);
    }
  },
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
});

function scoreState(
  pod: Pod,
  constraints: readonly Constraint[],
  requireAll: boolean,
  nodes: readonly NodeInfo[],
  snapshot: Snapshot,
): ScoreState {
  const ignored = new Set<string>();
  const isKnown = (c: Constraint): boolean => snapshot.domains(c.topologyKey).size > 0;
  if (requireAll) {
    for (const node of nodes) {
      if (constraints.some((c) => node.labels[c.topologyKey] === undefined)) ignored.add(node.name);
    }
  }
  return {
    ignored,
    // A label that no node has adds nothing to any score.
    constraints: constraints.filter(isKnown).map((constraint) => {
      const { topologyKey } = constraint;
      if (topologyKey === HOSTNAME) {
        const counts = snapshot.count(pod.metadata.namespace ?? '', constraint.selector);
        return { constraint, counts, weight: ln(nodes.length - ignored.size + 2) };
      }
      const all = snapshot.domains(topologyKey).size;
      const domains = new Set<string>();
      for (const node of nodes) {
        if (domains.size === all) break;
        const domain = node.labels[topologyKey];
        if (domain !== undefined && !ignored.has(node.name)) domains.add(domain);
      }
      // Where every node counts, the snapshot keeps the sums: no look at each node for each Pod.
      const everywhere = !requireAll && !constraint.honorTaints && !choosesNodes(pod.spec);
      const counts = everywhere
        ? snapshot.countByDomain(pod.metadata.namespace ?? '', constraint.selector, topologyKey)
        : countByDomain(pod, constraint, requireAll ? constraints : [], snapshot);
      return { constraint, counts, weight: ln(domains.size + 2) };
    }),
  };
}

/** Matching Pods by domain, over the nodes that the constraint's policies admit. */
function countByDomain(
  pod: Pod,
  constraint: Constraint,
  required: readonly Constraint[],
  snapshot: Snapshot,
): Map<string, number> {
  const byNode = snapshot.count(pod.metadata.namespace ?? '', constraint.selector);
  const counts = new Map<string, number>();
  for (const node of snapshot.nodes.values()) {
    const domain = node.labels[constraint.topologyKey];
    if (domain === undefined) continue;
    if (required.some((c) => node.labels[c.topologyKey] === undefined)) continue;
    if (constraint.honorAffinity && !matchesRequired(pod.spec, node)) continue;
    if (constraint.honorTaints && !taintsTolerated(pod, node)) continue;
    counts.set(domain, (counts.get(domain) ?? 0) + (byNode.get(node.name) ?? 0));
  }
  return counts;
}

function taintsTolerated(pod: Pod, node: NodeInfo): boolean {
  return node.taints.every(
    (t) => t.effect === 'PreferNoSchedule' || toleratedBy(pod.spec.tolerations, t),
  );
}

function own(pod: Pod, when: TopologySpreadConstraint['whenUnsatisfiable']): Constraint[] {
  const list: Constraint[] = [];
  for (const c of pod.spec.topologySpreadConstraints ?? []) {
    if (c.whenUnsatisfiable !== when) continue;
    list.push({
      topologyKey: c.topologyKey,
      maxSkew: c.maxSkew,
      minDomains: c.minDomains ?? 1,
      selector: selectorOf(pod, c),
      honorAffinity: c.nodeAffinityPolicy !== 'Ignore',
      honorTaints: c.nodeTaintsPolicy === 'Honor',
    });
  }
  return list;
}

function selectorOf(pod: Pod, c: TopologySpreadConstraint): Selector {
  const keys = c.matchLabelKeys ?? [];
  if (keys.length === 0) return compileStoredSelector(c.labelSelector);
  const matchExpressions = [...(c.labelSelector?.matchExpressions ?? [])];
  for (const key of keys) {
    const value = pod.metadata.labels?.[key];
    if (value !== undefined) matchExpressions.push({ key, operator: 'In', values: [value] });
  }
  return compileLabelSelector({ ...c.labelSelector, matchExpressions });
}

/** Constraints made for a selector; the Pods of one workload share it. */
const defaultsOf = new WeakMap<Selector, readonly Constraint[]>();

/** The defaults apply to Pods that some Service or workload selects. */
function systemDefaults(pod: Pod, snapshot: Snapshot): readonly Constraint[] {
  const selector = snapshot.ownerSelector(pod);
  if (!selector || selector.empty) return [];
  let constraints = defaultsOf.get(selector);
  if (!constraints) {
    constraints = DEFAULTS.map((d) => ({
      ...d,
      minDomains: 1,
      selector,
      honorAffinity: true,
      honorTaints: false,
    }));
    defaultsOf.set(selector, constraints);
  }
  return constraints;
}
