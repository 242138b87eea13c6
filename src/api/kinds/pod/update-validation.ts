/**
 * What of a Pod may change: images, deadline, tolerations, gates; ephemeral containers through their
 * own subresource.
 *
 * Models: pkg/apis/core/validation validation.go, ValidatePodUpdate,
 *         ValidatePodEphemeralContainersUpdate (v1.36)
 */
import type {
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSchedulingGate,
  PodSpec,
  Toleration,
} from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { goQuote, sortedByKey } from '../../meta/go-text.ts';
import { cloneJson, equalJson } from '../../meta/json.ts';
import { rangeError } from '../../meta/names.ts';
import type { Draft } from '../../meta/object.ts';
import { jsonDiff } from '../../meta/unified-diff.ts';
import { validateTolerations } from './affinity-validation.ts';
import { validateAnnotationUpdates, validatePodAnnotations } from './annotation-validation.ts';
import { validateImageBlanks } from './container-validation.ts';
import { internalPodSpec, internalValue } from './internal-json.ts';
import { podOptions, type PodValidationOptions } from './options.ts';
import { MIRROR_ANNOTATION, NO_FIELD, validatePodMetaAndSpec } from './validation.ts';

const DEADLINE_MAX_SECONDS = 2_147_483_647; // math.MaxInt32

const UPDATABLE_FIELDS = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** Upstream ValidatePodUpdate, but for metadata. */
export function validatePodUpdate(next: Pod, old: Pod, errors: FieldErrors): void {
  const { spec } = next;
  // Most updates of Pods leave the spec and its annotations alone.
  const sameSpec = equalJson(spec, old.spec);
  if (sameSpec && equalJson(next.metadata.annotations, old.metadata.annotations)) {
    if (next.metadata.name === old.metadata.name) return;
  }
  const options = podOptions(true, old.spec, old.metadata);
  validatePodMetaAndSpec(next, options, errors);
  annotationsAgain(next, old, options, errors);
  const at = FieldPath.of('spec');
  for (const field of ['containers', 'initContainers'] as const) {
    if (!validateContainerUpdates(spec[field], old.spec[field], at.child(field), errors)) return;
  }
  if (!validateDeadline(spec, old.spec, at.child('activeDeadlineSeconds'), errors)) return;
  const { tolerations = [] } = spec;
  validateAddedTolerations(tolerations, old.spec, at.child('tolerations'), options, errors);
  const gatesAt = at.child('schedulingGates');
  validateDeletedGates(spec.schedulingGates ?? [], old.spec.schedulingGates ?? [], gatesAt, errors);
  if (sameSpec) return;
  const munged = withOldWhereAllowed(spec, old.spec, at, errors);
  if (equalJson(munged, old.spec)) return;
  const difference = jsonDiff(internalPodSpec(old.spec), internalPodSpec(munged));
  const text = `pod updates may not change fields other than ${UPDATABLE_FIELDS}`;
  errors.forbidden(at, `${text}\n${difference}`);
}

/** Upstream checks annotations with the rest of metadata and once more among their updates. */
function annotationsAgain(
  next: Pod,
  old: Pod,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const at = FieldPath.of('metadata').child('annotations');
  const { annotations } = next.metadata;
  validateAnnotationUpdates(annotations ?? {}, old.metadata.annotations ?? {}, at, errors);
  validatePodAnnotations(next.metadata, next.spec, at, options, errors);
}

/** False when there is no telling which container is which. */
function validateContainerUpdates(
  given: readonly Container[] | null | undefined,
  stored: readonly Container[] | null | undefined,
  path: FieldPath,
  errors: FieldErrors,
): boolean {
  const [next, old] = [given ?? [], stored ?? []];
  if (next.length !== old.length) {
    errors.forbidden(path, 'pod updates may not add or remove containers');
    return false;
  }
  next.forEach((container, i) => {
    if ((container.image ?? '') === '') errors.required(path.index(i).child('image'));
    validateImageBlanks(container, path.index(i), errors);
  });
  return true;
}

/** It may be set once and then only shrink; false ends the validation, as upstream's does. */
function validateDeadline(
  next: PodSpec,
  old: PodSpec,
  path: FieldPath,
  errors: FieldErrors,
): boolean {
  const seconds = next.activeDeadlineSeconds;
  const before = old.activeDeadlineSeconds;
  if (seconds === undefined) {
    if (before !== undefined) {
      errors.invalid(path, undefined, 'must not update from a positive integer to nil value');
    }
    return true;
  }
  if (seconds < 0 || seconds > DEADLINE_MAX_SECONDS) {
    errors.invalid(path, seconds, rangeError(0, DEADLINE_MAX_SECONDS));
    return false;
  }
  if (before === undefined || before >= seconds) return true;
  errors.invalid(path, seconds, 'must be less than or equal to previous value');
  return false;
}

function validateAddedTolerations(
  next: readonly Toleration[],
  { tolerations = [] }: PodSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  const withoutSeconds = ({ tolerationSeconds: _, ...rest }: Toleration): object => rest;
  for (const old of tolerations) {
    const kept = next.some((t) => t === old || equalJson(withoutSeconds(t), withoutSeconds(old)));
    if (kept) continue;
    const text = 'existing toleration can not be modified except its tolerationSeconds';
    errors.forbidden(path, text);
    return;
  }
  validateTolerations(next, path, options, errors);
}

