/**
 * The registries behind the nodes of a cluster: what they answer to the name of an image and to the
 * credentials that come with it. Names are normal already (node/runtime/image-name.ts).
 *
 * Models: the distribution registry's API as containerd sees it: names, tags, digests, private
 * repositories, a budget of anonymous pulls, an outage.
 * Simplified: the budget counts pulls that fetch a manifest; blobs and requests are not counted.
 */
import type { ImageName } from '../../node/runtime/image-name.ts';
import type { ImageDefinition } from '../../node/runtime/program.ts';
import { type Account, DECLARED_ADDRESS, REGISTRY_HOSTS, type RegistryHost } from './hosts.ts';

export type RegistryRefusal =
  | 'notFound'
  /** No credentials, or those of somebody who may not. */
  | 'denied'
  /** Credentials that are nobody's. */
  | 'badCredentials'
  | 'rateLimited'
  /** Resolved, but the manifest is not handed out any more. */
  | 'budgetSpent'
  | 'unknownHost'
  | 'down';

export type RegistryAnswer =
  | { readonly kind: 'found'; readonly definition: ImageDefinition; readonly tag: string }
  | { readonly kind: RegistryRefusal };

export interface RegistryCaller {
  /** Address of the node. */
  readonly address: string;
  readonly account?: Account | undefined;
  /** Virtual microseconds. */
  readonly now: number;
}

interface Repository {
  definition: ImageDefinition;
  /** Set where the declaration asks for credentials. */
  accounts: readonly Account[] | null;
}

export class Registry {
  readonly #hosts = new Map<string, RegistryHost>();
  readonly #repositories = new Map<string, Repository>();
  readonly #down = new Set<string>();
  /** When the anonymous pulls of each caller happened, by domain and address. */
  readonly #pulls = new Map<string, number[]>();

  constructor(catalogue: readonly ImageDefinition[]) {
    for (const host of REGISTRY_HOSTS) this.#hosts.set(host.domain, host);
    for (const definition of catalogue) {
      this.#repositories.set(definition.repository, { definition, accounts: null });
    }
  }

  get domains(): readonly string[] {
    return [...this.#hosts.keys()];
  }

  /** Takes a registry off the network, or brings it back. */
  setDown(domain: string, down: boolean): void {
    if (down) this.#down.add(domain);
    else this.#down.delete(domain);
  }

  isDown(domain: string): boolean {
    return this.#down.has(domain);
  }

  host(domain: string): RegistryHost | undefined {
    return this.#hosts.get(domain);
  }

  has(repository: string): boolean {
    return this.#repositories.has(repository);
  }

  /** Puts an image of the reader's into a registry; one of the same name is replaced. */
  declare(definition: ImageDefinition, accounts: readonly Account[] | null = null): void {
    const { repository } = definition;
    const domain = repository.slice(0, repository.indexOf('/'));
    if (!this.#hosts.has(domain)) {
      const areas = accounts ? [{ prefix: '', accounts }] : [];
      const host = { domain, address: DECLARED_ADDRESS, areas, exhausted: [] };
      this.#hosts.set(domain, { ...host, challenge: 'basic' });
    }
    this.#repositories.set(repository, { definition, accounts });
  }

  ask(name: ImageName, caller: RegistryCaller): RegistryAnswer {
    const host = this.#hosts.get(name.domain);
    if (!host) return { kind: 'unknownHost' };
    if (this.#down.has(name.domain)) return { kind: 'down' };
    if (host.exhausted.some((prefix) => name.path.startsWith(prefix))) {
      return { kind: 'rateLimited' };
    }
    const repository =
      this.#repositories.get(`${name.domain}/${name.path}`) ??
      this.#repositories.get(`${host.sameAs ?? name.domain}/${name.path}`);
    const refusal = refusalOf(host, name, repository, caller.account);
    if (refusal) return { kind: refusal };
    if (!repository) return { kind: 'notFound' };
    const { definition } = repository;
    const tag = tagOf(definition, name);
    return tag === undefined ? { kind: 'notFound' } : { kind: 'found', definition, tag };
  }

  /**
   * The manifest is fetched: a pull that counts, unless the caller has an account. False: the budget
   * of its address is spent.
   */
  spend(name: ImageName, caller: RegistryCaller): boolean {
    const budget = this.#hosts.get(name.domain)?.anonymousPulls;
    if (!budget || caller.account) return true;
    const key = `${name.domain} ${caller.address}`;
    const recent = (this.#pulls.get(key) ?? []).filter((at) => caller.now - at < budget.windowUs);
    this.#pulls.set(key, recent);
    if (recent.length >= budget.limit) return false;
    recent.push(caller.now);
    return true;
  }
}

/** Who may see the repository; null: the caller may. */
function refusalOf(
  host: RegistryHost,
  name: ImageName,
  repository: Repository | undefined,
  account: Account | undefined,
): 'denied' | 'badCredentials' | null {
  const area = host.areas.find(({ prefix }) => name.path.startsWith(prefix));
  const needed = repository?.accounts ?? area?.accounts;
  if (account) {
    const known = [...host.areas.flatMap((a) => a.accounts), ...(repository?.accounts ?? [])];
    if (!known.some((a) => isSame(a, account))) return 'badCredentials';
  }
  if (!needed) return null;
  return account && needed.some((a) => isSame(a, account)) ? null : 'denied';
}

function isSame(a: Account, b: Account): boolean {
  return a.username === b.username && a.password === b.password;
}

function tagOf(definition: ImageDefinition, name: ImageName): string | undefined {
  if (name.digest === '') return definition.tags[name.tag] ? name.tag : undefined;
  for (const [tag, { digest }] of Object.entries(definition.tags)) {
    if (digest === name.digest) return tag;
  }
  return undefined;
}
