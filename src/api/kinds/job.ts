/**
 * Job: Pods that are to end, a wanted number of times.
 *
 * Models:     pkg/registry/batch/job strategy.go, storage.go, pkg/apis/batch/v1 defaults.go,
 *             pkg/apis/batch/validation ValidateJob* (v1.36)
 * Simplified: nothing known
 */
import type { Job as JobType, JobSpec } from '../generated/types.ts';
import { AGE_COLUMN, humanDuration, NAME_COLUMN } from '../meta/columns.ts';
import { type Column, defineKind } from '../meta/define-kind.ts';
import { sortedByKey } from '../meta/go-text.ts';
import { keepPart, raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import { isLabelValue } from '../meta/names.ts';
import type { Draft } from '../meta/object.ts';
import { formatLabelSelector } from '../meta/selectors.ts';
import { isTrue } from './job/conditions.ts';
import { CONTROLLER_UID, JOB_NAME, LEGACY_CONTROLLER_UID, LEGACY_JOB_NAME } from './job/labels.ts';
import { defaultFailurePolicy, jobSpecWarnings, SELECTOR_TEXT } from './job/spec.ts';
import { validateJobStatus } from './job/status-validation.ts';
import { validateJob, validateJobUpdate } from './job/validation.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { dropDisabledPodFields } from './pod/drop-disabled.ts';
import { containerColumns } from './workload/columns.ts';
import { ownerNameWarnings } from './workload/template.ts';

export type Job = JobType;

const DEFAULT_BACKOFF_LIMIT = 6; // batch/v1 defaults.go
const MAX_INT32 = 2_147_483_647;

function setDefaults(job: Draft<Job>): void {
  const spec = (job.spec ??= {} as Draft<JobSpec>);
  spec.template ??= { metadata: {}, spec: { containers: [] } };
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? DEFAULT_BACKOFF_LIMIT : MAX_INT32;
  const labels = spec.template.metadata?.labels;
  // The very same map, as upstream: what is added to the template's labels becomes the Job's too.
  if (labels !== undefined && noLabels(job)) job.metadata.labels = labels;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??=
    spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
  defaultFailurePolicy(spec);
  defaultPodTemplate(spec.template);
}

function noLabels(job: Draft<Job>): boolean {
  return Object.keys(job.metadata.labels ?? {}).length === 0;
}

/** Upstream generateSelector: labels and a selector that no other Job has. */
function generateSelector(job: Draft<Job>): void {
  const { uid, name } = job.metadata;
  const meta = (job.spec.template.metadata ??= {});
  // Labels that were left out follow the template's whenever the Job is read: validation does not see
  // them yet, and the name is all that can be wrong with them.
  const follows = noLabels(job)
    ? isLabelValue(name).length === 0
    : job.metadata.labels === meta.labels;
  meta.labels = sortedByKey({
    [LEGACY_JOB_NAME]: name,
    [JOB_NAME]: name,
    [LEGACY_CONTROLLER_UID]: uid,
    [CONTROLLER_UID]: uid,
    ...meta.labels,
  });
  if (follows) job.metadata.labels = { ...meta.labels };
  const selector = (job.spec.selector ??= {});
  selector.matchLabels = sortedByKey({ [CONTROLLER_UID]: uid, ...selector.matchLabels });
}

/** What is shown of a Job that goes on, the first that holds. */
const STATES = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'];

function statusText({ metadata, status }: Job): string {
  const { conditions } = status;
  if (isTrue(conditions, 'Complete')) return 'Complete';
  if (isTrue(conditions, 'Failed')) return 'Failed';
  if (metadata.deletionTimestamp) return 'Terminating';
  return STATES.find((type) => isTrue(conditions, type)) ?? 'Running';
}

function completionsText({ spec, status }: Job): string {
  const { completions, parallelism = 0 } = spec;
  const succeeded = status.succeeded ?? 0;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status: { startTime, completionTime } }: Job, nowMs: number): string {
  if (!startTime) return '';
  return humanDuration(
    (completionTime ? Date.parse(completionTime) : nowMs) - Date.parse(startTime),
  );
}

const COLUMNS: readonly Column<Job>[] = [
  NAME_COLUMN,
  { name: 'Status', type: 'string', description: 'Status of the job.', cell: statusText },
  {
    name: 'Completions',
    type: 'string',
    description:
      'The number of pods which reached phase Succeeded. The value increases monotonically ' +
      'for a given spec. However, it may decrease in reaction to scale down of elastic ' +
      'indexed jobs.',
    cell: completionsText,
  },
  {
    name: 'Duration',
    type: 'string',
    description: 'Time required to complete the job.',
    cell: durationText,
  },
  AGE_COLUMN,
  ...containerColumns<Job>(({ spec }) => spec.template.spec.containers),
  {
    name: 'Selector',
    type: 'string',
    priority: 1,
    description: SELECTOR_TEXT,
    cell: ({ spec }) => formatLabelSelector(spec.selector),
  },
];

export const Job = defineKind<Job>({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  singular: 'job',
  categories: ['all'],
  namespaced: true,
  schema: 'io.k8s.api.batch.v1.Job',
  defaultPropagation: 'Orphan',
  propagationWarning:
    'child pods are preserved by default when jobs are deleted; set ' +
    'propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress ' +
    'this warning',

  defaults: setDefaults,
  prepareForCreate(job) {
    if (job.spec.manualSelector !== true) generateSelector(job);
    job.status = {};
    job.metadata.generation = 1;
    dropDisabledPodFields(job.spec.template.spec, undefined);
  },
  prepareForUpdate(next, old) {
    keepPart(next, old, 'status');
    dropDisabledPodFields(next.spec.template.spec, old.spec.template.spec);
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate: validateJob,
  metaOnUpdate: 'whole',
  validateUpdate: validateJobUpdate,
  warnings(job, old) {
    if (old !== null && old.metadata.generation === job.metadata.generation) return [];
    const names = old === null ? ownerNameWarnings(job.metadata.name) : [];
    return [...names, ...jobSpecWarnings(job.spec, old?.spec, 'spec')];
  },
  status: {
    prepareForUpdate(next, old) {
      keepPart(next, old, 'spec');
    },
    validateUpdate: validateJobStatus,
  },
  selectableFields: ({ status }) => ({ 'status.successful': String(status.succeeded ?? 0) }),
  columns: COLUMNS,
});
