/**
 * Validation of whole Jobs: when they are made, and what of them may change.
 *
 * Models: pkg/apis/batch/validation validation.go, ValidateJob, ValidateJobUpdate;
 *         pkg/registry/batch/job strategy.go, validationOptionsForJob (v1.36)
 */
import type {
  Affinity,
  Container,
  Job,
  JobSpec,
  LabelSelector,
  PodSpec,
  PodTemplateSpec,
} from '../../generated/types.ts';
import { checkImmutable, IMMUTABLE_ERROR } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { equalJson } from '../../meta/json.ts';
import { isDNS1123Label, isLabelValue } from '../../meta/names.ts';
import { validateMetaChange } from '../../meta/object-meta-validation.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { internalPodSpec } from '../pod/internal-json.ts';
import { podOptions, type PodValidationOptions } from '../pod/options.ts';
import { complainOfLabels, workingSelector } from '../workload/selector.ts';
import { isTrue } from './conditions.ts';
import { internalFailurePolicy, internalSuccessPolicy, internalTemplate } from './internal.ts';
import { CONTROLLER_UID, JOB_NAME, LEGACY_CONTROLLER_UID, LEGACY_JOB_NAME } from './labels.ts';
import { validateJobSpec } from './spec-validation.ts';

const SPEC = FieldPath.of('spec');

interface JobOptions {
  readonly pod: PodValidationOptions;
  /** Jobs made before there were labels with a prefix do without them. */
  readonly prefixedLabels: boolean;
}

export function validateJob(job: Job, errors: FieldErrors): void {
  const pod = podOptions(false, undefined, undefined);
  validateWhole(job, { pod, prefixedLabels: true }, errors);
}

export function validateJobUpdate(next: Job, old: Job, errors: FieldErrors): void {
  const { template, selector } = old.spec;
  const pod = podOptions(false, template.spec, template.metadata);
  const allowInvalidSelectorValues = pod.allowInvalidSelectorValues || hasInvalidValues(selector);
  const labels = template.metadata?.labels;
  const options = {
    pod: { ...pod, allowInvalidSelectorValues },
    prefixedLabels: labels?.[JOB_NAME] !== undefined && labels[CONTROLLER_UID] !== undefined,
  };
  // Upstream validates the new Job as one that is made and once more as one that changes.
  validateWhole(next, options, errors);
  validateSelectedSpec(next.spec, options.pod, errors);
  validateMetaChange(next.metadata, old.metadata, errors);
  validateChange(next, old, errors);
}

function hasInvalidValues(selector: LabelSelector | undefined): boolean {
  return (selector?.matchExpressions ?? []).some((e) =>
    e.values?.some((value) => isLabelValue(value).length > 0),
  );
}

function validateWhole(job: Job, options: JobOptions, errors: FieldErrors): void {
  validateGeneratedSelector(job, options.prefixedLabels, errors);
  validateSelectedSpec(job.spec, options.pod, errors);
  const { completionMode, completions = 0 } = job.spec;
  if (completionMode !== 'Indexed' || completions <= 0) return;
  const { name } = job.metadata;
  const longest = `${name}-${completions - 1}`;
  if (isDNS1123Label(longest).length === 0) return;
  const detail = `will not able to create pod with invalid DNS label: ${longest}`;
  errors.invalid('metadata.name', name, detail);
}

