/**
 * The registries that exist: how each is reached, how it asks who calls, and which of its
 * repositories are not for everybody. Whatever is not listed here has no address.
 *
 * Models: the namespaces of goldens/node (README, "Images the cases use"), the private images of
 * Kubernetes' documentation (pull-image-private-registry, concepts/containers/images) and of its
 * test suite (AgnhostPrivate of test/utils/image/manifest.go, v1.36).
 */

/** How a registry asks for credentials: a token of its authorisation server, or basic. */
export type Challenge = 'token' | 'basic';

export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface PrivateArea {
  /** Repositories that begin like this, without the domain. */
  readonly prefix: string;
  readonly accounts: readonly Account[];
}

export interface RegistryHost {
  readonly domain: string;
  /**
   * Address of the host. The first registry is reached through a mirror on the node instead, as in
   * the recorded cluster.
   */
  readonly address: string | 'mirror';
  readonly challenge: Challenge;
  readonly areas: readonly PrivateArea[];
  /** The registry that it leads to, as an old name does. */
  readonly sameAs?: string;
  /** Repositories whose callers are always told that they ask too often. */
  readonly exhausted: readonly string[];
  /** Manifests that one address may fetch without an account within |windowUs|. */
  readonly anonymousPulls?: { readonly limit: number; readonly windowUs: number };
}

/** A registry without private repositories. */
function open(domain: string, address: string): RegistryHost {
  return { domain, address, challenge: 'token', areas: [], exhausted: [] };
}

const HOUR_US = 3_600_000_000;

/** Addresses are of the ranges that RFC 5737 keeps for documentation. */
export const REGISTRY_HOSTS: readonly RegistryHost[] = [
  {
    domain: 'docker.io',
    address: 'mirror',
    challenge: 'token',
    areas: [
      { prefix: 'acme/', accounts: [{ username: 'acme', password: 'acme-secret' }] },
      { prefix: 'janedoe/', accounts: [{ username: 'janedoe', password: 'xxxxxxxxxxx' }] },
      { prefix: 'user/', accounts: [{ username: 'user', password: 'user-secret' }] },
    ],
    exhausted: ['limited/'],
    // Docker Hub's limit for callers without an account.
    anonymousPulls: { limit: 100, windowUs: 6 * HOUR_US },
  },
  {
    domain: 'registry.k8s.io',
    address: '203.0.113.10',
    challenge: 'token',
    areas: [],
    exhausted: [],
  },
  open('quay.io', '203.0.113.20'),
  open('ghcr.io', '203.0.113.30'),
  {
    domain: 'gcr.io',
    address: '203.0.113.40',
    challenge: 'token',
    // The name that goes with a key file; which key is good only its owner knows.
    areas: [{ prefix: 'k8s-authenticated-test/', accounts: [] }],
    exhausted: [],
  },
  {
    domain: 'k8s.gcr.io',
    address: '203.0.113.50',
    challenge: 'token',
    areas: [],
    exhausted: [],
    sameAs: 'registry.k8s.io',
  },
  open('us-docker.pkg.dev', '203.0.113.70'),
  open('public.ecr.aws', '203.0.113.71'),
  open('mcr.microsoft.com', '203.0.113.72'),
  open('docker.elastic.co', '203.0.113.73'),
  open('registry.gitlab.com', '203.0.113.74'),
  open('nvcr.io', '203.0.113.75'),
  {
    domain: 'your.private.registry.example.com',
    address: '203.0.113.60',
    challenge: 'basic',
    areas: [{ prefix: '', accounts: [{ username: 'janedoe', password: 'xxxxxxxxxxx' }] }],
    exhausted: [],
  },
];

/** Address of a registry that only a declared image makes known. */
export const DECLARED_ADDRESS = '203.0.113.200';
