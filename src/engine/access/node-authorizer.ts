/**
 * What a kubelet may do: reads what its own Pods refer to, writes its own Node and Pods.
 *
 * Models:     plugin/pkg/auth/authorizer/node node_authorizer.go, pkg/auth/nodeidentifier (v1.36)
 * Simplified: PodCertificateRequests are not served, so nothing of them is granted
 */
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PolicyRule,
} from '../../api/generated/types.ts';
import { ruleAllows } from '../../api/kinds/rbac/rules.ts';
import type { AccessAttributes, AccessDecision, UserInfo } from '../../api/meta/authorization.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { storageKey } from '../apiserver/resource.ts';
import type { ApiServer } from '../apiserver/server.ts';
import { NodeGraph } from './node-graph.ts';

const ALLOWED: AccessDecision = { allowed: true, reason: '' };
const NO_OPINION: AccessDecision = { allowed: false, reason: '' };
const LEASES = 'kube-node-lease';
const PREFIX = 'system:node:';

/** null = |user| is no node; '' = a node without a name. */
export function nodeNameOf(user: UserInfo): string | null {
  if (!user.groups.includes('system:nodes')) return null;
  return user.name.startsWith(PREFIX) ? user.name.slice(PREFIX.length) : null;
}

function refused(reason: string): AccessDecision {
  return { allowed: false, reason };
}

type Asked = Omit<AccessAttributes, 'user'>;

export class NodeAuthorizer {
  readonly graph = new NodeGraph();
  readonly #server: ApiServer;
  readonly #rules: readonly PolicyRule[];

  /** |rules|: what all nodes may do alike. */
  constructor(server: ApiServer, rules: readonly PolicyRule[]) {
    this.#server = server;
    this.#rules = rules;
  }

  authorize(node: string, user: UserInfo, asked: Asked): AccessDecision {
    if (node === '') return refused(`unknown node for user "${user.name}"`);
    if (asked.path === undefined) {
      const decision = this.#subdivided(node, asked);
      if (decision) return decision;
    }
    return this.#rules.some((rule) => ruleAllows(rule, asked)) ? ALLOWED : NO_OPINION;
  }

