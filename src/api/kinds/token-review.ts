/**
 * TokenReview: who is the bearer of a token?
 *
 * Models: pkg/registry/authentication/tokenreview storage.go (v1.36)
 */
import type { TokenReview as TokenReviewType } from '../generated/types.ts';
import { defineKind } from '../meta/define-kind.ts';
import { badRequest } from '../meta/status.ts';
import type { Draft } from '../meta/object.ts';
import { userInfoOf } from './reviews/user-info.ts';

export type TokenReview = TokenReviewType;

export const TokenReview = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  singular: 'tokenreview',
  namespaced: false,
  schema: 'io.k8s.api.authentication.v1.TokenReview',
  verbs: ['create'],
  review(review, { access }) {
    const { token = '', audiences = [] } = review.spec ?? {};
    if (token === '') throw badRequest('token is required for TokenReview in authentication');
    const found = access.authenticateToken(token, audiences);
    const status: TokenReview['status'] =
      'error' in found
        ? { user: {}, error: found.error }
        : { authenticated: true, user: userInfoOf(found.user), audiences: found.audiences };
    review.status = status as Draft<TokenReview['status']>;
    return review as TokenReview;
  },
});
