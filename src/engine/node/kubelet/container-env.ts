/**
 * The environment and command line of a container.
 *
 * Models: pkg/kubelet/kubelet_pods.go makeEnvironmentVariables,
 * third_party/forked/golang/expansion/expand.go (v1.36)
 */
import type { EnvVar, Pod } from '../../../api/generated/types.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { KubeletContext } from './context.ts';
import type { ContainerRecord } from './pod-record.ts';
import { type Data, fieldValue, MissingReference, resourceValue } from './references.ts';

export type Environment = readonly (readonly [name: string, value: string])[];

/** Names that kubelet and shell agree on (validation.IsEnvVarName). */
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

export interface EnvSources {
  readonly podIP: string;
  readonly allocatable: Readonly<Record<string, string>>;
  /** KUBERNETES_SERVICE_HOST and its kin. */
  readonly services: Environment;
}

/** Throws MissingReference for what is missing. */
export function* environment(
  context: KubeletContext,
  pod: Pod,
  c: ContainerRecord,
  sources: EnvSources,
): Proc<Environment> {
  const result = new Map<string, string>();
  for (const [name, value] of sources.services) result.set(name, value);
  const cache = new Map<string, Data | null>();
  for (const source of c.spec.envFrom ?? []) {
    const ref = source.configMapRef ?? source.secretRef;
    if (!ref) continue;
    const kind = source.configMapRef ? 'ConfigMap' : 'Secret';
    const data = yield* read(context, pod, cache, kind, ref.name ?? '', ref.optional === true);
    for (const key of Object.keys(data ?? {}).sort()) {
      const name = (source.prefix ?? '') + key;
      if (ENV_NAME.test(name)) result.set(name, data?.[key] ?? '');
    }
  }
  for (const variable of c.spec.env ?? []) {
    const value = yield* valueOf(context, pod, c, variable, sources, cache, result);
    if (value !== null) result.set(variable.name, value);
  }
  return [...result];
}

function* valueOf(
  context: KubeletContext,
  pod: Pod,
  c: ContainerRecord,
  variable: EnvVar,
  sources: EnvSources,
  cache: Map<string, Data | null>,
  known: ReadonlyMap<string, string>,
): Proc<string | null> {
  const from = variable.valueFrom;
  if (!from) return expand(variable.value ?? '', known);
  if (from.fieldRef) {
    return fieldValue(pod, from.fieldRef.fieldPath, {
      podIP: sources.podIP,
      hostIP: context.hostIP,
    });
  }
  if (from.resourceFieldRef) {
    return resourceValue(c.spec, from.resourceFieldRef, sources.allocatable);
  }
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  if (!ref) return '';
  const kind = from.configMapKeyRef ? 'ConfigMap' : 'Secret';
  const optional = ref.optional === true;
  const name = ref.name ?? '';
  const data = yield* read(context, pod, cache, kind, name, optional);
  const value = data?.[ref.key];
  if (value !== undefined) return value;
  if (optional) return null;
  const { namespace } = pod.metadata;
  throw new MissingReference(`couldn't find key ${ref.key} in ${kind} ${namespace}/${name}`);
}

function* read(
  context: KubeletContext,
  pod: Pod,
  cache: Map<string, Data | null>,
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
  cache.set(id, data);
  return data;
}

/** $(NAME) becomes the variable's value when there is one; $$ is a dollar sign. */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
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
        result += variables.get(name) ?? `$(${name})`;
        i = end;
      }
    } else {
      result += `$${next}`;
      i++;
    }
  }
  return result;
}
