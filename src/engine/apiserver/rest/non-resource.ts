/**
 * Paths that are no resources: the index, discovery, versions, health, metrics, OpenAPI.
 *
 * Models:     k8s.io/apiserver pkg/server/{genericapiserver,routes}, pkg/endpoints/discovery (v1.36)
 * Simplified: /flagz, /statusz and /metrics/slis are refused by name
 */
import { failure, noSuchResource } from '../../../api/meta/status.ts';
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import type { ApiServer } from '../server.ts';
import {
  aggregated,
  apiGroup,
  apiGroupList,
  apiResourceList,
  groupPaths,
  groupsOf,
  versionsOf,
} from './discovery.ts';
import { sha512Hex } from './hash.ts';
import { health, HEALTH_PATHS } from './health.ts';
import { encodeUtf8 } from '../../../api/meta/utf8.ts';
import { type Allows, checkProduced, type MediaType, negotiate, NO_FORMS } from './media-type.ts';
import { metrics } from './metrics.ts';
import { openApi } from './openapi.ts';
import { openId } from './openid.ts';
import { contentTypeOf, encodeBody } from './represent.ts';
import { notFoundPath } from './responses.ts';
import { methodNotAllowed } from './verb.ts';

/** `kubectl version`: what a build of 1.36.3 answers. */
const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-07-01T00:00:00Z',
  goVersion: 'go1.26.8',
  compiler: 'gc',
  platform: 'linux/amd64',
};

const OTHER_PATHS = [
  '/.well-known/openid-configuration',
  '/api',
  '/apis',
  '/apis/',
  '/flagz',
  '/metrics',
  '/metrics/slis',
  '/openapi/v2',
  '/openapi/v3',
  '/openapi/v3/',
  '/openid/v1/jwks',
  '/statusz',
  '/version',
];

const NOT_SIMULATED = new Set(['/flagz', '/metrics/slis', '/statusz']);

/** The document at |path|, and in which forms it can be had; undefined = there is none. */
type Document = {
  readonly body: object;
  readonly isGroupList?: boolean;
  /** Written over several lines, as JSON whatever was asked for. */
  readonly isIndented?: boolean;
};

export function nonResource(server: ApiServer, request: ApiRequest): ApiResponse {
  const response = respond(server, request);
  return request.method === 'HEAD' ? { ...response, body: new Uint8Array() } : response;
}

function respond(server: ApiServer, request: ApiRequest): ApiResponse {
  const { path } = request;
  const text = health(request) ?? openApi(server, request) ?? metrics(server, request);
  if (text) return text;
  const keys = openId(server, request);
  if (keys) return keys;
  if (NOT_SIMULATED.has(path)) {
    throw failure(501, 'NotImplemented', `${path} is not simulated`);
  }
  if (path === '/') return negotiated(request, { paths: rootPaths(server) }, NO_FORMS);
  const parts = path.split('/').filter((part) => part !== '');
  const found = documentAt(server, request, parts);
  if (found === null) return notFoundPath();
  if (request.method !== 'GET') throw methodNotAllowed();
  checkProduced(request.headers['accept'], false);
  if (found.isIndented) {
    const headers = { 'content-type': 'application/json' };
    return { code: 200, headers, body: encodeUtf8(JSON.stringify(found.body, null, 2)) };
  }
  if (!found.isGroupList) return negotiated(request, found.body, NO_FORMS);
  return groupList(server, request, found.body, parts[0] === 'api');
}

function documentAt(
  server: ApiServer,
  request: ApiRequest,
  parts: readonly string[],
): Document | null {
  const { registry } = server;
  const [first = '', second = '', third = ''] = parts;
  if (first === 'version' && parts.length === 1) return { body: VERSION, isIndented: true };
  if (first === 'api') {
    if (parts.length === 1) return { body: apiVersions(server, request), isGroupList: true };
    return { body: resourceList(server, '', second) };
  }
  if (first !== 'apis') return null;
  if (parts.length === 1) return { body: apiGroupList(registry), isGroupList: true };
  if (!groupsOf(registry).includes(second) || second === '') return null;
  if (parts.length > 2) return { body: resourceList(server, second, third) };
  return { body: { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(registry, second) } };
}

function resourceList({ registry }: ApiServer, group: string, version: string): object {
  if (registry.ofVersion(group, version).length === 0) throw noSuchResource();
  return apiResourceList(registry, group, version);
}

function apiVersions({ registry }: ApiServer, request: ApiRequest): object {
  const serverAddress = request.headers['host'] ?? '127.0.0.1:6443';
  return {
    kind: 'APIVersions',
    versions: versionsOf(registry, ''),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

function rootPaths({ registry }: ApiServer): readonly string[] {
  return [...OTHER_PATHS, ...HEALTH_PATHS, ...groupPaths(registry)].sort();
}

const AGGREGATED: Allows = (convert) =>
  convert === null ||
  (convert.group === 'apidiscovery.k8s.io' &&
    convert.version === 'v2' &&
    convert.kind === 'APIGroupDiscoveryList');

const AGGREGATED_TYPE = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** /api and /apis, either as they have always been or with everything in them. */
function groupList(
  { registry }: ApiServer,
  request: ApiRequest,
  plain: object,
  isLegacy: boolean,
): ApiResponse {
  const media = negotiate(request, AGGREGATED);
  const vary = { vary: 'Accept' };
  if (media.convert === null) {
    const response = encoded(plain, media);
    return { ...response, headers: { ...response.headers, ...vary } };
  }
  const { text, etag } = aggregatedText(registry, isLegacy);
  const headers = { ...vary, etag: `"${etag}"`, 'cache-control': 'public' };
  if (request.headers['if-none-match'] === headers.etag) {
    return { code: 304, headers, body: new Uint8Array() };
  }
  return {
    code: 200,
    headers: { ...headers, 'content-type': AGGREGATED_TYPE },
    body: encodeBody(text, { ...media, format: 'json' }),
  };
}

interface Aggregate {
  readonly generation: number;
  readonly text: string;
  readonly etag: string;
}

const aggregates = new WeakMap<object, Map<boolean, Aggregate>>();

/** Made anew when kinds have come or gone. */
function aggregatedText(registry: ApiServer['registry'], isLegacy: boolean): Aggregate {
  let both = aggregates.get(registry);
  if (!both) aggregates.set(registry, (both = new Map()));
  const known = both.get(isLegacy);
  if (known?.generation === registry.generation) return known;
  const text = JSON.stringify(aggregated(registry, isLegacy));
  const made = { generation: registry.generation, text, etag: sha512Hex(text) };
  both.set(isLegacy, made);
  return made;
}

function negotiated(request: ApiRequest, body: object, allows: Allows): ApiResponse {
  return encoded(body, negotiate(request, allows));
}

function encoded(body: object, media: MediaType): ApiResponse {
  return {
    code: 200,
    headers: { 'content-type': contentTypeOf(media) },
    body: encodeBody(JSON.stringify(body), media),
  };
}
