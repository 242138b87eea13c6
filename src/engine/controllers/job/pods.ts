/**
 * The Pods of a Job: how they are made, and what their state means to it.
 *
 * Models: kubernetes pkg/controller/job job_controller.go, indexed_job_utils.go, tracking_utils.go
 *         (v1.36)
 */
import type { Container, EnvVar, Job, Pod } from '../../../api/generated/types.ts';
import type { Input } from '../../../api/meta/object.ts';
import { podFromTemplate } from '../../client/pod-template.ts';
import {
  FAILURE_COUNT,
  IGNORED_FAILURE_COUNT,
  INDEX,
  failureCount,
  ignoredFailureCount,
} from './indexes.ts';
import { failureVerdict } from './policies.ts';

export const TRACKING = 'batch.kubernetes.io/job-tracking'; // batch.JobTrackingFinalizer
const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
const MAX_PREFIX_CHARS = 58; // names.MaxGeneratedNameLength

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING) ?? false;
}

/** Strategic merge patch that takes the tracking finalizer off. */
export const UNTRACK = { metadata: { '$deleteFromPrimitiveList/finalizers': [TRACKING] } };

export function replacesOnlyFailed(job: Job): boolean {
  return job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
}

export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status.phase === 'Failed') return true;
  if (replacesOnlyFailed(job)) return false;
  return pod.metadata.deletionTimestamp !== undefined && pod.status.phase !== 'Succeeded';
}

/** |replaced| is the failed Pod of the same index, where failures are counted per index. */
export function draftPod(
  job: Job,
  index: number | undefined,
  replaced: Pod | undefined,
): Input<Pod> {
  const made = podFromTemplate(job, job.spec.template);
  const { finalizers = [], labels, annotations } = job.spec.template.metadata;
  const tracked = finalizers.includes(TRACKING) ? finalizers : [...finalizers, TRACKING];
  if (index === undefined) {
    return { ...made, metadata: { ...made.metadata, finalizers: tracked } };
  }
  const { spec } = job.spec.template;
  const { initContainers } = spec;
  const counts =
    job.spec.backoffLimitPerIndex === undefined ? {} : failureAnnotations(job, replaced);
  return {
    ...made,
    metadata: {
      ...made.metadata,
      generateName: prefixOf(job.metadata.name, index),
      labels: { ...labels, [INDEX]: String(index) },
      annotations: { ...annotations, [INDEX]: String(index), ...counts },
      finalizers: tracked,
    },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: spec.containers.map(withIndexVariable),
      ...(initContainers ? { initContainers: initContainers.map(withIndexVariable) } : {}),
    },
  };
}

function prefixOf(name: string, index: number): string {
  const end = `-${index}-`;
  const prefix = name + end;
  return prefix.length > MAX_PREFIX_CHARS
    ? prefix.slice(0, MAX_PREFIX_CHARS - end.length) + end
    : prefix;
}

function withIndexVariable(container: Container): Container {
  const { env = [] } = container;
  if (env.some((v) => v.name === INDEX_VARIABLE)) return container;
  const variable: EnvVar = {
    name: INDEX_VARIABLE,
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${INDEX}']` } },
  };
  return { ...container, env: [...env, variable] };
}

function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!replaced) return { [FAILURE_COUNT]: '0' };
  const { counts } = failureVerdict(job, replaced);
  const failures = failureCount(replaced) + (counts ? 1 : 0);
  const ignored = ignoredFailureCount(replaced) + (counts ? 0 : 1);
  return {
    [FAILURE_COUNT]: String(failures),
    ...(ignored > 0 ? { [IGNORED_FAILURE_COUNT]: String(ignored) } : {}),
  };
}
