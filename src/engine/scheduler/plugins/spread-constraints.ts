/**
 * The topology spread constraints that hold for a Pod: its own, or the profile's defaults for the
 * Services and the workload that select it.
 *
 * Models: pkg/scheduler/framework/plugins/podtopologyspread common.go, plugin.go; plugins/helper
 *         spread.go (v1.36)
 */
import type {
  LabelSelectorRequirement,
  Pod,
  TopologySpreadConstraint,
} from '../../../api/generated/types.ts';
import { matchesRequired } from '../../../api/meta/node-selector.ts';
import {
  compileLabelSelector,
  compileStoredSelector,
  type Selector,
} from '../../../api/meta/selectors.ts';
import { toleratedBy } from '../../../api/meta/taints.ts';
import type { NodeInfo } from '../node-info.ts';
import type { PodTopologySpreadArgs } from '../plugin-args.ts';
import type { Snapshot } from '../snapshot.ts';

type Labels = Readonly<Record<string, string>>;

export interface Constraint {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly selector: Selector;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

const NONE: readonly Constraint[] = [];

/** systemDefaultConstraints */
const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  {
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    maxSkew: 3,
  },
  {
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'ScheduleAnyway',
    maxSkew: 5,
  },
];

/** Those that refuse nodes. */
export function hardConstraints(
  pod: Pod,
  args: PodTopologySpreadArgs,
  snapshot: Snapshot,
): readonly Constraint[] {
  if (hasOwn(pod)) return own(pod, 'DoNotSchedule');
  return args.defaultingType === 'System'
    ? NONE
    : defaults(pod, args.defaultConstraints, 'DoNotSchedule', snapshot);
}

/** Those that score, and whether nodes without one of the labels are left out. */
export function softConstraints(
  pod: Pod,
  args: PodTopologySpreadArgs,
  snapshot: Snapshot,
): { readonly constraints: readonly Constraint[]; readonly requireAll: boolean } {
  if (hasOwn(pod)) return { constraints: own(pod, 'ScheduleAnyway'), requireAll: true };
  const isSystem = args.defaultingType === 'System';
  const list = isSystem ? SYSTEM_DEFAULTS : args.defaultConstraints;
  return {
    constraints: defaults(pod, list, 'ScheduleAnyway', snapshot),
    requireAll: !isSystem,
  };
}

function hasOwn(pod: Pod): boolean {
  return (pod.spec.topologySpreadConstraints?.length ?? 0) > 0;
}

/** Whether the node counts for |constraint|, as its policies say. */
export function countsOn(pod: Pod, constraint: Constraint, node: NodeInfo): boolean {
  if (constraint.honorAffinity && !matchesRequired(pod.spec, node)) return false;
  return (
    !constraint.honorTaints ||
    node.taints.every(
      (t) => t.effect === 'PreferNoSchedule' || toleratedBy(pod.spec.tolerations, t),
    )
  );
}

export function hasAllKeys(labels: Labels, constraints: readonly Constraint[]): boolean {
  for (const c of constraints) if (labels[c.topologyKey] === undefined) return false;
  return true;
}

type Action = TopologySpreadConstraint['whenUnsatisfiable'];

/** Pods of one template share the list. */
const parsed = new WeakMap<object, Readonly<Record<string, readonly Constraint[]>>>();

function own(pod: Pod, action: Action): readonly Constraint[] {
  const list = pod.spec.topologySpreadConstraints ?? [];
  // The API server has put matchLabelKeys into the selectors of Pods that came through it.
  if (list.some((c) => missingKeys(pod, c).length > 0)) {
    return list.filter((c) => c.whenUnsatisfiable === action).map((c) => parse(c, pod));
  }
  let known = parsed.get(list);
  if (!known) {
    const of = (a: Action): Constraint[] =>
      list.filter((c) => c.whenUnsatisfiable === a).map((c) => parse(c, pod));
    known = { DoNotSchedule: of('DoNotSchedule'), ScheduleAnyway: of('ScheduleAnyway') };
    parsed.set(list, known);
  }
  return known[action] ?? NONE;
}

function parse(c: TopologySpreadConstraint, pod: Pod): Constraint {
  const missing = missingKeys(pod, c);
  const given = c.labelSelector;
  return {
    ...policies(c),
    selector:
      missing.length === 0
        ? compileStoredSelector(given)
        : compileLabelSelector({
            ...given,
            matchExpressions: [...(given?.matchExpressions ?? []), ...missing],
          }),
  };
}

function policies(c: TopologySpreadConstraint): Omit<Constraint, 'selector'> {
  return {
    topologyKey: c.topologyKey,
    maxSkew: c.maxSkew,
    minDomains: c.minDomains ?? 1,
    honorAffinity: c.nodeAffinityPolicy !== 'Ignore',
    honorTaints: c.nodeTaintsPolicy === 'Honor',
  };
}

/** What matchLabelKeys ask of this Pod and the selector does not say yet. */
function missingKeys(pod: Pod, c: TopologySpreadConstraint): LabelSelectorRequirement[] {
  // A selector that matches nothing stays one.
  if (!c.matchLabelKeys || !c.labelSelector) return [];
  const missing: LabelSelectorRequirement[] = [];
  for (const key of c.matchLabelKeys) {
    const value = pod.metadata.labels?.[key];
    if (value === undefined) continue;
    const isThere = c.labelSelector.matchExpressions?.some(
      (e) => e.key === key && e.operator === 'In' && e.values?.[0] === value,
    );
    if (!isThere) missing.push({ key, operator: 'In', values: [value] });
  }
  return missing;
}

/** The system's constraints with a selector; the Pods of one workload share it. */
const systemDefaults = new WeakMap<Selector, readonly Constraint[]>();

/** The defaults apply to Pods that some Service or workload selects. */
function defaults(
  pod: Pod,
  list: readonly TopologySpreadConstraint[],
  action: Action,
  snapshot: Snapshot,
): readonly Constraint[] {
  if (list.length === 0) return NONE;
  const selector = snapshot.ownerSelector(pod);
  if (!selector || selector.empty) return NONE;
  if (list !== SYSTEM_DEFAULTS) return withSelector(list, action, selector);
  let known = systemDefaults.get(selector);
  if (!known) systemDefaults.set(selector, (known = withSelector(list, action, selector)));
  return known;
}

function withSelector(
  list: readonly TopologySpreadConstraint[],
  action: Action,
  selector: Selector,
): readonly Constraint[] {
  const constraints = list.filter((c) => c.whenUnsatisfiable === action);
  return constraints.map((c) => ({ ...policies(c), selector }));
}
