/**
 * What a Pod refers to: ConfigMaps, Secrets, its own fields, resources of its containers.
 *
 * Models: pkg/kubelet/configmap, pkg/kubelet/secret, pkg/fieldpath/fieldpath.go,
 * pkg/api/v1/resource/helpers.go (v1.36)
 * Simplified: ConfigMaps and Secrets are read when they are needed, not watched.
 */
import type { Container, Pod, ResourceFieldSelector } from '../../../api/generated/types.ts';
import { ConfigMap } from '../../../api/kinds/config-map.ts';
import { Secret } from '../../../api/kinds/secret.ts';
import { bytes, milliCpu } from '../../../api/meta/quantity.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { Client } from '../../client/typed-client.ts';

/** Something that the Pod refers to is missing; the text is the kubelet's. */
export class MissingReference extends Error {
  override readonly name = 'MissingReference';
}

export type Data = Readonly<Record<string, string>>;

/** null: there is none, and it is optional. */
export function* configMapData(
  client: Client,
  namespace: string,
  name: string,
  optional: boolean,
): Proc<Data | null> {
  try {
    const map = yield* client.firstSight(ConfigMap, namespace, name);
    return { ...map.data, ...decoded(map.binaryData) };
  } catch (error) {
    return missing(error, `configmap "${name}" not found`, optional);
  }
}

export function* secretData(
  client: Client,
  namespace: string,
  name: string,
  optional: boolean,
): Proc<Data | null> {
  try {
    return decoded((yield* client.firstSight(Secret, namespace, name)).data);
  } catch (error) {
    return missing(error, `secret "${name}" not found`, optional);
  }
}

function missing(error: unknown, message: string, optional: boolean): null {
  if (!isApiError(error, 'NotFound')) throw error;
  if (optional) return null;
  throw new MissingReference(message);
}

function decoded(data: Data | undefined): Data {
  const result: Record<string, string> = {};
  for (const [key, value] of Object.entries(data ?? {})) result[key] = decodeBase64(value);
  return result;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** The text that base64 stands for; bytes that are not UTF-8 become characters of the same number. */
export function decodeBase64(text: string): string {
  const raw: number[] = [];
  let buffer = 0;
  let bits = 0;
  for (const digit of text) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) continue;
    buffer = ((buffer << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    raw.push((buffer >> bits) & 0xff);
  }
  const escaped = raw.map((b) => `%${b.toString(16).padStart(2, '0')}`).join('');
  try {
    return decodeURIComponent(escaped);
  } catch {
    // Binary data: no text encoding fits.
    return String.fromCharCode(...raw);
  }
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
