/**
 * Bearer tokens: fixed ones, those of service accounts, and those that live in Secrets.
 *
 * Models:     pkg/serviceaccount jwt.go, claims.go, legacy.go; k8s.io/apiserver
 *             pkg/authentication/token/cache (v1.36)
 * Simplified: the day on which a Secret's token was last used is not written on the Secret
 */
import {
  BOOTSTRAP_TOKEN_PREFIX,
  bootstrapGroups,
  type BootstrapToken,
  parseBootstrapToken,
} from '../../api/meta/bootstrap-tokens.ts';
import type { Secret } from '../../api/generated/types.ts';
import type { TokenIdentity, TokenRefusal, UserInfo } from '../../api/meta/authorization.ts';
import { quotedList } from '../../api/meta/go-text.ts';
import { type Claims, TokenKey, unverifiedClaims } from '../../api/meta/jwt.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import {
  accountUser,
  accountUserName,
  ISSUER,
  KEY_SEED_BYTES,
  LEGACY_ISSUER,
  TOKEN_KEY_STREAM,
} from '../../api/meta/service-account-names.ts';
import { decodeBase64 } from '../../api/meta/utf8.ts';
import { Rng } from '../../kernel/rng.ts';
import { storageKey } from '../apiserver/resource.ts';
import type { ApiServer } from '../apiserver/server.ts';

/** A token that was good is good for so long without being looked at (TokenSuccessCacheTTL). */
const SUCCESS_CACHE_US = 10_000_000;
const MAX_CACHED_TOKENS = 4_096;
/** Clocks differ: go-jose's DefaultLeeway. */
const LEEWAY_SECONDS = 60;

const OWN_AUDIENCES: readonly string[] = [ISSUER];
const INVALID = 'invalid bearer token';
const INVALIDATED = 'service account token has been invalidated';
const CLAIM = 'kubernetes.io/serviceaccount/';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

interface Cached {
  readonly identity: TokenIdentity;
  readonly until: number;
}

/** A token is not good, and why. */
class BadToken extends Error {
  override readonly name = 'BadToken';
}

export class Tokens {
  readonly #server: ApiServer;
  readonly #fixed: ReadonlyMap<string, UserInfo>;
  readonly #cache = new Map<string, Cached>();
  #key: TokenKey | null = null;

  constructor(server: ApiServer, fixed: Readonly<Record<string, UserInfo>>) {
    this.#server = server;
    this.#fixed = new Map(Object.entries(fixed));
  }

  sign(claims: Claims): string {
    return this.#signer.sign(claims);
  }

  get publicKeys(): readonly Readonly<Record<string, string>>[] {
    return [this.#signer.jwk];
  }

  /** |audiences|: [] = the API server's own. */
  authenticate(token: string, audiences: readonly string[]): TokenIdentity | TokenRefusal {
    const wanted = audiences.length === 0 ? OWN_AUDIENCES : audiences;
    const fixed = this.#fixed.get(token);
    if (fixed) {
      const meant = OWN_AUDIENCES.filter((audience) => wanted.includes(audience));
      return meant.length > 0 ? { user: fixed, audiences: meant } : { error: INVALID };
    }
    const bootstrap = parseBootstrapToken(token);
    if (bootstrap) return this.#bootstrap(bootstrap, wanted);
    const { now } = this.#server.kernel;
    const key = `${wanted.join('\n')}\n\n${token}`;
    const cached = this.#cache.get(key);
    if (cached && cached.until > now) return cached.identity;
    this.#cache.delete(key);
    try {
      const identity = this.#verify(token, wanted);
      if (this.#cache.size >= MAX_CACHED_TOKENS) this.#cache.clear();
      this.#cache.set(key, { identity, until: now + SUCCESS_CACHE_US });
      return identity;
    } catch (error) {
      if (error instanceof BadToken) return { error: error.message };
      throw error;
    }
  }

  /** A new node's token: a Secret says what it is good for (--enable-bootstrap-token-auth). */
  #bootstrap(token: BootstrapToken, wanted: readonly string[]): TokenIdentity | TokenRefusal {
    const secret = this.#find('secrets', 'kube-system', BOOTSTRAP_TOKEN_PREFIX + token.id);
    const groups = secret && bootstrapGroups(secret as Secret, token, this.#server.kernel.nowMs);
    const meant = OWN_AUDIENCES.filter((audience) => wanted.includes(audience));
    if (!groups || meant.length === 0) return { error: INVALID };
    const user = {
      name: `system:bootstrap:${token.id}`,
      groups: [...groups, 'system:authenticated'],
    };
    return { user, audiences: meant };
  }

  get #signer(): TokenKey {
    this.#key ??= new TokenKey(
      new Rng(this.#server.kernel.seed, TOKEN_KEY_STREAM).bytes(KEY_SEED_BYTES),
    );
    return this.#key;
  }

  #verify(token: string, wanted: readonly string[]): TokenIdentity {
    const issuer = unverifiedClaims(token)?.['iss'];
    if (issuer !== ISSUER && issuer !== LEGACY_ISSUER) throw new BadToken(INVALID);
    const verified = this.#signer.verify(token);
    if ('error' in verified) throw new BadToken(verified.error);
    const { claims } = verified;
    const audiences = meantFor(claims, wanted);
    const user = issuer === ISSUER ? this.#account(claims) : this.#legacy(claims, token);
    return { user, audiences };
  }

