/**
 * CertificateApproval: who approves or denies a request must be allowed to for its signer.
 *
 * Models: plugin/pkg/admission/certificates/approval, pkg/certauthorization (v1.36)
 */
import type { ServerPlugin } from '../../api/meta/define-kind.ts';
import { forbidden } from '../../api/meta/status.ts';
import { type Csr, CSRS, isAllowedForSigner } from './certificates/signers.ts';

export const certificateApproval: ServerPlugin = {
  name: 'CertificateApproval',
  resources: [CSRS],
  operations: ['UPDATE'],
  subresources: ['approval'],
  validate(_, old, context) {
    // The signer is that of the request as it was: an approval cannot change it.
    const { signerName } = (old as Csr).spec;
    if (context.subresource !== 'approval') return;
    if (isAllowedForSigner('approve', signerName, context)) return;
    const text = `user not permitted to approve requests with signerName "${signerName}"`;
    throw forbidden(context.kind, context.name, text);
  },
};
