/**
 * Certificate requests (PKCS #10): who asks for a certificate, and for which names.
 *
 * Models:     Go crypto/x509 ParseCertificateRequest, pkg/apis/certificates helpers.go ParseCSR (v1.36)
 * Simplified: of the requested extensions only the alternative names are looked at
 */
import { decodeUtf8 } from '../utf8.ts';
import {
  children,
  type Der,
  DerError,
  elements,
  expect,
  OCTET_STRING,
  OID,
  readBits,
  readOid,
  SET,
  single,
} from './der.ts';
import { checkSignature } from './keys.ts';
import { decodePem } from './pem.ts';

const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';
const SERIAL_NUMBER = '2.5.4.5';
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';
export const SUBJECT_ALT_NAME = '2.5.29.17';

export interface SubjectName {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly serialNumber: string;
}

export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly emails: readonly string[];
  readonly uris: readonly string[];
  /** Four or sixteen bytes each. */
  readonly addresses: readonly Uint8Array[];
}

export interface CertificateRequest {
  readonly subject: SubjectName;
  /** Name and public key as they stand in the request. */
  readonly rawSubject: Uint8Array;
  readonly rawKey: Uint8Array;
  readonly names: AlternativeNames;
  /** The extension's value as it stands in the request; null = there is none. */
  readonly rawNames: Uint8Array | null;
  /** '' = the signature is that of the key. */
  readonly signatureError: string;
}

/** |text| holds the request as PEM. Throws DerError with Go's complaint. */
export function parseRequest(text: string): CertificateRequest {
  const block = decodePem(text);
  if (block?.type !== 'CERTIFICATE REQUEST') {
    throw new DerError('PEM block type must be CERTIFICATE REQUEST');
  }
  const [info, algorithm, signature] = children(single(block.bytes));
  const [, subject, key, attributes] = children(info);
  const rawNames = attributes?.tag === 0xa0 ? requestedNames(attributes) : null;
  return {
    subject: readName(subject),
    rawSubject: expect(subject, 0x30).whole,
    rawKey: expect(key, 0x30).whole,
    names: rawNames ? readAlternativeNames(rawNames) : NO_NAMES,
    rawNames,
    signatureError: checkSignature(algorithm, key, expect(info, 0x30).whole, readBits(signature)),
  };
}

const NO_NAMES: AlternativeNames = { dns: [], emails: [], uris: [], addresses: [] };

export function readName(name: Der | undefined): SubjectName {
  const values: Record<string, string[]> = {};
  for (const set of children(name)) {
    for (const attribute of children(set, SET)) {
      const [type, value] = children(attribute);
      (values[readOid(type)] ??= []).push(decodeUtf8(value?.content ?? new Uint8Array()));
    }
  }
  return {
    commonName: values[COMMON_NAME]?.at(-1) ?? '',
    organizations: values[ORGANIZATION] ?? [],
    serialNumber: values[SERIAL_NUMBER]?.at(-1) ?? '',
  };
}

function requestedNames(attributes: Der): Uint8Array | null {
  for (const attribute of elements(attributes.content)) {
    const [type, values] = children(attribute);
    if (readOid(type) !== EXTENSION_REQUEST) continue;
    const [extensions] = children(values, SET);
    for (const extension of children(extensions)) {
      const parts = children(extension);
      if (readOid(expect(parts[0], OID)) !== SUBJECT_ALT_NAME) continue;
      return expect(parts.at(-1), OCTET_STRING).content;
    }
  }
  return null;
}

/** Context tags of a GeneralName. */
const EMAIL = 0x81;
const DNS = 0x82;
const URI = 0x86;
const ADDRESS = 0x87;

function readAlternativeNames(bytes: Uint8Array): AlternativeNames {
  const all = children(single(bytes));
  const texts = (tag: number): readonly string[] =>
    all.filter((name) => name.tag === tag).map((name) => decodeUtf8(name.content));
  return {
    dns: texts(DNS),
    emails: texts(EMAIL),
    uris: texts(URI),
    addresses: all.filter((name) => name.tag === ADDRESS).map((name) => name.content),
  };
}
