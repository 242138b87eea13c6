/** Admission plugins that concern many kinds. Their order is in order.ts. */
import type { ServerPlugin } from '../../api/meta/define-kind.ts';
import { mutatingWebhooks, validatingWebhooks } from './admission-webhooks.ts';
import { certificateApproval } from './certificate-approval.ts';
import { certificateSigning } from './certificate-signing.ts';
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts';
import { nodeRestriction } from './node-restriction.ts';
import { limitRanger } from './limit-ranger.ts';
import { mutatingAdmissionPolicy } from './mutating-admission-policy.ts';
import { podResize } from './pod-resize.ts';
import { podSecurity } from './pod-security.ts';
import { resourceQuota } from './resource-quota.ts';
import { validatingAdmissionPolicy } from './validating-admission-policy.ts';

export const plugins: readonly ServerPlugin[] = [
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  nodeRestriction,
  limitRanger,
  podResize,
  podSecurity,
  resourceQuota,
  mutatingAdmissionPolicy,
  validatingAdmissionPolicy,
  mutatingWebhooks,
  validatingWebhooks,
];
