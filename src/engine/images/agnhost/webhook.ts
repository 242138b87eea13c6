/**
 * `agnhost webhook`: the admission webhooks of Kubernetes' own tests.
 *
 * Models:     test/images/agnhost/webhook main.go and its siblings (v1.36)
 * Simplified: certificates are not looked at; reviews of v1beta1 are answered as those of v1
 */
import { encodeBase64 } from '../../../api/meta/utf8.ts';
import { MICROS_PER_SECOND } from '../../../kernel/kernel.ts';
import type { Proc } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { HttpRequest, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { flag, log, numberFlag, open, text, waitForEnd } from './program.ts';

const DEFAULT_PORT = 443;
const DELAY_US = 5 * MICROS_PER_SECOND;
const MARK = 'webhook-e2e-test';
const PLACE = 'main.go:128';

interface TestObject {
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly containers?: readonly { readonly name: string }[];
    readonly initContainers?: readonly { readonly name: string }[];
  };
  readonly stdin?: boolean;
  readonly container?: string;
}

interface Request {
  readonly uid: string;
  readonly name?: string;
  readonly operation: string;
  readonly resource: {
    readonly group: string;
    readonly version: string;
    readonly resource: string;
  };
  readonly subResource?: string;
  readonly object: TestObject | null;
  readonly oldObject: TestObject | null;
}

/** Of an AdmissionResponse what the tests use. */
interface Verdict {
  readonly allowed: boolean;
  readonly status?: { readonly message?: string; readonly reason?: string; readonly code?: number };
  readonly patch?: readonly object[];
}

const ALLOWED: Verdict = { allowed: true };

function refused(message: string): Verdict {
  return { allowed: false, status: { message } };
}

function isAbout(request: Request, resource: string): boolean {
  const asked = request.resource;
  return asked.group === '' && asked.version === 'v1' && asked.resource === resource;
}

function wrongResource(resource: string): Verdict {
  return refused(`expect resource to be { v1 ${resource}}`);
}

function pods(request: Request): Verdict | 'never' {
  if (!isAbout(request, 'pods')) return wrongResource('pods');
  const { metadata, spec } = request.object ?? {};
  const mark = metadata?.labels?.[MARK];
  if (mark === 'wait-forever') return 'never';
  const why: string[] = [];
  if (mark === 'webhook-disallow') why.push('the pod contains unwanted label;');
  for (const { name } of spec?.containers ?? []) {
    if (name.includes('webhook-disallow')) why.push('the pod contains unwanted container name;');
  }
  return why.length === 0 ? ALLOWED : refused(why.join(' '));
}

function attachingPods(request: Request): Verdict {
  if (request.name !== 'to-be-attached-pod') return ALLOWED;
  if (!isAbout(request, 'pods')) return wrongResource('pods');
  if (request.subResource !== 'attach') {
    return refused(`expect subresource to be attach, got ${request.subResource ?? ''}`);
  }
  const { container, stdin } = request.object ?? {};
  if (stdin !== true || container !== 'container1') return ALLOWED;
  return refused("attaching to pod 'to-be-attached-pod' is not allowed");
}

function mutatingPods(request: Request): Verdict {
  if (!isAbout(request, 'pods')) return wrongResource('pods');
  const { metadata, spec } = request.object ?? {};
  const name = 'webhook-added-init-container';
  const has = spec?.initContainers?.some((c) => c.name === name) ?? false;
  if (metadata?.name !== 'webhook-to-be-mutated' || has) return ALLOWED;
  const value = [{ image: 'webhook-added-image', name, resources: {} }];
  return { allowed: true, patch: [{ op: 'add', path: '/spec/initContainers', value }] };
}

function sidecar(request: Request, image: string): Verdict {
  if (image === '') {
    const message = 'No image specified by the sidecar-image parameter';
    return { allowed: false, status: { message, code: 500 } };
  }
  if (!isAbout(request, 'pods')) return wrongResource('pods');
  const name = 'webhook-added-sidecar';
  if (request.object?.spec?.containers?.some((c) => c.name === name)) return ALLOWED;
  const value = { image, name, resources: {} };
  return { allowed: true, patch: [{ op: 'add', path: '/spec/containers/-', value }] };
}

