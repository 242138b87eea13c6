/**
 * Validation of Services.
 *
 * Models: pkg/apis/core/validation validation.go: validateService and around (v1.36)
 */
import type { Service, ServicePort } from '../../generated/types.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkQualifiedName,
  checkSupported,
  complain,
} from '../../meta/field-checks.ts';
import type { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { checkEndpointIp, checkLegacyIp, isDualStack, parseIp } from '../../meta/ip.ts';
import { validateLabels } from '../../meta/labels.ts';
import { isPortNumber } from '../../meta/names.ts';
import { validatePortNumberOrName } from '../pod/probe-validation.ts';
import { validateLoadBalancer, validateLoadBalancerClass } from './load-balancer-validation.ts';
import {
  isExternallyAccessible,
  isHeadless,
  needsHealthCheckPort,
  NO_IP,
  type ServiceSpec,
} from './parts.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES = ['ClientIP', 'None'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const POLICIES = ['Cluster', 'Local'];
const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const MAX_AFFINITY_SECONDS = 86400; // core.MaxClientIPServiceAffinitySeconds
const HINTS_ANNOTATION = 'service.kubernetes.io/topology-aware-hints';
const MODE_ANNOTATION = 'service.kubernetes.io/topology-mode';

export function validateService(
  service: Service,
  old: Service | undefined,
  errors: FieldErrors,
): void {
  const { spec } = service;
  const annotations = service.metadata.annotations ?? {};
  const mode = annotations[MODE_ANNOTATION];
  const hints = annotations[HINTS_ANNOTATION];
  if (mode !== undefined && hints !== undefined && mode !== hints) {
    const detail = `must match annotations[${HINTS_ANNOTATION}] when both are specified`;
    errors.invalid(`metadata.annotations[${MODE_ANNOTATION}]`, mode, detail);
  }
  const ports = spec.ports ?? [];
  if (ports.length === 0 && !isHeadless(spec) && spec.type !== 'ExternalName') {
    errors.required('spec.ports');
  }
  validateType(spec, errors);
  const names = new Set<string>();
  ports.forEach((port, i) => validatePort(port, ports.length > 1, names, i, errors));
  validateLabels(spec.selector, 'spec.selector', errors);
  validateAffinity(spec, errors);
  validateClusterIps(spec, old?.spec, errors);
  (spec.externalIPs ?? []).forEach((ip, i) => {
    const before = errors.list.length;
    checkLegacyIp(ip, `spec.externalIPs[${i}]`, errors, old?.spec.externalIPs ?? []);
    if (errors.list.length === before) checkEndpointIp(ip, `spec.externalIPs[${i}]`, errors);
  });
  checkSupported(spec.type ?? '', TYPES, 'spec.type', errors);
  validatePortConflicts(spec, ports, errors);
  validateLoadBalancer(service, old, errors);
  validateTraffic(spec, errors);
}

export function validateServiceUpdate(next: Service, old: Service, errors: FieldErrors): void {
  validateIpChange(next.spec, old.spec, errors);
  validateFamilyChange(next.spec, old.spec, errors);
  validateLoadBalancerClass(next.spec, old.spec, errors);
  if (needsHealthCheckPort(old.spec) && needsHealthCheckPort(next.spec)) {
    if (next.spec.healthCheckNodePort !== old.spec.healthCheckNodePort) {
      errors.forbidden('spec.healthCheckNodePort', 'field is immutable');
    }
  }
  validateService(next, old, errors);
}

function validateType(spec: ServiceSpec, errors: FieldErrors): void {
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') {
    if (!isHeadless(spec)) return;
    const detail = `may not be set to 'None' for ${spec.type} services`;
    errors.invalid('spec.clusterIPs[0]', NO_IP, detail);
    return;
  }
  if (spec.type !== 'ExternalName') return;
  const detail = 'may not be set for ExternalName services';
  if ((spec.clusterIPs ?? []).length > 0) errors.forbidden('spec.clusterIPs', detail);
  if ((spec.ipFamilies ?? []).length > 0) errors.forbidden('spec.ipFamilies', detail);
  if (spec.ipFamilyPolicy !== undefined) errors.forbidden('spec.ipFamilyPolicy', detail);
  // A CNAME may end in a dot.
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.required('spec.externalName');
  else checkDnsSubdomain(name, 'spec.externalName', errors);
}

