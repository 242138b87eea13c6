/**
 * serviceaccounts/token: a token for a ServiceAccount, perhaps bound to a Pod.
 *
 * Models: pkg/registry/core/serviceaccount/storage token.go, pkg/serviceaccount claims.go,
 *         pkg/apis/authentication/validation (v1.36)
 */
import type { ServiceAccount, TokenRequest } from '../../generated/types.ts';
import type { AccessReviewer } from '../../meta/authorization.ts';
import type { AdmissionContext } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import type { Claims } from '../../meta/jwt.ts';
import type { Draft, KubeObject } from '../../meta/object.ts';
import { accountUserName, ISSUER } from '../../meta/service-account-names.ts';
import { badRequest, conflict, invalid, notFound } from '../../meta/status.ts';
import { rfc3339 } from '../../meta/time.ts';

const DEFAULT_SECONDS = 3600; // authentication/v1 defaults.go
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
const WARN_ONLY_SECONDS = 3607; // kubelets ask for this; such tokens live a year
const EXTENDED_SECONDS = 365 * 24 * 3600;
const ID_DIGITS = 32;
const HEX = '0123456789abcdef';

const KIND = { group: 'authentication.k8s.io', kind: 'TokenRequest' };

type Spec = TokenRequest['spec'];

const OWN_AUDIENCE: readonly string[] = [ISSUER];

export function createToken(
  body: Readonly<Record<string, unknown>>,
  account: Draft<ServiceAccount>,
  context: AdmissionContext,
): unknown {
  const request = body as unknown as Partial<TokenRequest>;
  const { name = '', namespace = '', uid = '' } = account.metadata;
  const given = (request.spec ?? {}) as Partial<Spec>;
  const spec = {
    ...given,
    audiences: given.audiences?.length ? given.audiences : OWN_AUDIENCE,
    expirationSeconds: given.expirationSeconds ?? DEFAULT_SECONDS,
  };
  checkIdentity(request, name, namespace, uid);
  checkDuration(spec.expirationSeconds);
  const bound = boundObjects(spec, name, namespace, context);
  const nowSeconds = Math.floor(Date.parse(context.now) / 1000);
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, uid, creationTimestamp: context.now },
    spec,
    status: signedWhenRead(
      claimed(spec, { name, namespace, uid }, bound, nowSeconds, context),
      rfc3339((nowSeconds + spec.expirationSeconds) * 1000),
      context.access,
    ),
  };
}

/** Most tokens lie in a Pod's volume and are never read: a signature is made when one is. */
function signedWhenRead(
  claimed: Claimed,
  expirationTimestamp: string,
  access: AccessReviewer,
): TokenRequest['status'] {
  let token: string | undefined;
  return {
    get token() {
      token ??= access.signToken(claimsOf(claimed));
      return token;
    },
    expirationTimestamp,
  };
}

function checkIdentity(
  { metadata }: Partial<TokenRequest>,
  name: string,
  namespace: string,
  uid: string,
): void {
  const errors = new FieldErrors();
  if (metadata?.name && metadata.name !== name) {
    const detail = 'must match the service account name if specified';
    errors.invalid('metadata.name', metadata.name, detail);
  } else if (metadata?.namespace && metadata.namespace !== namespace) {
    const detail = 'must match the service account namespace if specified';
    errors.invalid('metadata.namespace', metadata.namespace, detail);
  }
  if (!errors.none) throw invalid(KIND, name, errors.list);
  if (!metadata?.uid || metadata.uid === uid) return;
  throw conflict(
    { group: KIND.group, plural: KIND.kind },
    name,
    `the UID in the token request (${metadata.uid}) does not match the UID of the service account ` +
      `(${uid})`,
  );
}

function checkDuration(seconds: number): void {
  const errors = new FieldErrors();
  const path = 'spec.expirationSeconds';
  if (seconds < MIN_SECONDS) {
    errors.invalid(path, seconds, 'may not specify a duration less than 10 minutes');
  }
  if (seconds > MAX_SECONDS) {
    errors.invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds');
  }
  if (!errors.none) throw invalid(KIND, '', errors.list);
}

interface Bound {
  readonly pod?: KubeObject;
  readonly node?: KubeObject;
  readonly secret?: KubeObject;
}

