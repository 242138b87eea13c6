/**
 * Who may do what: superusers, nodes, roles, in this order; and who the bearer of a token is.
 *
 * Models: pkg/kubeapiserver/authorizer (Node,RBAC), k8s.io/apiserver pkg/authorization/union,
 *         plugin/pkg/auth/authorizer (v1.36)
 *
 * 1. Answers come from what is stored at this instant; nothing is polled.
 * 2. What a user may do without naming objects is remembered by user, resource and verb until a
 *    role or binding changes: typed calls of components cost a few look-ups. Users whom no binding
 *    names share what is remembered with those of the same groups.
 */
import type { PolicyRule } from '../../api/generated/types.ts';
import type {
  AccessAttributes,
  AccessDecision,
  AccessRules,
  TokenIdentity,
  TokenRefusal,
  UserInfo,
} from '../../api/meta/authorization.ts';
import type { Access, WantedUser } from '../apiserver/authorize.ts';
import type { Resource } from '../apiserver/resource.ts';
import type { ApiServer } from '../apiserver/server.ts';
import type { Stored } from '../apiserver/stored.ts';
import { impersonated } from './impersonation.ts';
import { NodeAuthorizer, nodeNameOf } from './node-authorizer.ts';
import { aggregate, Rbac } from './rbac.ts';
import { Tokens } from './tokens.ts';

const SUPERUSERS = 'system:masters';
/** Sets of groups whose answers are kept at once. */
const MAX_SHARED = 1_000;
const ALLOWED: AccessDecision = { allowed: true, reason: '' };

export interface AccessConfig {
  /** What every node may do, beyond what is decided for each. */
  readonly nodeRules: readonly PolicyRule[];
  /** Users by bearer token (upstream's token file). */
  readonly tokens: Readonly<Record<string, UserInfo>>;
}

/** What one user may do with one resource, verb and subresource, whatever the object's name. */
interface Remembered {
  readonly everywhere: boolean;
  readonly namespaces: Map<string, boolean>;
}

/** Answers by resource, verb and subresource. */
class Answers {
  readonly #byResource = new Map<Resource, Map<string, Map<string, Remembered>>>();

  get(resource: Resource, verb: string, subresource: string): Remembered | undefined {
    return this.#byResource.get(resource)?.get(verb)?.get(subresource);
  }

  set(resource: Resource, verb: string, subresource: string, entry: Remembered): void {
    let verbs = this.#byResource.get(resource);
    if (!verbs) this.#byResource.set(resource, (verbs = new Map()));
    let subresources = verbs.get(verb);
    if (!subresources) verbs.set(verb, (subresources = new Map()));
    subresources.set(subresource, entry);
  }
}

/** What is remembered of one user, of one generation of roles. */
interface Memory {
  readonly generation: number;
  /** Of which node the user is the kubelet; null = of none. */
  readonly node: string | null;
  /** Shared by users whom no binding names: kubelets of a thousand nodes are alike. */
  readonly answers: Answers;
}

export class ClusterAccess implements Access {
  readonly #rbac: Rbac;
  readonly #nodes: NodeAuthorizer;
  readonly #tokens: Tokens;
  readonly #memories = new WeakMap<UserInfo, Memory>();
  /** By groups: answers of the users whom no binding names. */
  readonly #shared = new Map<string, Answers>();
  #sharedGeneration = 0;
  /** Who hears of changes under a prefix of etcd. */
  readonly #listeners = new Map<string, (now: Stored | null, before: Stored | null) => void>();

