/**
 * CertificateSubjectRestriction: nobody becomes a superuser by way of a certificate.
 *
 * Models: plugin/pkg/admission/certificates/subjectrestriction (v1.36)
 */
import type { ServerPlugin } from '../../api/meta/define-kind.ts';
import { forbidden } from '../../api/meta/status.ts';
import { decodeBase64 } from '../../api/meta/utf8.ts';
import { parseRequest } from '../../api/meta/x509/request.ts';
import { type Csr, CSRS } from './certificates/signers.ts';

const SIGNER = 'kubernetes.io/kube-apiserver-client';
const SUPERUSERS = 'system:masters';

export const certificateSubjectRestriction: ServerPlugin = {
  name: 'CertificateSubjectRestriction',
  resources: [CSRS],
  operations: ['CREATE'],
  validate(object, _, context) {
    const { spec, metadata } = object as Csr;
    if (spec.signerName !== SIGNER) return;
    // Validation has read the request already.
    const { subject } = parseRequest(decodeBase64(spec.request));
    if (!subject.organizations.includes(SUPERUSERS)) return;
    const text = `use of ${SIGNER} signer with ${SUPERUSERS} group is not allowed`;
    throw forbidden(context.kind, metadata.name, text);
  },
};