  /** null = every node may do the same with such a resource. */
  #subdivided(node: string, asked: Asked): AccessDecision | null {
    switch (asked.group) {
      case '':
        return this.#core(node, asked);
      case 'coordination.k8s.io':
        return asked.resource === 'leases' ? lease(node, asked) : null;
      case 'storage.k8s.io':
        if (asked.resource === 'csinodes') return csiNode(node, asked);
        if (asked.resource === 'volumeattachments') return this.#get(node, asked);
        return null;
      case 'resource.k8s.io':
        if (asked.resource === 'resourceslices') return this.#slice(node, asked);
        if (asked.resource === 'resourceclaims') return this.#get(node, asked);
        return null;
      case 'certificates.k8s.io':
        return asked.resource === 'podcertificaterequests' ? NO_OPINION : null;
      default:
        return null;
    }
  }

  #core(node: string, asked: Asked): AccessDecision | null {
    switch (asked.resource) {
      case 'pods':
        return this.#pod(node, asked);
      case 'nodes':
        return ownNode(node, asked);
      case 'secrets':
      case 'configmaps':
        return this.#read(node, asked);
      case 'serviceaccounts':
        return this.#account(node, asked);
      case 'persistentvolumeclaims':
        return asked.subresource === 'status'
          ? this.#updateStatus(node, asked)
          : this.#get(node, asked);
      case 'persistentvolumes':
        return this.#get(node, asked);
      default:
        return null;
    }
  }

  #pod(node: string, asked: Asked): AccessDecision {
    const { verb, subresource, name } = asked;
    switch (subresource) {
      case '':
        if (verb === 'get') return this.#get(node, asked);
        if (verb === 'create' || verb === 'delete') return ALLOWED;
        if (verb !== 'list' && verb !== 'watch') return NO_OPINION;
        if (selects(asked, 'spec.nodeName', node)) return ALLOWED;
        if (name !== '') return this.#related(node, asked);
        return refused('can only list/watch pods with spec.nodeName field selector');
      case 'status':
        return verb === 'update' || verb === 'patch' ? ALLOWED : NO_OPINION;
      case 'eviction':
        return verb === 'create' ? ALLOWED : NO_OPINION;
      default:
        return NO_OPINION;
    }
  }

  #updateStatus(node: string, asked: Asked): AccessDecision {
    if (asked.verb !== 'update' && asked.verb !== 'patch') {
      return refused('can only get/update/patch this type');
    }
    return this.#related(node, asked);
  }

  #get(node: string, asked: Asked): AccessDecision {
    if (asked.verb !== 'get') return refused('can only get individual resources of this type');
    if (asked.subresource !== '') return refused('cannot get subresource');
    return this.#related(node, asked);
  }

  #read(node: string, asked: Asked): AccessDecision {
    if (!['get', 'list', 'watch'].includes(asked.verb)) {
      return refused('can only read resources of this type');
    }
    if (asked.subresource !== '') return refused('cannot read subresource');
    if (asked.namespace === '') return refused('can only read namespaced object of this type');
    return this.#related(node, asked);
  }

  #account(node: string, asked: Asked): AccessDecision {
    const { verb, subresource, name } = asked;
    if (verb === 'get' && subresource === '') return this.#read(node, asked);
    if (verb !== 'create' || name === '') {
      return refused('can only create tokens for individual service accounts');
    }
    if (subresource !== 'token') {
      return refused('can only create token subresource of serviceaccount');
    }
    return this.#related(node, asked);
  }

  #slice(node: string, asked: Asked): AccessDecision {
    if (asked.subresource !== '') return refused('cannot authorize ResourceSlice subresources');
    switch (asked.verb) {
      case 'create':
        return ALLOWED;
      case 'get':
      case 'update':
      case 'patch':
      case 'delete':
        return this.#related(node, asked);
      case 'watch':
      case 'list':
      case 'deletecollection':
        if (selects(asked, 'spec.nodeName', node)) return ALLOWED;
        return refused(
          'can only list/watch/deletecollection resourceslices with nodeName field selector',
        );
      default:
        return refused(
          'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, ' +
            'update, patch, delete, deletecollection',
        );
    }
  }

  #related(node: string, asked: Asked): AccessDecision {
    if (asked.name === '') return refused('No Object name found');
    if (this.#hasPath(node, asked)) return ALLOWED;
    return refused(`no relationship found between node '${node}' and this object`);
  }

  #hasPath(node: string, { resource, namespace, name }: Asked): boolean {
    const { graph } = this;
    switch (resource) {
      case 'pods':
        return graph.hasPod(node, namespace, name);
      case 'configmaps':
        return graph.refersTo(node, namespace, `configmap/${name}`);
      case 'secrets':
        return (
          graph.refersTo(node, namespace, `secret/${name}`) ||
          this.#volumeSecret(node, namespace, name)
        );
      case 'serviceaccounts':
        return graph.refersTo(node, namespace, `account/${name}`);
      case 'persistentvolumeclaims':
        return graph.refersTo(node, namespace, `claim/${name}`);
      case 'resourceclaims':
        return graph.refersTo(node, namespace, `resourceclaim/${name}`);
      case 'persistentvolumes':
        return this.#usesVolume(node, this.#find('', resource, '', name) as Volume);
      case 'volumeattachments':
        return this.#named(node, 'storage.k8s.io', resource, name);
      case 'resourceslices':
        return this.#named(node, 'resource.k8s.io', resource, name);
      default:
        return false;
    }
  }

  /** The object itself says for which node it is. */
  #named(node: string, group: string, resource: string, name: string): boolean {
    const object = this.#find(group, resource, '', name) as
      | { readonly spec?: { readonly nodeName?: string } }
      | undefined;
    return object?.spec?.nodeName === node;
  }

  #usesVolume(node: string, volume: Volume): boolean {
    const { namespace = '', name } = volume?.spec.claimRef ?? {};
    return name !== undefined && this.graph.refersTo(node, namespace, `claim/${name}`);
  }

  /** Secrets that a volume names, by way of the claim that a Pod uses. */
  #volumeSecret(node: string, namespace: string, name: string): boolean {
    for (const key of this.graph.claims(node)) {
      const [place = '', claimName = ''] = key.split('/');
      const claim = this.#find('', 'persistentvolumeclaims', place, claimName) as
        | PersistentVolumeClaim
        | undefined;
      const volume = this.#find(
        '',
        'persistentvolumes',
        '',
        claim?.spec.volumeName ?? '',
      ) as Volume;
      if (volume && volumeSecrets(volume, place).includes(`${namespace}/${name}`)) return true;
    }
    return false;
  }

  #find(group: string, plural: string, namespace: string, name: string): KubeObject | undefined {
    const resource = this.#server.registry.find(group, '', plural);
    return resource && this.#server.store.get(storageKey(resource, namespace, name))?.value.object;
  }
}

