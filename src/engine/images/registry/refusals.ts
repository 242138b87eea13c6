/**
 * What containerd says when a registry refuses, word for word.
 *
 * Models: containerd 2.x core/remotes/docker (resolver.go, authorizer.go, fetcher.go); texts are those
 * of goldens/node/images where they were recorded. The gRPC client of the kubelet leaves code
 * Unknown out.
 */
import { fullName, type ImageName } from '../../node/runtime/image-name.ts';
import type { RegistryHost } from './hosts.ts';
import type { RegistryRefusal } from './registry.ts';

/** Port of the mirror on the node that the first registry is reached through. */
const MIRROR_PORT = 5_000;
const HTTPS_PORT = 443;
const DENIED = 'pull access denied, repository does not exist or may require authorization';

export interface Refused {
  readonly kind: RegistryRefusal;
  readonly name: ImageName;
  readonly host: RegistryHost | undefined;
  readonly nodeAddress: string;
  /** Digest that the name stands for, where it was resolved. */
  readonly digest?: string;
}

export function refusalText(refused: Refused): string {
  const { kind, name, host, nodeAddress } = refused;
  const full = fullName(name);
  const pull = `failed to pull and unpack image "${full}": `;
  const failed = `${pull}failed to resolve image: `;
  switch (kind) {
    case 'notFound':
      return `rpc error: code = NotFound desc = ${failed}${full}: not found`;
    case 'denied': {
      const why =
        host?.challenge === 'basic'
          ? 'authorization failed: no basic auth credentials'
          : 'server message: insufficient_scope: authorization failed';
      return `${failed}${DENIED}: ${why}`;
    }
    case 'badCredentials': {
      if (host?.challenge === 'basic') {
        return `${failed}unexpected status from HEAD request to ${urlOf(refused)}: 401 Unauthorized`;
      }
      const scope = `scope=repository%3A${name.path.replaceAll('/', '%2F')}%3Apull`;
      const token = `${hostOf(refused)}/token?${scope}&service=${name.domain}`;
      const status = `unexpected status from GET request to ${token}: 401 Unauthorized`;
      return `${failed}failed to authorize: failed to fetch oauth token: ${status}`;
    }
    case 'rateLimited': {
      const url = urlOf(refused);
      return `${failed}unexpected status from HEAD request to ${url}: 429 Too Many Requests`;
    }
    case 'budgetSpent': {
      const url = urlOf({ ...refused, name: { ...name, digest: refused.digest ?? '' } });
      const message =
        'toomanyrequests: You have reached your unauthenticated pull rate limit. ' +
        'https://www.docker.com/increase-rate-limit';
      return (
        `${pull}failed to copy: httpReadSeeker: failed open: unexpected status code ${url}: ` +
        `429 Too Many Requests - Server message: ${message}`
      );
    }
    case 'unknownHost': {
      const lookup = `lookup ${name.domain.replace(/:\d+$/, '')} on ${nodeAddress}:53: no such host`;
      return `${failed}failed to do request: Head "${urlOf(refused)}": dial tcp: ${lookup}`;
    }
    case 'down': {
      const dial = `dial tcp ${socketOf(refused)}: connect: connection refused`;
      return `${failed}failed to do request: Head "${urlOf(refused)}": ${dial}`;
    }
  }
}

function socketOf({ host, name, nodeAddress }: Refused): string {
  if (host?.address === 'mirror') return `${nodeAddress}:${MIRROR_PORT}`;
  const port = /:(\d+)$/.exec(name.domain)?.[1] ?? HTTPS_PORT;
  return `${host?.address ?? name.domain}:${port}`;
}

function hostOf({ host, name, nodeAddress }: Refused): string {
  if (host?.address === 'mirror') return `http://${nodeAddress}:${MIRROR_PORT}`;
  return `https://${name.domain}`;
}

function urlOf(refused: Refused): string {
  const { host, name } = refused;
  const manifest = `v2/${name.path}/manifests/${name.digest === '' ? name.tag : name.digest}`;
  const asked = host?.address === 'mirror' ? `?ns=${name.domain}` : '';
  return `${hostOf(refused)}/${manifest}${asked}`;
}
