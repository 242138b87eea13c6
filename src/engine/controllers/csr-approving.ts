/**
 * Approving of certificate requests: those of kubelets, for their own use, if whoever asks may.
 *
 * Models:     pkg/controller/certificates/approver sarapprove.go (v1.36)
 * Watches:    CertificateSigningRequest
 * Writes:     CertificateSigningRequest approval; SubjectAccessReview create
 * Simplified: nothing known
 */
import { CertificateSigningRequest } from '../../api/kinds/certificate-signing-request.ts';
import { SubjectAccessReview } from '../../api/kinds/subject-access-review.ts';
import type { Proc } from '../../kernel/process.ts';
import {
  type ControllerContext,
  type ControllerDefinition,
  defineController,
} from '../client/controller.ts';
import {
  hasCondition,
  KUBELET_CLIENT_SIGNER,
  kubeletClientComplaint,
  requestOf,
} from './certificates/requests.ts';

type Csr = CertificateSigningRequest;

export function csrApprovingController(): ControllerDefinition<Csr> {
  return defineController<Csr>({
    name: 'certificatesigningrequest-approving-controller',
    serviceAccount: 'certificate-controller',
    primary: CertificateSigningRequest,
    reconcile: approve,
  });
}

function* approve(name: string, context: ControllerContext): Proc {
  const csr = context.get(CertificateSigningRequest, name);
  if (!csr || csr.status.certificate || csr.spec.signerName !== KUBELET_CLIENT_SIGNER) return;
  if (hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied')) return;
  const request = requestOf(csr);
  if (!request || kubeletClientComplaint(request, csr.spec.usages ?? []) !== '') return;
  const isOwn = csr.spec.username === request.subject.commonName;
  if (isOwn && (yield* may(csr, 'selfnodeclient', context))) {
    yield* write(
      csr,
      'Auto approving self kubelet client certificate after SubjectAccessReview.',
      context,
    );
  } else if (yield* may(csr, 'nodeclient', context)) {
    yield* write(
      csr,
      'Auto approving kubelet client certificate after SubjectAccessReview.',
      context,
    );
  }
}

function* may({ spec }: Csr, subresource: string, { client }: ControllerContext): Proc<boolean> {
  const { username, uid, groups, extra } = spec;
  const review = yield* client.create(SubjectAccessReview, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      ...(username === undefined ? {} : { user: username }),
      ...(uid === undefined ? {} : { uid }),
      ...(groups === undefined ? {} : { groups }),
      ...(extra === undefined ? {} : { extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
        version: '*',
      },
    },
  });
  return review.status.allowed;
}

function* write(csr: Csr, message: string, { client }: ControllerContext): Proc {
  const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
  const conditions = [...(csr.status.conditions ?? []), condition];
  const approved = { ...csr, status: { ...csr.status, conditions } };
  yield* client.updateSubresource(CertificateSigningRequest, approved, 'approval');
}
