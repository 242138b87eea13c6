/**
 * `kubectl apply -f`: for every document GET, then POST what is missing or PATCH what differs
 * (client-side apply with the last-applied annotation).
 *
 * Models:     k8s.io/kubectl pkg/cmd/apply apply.go, patcher.go (v1.36)
 * Simplified: no --prune, --force, --server-side; one retry less on conflicts than upstream's five
 */
import type { AnyKind } from '../api/meta/define-kind.ts';
import { canonicalJson, cloneJson } from '../api/meta/json.ts';
import { tryParseQuantity } from '../api/meta/quantity.ts';
import type { Status } from '../api/meta/status.ts';
import type { ApiRequest, ApiResponse, CommandResult, Problem } from '../port/protocol.ts';
import { type ManifestDocument, readManifest } from './manifest.ts';
import { discover, findMapping, type Mapping, mappingOf } from './mapping.ts';
import { bodyOf, errorText, request, resourcePath, shownName, warningsOf } from './rest.ts';
import { threeWayPatch } from './three-way.ts';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const STRATEGIC = 'application/strategic-merge-patch+json';
/** For kinds whose lists have no merge keys: the server refuses the other. */
const MERGE = 'application/merge-patch+json';
const QUERY = { fieldManager: ['kubectl-client-side-apply'], fieldValidation: ['Strict'] };
const MAX_PATCH_TRIES = 4;

type Json = Record<string, unknown>;

interface Output {
  stdout: string;
  stderr: string;
  failed: boolean;
  readonly problems: Problem[];
}

/** A program over the API: yields requests, gets answers, ends with what a person should read. */
export function* apply(
  kinds: readonly AnyKind[],
  file: string,
  text: string,
): Generator<ApiRequest, CommandResult, ApiResponse> {
  const manifest = readManifest(text);
  const out: Output = { stdout: '', stderr: '', failed: false, problems: [...manifest.problems] };
  for (const problem of manifest.problems) {
    out.failed = true;
    out.stderr += `error: error parsing ${file}: ${problem.message}\n`;
  }
  if (manifest.documents.length === 0 && manifest.problems.length === 0) {
    out.failed = true;
    out.stderr += 'error: no objects passed to apply\n';
    out.problems.push({
      severity: 'error',
      message: 'no objects passed to apply',
      line: 1,
      column: 1,
    });
  }
  // As kubectl does: every document finds its resource before the first is sent, so a kind that
  // this very file defines is found by the next apply only.
  const mappings = yield* mappingsFor(kinds, manifest.documents);
  for (const document of manifest.documents) yield* applyOne(mappings, file, document, out);
  return {
    stdout: out.stdout,
    stderr: out.stderr,
    exitCode: out.failed ? 1 : 0,
    problems: out.problems,
  };
}

function* mappingsFor(
  kinds: readonly AnyKind[],
  documents: readonly ManifestDocument[],
): Generator<ApiRequest, readonly Mapping[], ApiResponse> {
  const known = kinds.map(mappingOf);
  const allKnown = documents.every((d) => findMapping(known, d.apiVersion, d.kind));
  return allKnown ? known : yield* discover(known);
}

function* applyOne(
  kinds: readonly Mapping[],
  file: string,
  document: ManifestDocument,
  out: Output,
): Generator<ApiRequest, void, ApiResponse> {
  const kind = findMapping(kinds, document.apiVersion, document.kind);
  if (!kind) {
    fail(
      out,
      document,
      'kind',
      `resource mapping not found for name: "${document.name}" namespace: "${document.namespace}" from "${file}": no matches for kind "${document.kind}" in version "${document.apiVersion}"\nensure CRDs are installed first`,
      'error: ',
    );
    return;
  }
  if (document.name === '') {
    const generate = (document.value['metadata'] as Json | undefined)?.['generateName'];
    fail(
      out,
      document,
      'metadata',
      typeof generate === 'string'
        ? `from ${generate}: cannot use generate name with apply`
        : 'error when retrieving current configuration: resource name may not be empty',
      'error: ',
    );
    return;
  }
  const namespace = kind.namespaced ? document.namespace || 'default' : '';
  const modified = withLastApplied(document.value, namespace);
  const path = resourcePath(kind, namespace, document.name);
  const got = yield request('GET', path);
  if (got.code === 404) {
    const created = yield request('POST', resourcePath(kind, namespace), modified, {
      query: QUERY,
    });
    warn(out, document, created);
    if (created.code >= 300) failWith(out, document, created, file, 'creating');
    else out.stdout += `${shownName(kind, document.name)} created\n`;
    return;
  }
  if (got.code >= 300) {
    failWith(out, document, got, file, 'retrieving current configuration of');
    return;
  }
  yield* patchExisting(kind, path, modified, bodyOf(got) as Json, document, file, out);
}

