/**
 * CronJob: Jobs that are started by the clock.
 *
 * Models:     pkg/registry/batch/cronjob strategy.go, pkg/apis/batch/v1 defaults.go,
 *             pkg/apis/batch/validation ValidateCronJob* (v1.36)
 * Simplified: nothing known
 */
import type { CronJob as CronJobType } from '../generated/types.ts';
import { AGE_COLUMN, ageText, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { formatLabelSelector } from '../meta/selectors.ts';
import { validateCronJob, validateCronJobUpdate } from './cron-job/validation.ts';
import { defaultFailurePolicy, jobSpecWarnings, SELECTOR_TEXT } from './job/spec.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { containerColumns } from './workload/columns.ts';
import { ownerNameWarnings } from './workload/template.ts';

export type CronJob = CronJobType;

const DEFAULT_SUCCESSFUL_HISTORY = 3; // batch/v1 defaults.go
const DEFAULT_FAILED_HISTORY = 1;
const JOB_SPEC = 'spec.jobTemplate.spec';

function setDefaults(cronJob: Draft<CronJob>): void {
  const spec = (cronJob.spec ??= {} as Draft<CronJob>['spec']);
  spec.schedule ??= '';
  spec.concurrencyPolicy ??= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= DEFAULT_SUCCESSFUL_HISTORY;
  spec.failedJobsHistoryLimit ??= DEFAULT_FAILED_HISTORY;
  const template = (spec.jobTemplate ??= {} as typeof spec.jobTemplate);
  const job = (template.spec ??= {} as typeof template.spec);
  job.template ??= { metadata: {}, spec: { containers: [] } };
  defaultFailurePolicy(job);
  defaultPodTemplate(job.template);
}

const COLUMNS: readonly Column<CronJob>[] = [
  NAME_COLUMN,
  {
    name: 'Schedule',
    type: 'string',
    description: 'The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.',
    cell: ({ spec }) => spec.schedule,
  },
  {
    name: 'Timezone',
    type: 'string',
    description:
      'The time zone name for the given schedule, see ' +
      'https://en.wikipedia.org/wiki/List_of_tz_database_time_zones. If not specified, this ' +
      'will default to the time zone of the kube-controller-manager process. The set of ' +
      'valid time zone names and the time zone offset is loaded from the system-wide time ' +
      'zone database by the API server during CronJob validation and the controller manager ' +
      'during execution. If no system-wide time zone database can be found a bundled version ' +
      'of the database is used instead. If the time zone name becomes invalid during the ' +
      'lifetime of a CronJob or due to a change in host configuration, the controller will ' +
      'stop creating new new Jobs and will create a system event with the reason ' +
      'UnknownTimeZone. More information can be found in ' +
      'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones',
    cell: ({ spec }) => spec.timeZone ?? '<none>',
  },
  {
    name: 'Suspend',
    type: 'boolean',
    description:
      'This flag tells the controller to suspend subsequent executions, it does not apply to ' +
      'already started executions.  Defaults to false.',
    cell: ({ spec }) => (spec.suspend ? 'True' : 'False'),
  },
  {
    name: 'Active',
    type: 'integer',
    description: 'A list of pointers to currently running jobs.',
    cell: ({ status }) => (status.active ?? []).length,
  },
  {
    name: 'Last Schedule',
    type: 'string',
    description: 'Information when was the last time the job was successfully scheduled.',
    cell: ({ status: { lastScheduleTime } }, nowMs) =>
      lastScheduleTime ? ageText(lastScheduleTime, nowMs) : '<none>',
  },
  AGE_COLUMN,
  ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec.template.spec.containers),
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description: SELECTOR_TEXT,
    cell: ({ spec }) => formatLabelSelector(spec.jobTemplate.spec.selector),
  },
];

export const CronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.batch.v1.CronJob',

  defaults: setDefaults,
  prepareForCreate(cronJob) {
    cronJob.status = {};
    cronJob.metadata.generation = 1;
    dropDisabledPodFields(cronJob.spec.jobTemplate.spec.template.spec, undefined);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    const { template } = old.spec.jobTemplate.spec;
    dropDisabledPodFields(next.spec.jobTemplate.spec.template.spec, template.spec);
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  warnings({ metadata, spec }, old) {
    const jobSpec = spec.jobTemplate.spec;
    if (old === null) {
      const names = ownerNameWarnings(metadata.name);
      return [...names, ...jobSpecWarnings(jobSpec, undefined, JOB_SPEC)];
    }
    const changed = old.metadata.generation !== metadata.generation;
    const warnings = changed ? jobSpecWarnings(jobSpec, old.spec.jobTemplate.spec, JOB_SPEC) : [];
    if (!spec.schedule.includes('TZ')) return warnings;
    const page = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
    const text = 'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see';
    return [...warnings, `${text} ${page} for more details`];
  },
  status: {
    metaOnUpdate: 'none',
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
  },
  columns: COLUMNS,
});
