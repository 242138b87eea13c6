/**
 * Signing of certificates: approved requests for the cluster's own signers get their certificate.
 *
 * Models:     pkg/controller/certificates/signer signer.go (v1.36)
 * Watches:    CertificateSigningRequest
 * Writes:     CertificateSigningRequest status
 * Simplified: one controller for the four signers, which have one authority by default
 */
import { CertificateSigningRequest } from '../../api/kinds/certificate-signing-request.ts';
import type { CertificateRequest } from '../../api/meta/x509/request.ts';
import { encodeBase64 } from '../../api/meta/utf8.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import type { Proc } from '../../kernel/process.ts';
import { clusterAuthority } from '../client/authority.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import {
  CLIENT_SIGNER,
  hasCondition,
  isFailed,
  KUBELET_CLIENT_SIGNER,
  KUBELET_SERVING_SIGNER,
  kubeletClientComplaint,
  kubeletServingComplaint,
  LEGACY_SIGNER,
  requestOf,
} from './certificates/requests.ts';

type Csr = CertificateSigningRequest;

const MAX_SECONDS = 365 * 24 * 3600; // --cluster-signing-duration
const MIN_SECONDS = 600; // signer.go: twice as long as certificates are backdated
const SERIAL_BYTES = 16;

export function csrSigningController(): ControllerDefinition<Csr> {
  return defineController<Csr>({
    name: 'certificatesigningrequest-signing-controller',
    serviceAccount: 'certificate-controller',
    primary: CertificateSigningRequest,
    reconcile: sign,
  });
}

function* sign(name: string, context: ControllerContext): Proc {
  const csr = context.get(CertificateSigningRequest, name);
  if (!csr || csr.status.certificate) return;
  if (!hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied') || isFailed(csr)) return;
  const request = requestOf(csr);
  const complaint = request && complaintOf(csr, request);
  if (!request || complaint === null) return;
  context.note(`a certificate for ${request.subject.commonName}`, 'none');
  const status = complaint === '' ? issued(csr, request, context) : failed(csr, complaint, context);
  yield* context.client.updateStatus(CertificateSigningRequest, { ...csr, status });
}

/** '' = to be signed; null = another signer's. */
function complaintOf({ spec }: Csr, request: CertificateRequest): string | null {
  const usages = spec.usages ?? [];
  switch (spec.signerName) {
    case KUBELET_SERVING_SIGNER:
      return kubeletServingComplaint(request, usages);
    case KUBELET_CLIENT_SIGNER:
      return kubeletClientComplaint(request, usages);
    case CLIENT_SIGNER:
      return clientComplaint(usages);
    case LEGACY_SIGNER:
      return '';
    default:
      return null;
  }
}

const OPTIONAL_USAGES = ['digital signature', 'key encipherment'];

function clientComplaint(usages: readonly string[]): string {
  const bad = usages.find((usage) => usage !== 'client auth' && !OPTIONAL_USAGES.includes(usage));
  if (bad !== undefined) return `invalid usage for client certificate: ${bad}`;
  const hasAuth = usages.includes('client auth');
  return hasAuth ? '' : 'missing required usage for client certificate: client auth';
}

function issued(
  csr: Csr,
  request: CertificateRequest,
  { kernel }: ControllerContext,
): Csr['status'] {
  const seconds = csr.spec.expirationSeconds ?? MAX_SECONDS;
  const certificate = clusterAuthority(kernel).issue({
    request,
    usages: csr.spec.usages ?? [],
    nowMs: kernel.nowMs,
    lifetimeMs: Math.min(Math.max(seconds, MIN_SECONDS), MAX_SECONDS) * 1000,
    serial: kernel.rng('certificate-serials').bytes(SERIAL_BYTES),
  });
  return { ...csr.status, certificate: encodeBase64(certificate) };
}

function failed(csr: Csr, message: string, { kernel }: ControllerContext): Csr['status'] {
  const condition = {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: rfc3339(kernel.nowMs),
  };
  return { ...csr.status, conditions: [...(csr.status.conditions ?? []), condition] };
}
