/**
 * What Jobs and the Jobs of CronJobs have in common besides validation.
 *
 * Models: pkg/apis/batch/v1 defaults.go, pkg/api/job warnings.go (v1.36)
 */
import type { JobSpec } from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';
import { podTemplateWarnings } from '../pod/warnings.ts';

const MANY_COMPLETIONS = 100_000; // completionsSoftLimit
const MANY_AT_ONCE = 10_000; // parallelismSoftLimitForUnlimitedCompletions

/** Description of the column Selector. */
export const SELECTOR_TEXT =
  'A label query over pods that should match the pod count. Normally, the system sets ' +
  'this field for you. More info: ' +
  'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors';

/** In place: upstream SetDefaults_PodFailurePolicyOnPodConditionsPattern. */
export function defaultFailurePolicy(spec: Draft<JobSpec>): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) {
      // What a client leaves out has been decoded as empty.
      if (!pattern.status) pattern.status = 'True';
    }
  }
}

export function jobSpecWarnings(
  spec: JobSpec,
  old: JobSpec | undefined,
  path: string,
): readonly string[] {
  const { completionMode, completions = 0, parallelism = 0, template } = spec;
  const warnings: string[] = [];
  if (
    completionMode === 'Indexed' &&
    completions > MANY_COMPLETIONS &&
    parallelism > MANY_AT_ONCE
  ) {
    warnings.push(
      `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a ` +
        'parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes ' +
        'when a big number of indexes fail',
    );
  }
  return [...warnings, ...podTemplateWarnings(template, old?.template, `${path}.template`)];
}
