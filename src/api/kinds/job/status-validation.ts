/**
 * Validation of the status of a Job. Most rules look only at what this update changes, so that a
 * status written by an older controller can still be corrected.
 *
 * Models: pkg/apis/batch/validation validation.go, validateJobStatus, ValidateJobStatusUpdate;
 *         pkg/registry/batch/job strategy.go, getStatusValidationOptions (v1.36)
 */
import type { Job, JobStatus, UncountedTerminatedPods } from '../../generated/types.ts';
import { IMMUTABLE_ERROR } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { equalJson } from '../../meta/json.ts';
import { checkCounts } from '../workload/status.ts';
import { isFalse, isFinished, isTrue } from './conditions.ts';
import { countIndexes, sharedIndex } from './indexes.ts';
import { internalUncounted } from './internal.ts';
import { invalidWhole } from './policy-validation.ts';

const STATUS = FieldPath.of('status');
const CONDITIONS = STATUS.child('conditions');

/** What of the status differs between two versions of a Job. */
class Changes {
  private readonly next: JobStatus;
  private readonly old: JobStatus;
  readonly finished: boolean;

  constructor(next: JobStatus, old: JobStatus) {
    this.next = next;
    this.old = old;
    this.finished = isFinished(next.conditions) !== isFinished(old.conditions);
  }

  condition(type: string): boolean {
    return isTrue(this.next.conditions, type) !== isTrue(this.old.conditions, type);
  }

  /** |absent| is what Go has where the field is no pointer. */
  field(name: keyof JobStatus, absent?: unknown): boolean {
    return !equalJson(this.next[name] ?? absent, this.old[name] ?? absent);
  }
}

export function validateJobStatus(next: Job, old: Job, errors: FieldErrors): void {
  const changes = new Changes(next.status, old.status);
  const { status } = next;
  checkCounts(status, ['active', 'succeeded', 'failed', 'ready', 'terminating'], errors);
  if (status.uncountedTerminatedPods !== undefined) {
    validateUncounted(status.uncountedTerminatedPods, errors);
  }
  validateTerminal(status, changes, errors);
  validateTimes(next, changes, errors);
  validateFinished(next, changes, errors);
  validateIndexes(next, changes, errors);
  validateActive(status, changes, errors);
  validateSuccessCriteria(next, errors);
  validateChange(next, old, changes, errors);
}

function validateUncounted(uncounted: UncountedTerminatedPods, errors: FieldErrors): void {
  const seen = new Set<string>();
  for (const field of ['succeeded', 'failed'] as const) {
    const path = STATUS.child('uncountedTerminatedPods').child(field);
    uncounted[field]?.forEach((uid, i) => {
      if (uid === '') errors.invalid(path.index(i), uid, 'must not be empty');
      else if (seen.has(uid)) errors.duplicate(path.index(i), uid);
      seen.add(uid);
    });
  }
}

function validateTerminal(status: JobStatus, changes: Changes, errors: FieldErrors): void {
  const { conditions } = status;
  const complete = isTrue(conditions, 'Complete');
  const completeChanged = changes.condition('Complete');
  if (completeChanged || changes.condition('Failed')) {
    if (complete && isTrue(conditions, 'Failed')) {
      invalidWhole(CONDITIONS, 'cannot set Complete=True and Failed=true conditions', errors);
    }
  }
  if (completeChanged || changes.condition('FailureTarget')) {
    if (complete && isTrue(conditions, 'FailureTarget')) {
      const detail = 'cannot set Complete=True and FailureTarget=true conditions';
      invalidWhole(CONDITIONS, detail, errors);
    }
  }
}

function validateTimes(next: Job, changes: Changes, errors: FieldErrors): void {
  const { conditions, startTime, completionTime } = next.status;
  const complete = isTrue(conditions, 'Complete');
  const at = STATUS.child('completionTime');
  const completionChanged = changes.field('completionTime');
  if (changes.condition('Complete') || completionChanged) {
    if (completionTime !== undefined && !complete) {
      const detail = 'cannot set completionTime when there is no Complete=True condition';
      errors.invalid(at, completionTime, detail);
    }
    if (completionTime === undefined && complete) {
      errors.required(at, 'completionTime is required for Complete jobs');
    }
  }
  if (changes.field('startTime') || completionChanged) {
    if (startTime !== undefined && completionTime !== undefined) {
      if (Date.parse(completionTime) < Date.parse(startTime)) {
        errors.invalid(at, completionTime, 'must be equal to or after `startTime`');
      }
    }
  }
  if (changes.condition('Failed') || changes.field('failedIndexes')) {
    if (isTrue(conditions, 'Failed') && !isTrue(conditions, 'FailureTarget')) {
      const detail = 'cannot set Failed=True condition without the FailureTarget=true condition';
      invalidWhole(CONDITIONS, detail, errors);
    }
  }
  if (changes.condition('Complete') || changes.condition('SuccessCriteriaMet')) {
    if (complete && !isTrue(conditions, 'SuccessCriteriaMet')) {
      const what = 'Complete=True condition without the SuccessCriteriaMet=true condition';
      invalidWhole(CONDITIONS, `cannot set ${what}`, errors);
    }
  }
}

