/**
 * The selector of a workload and the labels of its template.
 *
 * Models: k8s.io/apimachinery/pkg/apis/meta/v1 helpers.go LabelSelectorAsSelector (v1.36)
 */
import type { LabelSelector, PodTemplateSpec } from '../../generated/types.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import {
  compileLabelSelector,
  type Selector,
  validateLabelSelector,
} from '../../meta/selectors.ts';

/** The selector in working form; undefined when it cannot be one. None given selects nothing. */
export function workingSelector(selector: LabelSelector | undefined): Selector | undefined {
  const complaints = new FieldErrors();
  validateLabelSelector(selector, 'selector', complaints);
  return complaints.none ? compileLabelSelector(selector) : undefined;
}

export function isEmptySelector(selector: LabelSelector): boolean {
  const labels = Object.keys(selector.matchLabels ?? {}).length;
  return labels + (selector.matchExpressions ?? []).length === 0;
}

/** |path| is that of the template. */
export function complainOfLabels(
  template: PodTemplateSpec,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const detail = '`selector` does not match template `labels`';
  errors.invalid(path.child('metadata').child('labels'), template.metadata?.labels, detail);
}

/** Pods of a controller that replaces them are always restarted; |owner| is the kind in the text. */
export function validateLongRunning(
  template: PodTemplateSpec,
  path: FieldPath,
  owner: string,
  errors: FieldErrors,
): void {
  const { restartPolicy, activeDeadlineSeconds } = template.spec;
  const at = path.child('spec');
  if (restartPolicy !== 'Always') {
    errors.notSupported(at.child('restartPolicy'), restartPolicy ?? '', ['Always']);
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${owner} is not Supported`;
    errors.forbidden(at.child('activeDeadlineSeconds'), detail);
  }
}
