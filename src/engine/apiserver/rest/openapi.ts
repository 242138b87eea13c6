/**
 * OpenAPI v2 and v3: the documents of the built-in groups as a real server has them, those of custom
 * resources made from their schemas; with hashes, ETags and 304.
 *
 * Models:     k8s.io/kube-openapi pkg/handler, pkg/handler3 handler.go (v1.36)
 * Simplified: version 3 is never protobuf; whoever takes nothing else gets 406
 */
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import { failure } from '../../../api/meta/status.ts';
import { encodeUtf8 } from '../../../api/meta/utf8.ts';
import type { ApiServer } from '../server.ts';
import { sha512Hex } from './hash.ts';
import { parseAccept } from './media-type.ts';
import { customDocuments, withCustom } from './openapi-custom.ts';
import { openApiProto } from './openapi-proto.ts';
import { OpenApiTexts } from './openapi-texts.ts';
import { first } from './options.ts';
import { TEXT_TYPE } from './responses.ts';

const V2 = '/openapi/v2';
const V3 = '/openapi/v3';

/** null when |request| asks for something else. */
export function openApi(server: ApiServer, request: ApiRequest): ApiResponse | null {
  const { path } = request;
  if (path === V2) return secondVersion(server, request);
  if (path === V3) return thirdVersionIndex(server, request);
  if (path.startsWith(`${V3}/`)) return thirdVersion(server, request, path.slice(V3.length + 1));
  return null;
}

/** What is made of the documents for the kinds that are served at the moment. */
interface Served {
  readonly generation: number;
  readonly texts: OpenApiTexts;
  /** Documents of custom resources by name. */
  readonly custom: ReadonlyMap<string, { readonly text: string; readonly hash: string }>;
  v2: { readonly text: string; readonly hash: string; proto: Uint8Array | null } | null;
}

const served = new WeakMap<ApiServer, Served>();

function servedBy(server: ApiServer): Served {
  const { generation } = server.registry;
  const known = served.get(server);
  if (known?.generation === generation) return known;
  const texts = known?.texts ?? textsOf(server);
  const custom = new Map<string, { text: string; hash: string }>();
  for (const [name, document] of customDocuments(server.registry, texts)) {
    const text = JSON.stringify(document);
    custom.set(name, { text, hash: sha512Hex(text) });
  }
  const made: Served = { generation, texts, custom, v2: null };
  served.set(server, made);
  return made;
}

function textsOf(server: ApiServer): OpenApiTexts {
  const documents = server.openapi?.() ?? null;
  if (documents) return new OpenApiTexts(documents);
  throw failure(503, 'ServiceUnavailable', 'the OpenAPI documents have not been loaded');
}

function thirdVersionIndex(server: ApiServer, request: ApiRequest): ApiResponse {
  const { texts, custom } = servedBy(server);
  const hashes = new Map(texts.hashes);
  for (const [name, { hash }] of custom) hashes.set(name, hash);
  const paths = Object.fromEntries(
    [...hashes]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, hash]) => [name, { serverRelativeURL: `${V3}/${name}?hash=${hash}` }]),
  );
  const text = JSON.stringify({ paths });
  return conditional(request, text, sha512Hex(text), { 'content-type': TEXT_TYPE });
}

const JSON_TYPES = ['application/json'];
const V2_JSON_TYPES = [
  'application/json',
  // Asked for by its own name.
  'application/com.github.proto-openapi.spec.v2+json',
];

const V2_PROTO_TYPES = [
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
];

function thirdVersion(server: ApiServer, request: ApiRequest, name: string): ApiResponse {
  const { texts, custom } = servedBy(server);
  const own = custom.get(name);
  const hash = own?.hash ?? texts.hashes.get(name);
  const vary = { vary: 'Accept' };
  if (hash === undefined) return { code: 404, headers: vary, body: new Uint8Array() };
  if (!accepts(request, JSON_TYPES)) return { code: 406, headers: vary, body: new Uint8Array() };
  const asked = first(request.query, 'hash') ?? '';
  if (asked !== '' && asked !== hash) {
    const location = `${V3}/${name}?hash=${hash}`;
    return { code: 301, headers: { ...vary, location }, body: new Uint8Array() };
  }
  const forever = asked === '' ? {} : { 'cache-control': 'public, immutable' };
  const headers = { ...vary, ...forever, 'content-type': 'application/json' };
  return conditional(request, () => own?.text ?? texts.v3(name), hash, headers);
}

function secondVersion(server: ApiServer, request: ApiRequest): ApiResponse {
  const vary = { vary: 'Accept' };
  const wantsJson = accepts(request, V2_JSON_TYPES);
  if (!wantsJson && !accepts(request, V2_PROTO_TYPES)) {
    return { code: 406, headers: vary, body: new Uint8Array() };
  }
  const state = servedBy(server);
  if (!state.v2) {
    const plain = state.texts.v2();
    const text = state.custom.size === 0 ? plain : withCustom(server.registry, plain);
    state.v2 = { text, hash: sha512Hex(text), proto: null };
  }
  if (!wantsJson) {
    state.v2.proto ??= openApiProto(state.v2.text);
    const asProto = {
      ...vary,
      'content-type': 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    };
    return conditional(request, state.v2.proto, state.v2.hash, asProto);
  }
  const headers = { ...vary, 'content-type': 'application/json' };
  return conditional(request, state.v2.text, state.v2.hash, headers);
}

function accepts(request: ApiRequest, types: readonly string[]): boolean {
  const header = request.headers['accept'] ?? '';
  if (header === '') return true;
  return parseAccept(header).some(
    ({ type, subtype }) =>
      type === '*' ||
      types.includes(`${type}/${subtype}`) ||
      `${type}/${subtype}` === 'application/*',
  );
}

/** 304 for whoever has it already. */
function conditional(
  request: ApiRequest,
  text: string | Uint8Array | (() => string),
  hash: string,
  headers: Readonly<Record<string, string>>,
): ApiResponse {
  const etag = `"${hash}"`;
  const all = { ...headers, etag };
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim());
  if (known.includes(etag) || known.includes(`W/${etag}`)) {
    return { code: 304, headers: all, body: new Uint8Array() };
  }
  if (text instanceof Uint8Array) return { code: 200, headers: all, body: text };
  const body = encodeUtf8(typeof text === 'string' ? text : text());
  return { code: 200, headers: all, body };
}
