/**
 * What a decoded KubeSchedulerConfiguration must not say.
 *
 * Models: pkg/scheduler/apis/config/validation validation.go, validation_pluginargs.go (v1.36)
 */
import type { TopologySpreadConstraint } from '../../api/generated/types.ts';
import {
  validateNodeSelector,
  validateNodeSelectorTerm,
} from '../../api/kinds/pod/affinity-validation.ts';
import { checkQualifiedName } from '../../api/meta/field-checks.ts';
import type { FieldErrors } from '../../api/meta/field-errors.ts';
import { FieldPath } from '../../api/meta/field-path.ts';
import { equalJson } from '../../api/meta/json.ts';
import type {
  DefaultPreemptionArgs,
  InterPodAffinityArgs,
  NodeAffinityArgs,
  NodeResourcesBalancedAllocationArgs,
  NodeResourcesFitArgs,
  PodTopologySpreadArgs,
  ResourceWeight,
  ShapePoint,
  VolumeBindingArgs,
} from './plugin-args.ts';
import type { PluginRef, PluginSet, ProfileSettings } from './profile.ts';

/** Plugins that older versions had. */
const REMOVED: ReadonlySet<string> = new Set([
  'AzureDiskLimits',
  'CinderLimits',
  'EBSLimits',
  'GCEPDLimits',
]);
const VERSION = 'kubescheduler.config.k8s.io/v1';
const STRATEGIES = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'];
const MAX_SHAPE_SCORE = 10; // MaxCustomPriorityScore

export function checkPercentage(path: string, value: number | null, errors: FieldErrors): void {
  if (value !== null && (value < 0 || value > 100)) {
    errors.invalid(path, value, 'not in valid range [0-100]');
  }
}

export function checkBackoff(initial: number, max: number, errors: FieldErrors): void {
  if (initial <= 0) {
    errors.invalid('podInitialBackoffSeconds', initial, 'must be greater than 0');
  }
  if (max < initial) {
    const detail = 'must be greater than or equal to PodInitialBackoffSeconds';
    errors.invalid('podMaxBackoffSeconds', max, detail);
  }
}

export function checkProfiles(profiles: readonly ProfileSettings[], errors: FieldErrors): void {
  const seen = new Map<string, number>();
  for (const [i, profile] of profiles.entries()) {
    const path = `profiles[${i}]`;
    const { schedulerName } = profile;
    if (schedulerName === '') errors.required(`${path}.schedulerName`);
    checkPercentage(`${path}.percentageOfNodesToScore`, profile.percentageOfNodesToScore, errors);
    checkRemoved(path, profile, errors);
    const other = seen.get(schedulerName);
    if (other !== undefined) {
      errors.duplicate(`${path}.schedulerName`, `profiles[${other}].schedulerName`);
    }
    seen.set(schedulerName, i);
  }
  checkQueueSort(profiles, errors);
}

function checkRemoved(path: string, { points }: ProfileSettings, errors: FieldErrors): void {
  for (const [point, set] of Object.entries(points)) {
    for (const [i, { name }] of set.enabled.entries()) {
      if (!REMOVED.has(name)) continue;
      const detail = `was invalid in version "${VERSION}" (KubeSchedulerConfiguration is version "${VERSION}")`;
      errors.invalid(`${path}.plugins.${point}.enabled[${i}]`, name, detail);
    }
  }
}

/** There is one queue: it has one order. */
function checkQueueSort(profiles: readonly ProfileSettings[], errors: FieldErrors): void {
  const [first, ...others] = profiles;
  const canon = first?.points.queueSort;
  if ((canon?.enabled.length ?? 0) > 1) {
    const detail = 'only one queue sort plugin can be enabled';
    errors.invalid('profiles[0].plugins.queueSort.Enabled', canon?.enabled.length, detail);
  }
  for (const [i, { points }] of others.entries()) {
    if (equalJson(points.queueSort ?? null, canon ?? null)) continue;
    const path = `profiles[${i + 1}].plugins.queueSort`;
    errors.invalid(path, asGo(points.queueSort), 'must be the same for all profiles');
  }
}

