/**
 * Credentials for registries, as Secrets of the types kubernetes.io/dockerconfigjson and
 * kubernetes.io/dockercfg hold them: which of them go with an image. Pure.
 *
 * Models: pkg/credentialprovider/keyring.go, config.go, secrets/secrets.go (v1.36)
 * Simplified: no credential provider plug-ins and no config.json on the node.
 */
import type { Secret } from '../../../api/generated/types.ts';
import { decodeBase64Bytes, decodeUtf8Strict } from '../../../api/meta/utf8.ts';

export interface PullCredentials {
  readonly username: string;
  readonly password: string;
  /** Where they come from, and a fingerprint of what they are. */
  readonly secret: { readonly uid: string; readonly namespace: string; readonly name: string };
  readonly hash: string;
}

/** A Secret that cannot be read as what its type says; the text is Go's. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError';
}

const DEFAULT_REGISTRY = 'index.docker.io';

interface Entry {
  readonly username?: string;
  readonly password?: string;
  readonly email?: string;
  readonly auth?: string;
}

/** Credentials to try for |repository| (`docker.io/library/nginx`), the most specific first. */
export function lookUp(secrets: readonly Secret[], repository: string): readonly PullCredentials[] {
  const byKey = new Map<string, PullCredentials[]>();
  for (const secret of secrets) {
    for (const [location, entry] of Object.entries(entriesOf(secret))) {
      const key = keyOf(location);
      byKey.set(key, [...(byKey.get(key) ?? []), credentials(secret, entry)]);
    }
  }
  const keys = [...byKey.keys()].sort().reverse();
  const found = keys.filter((key) => matches(key, repository)).flatMap((k) => byKey.get(k) ?? []);
  if (found.length > 0) return found;
  return isDefaultRegistry(repository) ? (byKey.get(DEFAULT_REGISTRY) ?? []) : [];
}

function entriesOf({ type, data }: Secret): Readonly<Record<string, Entry>> {
  const json = data?.['.dockerconfigjson'] ?? '';
  if (type === 'kubernetes.io/dockerconfigjson' && json !== '') {
    return (parse(json) as { auths?: Record<string, Entry> }).auths ?? {};
  }
  const config = data?.['.dockercfg'] ?? '';
  if (type === 'kubernetes.io/dockercfg' && config !== '') {
    return parse(config) as Record<string, Entry>;
  }
  return {};
}

function parse(encoded: string): object {
  const text = decodeUtf8Strict(decodeBase64Bytes(encoded)) ?? '';
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new KeyringError('unexpected end of JSON input');
  }
}

function credentials({ metadata }: Secret, entry: Entry): PullCredentials {
  const { username, password } = entry.auth ? fromAuth(entry.auth) : entry;
  const { name, namespace = '', uid } = metadata;
  const known = { username: username ?? '', password: password ?? '' };
  return {
    ...known,
    secret: { uid, namespace, name },
    hash: JSON.stringify({ ...known, email: entry.email ?? '' }),
  };
}

function fromAuth(auth: string): { readonly username: string; readonly password: string } {
  const bad = /[^A-Za-z0-9+/=\s]/.exec(auth);
  if (bad) throw new KeyringError(`illegal base64 data at input byte ${bad.index}`);
  const text = decodeUtf8Strict(decodeBase64Bytes(auth.replace(/[^A-Za-z0-9+/]/g, ''))) ?? '';
  const colon = text.indexOf(':');
  if (colon < 0) {
    throw new KeyringError(
      'unable to parse auth field, must be formatted as base64(username:password)',
    );
  }
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** `https://index.docker.io/v1/` and `index.docker.io` are the same key. */
function keyOf(location: string): string {
  const bare = location.replace(/^https?:\/\//, '').replace(/[?#].*$/s, '');
  const slash = bare.indexOf('/');
  if (slash < 0) return bare;
  const path = bare.slice(slash).replace(/^\/v[12]\//, '/');
  return path === '/' ? bare.slice(0, slash) : bare.slice(0, slash) + path;
}

/** Parts of the host may hold wildcards; the path is a prefix. */
function matches(key: string, repository: string): boolean {
  const [host, path] = splitHost(key);
  const [asked, askedPath] = splitHost(repository);
  const [name = '', port = ''] = host.split(':');
  const [askedName = '', askedPort = ''] = asked.split(':');
  const parts = name.split('.');
  const askedParts = askedName.split('.');
  if (port !== askedPort || parts.length !== askedParts.length) return false;
  if (!askedPath.startsWith(path)) return false;
  return parts.every((part, i) => globOf(part).test(askedParts[i] ?? ''));
}

function splitHost(text: string): readonly [string, string] {
  const slash = text.indexOf('/');
  return slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash)];
}

/** Go's filepath.Match for a part without separators. */
function globOf(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  try {
    return new RegExp(`^${source}$`, 's');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return /(?!)/; // A malformed pattern matches nothing, as in Go.
  }
}

function isDefaultRegistry(repository: string): boolean {
  const [host, path] = splitHost(repository);
  if (host === '') return false;
  return path === '' || host === 'docker.io' || host === DEFAULT_REGISTRY || !/[.:]/.test(host);
}
