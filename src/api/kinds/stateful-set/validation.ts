/**
 * Validation of StatefulSets.
 *
 * Models:     pkg/apis/apps/validation validation.go, ValidateStatefulSet* (v1.36)
 * Simplified: nothing known
 */
import type {
  IntOrString,
  PodTemplateSpec,
  RollingUpdateStatefulSetStrategy,
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
  Volume,
} from '../../generated/types.ts';
import { checkDnsLabel, checkNonNegative, checkSupported } from '../../meta/field-checks.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { equalJson } from '../../meta/json.ts';
import { validateAnnotations, validateLabels } from '../../meta/labels.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { validatePodAnnotations } from '../pod/annotation-validation.ts';
import { validateClaimSpec } from '../pod/claim-template-validation.ts';
import { podOptions, type PodValidationOptions } from '../pod/options.ts';
import { validatePodTemplateSpec } from '../pod/validation.ts';
import {
  plainNumber,
  validateAtMost100Percent,
  validateIntOrPercent,
} from '../workload/int-or-percent.ts';
import {
  complainOfLabels,
  isEmptySelector,
  validateLongRunning,
  workingSelector,
} from '../workload/selector.ts';

const RETENTION_POLICIES = ['Retain', 'Delete'];
const SPEC = FieldPath.of('spec');

const UPDATE_FORBIDDEN =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
  "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and " +
  "'minReadySeconds' are forbidden";

/** What an update need not fulfil, because it may not change it or found it so. */
interface Lenience {
  readonly serviceName: boolean;
  readonly template: boolean;
  readonly claims: boolean;
}

const STRICT: Lenience = { serviceName: false, template: false, claims: false };

export function validateStatefulSet({ spec }: StatefulSet, errors: FieldErrors): void {
  validateSpec(spec, podOptions(false, undefined, undefined), STRICT, errors);
}

export function validateStatefulSetUpdate(
  next: StatefulSet,
  old: StatefulSet,
  errors: FieldErrors,
): void {
  const { template } = old.spec;
  const options = podOptions(false, template.spec, template.metadata);
  const lenient = { serviceName: true, template: false, claims: true };
  // A stored template that would be refused today does not keep the rest from changing.
  const before = new FieldErrors();
  validateSpec(old.spec, options, lenient, before);
  validateSpec(next.spec, options, { ...lenient, template: !before.none }, errors);
  if (!equalJson(fixedPart(next.spec), fixedPart(old.spec))) {
    errors.forbidden(SPEC, UPDATE_FORBIDDEN);
  }
}

function fixedPart(spec: StatefulSetSpec): unknown {
  const { selector, serviceName, podManagementPolicy, volumeClaimTemplates = [] } = spec;
  return { selector, serviceName, podManagementPolicy, volumeClaimTemplates };
}

function validateSpec(
  spec: StatefulSetSpec,
  options: PodValidationOptions,
  lenient: Lenience,
  errors: FieldErrors,
): void {
  const policy: string = spec.podManagementPolicy ?? '';
  if (policy === '') errors.required(SPEC.child('podManagementPolicy'));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') {
    const detail = "must be 'OrderedReady' or 'Parallel'";
    errors.invalid(SPEC.child('podManagementPolicy'), policy, detail);
  }
  validateUpdateStrategy(spec.updateStrategy, SPEC.child('updateStrategy'), errors);
  validateRetention(spec, errors);
  if (!lenient.claims) {
    spec.volumeClaimTemplates?.forEach((claim, i) => {
      const at = SPEC.child('volumeClaimTemplates').index(i).child('spec');
      validateClaimSpec(claim.spec, at, errors);
    });
  }
  checkNonNegative(spec.replicas, SPEC.child('replicas'), errors);
  checkNonNegative(spec.minReadySeconds, SPEC.child('minReadySeconds'), errors);
  checkNonNegative(spec.ordinals?.start, SPEC.child('ordinals').child('start'), errors);
  const { serviceName = '' } = spec;
  if (!lenient.serviceName && serviceName !== '') {
    checkDnsLabel(serviceName, SPEC.child('serviceName'), errors);
  }
  validateSelector(spec, options, lenient, errors);
  validateLongRunning(spec.template, SPEC.child('template'), 'StatefulSet', errors);
}