type Volume = PersistentVolume | undefined;

interface SecretRef {
  readonly name?: string;
  readonly namespace?: string;
}

/** `NAMESPACE/NAME` of the Secrets that a volume refers to; |namespace| is that of its claim. */
function volumeSecrets({ spec }: PersistentVolume, namespace: string): readonly string[] {
  const { csi } = spec;
  const refs: readonly (SecretRef | undefined)[] = [
    { name: spec.azureFile?.secretName, namespace: spec.azureFile?.secretNamespace } as SecretRef,
    spec.cephfs?.secretRef,
    spec.cinder?.secretRef,
    spec.flexVolume?.secretRef,
    spec.rbd?.secretRef,
    spec.scaleIO?.secretRef,
    spec.iscsi?.secretRef,
    spec.storageos?.secretRef,
    csi?.controllerPublishSecretRef,
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
  ];
  return refs.flatMap((ref) => (ref?.name ? [`${ref.namespace ?? namespace}/${ref.name}`] : []));
}

function ownNode(node: string, { verb, subresource, name }: Asked): AccessDecision {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOWED : NO_OPINION;
  if (subresource !== '') return NO_OPINION;
  switch (verb) {
    case 'create':
    case 'update':
    case 'patch':
      return ALLOWED;
    case 'get':
    case 'list':
    case 'watch':
      if (name === node) return ALLOWED;
      return refused(
        name === ''
          ? `node '${node}' cannot read all nodes, only its own Node object`
          : `node '${node}' cannot read '${name}', only its own Node object`,
      );
    default:
      return NO_OPINION;
  }
}

const SINGLE_VERBS = ['get', 'create', 'update', 'patch', 'delete'];

function lease(node: string, { verb, namespace, name }: Asked): AccessDecision {
  if (!SINGLE_VERBS.includes(verb)) {
    return refused('can only get, create, update, patch, or delete a node lease');
  }
  if (namespace !== LEASES) {
    return refused(`can only access leases in the "${LEASES}" system namespace`);
  }
  if (verb !== 'create' && name !== node) {
    return refused('can only access node lease with the same name as the requesting node');
  }
  return ALLOWED;
}

function csiNode(node: string, { verb, subresource, name }: Asked): AccessDecision {
  if (!SINGLE_VERBS.includes(verb)) {
    return refused('can only get, create, update, patch, or delete a CSINode');
  }
  if (subresource !== '') return refused('cannot authorize CSINode subresources');
  if (verb !== 'create' && name !== node) {
    return refused('can only access CSINode with the same name as the requesting node');
  }
  return ALLOWED;
}

/** Whether the field selector asks for that one value. */
function selects({ fieldSelector }: Asked, field: string, value: string): boolean {
  const term = `${field}=${value}`;
  return (
    fieldSelector === term ||
    (fieldSelector?.split(',').some((t) => t === term || t === `${field}==${value}`) ?? false)
  );
}
