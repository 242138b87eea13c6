/**
 * What reviews of access have in common: what they ask, whether they may ask it so, the answer.
 *
 * Models: pkg/apis/authorization/validation, pkg/registry/authorization/util helpers.go (v1.36)
 */
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  ResourceAttributes,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '../../generated/types.ts';
import type { AccessAttributes, AccessReviewer, UserInfo } from '../../meta/authorization.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { ObjectMeta } from '../../generated/types.ts';
import { parseFieldSelector, parseLabelSelector, SelectorError } from '../../meta/selectors.ts';
import { invalid } from '../../meta/status.ts';

export const AUTHORIZATION_GROUP = 'authorization.k8s.io';

export interface Asked {
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: NonResourceAttributes;
}

export function validateAsked(asked: Asked, errors: FieldErrors): void {
  const { resourceAttributes, nonResourceAttributes } = asked;
  if (resourceAttributes && nonResourceAttributes) {
    const text = 'cannot be specified in combination with resourceAttributes';
    errors.invalid('spec.nonResourceAttributes', internal(nonResourceAttributes), text);
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.invalid('spec.resourceAttributes', null, text);
  }
}

/** The internal type has no JSON tags. */
function internal({ path = '', verb = '' }: NonResourceAttributes): unknown {
  return { Path: path, Verb: verb };
}

export function validateSubject(
  { user = '', groups = [] }: SubjectAccessReviewSpec,
  errors: FieldErrors,
): void {
  if (user !== '' || groups.length > 0) return;
  errors.invalid('spec.user', user, 'at least one of user or group must be specified');
}

export function validateSelectors({ resourceAttributes }: Asked, errors: FieldErrors): void {
  validateSelector(resourceAttributes?.fieldSelector, 'fieldSelector', errors);
  validateSelector(resourceAttributes?.labelSelector, 'labelSelector', errors);
}

function validateSelector(
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  name: string,
  errors: FieldErrors,
): void {
  if (selector === undefined) return;
  const path = `spec.resourceAttributes.${name}`;
  const { rawSelector = '', requirements = [] } = selector;
  if (rawSelector !== '' && requirements.length > 0) {
    const text = 'may not specified at the same time as requirements';
    errors.invalid(`${path}.rawSelector`, rawSelector, text);
  }
  if (rawSelector === '' && requirements.length === 0) {
    const text = `when ${path} is specified, requirements or rawSelector is required`;
    errors.required(`${path}.requirements`, text);
  }
  requirements.forEach(({ key = '', operator, values = [] }, i) => {
    const at = `${path}.requirements[${i}]`;
    if (key === '') errors.required(`${at}.key`, 'must be specified');
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
      errors.required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    }
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      const text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      errors.forbidden(`${at}.values`, text);
    }
  });
}

/** Nothing but what the server itself fills in. */
export function validateNoMetadata(
  metadata: ObjectMeta,
  allowed: readonly string[],
  text: string,
  errors: FieldErrors,
): void {
  const { managedFields: _, ...shown } = metadata;
  if (Object.keys(shown).every((field) => allowed.includes(field))) return;
  errors.invalid('metadata', shown, text);
}

export function refuseInvalid(errors: FieldErrors): void {
  // Upstream takes the kind from an object that has lost it.
  if (!errors.none) throw invalid({ group: AUTHORIZATION_GROUP, kind: '' }, '', errors.list);
}

export function subjectOf({
  user = '',
  groups = [],
  uid,
  extra,
}: SubjectAccessReviewSpec): UserInfo {
  return {
    name: user,
    groups,
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra }),
  };
}

/** The answer to |asked| about |user|. */
export function reviewed(
  access: AccessReviewer,
  user: UserInfo,
  asked: Asked,
): SubjectAccessReviewStatus {
  const errors: string[] = [];
  const { allowed, reason } = access.authorize(attributesOf(user, asked, errors));
  return {
    allowed,
    ...(reason === '' ? {} : { reason }),
    ...(errors.length === 0 ? {} : { evaluationError: errors.join('; ') }),
  };
}

function attributesOf(user: UserInfo, asked: Asked, errors: string[]): AccessAttributes {
  const { resourceAttributes, nonResourceAttributes } = asked;
  if (!resourceAttributes) {
    const nothing = { group: '', version: '', resource: '', subresource: '', namespace: '' };
    const { path = '', verb = '' } = nonResourceAttributes ?? {};
    return { user, verb, ...nothing, name: '', path };
  }
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    namespace = '',
    name = '',
  } = resourceAttributes;
  const fieldSelector = fieldSelectorOf(resourceAttributes.fieldSelector, errors);
  checkLabelSelector(resourceAttributes.labelSelector, errors);
  return {
    user,
    verb,
    group,
    version: version || '*',
    resource,
    subresource,
    namespace,
    name,
    ...(fieldSelector === '' ? {} : { fieldSelector }),
  };
}

/** As text; what cannot be understood is left out, which asks for more. */
function fieldSelectorOf(selector: FieldSelectorAttributes | undefined, errors: string[]): string {
  if (selector === undefined) return '';
  const { rawSelector = '', requirements = [] } = selector;
  const ignored = (some: string): string =>
    `spec.resourceAttributes.fieldSelector ${some}ignored due to parse error`;
  if (requirements.length === 0) {
    if (parses(() => parseFieldSelector(rawSelector))) return rawSelector;
    errors.push(ignored(''));
    return '';
  }
  const terms: string[] = [];
  for (const { key, operator, values = [] } of requirements) {
    if (values.length !== 1) continue;
    if (operator === 'In') terms.push(`${key}=${values[0] ?? ''}`);
    else if (operator === 'NotIn') terms.push(`${key}!=${values[0] ?? ''}`);
  }
  if (terms.length < requirements.length)
    errors.push(ignored(terms.length > 0 ? 'partially ' : ''));
  return terms.join(',');
}

const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

function checkLabelSelector(selector: LabelSelectorAttributes | undefined, errors: string[]): void {
  if (selector === undefined) return;
  const { rawSelector = '', requirements = [] } = selector;
  const known = requirements.filter(({ operator }) => LABEL_OPERATORS.includes(operator));
  const isGood =
    requirements.length === 0
      ? parses(() => parseLabelSelector(rawSelector))
      : known.length === requirements.length;
  if (isGood) return;
  const some = known.length > 0 ? 'partially ' : '';
  errors.push(`spec.resourceAttributes.labelSelector ${some}ignored due to parse error`);
}

function parses(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof SelectorError) return false;
    throw error;
  }
}
