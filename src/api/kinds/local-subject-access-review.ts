/**
 * LocalSubjectAccessReview: may somebody do something in this namespace?
 *
 * Models: pkg/registry/authorization/localsubjectaccessreview rest.go (v1.36)
 */
import type { LocalSubjectAccessReview as LocalSubjectAccessReviewType } from '../generated/types.ts';
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

export type LocalSubjectAccessReview = LocalSubjectAccessReviewType;

export const LocalSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  group: AUTHORIZATION_GROUP,
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  singular: 'localsubjectaccessreview',
  namespaced: true,
  schema: 'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  verbs: ['create'],
  review(review, { access }) {
    const spec = review.spec ?? {};
    const { resourceAttributes, nonResourceAttributes } = spec;
    const errors = new FieldErrors();
    validateAsked(spec, errors);
    validateSubject(spec, errors);
    validateSelectors(spec, errors);
    const text = 'must be empty except for namespace';
    validateNoMetadata(review.metadata, ['namespace'], text, errors);
    const namespace = resourceAttributes?.namespace ?? '';
    if (resourceAttributes && namespace !== review.metadata.namespace) {
      const path = 'spec.resourceAttributes.namespace';
      errors.invalid(path, namespace, 'must match metadata.namespace');
    }
    if (nonResourceAttributes) {
      const { path = '', verb = '' } = nonResourceAttributes;
      const shown = { Path: path, Verb: verb };
      const why = 'disallowed on this kind of request';
      errors.invalid('spec.nonResourceAttributes', shown, why);
    }
    refuseInvalid(errors);
    review.status = reviewed(access, subjectOf(spec), spec);
    return review as LocalSubjectAccessReview;
  },
});
