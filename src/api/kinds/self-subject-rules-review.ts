/**
 * SelfSubjectRulesReview: what may I do in a namespace? (`kubectl auth can-i --list`)
 *
 * Models: pkg/registry/authorization/selfsubjectrulesreview rest.go (v1.36)
 */
import type { SelfSubjectRulesReview as SelfSubjectRulesReviewType } from '../generated/types.ts';
import { defineKind } from '../meta/define-kind.ts';
import type { KubeObject } from '../meta/object.ts';
import { badRequest } from '../meta/status.ts';
import { AUTHORIZATION_GROUP } from './reviews/access.ts';

export type SelfSubjectRulesReview = SelfSubjectRulesReviewType;

export const SelfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: AUTHORIZATION_GROUP,
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  namespaced: false,
  schema: 'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  verbs: ['create'],
  review({ spec }, { access, caller }) {
    const namespace = spec?.namespace ?? '';
    if (namespace === '') throw badRequest('no namespace on request');
    // A new object: nothing of what was asked is repeated.
    return {
      kind: 'SelfSubjectRulesReview',
      apiVersion: 'authorization.k8s.io/v1',
      metadata: {},
      spec: {},
      status: access.rulesFor(caller, namespace),
    } as unknown as KubeObject;
  },
});
