/**
 * Validation of CronJobs.
 *
 * Models: pkg/apis/batch/validation validation.go, ValidateCronJobCreate, ValidateCronJobUpdate
 *         (v1.36)
 */
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../../generated/types.ts';
import { checkNonNegative } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { byteLength } from '../../meta/go-text.ts';
import { validateJobSpec } from '../job/spec-validation.ts';
import { podOptions, type PodValidationOptions } from '../pod/options.ts';
import { parseSchedule } from './schedule.ts';
import { isTimeZone } from './time-zones.ts';

const MAX_NAME_BYTES = 52; // 63 for the Job, less the eleven characters that the controller appends
const POLICIES = ['Allow', 'Forbid', 'Replace'];
const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;
const SPEC = FieldPath.of('spec');

export function validateCronJob({ spec, metadata }: CronJob, errors: FieldErrors): void {
  validateSpec(spec, undefined, podOptions(false, undefined, undefined), errors);
  if (byteLength(metadata.name) > MAX_NAME_BYTES) {
    errors.invalid('metadata.name', metadata.name, 'must be no more than 52 characters');
  }
}

export function validateCronJobUpdate({ spec }: CronJob, old: CronJob, errors: FieldErrors): void {
  const { template } = old.spec.jobTemplate.spec;
  validateSpec(spec, old.spec, podOptions(false, template.spec, template.metadata), errors);
}

function validateSpec(
  spec: CronJobSpec,
  old: CronJobSpec | undefined,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  validateSchedule(spec, old, errors);
  const deadlineAt = SPEC.child('startingDeadlineSeconds');
  checkNonNegative(spec.startingDeadlineSeconds, deadlineAt, errors);
  if (old === undefined || old.timeZone !== spec.timeZone) {
    validateTimeZone(spec.timeZone, SPEC.child('timeZone'), errors);
  }
  const policy: string = spec.concurrencyPolicy ?? '';
  const policyAt = SPEC.child('concurrencyPolicy');
  if (policy === '') errors.required(policyAt);
  else if (!POLICIES.includes(policy)) errors.notSupported(policyAt, policy, POLICIES);
  validateJobTemplate(spec.jobTemplate, SPEC.child('jobTemplate').child('spec'), options, errors);
  for (const field of ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'] as const) {
    checkNonNegative(spec[field], SPEC.child(field), errors);
  }
}

function validateSchedule(
  { schedule, timeZone }: CronJobSpec,
  old: CronJobSpec | undefined,
  errors: FieldErrors,
): void {
  const path = SPEC.child('schedule');
  if (schedule === '') {
    errors.required(path);
    return;
  }
  const parsed = parseSchedule(schedule);
  if ('error' in parsed) errors.invalid(path, schedule, parsed.error);
  if (!schedule.includes('TZ')) return;
  // A zone in the schedule goes on where there was one before it was forbidden.
  if (old?.schedule.includes('TZ') !== true) {
    const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.invalid(path, schedule, detail);
  } else if (timeZone !== undefined) {
    const detail = 'cannot use both timeZone field and TZ or CRON_TZ in schedule';
    errors.invalid(path, schedule, detail);
  }
}

function validateTimeZone(zone: string | undefined, path: FieldPath, errors: FieldErrors): void {
  if (zone === undefined) return;
  if (zone === '') {
    errors.invalid(path, zone, 'timeZone must be nil or non-empty string');
    return;
  }
  const fine = (part: string): boolean =>
    part !== '.' && part !== '..' && !part.startsWith('-') && ZONE_PART.test(part);
  if (!zone.split('/').every(fine)) {
    errors.invalid(path, zone, `unknown time zone ${zone}`);
    return;
  }
  if (zone.toLowerCase() === 'local') {
    const page = 'https://www.iana.org/time-zones';
    const detail = `timeZone must be an explicit time zone as defined in ${page}`;
    errors.invalid(path, zone, detail);
  }
  if (zone !== 'Local' && !isTimeZone(zone)) {
    // A name with two dots in it is refused before anybody looks for it.
    const bad = zone.includes('..');
    const why = bad ? 'time: invalid location name' : `unknown time zone ${zone}`;
    errors.invalid(path, zone, why);
  }
}

function validateJobTemplate(
  { spec }: JobTemplateSpec,
  path: FieldPath,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  validateJobSpec(spec, path, options, errors);
  if (spec.selector !== undefined) {
    errors.invalid(path.child('selector'), spec.selector, '`selector` will be auto-generated');
  }
  if (spec.manualSelector === true) {
    errors.notSupported(path.child('manualSelector'), true, ['nil', 'false']);
  }
}
