/**
 * Role-based access control: bindings say which roles a user, a group or a service account has;
 * roles say what may be done.
 *
 * Models:  plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go (v1.36)
 * Watches: Role, ClusterRole, RoleBinding, ClusterRoleBinding, in etcd itself (upstream: informers, a few
 *          milliseconds behind)
 *
 * 1. Bindings are indexed by subject, one index a namespace, made again only where a binding changed.
 * 2. What a user may do without naming objects is remembered until any role or binding changes.
 */
import { ClusterRoleBinding } from '../../api/kinds/cluster-role-binding.ts';
import { ClusterRole } from '../../api/kinds/cluster-role.ts';
import type { Binding } from '../../api/kinds/rbac/validation.ts';
import { type AskedFor, ruleAllows } from '../../api/kinds/rbac/rules.ts';
import { RoleBinding } from '../../api/kinds/role-binding.ts';
import { Role } from '../../api/kinds/role.ts';
import type { PolicyRule, RbacV1Subject } from '../../api/generated/types.ts';
import type { AccessRules, UserInfo } from '../../api/meta/authorization.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { type Resource, storageKey, storagePrefix } from '../apiserver/resource.ts';
import type { ApiServer } from '../apiserver/server.ts';

/** A binding that applies to a user, with its rules. */
export interface Grant {
  readonly binding: Binding;
  readonly subject: RbacV1Subject;
  /** null = the role is missing. */
  readonly rules: readonly PolicyRule[] | null;
}

interface Bound {
  readonly binding: Binding;
  readonly subject: RbacV1Subject;
  readonly at: number;
  /** Revision at which the binding was made. */
  readonly made: number;
}

interface Found {
  readonly generation: number;
  readonly grants: Map<string, readonly Grant[]>;
}

type SubjectIndex = ReadonlyMap<string, readonly Bound[]>;

const NO_RULES: readonly PolicyRule[] = [];

export class Rbac {
  /** Raised with every change of a role or binding. */
  generation = 1;
  readonly #server: ApiServer;
  readonly #roles: Resource;
  readonly #clusterRoles: Resource;
  readonly #bindings: Resource;
  readonly #clusterBindings: Resource;
  /** By namespace; '' = ClusterRoleBindings. */
  readonly #indexes = new Map<string, SubjectIndex>();
  /** Users that bindings mean by name; null = to be collected. */
  #named: ReadonlySet<string> | null = null;
  /** What was found for a user, by namespace: good for one generation. */
  readonly #found = new WeakMap<UserInfo, Found>();

  constructor(server: ApiServer) {
    const of = (kind: unknown): Resource => server.registry.of(kind as AnyKind);
    this.#server = server;
    this.#roles = of(Role);
    this.#clusterRoles = of(ClusterRole);
    this.#bindings = of(RoleBinding);
    this.#clusterBindings = of(ClusterRoleBinding);
  }

  /** Prefixes whose events `onChange` is to hear of. */
  get prefixes(): readonly string[] {
    return [this.#roles, this.#clusterRoles, this.#bindings, this.#clusterBindings].map(
      (resource) => resource.prefix,
    );
  }

  onChange(prefix: string, namespace: string): void {
    this.generation++;
    if (prefix === this.#bindings.prefix || prefix === this.#clusterBindings.prefix) {
      this.#named = null;
    }
    if (prefix === this.#bindings.prefix) this.#indexes.delete(namespace);
    else if (prefix === this.#clusterBindings.prefix) this.#indexes.delete('');
  }

  /** Whether some binding means |user| by name: otherwise all users of the same groups are alike. */
  isNamed({ name }: UserInfo): boolean {
    this.#named ??= this.#collectNames();
    return this.#named.has(name);
  }

  /** Bindings that apply to |user|: those of the whole cluster first, each sort oldest first. */
  grants(user: UserInfo, namespace: string): readonly Grant[] {
    let found = this.#found.get(user);
    if (found?.generation !== this.generation) {
      found = { generation: this.generation, grants: new Map() };
      this.#found.set(user, found);
    }
    let grants = found.grants.get(namespace);
    if (grants) return grants;
    grants = this.#applying(user, namespace);
    if (namespace !== '') grants = [...this.grants(user, ''), ...grants];
    found.grants.set(namespace, grants);
    return grants;
  }

  /** What allows |asked|, in words; null = nothing. Errors found on the way are added. */
  allowedBy(
    user: UserInfo,
    namespace: string,
    asked: AskedFor,
    errors: string[] = [],
  ): string | null {
    for (const grant of this.grants(user, namespace)) {
      if (!grant.rules) errors.push(missing(grant.binding));
      else if (grant.rules.some((rule) => ruleAllows(rule, asked))) {
        return `RBAC: allowed by ${describe(grant)}`;
      }
    }
    return null;
  }

  rulesFor(user: UserInfo, namespace: string): AccessRules {
    const errors: string[] = [];
    const rules = this.grants(user, namespace).flatMap((grant) => {
      if (!grant.rules) errors.push(missing(grant.binding));
      return grant.rules ?? NO_RULES;
    });
    return {
      resourceRules: rules
        .filter((rule) => rule.resources?.length)
        .map(({ verbs, apiGroups = [], resources = [], resourceNames }) => ({
          verbs,
          apiGroups,
          resources,
          ...(resourceNames?.length ? { resourceNames } : {}),
        })),
      nonResourceRules: rules
        .filter((rule) => rule.nonResourceURLs?.length)
        .map(({ verbs, nonResourceURLs = [] }) => ({ verbs, nonResourceURLs })),
      incomplete: false,
      ...(errors.length === 0 ? {} : { evaluationError: aggregate(errors) }),
    };
  }

  #collectNames(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { prefix } of [this.#bindings, this.#clusterBindings]) {
      for (const kv of this.#server.store.range(prefix)) {
        const binding = kv.value.object as unknown as Binding;
        for (const subject of binding.subjects ?? []) {
          const key = keyOf(subject, binding.metadata.namespace ?? '');
          if (key?.startsWith('u:')) names.add(key.slice(2));
        }
      }
    }
    return names;
  }

