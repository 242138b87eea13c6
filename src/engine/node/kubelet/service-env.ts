/**
 * Environment variables that tell a container of Services. Pure.
 *
 * Models: pkg/kubelet/envvars/envvars.go FromServices, pkg/kubelet/kubelet_pods.go
 * getServiceEnvVarMap (v1.36)
 */
import type { Pod, Service } from '../../../api/generated/types.ts';
import type { Environment } from './container-env.ts';

/** The API server's own Service is told to everybody. */
const MASTER = 'default/kubernetes';

export function serviceEnvironment(pod: Pod, services: Iterable<Service>): Environment {
  const { namespace } = pod.metadata;
  const links = pod.spec.enableServiceLinks !== false;
  const result: (readonly [string, string])[] = [];
  for (const service of services) {
    const { metadata, spec } = service;
    const ip = spec.clusterIP ?? '';
    if (ip === '' || ip === 'None') continue;
    const own = metadata.namespace === namespace && links;
    if (own || `${metadata.namespace}/${metadata.name}` === MASTER)
      result.push(...variablesOf(service, ip));
  }
  return result;
}

/** By Service as it stands: every container of a namespace has the same ones. */
const known = new WeakMap<Service, Environment>();

function variablesOf(service: Service, ip: string): Environment {
  const made = known.get(service);
  if (made) return made;
  const result: (readonly [string, string])[] = [];
  addVariables(result, service, ip);
  known.set(service, result);
  return result;
}

function addVariables(result: (readonly [string, string])[], service: Service, ip: string): void {
  const name = variableName(service.metadata.name);
  const ports = service.spec.ports ?? [];
  const [first] = ports;
  if (!first) return;
  result.push([`${name}_SERVICE_HOST`, ip], [`${name}_SERVICE_PORT`, String(first.port)]);
  for (const p of ports) {
    if (!p.name) continue;
    result.push([`${name}_SERVICE_PORT_${variableName(p.name)}`, String(p.port)]);
  }
  const url = (protocol: string, port: number): string =>
    `${protocol.toLowerCase()}://${ip}:${port}`;
  result.push([`${name}_PORT`, url(first.protocol ?? 'TCP', first.port)]);
  for (const p of ports) {
    const protocol = p.protocol ?? 'TCP';
    const prefix = `${name}_PORT_${p.port}_${protocol}`;
    result.push(
      [prefix, url(protocol, p.port)],
      [`${prefix}_PROTO`, protocol.toLowerCase()],
      [`${prefix}_PORT`, String(p.port)],
      [`${prefix}_ADDR`, ip],
    );
  }
}

function variableName(name: string): string {
  return name.replaceAll('-', '_').toUpperCase();
}
