/**
 * SubjectAccessReview: may somebody do something?
 *
 * Models: pkg/registry/authorization/subjectaccessreview rest.go (v1.36)
 */
import type { SubjectAccessReview as SubjectAccessReviewType } from '../generated/types.ts';
import { defineKind } from '../meta/define-kind.ts';
import { FieldErrors } from '../meta/field-errors.ts';
import {
  AUTHORIZATION_GROUP,
  refuseInvalid,
  reviewed,
  subjectOf,
  validateAsked,
  validateNoMetadata,
  validateSelectors,
  validateSubject,
} from './reviews/access.ts';

export type SubjectAccessReview = SubjectAccessReviewType;

export const SubjectAccessReview = defineKind<SubjectAccessReview>({
  group: AUTHORIZATION_GROUP,
  version: 'v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
  schema: 'io.k8s.api.authorization.v1.SubjectAccessReview',
  verbs: ['create'],
  review(review, { access }) {
    const spec = review.spec ?? {};
    const errors = new FieldErrors();
    validateAsked(spec, errors);
    validateSubject(spec, errors);
    validateSelectors(spec, errors);
    validateNoMetadata(review.metadata, [], 'must be empty', errors);
    refuseInvalid(errors);
    review.status = reviewed(access, subjectOf(spec), spec);
    return review as SubjectAccessReview;
  },
});
