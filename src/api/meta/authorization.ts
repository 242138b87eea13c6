/**
 * Who asks, for what, and whether they may: the vocabulary of authentication and authorization.
 *
 * Models: k8s.io/apiserver pkg/authentication/user, pkg/authorization/authorizer (v1.36)
 */

/** Who asks, as authentication has found. */
export interface UserInfo {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What is asked for. A path that is no resource has `path`, and '' elsewhere. */
export interface AccessAttributes {
  readonly user: UserInfo;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path?: string;
  /** As it was asked for, for those who may see only a part of a list. */
  readonly fieldSelector?: string;
}

export interface AccessDecision {
  readonly allowed: boolean;
  /** Why, as `kubectl auth can-i` and reviews show it; '' = nothing to say. */
  readonly reason: string;
}

/** What SelfSubjectRulesReview answers. */
export interface AccessRules {
  readonly resourceRules: readonly {
    readonly verbs: readonly string[];
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
  readonly nonResourceRules: readonly {
    readonly verbs: readonly string[];
    readonly nonResourceURLs: readonly string[];
  }[];
  readonly incomplete: boolean;
  readonly evaluationError?: string;
}

/** Who the bearer of a token is, and for which of the audiences that were asked for it is meant. */
export interface TokenIdentity {
  readonly user: UserInfo;
  readonly audiences: readonly string[];
}

/** The bearer of a token is nobody: why. */
export interface TokenRefusal {
  readonly error: string;
}

/** Asked by reviews, escalation checks and admission. */
export interface AccessReviewer {
  authorize(attributes: AccessAttributes): AccessDecision;
  rulesFor(user: UserInfo, namespace: string): AccessRules;
  /** Who the bearer of |token| is. Audiences: [] = the API server's own. */
  authenticateToken(token: string, audiences: readonly string[]): TokenIdentity | TokenRefusal;
  /** The claims as a signed JSON Web Token (compact form). */
  signToken(claims: Readonly<Record<string, unknown>>): string;
}
