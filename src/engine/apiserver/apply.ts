/**
 * Server-side apply: from the configuration that a client sends to the object that is to be stored,
 * and to who owns which of its fields.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/patch.go (applyPatcher),
 *         k8s.io/apimachinery/pkg/util/managedfields/internal versioncheck.go, structuredmerge.go,
 *         lastappliedupdater.go (v1.36)
 */
import { decodeObject } from '../../api/meta/decode.ts';
import { DecodeError } from '../../api/meta/decode-state.ts';
import { byteLength, goJson, sortedByKey } from '../../api/meta/go-text.ts';
import { cloneJson } from '../../api/meta/json.ts';
import { ANNOTATIONS_MAX_BYTES } from '../../api/meta/labels.ts';
import { applyConfiguration, KUBECTL, LAST_APPLIED } from '../../api/meta/managed-apply.ts';
import { ConversionError, type Versions } from '../../api/meta/managed-fields.ts';
import type { ManagedState } from '../../api/meta/managed-state.ts';
import type { Draft, KubeObject } from '../../api/meta/object.ts';
import { badRequest, plainError } from '../../api/meta/status.ts';
import { typedError } from '../../api/meta/typed-check.ts';
import { isMap, UnkeyedItem } from '../../api/meta/typed-shape.ts';
import { parseYaml, YamlSyntaxError } from '../../api/meta/yaml-text.ts';
import type { Call } from './call.ts';
import type { PatchTarget } from './patch.ts';
import type { ApiServer } from './server.ts';

/** What is there now, in the version of the request. */
export interface Live {
  /** null = no such object. */
  readonly object: KubeObject | null;
  readonly state: ManagedState;
}

export interface AppliedDraft {
  readonly draft: Draft<KubeObject>;
  readonly state: ManagedState;
}

interface Configuration {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata?: unknown;
}

/** Applies the call's configuration; throws what is wrong with it, and conflicts. */
export function applied(
  server: ApiServer,
  call: Call,
  target: PatchTarget,
  live: Live,
  versions: Versions | undefined,
  warnings: string[],
): AppliedDraft {
  const { value, strictYaml } = read(call.patchText ?? '');
  const config = checked(value as Configuration, target);
  const { object, state } = merged(server, call, target, live, versions, config);
  warnOfDuplicates(call, strictYaml, warnings);
  const draft = object === null ? unchanged(live) : decoded(target, config, object);
  if (managerOf(call) === KUBECTL) renewLastApplied(draft, config);
  return { draft, state };
}

function managerOf(call: Call): string {
  return call.options.fieldManager ?? '';
}

function read(text: string): { readonly value: unknown; readonly strictYaml: string } {
  try {
    const { value, strictYaml } = parseYaml(text);
    if (value === null || value === undefined) return { value: {}, strictYaml };
    if (isMap(value)) return { value, strictYaml };
    const type = Array.isArray(value)
      ? 'array'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
    throw badRequest(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: ' +
        `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
    );
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}

function checked(config: Configuration, target: PatchTarget): Configuration {
  const { apiVersion, kind, metadata } = config;
  if (apiVersion !== target.apiVersion || kind !== target.kind) {
    throw badRequest(`invalid object type: ${kindText(text(apiVersion), text(kind))}`);
  }
  if (isMap(metadata) && Array.isArray(metadata['managedFields'])) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const wrong = typedError(target.schema, config);
  if (wrong !== '') {
    throw plainError(`failed to create typed patch object (${nameText(config)}): ${wrong}`);
  }
  return config;
}

function merged(
  server: ApiServer,
  call: Call,
  target: PatchTarget,
  live: Live,
  versions: Versions | undefined,
  config: Configuration,
): { readonly object: unknown; readonly state: ManagedState } {
  try {
    return applyConfiguration(live.state, {
      manager: managerOf(call),
      subresource: call.subresource,
      apiVersion: target.apiVersion,
      time: server.nowText,
      force: call.options.force === true,
      schema: target.schema,
      before: live.object,
      config,
      resets: call.resource.kind.resets?.[call.subresource],
      only: call.resource.kind.subresources?.[call.subresource]?.writable,
      versions,
    });
  } catch (error) {
    if (error instanceof UnkeyedItem) throw plainError(`failed to merge config: ${error.message}`);
    if (error instanceof ConversionError) throw plainError(error.message);
    throw error;
  }
}

/** Keys that stand twice in the YAML: the later one counts. */
function warnOfDuplicates(call: Call, strictYaml: string, warnings: string[]): void {
  const validation = call.options.fieldValidation ?? 'Warn';
  if (strictYaml === '' || validation === 'Ignore') return;
  const problem = `error converting YAML to JSON: ${strictYaml}`;
  if (validation === 'Strict') throw badRequest(`error strict decoding YAML: ${problem}`);
  warnings.push(problem);
}

function decoded(target: PatchTarget, config: Configuration, object: unknown): Draft<KubeObject> {
  try {
    const draft = decodeObject(target.schema, object, { converter: true }).object;
    draft['apiVersion'] = target.apiVersion;
    draft['kind'] = target.kind;
    draft['metadata'] ??= {};
    return draft as unknown as Draft<KubeObject>;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const kind = kindText(target.apiVersion, target.kind);
    throw plainError(
      `failed to convert new object (${nameText(config)}) to proper version: ` +
        `unable to convert unstructured object to ${kind}: ${error.message}`,
    );
  }
}

function unchanged(live: Live): Draft<KubeObject> {
  const draft = cloneJson(live.object) as Draft<KubeObject>;
  delete draft.metadata.managedFields;
  return draft;
}

/** kubectl's own record of the last configuration goes with what it applies at the server. */
function renewLastApplied(draft: Draft<KubeObject>, config: Configuration): void {
  const { annotations } = draft.metadata;
  if (!annotations?.[LAST_APPLIED]) return;
  const renewed: Record<string, string> = {
    ...annotations,
    [LAST_APPLIED]: `${goJson(sorted(bare(config)))}\n`,
  };
  const sizes = Object.entries(renewed).map(([key, value]) => byteLength(key) + byteLength(value));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (bytes > ANNOTATIONS_MAX_BYTES) delete renewed[LAST_APPLIED];
  draft.metadata.annotations = renewed;
}

/** |config| without the annotation itself. */
function bare(config: Configuration): unknown {
  const { metadata } = config;
  if (!isMap(metadata) || !isMap(metadata['annotations'])) return config;
  const { [LAST_APPLIED]: _, ...others } = metadata['annotations'];
  const entries = Object.entries(others).map(([key, value]) => [key, value ?? '']);
  const annotations: unknown = Object.fromEntries(entries);
  return { ...config, metadata: { ...metadata, annotations } };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(sortedByKey(value))) out[key] = sorted(item);
  return out;
}

function nameText(config: Configuration): string {
  const metadata = isMap(config.metadata) ? config.metadata : {};
  const { namespace, name } = metadata as { readonly namespace?: unknown; readonly name?: unknown };
  return `${text(namespace)}/${text(name)}; ${kindText(text(config.apiVersion), text(config.kind))}`;
}

/** `apps/v1, Kind=Deployment`, `/v1, Kind=Secret`: how Go prints a kind. */
function kindText(apiVersion: string, kind: string): string {
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  return `${version}, Kind=${kind}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