function validatePort(
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  i: number,
  errors: FieldErrors,
): void {
  const path = FieldPath.of('spec').child('ports').index(i);
  const { name = '', protocol = '' } = port;
  if (name === '') {
    if (needsName) errors.required(path.child('name'));
  } else {
    checkDnsLabel(name, path.child('name'), errors);
    if (names.has(name)) errors.duplicate(path.child('name'), name);
    names.add(name);
  }
  complain(isPortNumber(port.port), port.port, path.child('port'), errors);
  checkSupported(protocol, PROTOCOLS, path.child('protocol'), errors);
  validatePortNumberOrName(port.targetPort ?? 0, path.child('targetPort'), errors);
  if (port.appProtocol !== undefined) {
    checkQualifiedName(port.appProtocol, path.child('appProtocol'), errors);
  }
}

function validateAffinity(spec: ServiceSpec, errors: FieldErrors): void {
  checkSupported(spec.sessionAffinity ?? '', AFFINITIES, 'spec.sessionAffinity', errors);
  const path = 'spec.sessionAffinityConfig';
  const config = spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'None') {
    if (config !== undefined) {
      errors.forbidden(path, 'must not be set when session affinity is None');
    }
    return;
  }
  if (spec.sessionAffinity !== 'ClientIP') return;
  const seconds = config?.clientIP?.timeoutSeconds;
  if (seconds === undefined) {
    errors.required(path, 'when session affinity type is ClientIP');
  } else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    const detail = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
    errors.invalid(`${path}.clientIP.timeoutSeconds`, seconds, detail);
  }
}

/** Upstream ValidateServiceClusterIPsRelatedFields. */
export function validateClusterIps(
  spec: ServiceSpec,
  old: ServiceSpec | undefined,
  errors: FieldErrors,
): void {
  if (spec.type === 'ExternalName') return;
  const path = 'spec.clusterIPs';
  const ips = spec.clusterIPs ?? [];
  if (spec.clusterIP) {
    if (ips.length === 0) errors.required(path);
    else if (ips[0] !== spec.clusterIP) {
      errors.invalid(path, ips, 'first value must match `clusterIP`');
    }
  } else if (ips.length > 0) {
    errors.invalid(path, ips, 'must be empty when `clusterIP` is not specified');
  }
  const families = spec.ipFamilies ?? [];
  families.forEach((family, i) => {
    checkSupported(family, FAMILIES, `spec.ipFamilies[${i}]`, errors);
    if (families.indexOf(family) < i) errors.duplicate(`spec.ipFamilies[${i}]`, family);
  });
  if (spec.ipFamilyPolicy !== undefined) {
    checkSupported(spec.ipFamilyPolicy, FAMILY_POLICIES, 'spec.ipFamilyPolicy', errors);
  }
  if (!validateIps(ips, old?.clusterIPs ?? [], errors)) return;
  if (ips.length > 1 && isDualStack(ips) !== true) {
    errors.invalid(path, ips, 'may specify no more than one IP for each IP family');
  }
  if (!isHeadless(spec)) validateFamilies(ips, families, errors);
}

/** False when an address is not one: then nothing more can be said of them. */
function validateIps(ips: readonly string[], old: readonly string[], errors: FieldErrors): boolean {
  const path = 'spec.clusterIPs';
  const before = errors.list.length;
  ips.forEach((ip, i) => {
    if (i > 0 || ip !== NO_IP) checkLegacyIp(ip, `${path}[${i}]`, errors, old);
    else if (ips.length > 1) {
      errors.invalid(path, ips, "'None' must be the first and only value");
    }
  });
  const fine = errors.list.length === before;
  if (ips.length > 2) errors.invalid(path, ips, 'may only hold up to 2 values');
  return fine;
}

function validateFamilies(
  ips: readonly string[],
  families: readonly string[],
  errors: FieldErrors,
): void {
  ips.forEach((ip, i) => {
    const family = families[i];
    if (family === undefined || familyOf(ip) === family) return;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${i}]\``;
    errors.invalid(`spec.clusterIPs[${i}]`, ip, detail);
  });
}

export function familyOf(ip: string): string {
  const parsed = parseIp(ip);
  return parsed?.version === 6 && !parsed.mapped ? 'IPv6' : 'IPv4';
}

