/**
 * `authorizer.group('').resource('pods').check('get').allowed()`.
 *
 * Models: k8s.io/apiserver pkg/cel/library/authz.go (v1.36)
 */
import { isDNS1123Label, isDNS1123Subdomain } from '../../meta/names.ts';
import { CelError, CelOpaque, NO_SUCH_OVERLOAD, type CelValue } from '../values.ts';
import type { Impl, Library } from './impl.ts';

/** What is asked of the authorizer. */
export interface AuthorizerQuery {
  readonly user?: { readonly namespace: string; readonly name: string };
  readonly verb: string;
  readonly path?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
}

export interface AuthorizerDecision {
  readonly allowed: boolean;
  readonly reason: string;
  readonly error?: string;
}

/** Decides for the user of the request, or for the service account that |query| names. */
export type Authorize = (query: AuthorizerQuery) => AuthorizerDecision;

abstract class ReceiverOnly extends CelOpaque {
  equals(other: CelValue): boolean | CelError {
    return other === this ? true : NO_SUCH_OVERLOAD;
  }
}

type Question = Omit<AuthorizerQuery, 'verb'>;

export class CelAuthorizer extends ReceiverOnly {
  readonly typeName = 'kubernetes.authorization.Authorizer';
  readonly authorize: Authorize;
  readonly query: Question;
  constructor(authorize: Authorize, query: Question = {}) {
    super();
    this.authorize = authorize;
    this.query = query;
  }
}

/** A question that lacks only the verb (or, of a group, the resource). */
export class CelCheck extends ReceiverOnly {
  readonly typeName: string;
  readonly authorize: Authorize;
  readonly query: Question;
  constructor(
    kind: 'PathCheck' | 'GroupCheck' | 'ResourceCheck',
    authorize: Authorize,
    query: Question,
  ) {
    super();
    this.typeName = `kubernetes.authorization.${kind}`;
    this.authorize = authorize;
    this.query = query;
  }
}

class CelDecision extends ReceiverOnly {
  readonly typeName = 'kubernetes.authorization.Decision';
  readonly decision: AuthorizerDecision;
  constructor(decision: AuthorizerDecision) {
    super();
    this.decision = decision;
  }
}

function path(authorizer: CelValue | undefined, text: CelValue | undefined): CelValue | undefined {
  if (!(authorizer instanceof CelAuthorizer) || typeof text !== 'string') return undefined;
  if (text.trim() === '') return new CelError('path must not be empty');
  return new CelCheck('PathCheck', authorizer.authorize, { ...authorizer.query, path: text });
}

function group(authorizer: CelValue | undefined, name: CelValue | undefined): CelValue | undefined {
  if (!(authorizer instanceof CelAuthorizer) || typeof name !== 'string') return undefined;
  return new CelCheck('GroupCheck', authorizer.authorize, { ...authorizer.query, group: name });
}

function resource(check: CelValue | undefined, name: CelValue | undefined): CelValue | undefined {
  if (!(check instanceof CelCheck) || typeof name !== 'string') return undefined;
  if (name.trim() === '') return new CelError('resource must not be empty');
  return new CelCheck('ResourceCheck', check.authorize, { ...check.query, resource: name });
}

function serviceAccount(...args: readonly CelValue[]): CelValue | undefined {
  const [authorizer, namespace, name] = args;
  if (!(authorizer instanceof CelAuthorizer)) return undefined;
  if (typeof namespace !== 'string' || typeof name !== 'string') return undefined;
  if (isDNS1123Subdomain(name).length > 0) return new CelError('Invalid service account name');
  if (isDNS1123Label(namespace).length > 0) {
    return new CelError('Invalid service account namespace');
  }
  return new CelAuthorizer(authorizer.authorize, { user: { namespace, name } });
}

const narrowed =
  (field: keyof Question): Impl =>
  (check, text) => {
    if (!(check instanceof CelCheck) || typeof text !== 'string') return undefined;
    return new CelCheck('ResourceCheck', check.authorize, { ...check.query, [field]: text });
  };

const ofDecision =
  (impl: (decision: AuthorizerDecision) => CelValue): Impl =>
  (value) =>
    value instanceof CelDecision ? impl(value.decision) : undefined;

export const authorization: Library = {
  path,
  group,
  serviceAccount,
  resource,
  subresource: narrowed('subresource'),
  namespace: narrowed('namespace'),
  name: narrowed('name'),
  fieldSelector: narrowed('fieldSelector'),
  labelSelector: narrowed('labelSelector'),
  check: (check, verb) => {
    if (!(check instanceof CelCheck) || typeof verb !== 'string') return undefined;
    return new CelDecision(check.authorize({ ...check.query, verb }));
  },
  allowed: ofDecision(({ allowed }) => allowed),
  reason: ofDecision(({ reason }) => reason),
  errored: ofDecision(({ error }) => error !== undefined),
  error: ofDecision(({ error }) => error ?? ''),
};