/** As upstream shows its internal type. */
function asGo(set: PluginSet | undefined): object {
  const list = (plugins: readonly PluginRef[] = []): readonly object[] | null =>
    plugins.length === 0 ? null : plugins.map((p) => ({ Name: p.name, Weight: p.weight ?? 0 }));
  return { Enabled: list(set?.enabled), Disabled: list(set?.disabled) };
}

type Check = (path: string, args: never, errors: FieldErrors) => void;

/** By plugin; |path| is that of the arguments. */
export const ARGUMENT_CHECKS: Readonly<Record<string, Check>> = {
  DefaultPreemption: checkPreemption,
  InterPodAffinity: checkInterPodAffinity,
  NodeAffinity: checkNodeAffinity,
  NodeResourcesBalancedAllocation: checkBalanced,
  NodeResourcesFit: checkFit,
  PodTopologySpread: checkSpread,
  VolumeBinding: checkVolumeBinding,
};

function checkPreemption(path: string, args: DefaultPreemptionArgs, errors: FieldErrors): void {
  const { minCandidateNodesPercentage: percent, minCandidateNodesAbsolute: absolute } = args;
  const percentPath = `${path}.minCandidateNodesPercentage`;
  const absolutePath = `${path}.minCandidateNodesAbsolute`;
  if (percent < 0 || percent > 100) {
    errors.invalid(percentPath, percent, 'not in valid range [0, 100]');
  }
  if (absolute < 0) errors.invalid(absolutePath, absolute, 'not in valid range [0, inf)');
  if (percent !== 0 || absolute !== 0) return;
  const same = 'cannot be zero at the same time as';
  errors.invalid(percentPath, percent, `${same} minCandidateNodesAbsolute`);
  errors.invalid(absolutePath, absolute, `${same} minCandidateNodesPercentage`);
}

function checkInterPodAffinity(
  path: string,
  { hardPodAffinityWeight: weight }: InterPodAffinityArgs,
  errors: FieldErrors,
): void {
  if (weight >= 0 && weight <= 100) return;
  errors.invalid(`${path}.hardPodAffinityWeight`, weight, 'not in valid range [0, 100]');
}

function checkNodeAffinity(path: string, args: NodeAffinityArgs, errors: FieldErrors): void {
  const { addedAffinity } = args;
  const at = FieldPath.of(`${path}.addedAffinity`);
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required) {
    const field = at.child('requiredDuringSchedulingIgnoredDuringExecution');
    validateNodeSelector(required, field, false, errors);
  }
  const preferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const [i, { preference }] of preferred.entries()) {
    const field = at.child('preferredDuringSchedulingIgnoredDuringExecution').index(i);
    validateNodeSelectorTerm(preference, field, false, errors);
  }
}

function checkBalanced(
  path: string,
  { resources }: NodeResourcesBalancedAllocationArgs,
  errors: FieldErrors,
): void {
  const seen = new Set<string>();
  for (const [i, { name, weight }] of resources.entries()) {
    if (seen.has(name)) errors.duplicate(`${path}.resources[${i}].name`, name);
    seen.add(name);
    if (weight !== 1) errors.invalid(`${path}.resources[${i}].weight`, weight, 'must be 1');
  }
}

function checkFit(path: string, args: NodeResourcesFitArgs, errors: FieldErrors): void {
  for (const [i, name] of args.ignoredResources.entries()) {
    checkQualifiedName(name, `${path}.ignoredResources[${i}]`, errors);
  }
  for (const [i, group] of args.ignoredResourceGroups.entries()) {
    const at = `${path}.ignoredResourceGroups[${i}]`;
    if (group.includes('/')) errors.invalid(at, group, "resource group name can't contain '/'");
    checkQualifiedName(group, at, errors);
  }
  const { type, resources, requestedToCapacityRatio: ratio } = args.scoringStrategy;
  const at = `${path}.scoringStrategy`;
  if (!STRATEGIES.includes(type)) errors.notSupported(`${at}.type`, type, STRATEGIES);
  checkWeights(`${at}.resources`, resources, errors);
  if (type === 'RequestedToCapacityRatio') {
    if (ratio) checkCurve(`${at}.requestedToCapacityRatio.shape`, ratio.shape, errors);
    else {
      const detail = 'must be specified when type is RequestedToCapacityRatio';
      errors.required(`${at}.requestedToCapacityRatio`, detail);
    }
  } else if (ratio) {
    const detail = 'must be nil when type is not RequestedToCapacityRatio';
    errors.forbidden(`${at}.requestedToCapacityRatio`, detail);
  }
}