function validatePortConflicts(
  spec: ServiceSpec,
  ports: readonly ServicePort[],
  errors: FieldErrors,
): void {
  const path = 'spec.ports';
  if (spec.type === 'ClusterIP') {
    ports.forEach((port, i) => {
      if (!port.nodePort) return;
      errors.forbidden(`${path}[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'");
    });
  }
  const nodePorts = new Set<string>();
  ports.forEach(({ protocol, nodePort }, i) => {
    if (!nodePort) return;
    const key = `${protocol} ${nodePort}`;
    if (nodePorts.has(key)) errors.duplicate(`${path}[${i}].nodePort`, nodePort);
    nodePorts.add(key);
  });
  const numbers = new Set<string>();
  ports.forEach(({ protocol, port }, i) => {
    const key = `${protocol} ${port}`;
    if (numbers.has(key)) errors.duplicate(`${path}[${i}]`, internalPort(protocol, port));
    numbers.add(key);
  });
}

/** Messages show the server's internal form of a port, which has no JSON names. */
function internalPort(protocol: string | undefined, port: number): unknown {
  return {
    Name: '',
    Protocol: protocol ?? '',
    AppProtocol: null,
    Port: port,
    TargetPort: 0,
    NodePort: 0,
  };
}

function validateTraffic(spec: ServiceSpec, errors: FieldErrors): void {
  const external = spec.externalTrafficPolicy;
  const path = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(spec)) {
    if (external) {
      errors.invalid(path, external, 'may only be set for externally-accessible services');
    }
  } else if (!external) errors.required(path);
  else checkSupported(external, POLICIES, path, errors);
  validateHealthCheckPort(spec, errors);
  if (spec.internalTrafficPolicy !== undefined) {
    checkSupported(spec.internalTrafficPolicy, POLICIES, 'spec.internalTrafficPolicy', errors);
  }
  if (spec.trafficDistribution !== undefined) {
    checkSupported(spec.trafficDistribution, DISTRIBUTIONS, 'spec.trafficDistribution', errors);
  }
}

function validateHealthCheckPort(spec: ServiceSpec, errors: FieldErrors): void {
  const port = spec.healthCheckNodePort ?? 0;
  const path = 'spec.healthCheckNodePort';
  if (!needsHealthCheckPort(spec)) {
    if (port === 0) return;
    const detail =
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.invalid(path, port, detail);
  } else if (port === 0) errors.required(path);
  else complain(isPortNumber(port), port, path, errors);
}

/** Addresses may be added or released at the end of the list, never changed. */
function validateIpChange(next: ServiceSpec, old: ServiceSpec, errors: FieldErrors): void {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return;
  if (isHeadless(old) && isHeadless(next)) return;
  const ips = next.clusterIPs ?? [];
  const oldIps = old.clusterIPs ?? [];
  const detail = 'may not change once set';
  if (oldIps.length === ips.length) {
    oldIps.forEach((ip, i) => {
      if (ip !== ips[i]) errors.invalid(`spec.clusterIPs[${i}]`, ips, detail);
    });
    return;
  }
  if (ips.length === 0) {
    errors.invalid(
      'spec.clusterIPs[0]',
      next.clusterIPs ?? null,
      'primary clusterIP can not be unset',
    );
  } else if (oldIps.length > 0 && ips[0] !== oldIps[0]) {
    errors.invalid('spec.clusterIPs[0]', ips, detail);
  }
  if (oldIps.length > ips.length && ips.length === 1 && next.ipFamilyPolicy !== 'SingleStack') {
    const text = "must be set to 'SingleStack' when releasing the secondary clusterIP";
    errors.invalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, text);
  }
}

/** Families follow the same rule; a headless Service may change them. */
function validateFamilyChange(next: ServiceSpec, old: ServiceSpec, errors: FieldErrors): void {
  if (next.type === 'ExternalName' || old.type === 'ExternalName') return;
  if (isHeadless(old) || isHeadless(next)) return;
  const families = next.ipFamilies ?? [];
  const oldFamilies = old.ipFamilies ?? [];
  const path = 'spec.ipFamilies[0]';
  const detail = 'may not change once set';
  if (oldFamilies.length === families.length) {
    oldFamilies.forEach((family, i) => {
      if (family !== families[i]) errors.invalid(path, families, detail);
    });
    return;
  }
  const ips = next.clusterIPs ?? [];
  const released = oldFamilies.length > families.length;
  if (released && ips.length === 0) {
    errors.invalid(path, next.ipFamilies ?? null, 'primary ipFamily can not be unset');
  }
  if (oldFamilies.length > 0 && families.length > 0 && families[0] !== oldFamilies[0]) {
    // Upstream shows the addresses.
    errors.invalid(path, ips, detail);
  }
  if (released && families.length === 1 && next.ipFamilyPolicy !== 'SingleStack') {
    const text = "must be set to 'SingleStack' when releasing the secondary ipFamily";
    errors.invalid('spec.ipFamilyPolicy', next.ipFamilyPolicy, text);
  }
}
