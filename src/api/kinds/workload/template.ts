/**
 * What Deployment and ReplicaSet have in common: a selector that must match the template's labels,
 * and the template of their Pods.
 *
 * Models: pkg/apis/apps/validation ValidatePodTemplateSpecForReplicaSet and around (v1.36)
 */
import type { LabelSelector, PodTemplateSpec } from '../../generated/types.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { isDNS1123Label } from '../../meta/names.ts';
import { compileLabelSelector, validateLabelSelector } from '../../meta/selectors.ts';
import { podOptions } from '../pod/options.ts';
import { validatePodTemplateSpec } from '../pod/validation.ts';

interface WorkloadSpec {
  readonly selector: LabelSelector | null;
  readonly template: PodTemplateSpec;
}

/** Selector and template; |old| is the stored spec on update. */
export function validateSelectorAndTemplate(
  spec: WorkloadSpec,
  old: { readonly template?: PodTemplateSpec } | undefined,
  errors: FieldErrors,
): void {
  // What a client leaves out has been decoded as null.
  const selector = spec.selector ?? undefined;
  const selectorErrors = new FieldErrors();
  if (selector === undefined) errors.required('spec.selector');
  else {
    validateLabelSelector(selector, 'spec.selector', selectorErrors);
    errors.list.push(...selectorErrors.list);
    const labels = Object.keys(selector.matchLabels ?? {}).length;
    if (labels + (selector.matchExpressions ?? []).length === 0) {
      errors.invalid('spec.selector', selector, 'empty selector is invalid for deployment');
    }
  }
  if (!selectorErrors.none) {
    errors.invalid('spec.selector', selector, 'invalid label selector');
    return;
  }
  validateTemplate(selector, spec.template, old?.template, errors);
}

function validateTemplate(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  old: PodTemplateSpec | undefined,
  errors: FieldErrors,
): void {
  const path = 'spec.template';
  const matcher = compileLabelSelector(selector);
  const labels = template.metadata?.labels;
  if (!matcher.empty && !matcher.matches(labels)) {
    const detail = '`selector` does not match template `labels`';
    errors.invalid(`${path}.metadata.labels`, labels, detail);
  }
  validatePodTemplateSpec(template, path, errors, podOptions(false, old?.spec, old?.metadata));
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {};
  if (restartPolicy !== 'Always') {
    errors.notSupported(`${path}.spec.restartPolicy`, restartPolicy ?? '', ['Always']);
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in ReplicaSet is not Supported';
    errors.forbidden(`${path}.spec.activeDeadlineSeconds`, detail);
  }
}

/** Pods are named after their owner: a name that is not a DNS label may surprise. */
export function ownerNameWarnings(name: string): readonly string[] {
  const complaints = isDNS1123Label(name);
  if (complaints.length === 0) return [];
  return [
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising ' +
      `behavior; a DNS label is recommended: [${complaints.join(' ')}]`,
  ];
}
