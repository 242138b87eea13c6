/**
 * Parts that label and field selectors share.
 *
 * Models: k8s.io/apimachinery/pkg/labels, pkg/selection (v1.36)
 */

export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

/** The text of a selector could not be understood; the API server answers 400 with this message. */
export class SelectorError extends Error {
  override readonly name = 'SelectorError';
}
