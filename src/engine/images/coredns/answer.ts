/**
 * Answers to questions about the cluster's names. Pure.
 *
 * Models:     coredns plugin/kubernetes kubernetes.go Services, findServices, findPods; reverse.go;
 *             parse.go; the DNS specification of Kubernetes 1.1.0
 * Simplified: IPv4 only; the SOA record of negative answers is left out
 */
import type { Service } from '../../../api/generated/types.ts';
import type { DnsAnswer, DnsQuestion, DnsRecord } from '../../node/runtime/program.ts';
import { addressesOf, type World } from './world.ts';

export interface Zone {
  /** `cluster.local`. */
  readonly name: string;
  readonly ttl: number;
  readonly pods: 'disabled' | 'insecure' | 'verified';
}

const SPECIFICATION = '1.1.0';
const WEIGHT = 100;
const NOTHING: DnsAnswer = { code: 'NOERROR', records: [] };
const UNKNOWN: DnsAnswer = { code: 'NXDOMAIN', records: [] };
const REVERSED = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/;

/** Null: the question is not about this zone. */
export function answer(world: World, zone: Zone, question: DnsQuestion): DnsAnswer | null {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const reversed = REVERSED.exec(name);
  if (reversed) return pointer(world, zone, name, reversed.slice(1).reverse().join('.'));
  if (name === zone.name) return NOTHING;
  if (!name.endsWith(`.${zone.name}`)) return null;
  const labels = name.slice(0, -zone.name.length - 1).split('.');
  if (labels.length === 1 && labels[0] === 'dns-version') {
    if (question.type !== 'TXT') return NOTHING;
    return found([{ name, type: 'TXT', ttl: zone.ttl, data: SPECIFICATION }]);
  }
  const kind = labels.pop();
  if (kind === 'svc') return service(world, zone, name, labels, question.type);
  if (kind === 'pod') return pod(world, zone, name, labels, question.type);
  return UNKNOWN;
}

function found(records: readonly DnsRecord[]): DnsAnswer {
  return { code: 'NOERROR', records };
}

function service(
  world: World,
  zone: Zone,
  name: string,
  labels: readonly string[],
  type: DnsQuestion['type'],
): DnsAnswer {
  const rest = [...labels];
  const namespace = rest.pop();
  if (namespace === undefined) return NOTHING;
  const serviceName = rest.pop();
  if (serviceName === undefined) return world.hasNamespace(namespace) ? NOTHING : UNKNOWN;
  const object = world.service(namespace, serviceName);
  if (!object || rest.length > 2) return UNKNOWN;
  const query: Query = { world, zone, name, object, type };
  if (object.spec.type === 'ExternalName') {
    if (rest.length > 0) return UNKNOWN;
    const data = (object.spec.externalName ?? '').replace(/\.$/, '');
    return found([{ name, type: 'CNAME', ttl: zone.ttl, data }]);
  }
  if (rest.length === 1) return endpoint(query, rest[0] ?? '');
  if (rest.length === 0) return whole(query, null, null);
  const [port = '', protocol = ''] = rest.map((label) => label.replace(/^_/, ''));
  return whole(query, port, protocol);
}

interface Query {
  readonly world: World;
  readonly zone: Zone;
  readonly name: string;
  readonly object: Service;
  readonly type: DnsQuestion['type'];
}

/** One endpoint by its name. */
function endpoint(query: Query, label: string): DnsAnswer {
  const { world, object, name, zone, type } = query;
  const matching = world.endpoints(object).filter((e) => e.name === label);
  if (matching.length === 0) return UNKNOWN;
  if (type === 'SRV') {
    const ports = matching.flatMap((e) => (e.ports ?? []).map(({ port = 0 }) => port));
    return found([...new Set(ports)].map((port) => srv(name, zone, WEIGHT, port, name)));
  }
  return addresses(
    query,
    matching.map((e) => e.address),
  );
}

/** All of a Service, or one of its ports; null: any. */
function whole(query: Query, port: string | null, protocol: string | null): DnsAnswer {
  const { world, object, name, zone, type } = query;
  const base = `${object.metadata.name}.${object.metadata.namespace}.svc.${zone.name}`;
  const isWanted = (p: { readonly name?: string; readonly protocol?: string }): boolean =>
    (port === null || (p.name ?? '').toLowerCase() === port) &&
    (protocol === null || (p.protocol ?? 'TCP').toLowerCase() === protocol);
  const own = addressesOf(object);
  if (own.length > 0) {
    const ports = (object.spec.ports ?? []).filter(isWanted);
    if (port !== null && ports.length === 0) return UNKNOWN;
    if (type !== 'SRV') return addresses(query, own);
    return found(ports.map((p) => srv(name, zone, WEIGHT, p.port, base)));
  }
  const list = world.endpoints(object);
  const targets = list.flatMap((e) => {
    return (e.ports ?? []).filter(isWanted).map((p) => ({ ...e, port: p.port ?? 0 }));
  });
  // A headless Service without ports has its endpoints all the same.
  const matching = port === null ? list : targets;
  if (matching.length === 0) return UNKNOWN;
  if (type !== 'SRV') return addresses(query, [...new Set(matching.map((e) => e.address))]);
  const weight = Math.max(1, Math.floor(WEIGHT / Math.max(1, targets.length)));
  return found(targets.map((t) => srv(name, zone, weight, t.port, `${t.name}.${base}`)));
}

function addresses({ name, zone, type }: Query, list: readonly string[]): DnsAnswer {
  if (type !== 'A') return NOTHING;
  return found(list.map((data) => ({ name, type: 'A', ttl: zone.ttl, data })));
}

function srv(name: string, { ttl }: Zone, weight: number, port: number, to: string): DnsRecord {
  return { name, type: 'SRV', ttl, data: `0 ${weight} ${port} ${to}` };
}

/** `10-244-1-5.default.pod`: any address that can be read out of the name. */
function pod(
  world: World,
  zone: Zone,
  name: string,
  labels: readonly string[],
  type: DnsQuestion['type'],
): DnsAnswer {
  const [label, namespace, ...more] = labels.length === 1 ? ['', ...labels] : labels;
  if (namespace === undefined || more.length > 0 || zone.pods === 'disabled') return UNKNOWN;
  if (label === '') return world.hasNamespace(namespace) ? NOTHING : UNKNOWN;
  const data = (label ?? '').replaceAll('-', '.');
  const parts = data.split('.');
  if (parts.length !== 4 || !parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) < 256)) {
    return UNKNOWN;
  }
  if (type !== 'A') return NOTHING;
  return found([{ name, type: 'A', ttl: zone.ttl, data }]);
}

/** Null where nothing has the address: other servers may know more. */
function pointer(world: World, zone: Zone, name: string, address: string): DnsAnswer | null {
  const object = world.serviceAt(address);
  const owner = object
    ? `${object.metadata.name}.${object.metadata.namespace}`
    : world.endpointName(address);
  if (owner === undefined) return null;
  return found([{ name, type: 'PTR', ttl: zone.ttl, data: `${owner}.svc.${zone.name}` }]);
}
