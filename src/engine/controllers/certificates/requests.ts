/**
 * What the controllers of certificate requests have in common: which state a request is in, and
 * which requests are those of kubelets.
 *
 * Models: pkg/controller/certificates certificate_controller_utils.go, pkg/apis/certificates helpers.go
 *         (v1.36)
 */
import type { CertificateSigningRequest } from '../../../api/kinds/certificate-signing-request.ts';
import { DerError } from '../../../api/meta/x509/der.ts';
import { type CertificateRequest, parseRequest } from '../../../api/meta/x509/request.ts';
import { decodeBase64 } from '../../../api/meta/utf8.ts';

type Csr = CertificateSigningRequest;

export const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
export const KUBELET_CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
export const KUBELET_SERVING_SIGNER = 'kubernetes.io/kubelet-serving';
export const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';

export function hasCondition(csr: Csr, type: string): boolean {
  return csr.status.conditions?.some((c) => c.type === type) ?? false;
}

export function isFailed({ status }: Csr): boolean {
  return status.conditions?.some((c) => c.type === 'Failed' && c.status === 'True') ?? false;
}

/** null when there is no request in it: validation has let something odd pass. */
export function requestOf({ spec }: Csr): CertificateRequest | null {
  try {
    return parseRequest(decodeBase64(spec.request));
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

const NODE_PREFIX = 'system:node:';
const NOT_NODES = 'subject organization is not system:nodes';
const NOT_NODE = 'subject common name does not begin with system:node:';

/** '' = a kubelet may ask for that as a client; else upstream's complaint. */
export function kubeletClientComplaint(
  { subject, names }: CertificateRequest,
  usages: readonly string[],
): string {
  if (!isNodes(subject.organizations)) return NOT_NODES;
  if (names.dns.length > 0) return 'DNS subjectAltNames are not allowed';
  if (names.emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (names.addresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (names.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!subject.commonName.startsWith(NODE_PREFIX)) return NOT_NODE;
  return usagesComplaint(usages, 'client auth');
}

/** '' = a kubelet may ask for that to serve with; else upstream's complaint. */
export function kubeletServingComplaint(
  { subject, names }: CertificateRequest,
  usages: readonly string[],
): string {
  if (!isNodes(subject.organizations)) return NOT_NODES;
  if (names.dns.length === 0 && names.addresses.length === 0) {
    return 'DNS or IP subjectAltName is required';
  }
  if (names.emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (names.uris.length > 0) return 'URI subjectAltNames are not allowed';
  const complaint = usagesComplaint(usages, 'server auth');
  if (complaint !== '') return complaint;
  return subject.commonName.startsWith(NODE_PREFIX) ? '' : NOT_NODE;
}

function isNodes(organizations: readonly string[]): boolean {
  return organizations.length === 1 && organizations[0] === 'system:nodes';
}

function usagesComplaint(usages: readonly string[], auth: string): string {
  const required = [auth, 'digital signature', 'key encipherment'].sort();
  const given = new Set(usages);
  const isEqual = (wanted: readonly string[]): boolean =>
    wanted.length === given.size && wanted.every((usage) => given.has(usage));
  if (isEqual(required) || isEqual(required.filter((u) => u !== 'key encipherment'))) return '';
  return `usages did not match [${required.join(' ')}]`;
}