  #account(claims: Claims): UserInfo {
    checkTimes(claims, Math.floor(this.#server.kernel.nowMs / 1000));
    const bound = (claims['kubernetes.io'] ?? {}) as Bound;
    const { namespace = '', serviceaccount = NOBODY, pod, node, secret } = bound;
    const account = this.#find('serviceaccounts', namespace, serviceaccount.name);
    if (!account) throw new BadToken(`serviceaccounts "${serviceaccount.name}" not found`);
    if (account.metadata.uid !== serviceaccount.uid) {
      throw new BadToken(
        `service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`,
      );
    }
    if (this.#isLongDeleted(account)) {
      throw new BadToken(`service account ${namespace}/${serviceaccount.name} has been deleted`);
    }
    if (secret) this.#checkBound('secrets', 'secret', namespace, secret);
    if (pod) this.#checkBound('pods', 'pod', namespace, pod);
    else if (node) this.#checkBound('nodes', 'node', '', node);
    const id = claims['jti'] as string | undefined;
    return accountUser({ namespace, account: serviceaccount, pod, node, id });
  }

  /** The object that the token lives and dies with. */
  #checkBound(plural: string, part: string, namespace: string, ref: Ref): void {
    const object = this.#find(plural, namespace, ref.name);
    if (!object) throw new BadToken(INVALIDATED);
    if (object.metadata.uid !== ref.uid) {
      throw new BadToken(
        `${part} UID (${object.metadata.uid}) does not match service account ${part} ref claim ` +
          `(${ref.uid})`,
      );
    }
    if (this.#isLongDeleted(object)) throw new BadToken(INVALIDATED);
  }

  #isLongDeleted({ metadata }: KubeObject): boolean {
    if (metadata.deletionTimestamp === undefined) return false;
    const since = this.#server.kernel.nowMs - Date.parse(metadata.deletionTimestamp);
    return since > LEEWAY_SECONDS * 1000;
  }

  #legacy(claims: Claims, token: string): UserInfo {
    const part = (name: string): string => String(claims[CLAIM + name] ?? '');
    const namespace = part('namespace');
    const name = part('service-account.name');
    const uid = part('service-account.uid');
    const secretName = part('secret.name');
    if (claims['sub'] !== accountUserName(namespace, name)) {
      throw new BadToken('sub claim is invalid');
    }
    const secret = this.#find('secrets', namespace, secretName) as Secret | undefined;
    if (!secret || secret.metadata.deletionTimestamp !== undefined) {
      throw new BadToken('Token has been invalidated');
    }
    if (decodeBase64(secret.data?.['token'] ?? '') !== token) {
      throw new BadToken("Token does not match server's copy");
    }
    const account = this.#find('serviceaccounts', namespace, name);
    if (!account) throw new BadToken(`serviceaccounts "${name}" not found`);
    if (account.metadata.deletionTimestamp !== undefined) {
      throw new BadToken(`ServiceAccount ${namespace}/${name} has been deleted`);
    }
    if (account.metadata.uid !== uid) {
      throw new BadToken(
        `ServiceAccount UID (${account.metadata.uid}) does not match claim (${uid})`,
      );
    }
    if (secret.metadata.labels?.[INVALID_SINCE]) {
      throw new BadToken(
        `the token in secret ${namespace}/${secretName} for service account ${namespace}/${name} ` +
          'has been marked invalid. Use tokens from the TokenRequest API or manually created ' +
          `secret-based tokens, or remove the '${INVALID_SINCE}' label from the secret to ` +
          'temporarily allow use of this token',
      );
    }
    return accountUser({ namespace, account: { name, uid } });
  }

  #find(plural: string, namespace: string, name: string): KubeObject | undefined {
    const resource = this.#server.registry.find('', '', plural);
    return resource && this.#server.store.get(storageKey(resource, namespace, name))?.value.object;
  }
}

interface Ref {
  readonly name: string;
  readonly uid: string;
}

/** The claim `kubernetes.io`. */
interface Bound {
  readonly namespace?: string;
  readonly serviceaccount?: Ref;
  readonly pod?: Ref;
  readonly node?: Ref;
  readonly secret?: Ref;
}

const NOBODY: Ref = { name: '', uid: '' };

/** For which of the |wanted| audiences the token is meant. */
function meantFor(claims: Claims, wanted: readonly string[]): readonly string[] {
  const own = claims['aud'];
  // Tokens without audiences are for the API server.
  const audiences =
    own === undefined
      ? OWN_AUDIENCES
      : ((Array.isArray(own) ? own : [own]) as readonly string[]).map(String);
  const meant = audiences.filter((audience) => wanted.includes(audience));
  if (meant.length > 0) return meant;
  throw new BadToken(
    `token audiences ${quotedList(audiences)} is invalid for the target audiences ` +
      quotedList(wanted),
  );
}

function checkTimes(claims: Claims, now: number): void {
  const seconds = (name: string): number | undefined => {
    const value = claims[name];
    return typeof value === 'number' ? value : undefined;
  };
  const starts = seconds('nbf');
  if (starts !== undefined && now + LEEWAY_SECONDS < starts) {
    throw new BadToken('service account token is not valid yet');
  }
  const expires = seconds('exp');
  if (expires !== undefined && now - LEEWAY_SECONDS > expires) {
    throw new BadToken('service account token has expired');
  }
  const issued = seconds('iat');
  if (issued !== undefined && now + LEEWAY_SECONDS < issued) {
    throw new BadToken('service account token is issued in the future');
  }
}
