/**
 * What validating and mutating webhooks have in common.
 *
 * Models: pkg/apis/admissionregistration validation validateValidatingWebhook and its sibling, v1
 *         defaults.go, k8s.io/apiserver pkg/util/webhook validation.go (v1.36)
 */
import type { MutatingWebhook, ValidatingWebhook } from '../../generated/types.ts';
import { checkSupported } from '../../meta/field-checks.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { equalJson } from '../../meta/json.ts';
import { listOf } from '../../meta/kind-parts.ts';
import { isDNS1035Label, isDNS1123Subdomain } from '../../meta/names.ts';
import type { Draft } from '../../meta/object.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';
import { validateClientConfig } from './client-config.ts';
import { validateMatchConditions } from './expressions.ts';
import {
  defaultRule,
  FAILURE_POLICIES,
  MATCH_POLICIES,
  REINVOCATION_POLICIES,
  validateRule,
} from './rules.ts';

export type Webhook = ValidatingWebhook | MutatingWebhook;

const DEFAULT_TIMEOUT_SECONDS = 10; // v1 defaults.go
const MAX_TIMEOUT_SECONDS = 30; // validation.go
const DEFAULT_PORT = 443;
const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const REVIEW_VERSIONS = ['v1', 'v1beta1'];

export function defaultWebhook(webhook: Draft<Webhook>): void {
  webhook.clientConfig ??= {};
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= DEFAULT_TIMEOUT_SECONDS;
  for (const rule of webhook.rules ?? []) defaultRule(rule);
  const { service } = webhook.clientConfig;
  if (service !== undefined) service.port ??= DEFAULT_PORT;
}

/** What old objects were allowed stays allowed. */
interface Options {
  readonly ignoreMatchConditions: boolean;
  readonly requireNoSideEffects: boolean;
  readonly requireKnownVersion: boolean;
  readonly requireUniqueNames: boolean;
  readonly allowInvalidValues: boolean;
}

const STRICT: Options = {
  ignoreMatchConditions: false,
  requireNoSideEffects: true,
  requireKnownVersion: true,
  requireUniqueNames: true,
  allowInvalidValues: false,
};

function optionsOf(next: readonly Webhook[], old: readonly Webhook[]): Options {
  const sameConditions = old.every((webhook, i) =>
    equalJson(webhook.matchConditions, next[i]?.matchConditions),
  );
  const known = ({ admissionReviewVersions: versions = [] }: Webhook): boolean =>
    versions.length === 0 || versions.some((version) => REVIEW_VERSIONS.includes(version));
  return {
    ignoreMatchConditions: next.length === old.length && sameConditions,
    requireNoSideEffects: old.every((w) => NO_SIDE_EFFECTS.includes(w.sideEffects)),
    requireKnownVersion: old.every(known),
    requireUniqueNames: new Set(old.map((w) => w.name)).size === old.length,
    allowInvalidValues: old.some(hasInvalidSelector),
  };
}

function hasInvalidSelector({ namespaceSelector, objectSelector }: Webhook): boolean {
  const errors = new FieldErrors();
  validateLabelSelector(namespaceSelector, '', errors);
  validateLabelSelector(objectSelector, '', errors);
  return !errors.none;
}

export function validateWebhooks(
  webhooks: readonly Webhook[] = [],
  old: readonly Webhook[] | null,
  errors: FieldErrors,
): void {
  const options = old === null ? STRICT : optionsOf(webhooks, old);
  const seen = new Set<string>();
  webhooks.forEach((webhook, i) => {
    const at = FieldPath.of('webhooks').index(i);
    validateWebhook(webhook, at, options, errors);
    const versionsPath = at.child('admissionReviewVersions');
    validateVersions(webhook.admissionReviewVersions, versionsPath, options, errors);
    const { name = '' } = webhook;
    if (!options.requireUniqueNames || name === '') return;
    if (seen.has(name)) errors.duplicate(at.child('name'), name);
    seen.add(name);
  });
}