function validateFinished(next: Job, changes: Changes, errors: FieldErrors): void {
  const { status, spec } = next;
  if (!isFinished(status.conditions)) return;
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status;
  if ((changes.finished || changes.field('active', 0)) && active > 0) {
    errors.invalid(STATUS.child('active'), active, 'active>0 is invalid for finished job');
  }
  const neverRuns = spec.suspend === true && spec.completions === 0;
  if ((changes.finished || changes.field('startTime')) && !neverRuns && startTime === undefined) {
    errors.required(STATUS.child('startTime'), 'startTime is required for finished job');
  }
  if (changes.finished || changes.field('uncountedTerminatedPods')) {
    const left = (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length;
    if (uncounted !== undefined && left > 0) {
      const path = STATUS.child('uncountedTerminatedPods');
      errors.invalid(path, internalUncounted(uncounted), 'must be empty for finished job');
    }
  }
}

function validateIndexes({ spec, status }: Job, changes: Changes, errors: FieldErrors): void {
  const { completions, backoffLimitPerIndex, completionMode } = spec;
  const { completedIndexes: completed = '', failedIndexes: failed } = status;
  const completedChanged = changes.field('completedIndexes', '');
  const failedChanged = changes.field('failedIndexes');
  const completedAt = STATUS.child('completedIndexes');
  const failedAt = STATUS.child('failedIndexes');
  if (completedChanged && completions !== undefined) {
    const counted = countIndexes(completed, completions);
    if ('error' in counted) {
      errors.invalid(completedAt, completed, `error parsing completedIndexes: ${counted.error}`);
    }
  }
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined) {
    const counted = countIndexes(failed ?? '', completions);
    if ('error' in counted) {
      errors.invalid(failedAt, failed, `error parsing failedIndexes: ${counted.error}`);
    }
  }
  if (completedChanged && completed !== '' && completionMode !== 'Indexed') {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.invalid(completedAt, completed, detail);
  }
  if (failedChanged && backoffLimitPerIndex === undefined && failed !== undefined) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.invalid(failedAt, failed, detail);
  }
  if (!(failedChanged || completedChanged)) return;
  if (completions === undefined || failed === undefined) return;
  const shared = sharedIndex(completed, failed, completions);
  if (shared !== undefined) {
    const detail = `failedIndexes and completedIndexes overlap at index: ${shared}`;
    errors.invalid(failedAt, failed, detail);
  }
}

function validateActive(status: JobStatus, changes: Changes, errors: FieldErrors): void {
  const { terminating = 0, ready, active = 0, conditions } = status;
  if ((changes.finished || changes.field('terminating')) && terminating > 0) {
    if (isFinished(conditions)) {
      const detail = 'terminating>0 is invalid for finished job';
      errors.invalid(STATUS.child('terminating'), terminating, detail);
    }
  }
  const moves = changes.field('ready') || changes.field('active', 0);
  if (moves && ready !== undefined && ready > active) {
    errors.invalid(STATUS.child('ready'), ready, 'cannot set more ready pods than active');
  }
}

function validateSuccessCriteria({ spec, status }: Job, errors: FieldErrors): void {
  const { conditions } = status;
  const met = isTrue(conditions, 'SuccessCriteriaMet');
  for (const type of ['Failed', 'FailureTarget']) {
    if (!met || !isTrue(conditions, type)) continue;
    const detail = `cannot set SuccessCriteriaMet=True and ${type}=true conditions`;
    invalidWhole(CONDITIONS, detail, errors);
  }
  if (spec.successPolicy !== undefined && !met && isTrue(conditions, 'Complete')) {
    const what = 'Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True';
    invalidWhole(CONDITIONS, `cannot set ${what}`, errors);
  }
}

function validateChange(next: Job, old: Job, changes: Changes, errors: FieldErrors): void {
  const { conditions, failed = 0, succeeded = 0, completionTime, startTime } = next.status;
  const before = old.status;
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (!isTrue(before.conditions, type) || isTrue(conditions, type)) continue;
    invalidWhole(CONDITIONS, `cannot disable the terminal ${type}=True condition`, errors);
  }
  if (failed < (before.failed ?? 0)) {
    errors.invalid(STATUS.child('failed'), failed, 'cannot decrease the failed counter');
  }
  // An elastic Indexed Job that is scaled down loses successes.
  const { completionMode, completions, parallelism, suspend } = next.spec;
  const elastic = completionMode === 'Indexed' && completions === parallelism;
  if (!elastic && succeeded < (before.succeeded ?? 0)) {
    errors.invalid(STATUS.child('succeeded'), succeeded, 'cannot decrease the succeeded counter');
  }
  if (completionTime !== undefined && before.completionTime !== undefined) {
    if (changes.field('completionTime')) {
      errors.invalid(STATUS.child('completionTime'), completionTime, IMMUTABLE_ERROR);
    }
  }
  const resuming = isTrue(before.conditions, 'Suspended') && isFalse(conditions, 'Suspended');
  if (changes.field('startTime') && !resuming && before.startTime !== undefined) {
    if (suspend !== true) {
      const detail = 'field is immutable for unsuspended job once set';
      errors.invalid(STATUS.child('startTime'), startTime, detail);
    }
  }
  const met = isTrue(conditions, 'SuccessCriteriaMet');
  const wasMet = isTrue(before.conditions, 'SuccessCriteriaMet');
  if (wasMet && !met) {
    invalidWhole(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition', errors);
  }
  if (isTrue(before.conditions, 'Complete') && !wasMet && met) {
    const what = 'SuccessCriteriaMet=True for Job already has Complete=true conditions';
    invalidWhole(CONDITIONS, `cannot set ${what}`, errors);
  }
}