const BINDABLE: Readonly<Record<string, keyof Bound>> = {
  Pod: 'pod',
  Node: 'node',
  Secret: 'secret',
};

/** The object that the token is to live and die with. */
function boundObjects(
  spec: Spec,
  account: string,
  namespace: string,
  context: AdmissionContext,
): Bound {
  const ref = spec.boundObjectRef;
  // Clients that bind it to nothing send null.
  if (!ref) return {};
  const part = ref.apiVersion === 'v1' ? BINDABLE[ref.kind ?? ''] : undefined;
  if (part === undefined) {
    throw badRequest(`cannot bind token to object of type ${ref.apiVersion}, Kind=${ref.kind}`);
  }
  const plural = `${part}s`;
  const name = ref.name ?? '';
  const object = context.lookup('', plural, part === 'node' ? '' : namespace, name);
  if (object === undefined) throw notFound({ group: '', plural }, name);
  if (ref.uid && ref.uid !== object.metadata.uid) {
    const detail =
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. ` +
      'The object might have been deleted and then recreated';
    throw conflict({ group: '', plural: ref.kind ?? '' }, name, detail);
  }
  if (part !== 'pod') return { [part]: object };
  const { spec: podSpec } = object as unknown as {
    spec: { serviceAccountName?: string; nodeName?: string };
  };
  if (podSpec.serviceAccountName !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount "${account}" to pod running with different ` +
        'serviceaccount name.',
    );
  }
  const node = podSpec.nodeName ? context.lookup('', 'nodes', '', podSpec.nodeName) : undefined;
  // Claims come in the order of their names.
  return node === undefined ? { pod: object } : { node, pod: object };
}

/** What the claims are made from: they are many, and most are never looked at. */
interface Claimed {
  readonly audiences: readonly string[];
  readonly nowSeconds: number;
  readonly lifetime: number;
  readonly warns: boolean;
  readonly id: string;
  readonly namespace: string;
  readonly account: string;
  readonly accountUid: string;
  /** Sort, name and uid of each object it is bound to, one after the other. */
  readonly bound: readonly string[];
}

function claimed(
  spec: Spec & { readonly expirationSeconds: number },
  account: { readonly name: string; readonly namespace: string; readonly uid: string },
  objects: Bound,
  nowSeconds: number,
  context: AdmissionContext,
): Claimed {
  const warns = objects.pod !== undefined && spec.expirationSeconds === WARN_ONLY_SECONDS;
  const bound: string[] = [];
  for (const [part, { metadata }] of Object.entries(objects) as [string, KubeObject][]) {
    bound.push(part, metadata.name, metadata.uid);
  }
  return {
    audiences: spec.audiences ?? OWN_AUDIENCE,
    nowSeconds,
    lifetime: warns ? EXTENDED_SECONDS : spec.expirationSeconds,
    warns,
    id: newId(context),
    namespace: account.namespace,
    account: account.name,
    accountUid: account.uid,
    bound,
  };
}

function claimsOf(claimed: Claimed): Claims {
  const { nowSeconds, lifetime, namespace, account, accountUid, bound, warns } = claimed;
  const refs: Record<string, unknown> = {};
  for (let i = 0; i < bound.length; i += 3) {
    refs[bound[i] as string] = { name: bound[i + 1], uid: bound[i + 2] };
  }
  return {
    aud: claimed.audiences,
    exp: nowSeconds + lifetime,
    iat: nowSeconds,
    iss: ISSUER,
    jti: claimed.id,
    'kubernetes.io': {
      namespace,
      ...refs,
      serviceaccount: { name: account, uid: accountUid },
      ...(warns ? { warnafter: nowSeconds + WARN_ONLY_SECONDS } : {}),
    },
    nbf: nowSeconds,
    sub: accountUserName(namespace, account),
  };
}

/** A random UUID out of the letters that the server draws. */
function newId({ random }: AdmissionContext): string {
  const letters = random(ID_DIGITS);
  let hex = '';
  for (let i = 0; i < ID_DIGITS; i++) hex += HEX[letters.charCodeAt(i) & 15];
  const variant = HEX[8 + (letters.charCodeAt(16) & 3)] as string;
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`];
  return [...parts, variant + hex.slice(17, 20), hex.slice(20)].join('-');
}