/** Data with the mark: what is unwanted, and what may not be deleted. */
function data(request: Request, unwanted: string, kept: string): Verdict {
  const isDelete = request.operation === 'DELETE';
  const mark = (isDelete ? request.oldObject : request.object)?.data?.[MARK];
  if (mark === 'webhook-disallow' && ['CREATE', 'UPDATE'].includes(request.operation)) {
    return { allowed: false, status: { reason: unwanted } };
  }
  if (mark === 'webhook-nondeletable' && isDelete) {
    return { allowed: false, status: { reason: kept } };
  }
  return ALLOWED;
}

function mutatingData({ object }: Request): Verdict {
  const stage = (n: number): Verdict => ({
    allowed: true,
    patch: [{ op: 'add', path: `/data/mutation-stage-${n}`, value: 'yes' }],
  });
  if (object?.data?.['mutation-stage-1'] === 'yes') return stage(2);
  if (object?.data?.['mutation-start'] === 'yes') return stage(1);
  return ALLOWED;
}

function addLabel({ object }: Request): Verdict {
  const labels = object?.metadata?.labels ?? {};
  const patch = (op: string, path: string, value: unknown): Verdict => ({
    allowed: true,
    patch: [{ op, path, value }],
  });
  if (Object.keys(labels).length === 0) {
    return patch('add', '/metadata/labels', { 'added-label': 'yes' });
  }
  const now = labels['added-label'];
  if (now === 'yes') return ALLOWED;
  return patch(now === undefined ? 'add' : 'replace', '/metadata/labels/added-label', 'yes');
}

function definitions({ object }: Request): Verdict {
  const mark = object?.metadata?.labels?.[MARK];
  return mark === 'webhook-disallow' ? refused('the crd contains unwanted label') : ALLOWED;
}

type Judge = (request: Request, sidecarImage: string) => Verdict | 'never';

const JUDGES: Readonly<Record<string, Judge>> = {
  '/always-allow-delay-5s': () => ({
    allowed: true,
    status: { message: 'this webhook allows all requests' },
  }),
  '/always-deny': () => refused('this webhook denies all requests'),
  '/add-label': addLabel,
  '/pods': pods,
  '/pods/attach': attachingPods,
  '/mutating-pods': mutatingPods,
  '/mutating-pods-sidecar': sidecar,
  '/configmaps': (request) =>
    data(
      request,
      'the configmap contains unwanted key and value',
      'the configmap cannot be deleted because it contains unwanted key and value',
    ),
  '/mutating-configmaps': mutatingData,
  '/custom-resource': (request) =>
    data(
      request,
      'the custom resource contains unwanted data',
      'the custom resource cannot be deleted because it contains unwanted key and value',
    ),
  '/mutating-custom-resource': mutatingData,
  '/crd': definitions,
};

export function* webhook(context: ProcessContext, args: readonly string[]): Proc<number> {
  const port = numberFlag(args, 'port', DEFAULT_PORT);
  const image = flag(args, 'sidecar-image') ?? '';
  const handler = (request: HttpRequest): HttpResponse | Proc<HttpResponse> => {
    const path = request.path.replace(/\?.*$/, '');
    if (path === '/readyz') return text(200, 'ok');
    const judge = JUDGES[path];
    if (!judge) return text(404, '404 page not found\n');
    return answer(context, path, request.body, (asked) => judge(asked, image));
  };
  if (!open(context, port, handler)) return 1;
  return yield* waitForEnd(context);
}

function* answer(
  context: ProcessContext,
  path: string,
  body: string,
  judge: (request: Request) => Verdict | 'never',
): Proc<HttpResponse> {
  log(context, `handling request: ${body}`, PLACE);
  const review = JSON.parse(body) as { readonly apiVersion: string; readonly request: Request };
  if (path === '/always-allow-delay-5s') yield DELAY_US;
  const verdict = judge(review.request);
  if (verdict === 'never') return (yield new Future<HttpResponse>()) as HttpResponse;
  const { patch, ...rest } = verdict;
  const response = {
    uid: review.request.uid,
    ...rest,
    ...(patch ? { patch: encodeBase64(JSON.stringify(patch)), patchType: 'JSONPatch' } : {}),
  };
  const { apiVersion } = review;
  const said = JSON.stringify({ kind: 'AdmissionReview', apiVersion, response });
  log(context, `sending response: ${said}`, PLACE);
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: said };
}
