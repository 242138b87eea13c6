/**
 * Who may approve or sign for a signer: the right to it, or to all signers of its domain.
 *
 * Models: pkg/certauthorization certauthorization.go (v1.36)
 */
import type { CertificateSigningRequest } from '../../../api/kinds/certificate-signing-request.ts';
import type { AdmissionContext } from '../../../api/meta/define-kind.ts';

export type Csr = CertificateSigningRequest;

export const CSRS = { group: 'certificates.k8s.io', plural: 'certificatesigningrequests' };

export function isAllowedForSigner(
  verb: 'approve' | 'sign',
  signerName: string,
  { access, caller }: AdmissionContext,
): boolean {
  const domain = signerName.split('/')[0] ?? '';
  return [signerName, `${domain}/*`].some(
    (name) =>
      access.authorize({
        user: caller,
        verb,
        group: CSRS.group,
        version: '*',
        resource: 'signers',
        subresource: '',
        namespace: '',
        name,
      }).allowed,
  );
}
