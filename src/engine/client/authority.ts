/**
 * The keys that kube-controller-manager is started with (`--cluster-signing-key-file`,
 * `--service-account-private-key-file`): made from the run's seed, as every component that reads the
 * same file has them.
 */
import { TokenKey } from '../../api/meta/jwt.ts';
import { KEY_SEED_BYTES, TOKEN_KEY_STREAM } from '../../api/meta/service-account-names.ts';
import { AUTHORITY_KEY_STREAM, CertificateAuthority } from '../../api/meta/x509/authority.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import { Rng } from '../../kernel/rng.ts';

/** Its certificate is older than the cluster: clocks differ. */
const AUTHORITY_AGE_MS = 3_600_000;

const authorities = new WeakMap<Kernel, CertificateAuthority>();
const tokenKeys = new WeakMap<Kernel, TokenKey>();

export function clusterAuthority(kernel: Kernel): CertificateAuthority {
  let authority = authorities.get(kernel);
  if (!authority) {
    const seed = new Rng(kernel.seed, AUTHORITY_KEY_STREAM).bytes(KEY_SEED_BYTES);
    authority = new CertificateAuthority(seed, kernel.epochMs - AUTHORITY_AGE_MS);
    authorities.set(kernel, authority);
  }
  return authority;
}

export function tokenKey(kernel: Kernel): TokenKey {
  let key = tokenKeys.get(kernel);
  if (!key) {
    key = new TokenKey(new Rng(kernel.seed, TOKEN_KEY_STREAM).bytes(KEY_SEED_BYTES));
    tokenKeys.set(kernel, key);
  }
  return key;
}
