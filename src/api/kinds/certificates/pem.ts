/**
 * What requests and certificates must hold.
 *
 * Models:     pkg/apis/certificates helpers.go ParseCSR, validation validateCSR, validateCertificate
 *             (v1.36), Go encoding/pem
 * Simplified: of a certificate only the outermost DER is checked
 */
import { goQuote } from '../../meta/go-text.ts';
import { decodeBase64 } from '../../meta/utf8.ts';
import { children, DerError, single } from '../../meta/x509/der.ts';
import { decodePem } from '../../meta/x509/pem.ts';
import { parseRequest } from '../../meta/x509/request.ts';

const BLOCK = /-----BEGIN ([^\n]*?)-----[ \t]*\r?\n([\s\S]*?)-----END \1-----/g;
const HEADER = /^[^\n:]+:/;

interface PemBlock {
  readonly type: string;
  readonly body: string;
}

function blocksOf(base64: string): readonly PemBlock[] {
  return [...decodeBase64(base64).matchAll(BLOCK)].map(([, type = '', body = '']) => ({
    type,
    body,
  }));
}

/** Why |base64|, a field of bytes, holds no certificate request; '' = it does. */
export function requestComplaint(base64: string): string {
  try {
    return parseRequest(decodeBase64(base64)).signatureError;
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
}

/** Why |base64| holds no chain of certificates; '' = it does. */
export function certificateComplaint(base64: string): string {
  if (base64 === '') return '';
  const blocks = blocksOf(base64);
  for (const { type, body } of blocks) {
    if (type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${goQuote(type)}`;
    }
    if (HEADER.test(body)) return 'no PEM block headers are permitted';
  }
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  return bodiesComplaint(decodeBase64(base64));
}

/** Each block must be a certificate as far as its outermost form goes. */
function bodiesComplaint(text: string): string {
  try {
    for (let block = decodePem(text); block; block = decodePem(block.rest)) {
      if (children(single(block.bytes)).length !== 3) return 'x509: malformed certificate';
    }
    return '';
  } catch (error) {
    if (error instanceof DerError) return 'x509: malformed certificate';
    throw error;
  }
}
