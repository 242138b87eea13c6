/**
 * How kinds and verbs look: a hue per kind (theme.css has the values of both themes), a shape per
 * verb, and the path under which the API server serves a kind.
 */
import { verbOf } from '../../port/drawn.ts';
import type { SpanRow } from '../../port/protocol.ts';
import { parseRef } from './short-name.ts';

/** A custom property of theme.css. */
export type Hue =
  | '--kind-deployment'
  | '--kind-replicaset'
  | '--kind-pod'
  | '--kind-event'
  | '--kind-service'
  | '--kind-node'
  | '--kind-other';

export const HUES: readonly Hue[] = [
  '--kind-deployment',
  '--kind-replicaset',
  '--kind-pod',
  '--kind-event',
  '--kind-service',
  '--kind-node',
  '--kind-other',
];

const KIND_HUES: Readonly<Record<string, Hue>> = {
  Deployment: '--kind-deployment',
  StatefulSet: '--kind-deployment',
  DaemonSet: '--kind-deployment',
  CronJob: '--kind-deployment',
  Job: '--kind-replicaset',
  ReplicaSet: '--kind-replicaset',
  ReplicationController: '--kind-replicaset',
  Pod: '--kind-pod',
  Event: '--kind-event',
  Lease: '--kind-event',
  Service: '--kind-service',
  Ingress: '--kind-service',
  Node: '--kind-node',
};

const CORE = '/api/v1';
/** Kinds by the group and version under which the components of the cluster ask for them. */
const SERVED: Readonly<Record<string, string>> = {
  [CORE]:
    'ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount',
  '/apis/admissionregistration.k8s.io/v1':
    'MutatingAdmissionPolicy MutatingAdmissionPolicyBinding MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration',
  '/apis/apiextensions.k8s.io/v1': 'CustomResourceDefinition',
  '/apis/apiregistration.k8s.io/v1': 'APIService',
  '/apis/apps/v1': 'ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet',
  '/apis/autoscaling/v2': 'HorizontalPodAutoscaler',
  '/apis/batch/v1': 'CronJob Job',
  '/apis/certificates.k8s.io/v1': 'CertificateSigningRequest',
  '/apis/coordination.k8s.io/v1': 'Lease',
  '/apis/discovery.k8s.io/v1': 'EndpointSlice',
  '/apis/flowcontrol.apiserver.k8s.io/v1': 'FlowSchema PriorityLevelConfiguration',
  '/apis/networking.k8s.io/v1': 'IPAddress Ingress IngressClass NetworkPolicy ServiceCIDR',
  '/apis/node.k8s.io/v1': 'RuntimeClass',
  '/apis/policy/v1': 'PodDisruptionBudget',
  '/apis/rbac.authorization.k8s.io/v1': 'ClusterRole ClusterRoleBinding Role RoleBinding',
  '/apis/resource.k8s.io/v1': 'DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice',
  '/apis/scheduling.k8s.io/v1': 'PriorityClass',
  '/apis/storage.k8s.io/v1':
    'CSIDriver CSINode CSIStorageCapacity StorageClass VolumeAttachment VolumeAttributesClass',
};
/** Of a kind that is not in the list: a custom resource, whose group is not known here. */
const OTHER_BASE = '/apis/…';
const BASES: ReadonlyMap<string, string> = new Map(
  Object.entries(SERVED).flatMap(([base, kinds]) =>
    kinds.split(' ').map((kind) => [pluralOf(kind), base] as const),
  ),
);

export function hueOf(kind: string): Hue {
  return KIND_HUES[kind] ?? '--kind-other';
}

/**
 * Shapes: create disc · change diamond · delete cross · read ring · watch event triangle ·
 * call to the container runtime hexagon.
 */
export type Shape = 'disc' | 'diamond' | 'cross' | 'ring' | 'triangle' | 'hexagon';

const METHODS: Readonly<Record<string, string>> = {
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
};

export function shapeOf(span: SpanRow): Shape {
  if (span.kind === 'watch') return 'triangle';
  if (span.kind === 'cri') return 'hexagon';
  switch (verbOf(span)) {
    case 'create':
      return 'disc';
    case 'update':
    case 'patch':
      return 'diamond';
    case 'delete':
    case 'deletecollection':
      return 'cross';
    default:
      return 'ring';
  }
}

export function subresourceOf(span: SpanRow): string {
  const space = span.name.indexOf(' ');
  return space < 0 ? '' : span.name.slice(space + 1);
}

/** `POST`, `PATCH status`, `ADDED`, `PullImage`: what a token says before the object. */
export function verbLabel(span: SpanRow): string {
  if (span.kind !== 'request') return span.name;
  const verb = verbOf(span);
  const method = METHODS[verb] ?? verb.toUpperCase();
  const subresource = subresourceOf(span);
  return subresource === '' ? method : `${method} ${subresource}`;
}

/** `POST /api/v1/namespaces/default/pods`: the request as it stands in the API server's log. */
export function requestLine(span: SpanRow): string {
  const detail = span.detail ?? {};
  const verb = verbOf(span);
  const method = detail['method'] ?? (verb === 'list' || verb === 'watch' ? 'GET' : METHODS[verb]);
  const path = detail['path'] ?? composedPath(span, verb);
  return `${String(method ?? verb.toUpperCase())} ${String(path)}`;
}

function composedPath(span: SpanRow, verb: string): string {
  const { kind, namespace, name } = parseRef(span.object);
  // The resource is said where it is not the kind's own: a binding is posted to pods.
  const resource = span.detail?.['resource'];
  const plural = typeof resource === 'string' ? resource : pluralOf(kind);
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`;
  const collection = `${BASES.get(plural) ?? OTHER_BASE}${scope}/${plural}`;
  const subresource = subresourceOf(span);
  const onCollection = verb === 'list' || (verb === 'create' && subresource === '');
  if (onCollection || name === '') return collection;
  return subresource === '' ? `${collection}/${name}` : `${collection}/${name}/${subresource}`;
}

/** As all of Kubernetes' own kinds form it; of the others most. */
function pluralOf(kind: string): string {
  const word = kind.toLowerCase();
  if (word === 'endpoints') return word;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:s|x|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

/** HTTP status of a finished request; 0 = not known. */
export function codeOf(span: SpanRow): number {
  const code = span.detail?.['code'];
  return typeof code === 'number' ? code : 0;
}

/** Key of an object in etcd. Nodes and Services have kept their first names there. */
export function etcdKey(ref: string): string {
  const { kind, namespace, name } = parseRef(ref);
  const plural =
    kind === 'Node' ? 'minions' : kind === 'Service' ? 'services/specs' : pluralOf(kind);
  return ['/registry', plural, namespace, name].filter((part) => part !== '').join('/');
}
