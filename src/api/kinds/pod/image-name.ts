/**
 * Reads image names far enough for the default pull policy.
 *
 * Models: pkg/util/parsers ParseImageName over github.com/distribution/reference (v1.36)
 */

const DOMAIN_PART = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const DOMAIN = `(?:${DOMAIN_PART}(?:\\.${DOMAIN_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`;
const PATH_PART = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*';
const TAG = '[\\w][\\w.-]{0,127}';
const DIGEST = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}';
const REFERENCE = new RegExp(
  `^((?:${DOMAIN}/)?${PATH_PART}(?:/${PATH_PART})*)(?::(${TAG}))?(?:@(${DIGEST}))?$`,
);
const PATH_MAX_CHARACTERS = 255; // distribution/reference RepositoryNameTotalLengthMax
const BARE_DIGEST = /^[a-f0-9]{64}$/;

const CACHE_MAX_ENTRIES = 4096;
const tags = new Map<string, string>();

/** The tag of |image|: `latest` when it has neither tag nor digest, empty when it is no image name. */
export function imageTag(image: string): string {
  const known = tags.get(image);
  if (known !== undefined) return known;
  const tag = parseTag(image);
  if (tags.size >= CACHE_MAX_ENTRIES) tags.clear();
  tags.set(image, tag);
  return tag;
}

function parseTag(image: string): string {
  // A name that is a digest is refused by the reference library.
  if (BARE_DIGEST.test(image)) return '';
  const match = REFERENCE.exec(image);
  if (match === null) return '';
  const [, name = '', tag, digest] = match;
  if (pathOf(name).length > PATH_MAX_CHARACTERS) return '';
  if (tag !== undefined) return tag;
  return digest === undefined ? 'latest' : '';
}

/** Upstream splitDockerDomain: |name| without its domain, as it is called in full. */
function pathOf(name: string): string {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isDomain = /[.:A-Z]/.test(first) || first === 'localhost';
  const path = isDomain ? name.slice(slash + 1) : name;
  const isDefault = !isDomain || first === 'docker.io' || first === 'index.docker.io';
  return isDefault && !path.includes('/') ? `library/${path}` : path;
}
