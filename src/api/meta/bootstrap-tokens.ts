/**
 * Bootstrap tokens: Secrets with which new nodes join. Who may use one, until when, and the signature
 * that is made with one.
 *
 * Models: k8s.io/cluster-bootstrap token/api types.go, util/secrets secrets.go, token/jws jws.go (v0.36)
 */
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Secret } from '../generated/types.ts';
import { parseTime } from './time.ts';
import { decodeBase64, encodeBase64Bytes, encodeUtf8 } from './utf8.ts';

export const BOOTSTRAP_TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
export const BOOTSTRAP_TOKEN_PREFIX = 'bootstrap-token-';
const NAME = /^bootstrap-token-([a-z0-9]{6})$/;
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const DEFAULT_GROUP = 'system:bootstrappers';
const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

export interface BootstrapToken {
  readonly id: string;
  readonly secret: string;
}

export function isBootstrapToken({ type }: Secret): boolean {
  return type === BOOTSTRAP_TOKEN_TYPE;
}

/** `abcdef.0123456789abcdef`; null: no token of this kind. */
export function parseBootstrapToken(text: string): BootstrapToken | null {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id === undefined || secret === undefined ? null : { id, secret };
}

function dataOf({ data }: Secret, key: string): string {
  const value = data?.[key];
  return value === undefined ? '' : decodeBase64(value);
}

/** Milliseconds that are left, 0 when it has expired; null: it never does. */
export function bootstrapTokenLeftMs(secret: Secret, nowMs: number): number | null {
  const expiration = dataOf(secret, 'expiration');
  if (expiration === '') return null;
  // What cannot be read counts as expired.
  if (!RFC3339.test(expiration)) return 0;
  const left = parseTime(expiration) - nowMs;
  return left > 0 ? left : 0;
}

/** The token, if it may be used for signing. */
export function signingToken(secret: Secret, nowMs: number): BootstrapToken | null {
  const [, named] = NAME.exec(secret.metadata.name) ?? [];
  const id = dataOf(secret, 'token-id');
  const value = dataOf(secret, 'token-secret');
  if (named === undefined || id !== named || value === '') return null;
  if (bootstrapTokenLeftMs(secret, nowMs) === 0) return null;
  return dataOf(secret, 'usage-bootstrap-signing') === 'true' ? { id, secret: value } : null;
}

/** Groups of who comes with |token|, or null: the Secret does not let it in. */
export function bootstrapGroups(
  secret: Secret,
  token: BootstrapToken,
  nowMs: number,
): readonly string[] | null {
  if (secret.metadata.deletionTimestamp !== undefined || !isBootstrapToken(secret)) return null;
  if (dataOf(secret, 'token-secret') !== token.secret) return null;
  if (dataOf(secret, 'token-id') !== token.id) return null;
  if (bootstrapTokenLeftMs(secret, nowMs) === 0) return null;
  if (dataOf(secret, 'usage-bootstrap-authentication') !== 'true') return null;
  const text = dataOf(secret, 'auth-extra-groups');
  const extra = text === '' ? [] : text.split(',');
  if (!extra.every((group) => GROUP.test(group))) return null;
  return [...new Set([DEFAULT_GROUP, ...extra])].sort();
}

/** A JSON Web Signature without what is signed (RFC 7515, appendix F). */
export function detachedSignature(content: string, { id, secret }: BootstrapToken): string {
  const header = base64Url(encodeUtf8(JSON.stringify({ alg: 'HS256', kid: id })));
  const signed = encodeUtf8(`${header}.${base64Url(encodeUtf8(content))}`);
  return `${header}..${base64Url(hmac(sha256, encodeUtf8(secret), signed))}`;
}

function base64Url(bytes: Uint8Array): string {
  return encodeBase64Bytes(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