  #applying(user: UserInfo, namespace: string): readonly Grant[] {
    const index = this.#index(namespace);
    // A user may be meant by several subjects of one binding: the first is named.
    const found = new Map<Binding, Bound>();
    for (const key of [`u:${user.name}`, ...user.groups.map((group) => `g:${group}`)]) {
      for (const bound of index.get(key) ?? []) {
        const before = found.get(bound.binding);
        if (!before || bound.at < before.at) found.set(bound.binding, bound);
      }
    }
    return [...found.values()]
      .sort((a, b) => a.made - b.made)
      .map(({ binding, subject }) => ({ binding, subject, rules: this.#rules(binding) }));
  }

  #rules({ roleRef, metadata }: Binding): readonly PolicyRule[] | null {
    const key =
      roleRef.kind === 'Role'
        ? storageKey(this.#roles, metadata.namespace ?? '', roleRef.name)
        : storageKey(this.#clusterRoles, '', roleRef.name);
    const role = this.#server.store.get(key)?.value.object as
      | { readonly rules?: readonly PolicyRule[] | null }
      | undefined;
    return role ? (role.rules ?? NO_RULES) : null;
  }

  #index(namespace: string): SubjectIndex {
    let index = this.#indexes.get(namespace);
    if (!index) this.#indexes.set(namespace, (index = this.#make(namespace)));
    return index;
  }

  #make(namespace: string): SubjectIndex {
    const resource = namespace === '' ? this.#clusterBindings : this.#bindings;
    const index = new Map<string, Bound[]>();
    for (const kv of this.#server.store.range(storagePrefix(resource, namespace))) {
      const binding = kv.value.object as unknown as Binding;
      binding.subjects?.forEach((subject, at) => {
        const key = keyOf(subject, namespace);
        if (key === null) return;
        const bound: Bound = { binding, subject, at, made: kv.createRevision };
        const list = index.get(key);
        if (list) list.push(bound);
        else index.set(key, [bound]);
      });
    }
    return index;
  }
}

/** Under what name a subject is looked for; null = it means nobody. */
function keyOf({ kind, name, namespace }: RbacV1Subject, bindingNamespace: string): string | null {
  switch (kind) {
    case 'User':
      return `u:${name}`;
    case 'Group':
      return `g:${name}`;
    case 'ServiceAccount': {
      const place = namespace || bindingNamespace;
      return place === '' ? null : `u:system:serviceaccount:${place}:${name}`;
    }
    default:
      return null;
  }
}

function missing({ roleRef }: Binding): string {
  return `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${roleRef.name}" not found`;
}

/** Several errors as one text, as apimachinery's Aggregate writes them. */
export function aggregate(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? (unique[0] as string) : `[${unique.join(', ')}]`;
}

function describe({ binding, subject }: Grant): string {
  const { name, namespace } = binding.metadata;
  const what = namespace ? `RoleBinding "${name}/${namespace}"` : `ClusterRoleBinding "${name}"`;
  const { kind, name: role } = binding.roleRef;
  return `${what} of ${kind} "${role}" to ${describeSubject(subject, namespace ?? '')}`;
}

function describeSubject(subject: RbacV1Subject, bindingNamespace: string): string {
  const { kind, name, namespace } = subject;
  if (kind !== 'ServiceAccount') return `${kind} "${name}"`;
  return `${kind} "${name}/${namespace || bindingNamespace}"`;
}