function validateDeletedGates(
  next: readonly PodSchedulingGate[],
  old: readonly PodSchedulingGate[],
  path: FieldPath,
  errors: FieldErrors,
): void {
  // Of two with one name only the last is told.
  const lastAt = new Map(next.map(({ name }, i) => [name, i]));
  next.forEach(({ name }, i) => {
    if (lastAt.get(name) !== i || old.some((gate) => gate.name === name)) return;
    const text = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.forbidden(path.index(i).child('name'), text);
  });
}

/** |next| with the old values of everything that may change: what then differs is refused. */
function withOldWhereAllowed(
  next: PodSpec,
  old: PodSpec,
  path: FieldPath,
  errors: FieldErrors,
): PodSpec {
  const munged = cloneJson(next) as Draft<PodSpec>;
  for (const field of ['containers', 'initContainers'] as const) {
    munged[field]?.forEach((container, i) => {
      restore(container, 'image', old[field]?.[i] ?? {});
    });
  }
  restore(munged, 'activeDeadlineSeconds', old);
  restore(munged, 'schedulingGates', old);
  restore(munged, 'tolerations', old);
  const grace = old.terminationGracePeriodSeconds ?? 0;
  if (grace < 0 && munged.terminationGracePeriodSeconds === 1) {
    munged.terminationGracePeriodSeconds = grace;
  }
  if ((old.schedulingGates ?? []).length > 0) restorePlacement(munged, old, path, errors);
  return munged as PodSpec;
}

/** Sets or removes |field| as it is in |from|. */
function restore<T extends object, K extends keyof T>(target: T, field: K, from: object): void {
  const value = (from as T)[field];
  if (value === undefined) delete target[field];
  else target[field] = value;
}

/** While a Pod is gated, its node selector and affinity may be narrowed. */
function restorePlacement(
  munged: Draft<PodSpec>,
  old: PodSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (!equalJson(munged.nodeSelector, old.nodeSelector)) {
    const changed = Object.entries(old.nodeSelector ?? {}).some(
      ([key, value]) => munged.nodeSelector?.[key] !== value,
    );
    if (changed) {
      const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
      const shown = munged.nodeSelector && sortedByKey(munged.nodeSelector);
      errors.invalid(path.child('nodeSelector'), shown, text);
    }
    restore(munged, 'nodeSelector', old);
  }
  const before = old.affinity?.nodeAffinity;
  const after = munged.affinity?.nodeAffinity as NodeAffinity | undefined;
  if (equalJson(before, after)) return;
  const at = path.child('affinity').child('nodeAffinity');
  validateAffinityMutation(after, before, at, errors);
  const { affinity } = munged;
  if (affinity === undefined) {
    munged.affinity = { nodeAffinity: before as Draft<NodeAffinity> };
  } else if (old.affinity === undefined && !affinity.podAffinity && !affinity.podAntiAffinity) {
    delete munged.affinity;
  } else restore(affinity, 'nodeAffinity', old.affinity ?? {});
}

function validateAffinityMutation(
  next: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const required = 'requiredDuringSchedulingIgnoredDuringExecution';
  const before = old?.[required]?.nodeSelectorTerms ?? [];
  const after = next?.[required]?.nodeSelectorTerms ?? [];
  const at = path.child(required).child('nodeSelectorTerms');
  if (old?.[required] === undefined || before.length === 0) return;
  const shown = (term: NodeSelectorTerm): unknown => internalValue('NodeSelectorTerm', term);
  if (before.length !== after.length) {
    const text = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    errors.invalid(at, after.length === 0 ? undefined : after.map(shown), text);
    return;
  }
  before.forEach((term, i) => {
    const now = after[i] ?? {};
    if (onlyAdds(now, term)) return;
    const text = 'only additions are allowed (no mutations or deletions)';
    errors.invalid(at.index(i), shown(now), text);
  });
}

function onlyAdds(next: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const;
  if (lists.every((field) => (old[field] ?? []).length === 0)) {
    return lists.every((field) => (next[field] ?? []).length === 0);
  }
  return lists.every((field) => {
    const before = old[field] ?? [];
    return equalJson((next[field] ?? []).slice(0, before.length), before);
  });
}

/** Upstream ValidatePodEphemeralContainersUpdate, but for metadata. */
export function validateEphemeralUpdate(next: Pod, old: Pod, errors: FieldErrors): void {
  if (old.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) {
    errors.list.length = 0;
    errors.forbidden(NO_FIELD, 'static pods do not support ephemeral containers');
    return;
  }
  const options = podOptions(true, old.spec, old.metadata);
  validatePodMetaAndSpec(next, options, errors);
  annotationsAgain(next, old, options, errors);
  const at = FieldPath.of('spec').child('ephemeralContainers');
  for (const before of old.spec.ephemeralContainers ?? []) {
    const now = next.spec.ephemeralContainers?.filter((c) => c.name === before.name).at(-1);
    const name = goQuote(before.name);
    if (now === undefined) {
      errors.forbidden(at, `existing ephemeral containers ${name} may not be removed\n`);
    } else if (!equalJson(before, now)) {
      const shown = (c: object): unknown => internalValue('EphemeralContainer', c);
      const difference = jsonDiff(shown(before), shown(now));
      const text = `existing ephemeral containers ${name} may not be changed`;
      errors.forbidden(at, `${text}\n${difference}`);
    }
  }
}
