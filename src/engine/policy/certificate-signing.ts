/**
 * CertificateSigning: who issues a certificate, or says that it failed, must be allowed to sign for
 * the request's signer.
 *
 * Models: plugin/pkg/admission/certificates/signing (v1.36)
 */
import type { ServerPlugin } from '../../api/meta/define-kind.ts';
import { equalJson } from '../../api/meta/json.ts';
import { forbidden } from '../../api/meta/status.ts';
import { type Csr, CSRS, isAllowedForSigner } from './certificates/signers.ts';

export const certificateSigning: ServerPlugin = {
  name: 'CertificateSigning',
  resources: [CSRS],
  operations: ['UPDATE'],
  subresources: ['status'],
  validate(object, old, context) {
    if (context.subresource !== 'status') return;
    const { spec, status: before } = old as Csr;
    const { status } = object as Csr;
    const isSameCertificate = (status.certificate ?? '') === (before.certificate ?? '');
    if (isSameCertificate && equalJson(status.conditions ?? [], before.conditions ?? [])) return;
    if (isAllowedForSigner('sign', spec.signerName, context)) return;
    const text = `user not permitted to sign requests with signerName "${spec.signerName}"`;
    throw forbidden(context.kind, context.name, text);
  },
};
