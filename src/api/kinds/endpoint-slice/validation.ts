/**
 * Validation of EndpointSlices.
 *
 * Models: pkg/apis/discovery/validation validation.go (v1.36)
 */
import type {
  DiscoveryV1EndpointPort,
  Endpoint,
  EndpointHints,
  EndpointSlice,
} from '../../generated/types.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkImmutable,
  checkQualifiedName,
  checkSupported,
  complain,
} from '../../meta/field-checks.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { checkFullyQualifiedName } from '../../meta/host-names.ts';
import { checkEndpointIp, checkLegacyIp, ipComplaints, parseIp } from '../../meta/ip.ts';
import { equalJson } from '../../meta/json.ts';
import { validateLabels } from '../../meta/labels.ts';
import { isLabelValue } from '../../meta/names.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_TOPOLOGY_LABELS = 16;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20000;
const MAX_ENDPOINTS = 1000;
const MAX_HINTS = 8; // maxZoneHints and maxNodeHints
const ZONE_LABEL = 'topology.kubernetes.io/zone';

export function validateSlice(
  slice: EndpointSlice,
  old: EndpointSlice | undefined,
  errors: FieldErrors,
): void {
  const type: string = slice.addressType ?? '';
  if (type === '') errors.required('addressType');
  else checkSupported(type, ADDRESS_TYPES, 'addressType', errors);
  validatePorts(slice.ports ?? [], errors);
  const found = new FieldErrors();
  validateEndpoints(slice.endpoints ?? [], type, found);
  // Older servers have let through what is refused today.
  if (found.none || (old !== undefined && equalJson(old.endpoints, slice.endpoints))) return;
  for (const { reason, field, message } of found.list) errors.add(reason, field, message);
}

export function validateSliceUpdate(
  next: EndpointSlice,
  old: EndpointSlice,
  errors: FieldErrors,
): void {
  validateSlice(next, old, errors);
  checkImmutable(next.addressType, old.addressType, 'addressType', errors);
}

function validatePorts(ports: readonly DiscoveryV1EndpointPort[], errors: FieldErrors): void {
  if (ports.length > MAX_PORTS) {
    errors.tooMany('ports', ports.length, MAX_PORTS);
    return;
  }
  const names = new Set<string>();
  ports.forEach(({ name = '', protocol, appProtocol }, i) => {
    const path = FieldPath.of('ports').index(i);
    if (name !== '') checkDnsLabel(name, path.child('name'), errors);
    if (names.has(name)) errors.duplicate(path.child('name'), name);
    names.add(name);
    if (protocol === undefined) errors.required(path.child('protocol'));
    else checkSupported(protocol, PROTOCOLS, path.child('protocol'), errors);
    if (appProtocol !== undefined) {
      checkQualifiedName(appProtocol, path.child('appProtocol'), errors);
    }
  });
}

function validateEndpoints(
  endpoints: readonly Endpoint[],
  type: string,
  errors: FieldErrors,
): void {
  if (endpoints.length > MAX_ENDPOINTS) {
    errors.tooMany('endpoints', endpoints.length, MAX_ENDPOINTS);
    return;
  }
  endpoints.forEach((endpoint, i) => {
    validateEndpoint(endpoint, type, FieldPath.of('endpoints').index(i), errors);
  });
}

function validateEndpoint(
  endpoint: Endpoint,
  type: string,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const { nodeName, deprecatedTopology = {}, hostname, hints } = endpoint;
  const addresses = endpoint.addresses ?? [];
  const at = path.child('addresses');
  if (addresses.length === 0) errors.required(at, 'must contain at least 1 address');
  else if (addresses.length > MAX_ADDRESSES) errors.tooMany(at, addresses.length, MAX_ADDRESSES);
  addresses.forEach((address, i) => validateAddress(address, type, at, i, errors));
  if (nodeName !== undefined) checkDnsSubdomain(nodeName, path.child('nodeName'), errors);
  const topologyAt = path.child('deprecatedTopology');
  const labels = Object.keys(deprecatedTopology).length;
  if (labels > MAX_TOPOLOGY_LABELS) errors.tooMany(topologyAt, labels, MAX_TOPOLOGY_LABELS);
  validateLabels(deprecatedTopology, topologyAt, errors);
  if (Object.hasOwn(deprecatedTopology, ZONE_LABEL)) {
    errors.internal(topologyAt.key(ZONE_LABEL), 'reserved key was not removed in conversion');
  }
  if (hostname !== undefined) checkDnsLabel(hostname, path.child('hostname'), errors);
  if (hints !== undefined) validateHints(hints, path.child('hints'), errors);
}

function validateAddress(
  address: string,
  type: string,
  path: FieldPath,
  i: number,
  errors: FieldErrors,
): void {
  const at = path.index(i);
  if (type === 'FQDN') checkFullyQualifiedName(address, at, errors);
  if (type !== 'IPv4' && type !== 'IPv6') return;
  const before = errors.list.length;
  if (type === 'IPv4') checkLegacyIp(address, at, errors);
  else complain(ipComplaints(address), address, at, errors);
  if (errors.list.length > before) return;
  const version = parseIp(address)?.version;
  // Upstream names the list, not its item.
  if (type !== `IPv${version}`) errors.invalid(path, address, `must be an ${type} address`);
  checkEndpointIp(address, at, errors);
}

function validateHints(
  { forZones = [], forNodes = [] }: EndpointHints,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const zonesAt = path.child('forZones');
  if (forZones.length > MAX_HINTS) {
    errors.tooMany(zonesAt, forZones.length, MAX_HINTS);
    return;
  }
  checkUnique(forZones, zonesAt, errors, (name, at) => {
    complain(isLabelValue(name), name, at, errors);
  });
  const nodesAt = path.child('forNodes');
  if (forNodes.length > MAX_HINTS) {
    errors.tooMany(nodesAt, forNodes.length, MAX_HINTS);
    return;
  }
  checkUnique(forNodes, nodesAt, errors, (name, at) => checkDnsSubdomain(name, at, errors));
}

function checkUnique(
  items: readonly { readonly name: string }[],
  path: FieldPath,
  errors: FieldErrors,
  check: (name: string, at: FieldPath) => void,
): void {
  const names = new Set<string>();
  items.forEach(({ name }, i) => {
    const at = path.index(i).child('name');
    if (names.has(name)) errors.duplicate(at, name);
    names.add(name);
    check(name, at);
  });
}
