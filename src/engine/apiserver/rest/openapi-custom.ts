/**
 * OpenAPI of custom resources: their definitions from the schema of their version, their paths after
 * the pattern of a built-in resource of the same scope.
 *
 * Models:     k8s.io/apiextensions-apiserver pkg/controller/openapi/builder builder.go, merge.go (v1.36)
 * Simplified: version 2 has their definitions only; texts of operations are those of the pattern
 */
import type { AnyKind } from '../../../api/meta/define-kind.ts';
import type { Registry } from '../resource.ts';
import { type JsonObject, publishedSchema } from './openapi-custom-schema.ts';
import type { OpenApiTexts } from './openapi-texts.ts';

type Json = unknown;

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const V3_REF = '#/components/schemas/';
const V2_REF = '#/definitions/';
const GVK = 'x-kubernetes-group-version-kind';

const KIND_TEXT =
  'Kind is a string value representing the REST resource this object represents. Servers may infer ' +
  'this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More ' +
  'info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';
const API_VERSION_TEXT =
  'APIVersion defines the versioned schema of this representation of an object. Servers should ' +
  'convert recognized schemas to the latest internal value, and may reject unrecognized values. ' +
  'More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources';
const METADATA_TEXT =
  "Standard object's metadata. More info: " +
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata';
const LIST_METADATA_TEXT =
  'Standard list metadata. More info: ' +
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds';

/** `stable.example.com`, `v1`, `CronTab` → `com.example.stable.v1.CronTab`. */
function definitionName({ group, version }: AnyKind, kind: string): string {
  return `${group.split('.').reverse().join('.')}.${version}.${kind}`;
}

function listKind(kind: AnyKind): string {
  return `${kind.kind}List`;
}

/** Documents of version 3 by name, one for each group version with custom resources. */
export function customDocuments(
  registry: Registry,
  texts: OpenApiTexts,
): ReadonlyMap<string, JsonObject> {
  const byVersion = new Map<string, AnyKind[]>();
  for (const { kind } of registry.resources) {
    if (!kind.isCustom) continue;
    const name = `apis/${kind.group}/${kind.version}`;
    const list = byVersion.get(name);
    if (list) list.push(kind);
    else byVersion.set(name, [kind]);
  }
  if (byVersion.size === 0) return new Map();
  const patterns = patternsIn(texts);
  return new Map([...byVersion].map(([name, kinds]) => [name, documentOf(kinds, patterns)]));
}

function documentOf(kinds: readonly AnyKind[], patterns: Patterns): JsonObject {
  const paths: Record<string, Json> = {};
  const schemas: Record<string, Json> = { ...patterns.shared };
  for (const kind of kinds) {
    Object.assign(paths, pathsOf(kind, patterns));
    Object.assign(schemas, definitionsOf(kind, V3_REF));
  }
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    paths: sorted(paths),
    components: { schemas: sorted(schemas) },
  };
}

function sorted(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The object and its list. */
function definitionsOf(kind: AnyKind, ref: string): JsonObject {
  const { group, version } = kind;
  const gvk = (name: string): Json => [{ group, kind: name, version }];
  const refer = (name: string): Json =>
    ref === V3_REF ? { allOf: [{ $ref: ref + name }] } : { $ref: ref + name };
  const common = {
    apiVersion: { description: API_VERSION_TEXT, type: 'string' },
    kind: { description: KIND_TEXT, type: 'string' },
  };
  const name = definitionName(kind, kind.kind);
  const metadata = { description: METADATA_TEXT, ...(refer(`${META}.ObjectMeta`) as object) };
  const own = kind.openapi as JsonObject | undefined;
  const object = {
    ...publishedSchema(own, { ...common, metadata }, ref === V2_REF),
    [GVK]: gvk(kind.kind),
  };
  const list = {
    description: `${listKind(kind)} is a list of ${kind.kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...common,
      items: {
        description: `List of ${kind.plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
        type: 'array',
        items: ref === V3_REF ? refer(name) : { $ref: ref + name },
      },
      metadata: { description: LIST_METADATA_TEXT, ...(refer(`${META}.ListMeta`) as object) },
    },
    [GVK]: gvk(listKind(kind)),
  };
  return { [name]: object, [definitionName(kind, listKind(kind))]: list };
}

/** Paths of one built-in resource of each scope, and the definitions that all paths refer to. */
interface Patterns {
  readonly namespaced: Pattern;
  readonly cluster: Pattern;
  readonly shared: JsonObject;
}

interface Pattern {
  readonly kind: string;
  /** Definition of the kind. */
  readonly definition: string;
  readonly plural: string;
  /** Path without the resource's own name, and what is below it. */
  readonly root: string;
  readonly paths: JsonObject;
}

/** Any group version will do that has resources of both scopes and with a status. */
function patternsIn(texts: OpenApiTexts): Patterns {
  for (const name of texts.hashes.keys()) {
    const document = JSON.parse(texts.v3(name)) as {
      paths: Record<string, JsonObject>;
      components?: { schemas?: JsonObject };
    };
    const root = `/${name}/`;
    const namespaced = patternIn(document.paths, `${root}namespaces/{namespace}/`, root);
    const cluster = patternIn(document.paths, root, root);
    if (!namespaced || !cluster) continue;
    const all = document.components?.schemas ?? {};
    const shared = Object.fromEntries(
      Object.entries(all).filter(([key]) => key.startsWith(`${META}.`)),
    );
    return { namespaced, cluster, shared };
  }
  throw new Error('no OpenAPI document has resources of both scopes');
}

