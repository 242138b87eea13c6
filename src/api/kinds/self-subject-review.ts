/**
 * SelfSubjectReview: who am I? (`kubectl auth whoami`)
 *
 * Models: pkg/registry/authentication/selfsubjectreview rest.go (v1.36)
 */
import type { SelfSubjectReview as SelfSubjectReviewType } from '../generated/types.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { KubeObject } from '../meta/object.ts';
import { userInfoOf } from './reviews/user-info.ts';

export type SelfSubjectReview = SelfSubjectReviewType;

export const SelfSubjectReview = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  namespaced: false,
  schema: 'io.k8s.api.authentication.v1.SelfSubjectReview',
  verbs: ['create'],
  review(_, { caller, now }) {
    return {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: now },
      status: { userInfo: userInfoOf(caller) },
    } as unknown as KubeObject;
  },
});
