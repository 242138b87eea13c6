/**
 * Webhooks that are asked about a request: which they are, what they change, and what follows when
 * they cannot be reached.
 *
 * Models:     k8s.io/apiserver pkg/admission/plugin/webhook (generic, mutating and validating
 *             dispatcher.go), pkg/util/webhook client.go, pkg/util/proxy proxy.go (v1.36)
 * Simplified: a Service leads to a Pod of the cluster, a URL nowhere, which counts as a failed call;
 *             validating webhooks are asked one after the other; nobody is invoked again; an object
 *             that a rule matched in another version is shown as it is
 */
import {
  type AdmissionContext,
  type AnyKind,
  apiVersionOf,
  type ServerPlugin,
} from '../../api/meta/define-kind.ts';
import { goQuote } from '../../api/meta/go-text.ts';
import { jsonPatch, JsonPatchError, type JsonPatchOperation } from '../../api/meta/json-patch.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { forbidden, internalError } from '../../api/meta/status.ts';
import { compileScope, matchConditions, type Inputs } from '../admission/evaluation.ts';
import { isExempt, matchResources } from '../admission/matching.ts';
import { decodeMutated, replaceDraft } from '../admission/mutated.ts';
import { admissionRequest, type AdmissionRequest } from '../admission/request.ts';
import { callWebhook, CallFailed, type Webhook } from './admission-webhooks/call.ts';

interface Configuration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

const GROUP = 'admissionregistration.k8s.io';
const MUTATING = 'mutatingwebhookconfigurations';
const VALIDATING = 'validatingwebhookconfigurations';

/** Match conditions see neither parameters nor variables. */
const CONDITIONS = compileScope({
  hasParams: false,
  hasAuthorizer: true,
  hasPatchTypes: false,
  variables: [],
});

/** Webhooks of all configurations, in their order. */
function webhooksIn(plural: string, context: AdmissionContext): readonly Webhook[] {
  const configurations = context.list(GROUP, plural, '') as readonly Configuration[];
  return configurations.flatMap(({ webhooks = [] }) => webhooks);
}

/** Whether |webhook| is to be asked: the kind that its rules matched. */
function wantedBy(webhook: Webhook, request: AdmissionRequest): AnyKind | undefined {
  const { rules = [], namespaceSelector, objectSelector, matchPolicy } = webhook;
  // Without rules a webhook is about nothing.
  if (rules.length === 0) return undefined;
  const kind = matchResources(
    {
      resourceRules: rules,
      ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
      ...(objectSelector === undefined ? {} : { objectSelector }),
      ...(matchPolicy === undefined ? {} : { matchPolicy }),
    },
    request,
  );
  const { matchConditions: conditions = [] } = webhook;
  if (kind === undefined || conditions.length === 0) return kind;
  const inputs: Inputs = {
    request,
    kind,
    params: null,
    withAuthorizer: true,
    withNamespace: false,
  };
  const { matches, error } = matchConditions(CONDITIONS, conditions, inputs);
  if (error === undefined) return matches ? kind : undefined;
  if (webhook.failurePolicy === 'Ignore') return undefined;
  throw forbidden(kind, request.name, error);
}

/** What the webhook wants to be changed; null when it was not asked, or could not be. */
function ask(
  webhook: Webhook,
  kind: AnyKind,
  request: AdmissionRequest,
  isMutating: boolean,
): readonly JsonPatchOperation[] | null {
  const { failurePolicy, name, sideEffects } = webhook;
  if (request.context.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    throw internalError(`admission webhook ${goQuote(name)} does not support dry run`);
  }
  try {
    return callWebhook(webhook, request, kind, isMutating);
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    if (failurePolicy === 'Ignore') return null;
    throw internalError(`failed calling webhook ${goQuote(name)}: ${error.message}`);
  }
}

function mutate(
  draft: Draft<KubeObject>,
  operations: readonly JsonPatchOperation[],
  kind: AnyKind,
  { context, object }: AdmissionRequest,
): void {
  const shown = { ...object, kind: kind.kind, apiVersion: apiVersionOf(kind) };
  const patched = patchedBy(shown, operations) as object;
  const own = context.kind;
  const back = { ...patched, kind: own.kind, apiVersion: apiVersionOf(own) };
  replaceDraft(draft, decodeMutated(own, back, false), own);
}

function patchedBy(object: unknown, operations: readonly JsonPatchOperation[]): unknown {
  try {
    return jsonPatch(object, operations);
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    throw internalError(error.message);
  }
}

const EVERYTHING: Pick<ServerPlugin, 'operations' | 'subresources'> = {
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  subresources: '*',
};

export const mutatingWebhooks: ServerPlugin = {
  name: 'MutatingAdmissionWebhook',
  ...EVERYTHING,
  asksFor: { group: GROUP, plural: MUTATING },
  admit(object, old, context) {
    for (const webhook of webhooksIn(MUTATING, context)) {
      const request = admissionRequest(object as unknown as KubeObject, old, context);
      if (isExempt(request)) return;
      const kind = wantedBy(webhook, request);
      const operations = kind && ask(webhook, kind, request, true);
      if (kind && operations?.length) mutate(object, operations, kind, request);
    }
  },
};

export const validatingWebhooks: ServerPlugin = {
  name: 'ValidatingAdmissionWebhook',
  ...EVERYTHING,
  asksFor: { group: GROUP, plural: VALIDATING },
  validate(object, old, context) {
    const webhooks = webhooksIn(VALIDATING, context);
    if (webhooks.length === 0) return;
    const request = admissionRequest(object, old, context);
    if (isExempt(request)) return;
    for (const webhook of webhooks) {
      const kind = wantedBy(webhook, request);
      if (kind) ask(webhook, kind, request, false);
    }
  },
};
