/**
 * Label selectors: the object form of specs and the text form of queries, compiled to one matcher.
 *
 * Models:     k8s.io/apimachinery pkg/labels selector.go, pkg/apis/meta/v1 helpers.go and
 *             validation/validation.go (v1.36)
 * Simplified: Requirement errors of programs (wrong number of values) cannot arise from texts.
 */
import type { LabelSelector, LabelSelectorRequirement } from '../generated/types.ts';
import type { FieldErrors } from './field-errors.ts';
import { FieldPath, type FieldRef } from './field-path.ts';
import { compareText } from './go-text.ts';
import { parseLabelRequirements } from './label-selector-parser.ts';
import { validateLabelName, validateLabels } from './labels.ts';
import { isLabelValue } from './names.ts';
import type { LabelOperator, LabelRequirement } from './selector-types.ts';

export { type LabelRequirement, SelectorError } from './selector-types.ts';
export { FieldSelector, parseFieldSelector } from './field-selector.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** A compiled selector. Invariant: |requirements| are sorted by key, as upstream's. */
export class Selector {
  readonly requirements: readonly LabelRequirement[];
  private readonly none: boolean;
  private text: string | undefined = undefined;

  constructor(requirements: readonly LabelRequirement[], none = false) {
    this.requirements = [...requirements].sort((a, b) => compareText(a.key, b.key));
    this.none = none;
  }

  matches(labels: Labels): boolean {
    if (this.none) return false;
    for (const requirement of this.requirements) {
      if (!requirementMatches(requirement, labels?.[requirement.key])) return false;
    }
    return true;
  }

  /** True when everything matches. */
  get empty(): boolean {
    return !this.none && this.requirements.length === 0;
  }

  /** True when it is certain that nothing matches. */
  get matchesNothing(): boolean {
    return this.none;
  }

  toString(): string {
    this.text ??= this.requirements.map(requirementText).join(',');
    return this.text;
  }
}

export const EVERYTHING = new Selector([]);
export const NOTHING = new Selector([], true);

function requirementMatches(r: LabelRequirement, value: string | undefined): boolean {
  switch (r.operator) {
    case 'in':
    case '=':
    case '==':
      return value !== undefined && r.values.includes(value);
    case 'notin':
    case '!=':
      return value === undefined || !r.values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt':
      return compares(r, value);
  }
}

const INTEGER = /^[+-]?[0-9]+$/;

function compares(r: LabelRequirement, value: string | undefined): boolean {
  const bound = r.values[0];
  if (value === undefined || bound === undefined) return false;
  if (!INTEGER.test(value) || !INTEGER.test(bound)) return false;
  return r.operator === 'gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

function requirementText(r: LabelRequirement): string {
  const values = r.values.length > 1 ? [...r.values].sort(compareText).join(',') : r.values[0];
  switch (r.operator) {
    case 'exists':
      return r.key;
    case '!':
      return `!${r.key}`;
    case 'in':
    case 'notin':
      return `${r.key} ${r.operator} (${values ?? ''})`;
    case 'gt':
      return `${r.key}>${values ?? ''}`;
    case 'lt':
      return `${r.key}<${values ?? ''}`;
    case '=':
    case '==':
    case '!=':
      return `${r.key}${r.operator}${values ?? ''}`;
  }
}

/** `a=b,c in (x,y),!d`; throws SelectorError with upstream's words. */
export function parseLabelSelector(text: string): Selector {
  if (text === '') return EVERYTHING;
  return new Selector(parseLabelRequirements(text));
}

export function selectorFromLabels(labels: Labels): Selector {
  const keys = Object.keys(labels ?? {});
  if (keys.length === 0) return EVERYTHING;
  return new Selector(
    keys.map((key) => ({ key, operator: '=' as const, values: [labels?.[key] ?? ''] })),
  );
}

/** The same for the selector of a stored object, which nobody changes: it is compiled once. */
export function compileStoredSelector(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return NOTHING;
  let made = compiled.get(selector);
  if (made === undefined) compiled.set(selector, (made = compile(selector)));
  return made;
}

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

const compiled = new WeakMap<object, Selector>();

/**
 * Upstream LabelSelectorAsSelector: none given matches nothing, an empty one everything. One that is
 * not valid matches nothing either; validation keeps those out of specs.
 */
export function compileLabelSelector(selector: LabelSelector | null | undefined): Selector {
  if (selector === undefined || selector === null) return NOTHING;
  return compiled.get(selector) ?? compile(selector);
}

function compile(selector: LabelSelector): Selector {
  const requirements: LabelRequirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: '=', values: [value] });
  }
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const op = OPERATORS[operator];
    if (op === undefined) return NOTHING;
    requirements.push({ key, operator: op, values: values ?? [] });
  }
  return requirements.length === 0 ? EVERYTHING : new Selector(requirements);
}

/** Upstream FormatLabelSelector: the SELECTOR column. */
export function formatLabelSelector(selector: LabelSelector | null | undefined): string {
  for (const { operator } of selector?.matchExpressions ?? []) {
    if (OPERATORS[operator] === undefined) return '<error>';
  }
  const text = compileLabelSelector(selector).toString();
  return text === '' ? '<none>' : text;
}

export interface LabelSelectorOptions {
  /** Old objects may carry values that are refused today. */
  readonly allowInvalidValues?: boolean;
}

export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: FieldRef,
  errors: FieldErrors,
  options: LabelSelectorOptions = {},
): void {
  if (selector === undefined) return;
  const at = FieldPath.of(path);
  validateLabels(selector.matchLabels, at.child('matchLabels'), errors);
  selector.matchExpressions?.forEach((expression, i) => {
    validateRequirement(expression, at.child('matchExpressions').index(i), errors, options);
  });
}

function validateRequirement(
  { key, operator, values = [] }: LabelSelectorRequirement,
  path: FieldPath,
  errors: FieldErrors,
  options: LabelSelectorOptions,
): void {
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      const text = "must be specified when `operator` is 'In' or 'NotIn'";
      errors.required(path.child('values'), text);
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.forbidden(path.child('values'), text);
    }
  } else {
    errors.invalid(path.child('operator'), operator, 'not a valid selector operator');
  }
  validateLabelName(key, path.child('key'), errors);
  if (options.allowInvalidValues === true) return;
  values.forEach((value, i) => {
    for (const message of isLabelValue(value)) {
      errors.invalid(path.child('values').index(i), value, message);
    }
  });
}