function checkWeights(
  path: string,
  resources: readonly ResourceWeight[],
  errors: FieldErrors,
): void {
  for (const [i, { name, weight }] of resources.entries()) {
    if (weight > 0 && weight <= 100) continue;
    const detail = `resource weight of ${name} not in valid range (0, 100]`;
    errors.invalid(`${path}[${i}].weight`, weight, detail);
  }
}

function checkCurve(path: string, shape: readonly ShapePoint[], errors: FieldErrors): void {
  if (shape.length === 0) {
    errors.required(path, 'at least one point must be specified');
    return;
  }
  const unsorted = shape.findIndex(
    (p, i) => i > 0 && (shape[i - 1] as ShapePoint).utilization >= p.utilization,
  );
  if (unsorted > 0) {
    const { utilization } = shape[unsorted] as ShapePoint;
    const detail = 'values must be sorted in increasing order';
    errors.invalid(`${path}[${unsorted}].utilization`, utilization, detail);
  }
  for (const [i, { utilization, score }] of shape.entries()) {
    if (utilization < 0 || utilization > 100) {
      errors.invalid(`${path}[${i}].utilization`, utilization, 'not in valid range [0, 100]');
    }
    if (score < 0 || score > MAX_SHAPE_SCORE) {
      errors.invalid(`${path}[${i}].score`, score, `not in valid range [0, ${MAX_SHAPE_SCORE}]`);
    }
  }
}

function checkSpread(path: string, args: PodTopologySpreadArgs, errors: FieldErrors): void {
  const { defaultingType: type, defaultConstraints } = args;
  const at = `${path}.defaultingType`;
  if (!['System', 'List'].includes(type)) errors.notSupported(at, type, ['System', 'List']);
  else if (type === 'System' && defaultConstraints.length > 0) {
    errors.invalid(at, type, 'when .defaultConstraints are not empty');
  }
  const seen = new Set<string>();
  for (const [i, c] of defaultConstraints.entries()) {
    checkConstraint(`${path}.defaultConstraints[${i}]`, c, errors);
    const id = `{${c.topologyKey}, ${c.whenUnsatisfiable}}`;
    if (seen.has(id)) errors.duplicate(`${path}.defaultConstraints[${i}]`, id);
    seen.add(id);
  }
}

function checkConstraint(path: string, c: TopologySpreadConstraint, errors: FieldErrors): void {
  if (!(c.maxSkew > 0)) {
    errors.invalid(`${path}.maxSkew`, c.maxSkew ?? 0, 'not in valid range (0, inf)');
  }
  if ((c.topologyKey ?? '') === '') errors.required(`${path}.topologyKey`, 'can not be empty');
  else checkQualifiedName(c.topologyKey, `${path}.topologyKey`, errors);
  const when: string = c.whenUnsatisfiable ?? '';
  const known = ['DoNotSchedule', 'ScheduleAnyway'];
  if (when === '') errors.required(`${path}.whenUnsatisfiable`, 'can not be empty');
  else if (!known.includes(when)) errors.notSupported(`${path}.whenUnsatisfiable`, when, known);
  if (c.labelSelector === undefined) return;
  const detail = 'constraint must not define a selector, as they deduced for each pod';
  errors.forbidden(`${path}.labelSelector`, detail);
}

function checkVolumeBinding(path: string, args: VolumeBindingArgs, errors: FieldErrors): void {
  const { bindTimeoutSeconds, shape } = args;
  if (bindTimeoutSeconds < 0) {
    const detail = 'invalid BindTimeoutSeconds, should not be a negative value';
    errors.invalid(`${path}.bindTimeoutSeconds`, bindTimeoutSeconds, detail);
  }
  if (shape === undefined) return;
  const detail =
    'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring';
  errors.invalid(`${path}.shape`, shape, detail);
}
