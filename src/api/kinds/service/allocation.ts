/**
 * Addresses and ports that the server gives to Services. What is taken is read off the Services
 * that exist, and off the IPAddress objects of others.
 *
 * Models:     pkg/registry/core/service/storage alloc.go, storage.go, ipallocator, portallocator
 *             (v1.36)
 * Simplified: one range, IPv4 only, as `--service-cluster-ip-range=10.96.0.0/16` makes it
 */
import type { IPAddress, Service } from '../../generated/types.ts';
import type { AdmissionContext } from '../../meta/define-kind.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { internalError, invalid } from '../../meta/status.ts';
import { parseIp } from '../../meta/ip.ts';
import {
  needsClusterIp,
  needsHealthCheckPort,
  needsNodePort,
  NO_IP,
  sameClusterIps,
  sameList,
  type ServiceDraft,
} from './parts.ts';
import { familyOf, validateClusterIps } from './validation.ts';

const KIND = { group: '', kind: 'Service' };
const RANGE_PREFIX = '10.96.'; // --service-cluster-ip-range=10.96.0.0/16
const RANGE_SIZE = 65536;
/** The lower part is left to those who ask for an address of their own: ipallocator band offset. */
const RANGE_OFFSET = 256;
const FIRST_NODE_PORT = 30000; // --service-node-port-range
const LAST_NODE_PORT = 32767;
const NODE_PORT_OFFSET = 86; // portallocator band offset of 2768 ports
const FAMILY = 'IPv4';
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

export function allocateService(
  service: ServiceDraft,
  old: Service | null,
  context: AdmissionContext,
): void {
  normalizeClusterIps(service, old);
  if (old !== null) patchAllocated(service, old);
  const errors = new FieldErrors();
  initFamilies(service, old, errors);
  if (!errors.none) throw invalid(KIND, service.metadata.name ?? '', errors.list);
  const taken = takenBy(context, service);
  allocateIp(service, old, taken, context);
  allocateNodePorts(service, old, taken, context);
}

/** Old clients know clusterIP only, new ones write both fields. */
function normalizeClusterIps({ spec }: ServiceDraft, old: Service | null): void {
  const ip = spec.clusterIP ?? '';
  if (old === null) {
    if (ip !== '' && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [ip];
    return;
  }
  const oldIp = old.spec.clusterIP ?? '';
  const oldIps = old.spec.clusterIPs ?? [];
  if (oldIps.length > 0 && (spec.clusterIPs ?? []).length === 0 && ip === oldIp) {
    spec.clusterIPs = [...oldIps];
  }
  if (ip === oldIp || !sameList(oldIps, spec.clusterIPs)) return;
  if (ip === '') delete spec.clusterIPs;
  else spec.clusterIPs = [ip];
}

/** A client that sends the manifest it created the Service from keeps what was allocated. */
function patchAllocated({ spec }: ServiceDraft, { spec: old }: Service): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if (!spec.clusterIP && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && old.clusterIPs !== undefined) {
      spec.clusterIPs = [...old.clusterIPs];
    }
  }
  if (needsNodePort(old) && needsNodePort(spec)) {
    const mine = new Set((spec.ports ?? []).map((p) => p.nodePort ?? 0));
    const byName = new Map((old.ports ?? []).map((p) => [p.name ?? '', p.nodePort ?? 0]));
    for (const port of spec.ports ?? []) {
      const known = byName.get(port.name ?? '') ?? 0;
      if (!port.nodePort && known !== 0 && !mine.has(known)) port.nodePort = known;
    }
  }
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec)) {
    if (!spec.healthCheckNodePort && old.healthCheckNodePort !== undefined) {
      spec.healthCheckNodePort = old.healthCheckNodePort;
    }
  }
}

