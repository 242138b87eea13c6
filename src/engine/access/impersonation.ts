/**
 * One user acting as another, if they may: constrained impersonation in its four modes first, then
 * the older rule. Every mode asks whether the user may be impersonated, the constrained ones also
 * whether the request may be made that way.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/filters/impersonation mode.go (v1.36)
 * Simplified: successes are not remembered for ten seconds
 */
import type { AccessAttributes, AccessReviewer, UserInfo } from '../../api/meta/authorization.ts';
import { goQuote } from '../../api/meta/go-text.ts';
import { isDNS1123Subdomain } from '../../api/meta/names.ts';
import { accountGroups, splitAccountUserName } from '../../api/meta/service-account-names.ts';
import { ApiError } from '../../api/meta/status.ts';
import { forbiddenFor, type WantedUser } from '../apiserver/authorize.ts';

const AUTHENTICATION = { group: 'authentication.k8s.io', version: 'v1' };
const CORE = { group: '', version: 'v1' };
const NODE_PREFIX = 'system:node:';
const NODE_NAME = 'authentication.kubernetes.io/node-name';
const ASSOCIATED_KEYS = 'authentication.kubernetes.io/associated-node-keys';
const SUPERUSERS = 'system:masters';
/** From so many groups or extras on, the right to all of them is asked for first. */
const MANY = 4;

interface Mode {
  readonly name: string;
  applies(wanted: WantedUser, requestor: UserInfo): boolean;
}

const MODES: readonly Mode[] = [
  {
    name: 'associated-node',
    applies: (wanted, requestor) => {
      const node = nodeOf(wanted.name);
      if (!onlyName(wanted) || node === null || !splitAccountUserName(requestor.name)) return false;
      const values = requestor.extra?.[NODE_NAME] ?? [];
      return values.length === 1 && values[0] === node;
    },
  },
  {
    name: 'arbitrary-node',
    applies: (wanted) => onlyName(wanted) && nodeOf(wanted.name) !== null,
  },
  {
    name: 'serviceaccount',
    applies: (wanted) => onlyName(wanted) && splitAccountUserName(wanted.name) !== null,
  },
  {
    name: 'user-info',
    applies: (wanted) => nodeOf(wanted.name) === null && !splitAccountUserName(wanted.name),
  },
];

/** The user that |attributes|' user becomes; throws Forbidden. */
export function impersonated(
  access: AccessReviewer,
  wanted: WantedUser,
  attributes: AccessAttributes,
): UserInfo {
  let first: unknown = null;
  for (const mode of [...MODES, null]) {
    if (mode && !mode.applies(wanted, attributes.user)) continue;
    try {
      return new Attempt(access, mode, attributes).as(wanted);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      first ??= error;
    }
  }
  throw first;
}

/** One try in one mode; null = as it always was. */
class Attempt {
  readonly #access: AccessReviewer;
  readonly #mode: Mode | null;
  readonly #attributes: AccessAttributes;
  readonly #requestor: UserInfo;

  constructor(access: AccessReviewer, mode: Mode | null, attributes: AccessAttributes) {
    this.#access = access;
    this.#mode = mode;
    this.#attributes = attributes;
    const { user } = attributes;
    // Which node it is has been compared already; roles see only that it is the own one.
    this.#requestor =
      mode?.name === 'associated-node'
        ? { ...user, extra: { [ASSOCIATED_KEYS]: Object.keys(user.extra ?? {}).sort() } }
        : user;
  }

  as(wanted: WantedUser): UserInfo {
    if (this.#mode) {
      const verb = `impersonate-on:${this.#mode.name}:${this.#attributes.verb}`;
      this.#check({ ...this.#attributes, user: this.#requestor, verb });
    }
    const groups = this.#userName(wanted);
    if (wanted.uid) this.#may(AUTHENTICATION, 'uids', wanted.uid);
    this.#groups(wanted.groups);
    this.#extra(wanted.extra);
    return {
      name: wanted.name,
      groups: withStanding(wanted.name, groups),
      ...(wanted.uid ? { uid: wanted.uid } : {}),
      ...(Object.keys(wanted.extra).length > 0 ? { extra: wanted.extra } : {}),
    };
  }

