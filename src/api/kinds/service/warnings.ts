/**
 * What the server warns of in Services.
 *
 * Models: pkg/api/service warnings.go, GetWarningsForService (v1.36)
 */
import type { Service } from '../../generated/types.ts';
import { cidrWarnings } from '../../meta/cidr.ts';
import { ipWarnings } from '../../meta/ip.ts';
import { isHeadless, type ServiceSpec } from './parts.ts';

const HINTS_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode';

export function serviceWarnings({ metadata, spec }: Service): readonly string[] {
  const out: string[] = [];
  if (metadata.annotations?.[HINTS_ANNOTATION] !== undefined) {
    const text = `is deprecated, please use ${MODE_ANNOTATION} instead`;
    out.push(`annotation ${HINTS_ANNOTATION} ${text}`);
  }
  const headless = isHeadless(spec);
  if (!headless) {
    (spec.clusterIPs ?? []).forEach((ip, i) =>
      out.push(...ipWarnings(ip, `spec.clusterIPs[${i}]`)),
    );
  } else out.push(...headlessWarnings(spec));
  const externalIps = spec.externalIPs ?? [];
  externalIps.forEach((ip, i) => out.push(...ipWarnings(ip, `spec.externalIPs[${i}]`)));
  const named = spec.type === 'ExternalName';
  if (externalIps.length > 0 && !headless && !named) {
    out.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
  }
  if (spec.loadBalancerIP) out.push(...ipWarnings(spec.loadBalancerIP, 'spec.loadBalancerIP'));
  (spec.loadBalancerSourceRanges ?? []).forEach((cidr, i) => {
    out.push(...cidrWarnings(cidr, `spec.loadBalancerSourceRanges[${i}]`));
  });
  if (named && externalIps.length > 0) {
    out.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  }
  if (!named && spec.externalName) {
    out.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  }
  if (spec.trafficDistribution === 'PreferClose') {
    out.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  }
  return out;
}

function headlessWarnings(spec: ServiceSpec): readonly string[] {
  const out: string[] = [];
  if (spec.loadBalancerIP) out.push('spec.loadBalancerIP is ignored for headless services');
  if ((spec.externalIPs ?? []).length > 0) {
    out.push('spec.externalIPs is ignored for headless services');
  }
  if (spec.sessionAffinity !== 'None') {
    out.push('spec.SessionAffinity is ignored for headless services');
  }
  return out;
}