function* patchExisting(
  kind: Mapping,
  path: string,
  modified: Json,
  live: Json,
  document: ManifestDocument,
  file: string,
  out: Output,
): Generator<ApiRequest, void, ApiResponse> {
  let current = live;
  for (let tries = 1; ; tries++) {
    const patch = threeWayPatch(kind.schema, lastAppliedOf(current), modified, current);
    if (Object.keys(patch).length === 0) {
      out.stdout += `${shownName(kind, document.name)} unchanged\n`;
      return;
    }
    const contentType = kind.schema === null ? MERGE : STRATEGIC;
    const answer = yield request('PATCH', path, patch, { contentType, query: QUERY });
    warn(out, document, answer);
    if (answer.code < 300) {
      const before = (current['metadata'] as Json)['resourceVersion'];
      const after = ((bodyOf(answer) as Json)['metadata'] as Json)['resourceVersion'];
      out.stdout += `${shownName(kind, document.name)} ${before === after ? 'unchanged' : 'configured'}\n`;
      return;
    }
    if (answer.code !== 409 || tries >= MAX_PATCH_TRIES) {
      failWith(out, document, answer, file, 'applying patch to');
      return;
    }
    const again = yield request('GET', path);
    if (again.code >= 300) {
      failWith(out, document, again, file, 'retrieving current configuration of');
      return;
    }
    current = bodyOf(again) as Json;
  }
}

/** The manifest as sent: with its own text as annotation, and its namespace. */
export function withLastApplied(value: Readonly<Json>, namespace: string): Json {
  const object = cloneJson(value) as Json;
  const metadata = { ...(object['metadata'] as Json | undefined) };
  if (namespace !== '') metadata['namespace'] = namespace;
  const annotations = { ...(metadata['annotations'] as Json | undefined) };
  delete annotations[LAST_APPLIED];
  const plain = { ...object, metadata: { ...metadata, annotations } };
  annotations[LAST_APPLIED] = `${canonicalJson(plain)}\n`;
  object['metadata'] = { ...metadata, annotations };
  return object;
}

/** What the last apply sent; {} if there was none. */
export function lastAppliedOf(object: Json): Json {
  const annotations = (object['metadata'] as Json | undefined)?.['annotations'] as Json | undefined;
  const text = annotations?.[LAST_APPLIED];
  if (typeof text !== 'string') return {};
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}

function warn(out: Output, document: ManifestDocument, response: ApiResponse): void {
  for (const text of warningsOf(response)) {
    out.stderr += `Warning: ${text}\n`;
    out.problems.push({
      severity: 'warning',
      message: text,
      object: nameOf(document),
      ...document.locate(fieldIn(text) || quantityIn(text, document)),
    });
  }
}

function failWith(
  out: Output,
  document: ManifestDocument,
  response: ApiResponse,
  file: string,
  doing: string,
): void {
  const text = errorText(response);
  const status = bodyOf(response) as Partial<Status> | string;
  const causes = typeof status === 'string' ? [] : (status.details?.causes ?? []);
  out.failed = true;
  // kubectl puts the file's name into errors of the server, but not into validation errors.
  const colon = text.indexOf('): ');
  out.stderr +=
    text.startsWith('Error from server (') && colon > 0
      ? `${text.slice(0, colon + 3)}error when ${doing} "${file}": ${text.slice(colon + 3)}\n`
      : `${text}\n`;
  if (causes.length === 0) {
    out.problems.push({
      severity: 'error',
      message: text,
      object: nameOf(document),
      ...document.locate(fieldIn(text) || quantityIn(text, document)),
    });
  }
  for (const cause of causes) {
    out.problems.push({
      severity: 'error',
      message: [cause.field ?? '', cause.message].filter((part) => part !== '').join(': '),
      object: nameOf(document),
      ...document.locate(cause.field ?? ''),
    });
  }
}

function fail(
  out: Output,
  document: ManifestDocument,
  path: string,
  message: string,
  prefix: string,
): void {
  out.failed = true;
  out.stderr += `${prefix}${message}\n`;
  out.problems.push({
    severity: 'error',
    message,
    object: nameOf(document),
    ...document.locate(path),
  });
}

function nameOf(document: ManifestDocument): string {
  return `${document.kind}/${document.namespace}/${document.name}`;
}

/** The field that a message speaks of: `unknown field "spec.foo"`, or Go's `DeploymentSpec.spec.replicas`. */
function fieldIn(message: string): string {
  const quoted = /(?:unknown|duplicate) field "([^"]+)"/.exec(message)?.[1];
  if (quoted !== undefined) return quoted;
  const go = /Go struct field \w+\.([\w.]+)/.exec(message)?.[1];
  return go ?? '';
}

/** Maps of quantities, wherever they stand. */
const QUANTITY_MAPS = new Set([
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'hard',
  'overhead',
]);

/** The server does not say which quantity it could not read: the first that is none. */
function quantityIn(message: string, document: ManifestDocument): string {
  return message.includes('quantities must match') ? badQuantity(document.value, '') : '';
}

function badQuantity(value: unknown, path: string): string {
  if (typeof value !== 'object' || value === null) return '';
  for (const [key, inner] of Object.entries(value)) {
    const here = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const found = QUANTITY_MAPS.has(key) ? badEntry(inner, here) : '';
    const deeper = found === '' ? badQuantity(inner, here) : found;
    if (deeper !== '') return deeper;
  }
  return '';
}

function badEntry(map: unknown, path: string): string {
  if (typeof map !== 'object' || map === null) return '';
  for (const [name, quantity] of Object.entries(map)) {
    const text = typeof quantity === 'number' ? String(quantity) : quantity;
    if (typeof text === 'string' && typeof tryParseQuantity(text) === 'string') {
      return `${path}.${name}`;
    }
  }
  return '';
}