function validateUpdateStrategy(
  strategy: StatefulSetUpdateStrategy,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { rollingUpdate } = strategy;
  const type: string = strategy.type ?? '';
  if (type === '') errors.required(path);
  else if (type === 'OnDelete') {
    if (rollingUpdate === undefined) return;
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    errors.invalid(path.child('rollingUpdate'), internalRolling(rollingUpdate), detail);
  } else if (type === 'RollingUpdate') {
    if (rollingUpdate !== undefined) {
      validateRolling(rollingUpdate, path.child('rollingUpdate'), errors);
    }
  } else {
    const shown = {
      Type: type,
      RollingUpdate: rollingUpdate === undefined ? null : internalRolling(rollingUpdate),
    };
    errors.invalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'");
  }
}

/** Messages show the server's internal form, which has no JSON names. */
function internalRolling({ partition = 0, maxUnavailable }: RollingUpdateStatefulSetStrategy): {
  readonly Partition: number;
  readonly MaxUnavailable: IntOrString | null;
} {
  return { Partition: partition, MaxUnavailable: maxUnavailable ?? null };
}

function validateRolling(
  { partition, maxUnavailable }: RollingUpdateStatefulSetStrategy,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkNonNegative(partition, path.child('partition'), errors);
  if (maxUnavailable === undefined) return;
  const at = path.child('maxUnavailable');
  validateIntOrPercent(maxUnavailable, at, errors);
  if (plainNumber(maxUnavailable) === 0) errors.invalid(at, maxUnavailable, 'cannot be 0');
  validateAtMost100Percent(maxUnavailable, at, errors);
}

function validateRetention(spec: StatefulSetSpec, errors: FieldErrors): void {
  const policy = spec.persistentVolumeClaimRetentionPolicy;
  if (policy === undefined) return;
  const path = SPEC.child('persistentVolumeClaimRetentionPolicy');
  for (const field of ['whenDeleted', 'whenScaled'] as const) {
    checkSupported(policy[field] ?? '', RETENTION_POLICIES, path.child(field), errors);
  }
}

function validateSelector(
  spec: StatefulSetSpec,
  options: PodValidationOptions,
  lenient: Lenience,
  errors: FieldErrors,
): void {
  // What a client leaves out has been decoded as null.
  const selector = (spec.selector as StatefulSetSpec['selector'] | null) ?? undefined;
  const path = SPEC.child('selector');
  if (selector === undefined) errors.required(path);
  else {
    validateLabelSelector(selector, path, errors);
    if (isEmptySelector(selector)) {
      errors.invalid(path, selector, 'empty selector is invalid for statefulset');
    }
  }
  const working = workingSelector(selector);
  if (working === undefined) {
    errors.invalid(path, selector, '');
    return;
  }
  const at = SPEC.child('template');
  const template = templateAsRun(spec);
  if (!working.empty && !working.matches(template.metadata?.labels)) {
    complainOfLabels(template, at, errors);
  }
  if (!lenient.template) validatePodTemplateSpec(template, at, errors, options);
  // Upstream looks at labels and annotations twice.
  const { metadata } = template;
  validateLabels(metadata?.labels, at.child('labels'), errors);
  validateAnnotations(metadata?.annotations, at.child('annotations'), errors);
  validatePodAnnotations(metadata, template.spec, at.child('annotations'), options, errors);
}

/** The template with what the controller will set: it names the Pods and mounts their claims. */
function templateAsRun({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  const { spec } = template;
  const named = (spec.subdomain ?? '') !== '' || (spec.hostname ?? '') !== '';
  if (!named && volumeClaimTemplates.length === 0) return template;
  const { subdomain: _subdomain, hostname: _hostname, ...rest } = spec;
  if (volumeClaimTemplates.length === 0) return { ...template, spec: rest };
  const claims = new Map<string, Volume>();
  for (const { metadata } of volumeClaimTemplates) {
    const name = metadata.name ?? '';
    claims.set(name, { name, persistentVolumeClaim: { claimName: name } });
  }
  const own = (spec.volumes ?? []).filter((v) => !claims.has(v.name));
  return { ...template, spec: { ...rest, volumes: [...claims.values(), ...own] } };
}
