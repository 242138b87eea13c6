/**
 * What a Service's type means for its other fields.
 *
 * Models: pkg/api/service util.go, pkg/registry/core/service strategy.go (v1.36)
 */
import type { Service } from '../../generated/types.ts';
import type { Draft } from '../../meta/object.ts';

export type ServiceSpec = Service['spec'];
export type ServiceDraft = Draft<Service>;

type Spec = { readonly [K in keyof ServiceSpec]?: unknown };

export const NO_IP = 'None';

export function isHeadless(spec: Pick<ServiceSpec, 'clusterIPs'>): boolean {
  return spec.clusterIPs?.length === 1 && spec.clusterIPs[0] === NO_IP;
}

export function needsClusterIp(spec: Spec): boolean {
  return spec['type'] !== 'ExternalName';
}

export function needsNodePort(spec: Spec): boolean {
  return spec['type'] === 'NodePort' || spec['type'] === 'LoadBalancer';
}

export function needsHealthCheckPort(spec: Spec): boolean {
  return spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local';
}

/** Traffic may come from outside the cluster. */
export function isExternallyAccessible(spec: Spec): boolean {
  if (needsNodePort(spec)) return true;
  const { externalIPs } = spec;
  return spec['type'] === 'ClusterIP' && Array.isArray(externalIPs) && externalIPs.length > 0;
}

export function sameList(a: readonly unknown[] = [], b: readonly unknown[] = []): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

export function sameClusterIps(a: ServiceSpec, b: ServiceSpec): boolean {
  return (a.clusterIP ?? '') === (b.clusterIP ?? '') && sameList(a.clusterIPs, b.clusterIPs);
}

/** Clears what the new type has no use for, unless the client changed it. */
export function dropTypeDependentFields(next: ServiceDraft, old: Service): void {
  const spec = next.spec;
  if (needsClusterIp(old.spec) && !needsClusterIp(spec)) {
    if (sameClusterIps(old.spec, spec)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (sameList(old.spec.ipFamilies, spec.ipFamilies)) delete spec.ipFamilies;
    if (old.spec.ipFamilyPolicy === spec.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (needsNodePort(old.spec) && !needsNodePort(spec)) {
    const known = new Set((old.spec.ports ?? []).map((p) => p.nodePort));
    const ports = spec.ports ?? [];
    if (ports.every((p) => !p.nodePort || known.has(p.nodePort))) {
      for (const port of ports) delete port.nodePort;
    }
  }
  if (needsHealthCheckPort(old.spec) && !needsHealthCheckPort(spec)) {
    if (old.spec.healthCheckNodePort === spec.healthCheckNodePort) delete spec.healthCheckNodePort;
  }
  if (old.spec.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (old.spec.allocateLoadBalancerNodePorts === spec.allocateLoadBalancerNodePorts) {
      delete spec.allocateLoadBalancerNodePorts;
    }
    if (old.spec.loadBalancerClass === spec.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (isExternallyAccessible(old.spec) && !isExternallyAccessible(spec)) {
    if (old.spec.externalTrafficPolicy === spec.externalTrafficPolicy) {
      delete spec.externalTrafficPolicy;
    }
  }
  if (spec.type !== 'LoadBalancer') next.status = { ...next.status, loadBalancer: {} };
}
