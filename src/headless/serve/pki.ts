/**
 * The authority of a cluster behind TLS, the server's certificate and the administrator's.
 *
 * Models:     kubeadm certs (v1.36): names, key usages, a year for leaves and ten for the authority
 * Simplified: one authority signs servers and clients; elliptic keys, which are quick to make
 */
import { webcrypto, X509Certificate } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type * as X509Library from '@peculiar/x509';

/** Loaded at run time, so that plain http never does. */
type X509 = typeof X509Library;
type KeyPair = webcrypto.CryptoKeyPair;

export interface Pki {
  readonly ca: string;
  readonly caKey: string;
  readonly serverCert: string;
  readonly serverKey: string;
  readonly adminCert: string;
  readonly adminKey: string;
}

const FILES: Readonly<Record<keyof Pki, string>> = {
  ca: 'ca.crt',
  caKey: 'ca.key',
  serverCert: 'apiserver.crt',
  serverKey: 'apiserver.key',
  adminCert: 'admin.crt',
  adminKey: 'admin.key',
};

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** CertificateValidity and CACertificateValidity of kubeadm: one and ten years. */
const LEAF_DAYS = 365;
const CA_DAYS = 3_650;
/** Made again when less than this is left. */
const RENEW_DAYS = 30;
/** Clocks differ. */
const BACKDATED_MS = 300_000;

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const SERVER_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
];
/** Loopback, and the first address of the service range. */
const SERVER_ADDRESSES = ['127.0.0.1', '::1', '10.96.0.1'];

/** Reads what |dir| keeps, or makes it (and keeps it there); '' = nowhere. */
export async function authority(dir: string, host: string): Promise<Pki> {
  const kept = dir === '' ? null : read(dir);
  if (kept && isGood(kept, host)) return kept;
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  const pki = await make(x509, host, kept);
  if (dir !== '') write(dir, pki);
  return pki;
}

async function make(x509: X509, host: string, kept: Pki | null): Promise<Pki> {
  const old = kept ? await authorityOf(x509, kept) : null;
  const { cert, keys, pem, keyPem } = old ?? (await newAuthority(x509));
  const leaf = async (
    subject: string,
    usage: string,
    names: readonly string[],
    addresses: readonly string[],
  ): Promise<{ cert: string; key: string }> => {
    const own = (await webcrypto.subtle.generateKey(ALGORITHM, true, [
      'sign',
      'verify',
    ])) as KeyPair;
    const alternatives = [
      ...names.map((value) => ({ type: 'dns' as const, value })),
      ...addresses.map((value) => ({ type: 'ip' as const, value })),
    ];
    const made = await x509.X509CertificateGenerator.create({
      subject,
      issuer: cert.subject,
      notBefore: new Date(Date.now() - BACKDATED_MS),
      notAfter: new Date(Date.now() + LEAF_DAYS * DAY_MS),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(alternatives.length > 0
          ? [new x509.SubjectAlternativeNameExtension(alternatives)]
          : []),
        await x509.AuthorityKeyIdentifierExtension.create(cert),
      ],
    });
    return { cert: made.toString('pem'), key: await pemOf(own) };
  };
  const isAddress = /^[\d.]+$|:/.test(host);
  const hosts = isAddress ? [os.hostname()] : [os.hostname(), host];
  const names = [...new Set([...SERVER_NAMES, ...hosts])];
  const addresses = [...new Set([...SERVER_ADDRESSES, ...(isAddress ? [host] : [])])];
  const server = await leaf('CN=kube-apiserver', SERVER_AUTH, names, addresses);
  const admin = await leaf('O=system:masters, CN=kubernetes-admin', CLIENT_AUTH, [], []);
  return {
    ca: pem,
    caKey: keyPem,
    serverCert: server.cert,
    serverKey: server.key,
    adminCert: admin.cert,
    adminKey: admin.key,
  };
}

interface Authority {
  readonly cert: InstanceType<X509['X509Certificate']>;
  readonly keys: { readonly privateKey: webcrypto.CryptoKey };
  readonly pem: string;
  readonly keyPem: string;
}

async function newAuthority(x509: X509): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as KeyPair;
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubernetes',
    notBefore: new Date(Date.now() - BACKDATED_MS),
    notAfter: new Date(Date.now() + CA_DAYS * DAY_MS),
    keys: keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert, keys, pem: cert.toString('pem'), keyPem: await pemOf(keys) };
}

/** The kept authority goes on signing: clients that trust it keep working. */
async function authorityOf(x509: X509, kept: Pki): Promise<Authority> {
  const der = Buffer.from(kept.caKey.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  const privateKey = await webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, true, ['sign']);
  const cert = new x509.X509Certificate(kept.ca);
  return { cert, keys: { privateKey }, pem: kept.ca, keyPem: kept.caKey };
}

async function pemOf(keys: KeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
}

function isGood({ serverCert, adminCert }: Pki, host: string): boolean {
  const limit = Date.now() + RENEW_DAYS * DAY_MS;
  const server = new X509Certificate(serverCert);
  const admin = new X509Certificate(adminCert);
  if (Date.parse(server.validTo) < limit || Date.parse(admin.validTo) < limit) return false;
  return (server.checkHost(host) ?? server.checkIP(host)) !== undefined;
}

function read(dir: string): Pki | null {
  const pki: Partial<Record<keyof Pki, string>> = {};
  for (const [name, file] of Object.entries(FILES)) {
    const full = path.join(dir, file);
    if (!fs.existsSync(full)) return null;
    pki[name as keyof Pki] = fs.readFileSync(full, 'utf8');
  }
  return pki as Pki;
}

/** The authority's key comes last: a start that was interrupted begins again. */
function write(dir: string, pki: Pki): void {
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const [name, file] of Object.entries(FILES)) {
    if (name !== 'caKey')
      fs.writeFileSync(path.join(dir, file), pki[name as keyof Pki], { mode: 0o600 });
  }
  fs.writeFileSync(path.join(dir, FILES.caKey), pki.caKey, { mode: 0o600 });
}
