/**
 * Where a webhook is called: a URL or a Service of the cluster.
 *
 * Models: k8s.io/apiserver pkg/util/webhook validation.go (v1.36), Go net/url Parse
 */
import type { WebhookClientConfig } from '../../generated/types.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import type { FieldPath } from '../../meta/field-path.ts';
import { goQuote } from '../../meta/go-text.ts';
import { isDNS1123Subdomain, isPortNumber } from '../../meta/names.ts';

const FORM = '; desired format: https://host[/path]';

interface UrlParts {
  readonly scheme: string;
  readonly user: string | undefined;
  readonly host: string;
  readonly query: string;
  readonly fragment: string;
}

export function validateClientConfig(
  config: WebhookClientConfig,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined)) {
    errors.required(path, 'exactly one of url or service is required');
  } else if (url !== undefined) validateWebhookUrl(url, path.child('url'), errors);
  else validateWebhookService(service ?? {}, path.child('service'), errors, true);
}

export function validateWebhookUrl(url: string, path: FieldPath, errors: FieldErrors): void {
  const parts = parseUrl(url);
  if (typeof parts === 'string') {
    errors.required(path, `url must be a valid URL: parse ${goQuote(url)}: ${parts}${FORM}`);
    return;
  }
  if (parts.scheme !== 'https') {
    errors.invalid(path, parts.scheme, `'https' is the only allowed URL scheme${FORM}`);
  }
  if (parts.host === '') errors.invalid(path, '', `host must be specified${FORM}`);
  if (parts.user !== undefined) {
    errors.invalid(path, parts.user, 'user information is not permitted in the URL');
  }
  if (parts.fragment !== '') {
    errors.invalid(path, parts.fragment, 'fragments are not permitted in the URL');
  }
  if (parts.query !== '') {
    errors.invalid(path, parts.query, 'query parameters are not permitted in the URL');
  }
}

/** The parts of |url|, or Go's complaint. */
function parseUrl(url: string): UrlParts | string {
  // oxlint-disable-next-line no-control-regex -- Go refuses exactly these
  if (/[\u0000-\u001f\u007f]/.test(url)) return 'net/url: invalid control character in URL';
  const hash = url.indexOf('#');
  const fragment = hash < 0 ? '' : url.slice(hash + 1);
  let rest = hash < 0 ? url : url.slice(0, hash);
  if (rest.startsWith(':')) return 'missing protocol scheme';
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(rest)?.[1] ?? '';
  if (scheme !== '') rest = rest.slice(scheme.length + 1);
  const mark = rest.indexOf('?');
  const query = mark < 0 ? '' : rest.slice(mark + 1);
  if (mark >= 0) rest = rest.slice(0, mark);
  if (!rest.startsWith('/') && scheme === '' && (rest.split('/')[0] ?? '').includes(':')) {
    return 'first path segment in URL cannot contain colon';
  }
  const common = { scheme: scheme.toLowerCase(), query, fragment };
  if (!rest.startsWith('//')) return { ...common, user: undefined, host: '' };
  const authority = rest.slice(2).split('/')[0] ?? '';
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const port = /:([^:\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^[0-9]*$/.test(port)) {
    return `invalid port ${goQuote(`:${port}`)} after host`;
  }
  if (host.includes(' ')) return 'invalid character " " in host name';
  return { ...common, user: at < 0 ? undefined : authority.slice(0, at), host };
}

interface ServiceRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly path?: string;
  readonly port?: number;
}

/** |swapped|: callers for admission hand in name and namespace the wrong way round upstream. */
export function validateWebhookService(
  service: ServiceRef,
  path: FieldPath,
  errors: FieldErrors,
  swapped: boolean,
): void {
  const [name, namespace] = swapped
    ? [service.namespace, service.name]
    : [service.name, service.namespace];
  if (!name) errors.required(path.child('name'));
  if (!namespace) errors.required(path.child('namespace'));
  const port = service.port ?? 0;
  const complaints = isPortNumber(port);
  if (complaints.length > 0) {
    errors.invalid(path.child('port'), port, `port is not valid: ${complaints.join(', ')}`);
  }
  validateServicePath(service.path ?? '', path.child('path'), errors);
}

function validateServicePath(urlPath: string, path: FieldPath, errors: FieldErrors): void {
  if (urlPath === '' || urlPath === '/') return;
  if (urlPath === '//') {
    errors.invalid(path, urlPath, 'segment[0] may not be empty');
    return;
  }
  if (!urlPath.startsWith('/')) errors.invalid(path, urlPath, "must start with a '/'");
  const tail = urlPath.slice(1);
  const steps = (tail.endsWith('/') ? tail.slice(0, -1) : tail).split('/');
  steps.forEach((step, i) => {
    if (step === '') errors.invalid(path, urlPath, `segment[${i}] may not be empty`);
    else {
      for (const message of isDNS1123Subdomain(step)) {
        errors.invalid(path, urlPath, `segment[${i}]: ${message}`);
      }
    }
  });
}
