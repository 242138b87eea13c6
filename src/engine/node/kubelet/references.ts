/**
 * What a Pod refers to: ConfigMaps, Secrets, its own fields, resources of its containers.
 *
 * Models: pkg/kubelet/configmap, pkg/kubelet/secret, pkg/fieldpath/fieldpath.go,
 * pkg/api/v1/resource/helpers.go (v1.36)
 * Watches: configmaps and secrets by name
 */
import type {
  ConfigMap as ConfigMapObject,
  Container,
  Pod,
  ResourceFieldSelector,
  Secret as SecretObject,
} from '../../../api/generated/types.ts';
import { ConfigMap } from '../../../api/kinds/config-map.ts';
import { Secret } from '../../../api/kinds/secret.ts';
import type { Kind } from '../../../api/meta/define-kind.ts';
import { compareText, goQuote } from '../../../api/meta/go-text.ts';
import { keyFor, type KubeObject } from '../../../api/meta/object.ts';
import { bytes, milliCpu } from '../../../api/meta/quantity.ts';
import { isApiError } from '../../../api/meta/status.ts';
import { decodeBase64Bytes } from '../../../api/meta/utf8.ts';
import { textOfBytes } from '../../../api/meta/byte-text.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { Informer, Informers } from '../../client/informer.ts';
import type { Client } from '../../client/typed-client.ts';

/** Something that the Pod refers to is missing; the text is the kubelet's. */
export class MissingReference extends Error {
  override readonly name = 'MissingReference';
}

export type Data = Readonly<Record<string, string>>;

/** More names than this are not watched: they are read each time. */
const MAX_WATCHED_NAMES = 200;

export type SourceKind = 'configmaps' | 'secrets';

/** ConfigMaps and Secrets that Pods of this node refer to: each name is watched once it is needed. */
export class ReferencedObjects {
  #client: Client;
  #informers: Informers;
  #watched = new Map<string, Informer<KubeObject>>();
  /** Told the id (`PLURAL/NAMESPACE/NAME`) of a watched object that has changed. */
  onChange: ((id: string) => void) | null = null;

  constructor(client: Client, informers: Informers) {
    this.#client = client;
    this.#informers = informers;
  }

  /** What variables are made of; null: there is none, and it is optional. */
  *configMap(namespace: string, name: string, optional: boolean): Proc<Data | null> {
    const map = yield* this.configMapObject(namespace, name);
    if (map) return map.data ?? {};
    if (optional) return null;
    throw new MissingReference(`configmap "${name}" not found`);
  }

  *secret(namespace: string, name: string, optional: boolean): Proc<Data | null> {
    const secret = yield* this.secretObject(namespace, name);
    if (secret) return decoded(secret.data);
    if (optional) return null;
    throw new MissingReference(`secret "${name}" not found`);
  }

  configMapObject(namespace: string, name: string): Proc<ConfigMapObject | undefined> {
    return this.#get(ConfigMap, namespace, name);
  }

  secretObject(namespace: string, name: string): Proc<SecretObject | undefined> {
    return this.#get(Secret, namespace, name);
  }

  /** What files are made of, bytes that are no text included. */
  filesOf(object: ConfigMapObject | SecretObject): Data {
    if (object.kind === 'Secret') return decoded(object.data);
    const { data = {}, binaryData } = object;
    return binaryData ? { ...data, ...decoded(binaryData) } : data;
  }

  /** As the watch has it now: undefined is missing, null not known. */
  peek(kind: SourceKind, namespace: string, name: string): KubeObject | undefined | null {
    const informer = this.#watched.get(`${kind}/${namespace}/${name}`);
    return informer?.synced === true ? informer.get(keyFor(namespace, name)) : null;
  }

  *#get<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): Proc<T | undefined> {
    const id = `${kind.plural}/${namespace}/${name}`;
    if (!this.#watched.has(id) && this.#watched.size >= MAX_WATCHED_NAMES) {
      return yield* this.#read(kind, namespace, name);
    }
    const informer = this.#informers.for(kind, {
      namespace,
      field: { name: 'metadata.name', value: name },
    });
    if (!this.#watched.has(id)) {
      this.#watched.set(id, informer as unknown as Informer<KubeObject>);
      const changed = (): void => this.onChange?.(id);
      informer.addHandler({ onAdd: changed, onUpdate: changed, onDelete: changed });
    }
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

/** The text that base64 stands for; bytes that are no text are kept as such. */
export function decodeBase64(text: string): string {
  return textOfBytes(decodeBase64Bytes(text.replace(/[^A-Za-z0-9+/]/g, '')));
}

const KEYED = /^metadata\.(labels|annotations)\['(.+)'\]$/;

/** fieldpath.ExtractFieldPathAsString: what stands in the Pod's metadata; undefined: not there. */
function metadataValue(pod: Pod, path: string): string | undefined {
  const { metadata } = pod;
  const keyed = KEYED.exec(path);
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return formatMap(metadata.labels);
    case 'metadata.annotations':
      return formatMap(metadata.annotations);
    default:
      return undefined;
  }
}

/** Value of a fieldRef of a volume. */
export function volumeFieldValue(pod: Pod, path: string): string {
  const value = metadataValue(pod, path);
  if (value === undefined) throw new MissingReference(`unsupported fieldPath: ${path}`);
  return value;
}

/** Value of a fieldRef of a variable. What only the kubelet knows is given by |own|. */
export function fieldValue(
  pod: Pod,
  path: string,
  own: { readonly podIP: string; readonly hostIP: string },
): string {
  switch (path) {
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
      return volumeFieldValue(pod, path);
  }
}

/** fieldpath.FormatMap: sorted, quoted, one line each. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort(compareText);
  return keys.map((k) => `${k}=${goQuote(map?.[k] ?? '')}`).join('\n');
}

type Selector = Pick<ResourceFieldSelector, 'resource' | 'divisor'> & {
  readonly containerName?: string;
};

/** Value of a resourceFieldRef that may name a container of the Pod. */
export function podResourceValue(
  pod: Pod,
  selector: Selector,
  allocatable: Readonly<Record<string, string>>,
  own?: Container,
): string {
  const { containerName = '' } = selector;
  if (containerName === '' && own) return resourceValue(own, selector, allocatable);
  const { containers, initContainers = [] } = pod.spec;
  const container = [...containers, ...initContainers].find((c) => c.name === containerName);
  if (!container) throw new MissingReference(`container ${containerName} not found`);
  return resourceValue(container, selector, allocatable);
}

/** extractContainerResourceValue: limits fall back to what the node can give. */
function resourceValue(
  container: Pick<Container, 'resources'>,
  selector: Selector,
  allocatable: Readonly<Record<string, string>>,
): string {
  const [list = '', resource = ''] = splitOnce(selector.resource, '.');
  const { limits = {}, requests = {} } = container.resources;
  const given = list === 'limits' ? limits[resource] : requests[resource];
  const isSet = given !== undefined && bytes(given) + milliCpu(given) > 0;
  const fallback = list === 'limits' ? allocatable[resource] : undefined;
  const quantity = isSet ? given : (fallback ?? '0');
  const divisor = selector.divisor ?? '0';
  const [value, unit] =
    resource === 'cpu'
      ? [milliCpu(quantity), milliCpu(divisor) === 0 ? 1_000 : milliCpu(divisor)]
      : [bytes(quantity), bytes(divisor) === 0 ? 1 : bytes(divisor)];
  return String(Math.ceil(value / unit));
}

function splitOnce(text: string, at: string): [string, string] {
  const i = text.indexOf(at);
  return i < 0 ? [text, ''] : [text.slice(0, i), text.slice(i + 1)];
}