/** Upstream initIPFamilyFields, for a cluster that has one family. */
function initFamilies({ spec }: ServiceDraft, old: Service | null, errors: FieldErrors): void {
  if (spec.type === 'ExternalName') return;
  if (old !== null && unchangedPreferDual(spec, old)) return;
  const orphan = spec.clusterIP === NO_IP && Object.keys(spec.selector ?? {}).length === 0;
  spec.ipFamilyPolicy ??= old?.spec.ipFamilyPolicy ?? (orphan ? 'RequireDualStack' : 'SingleStack');
  validateClusterIps(spec, old?.spec, errors);
  if (!errors.none) return;
  checkPolicy(spec, errors);
  inferFamilies(spec, errors);
  if (!errors.none) return;
  const families = spec.ipFamilies ?? [];
  if (orphan) {
    const first = families[0] ?? FAMILY;
    const both = families.length < 2 && spec.ipFamilyPolicy !== 'SingleStack';
    if (both) spec.ipFamilies = [first, first === 'IPv4' ? 'IPv6' : 'IPv4'];
    else spec.ipFamilies = families.length === 0 ? [first] : families;
    return;
  }
  if (spec.ipFamilyPolicy === 'RequireDualStack') {
    const detail = 'this cluster is not configured for dual-stack services';
    errors.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, detail);
  }
  families.forEach((family, i) => {
    if (family === FAMILY) return;
    errors.invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster');
  });
  if (errors.none && families.length === 0) spec.ipFamilies = [FAMILY];
}

function unchangedPreferDual(spec: ServiceDraft['spec'], old: Service): boolean {
  return (
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    old.spec.ipFamilyPolicy === 'PreferDualStack' &&
    sameClusterIps(old.spec, spec) &&
    sameList(old.spec.ipFamilies, spec.ipFamilies)
  );
}

