/**
 * JSON Web Tokens in compact form, signed with ECDSA over P-256 (ES256).
 *
 * Models:     k8s.io/kubernetes pkg/serviceaccount jwt.go, openidmetadata.go (v1.36); RFC 7515, 7518
 * Simplified: the usual key of service accounts is an RSA key; both are allowed
 *
 * Signatures are deterministic (RFC 6979): the same key and claims give the same token.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { decodeBase64Bytes, decodeUtf8, encodeBase64Bytes, encodeUtf8 } from './utf8.ts';
import { ecPublicKeyInfo } from './x509/keys.ts';
import { p256 } from './x509/p256.ts';

export type Claims = Readonly<Record<string, unknown>>;

export type VerifiedToken = { readonly claims: Claims } | { readonly error: string };

/** What go-jose says of a signature that is not the key's. */
const BAD_SIGNATURE = 'go-jose/go-jose: error in cryptographic primitive';

export class TokenKey {
  readonly #secret: Uint8Array;
  #public: Uint8Array | null = null;
  #id = '';

  /** |seed|: 48 bytes or more that nobody else knows. */
  constructor(seed: Uint8Array) {
    this.#secret = p256.utils.randomSecretKey(seed);
  }

  /** The uncompressed point. */
  get publicKey(): Uint8Array {
    this.#public ??= p256.getPublicKey(this.#secret, false);
    return this.#public;
  }

  /** Hash of the public key, as upstream names keys. */
  get id(): string {
    if (this.#id === '') this.#id = base64Url(sha256(ecPublicKeyInfo(this.publicKey)));
    return this.#id;
  }

  /** The public key as a JSON Web Key. */
  get jwk(): Readonly<Record<string, string>> {
    const point = this.publicKey;
    return {
      use: 'sig',
      kty: 'EC',
      kid: this.id,
      crv: 'P-256',
      alg: 'ES256',
      x: base64Url(point.subarray(1, 33)),
      y: base64Url(point.subarray(33)),
    };
  }

  sign(claims: Claims): string {
    const header = JSON.stringify({ alg: 'ES256', kid: this.id });
    const signed = `${base64UrlText(header)}.${base64UrlText(JSON.stringify(claims))}`;
    return `${signed}.${base64Url(p256.sign(encodeUtf8(signed), this.#secret))}`;
  }

  verify(token: string): VerifiedToken {
    const [header = '', payload = '', signature = ''] = token.split('.');
    const kind = parseJsonObject(header);
    if (kind?.['alg'] !== 'ES256') return { error: BAD_SIGNATURE };
    if (kind['kid'] !== undefined && kind['kid'] !== this.id) {
      return { error: 'invalid signature, no keys found' };
    }
    const bytes = fromBase64Url(signature);
    const signed = encodeUtf8(`${header}.${payload}`);
    if (bytes?.length !== 64 || !isSignature(bytes, signed, this.publicKey)) {
      return { error: BAD_SIGNATURE };
    }
    const claims = parseJsonObject(payload);
    return claims ? { claims } : { error: BAD_SIGNATURE };
  }
}

/** The claims of |token|, whoever signed it; null when it is no token. */
export function unverifiedClaims(token: string): Claims | null {
  const parts = token.split('.');
  return parts.length === 3 ? parseJsonObject(parts[1] as string) : null;
}

function isSignature(signature: Uint8Array, signed: Uint8Array, key: Uint8Array): boolean {
  try {
    // Signers elsewhere do not choose the lower of the two values of s.
    return p256.verify(signature, signed, key, { lowS: false });
  } catch {
    // Numbers out of range are no signature either.
    return false;
  }
}

function parseJsonObject(base64: string): Claims | null {
  const bytes = fromBase64Url(base64);
  if (!bytes) return null;
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return value as Claims;
  } catch {
    // Not JSON: not a token.
    return null;
  }
}

const URL_ALPHABET = /^[A-Za-z0-9_-]*$/;

function fromBase64Url(text: string): Uint8Array | null {
  if (!URL_ALPHABET.test(text)) return null;
  return decodeBase64Bytes(text.replaceAll('-', '+').replaceAll('_', '/'));
}

function base64UrlText(text: string): string {
  return base64Url(encodeUtf8(text));
}

function base64Url(bytes: Uint8Array): string {
  return encodeBase64Bytes(bytes).replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
}
