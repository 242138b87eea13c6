/**
 * `agnhost crd-conversion-webhook`: converts the custom resources of the tests between two versions.
 *
 * Models: test/images/agnhost/crd-conversion-webhook (v1.36)
 * Simplified: JSON only; certificates are not read.
 */
import { goJson, goQuote } from '../../../api/meta/go-text.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { HttpRequest, HttpResponse, ProcessContext } from '../../node/runtime/program.ts';
import { listen, log, numberFlag, text, waitForEnd } from './program.ts';

type Custom = Readonly<Record<string, unknown>> & { readonly apiVersion: string };

interface Review {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly request?: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly Custom[];
  };
}

const PLACE = 'framework.go:125';
const KINDS = ['apiextensions.k8s.io/v1', 'apiextensions.k8s.io/v1beta1'];

export function* crdConversionWebhook(
  context: ProcessContext,
  args: readonly string[],
): Proc<number> {
  const serve = (request: HttpRequest): HttpResponse => {
    const path = request.path.replace(/\?.*/, '');
    if (path === '/readyz') return text(200, 'ok');
    return path === '/crdconvert' ? convert(context, request) : text(404, '404 page not found\n');
  };
  const problem = listen(context, numberFlag(args, 'port', 443), serve);
  if (problem === null) return yield* waitForEnd(context);
  context.stderr(`panic: ${problem}\n`);
  return 2;
}

function convert(context: ProcessContext, { body, headers }: HttpRequest): HttpResponse {
  const type = headers['Content-Type'] ?? '';
  if (type !== 'application/json') {
    return bad(context, `invalid Content-Type header \`${type}\``);
  }
  log(context, `handling request: ${body}`, PLACE);
  let review: Review;
  try {
    review = JSON.parse(body) as Review;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const why = "couldn't get version/kind; json parse error";
    return bad(context, `failed to deserialize body (${body}) with error ${why}`);
  }
  const { kind = '', apiVersion = '', request } = review;
  if (kind !== 'ConversionReview' || !KINDS.includes(apiVersion) || !request) {
    return bad(context, `Unsupported group version kind: ${apiVersion}, Kind=${kind}`);
  }
  const response = { uid: request.uid, ...convertAll(request.objects, request.desiredAPIVersion) };
  const said = goJson({ kind, apiVersion, response });
  log(context, `sending response: ${said}`, PLACE);
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body: said };
}

function bad(context: ProcessContext, message: string): HttpResponse {
  log(context, message, PLACE);
  return text(400, `${message}\n`);
}

function convertAll(objects: readonly Custom[], version: string): object {
  const convertedObjects: object[] = [];
  for (const object of objects) {
    const converted = convertOne(object, version);
    if (typeof converted === 'string') {
      const result = { metadata: {}, status: 'Failure', message: converted };
      return { convertedObjects: null, result };
    }
    convertedObjects.push({ ...converted, apiVersion: version });
  }
  return { convertedObjects, result: { metadata: {}, status: 'Success' } };
}

/** The object as the other version has it; a text says why not. */
function convertOne(object: Custom, version: string): object | string {
  const { apiVersion } = object;
  if (apiVersion === version) {
    return `conversion from a version to itself should not call the webhook: ${version}`;
  }
  if (apiVersion === 'stable.example.com/v1') {
    if (version !== 'stable.example.com/v2') return unexpected(version);
    const { hostPort, ...rest } = object;
    if (hostPort === undefined) return rest;
    const parts = String(hostPort).split(':');
    if (parts.length !== 2) return `invalid hostPort value \`${String(hostPort)}\``;
    return { ...rest, host: parts[0], port: parts[1] };
  }
  if (apiVersion === 'stable.example.com/v2') {
    if (version !== 'stable.example.com/v1') return unexpected(version);
    const { host, port, ...rest } = object;
    if (host === undefined && port === undefined) return rest;
    return { ...rest, hostPort: `${String(host ?? '')}:${String(port ?? '')}` };
  }
  return unexpected(apiVersion);
}

function unexpected(version: string): string {
  return `unexpected conversion version ${goQuote(version)}`;
}