function validateWebhook(
  webhook: Webhook,
  path: FieldPath,
  options: Options,
  errors: FieldErrors,
): void {
  validateName(webhook.name ?? '', path.child('name'), errors);
  webhook.rules?.forEach((rule, i) => {
    validateRule(rule, path.child('rules').index(i), errors);
  });
  const { failurePolicy = '', matchPolicy = '', timeoutSeconds: timeout } = webhook;
  checkSupported(failurePolicy, FAILURE_POLICIES, path.child('failurePolicy'), errors);
  checkSupported(matchPolicy, MATCH_POLICIES, path.child('matchPolicy'), errors);
  const allowed = options.requireNoSideEffects ? NO_SIDE_EFFECTS : SIDE_EFFECTS;
  // Written as null where it was left out.
  const sideEffects = webhook.sideEffects as string | null | undefined;
  const sidePath = path.child('sideEffects');
  if (sideEffects === undefined || sideEffects === null) {
    errors.required(sidePath, `must specify one of ${allowed.join(', ')}`);
  } else checkSupported(sideEffects, allowed, sidePath, errors);
  if (timeout !== undefined && (timeout > MAX_TIMEOUT_SECONDS || timeout < 1)) {
    const text = 'the timeout value must be between 1 and 30 seconds';
    errors.invalid(path.child('timeoutSeconds'), timeout, text);
  }
  const { allowInvalidValues } = options;
  for (const field of ['namespaceSelector', 'objectSelector'] as const) {
    validateLabelSelector(webhook[field], path.child(field), errors, { allowInvalidValues });
  }
  if ('reinvocationPolicy' in webhook && webhook.reinvocationPolicy !== undefined) {
    const at = path.child('reinvocationPolicy');
    checkSupported(webhook.reinvocationPolicy, REINVOCATION_POLICIES, at, errors);
  }
  validateClientConfig(webhook.clientConfig, path.child('clientConfig'), errors);
  if (options.ignoreMatchConditions) return;
  validateMatchConditions(webhook.matchConditions, false, path.child('matchConditions'), errors);
}

/** Upstream IsFullyQualifiedName. */
function validateName(name: string, path: FieldPath, errors: FieldErrors): void {
  const complaints = isDNS1123Subdomain(name);
  if (name === '') errors.required(path);
  else if (complaints.length > 0) errors.invalid(path, name, complaints.join(','));
  else if (name.split('.').length < 3) {
    const text = 'should be a domain with at least three segments separated by dots';
    errors.invalid(path, name, text);
  }
}

function validateVersions(
  given: readonly string[] | null | undefined,
  path: FieldPath,
  options: Options,
  errors: FieldErrors,
): void {
  const known = REVIEW_VERSIONS.join(', ');
  const versions = listOf(given);
  if (versions.length === 0) {
    errors.required(path, `must specify one of ${known}`);
    return;
  }
  const seen = new Set<string>();
  versions.forEach((version, i) => {
    if (seen.has(version)) {
      errors.invalid(path.index(i), version, 'duplicate version');
      return;
    }
    seen.add(version);
    for (const message of isDNS1035Label(version)) errors.invalid(path.index(i), version, message);
  });
  if (!options.requireKnownVersion || REVIEW_VERSIONS.some((v) => seen.has(v))) return;
  errors.invalid(path, versions, `must include at least one of ${known}`);
}

/** Nobody outside of the cluster is called, and whoever makes such a webhook hears of it. */
export function unservedWebhookWarnings({
  webhooks = [],
}: {
  readonly webhooks?: readonly Webhook[];
}): readonly string[] {
  return webhooks.flatMap(({ name, clientConfig, failurePolicy = 'Fail' }, i) => {
    if (clientConfig.url === undefined) return [];
    const fate = failurePolicy === 'Ignore' ? 'let through' : 'refused';
    return [
      `webhooks[${i}]: webhooks outside of the cluster are not simulated: requests that match ` +
        `"${name}" are ${fate} (failurePolicy ${failurePolicy})`,
    ];
  });
}