/** A selector that the server makes must be as the server makes it. */
function validateGeneratedSelector(job: Job, prefixed: boolean, errors: FieldErrors): void {
  const { manualSelector, selector, template } = job.spec;
  if (manualSelector === true || selector === undefined) return;
  const { uid, name } = job.metadata;
  if (!uid) errors.required('metadata.uid');
  const expected: Record<string, string> = {
    [LEGACY_CONTROLLER_UID]: uid,
    [LEGACY_JOB_NAME]: name,
  };
  if (prefixed) Object.assign(expected, { [CONTROLLER_UID]: uid, [JOB_NAME]: name });
  const labels = template.metadata?.labels;
  for (const [key, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${key}]`;
    const detail = `must be '${value}'`;
    if (labels?.[key] === undefined) errors.required(path, detail);
    else if (labels[key] !== value) errors.invalid(path, labels, detail);
  }
  if (workingSelector(selector)?.matches(expected) === false) {
    errors.invalid(SPEC.child('selector'), selector, '`selector` not auto-generated');
  }
}

/** Upstream ValidateJobSpec. */
function validateSelectedSpec(
  spec: JobSpec,
  options: PodValidationOptions,
  errors: FieldErrors,
): void {
  validateJobSpec(spec, SPEC, options, errors);
  const { selector, template } = spec;
  if (selector === undefined) errors.required(SPEC.child('selector'));
  else {
    const allowInvalidValues = options.allowInvalidSelectorValues;
    validateLabelSelector(selector, SPEC.child('selector'), errors, { allowInvalidValues });
  }
  if (workingSelector(selector)?.matches(template.metadata?.labels) === false) {
    complainOfLabels(template, SPEC.child('template'), errors);
  }
}

function validateChange(next: Job, old: Job, errors: FieldErrors): void {
  const spec = next.spec;
  const before = old.spec;
  validateCompletions(spec, before, errors);
  checkImmutable(spec.selector, before.selector, SPEC.child('selector'), errors);
  validateTemplateChange(next, old, errors);
  const check = (field: keyof JobSpec, shown: unknown): void => {
    if (equalJson(spec[field], before[field])) return;
    errors.invalid(SPEC.child(field), shown, IMMUTABLE_ERROR);
  };
  check('completionMode', spec.completionMode);
  check('podFailurePolicy', internalFailurePolicy(spec.podFailurePolicy));
  check('backoffLimitPerIndex', spec.backoffLimitPerIndex);
  check('managedBy', spec.managedBy);
  check('successPolicy', internalSuccessPolicy(spec.successPolicy));
}

/** The completions of an Indexed Job may change together with its parallelism. */
function validateCompletions(spec: JobSpec, old: JobSpec, errors: FieldErrors): void {
  const path = SPEC.child('completions');
  if (spec.completionMode !== 'Indexed') {
    checkImmutable(spec.completions, old.completions, path, errors);
    return;
  }
  if (spec.completions === undefined || spec.completions === old.completions) return;
  if (spec.completions !== spec.parallelism) {
    const detail = 'can only be modified in tandem with spec.parallelism';
    errors.invalid(path, spec.completions, detail);
  }
}

/** A Job that is suspended and has nothing running may get other nodes and resources. */
function isResting({ spec, status }: Job): boolean {
  if (spec.suspend !== true || (status.active ?? 0) > 0) return false;
  return status.startTime === undefined || isTrue(status.conditions, 'Suspended');
}

function validateTemplateChange(next: Job, old: Job, errors: FieldErrors): void {
  const template = next.spec.template;
  const resting = isResting(old);
  const before = resting ? withPlacementOf(template, old.spec.template) : old.spec.template;
  if (!resting) {
    if (equalJson(template, before)) return;
    errors.invalid(SPEC.child('template'), internalTemplate(template), IMMUTABLE_ERROR);
  } else if (!equalJson(template.spec, withResourcesOf(template.spec, before.spec))) {
    const path = SPEC.child('template').child('spec');
    errors.invalid(path, internalPodSpec(template.spec), IMMUTABLE_ERROR);
  }
}

/** |old| with everything of |next| that decides where Pods may run. */
function withPlacementOf(next: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates } = next.spec;
  const affinity = affinityWithNodesOf(next.spec.affinity, old.spec.affinity);
  const placement = { nodeSelector, tolerations, schedulingGates, affinity };
  return { ...old, spec: { ...old.spec, ...placement } as PodSpec };
}

function affinityWithNodesOf(
  next: Affinity | undefined,
  old: Affinity | undefined,
): Affinity | undefined {
  if (next === undefined && old === undefined) return undefined;
  const { nodeAffinity: _nodeAffinity, ...others } = old ?? {};
  const nodes = next?.nodeAffinity;
  // Node affinity may go altogether, when there is no other in the old template.
  if (next === undefined && Object.keys(others).length === 0) return undefined;
  return nodes === undefined ? others : { ...others, nodeAffinity: nodes };
}

function withResourcesOf(next: PodSpec, old: PodSpec): PodSpec {
  const copy = (
    to: readonly Container[] | undefined,
    from: readonly Container[] | undefined,
  ): readonly Container[] | undefined => {
    if (to?.length !== from?.length) return to;
    return to?.map((container, i) => {
      const source = from?.[i];
      if (source === undefined || source.name !== container.name) return container;
      return { ...container, resources: source.resources };
    });
  };
  const initContainers = copy(old.initContainers, next.initContainers);
  return {
    ...old,
    containers: copy(old.containers, next.containers) ?? [],
    ...(initContainers === undefined ? {} : { initContainers }),
  };
}
