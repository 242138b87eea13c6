/** Requests, certificates and tokens, checked by Node's own cryptography. */
import { createPublicKey, createVerify, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from '../utf8.ts';
import { TokenKey } from '../jwt.ts';
import { CertificateAuthority, notAfterMs } from './authority.ts';
import { decodePem } from './pem.ts';
import { parseRequest } from './request.ts';

const SEED = new Uint8Array(48).fill(7);
const NOW_MS = Date.parse('2026-01-01T00:00:00Z');

function recordedRequest(): string {
  const file = path.join(
    import.meta.dirname,
    '../../../testing/goldens/api/objects/certificatesigningrequest.json',
  );
  const golden = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    request: { body: { spec: { request: string } } };
  };
  return decodeBase64(golden.request.body.spec.request);
}

describe('a certificate request', () => {
  it('tells who asks, and was signed by them', () => {
    const request = parseRequest(recordedRequest());
    expect(request.subject).toEqual({
      commonName: 'bob',
      organizations: ['devs'],
      serialNumber: '',
    });
    expect(request.signatureError).toBe('');
  });

  it('that somebody has changed is noticed', () => {
    const block = decodePem(recordedRequest());
    const bytes = Uint8Array.from(block?.bytes ?? []);
    const at = bytes.findIndex((byte, i) => byte === 0x62 && bytes[i + 1] === 0x6f);
    bytes[at] = 0x63;
    const text = Buffer.from(bytes).toString('base64');
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(parseRequest(pem).signatureError).toBe('crypto/rsa: verification error');
  });
});

describe('the authority', () => {
  const authority = new CertificateAuthority(SEED, NOW_MS - 3_600_000);
  const own = new X509Certificate(authority.certificate);

  it('has a certificate of its own', () => {
    expect(own.subject).toBe('CN=kubernetes');
    expect(own.ca).toBe(true);
    expect(own.verify(own.publicKey)).toBe(true);
  });

  it('issues certificates for a while', () => {
    const pem = authority.issue({
      request: parseRequest(recordedRequest()),
      usages: ['client auth', 'digital signature'],
      nowMs: NOW_MS,
      lifetimeMs: 86_400_000,
      serial: new Uint8Array(16).fill(0x91),
    });
    const issued = new X509Certificate(pem);
    expect(issued.subject).toBe('CN=bob\nO=devs');
    expect(issued.ca).toBe(false);
    expect(issued.checkIssued(own)).toBe(true);
    expect(issued.verify(own.publicKey)).toBe(true);
    expect(issued.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(Date.parse(issued.validTo)).toBe(NOW_MS + 86_400_000 - 300_000);
    expect(notAfterMs(decodePem(pem)?.bytes ?? new Uint8Array())).toBe(Date.parse(issued.validTo));
    expect(issued.serialNumber).toBe('91'.repeat(16));
  });
});

describe('a token', () => {
  const key = new TokenKey(SEED);
  const token = key.sign({ sub: 'somebody' });

  it('can be checked by anybody who has the public key', () => {
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const publicKey = createPublicKey({ key: { ...key.jwk }, format: 'jwk' });
    const verify = createVerify('sha256').update(`${header}.${payload}`);
    const encoded = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
    expect(verify.verify(encoded, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(key.verify(token)).toEqual({ claims: { sub: 'somebody' } });
  });

  it('of another key, or changed, is none', () => {
    const other = new TokenKey(new Uint8Array(48).fill(8)).sign({ sub: 'somebody' });
    expect(key.verify(other)).toHaveProperty('error');
    const [header, , signature] = token.split('.') as [string, string, string];
    const payload = Buffer.from('{"sub":"else"}').toString('base64url');
    expect(key.verify(`${header}.${payload}.${signature}`)).toHaveProperty('error');
  });
});
