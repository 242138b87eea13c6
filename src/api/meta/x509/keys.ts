/**
 * Public keys of certificates, and whether they made a signature.
 *
 * Models:     Go crypto/x509 checkSignature (RSA PKCS #1 v1.5, ECDSA, Ed25519)
 * Simplified: no RSA-PSS, no P-224
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { p384, p521 } from '@noble/curves/nist.js';
import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import {
  bitString,
  bytesToBigInt,
  children,
  concat,
  type Der,
  DerError,
  element,
  NULL,
  oid,
  octetString,
  readBigInt,
  readBits,
  readOid,
  sequence,
  single,
} from './der.ts';
import { p256 } from './p256.ts';

const RSA_KEY = '1.2.840.113549.1.1.1';
const EC_KEY = '1.2.840.10045.2.1';
const P256 = '1.2.840.10045.3.1.7';
const P384 = '1.3.132.0.34';
const P521 = '1.3.132.0.35';
const ED25519 = '1.3.101.112';
export const ECDSA_SHA256 = '1.2.840.10045.4.3.2';

type Hash = (bytes: Uint8Array) => Uint8Array;

interface HashKind {
  readonly hash: Hash;
  readonly oid: string;
}

const SHA1: HashKind = { hash: sha1, oid: '1.3.14.3.2.26' };
const SHA256: HashKind = { hash: sha256, oid: '2.16.840.1.101.3.4.2.1' };
const SHA384: HashKind = { hash: sha384, oid: '2.16.840.1.101.3.4.2.2' };
const SHA512: HashKind = { hash: sha512, oid: '2.16.840.1.101.3.4.2.3' };

/** Signature algorithms: what hashes, and what kind of key signs. */
const ALGORITHMS: Readonly<Record<string, { readonly key: string; readonly hash: HashKind }>> = {
  '1.2.840.113549.1.1.5': { key: RSA_KEY, hash: SHA1 },
  '1.2.840.113549.1.1.11': { key: RSA_KEY, hash: SHA256 },
  '1.2.840.113549.1.1.12': { key: RSA_KEY, hash: SHA384 },
  '1.2.840.113549.1.1.13': { key: RSA_KEY, hash: SHA512 },
  '1.2.840.10045.4.1': { key: EC_KEY, hash: SHA1 },
  [ECDSA_SHA256]: { key: EC_KEY, hash: SHA256 },
  '1.2.840.10045.4.3.3': { key: EC_KEY, hash: SHA384 },
  '1.2.840.10045.4.3.4': { key: EC_KEY, hash: SHA512 },
  [ED25519]: { key: ED25519, hash: SHA512 },
};

const CURVES = { [P256]: p256, [P384]: p384, [P521]: p521 };

/** SubjectPublicKeyInfo of a point on P-256. */
export function ecPublicKeyInfo(point: Uint8Array): Uint8Array {
  return sequence(sequence(oid(EC_KEY), oid(P256)), bitString(point));
}

/** PKCS #8 and SEC 1 form of a secret key of P-256. */
export function ecPrivateKeyInfo(secret: Uint8Array, point: Uint8Array): Uint8Array {
  const key = sequence(
    Uint8Array.of(2, 1, 1),
    octetString(secret),
    element(0xa1, bitString(point)),
  );
  return sequence(Uint8Array.of(2, 1, 0), sequence(oid(EC_KEY), oid(P256)), octetString(key));
}

/** '' when |signature| over |signed| was made with the key; else Go's complaint. */
export function checkSignature(
  algorithm: Der | undefined,
  keyInfo: Der | undefined,
  signed: Uint8Array,
  signature: Uint8Array,
): string {
  const known = ALGORITHMS[readOid(children(algorithm)[0])];
  if (!known) return 'x509: cannot verify signature: algorithm unimplemented';
  const [keyAlgorithm, bits] = children(keyInfo);
  const [keyOid, parameters] = children(keyAlgorithm);
  const keyKind = readOid(keyOid);
  if (keyKind !== known.key) {
    return 'x509: signature algorithm specifies a different public key type than the one given';
  }
  if (known.hash === SHA1) {
    const name = keyKind === RSA_KEY ? 'SHA1-RSA' : 'ECDSA-SHA1';
    return `x509: cannot verify signature: insecure algorithm ${name}`;
  }
  const key = readBits(bits);
  switch (keyKind) {
    case RSA_KEY:
      return rsaVerifies(key, known.hash, signed, signature)
        ? ''
        : 'crypto/rsa: verification error';
    case EC_KEY:
      return ecVerifies(readOid(parameters), key, known.hash.hash(signed), signature)
        ? ''
        : 'x509: ECDSA verification failure';
    default:
      return edVerifies(key, signed, signature) ? '' : 'x509: Ed25519 verification failure';
  }
}

function ecVerifies(
  curve: string,
  key: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const found = CURVES[curve as keyof typeof CURVES];
  if (!found) throw new DerError('x509: unsupported elliptic curve');
  try {
    const options = { lowS: false, prehash: false, format: 'der' } as const;
    return found.verify(signature, digest, key, options);
  } catch {
    // Numbers out of range are no signature.
    return false;
  }
}

function edVerifies(key: Uint8Array, signed: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, signed, key);
  } catch {
    // Points off the curve are no signature.
    return false;
  }
}

/** PKCS #1 v1.5: the signature to the public exponent is the padded hash. */
function rsaVerifies(
  key: Uint8Array,
  kind: HashKind,
  signed: Uint8Array,
  signature: Uint8Array,
): boolean {
  const [modulus, exponent] = children(single(key)).map(readBigInt);
  if (modulus === undefined || exponent === undefined || modulus <= 0n) return false;
  const size = Math.ceil(modulus.toString(16).length / 2);
  if (signature.length !== size) return false;
  const digestInfo = sequence(
    sequence(oid(kind.oid), element(NULL)),
    octetString(kind.hash(signed)),
  );
  const padding = new Uint8Array(Math.max(8, size - digestInfo.length - 3)).fill(0xff);
  const expected = concat([Uint8Array.of(0, 1), padding, Uint8Array.of(0), digestInfo]);
  return power(bytesToBigInt(signature), exponent, modulus) === bytesToBigInt(expected);
}

/** Public exponents are small; a large one is somebody's joke. */
const MAX_EXPONENT_BITS = 64;

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  const bits = exponent.toString(2);
  if (bits.length > MAX_EXPONENT_BITS) return -1n;
  let result = 1n;
  for (const bit of bits) {
    result = (result * result) % modulus;
    if (bit === '1') result = (result * base) % modulus;
  }
  return result;
}
