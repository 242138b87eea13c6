/**
 * One call of a webhook: the review that is sent, where to, and what the answer says.
 *
 * Models:     k8s.io/apiserver pkg/admission/plugin/webhook request/admissionreview.go,
 *             mutating and validating dispatcher.go, errors/statuserror.go; pkg/util/webhook client.go
 * Simplified: of certificates only whether there is a caBundle counts; a Service leads to the first of its ready endpoints
 */
import type {
  EndpointSlice,
  MutatingWebhook,
  Service,
  ValidatingWebhook,
} from '../../../api/generated/types.ts';
import {
  type AdmissionContext,
  type AnyKind,
  apiVersionOf,
} from '../../../api/meta/define-kind.ts';
import { goQuote } from '../../../api/meta/go-text.ts';
import type { JsonPatchOperation } from '../../../api/meta/json-patch.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { ServiceAnswer } from '../../../api/meta/service-call.ts';
import { ApiError } from '../../../api/meta/status.ts';
import { decodeBase64 } from '../../../api/meta/utf8.ts';
import { Rng } from '../../../kernel/rng.ts';
import { type AdmissionRequest, requestJson } from '../../admission/request.ts';

export type Webhook = MutatingWebhook | ValidatingWebhook;

/** The call itself went wrong: failurePolicy decides what follows. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

const GROUP = 'admission.k8s.io';
const VERSIONS = ['v1', 'v1beta1'];
const DEFAULT_TIMEOUT_SECONDS = 10;
const DEFAULT_PORT = 443;
const JSON_HEADERS = { 'content-type': 'application/json', accept: 'application/json' };
const MICROS_PER_SECOND = 1_000_000;

interface ReviewResponse {
  readonly uid?: string;
  readonly allowed?: boolean;
  readonly patch?: string;
  readonly patchType?: string;
  readonly status?: { readonly message?: string; readonly reason?: string; readonly code?: number };
  readonly warnings?: readonly string[];
}

/** The operations of the answer's patch; throws where the request is denied. null: nobody was asked. */
export function callWebhook(
  webhook: Webhook,
  request: AdmissionRequest,
  kind: AnyKind,
  isMutating: boolean,
): readonly JsonPatchOperation[] | null {
  const { context } = request;
  const { body, question, uid, version } = reviewOf(webhook, request, kind);
  const target = targetOf(webhook, context);
  const timeoutUs = (webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * MICROS_PER_SECOND;
  const answer = context.ask?.(question, {
    ...target,
    method: 'POST',
    headers: JSON_HEADERS,
    body,
    timeoutUs,
  });
  if (answer === null) return null;
  if (answer === undefined) throw unreached(webhook, 'there is no cluster to be asked');
  const response = responseIn(answer, webhook, target);
  if (version === 'v1') checkResponse(response, uid, isMutating);
  for (const warning of response.warnings ?? []) context.warn(warning);
  if (response.allowed !== true) throw denied(webhook.name, response.status ?? {});
  const patch = response.patch === undefined ? '' : decodeBase64(response.patch);
  return isMutating && patch !== '' ? (JSON.parse(patch) as readonly JsonPatchOperation[]) : [];
}

function invalidResponse(why: string): CallFailed {
  return new CallFailed(`received invalid webhook response: ${why}`);
}

/** VerifyAdmissionResponse */
function checkResponse(response: ReviewResponse, uid: string, isMutating: boolean): void {
  const { patch = '', patchType } = response;
  if (response.uid !== uid) {
    const got = goQuote(response.uid ?? '');
    throw invalidResponse(`expected response.uid=${goQuote(uid)}, got ${got}`);
  }
  if (!isMutating) {
    if (patch !== '') throw invalidResponse('validating webhook may not return response.patch');
    if (patchType === undefined) return;
    throw invalidResponse('validating webhook may not return response.patchType');
  }
  if (patch !== '' && patchType === undefined) {
    throw invalidResponse('webhook returned response.patch but not response.patchType');
  }
  if (patch === '' && patchType !== undefined) {
    throw invalidResponse('webhook returned response.patchType but not response.patch');
  }
}

interface Review {
  /** Tells it from other reviews. */
  readonly question: string;
  readonly uid: string;
  readonly body: string;
  readonly version: string;
}

function reviewOf(webhook: Webhook, request: AdmissionRequest, kind: AnyKind): Review {
  const version = webhook.admissionReviewVersions.find((v) => VERSIONS.includes(v));
  if (version === undefined) {
    throw new CallFailed('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  }
  const { connectOptions = null } = request.context;
  const about = {
    ...requestJson(request, kind),
    ...(connectOptions ? { kind: { group: '', version: 'v1', kind: connectOptions.kind } } : {}),
    object: connectOptions ?? shownAs(request.object, kind),
    oldObject: shownAs(request.old, kind),
  };
  const question = `${webhook.name} ${JSON.stringify(about, withoutTimes)}`;
  const uid = uuidOf(question);
  const review = {
    kind: 'AdmissionReview',
    apiVersion: `${GROUP}/${version}`,
    request: { ...about, uid },
  };
  return { question, uid, body: JSON.stringify(review), version };
}

/** A request that is run anew asks the same although time has passed. */
function withoutTimes(key: string, value: unknown): unknown {
  return key === 'creationTimestamp' ? undefined : value;
}

function shownAs(object: KubeObject | null, kind: AnyKind): object | null {
  if (object === null) return null;
  const { kind: _, apiVersion: __, ...rest } = object;
  return { kind: kind.kind, apiVersion: apiVersionOf(kind), ...rest };
}

/** The same question has the same uid. */
function uuidOf(text: string): string {
  const random = new Rng(0, text);
  const hex = (length: number): string => random.text(length, '0123456789abcdef');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
}

interface Target {
  readonly to: string;
  readonly address: string;
  readonly port: number;
  readonly path: string;
}

function targetOf(webhook: Webhook, context: AdmissionContext): Target {
  const { service } = webhook.clientConfig;
  if (service === undefined) {
    throw unreached(webhook, 'webhooks outside of the cluster are not simulated');
  }
  const { name, namespace, port = DEFAULT_PORT } = service;
  const found = context.lookup('', 'services', namespace, name) as Service | undefined;
  if (!found) throw unreached(webhook, `service ${goQuote(name)} not found`);
  const servicePort = found.spec.ports?.find((p) => p.port === port);
  if (!servicePort) {
    throw unreached(webhook, `no service port ${port} found for service ${goQuote(name)}`);
  }
  const endpoint = endpointOf(found, servicePort.name ?? '', context);
  if (!endpoint) {
    const dial = `dial tcp ${found.spec.clusterIP ?? ''}:${port}`;
    throw unreached(webhook, `${dial}: connect: connection refused`);
  }
  if (!webhook.clientConfig.caBundle) {
    // The authorities that every machine trusts have signed nothing in this cluster.
    const why = 'x509: certificate signed by unknown authority';
    throw unreached(webhook, `tls: failed to verify certificate: ${why}`);
  }
  const path = `${pathOf(webhook)}?${timeoutOf(webhook)}`;
  return { to: `${name}.${namespace}.svc`, path, ...endpoint };
}

/** What kube-proxy would lead to. */
function endpointOf(
  service: Service,
  portName: string,
  context: AdmissionContext,
): { readonly address: string; readonly port: number } | null {
  const { name, namespace = '' } = service.metadata;
  const all = context.list('discovery.k8s.io', 'endpointslices', namespace);
  for (const slice of all as readonly EndpointSlice[]) {
    if (slice.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
    const port = slice.ports?.find((p) => (p.name ?? '') === portName)?.port;
    const ready = slice.endpoints?.find(({ conditions }) => conditions?.ready !== false);
    const address = ready?.addresses[0];
    if (port !== undefined && address !== undefined) return { address, port };
  }
  return null;
}

function pathOf({ clientConfig }: Webhook): string {
  return `/${(clientConfig.service?.path ?? '').replace(/^\//, '')}`;
}

function timeoutOf({ timeoutSeconds = DEFAULT_TIMEOUT_SECONDS }: Webhook): string {
  return `timeout=${timeoutSeconds}s`;
}

function urlOf(webhook: Webhook): string {
  const { service, url = '' } = webhook.clientConfig;
  const timeout = timeoutOf(webhook);
  if (service === undefined) return `${url}${url.includes('?') ? '&' : '?'}${timeout}`;
  const port = service.port ?? DEFAULT_PORT;
  return `https://${service.name}.${service.namespace}.svc:${port}${pathOf(webhook)}?${timeout}`;
}

function notCalled(why: string): CallFailed {
  return new CallFailed(`failed to call webhook: ${why}`);
}

function unreached(webhook: Webhook, why: string): CallFailed {
  return notCalled(`Post ${goQuote(urlOf(webhook))}: ${why}`);
}

function responseIn(answer: ServiceAnswer, webhook: Webhook, target: Target): ReviewResponse {
  if ('failure' in answer) {
    const dial = `dial tcp ${target.address}:${target.port}`;
    const why = {
      deadline: 'context deadline exceeded',
      refused: `${dial}: connect: connection refused`,
      timeout: `${dial}: i/o timeout`,
      unreachable: `${dial}: connect: no route to host`,
      reset: 'EOF',
    }[answer.failure];
    throw unreached(webhook, why);
  }
  const { body, status } = answer;
  if (status === 404) throw notCalled('the server could not find the requested resource');
  if (status !== 200) {
    const said = goQuote(body.trim());
    throw notCalled(`an error on the server (${said}) has prevented the request from succeeding`);
  }
  const review = parsed(body) as { readonly response?: ReviewResponse } | undefined;
  if (!review) throw notCalled('the answer is no AdmissionReview');
  if (!review.response) throw invalidResponse('webhook response was absent');
  return review.response;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** ToStatusErr */
function denied(
  name: string,
  { message = '', reason = '', code = 0 }: NonNullable<ReviewResponse['status']>,
): ApiError {
  const by = `admission webhook ${goQuote(name)} denied the request`;
  const why = message || reason;
  return new ApiError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: why === '' ? `${by} without explanation` : `${by}: ${why}`,
    ...(reason === '' ? {} : { reason }),
    code: Math.max(code, 400),
  });
}