  get #nameGroup(): typeof CORE {
    return this.#mode ? AUTHENTICATION : CORE;
  }

  /** Answers the groups that come with the name. */
  #userName({ name, groups }: WantedUser): readonly string[] {
    const node = this.#mode ? nodeOf(name) : null;
    if (node !== null) {
      // What is allowed for the own node is allowed whatever its name.
      const asked = this.#mode?.name === 'associated-node' ? '*' : node;
      this.#may(this.#nameGroup, 'nodes', asked);
      return ['system:nodes'];
    }
    const account = splitAccountUserName(name);
    if (!account) {
      this.#may(this.#nameGroup, 'users', name);
      return groups;
    }
    this.#may(this.#nameGroup, 'serviceaccounts', account.name, account.namespace);
    return groups.length > 0 ? groups : accountGroups(account.namespace);
  }

  #groups(groups: readonly string[]): void {
    if (groups.length === 0) return;
    if (this.#mode) {
      const text = 'is not allowed';
      if (groups.includes('')) {
        throw this.#refused('groups', '', `impersonating the empty string group ${text}`);
      }
      if (groups.includes(SUPERUSERS)) {
        throw this.#refused('groups', SUPERUSERS, `impersonating the ${SUPERUSERS} group ${text}`);
      }
      if (groups.length >= MANY && this.#can(this.#nameGroup, 'groups', '*')) return;
    }
    for (const group of groups) this.#may(this.#nameGroup, 'groups', group);
  }

  #extra(extra: WantedUser['extra']): void {
    const entries = Object.entries(extra);
    if (entries.length === 0) return;
    if (this.#mode) {
      const bad = badExtra(extra);
      if (bad !== '') throw this.#refused('userextras', '', bad);
      const count = entries.reduce((n, [, values]) => n + values.length, 0);
      const isMany = entries.length >= MANY || count >= MANY;
      if (isMany && this.#can(AUTHENTICATION, 'userextras', '*', '*')) return;
    }
    for (const [key, values] of entries) {
      for (const value of values) {
        this.#check(this.#asking(AUTHENTICATION, 'userextras', value, '', key));
      }
    }
  }

  #may(group: typeof CORE, resource: string, name: string, namespace = ''): void {
    this.#check(this.#asking(group, resource, name, namespace));
  }

  #can(group: typeof CORE, resource: string, name: string, subresource = ''): boolean {
    return this.#access.authorize(this.#asking(group, resource, name, '', subresource)).allowed;
  }

  #asking(
    { group, version }: typeof CORE,
    resource: string,
    name: string,
    namespace = '',
    subresource = '',
  ): AccessAttributes {
    const verb = this.#mode ? `impersonate:${this.#mode.name}` : 'impersonate';
    const user = this.#requestor;
    return { user, verb, group, version, resource, subresource, namespace, name };
  }

  #refused(resource: string, name: string, reason: string): ApiError {
    const group = resource === 'userextras' ? AUTHENTICATION : this.#nameGroup;
    return forbiddenFor(this.#asking(group, resource, name), reason);
  }

  #check(attributes: AccessAttributes): void {
    const { allowed, reason } = this.#access.authorize(attributes);
    if (!allowed) throw forbiddenFor(attributes, reason);
  }
}

/** Everybody is either authenticated or not. */
function withStanding(name: string, groups: readonly string[]): readonly string[] {
  const group = name === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated';
  if (groups.includes(group) || groups.includes('system:unauthenticated')) return groups;
  return [...groups, group];
}

function onlyName({ uid, groups, extra }: WantedUser): boolean {
  return !uid && groups.length === 0 && Object.keys(extra).length === 0;
}

function nodeOf(user: string): string | null {
  if (!user.startsWith(NODE_PREFIX)) return null;
  const name = user.slice(NODE_PREFIX.length);
  return isDNS1123Subdomain(name).length === 0 ? name : null;
}

function badExtra(extra: WantedUser['extra']): string {
  for (const [key, values] of Object.entries(extra)) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed';
    if (key !== key.toLowerCase()) {
      return `impersonating a non-lowercase key in extra is not allowed: ${goQuote(key)}`;
    }
    if (values.length === 0) return 'impersonating empty values in extra is not allowed';
    if (values.includes('')) {
      return 'impersonating the empty string value in extra is not allowed';
    }
  }
  return '';
}