  constructor(server: ApiServer, config: AccessConfig) {
    this.#rbac = new Rbac(server);
    this.#nodes = new NodeAuthorizer(server, config.nodeRules);
    this.#tokens = new Tokens(server, config.tokens);
    for (const prefix of this.#rbac.prefixes) {
      this.#listeners.set(prefix, (now, before) => {
        const namespace = (now ?? before)?.object.metadata.namespace ?? '';
        this.#rbac.onChange(prefix, namespace);
      });
    }
    const pods = server.registry.find('', '', 'pods');
    if (pods) {
      this.#listeners.set(pods.prefix, (now, before) => {
        this.#nodes.graph.onPod(now?.object ?? null, before?.object ?? null);
      });
    }
  }

  onChange(prefix: string, now: Stored | null, before: Stored | null): void {
    this.#listeners.get(prefix)?.(now, before);
  }

  allowsAny(
    user: UserInfo,
    resource: Resource,
    verb: string,
    subresource: string,
    namespace: string,
  ): boolean {
    const memory = this.#memory(user);
    let entry = memory.answers.get(resource, verb, subresource);
    if (!entry) {
      const everywhere =
        user.groups.includes(SUPERUSERS) ||
        this.#ask(user, resource, verb, subresource, '') ||
        this.#askNode(memory.node, user, resource, verb, subresource);
      entry = { everywhere, namespaces: new Map() };
      memory.answers.set(resource, verb, subresource, entry);
    }
    if (entry.everywhere) return true;
    if (namespace === '') return false;
    let allowed = entry.namespaces.get(namespace);
    if (allowed === undefined) {
      allowed = this.#ask(user, resource, verb, subresource, namespace);
      entry.namespaces.set(namespace, allowed);
    }
    return allowed;
  }

  authorize(attributes: AccessAttributes): AccessDecision {
    const { user } = attributes;
    if (user.groups.includes(SUPERUSERS)) return ALLOWED;
    const reasons: string[] = [];
    const { node } = this.#memory(user);
    if (node !== null) {
      const decision = this.#nodes.authorize(node, user, attributes);
      if (decision.allowed) return decision;
      if (decision.reason !== '') reasons.push(decision.reason);
    }
    const errors: string[] = [];
    const reason = this.#rbac.allowedBy(user, attributes.namespace, attributes, errors);
    if (reason !== null) return { allowed: true, reason };
    if (errors.length > 0) reasons.push(`RBAC: ${aggregate(errors)}`);
    return { allowed: false, reason: reasons.join('\n') };
  }

  rulesFor(user: UserInfo, namespace: string): AccessRules {
    const rules = this.#rbac.rulesFor(user, namespace);
    if (nodeNameOf(user) === null) return rules;
    const error = 'node authorizer does not support user rule resolution';
    const errors = rules.evaluationError === undefined ? [error] : [error, rules.evaluationError];
    return { ...rules, incomplete: true, evaluationError: aggregate(errors) };
  }

  authenticateToken(token: string, audiences: readonly string[]): TokenIdentity | TokenRefusal {
    return this.#tokens.authenticate(token, audiences);
  }

  signToken(claims: Readonly<Record<string, unknown>>): string {
    return this.#tokens.sign(claims);
  }

  get publicKeys(): readonly Readonly<Record<string, string>>[] {
    return this.#tokens.publicKeys;
  }

  impersonate(wanted: WantedUser, attributes: AccessAttributes): UserInfo {
    return impersonated(this, wanted, attributes);
  }

  #memory(user: UserInfo): Memory {
    const known = this.#memories.get(user);
    const { generation } = this.#rbac;
    if (known?.generation === generation) return known;
    const node = nodeNameOf(user);
    const answers = this.#rbac.isNamed(user) ? new Answers() : this.#sharedAnswers(user, node);
    const memory = { generation, node, answers };
    this.#memories.set(user, memory);
    return memory;
  }

  #sharedAnswers({ groups }: UserInfo, node: string | null): Answers {
    const { generation } = this.#rbac;
    if (this.#sharedGeneration !== generation || this.#shared.size > MAX_SHARED) {
      this.#shared.clear();
      this.#sharedGeneration = generation;
    }
    const key = JSON.stringify([
      node === null ? 'user' : node === '' ? 'nameless' : 'node',
      groups,
    ]);
    let answers = this.#shared.get(key);
    if (!answers) this.#shared.set(key, (answers = new Answers()));
    return answers;
  }

  /** What a node may do with some objects only is refused where none is named. */
  #askNode(
    node: string | null,
    user: UserInfo,
    { group, version, plural }: Resource,
    verb: string,
    subresource: string,
  ): boolean {
    if (node === null) return false;
    const nowhere = { namespace: '', name: '' };
    const asked = { verb, group, version, resource: plural, subresource, ...nowhere };
    return this.#nodes.authorize(node, user, asked).allowed;
  }

  #ask(
    user: UserInfo,
    { group, plural }: Resource,
    verb: string,
    subresource: string,
    namespace: string,
  ): boolean {
    const asked = { verb, group, resource: plural, subresource, name: '' };
    return this.#rbac.allowedBy(user, namespace, asked) !== null;
  }
}
