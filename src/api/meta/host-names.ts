/**
 * Texts with a host name in them: domain-prefixed paths, fully qualified names.
 *
 * Models: k8s.io/apimachinery/pkg/util/validation validation.go (v1.36)
 */
import { complain } from './field-checks.ts';
import type { FieldErrors } from './field-errors.ts';
import type { FieldRef } from './field-path.ts';
import { isDNS1123Label, isDNS1123Subdomain, regexError } from './names.ts';

const HTTP_PATH_FMT = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const HTTP_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** `acme.io/foo` */
export function checkDomainPrefixedPath(value: string, path: FieldRef, errors: FieldErrors): void {
  if (value === '') {
    errors.required(path);
    return;
  }
  const slash = value.indexOf('/');
  const host = value.slice(0, slash);
  const rest = value.slice(slash + 1);
  if (slash < 1 || rest === '') {
    errors.invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")');
    return;
  }
  complain(isDNS1123Subdomain(host), host, path, errors);
  if (!HTTP_PATH.test(rest)) {
    errors.invalid(path, rest, regexError('Invalid path', HTTP_PATH_FMT));
  }
}

/** A domain name of at least two labels, with or without its last dot. */
export function checkFullyQualifiedName(value: string, path: FieldRef, errors: FieldErrors): void {
  if (value === '') {
    errors.required(path);
    return;
  }
  const name = value.replace(/\.$/, '');
  const complaints = isDNS1123Subdomain(name);
  if (complaints.length > 0) {
    errors.invalid(path, name, complaints.join(','));
    return;
  }
  const labels = name.split('.');
  if (labels.length < 2) {
    const detail = 'should be a domain with at least two segments separated by dots';
    errors.invalid(path, name, detail);
    return;
  }
  const long = labels.find((label) => isDNS1123Label(label).length > 0);
  if (long !== undefined) errors.invalid(path, long, isDNS1123Label(long).join(','));
}
