/**
 * Names of certificate signers: `example.com/signer-name`.
 *
 * Models: pkg/apis/core/validation names.go, ValidateSignerName (v1.36)
 */
import type { FieldErrors } from './field-errors.ts';
import type { FieldRef } from './field-path.ts';
import { byteLength, goQuote } from './go-text.ts';
import {
  DNS_LABEL_MAX_BYTES,
  DNS_SUBDOMAIN_MAX_BYTES,
  isDNS1123Label,
  isDNS1123Subdomain,
} from './names.ts';

/** A domain, a slash, and a path that holds a namespace, a dot and a resource name. */
const NAME_MAX_BYTES =
  DNS_SUBDOMAIN_MAX_BYTES + 1 + DNS_LABEL_MAX_BYTES + 1 + DNS_SUBDOMAIN_MAX_BYTES;

export function isKubernetesSigner(name: string): boolean {
  const host = name.split('/')[0] ?? '';
  return host === 'kubernetes.io' || host.endsWith('.kubernetes.io');
}

export function validateSignerName(name: string, path: FieldRef, errors: FieldErrors): void {
  if (name === '') {
    errors.required(path);
    return;
  }
  const [domain = '', rest, ...more] = name.split('/');
  if (rest === undefined || more.length > 0) {
    const text = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.invalid(path, name, text);
    return;
  }
  if (byteLength(domain) > DNS_SUBDOMAIN_MAX_BYTES) errors.tooLong(path, DNS_SUBDOMAIN_MAX_BYTES);
  const labels = domain.split('.');
  reportFirst(labels, isDNS1123Label, domain, path, errors);
  if (labels.length < 2) {
    const text = 'should be a domain with at least two segments separated by dots';
    errors.invalid(path, domain, text);
  }
  reportFirst(rest.split('.'), isDNS1123Subdomain, rest, path, errors);
  if (byteLength(name) > NAME_MAX_BYTES) errors.tooLong(path, NAME_MAX_BYTES);
}

/** Errors of further labels would repeat the first. */
function reportFirst(
  labels: readonly string[],
  rule: (label: string) => readonly string[],
  shown: string,
  path: FieldRef,
  errors: FieldErrors,
): void {
  for (const label of labels) {
    const complaints = rule(label);
    for (const message of complaints) {
      errors.invalid(path, shown, `validating label ${goQuote(label)}: ${message}`);
    }
    if (complaints.length > 0) return;
  }
}
