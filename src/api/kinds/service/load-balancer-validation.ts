/**
 * Validation of what concerns load balancers in Services: who may come in, which class, and what the
 * load balancer reports.
 *
 * Models: pkg/apis/core/validation validation.go: validateService, validateLoadBalancerClassField,
 *         ValidateLoadBalancerStatus (v1.36)
 */
import type { Service } from '../../generated/types.ts';
import { checkLegacyCidr } from '../../meta/cidr.ts';
import { checkDnsSubdomain, checkQualifiedName, checkSupported } from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { checkLegacyIp, parseIp } from '../../meta/ip.ts';
import type { ServiceSpec } from './parts.ts';

const RANGES_ANNOTATION = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const LOAD_BALANCER_ONLY = "may only be used when `type` is 'LoadBalancer'";
const IP_MODES = ['Proxy', 'VIP'];

export function validateLoadBalancer(
  { spec, metadata }: Service,
  old: Service | undefined,
  errors: FieldErrors,
): void {
  const balanced = spec.type === 'LoadBalancer';
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const annotation = metadata.annotations?.[RANGES_ANNOTATION];
  if (ranges.length > 0) {
    // Upstream's path.
    const path = 'spec.LoadBalancerSourceRanges';
    if (!balanced) errors.forbidden(path, LOAD_BALANCER_ONLY);
    const known = (old?.spec.loadBalancerSourceRanges ?? []).map((range) => range.trim());
    ranges.forEach((range, i) => checkLegacyCidr(range.trim(), `${path}[${i}]`, errors, known));
  } else if (annotation !== undefined) {
    const path = `metadata.annotations[${RANGES_ANNOTATION}]`;
    if (!balanced) errors.forbidden(path, LOAD_BALANCER_ONLY);
    const changed = old?.metadata.annotations?.[RANGES_ANNOTATION] !== annotation;
    if (changed && annotation.trim() !== '') {
      for (const range of annotation.split(',')) checkLegacyCidr(range.trim(), path, errors);
    }
  }
  if (!balanced && spec.allocateLoadBalancerNodePorts !== undefined) {
    errors.forbidden('spec.allocateLoadBalancerNodePorts', LOAD_BALANCER_ONLY);
  }
  validateLoadBalancerClass(spec, undefined, errors);
}

/** The class stays while the Service has a load balancer. */
export function validateLoadBalancerClass(
  spec: ServiceSpec,
  old: ServiceSpec | undefined,
  errors: FieldErrors,
): void {
  const path = 'spec.loadBalancerClass';
  const { type, loadBalancerClass } = spec;
  if (type === 'LoadBalancer' && old?.type === 'LoadBalancer') {
    if (loadBalancerClass !== old.loadBalancerClass) {
      errors.invalid(path, loadBalancerClass, 'may not change once set');
    }
  }
  if (loadBalancerClass === undefined) return;
  if (type === 'LoadBalancer') checkQualifiedName(loadBalancerClass, path, errors);
  else errors.forbidden(path, LOAD_BALANCER_ONLY);
}

export function validateServiceStatus(next: Service, old: Service, errors: FieldErrors): void {
  const path = 'status.loadBalancer.ingress';
  const ingress = next.status.loadBalancer?.ingress ?? [];
  if (next.spec.type !== 'LoadBalancer') {
    if (ingress.length > 0) {
      errors.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'");
    }
    return;
  }
  const known = (old.status.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []));
  ingress.forEach(({ ip = '', ipMode, hostname = '' }, i) => {
    const at = `${path}[${i}]`;
    if (ip !== '') checkLegacyIp(ip, `${at}.ip`, errors, known);
    if (ipMode === undefined) {
      if (ip !== '') errors.required(`${at}.ipMode`, 'must be specified when `ip` is set');
    } else if (ip === '') {
      errors.forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set');
    } else checkSupported(ipMode, IP_MODES, `${at}.ipMode`, errors);
    if (hostname === '') return;
    checkDnsSubdomain(hostname, `${at}.hostname`, errors);
    if (parseIp(hostname) !== undefined) {
      errors.invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address');
    }
  });
}