function checkPolicy(spec: ServiceDraft['spec'], errors: FieldErrors): void {
  if (spec.ipFamilyPolicy !== 'SingleStack') return;
  const text = (what: string): string =>
    `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
  const path = 'spec.ipFamilyPolicy';
  if (spec.clusterIPs?.length === 2) {
    errors.invalid(path, spec.ipFamilyPolicy, text('cluster IPs'));
  }
  if (spec.ipFamilies?.length === 2) {
    errors.invalid(path, spec.ipFamilyPolicy, text('IP families'));
  }
}

function inferFamilies(spec: ServiceDraft['spec'], errors: FieldErrors): void {
  const ips = spec.clusterIPs ?? [];
  if (ips[0] === NO_IP) return;
  ips.forEach((ip, i) => {
    if (i < (spec.ipFamilies ?? []).length) return;
    const family = familyOf(ip);
    if (family === FAMILY) spec.ipFamilies = [...(spec.ipFamilies ?? []), FAMILY];
    else {
      const detail = `${family} is not configured on this cluster`;
      errors.invalid(`spec.clusterIPs[${i}]`, ips, detail);
    }
  });
}

interface Taken {
  readonly ips: ReadonlySet<string>;
  readonly ports: ReadonlySet<number>;
}

function takenBy(context: AdmissionContext, self: ServiceDraft): Taken {
  const ips = new Set<string>();
  const ports = new Set<number>();
  const { name, namespace } = self.metadata;
  for (const object of context.list('networking.k8s.io', 'ipaddresses', '')) {
    const { parentRef } = (object as IPAddress).spec;
    const isOwn = parentRef?.name === name && parentRef?.namespace === namespace;
    if (!isOwn || parentRef?.resource !== 'services') ips.add(object.metadata.name);
  }
  for (const object of context.list('', 'services', '') as readonly Service[]) {
    if (object.metadata.name === name && object.metadata.namespace === namespace) continue;
    for (const ip of object.spec.clusterIPs ?? []) ips.add(ip);
    for (const port of object.spec.ports ?? []) if (port.nodePort) ports.add(port.nodePort);
    if (object.spec.healthCheckNodePort) ports.add(object.spec.healthCheckNodePort);
  }
  return { ips, ports };
}

function allocateIp(
  service: ServiceDraft,
  old: Service | null,
  taken: Taken,
  context: AdmissionContext,
): void {
  const { spec } = service;
  if (!needsClusterIp(spec) || spec.clusterIPs?.[0] === NO_IP) return;
  const asked = spec.clusterIPs?.[0];
  if (asked === undefined || asked === '') {
    const ip = freeIp(taken.ips, context);
    spec.clusterIP = ip;
    spec.clusterIPs = [ip];
    return;
  }
  // An address that the Service has is its own; a changed one is validation's to refuse.
  if (old?.spec.clusterIPs?.length) return;
  const why = refusal(asked, taken.ips);
  if (why === '') return;
  const errors = new FieldErrors();
  errors.invalid('spec.clusterIPs', [asked], `failed to allocate IP ${asked}: ${why}`);
  throw invalid(KIND, service.metadata.name ?? '', errors.list);
}

function refusal(ip: string, taken: ReadonlySet<string>): string {
  const bytes = parseIp(ip)?.bytes ?? [];
  const inRange = bytes.length === 4 && ip.startsWith(RANGE_PREFIX);
  const reserved = ip === `${RANGE_PREFIX}0.0` || ip === `${RANGE_PREFIX}255.255`;
  if (!inRange || reserved) return 'the provided network does not match the current range';
  return taken.has(ip) ? 'provided IP is already allocated' : '';
}

function freeIp(taken: ReadonlySet<string>, context: AdmissionContext): string {
  const size = RANGE_SIZE - RANGE_OFFSET - 1;
  const start = randomBelow(size, context);
  for (let i = 0; i < size; i++) {
    const n = RANGE_OFFSET + ((start + i) % size);
    const ip = `${RANGE_PREFIX}${n >> 8}.${n & 255}`;
    if (!taken.has(ip)) return ip;
  }
  throw internalError('failed to allocate a serviceIP: range is full');
}

function allocateNodePorts(
  service: ServiceDraft,
  old: Service | null,
  taken: Taken,
  context: AdmissionContext,
): void {
  const { spec } = service;
  const ports = new Set(taken.ports);
  const mine = new Set((old?.spec.ports ?? []).map((p) => p.nodePort ?? 0));
  if (needsNodePort(spec)) {
    // Ports with the same number and different protocols share one node port.
    const byPort = new Map<number, number>();
    for (const port of spec.ports ?? []) if (port.nodePort) byPort.set(port.port, port.nodePort);
    (spec.ports ?? []).forEach((port, i) => {
      if (port.nodePort) claim(service, i, port.nodePort, ports, mine);
      else if (spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false) {
        port.nodePort = byPort.get(port.port) ?? freePort(ports, context);
        byPort.set(port.port, port.nodePort);
      }
      if (port.nodePort) ports.add(port.nodePort);
    });
  }
  if (!needsHealthCheckPort(spec)) return;
  const asked = spec.healthCheckNodePort;
  if (!asked) spec.healthCheckNodePort = freePort(ports, context);
  else if (asked !== old?.spec.healthCheckNodePort && taken.ports.has(asked)) {
    throw internalError(
      `failed to allocate requested HealthCheck NodePort ${asked}: ` +
        'provided port is already allocated',
    );
  }
}

function claim(
  service: ServiceDraft,
  i: number,
  nodePort: number,
  taken: ReadonlySet<number>,
  mine: ReadonlySet<number>,
): void {
  if (mine.has(nodePort)) return;
  const siblings = (service.spec.ports ?? []).slice(0, i);
  if (siblings.some((p) => p.nodePort === nodePort)) return;
  let detail = '';
  if (nodePort < FIRST_NODE_PORT || nodePort > LAST_NODE_PORT) {
    detail =
      'provided port is not in the valid range. The range of valid ports is ' +
      `${FIRST_NODE_PORT}-${LAST_NODE_PORT}`;
  } else if (taken.has(nodePort)) detail = 'provided port is already allocated';
  if (detail === '') return;
  const errors = new FieldErrors();
  errors.invalid(`spec.ports[${i}].nodePort`, nodePort, detail);
  throw invalid(KIND, service.metadata.name ?? '', errors.list);
}

function freePort(taken: ReadonlySet<number>, context: AdmissionContext): number {
  const size = LAST_NODE_PORT - FIRST_NODE_PORT + 1 - NODE_PORT_OFFSET;
  const start = randomBelow(size, context);
  for (let i = 0; i < size; i++) {
    const port = FIRST_NODE_PORT + NODE_PORT_OFFSET + ((start + i) % size);
    if (!taken.has(port)) return port;
  }
  throw internalError('failed to allocate a nodePort: range is full');
}

/** A number from the server's own stream of random characters. */
function randomBelow(limit: number, context: AdmissionContext): number {
  let n = 0;
  for (const character of context.random(6)) {
    n = n * ALPHABET.length + Math.max(0, ALPHABET.indexOf(character));
  }
  return n % limit;
}
