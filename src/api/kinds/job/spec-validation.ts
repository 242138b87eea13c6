/**
 * Validation of the spec of a Job, alone or inside a CronJob.
 *
 * Models: pkg/apis/batch/validation validation.go, validateJobSpec (v1.36)
 */
import type { JobSpec } from '../../generated/types.ts';
import { checkNonNegative } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { byteLength } from '../../meta/go-text.ts';
import { checkDomainPrefixedPath } from '../../meta/host-names.ts';
import type { PodValidationOptions } from '../pod/options.ts';
import { validatePodTemplateSpec } from '../pod/validation.ts';
import { internalSuccessPolicy } from './internal.ts';
import {
  validateFailurePolicy,
  validateReplacementPolicy,
  validateSuccessPolicy,
} from './policy-validation.ts';

const MAX_INDEXED_PARALLELISM = 100_000; // maxParallelismForIndexedJob
const MAX_FAILED_INDEXES = 100_000; // maxFailedIndexesForIndexedJob
const MANY_COMPLETIONS = 100_000; // completionsSoftLimit
const MAX_WITH_MANY = 10_000; // parallelismLimitForHighCompletions, maxFailedIndexesLimit…
const MAX_MANAGED_BY_BYTES = 63; // maxManagedByLength

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
] as const;

export function validateJobSpec(
  spec: JobSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  for (const field of COUNTS) checkNonNegative(spec[field], path.child(field), errors);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified');
  }
  const { managedBy } = spec;
  if (managedBy !== undefined) {
    checkDomainPrefixedPath(managedBy, path.child('managedBy'), errors);
    if (byteLength(managedBy) > MAX_MANAGED_BY_BYTES) {
      errors.tooLong(path.child('managedBy'), MAX_MANAGED_BY_BYTES);
    }
  }
  validateCompletionMode(spec, path, errors);
  if (spec.podFailurePolicy !== undefined) {
    validateFailurePolicy(spec, spec.podFailurePolicy, path.child('podFailurePolicy'), errors);
  }
  if (spec.successPolicy !== undefined) {
    const at = path.child('successPolicy');
    if (spec.completionMode === 'Indexed') {
      validateSuccessPolicy(spec.successPolicy, spec.completions ?? 0, at, errors);
    } else {
      const shown = internalSuccessPolicy(spec.successPolicy);
      errors.invalid(at, shown, 'requires indexed completion mode');
    }
  }
  validateReplacementPolicy(spec, path.child('podReplacementPolicy'), errors);
  validatePodTemplateSpec(spec.template, path.child('template'), errors, options);
  validateRestartPolicy(spec, path.child('template').child('spec').child('restartPolicy'), errors);
}

function validateCompletionMode(spec: JobSpec, path: FieldPath, errors: FieldErrors): void {
  const mode: string | undefined = spec.completionMode;
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') {
    errors.notSupported(path.child('completionMode'), mode, ['NonIndexed', 'Indexed']);
  }
  if (mode === 'Indexed') {
    validateIndexed(spec, path, errors);
    return;
  }
  if (mode !== undefined && mode !== 'NonIndexed') return;
  for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
    const value = spec[field];
    if (value === undefined) continue;
    errors.invalid(path.child(field), value, 'requires indexed completion mode');
  }
}

function validateIndexed(spec: JobSpec, path: FieldPath, errors: FieldErrors): void {
  const { completions, parallelism = 0, maxFailedIndexes: maxFailed } = spec;
  const atMost = (limit: number): string => `must be less than or equal to ${limit}`;
  const parallelismAt = path.child('parallelism');
  const maxFailedAt = path.child('maxFailedIndexes');
  if (completions === undefined) {
    errors.required(path.child('completions'), 'when completion mode is Indexed');
  }
  if (parallelism > MAX_INDEXED_PARALLELISM) {
    const detail = `${atMost(MAX_INDEXED_PARALLELISM)} when completion mode is Indexed`;
    errors.invalid(parallelismAt, parallelism, detail);
  }
  if (completions !== undefined && maxFailed !== undefined && maxFailed > completions) {
    errors.invalid(maxFailedAt, maxFailed, 'must be less than or equal to completions');
  }
  if (maxFailed !== undefined && maxFailed > MAX_FAILED_INDEXES) {
    errors.invalid(maxFailedAt, maxFailed, atMost(MAX_FAILED_INDEXES));
  }
  if ((completions ?? 0) <= MANY_COMPLETIONS || spec.backoffLimitPerIndex === undefined) return;
  if (maxFailed === undefined) {
    const detail = `must be specified when completions is above ${MANY_COMPLETIONS}`;
    errors.required(maxFailedAt, detail);
  }
  const detail =
    `${atMost(MAX_WITH_MANY)} when completions are above ${MANY_COMPLETIONS} ` +
    'and used with backoff limit per index';
  if (parallelism > MAX_WITH_MANY) errors.invalid(parallelismAt, parallelism, detail);
  if (maxFailed !== undefined && maxFailed > MAX_WITH_MANY) {
    errors.invalid(maxFailedAt, maxFailed, detail);
  }
}

function validateRestartPolicy(spec: JobSpec, path: FieldPath, errors: FieldErrors): void {
  const policy: string = spec.template.spec.restartPolicy ?? '';
  if (policy === 'Always' || policy === '') {
    errors.required(path, 'valid values: "OnFailure", "Never"');
  } else if (policy !== 'OnFailure' && policy !== 'Never') {
    errors.notSupported(path, policy, ['OnFailure', 'Never']);
  } else if (spec.podFailurePolicy !== undefined && policy !== 'Never') {
    const detail = 'only "Never" is supported when podFailurePolicy is specified';
    errors.invalid(path, policy, detail);
  }
}
