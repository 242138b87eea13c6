/**
 * Server-side apply, as far as it goes: the configuration is read and checked like upstream does,
 * then refused by name. Merging and conflicts come with the full API.
 *
 * Models: k8s.io/apiserver pkg/endpoints/handlers/patch.go (applyPatcher),
 *         k8s.io/apimachinery/pkg/util/managedfields/internal versioncheck.go, structuredmerge.go
 *         (v1.36)
 */
import { typedError } from '../../api/meta/typed-check.ts';
import { badRequest, conflict, failure, plainError } from '../../api/meta/status.ts';
import { parseYaml, YamlSyntaxError } from '../../api/meta/yaml-text.ts';
import type { Call } from './call.ts';

interface Configuration {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly managedFields?: unknown;
  };
}

/** Throws what is wrong with the configuration, or that it cannot be applied here. */
export function refuseApply(call: Call, exists: boolean): never {
  const configuration = read(call.patchText ?? '');
  const { apiVersion = '', kind = '', metadata = {} } = configuration;
  const { resource } = call;
  if (apiVersion !== resource.apiVersion || kind !== resource.kind.kind) {
    throw badRequest(`invalid object type: ${kindText(apiVersion, kind)}`);
  }
  if (metadata.managedFields) throw badRequest('metadata.managedFields must be nil');
  const wrong = typedError(resource.kind.schema, configuration);
  if (wrong !== '') {
    const { namespace = '', name = '' } = metadata;
    const object = `${namespace}/${name}; ${kindText(apiVersion, kind)}`;
    throw plainError(`failed to create typed patch object (${object}): ${wrong}`);
  }
  if (metadata.name !== call.name) {
    const why = `does not match the name on the URL (${call.name})`;
    throw badRequest(`the name of the object (${metadata.name ?? ''}) ${why}`);
  }
  if (!exists && metadata.uid) {
    const why = `the provided object specified uid ${metadata.uid}, and no existing object was found`;
    throw conflict(resource, call.name, `uid mismatch: ${why}`);
  }
  throw failure(501, 'NotImplemented', 'server-side apply is not simulated yet', {});
}

function read(text: string): Configuration {
  try {
    return (parseYaml(text).value ?? {}) as Configuration;
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`);
  }
}

/** `apps/v1, Kind=Deployment`, `/v1, Kind=Secret`: how Go prints a kind. */
function kindText(apiVersion: string, kind: string): string {
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  return `${version}, Kind=${kind}`;
}
