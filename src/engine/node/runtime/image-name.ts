/**
 * Image names as people write them (`nginx:1.25`) and as registries know them
 * (`docker.io/library/nginx:1.25`).
 *
 * Models: github.com/distribution/reference (normalize.go), pkg/util/parsers/parsers.go (v1.36)
 */

export interface ImageName {
  /** `docker.io`, `registry.k8s.io`. */
  readonly domain: string;
  /** `library/nginx`. */
  readonly path: string;
  /** '' when there is only a digest. */
  readonly tag: string;
  readonly digest: string;
}

const DEFAULT_DOMAIN = 'docker.io';
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** The name with its defaults filled in, or why it is none: Go's text. */
export function parseImageName(text: string): ImageName | { readonly error: string } {
  const slash = text.indexOf('/');
  const head = slash < 0 ? '' : text.slice(0, slash);
  const hasDomain = /[.:]/.test(head) || head === 'localhost' || head !== head.toLowerCase();
  const domain = hasDomain ? head : DEFAULT_DOMAIN;
  let rest = hasDomain ? text.slice(slash + 1) : text;
  let digest = '';
  let tag = '';
  const at = rest.indexOf('@');
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!DIGEST.test(digest)) return { error: 'invalid reference format' };
  }
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!TAG.test(tag)) return { error: 'invalid reference format' };
  }
  const path = domain === DEFAULT_DOMAIN && !rest.includes('/') ? `library/${rest}` : rest;
  if (path !== path.toLowerCase() && PATH.test(path.toLowerCase())) {
    return { error: `invalid reference format: repository name (${path}) must be lowercase` };
  }
  if (!PATH.test(path)) return { error: 'invalid reference format' };
  if (tag === '' && digest === '') tag = 'latest';
  return { domain, path, tag, digest };
}

export function repositoryOf(name: ImageName): string {
  return `${name.domain}/${name.path}`;
}

/** `docker.io/library/nginx:1.25`. */
export function fullName(name: ImageName): string {
  const tag = name.tag === '' ? '' : `:${name.tag}`;
  const digest = name.digest === '' ? '' : `@${name.digest}`;
  return `${repositoryOf(name)}${digest === '' ? tag : digest}`;
}
