/**
 * PEM blocks in requests and certificates. What is inside (DER) is looked at where it is signed.
 *
 * Models:     pkg/apis/certificates helpers.go ParseCSR, validation validateCSR, validateCertificate
 *             (v1.36), Go encoding/pem
 * Simplified: neither the DER within nor the request's signature is checked
 */
import { goQuote } from '../../meta/go-text.ts';
import { decodeBase64 } from '../../meta/utf8.ts';

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
  const [block] = blocksOf(base64);
  const isRequest = block?.type === 'CERTIFICATE REQUEST';
  return isRequest ? '' : 'PEM block type must be CERTIFICATE REQUEST';
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
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : '';
}
