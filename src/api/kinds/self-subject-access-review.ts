/**
 * SelfSubjectAccessReview: may I do something? (`kubectl auth can-i`)
 *
 * Models: pkg/registry/authorization/selfsubjectaccessreview rest.go (v1.36)
 */
import type { SelfSubjectAccessReview as SelfSubjectAccessReviewType } from '../generated/types.ts';
import { defineKind } from '../meta/define-kind.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import {
  AUTHORIZATION_GROUP,
  refuseInvalid,
  reviewed,
  validateAsked,
  validateNoMetadata,
  validateSelectors,
} from './reviews/access.ts';

export type SelfSubjectAccessReview = SelfSubjectAccessReviewType;

export const SelfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: AUTHORIZATION_GROUP,
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  namespaced: false,
  schema: 'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  verbs: ['create'],
  review(review, { access, caller }) {
    const spec = review.spec ?? {};
    const errors = new FieldErrors();
    validateAsked(spec, errors);
    validateSelectors(spec, errors);
    validateNoMetadata(review.metadata, [], 'must be empty', errors);
    refuseInvalid(errors);
    review.status = reviewed(access, caller, spec);
    return review as SelfSubjectAccessReview;
  },
});
