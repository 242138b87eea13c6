/**
 * What the server serves, as clients ask for it: groups, versions, resources; one by one, or all in
 * one document (aggregated discovery).
 *
 * Models: k8s.io/apiserver pkg/endpoints/discovery/{group,legacy,root,storageversionhash}.go,
 *         discovery/aggregated, kube-aggregator pkg/apiserver/handler_apis.go (v1.36)
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { apiVersionOf, type AnyKind } from '../../../api/meta/define-kind.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import { encodeBase64Bytes, encodeUtf8 } from '../../../api/meta/utf8.ts';
import type { Registry, Resource } from '../resource.ts';
import { subresourceMethods } from './verb.ts';
import { compareGroups, compareVersions } from './versions-order.ts';

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface Subresource {
  readonly name: string;
  /** Group and version are '' when they are those of the resource. */
  readonly kind: GroupVersionKind;
  readonly verbs: readonly string[];
}

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];
/** Custom resources list theirs in an order of their own. */
const CUSTOM_VERBS = [
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'create',
  'update',
  'watch',
];
const SCALE: GroupVersionKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** How the options of subresources that connect are called. */
const OPTIONS: Readonly<Record<string, string>> = {
  attach: 'AttachOptions',
  exec: 'ExecOptions',
  portforward: 'PortForwardOptions',
  proxy: 'ProxyOptions',
};

/** Groups with resources, in order; the old group '' is among them. */
export function groupsOf(registry: Registry): readonly string[] {
  return [...new Set(registry.resources.map((r) => r.group))].sort(compareGroups);
}

/** Versions of a group, preferred first. */
export function versionsOf(registry: Registry, group: string): readonly string[] {
  const versions = registry.resources.filter((r) => r.group === group).map((r) => r.version);
  return [...new Set(versions)].sort(compareVersions);
}

export function apiGroup(registry: Registry, group: string): object {
  const versions = versionsOf(registry, group).map((version) => ({
    groupVersion: `${group}/${version}`,
    version,
  }));
  return { name: group, versions, preferredVersion: versions[0] };
}

export function apiGroupList(registry: Registry): object {
  const groups = groupsOf(registry).filter((group) => group !== '');
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((group) => apiGroup(registry, group)),
  };
}

/** `/api/v1`, `/apis/apps/v1`. */
export function apiResourceList(registry: Registry, group: string, version: string): object {
  const resources = sorted(registry, group, version).flatMap((resource) => [
    plainResource(resource),
    ...subresourcesOf(resource).map((sub) => plainSubresource(resource, sub)),
  ]);
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources,
  };
}

function sorted(registry: Registry, group: string, version: string): readonly Resource[] {
  return [...registry.ofVersion(group, version)].sort((a, b) => compareText(a.plural, b.plural));
}

function plainResource(resource: Resource): object {
  const { kind } = resource;
  const hash = storageHash(resource);
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: verbsOf(kind),
    ...names(kind),
    ...(hash === '' ? {} : { storageVersionHash: hash }),
  };
}

function plainSubresource({ kind }: Resource, { name, kind: of, verbs }: Subresource): object {
  return {
    name: `${kind.plural}/${name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(of.version === '' ? {} : { group: of.group, version: of.version }),
    kind: of.kind,
    verbs,
  };
}

function names({ shortNames, categories }: AnyKind): object {
  return {
    ...(shortNames && shortNames.length > 0 ? { shortNames } : {}),
    ...(categories && categories.length > 0 ? { categories } : {}),
  };
}

function verbsOf({ verbs, isCustom }: AnyKind): readonly string[] {
  const order = isCustom ? CUSTOM_VERBS : ALL_VERBS;
  return verbs ? order.filter((verb) => verbs.includes(verb)) : order;
}

/** '' for kinds of which nothing is stored. */
function storageHash({ kind, hub }: Resource): string {
  const stored = kind.review === undefined && kind.computed === undefined;
  if (!stored || !(kind.verbs?.includes('list') ?? true)) return '';
  const { group, version, kind: name, storageVersion = version } = hub.kind;
  const digest = sha256(encodeUtf8(`${group}/${storageVersion}/${name}`));
  return encodeBase64Bytes(digest.slice(0, 8));
}

function subresourcesOf(resource: Resource): readonly Subresource[] {
  const { kind, hub } = resource;
  const all = [
    ...Object.keys(kind.actions ?? {}),
    ...Object.keys(kind.connects ?? {}),
    ...Object.keys(kind.subresources ?? {}),
    ...((kind.scale ?? hub.kind.scale) ? ['scale'] : []),
    ...((kind.status ?? hub.kind.status) ? ['status'] : []),
  ];
  return [...new Set(all)].sort(compareText).map((name) => ({
    name,
    kind: kindOfSubresource(kind, name),
    verbs: (subresourceMethods(resource, name) ?? [])
      .map((method) => VERBS[method] ?? '')
      .filter((verb) => verb !== '')
      .sort(),
  }));
}

function kindOfSubresource(kind: AnyKind, name: string): GroupVersionKind {
  const own = { group: '', version: '', kind: kind.kind };
  if (name === 'scale') return SCALE;
  const action = kind.actions?.[name];
  if (action) {
    const { bodyGroup: group, bodyVersion: version, bodyKind } = action;
    const isNear = group === kind.group && version === kind.version;
    return isNear ? { ...own, kind: bodyKind } : { group, version, kind: bodyKind };
  }
  const options = kind.connects?.[name] && OPTIONS[name];
  return options === undefined ? own : { ...own, kind: kind.kind + options };
}

/** The whole of `/api` (the old group) or `/apis` in one. */
export function aggregated(registry: Registry, isLegacy: boolean): object {
  const groups = groupsOf(registry).filter((group) => (group === '') === isLegacy);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: versionsOf(registry, group).map((version) => ({
        version,
        resources: sorted(registry, group, version).map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
  };
}

function aggregatedResource(resource: Resource): object {
  const { kind } = resource;
  const subresources = subresourcesOf(resource);
  const own = kind.isCustom
    ? { group: kind.group, version: kind.version }
    : { group: '', version: '' };
  return {
    resource: kind.plural,
    responseKind: { ...own, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: verbsOf(kind),
    ...names(kind),
    ...(subresources.length === 0
      ? {}
      : {
          subresources: subresources.map(({ name, kind: of, verbs }) => ({
            subresource: name,
            responseKind: of.version === '' ? { ...own, kind: of.kind } : of,
            verbs,
          })),
        }),
  };
}

/** Paths of groups and versions, for the index of `/`. */
export function groupPaths(registry: Registry): readonly string[] {
  const kinds = registry.resources.map((r) => r.kind);
  const paths = kinds.flatMap((kind) =>
    kind.group === ''
      ? [`/api/${kind.version}`]
      : [`/apis/${kind.group}`, `/apis/${apiVersionOf(kind)}`],
  );
  return [...new Set(paths)];
}
