/**
 * LimitRange: smallest, largest and default amounts of resources for what a namespace holds.
 *
 * Models: pkg/registry/core/limitrange strategy.go, pkg/apis/core/v1 defaults.go, pkg/apis/core/
 *         validation ValidateLimitRange (v1.36). The plugin that enforces it: engine/policy
 */
import type { LimitRange as LimitRangeType, LimitRangeItem } from '../generated/types.ts';
import { DEFAULT_COLUMNS } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { complain } from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { compareText } from '../meta/go-text.ts';
import { isQualifiedName } from '../meta/names.ts';
import type { Draft } from '../meta/object.ts';
import { compareQuantity, parseQuantity, type ParsedQuantity } from '../meta/quantity.ts';
import { checkContainerResourceName, checkResourceName } from './pod/resource-validation.ts';
import { isOvercommitAllowed, roundResourceList } from './pod/resources.ts';

export type LimitRange = LimitRangeType;

type List = Readonly<Record<string, string>>;

const TYPES = ['Pod', 'Container', 'PersistentVolumeClaim']; // helpers.go standardLimitRangeTypes
const NONE: List = {};
const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
const NOT_FOR_PODS = "may not be specified when `type` is 'Pod'";

/** Limits of containers follow from each other: max is the default limit, that the default request. */
function defaultItem(item: Draft<LimitRangeItem>): void {
  for (const field of LISTS) {
    const list = item[field];
    if (list !== undefined) roundResourceList(list);
  }
  if (item.type !== 'Container') return;
  const limits: Record<string, string> = { ...item.max, ...item.default };
  const requests: Record<string, string> = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

function names(list: List | undefined): string[] {
  return Object.keys(list ?? NONE).sort(compareText);
}

function checkType(type: string, path: FieldPath, errors: FieldErrors): void {
  const complaints = isQualifiedName(type);
  complain(complaints, type, path, errors);
  if (complaints.length > 0 || type.includes('/') || TYPES.includes(type)) return;
  errors.invalid(path, type, 'must be a standard limit type or fully qualified');
}

/** min, max and default of one item, each name checked. */
function checkNames(item: LimitRangeItem, path: FieldPath, errors: FieldErrors): void {
  const ofContainers = item.type === 'Pod' || item.type === 'Container';
  const check = (field: keyof LimitRangeItem & string): void => {
    for (const name of names(item[field] as List | undefined)) {
      const at = path.child(field).key(name);
      if (ofContainers) checkContainerResourceName(name, at, errors);
      else checkResourceName(name, at, errors);
    }
  };
  check('max');
  check('min');
  if (item.type === 'Pod') {
    for (const field of ['default', 'defaultRequest'] as const) {
      if (names(item[field]).length > 0) errors.forbidden(path.child(field), NOT_FOR_PODS);
    }
  } else {
    check('default');
    check('defaultRequest');
  }
  if (item.type === 'PersistentVolumeClaim') {
    if (item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
      const text = 'either minimum or maximum storage value is required, but neither was provided';
      errors.required(path.child('limits'), text);
    }
  }
  check('maxLimitRequestRatio');
}

/** How the amounts of the resource |name| fit together. */
function checkAmounts(item: LimitRangeItem, name: string, path: FieldPath, e: FieldErrors): void {
  const isPod = item.type === 'Pod';
  const min = amountOf(item.min, name);
  const max = amountOf(item.max, name);
  const limit = isPod ? undefined : amountOf(item.default, name);
  const request = isPod ? undefined : amountOf(item.defaultRequest, name);
  const minAt = path.child('min').key(name);
  const requestAt = path.child('defaultRequest').key(name);
  const limitAt = path.child('default').key(name);
  const exceeds = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantity(a, b) > 0;
  if (exceeds(min, max)) e.invalid(minAt, min, `min value ${min} is greater than max value ${max}`);
  if (exceeds(min, request)) {
    const text = `min value ${min} is greater than default request value ${request}`;
    e.invalid(requestAt, request, text);
  }
  if (exceeds(request, max)) {
    const text = `default request value ${request} is greater than max value ${max}`;
    e.invalid(requestAt, request, text);
  }
  if (exceeds(request, limit)) {
    const text = `default request value ${request} is greater than default limit value ${limit}`;
    e.invalid(requestAt, request, text);
  }
  if (exceeds(min, limit)) {
    e.invalid(limitAt, min, `min value ${min} is greater than default value ${limit}`);
  }
  if (exceeds(limit, max)) {
    e.invalid(limitAt, max, `default value ${limit} is greater than max value ${max}`);
  }
  checkRatio(item, name, path, e);
  if (limit === undefined || request === undefined || isOvercommitAllowed(name)) return;
  if (compareQuantity(limit, request) === 0) return;
  const text = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
  e.invalid(requestAt, request, text);
}

function checkRatio(
  item: LimitRangeItem,
  name: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const ratio = amountOf(item.maxLimitRequestRatio, name);
  if (ratio === undefined) return;
  const at = path.child('maxLimitRequestRatio').key(name);
  if (compareQuantity(ratio, '1') < 0) errors.invalid(at, ratio, `ratio ${ratio} is less than 1`);
  const min = amountOf(item.min, name);
  const max = amountOf(item.max, name);
  if (min === undefined || max === undefined) return;
  const limit = quotient(parseQuantity(max), parseQuantity(min));
  if (numberOf(parseQuantity(ratio)) <= limit) return;
  const text = `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`;
  errors.invalid(at, ratio, text);
}

function numberOf({ unscaled, scale }: ParsedQuantity): number {
  return Number(`${unscaled}e${scale}`);
}

function quotient(a: ParsedQuantity, b: ParsedQuantity): number {
  return numberOf(a) / numberOf(b);
}

function validate({ spec }: LimitRange, errors: FieldErrors): void {
  const seen = new Set<string>();
  (spec.limits ?? []).forEach((item, i) => {
    const at = FieldPath.of('spec.limits').index(i);
    checkType(item.type, at.child('type'), errors);
    if (seen.has(item.type)) errors.duplicate(at.child('type'), item.type);
    seen.add(item.type);
    checkNames(item, at, errors);
    const isPod = item.type === 'Pod';
    const lists = [item.max, item.min, item.maxLimitRequestRatio];
    if (!isPod) lists.push(item.default, item.defaultRequest);
    const all = new Set(lists.flatMap((list) => names(list)));
    for (const name of [...all].sort(compareText)) checkAmounts(item, name, at, errors);
  });
}

export const LimitRange = defineKind<LimitRange>({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.LimitRange',
  createOnUpdate: true,
  defaults(range) {
    range.spec ??= {} as Draft<LimitRange>['spec'];
    // The field is written even when it was not set.
    const spec = range.spec as { limits: Draft<LimitRangeItem>[] | null };
    spec.limits ??= null;
    for (const item of spec.limits ?? []) defaultItem(item);
  },
  prepareForCreate({ metadata }) {
    // Upstream draws one more UUID for a nameless object; its own serves as well.
    if (!metadata.name) metadata.name = metadata.uid;
  },
  validate,
  metaOnUpdate: 'whole',
  validateUpdate(next, _old, errors) {
    validate(next, errors);
  },
  columns: DEFAULT_COLUMNS,
});

/** Resources are called what users call them, `constructor` too. */
function amountOf(
  amounts: Readonly<Record<string, string>> | undefined,
  name: string,
): string | undefined {
  return amounts && Object.hasOwn(amounts, name) ? amounts[name] : undefined;
}
