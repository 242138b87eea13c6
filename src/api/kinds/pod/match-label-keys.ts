/**
 * matchLabelKeys and mismatchLabelKeys: their validation and how they join a selector at creation.
 *
 * Models: pkg/apis/core/validation validation.go (ValidateMatchLabelKeys…), pkg/registry/core/pod
 *         strategy.go (mutatePodAffinity, mutateTopologySpreadConstraints) (v1.36)
 */
import type { LabelSelector, Pod, PodAffinityTerm } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { validateLabelName } from '../../meta/labels.ts';
import type { Draft } from '../../meta/object.ts';

type Keys = readonly string[] | undefined;

/** Upstream ValidateMatchLabelKeysAndMismatchLabelKeys; the odd path of the clash is upstream's. */
export function validateMatchLabelKeys(
  path: FieldPath,
  matchKeys: Keys,
  mismatchKeys: Keys,
  selector: LabelSelector | undefined,
  errors: FieldErrors,
): void {
  checkKeys(path, 'matchLabelKeys', matchKeys, selector, errors);
  checkKeys(path, 'mismatchLabelKeys', mismatchKeys, selector, errors);
  if (matchKeys === undefined || matchKeys.length === 0) return;
  if (selector !== undefined) {
    const seen = new Set(Object.keys(selector.matchLabels ?? {}));
    for (const { key } of selector.matchExpressions ?? []) {
      const i = matchKeys.lastIndexOf(key);
      if (i >= 0 && seen.has(key)) {
        errors.invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector');
      }
      seen.add(key);
    }
  }
  matchKeys.forEach((key, i) => {
    if (mismatchKeys?.includes(key) !== true) return;
    const at = path.child('matchLabelKeys').index(i);
    errors.invalid(at, key, 'exists in both matchLabelKeys and mismatchLabelKeys');
  });
}

function checkKeys(
  path: FieldPath,
  field: string,
  keys: Keys,
  selector: LabelSelector | undefined,
  errors: FieldErrors,
): void {
  if (keys === undefined || keys.length === 0) return;
  const at = path.child(field);
  if (selector === undefined) {
    errors.forbidden(at, 'must not be specified when labelSelector is not set');
    return;
  }
  keys.forEach((key, i) => validateLabelName(key, at.index(i), errors));
}

/** Upstream ValidateMatchLabelKeysInTopologySpread: the older rule, kept for objects that need it. */
export function validateLegacyMatchLabelKeys(
  path: FieldPath,
  keys: Keys,
  selector: LabelSelector | undefined,
  errors: FieldErrors,
): void {
  if (keys === undefined || keys.length === 0) return;
  if (selector === undefined) {
    errors.forbidden(path, 'must not be specified when labelSelector is not set');
  }
  const selected = new Set(Object.keys(selector?.matchLabels ?? {}));
  for (const { key } of selector?.matchExpressions ?? []) selected.add(key);
  keys.forEach((key, i) => {
    validateLabelName(key, path.index(i), errors);
    if (selected.has(key)) {
      errors.invalid(path.index(i), key, 'exists in both matchLabelKeys and labelSelector');
    }
  });
}

type Labels = Readonly<Record<string, string>>;

/** Adds the Pod's own values of the named labels to the selectors, in place, when it is created. */
export function mergeMatchLabelKeys(pod: Draft<Pod>): void {
  const { affinity, topologySpreadConstraints } = pod.spec;
  const labels = pod.metadata.labels ?? {};
  for (const part of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    for (const weighted of part?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      mergeTerm(weighted.podAffinityTerm, labels);
    }
    for (const term of part?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      mergeTerm(term, labels);
    }
  }
  for (const { labelSelector, matchLabelKeys } of topologySpreadConstraints ?? []) {
    mergeKeys(labelSelector, matchLabelKeys, 'In', labels);
  }
}

function mergeTerm(term: Draft<PodAffinityTerm>, labels: Labels): void {
  mergeKeys(term.labelSelector, term.matchLabelKeys, 'In', labels);
  mergeKeys(term.labelSelector, term.mismatchLabelKeys, 'NotIn', labels);
}

function mergeKeys(
  selector: Draft<LabelSelector> | undefined,
  keys: Keys,
  operator: 'In' | 'NotIn',
  labels: Labels,
): void {
  if (selector === undefined) return;
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value === undefined) continue;
    (selector.matchExpressions ??= []).push({ key, operator, values: [value] });
  }
}
