/**
 * The environment and command line of a container.
 *
 * Models: pkg/kubelet/kubelet_pods.go makeEnvironmentVariables,
 * third_party/forked/golang/expansion/expand.go (v1.36)
 */
import type { EnvVarSource, FileKeySelector, Pod } from '../../../api/generated/types.ts';
import { compareText } from '../../../api/meta/go-text.ts';
import type { Proc } from '../../../kernel/process.ts';
import { resolvePath } from '../runtime/file-tree.ts';
import type { KubeletContext } from './context.ts';
import { envFileValue } from './env-file.ts';
import type { ContainerRecord } from './pod-record.ts';
import { type Data, fieldValue, MissingReference, podResourceValue } from './references.ts';
import { volumeDirectory } from './volumes/node-volumes.ts';

export type Environment = readonly (readonly [name: string, value: string])[];

export interface EnvSources {
  readonly podIP: string;
  readonly allocatable: Readonly<Record<string, string>>;
  /** KUBERNETES_SERVICE_HOST and its kin. */
  readonly services: Environment;
}

/** What is read of a container's references, each object once. */
interface Reader {
  readonly context: KubeletContext;
  readonly pod: Pod;
  readonly sources: EnvSources;
  readonly cache: Map<string, Data>;
}

/** Throws MissingReference for what is missing. */
export function* environment(
  context: KubeletContext,
  pod: Pod,
  c: ContainerRecord,
  sources: EnvSources,
): Proc<Environment> {
  // Most containers have none of their own, and share what all have.
  if (!c.spec.envFrom?.length && !c.spec.env?.length) return sources.services;
  const reader: Reader = { context, pod, sources, cache: new Map() };
  const services = new Map(sources.services);
  const result = new Map<string, string>();
  for (const source of c.spec.envFrom ?? []) {
    const ref = source.configMapRef ?? source.secretRef;
    if (!ref) continue;
    const kind = source.configMapRef ? 'ConfigMap' : 'Secret';
    const data = yield* read(reader, kind, ref.name ?? '', ref.optional === true);
    for (const key of Object.keys(data ?? {}).sort(compareText)) {
      result.set((source.prefix ?? '') + key, data?.[key] ?? '');
    }
  }
  for (const variable of c.spec.env ?? []) {
    const { value = '', valueFrom } = variable;
    const text =
      value === '' && valueFrom
        ? yield* valueOf(reader, c, valueFrom)
        : expand(value, result, services);
    if (text !== null) result.set(variable.name, text);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return [...result];
}

/** Null: there is none, and it is optional. */
function* valueOf(reader: Reader, c: ContainerRecord, from: EnvVarSource): Proc<string | null> {
  const { context, pod, sources } = reader;
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = from;
  if (fieldRef) {
    const { podIP } = sources;
    return fieldValue(pod, fieldRef.fieldPath, { podIP, hostIP: context.hostIP });
  }
  if (resourceFieldRef) {
    return podResourceValue(pod, resourceFieldRef, sources.allocatable, c.spec);
  }
  if (fileKeyRef) return fileValue(context, pod, fileKeyRef);
  const ref = configMapKeyRef ?? secretKeyRef;
  if (!ref) return '';
  const kind = configMapKeyRef ? 'ConfigMap' : 'Secret';
  const optional = ref.optional === true;
  const { name = '', key } = ref;
  const data = yield* read(reader, kind, name, optional);
  const value = data && Object.hasOwn(data, key) ? data[key] : undefined;
  if (value !== undefined) return value;
  if (optional) return null;
  const { namespace } = pod.metadata;
  throw new MissingReference(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
}

function* read(
  { context, pod, cache }: Reader,
  kind: 'ConfigMap' | 'Secret',
  name: string,
  optional: boolean,
): Proc<Data | null> {
  const id = `${kind}/${name}`;
  const known = cache.get(id);
  if (known !== undefined) return known;
  const namespace = pod.metadata.namespace ?? '';
  const data =
    kind === 'ConfigMap'
      ? yield* context.references.configMap(namespace, name, optional)
      : yield* context.references.secret(namespace, name, optional);
  if (data) cache.set(id, data);
  return data;
}

/** A variable from a file that an init container has left in an emptyDir. */
function fileValue(context: KubeletContext, pod: Pod, ref: FileKeySelector): string | null {
  const { volumeName, path, key, optional } = ref;
  const volume = context.volumes.get(pod.metadata.uid, volumeName);
  if (!volume) {
    throw new MissingReference(`cannot find the volume "${volumeName}" referenced by FileKeyRef`);
  }
  const plain = resolvePath('/', path);
  const file = volume.store.entryAt(volume.path + plain);
  const value = file?.kind === 'file' ? envFileValue(file.content, key) : null;
  if (value === null) throw new MissingReference("couldn't parse env file");
  if (value !== '') return value;
  if (optional === true) return null;
  const where = `${volumeDirectory(pod.metadata.uid, volumeName, volume)}${plain}`;
  throw new MissingReference(`environment variable key "${key}" not found in file "${where}"`);
}

/** $(NAME) becomes the variable's value when there is one; $$ is a dollar sign. */
export function expand(
  text: string,
  variables: ReadonlyMap<string, string>,
  more?: ReadonlyMap<string, string>,
): string {
  if (!text.includes('$')) return text;
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const next = text[i + 1];
    if (text[i] !== '$' || next === undefined) {
      result += text[i];
    } else if (next === '$') {
      result += '$';
      i++;
    } else if (next === '(') {
      const end = text.indexOf(')', i);
      const name = end < 0 ? '' : text.slice(i + 2, end);
      if (end < 0) {
        result += '$(';
        i++;
      } else {
        result += variables.get(name) ?? more?.get(name) ?? `$(${name})`;
        i = end;
      }
    } else {
      result += `$${next}`;
      i++;
    }
  }
  return result;
}
