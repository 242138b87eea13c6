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

interface Look {
  readonly hue: Hue;
  readonly plural: string;
  /** Path before the namespace. */
  readonly base: string;
}

const CORE = '/api/v1';
const APPS = '/apis/apps/v1';
const LOOKS: Readonly<Record<string, Look>> = {
  Deployment: { hue: '--kind-deployment', plural: 'deployments', base: APPS },
  ReplicaSet: { hue: '--kind-replicaset', plural: 'replicasets', base: APPS },
  Pod: { hue: '--kind-pod', plural: 'pods', base: CORE },
  Event: { hue: '--kind-event', plural: 'events', base: CORE },
  Service: { hue: '--kind-service', plural: 'services', base: CORE },
  Node: { hue: '--kind-node', plural: 'nodes', base: CORE },
  Lease: { hue: '--kind-event', plural: 'leases', base: '/apis/coordination.k8s.io/v1' },
  Namespace: { hue: '--kind-other', plural: 'namespaces', base: CORE },
  ConfigMap: { hue: '--kind-other', plural: 'configmaps', base: CORE },
  Secret: { hue: '--kind-other', plural: 'secrets', base: CORE },
  ServiceAccount: { hue: '--kind-other', plural: 'serviceaccounts', base: CORE },
};

export function hueOf(kind: string): Hue {
  return LOOKS[kind]?.hue ?? '--kind-other';
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
  const look = Object.values(LOOKS).find((l) => l.plural === plural);
  const scope = namespace === '' ? '' : `/namespaces/${namespace}`;
  const collection = `${look?.base ?? CORE}${scope}/${plural}`;
  const subresource = subresourceOf(span);
  const onCollection = verb === 'list' || (verb === 'create' && subresource === '');
  if (onCollection || name === '') return collection;
  return subresource === '' ? `${collection}/${name}` : `${collection}/${name}/${subresource}`;
}

function pluralOf(kind: string): string {
  return LOOKS[kind]?.plural ?? `${kind.toLowerCase()}s`;
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