function patternIn(
  paths: Readonly<Record<string, JsonObject>>,
  prefix: string,
  root: string,
): Pattern | null {
  for (const path of Object.keys(paths)) {
    const plural = path.slice(prefix.length);
    if (!path.startsWith(prefix) || !/^[a-z]+$/.test(plural)) continue;
    const status = paths[`${path}/{name}/status`];
    const item = paths[`${path}/{name}`] as Readonly<Record<string, JsonObject>> | undefined;
    const gvk = item?.['get']?.[GVK] as { kind: string } | undefined;
    if (!status || !item || !gvk || !paths[path]?.['delete']) continue;
    const own = Object.entries(paths).filter(
      ([p]) => p === path || p === `${root}${plural}` || p.startsWith(`${path}/{name}`),
    );
    const responses = item['get']?.['responses'] as JsonObject | undefined;
    const answer = JSON.stringify(responses?.['200'] ?? {});
    const schema = /"#\/components\/schemas\/([^"]+)"/.exec(answer)?.[1];
    if (schema === undefined) continue;
    const base = prefix === root ? root : prefix;
    return {
      kind: gvk.kind,
      definition: schema,
      plural,
      root: base,
      paths: Object.fromEntries(own),
    };
  }
  return null;
}

function pathsOf(kind: AnyKind, patterns: Patterns): JsonObject {
  const pattern = kind.namespaced ? patterns.namespaced : patterns.cluster;
  const from = pattern.root.split('/namespaces/')[0] as string;
  const to = `/apis/${kind.group}/${kind.version}`;
  const out: Record<string, Json> = {};
  for (const [path, item] of Object.entries(pattern.paths)) {
    const [, below = ''] = path.split(`/${pattern.plural}`);
    if (below.endsWith('/status') && !kind.status) continue;
    if (below.endsWith('/scale')) continue;
    const own = path
      .replace(from.replace(/\/$/, ''), to)
      .replace(`/${pattern.plural}`, `/${kind.plural}`);
    out[own] = renamed(item, kind, pattern);
  }
  return out;
}

/** The pattern's item with everything that names its kind naming |kind| instead. */
function renamed(value: Json, kind: AnyKind, pattern: Pattern): Json {
  if (Array.isArray(value)) return value.map((item) => renamed(item, kind, pattern));
  if (typeof value !== 'object' || value === null) return value;
  const out: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (key === '$ref' && typeof item === 'string') out[key] = renamedRef(item, kind, pattern);
    else if (key === GVK) out[key] = gvkOf(item as { kind: string }, kind, pattern);
    else if (key === 'operationId' && typeof item === 'string') {
      out[key] = operationId(item, kind, pattern);
    } else if (key === 'tags') out[key] = [camel(kind).replace(/^./, (c) => c.toLowerCase())];
    else if (key === 'description' && typeof item === 'string') {
      out[key] = item.replaceAll(pattern.kind, kind.kind);
    } else out[key] = renamed(item, kind, pattern);
  }
  return out;
}

function renamedRef(ref: string, kind: AnyKind, { definition }: Pattern): string {
  if (ref === V3_REF + definition) return V3_REF + definitionName(kind, kind.kind);
  if (ref === `${V3_REF}${definition}List`) return V3_REF + definitionName(kind, listKind(kind));
  return ref;
}

/** Options of operations keep their own kind. */
function gvkOf(gvk: { readonly kind: string }, kind: AnyKind, pattern: Pattern): Json {
  if (gvk.kind !== pattern.kind) return gvk;
  return { group: kind.group, version: kind.version, kind: kind.kind };
}

/** `StableExampleComV1` */
function camel({ group, version }: AnyKind): string {
  return [...group.split('.'), version]
    .map((part) =>
      part
        .replace(/^./, (c) => c.toUpperCase())
        .replace(/-./g, (c) => (c[1] as string).toUpperCase()),
    )
    .join('');
}

function operationId(id: string, kind: AnyKind, pattern: Pattern): string {
  const verb = /^[a-z]+(?=[A-Z])/.exec(id)?.[0] ?? '';
  const tail = id.slice(id.indexOf(pattern.kind) + pattern.kind.length);
  const scope = id.includes('Namespaced') ? 'Namespaced' : '';
  const many = id.includes('CollectionNamespaced') || id.includes('Collection') ? 'Collection' : '';
  return `${verb}${camel(kind)}${many}${scope}${kind.kind}${tail}`;
}

/** The document of version 2 with the definitions of custom resources. */
export function withCustom(registry: Registry, text: string): string {
  const document = JSON.parse(text) as { definitions: Record<string, Json> };
  for (const { kind } of registry.resources) {
    if (kind.isCustom) Object.assign(document.definitions, definitionsOf(kind, V2_REF));
  }
  return JSON.stringify({ ...document, definitions: sorted(document.definitions) });
}
