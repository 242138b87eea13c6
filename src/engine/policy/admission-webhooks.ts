/**
 * Webhooks that are to be asked about a request: which they are, and what follows when they cannot be
 * reached.
 *
 * Models:     k8s.io/apiserver pkg/admission/plugin/webhook (generic, mutating and validating
 *             dispatcher.go), pkg/util/webhook client.go, pkg/util/proxy proxy.go (v1.36)
 * Simplified: nobody is called yet: a Service leads to no Pod and a URL out of the simulation, which
 *             counts as a failed call, and failurePolicy decides. Creating one says so in a warning
 */
import type { MutatingWebhook, ValidatingWebhook } from '../../api/generated/types.ts';
import type { AdmissionContext, ServerPlugin } from '../../api/meta/define-kind.ts';
import { goQuote } from '../../api/meta/go-text.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { forbidden, internalError } from '../../api/meta/status.ts';
import { compileScope, matchConditions, type Inputs } from '../admission/evaluation.ts';
import { isExempt, matchResources } from '../admission/matching.ts';
import { admissionRequest, type AdmissionRequest } from '../admission/request.ts';

type Webhook = MutatingWebhook | ValidatingWebhook;

interface Configuration extends KubeObject {
  readonly webhooks?: readonly Webhook[];
}

const GROUP = 'admissionregistration.k8s.io';

/** Match conditions see neither parameters nor variables. */
const CONDITIONS = compileScope({
  hasParams: false,
  hasAuthorizer: true,
  hasPatchTypes: false,
  variables: [],
});

function askAll(
  plural: string,
  object: KubeObject,
  old: KubeObject | null,
  context: AdmissionContext,
): void {
  const configurations = context.list(GROUP, plural, '') as readonly Configuration[];
  if (configurations.length === 0) return;
  const request = admissionRequest(object, old, context);
  if (isExempt(request)) return;
  for (const { webhooks = [] } of configurations) {
    for (const webhook of webhooks) ask(webhook, request);
  }
}

function ask(webhook: Webhook, request: AdmissionRequest): void {
  const { rules = [], namespaceSelector, objectSelector, matchPolicy, sideEffects } = webhook;
  // Without rules a webhook is about nothing.
  if (rules.length === 0) return;
  const kind = matchResources(
    {
      resourceRules: rules,
      ...(namespaceSelector === undefined ? {} : { namespaceSelector }),
      ...(objectSelector === undefined ? {} : { objectSelector }),
      ...(matchPolicy === undefined ? {} : { matchPolicy }),
    },
    request,
  );
  if (kind === undefined) return;
  const { matchConditions: conditions = [] } = webhook;
  if (conditions.length > 0) {
    const inputs: Inputs = {
      request,
      kind,
      params: null,
      withAuthorizer: true,
      withNamespace: false,
    };
    const { matches, error } = matchConditions(CONDITIONS, conditions, inputs);
    if (error !== undefined) {
      if (webhook.failurePolicy === 'Ignore') return;
      throw forbidden(kind, request.name, error);
    }
    if (!matches) return;
  }
  const { context } = request;
  if (context.dryRun && sideEffects !== 'None' && sideEffects !== 'NoneOnDryRun') {
    const why = `admission webhook ${goQuote(webhook.name)} does not support dry run`;
    throw internalError(why);
  }
  if (webhook.failurePolicy === 'Ignore') return;
  const name = goQuote(webhook.name);
  const call = `Post ${goQuote(urlOf(webhook))}: ${whyNot(webhook, context)}`;
  throw internalError(`failed calling webhook ${name}: failed to call webhook: ${call}`);
}

function urlOf({ clientConfig, timeoutSeconds }: Webhook): string {
  const { service, url = '' } = clientConfig;
  const timeout = `timeout=${timeoutSeconds ?? 10}s`;
  if (service === undefined) return `${url}${url.includes('?') ? '&' : '?'}${timeout}`;
  const path = (service.path ?? '').replace(/^\//, '');
  const port = service.port ?? 443;
  return `https://${service.name}.${service.namespace}.svc:${port}/${path}?${timeout}`;
}

function whyNot({ clientConfig }: Webhook, context: AdmissionContext): string {
  const { service } = clientConfig;
  if (service === undefined) return 'webhooks outside of the cluster are not simulated';
  const { name, namespace } = service;
  if (!context.lookup('', 'services', namespace, name)) return `service ${goQuote(name)} not found`;
  return 'calls of webhooks in Pods are not simulated yet';
}

const EVERYTHING: Pick<ServerPlugin, 'operations' | 'subresources'> = {
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  subresources: '*',
};

export const mutatingWebhooks: ServerPlugin = {
  name: 'MutatingAdmissionWebhook',
  ...EVERYTHING,
  admit(object, old, context) {
    askAll('mutatingwebhookconfigurations', object as KubeObject, old, context);
  },
};

export const validatingWebhooks: ServerPlugin = {
  name: 'ValidatingAdmissionWebhook',
  ...EVERYTHING,
  validate(object, old, context) {
    askAll('validatingwebhookconfigurations', object, old, context);
  },
};
