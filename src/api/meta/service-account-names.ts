/**
 * How service accounts are called as users.
 *
 * Models: k8s.io/apiserver/pkg/authentication/serviceaccount util.go (v1.36)
 */
import type { UserInfo } from './authorization.ts';
import { isDNS1123Label, isDNS1123Subdomain } from './names.ts';

/** `--service-account-issuer`, and the audience of the API server itself. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
/** Of tokens that live in Secrets. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';
/** Name of the random stream that the key of tokens comes from. */
export const TOKEN_KEY_STREAM = 'service-account-key';
/** Bytes that a key is made of: enough that every key is as likely as any other. */
export const KEY_SEED_BYTES = 48;

const PREFIX = 'system:serviceaccount:';
const EXTRA = 'authentication.kubernetes.io/';

export function accountUserName(namespace: string, name: string): string {
  return `${PREFIX}${namespace}:${name}`;
}

export function accountGroups(namespace: string): readonly string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}

/** null when |user| is no service account. */
export function splitAccountUserName(
  user: string,
): { readonly namespace: string; readonly name: string } | null {
  if (!user.startsWith(PREFIX)) return null;
  const [namespace = '', name = '', ...more] = user.slice(PREFIX.length).split(':');
  if (more.length > 0) return null;
  if (isDNS1123Label(namespace).length > 0 || isDNS1123Subdomain(name).length > 0) return null;
  return { namespace, name };
}

interface Named {
  readonly name: string;
  readonly uid: string;
}

export interface AccountToken {
  readonly namespace: string;
  readonly account: Named;
  readonly pod?: Named | undefined;
  readonly node?: Named | undefined;
  readonly id?: string | undefined;
}

/** The user whom a token stands for. */
export function accountUser({ namespace, account, pod, node, id }: AccountToken): UserInfo {
  const extra: Record<string, readonly string[]> = {};
  if (pod) {
    extra[`${EXTRA}pod-name`] = [pod.name];
    extra[`${EXTRA}pod-uid`] = [pod.uid];
  }
  if (id) extra[`${EXTRA}credential-id`] = [`JTI=${id}`];
  if (node) {
    extra[`${EXTRA}node-name`] = [node.name];
    if (node.uid !== '') extra[`${EXTRA}node-uid`] = [node.uid];
  }
  return {
    name: accountUserName(namespace, account.name),
    uid: account.uid,
    groups: [...accountGroups(namespace), 'system:authenticated'],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
