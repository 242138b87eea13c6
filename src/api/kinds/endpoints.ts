/**
 * Endpoints: the addresses behind a Service, in the old form; EndpointSlices replace it.
 *
 * Models: pkg/registry/core/endpoint strategy.go, pkg/apis/core/validation ValidateEndpoints*,
 *         pkg/apis/core/v1 defaults.go, pkg/printers/internalversion formatEndpoints (v1.36)
 */
import type {
  EndpointAddress,
  EndpointPort,
  Endpoints as EndpointsType,
} from '../generated/types.ts';
import { AGE_COLUMN, listText, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkQualifiedName,
  checkSupported,
  complain,
} from '../meta/field-checks.ts';
import type { FieldErrors } from '../meta/field-errors.ts';
import { FieldPath } from '../meta/field-path.ts';
import { checkEndpointIp, checkLegacyIp, ipWarnings } from '../meta/ip.ts';
import { equalJson } from '../meta/json.ts';
import { isPortNumber } from '../meta/names.ts';

export type Endpoints = EndpointsType;

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const CONTROLLER = 'endpoint-controller';
const MAX_SHOWN = 3; // formatEndpoints, printers.go

function validate({ subsets = [] }: Endpoints, errors: FieldErrors): void {
  subsets.forEach(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const path = FieldPath.of('subsets').index(i);
    if (addresses.length === 0 && notReadyAddresses.length === 0) {
      errors.required(path, 'must specify `addresses` or `notReadyAddresses`');
    }
    addresses.forEach((a, j) => validateAddress(a, path.child('addresses').index(j), errors));
    const notReadyAt = path.child('notReadyAddresses');
    notReadyAddresses.forEach((a, j) => validateAddress(a, notReadyAt.index(j), errors));
    ports.forEach((port, j) =>
      validatePort(port, ports.length > 1, path.child('ports').index(j), errors),
    );
  });
}

function validateAddress(
  { ip, hostname = '', nodeName }: EndpointAddress,
  path: FieldPath,
  errors: FieldErrors,
): void {
  checkLegacyIp(ip, path.child('ip'), errors);
  if (hostname !== '') checkDnsLabel(hostname, path.child('hostname'), errors);
  if (nodeName !== undefined) checkDnsSubdomain(nodeName, path.child('nodeName'), errors);
  checkEndpointIp(ip, path.child('ip'), errors);
}

function validatePort(
  { name = '', port, protocol, appProtocol }: EndpointPort,
  needsName: boolean,
  path: FieldPath,
  errors: FieldErrors,
): void {
  if (name !== '') checkDnsLabel(name, path.child('name'), errors);
  else if (needsName) errors.required(path.child('name'));
  complain(isPortNumber(port), port, path.child('port'), errors);
  if (!protocol) errors.required(path.child('protocol'));
  else checkSupported(protocol, PROTOCOLS, path.child('protocol'), errors);
  if (appProtocol !== undefined) {
    checkQualifiedName(appProtocol, path.child('appProtocol'), errors);
  }
}

/** Upstream looks at what people write, not at what its controller does. */
function warnings({ metadata, subsets = [] }: Endpoints): readonly string[] {
  if (metadata.labels?.[MANAGED_BY] === CONTROLLER) return [];
  return subsets.flatMap((subset, i) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((field) =>
      (subset[field] ?? []).flatMap(({ ip }, j) =>
        ipWarnings(ip, `subsets[${i}].${field}[${j}].ip`),
      ),
    ),
  );
}

function endpointsText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const texts = subsets.flatMap(({ addresses = [], ports = [] }) => {
    if (ports.length === 0) return addresses.map(({ ip }) => ip);
    return ports.flatMap(({ port }) => addresses.map(({ ip }) => hostPort(ip, port)));
  });
  return listText(texts.slice(0, MAX_SHOWN), texts.length, MAX_SHOWN);
}

function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

export const Endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  schema: 'io.k8s.api.core.v1.Endpoints',
  metaOnUpdate: 'both',
  createOnUpdate: true,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',

  defaults({ subsets }) {
    for (const { ports } of subsets ?? []) {
      for (const port of ports ?? []) port.protocol ??= 'TCP';
    }
  },
  validate,
  validateUpdate(next, old, errors) {
    // Older servers have let through what is refused today.
    if (!equalJson(next.subsets, old.subsets)) validate(next, errors);
  },
  warnings,
  columns: [
    NAME_COLUMN,
    {
      name: 'Endpoints',
      type: 'string',
      description:
        'The set of all endpoints is the union of all subsets. Addresses are placed into subsets ' +
        'according to the IPs they share. A single address with multiple ports, some of which are ' +
        'ready and some of which are not (because they come from different containers) will ' +
        'result in the address being displayed in different subsets for the different ports. No ' +
        'address will appear in both Addresses and NotReadyAddresses in the same subset. Sets of ' +
        'addresses and ports that comprise a service.',
      cell: endpointsText,
    },
    AGE_COLUMN,
  ],
});
