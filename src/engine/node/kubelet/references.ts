/**
 * What a Pod refers to: ConfigMaps, Secrets, its own fields, resources of its containers.
 *
 * Models: pkg/kubelet/configmap, pkg/kubelet/secret, pkg/fieldpath/fieldpath.go,
 * pkg/api/v1/resource/helpers.go (v1.36)
 * Watches: configmaps and secrets by name
 */
import type {
  Container,
  Pod,
  ResourceFieldSelector,
  Secret as SecretObject,
} from '../../../api/generated/types.ts';
import { ConfigMap } from '../../../api/kinds/config-map.ts';
import { Secret } from '../../../api/kinds/secret.ts';
import type { Kind } from '../../../api/meta/define-kind.ts';
import { keyFor, type KubeObject } from '../../../api/meta/object.ts';
import { bytes, milliCpu } from '../../../api/meta/quantity.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { decodeBase64Bytes, decodeUtf8Strict } from '../../../api/meta/utf8.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { Informers } from '../../client/informer.ts';
import type { Client } from '../../client/typed-client.ts';

/** Something that the Pod refers to is missing; the text is the kubelet's. */
export class MissingReference extends Error {
  override readonly name = 'MissingReference';
}

export type Data = Readonly<Record<string, string>>;

/** More names than this are not watched: they are read each time. */
const MAX_WATCHED_NAMES = 200;

/** ConfigMaps and Secrets that Pods of this node refer to: each name is watched once it is needed. */
export class ReferencedObjects {
  #client: Client;
  #informers: Informers;
  #watched = new Set<string>();

  constructor(client: Client, informers: Informers) {
    this.#client = client;
    this.#informers = informers;
  }

  /** null: there is none, and it is optional. */
  *configMap(namespace: string, name: string, optional: boolean): Proc<Data | null> {
    const map = yield* this.#get(ConfigMap, namespace, name);
    if (map) return map.binaryData ? { ...map.data, ...decoded(map.binaryData) } : (map.data ?? {});
    if (optional) return null;
    throw new MissingReference(`configmap "${name}" not found`);
  }

  *secret(namespace: string, name: string, optional: boolean): Proc<Data | null> {
    const secret = yield* this.#get(Secret, namespace, name);
    if (secret) return decoded(secret.data);
    if (optional) return null;
    throw new MissingReference(`secret "${name}" not found`);
  }

  /** A Secret with credentials for registries, whole. */
  pullSecret(namespace: string, name: string): Proc<SecretObject | undefined> {
    return this.#get(Secret, namespace, name);
  }

  *#get<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): Proc<T | undefined> {
    const id = `${kind.plural}/${namespace}/${name}`;
    if (!this.#watched.has(id)) {
      if (this.#watched.size >= MAX_WATCHED_NAMES) return yield* this.#read(kind, namespace, name);
      this.#watched.add(id);
    }
    const informer = this.#informers.for(kind, {
      namespace,
      field: { name: 'metadata.name', value: name },
    });
    if (!informer.synced) {
      const synced = new Future<void>();
      informer.whenSynced(() => synced.resolve());
      yield* wait(synced);
    }
    return informer.get(keyFor(namespace, name));
  }

  *#read<T extends KubeObject>(
    kind: Kind<T>,
    namespace: string,
    name: string,
  ): Proc<T | undefined> {
    try {
      return yield* this.#client.get(kind, namespace, name);
    } catch (error) {
      if (isApiError(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function decoded(data: Data | undefined): Data {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(data ?? {})) result[key] = decodeBase64(value);
  return result;
}

/** The text that base64 stands for; bytes that are not UTF-8 become characters of the same number. */
export function decodeBase64(text: string): string {
  const bytes = decodeBase64Bytes(text.replace(/[^A-Za-z0-9+/]/g, ''));
  // Binary data: no text encoding fits.
  return decodeUtf8Strict(bytes) ?? String.fromCharCode(...bytes);
}

const KEYED = /^metadata\.(labels|annotations)\['(.+)'\]$/;

/** Value of a fieldRef. What only the kubelet knows is given by |own|. */
export function fieldValue(
  pod: Pod,
  path: string,
  own: { readonly podIP: string; readonly hostIP: string },
): string {
  const keyed = KEYED.exec(path);
  if (keyed) return pod.metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid;
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return own.podIP;
    case 'status.hostIP':
    case 'status.hostIPs':
      return own.hostIP;
    default:
      throw new MissingReference(`unsupported fieldPath: ${path}`);
  }
}

/** fieldpath.FormatMap: sorted, quoted, one line each. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort();
  return keys.map((k) => `${k}=${JSON.stringify(map?.[k] ?? '')}`).join('\n');
}

/** Value of a resourceFieldRef: limits fall back to what the node can give. */
export function resourceValue(
  container: Container,
  selector: ResourceFieldSelector,
  allocatable: Readonly<Record<string, string>>,
): string {
  const [list = '', resource = ''] = splitOnce(selector.resource, '.');
  const { limits = {}, requests = {} } = container.resources;
  const quantity =
    list === 'limits'
      ? (limits[resource] ?? allocatable[resource] ?? '0')
      : (requests[resource] ?? '0');
  const divisor = selector.divisor ?? '1';
  const [value, unit] =
    resource === 'cpu'
      ? [milliCpu(quantity), divisor === '0' ? 1_000 : milliCpu(divisor)]
      : [bytes(quantity), divisor === '0' ? 1 : bytes(divisor)];
  return String(Math.ceil(value / unit));
}

function splitOnce(text: string, at: string): [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ''] : [text.slice(0, i), text.slice(i + 1)];
}
