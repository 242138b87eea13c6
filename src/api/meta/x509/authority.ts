/**
 * The cluster's certificate authority: a key, a certificate of its own, and the certificates it issues.
 *
 * Models:     pkg/controller/certificates/authority authority.go, policies.go (v1.36); Go crypto/x509
 *             CreateCertificate (order of the extensions)
 * Simplified: the key is one on P-256, where kubeadm makes an RSA key
 *
 * Everything follows from the run's seed and its beginning: the same run has the same certificates.
 */

import { sha1 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { encodeUtf8 } from '../utf8.ts';
import {
  bitString,
  bytesToBigInt,
  children,
  concat,
  element,
  GENERALIZED_TIME,
  integer,
  octetString,
  oid,
  sequence,
  SET,
  single,
  UTC_TIME,
  UTF8_STRING,
} from './der.ts';
import { ECDSA_SHA256, ecPrivateKeyInfo, ecPublicKeyInfo } from './keys.ts';
import { p256 } from './p256.ts';
import { encodePem } from './pem.ts';
import { type CertificateRequest, SUBJECT_ALT_NAME } from './request.ts';

export const AUTHORITY_KEY_STREAM = 'certificate-authority-key';

const TEN_YEARS_MS = 10 * 365 * 24 * 3_600_000; // kubeadm CACertificateValidityPeriod
const BACKDATE_MS = 5 * 60_000; // signer.go Backdate
const SHORT_MS = 8 * 3_600_000; // signer.go Short

const COMMON_NAME = '2.5.4.3';
const KEY_USAGE = '2.5.29.15';
const EXT_KEY_USAGE = '2.5.29.37';
const BASIC_CONSTRAINTS = '2.5.29.19';
const SUBJECT_KEY_ID = '2.5.29.14';
const AUTHORITY_KEY_ID = '2.5.29.35';

/** Numbers of the bits of KeyUsage, from the left. */
const USAGE_BITS: Readonly<Record<string, number>> = {
  signing: 0,
  'digital signature': 0,
  'content commitment': 1,
  'key encipherment': 2,
  'data encipherment': 3,
  'key agreement': 4,
  'cert sign': 5,
  'crl sign': 6,
  'encipher only': 7,
  'decipher only': 8,
};

const EXT_USAGES: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

export interface Issue {
  readonly request: CertificateRequest;
  readonly usages: readonly string[];
  readonly nowMs: number;
  readonly lifetimeMs: number;
  /** Sixteen random bytes. */
  readonly serial: Uint8Array;
}

export class CertificateAuthority {
  readonly #secret: Uint8Array;
  readonly #point: Uint8Array;
  readonly #name: Uint8Array;
  readonly #keyId: Uint8Array;
  readonly #notAfterMs: number;
  /** Its own certificate, as PEM. */
  readonly certificate: string;

  /** |seed|: 48 bytes or more; |fromMs|: when its certificate begins to be good. */
  constructor(seed: Uint8Array, fromMs: number) {
    this.#secret = p256.utils.randomSecretKey(seed);
    this.#point = p256.getPublicKey(this.#secret, false);
    this.#name = sequence(
      element(SET, sequence(oid(COMMON_NAME), element(UTF8_STRING, encodeUtf8('kubernetes')))),
    );
    this.#keyId = sha1(this.#point);
    this.#notAfterMs = fromMs + TEN_YEARS_MS;
    const extensions = [
      usageExtension(['digital signature', 'key encipherment', 'cert sign']),
      extension(BASIC_CONSTRAINTS, true, sequence(Uint8Array.of(1, 1, 0xff))),
      extension(SUBJECT_KEY_ID, false, octetString(this.#keyId)),
    ];
    const key = ecPublicKeyInfo(this.#point);
    const serial = sha256(this.#point).subarray(0, 8);
    this.certificate = this.#sign(serial, this.#name, key, fromMs, this.#notAfterMs, extensions);
  }

  /** The key as PEM, for whoever serves TLS in the cluster's name. */
  get privateKey(): string {
    return encodePem('PRIVATE KEY', ecPrivateKeyInfo(this.#secret, this.#point));
  }

  /** A certificate for |request|, as PEM. */
  issue({ request, usages, nowMs, lifetimeMs, serial }: Issue): string {
    const wanted = nowMs + lifetimeMs - (lifetimeMs < SHORT_MS ? 0 : BACKDATE_MS);
    const extensions = [
      ...(usages.some((usage) => usage in USAGE_BITS) ? [usageExtension(usages)] : []),
      ...(usages.some((usage) => usage in EXT_USAGES) ? [extUsageExtension(usages)] : []),
      extension(BASIC_CONSTRAINTS, true, sequence()),
      extension(AUTHORITY_KEY_ID, false, sequence(element(0x80, this.#keyId))),
      ...(request.rawNames ? [extension(SUBJECT_ALT_NAME, false, request.rawNames)] : []),
    ];
    return this.#sign(
      serial,
      request.rawSubject,
      request.rawKey,
      nowMs - BACKDATE_MS,
      Math.min(wanted, this.#notAfterMs),
      extensions,
    );
  }

  #sign(
    serial: Uint8Array,
    subject: Uint8Array,
    key: Uint8Array,
    fromMs: number,
    untilMs: number,
    extensions: readonly Uint8Array[],
  ): string {
    const algorithm = sequence(oid(ECDSA_SHA256));
    const body = sequence(
      element(0xa0, integer(2)),
      integer(bytesToBigInt(serial)),
      algorithm,
      this.#name,
      sequence(time(fromMs), time(untilMs)),
      subject,
      key,
      element(0xa3, sequence(...extensions)),
    );
    const signature = p256.sign(body, this.#secret, { format: 'der' });
    return encodePem('CERTIFICATE', sequence(body, algorithm, bitString(signature)));
  }
}

/** When a certificate (DER) ends to be good, in milliseconds since 1970. */
export function notAfterMs(certificate: Uint8Array): number {
  const [body] = children(single(certificate));
  const fields = children(body).filter((field) => field.tag !== 0xa0);
  const [, until] = children(fields[3]);
  const text = String.fromCharCode(...(until?.content ?? []));
  const full = until?.tag === UTC_TIME ? `${text < '5' ? '20' : '19'}${text}` : text;
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

const YEAR_2050_MS = Date.parse('2050-01-01T00:00:00Z');

function time(ms: number): Uint8Array {
  const digits = new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return ms < YEAR_2050_MS
    ? element(UTC_TIME, encodeUtf8(`${digits.slice(2)}Z`))
    : element(GENERALIZED_TIME, encodeUtf8(`${digits}Z`));
}

function extension(id: string, critical: boolean, value: Uint8Array): Uint8Array {
  const flag = critical ? [Uint8Array.of(1, 1, 0xff)] : [];
  return sequence(oid(id), ...flag, octetString(value));
}

function usageExtension(usages: readonly string[]): Uint8Array {
  const bits = usages.flatMap((usage) => USAGE_BITS[usage] ?? []);
  const last = Math.max(...bits);
  const bytes = new Uint8Array((last >> 3) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return extension(KEY_USAGE, true, bitString(bytes, 7 - (last & 7)));
}

function extUsageExtension(usages: readonly string[]): Uint8Array {
  const ids = [...new Set(usages.flatMap((usage) => EXT_USAGES[usage] ?? []))];
  return extension(EXT_KEY_USAGE, false, concat([sequence(...ids.map(oid))]));
}
