/**
 * Validation of NetworkPolicies.
 *
 * Models: pkg/apis/networking/validation validation.go, ValidateNetworkPolicy* (v1.36)
 */
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../../generated/types.ts';
import { checkLegacyCidr, isStrictSubset, parseCidr } from '../../meta/cidr.ts';
import { complain } from '../../meta/field-checks.ts';
import { FieldErrors } from '../../meta/field-errors.ts';
import { FieldPath } from '../../meta/field-path.ts';
import { isPortName, isPortNumber } from '../../meta/names.ts';
import { validateLabelSelector } from '../../meta/selectors.ts';

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'];
const POLICY_TYPES = ['Ingress', 'Egress'];

/** What an old object holds may stay in the new one. */
interface Options {
  readonly oldCidrs: readonly string[];
  readonly allowInvalidValues: boolean;
}

interface Rule {
  readonly ports: readonly NetworkPolicyPort[];
  readonly peers: readonly NetworkPolicyPeer[];
  readonly path: FieldPath;
  readonly peersPath: FieldPath;
}

/** Rules of both directions, ingress first. */
function rulesOf({ spec }: NetworkPolicy): readonly Rule[] {
  const ingressAt = FieldPath.of('spec').child('ingress');
  const egressAt = FieldPath.of('spec').child('egress');
  return [
    ...(spec.ingress ?? []).map(({ ports = [], from = [] }, i) => {
      const path = ingressAt.index(i);
      return { ports, peers: from, path, peersPath: path.child('from') };
    }),
    ...(spec.egress ?? []).map(({ ports = [], to = [] }, i) => {
      const path = egressAt.index(i);
      return { ports, peers: to, path, peersPath: path.child('to') };
    }),
  ];
}

/** Every address range of the policy, with its path. */
export function policyBlocks(
  policy: NetworkPolicy,
): readonly { readonly block: IPBlock; readonly path: FieldPath }[] {
  return rulesOf(policy).flatMap(({ peers, peersPath }) =>
    peers.flatMap(({ ipBlock }, i) =>
      ipBlock === undefined ? [] : [{ block: ipBlock, path: peersPath.index(i).child('ipBlock') }],
    ),
  );
}

export function validateNetworkPolicy(
  policy: NetworkPolicy,
  old: NetworkPolicy | undefined,
  errors: FieldErrors,
): void {
  const { podSelector, policyTypes = [] } = policy.spec;
  const options = optionsFor(old);
  const { allowInvalidValues } = options;
  validateLabelSelector(podSelector, 'spec.podSelector', errors, { allowInvalidValues });
  for (const { ports, peers, path, peersPath } of rulesOf(policy)) {
    ports.forEach((port, i) => validatePort(port, path.child('ports').index(i), errors));
    peers.forEach((peer, i) => validatePeer(peer, peersPath.index(i), options, errors));
  }
  if (policyTypes.length > POLICY_TYPES.length) {
    errors.invalid('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes');
    return;
  }
  policyTypes.forEach((type, i) => {
    if (POLICY_TYPES.includes(type)) return;
    errors.notSupported(`spec.policyTypes[${i}]`, type, POLICY_TYPES);
  });
}

function optionsFor(old: NetworkPolicy | undefined): Options {
  if (old === undefined) return { oldCidrs: [], allowInvalidValues: false };
  const found = new FieldErrors();
  validateLabelSelector(old.spec.podSelector, '', found);
  const oldCidrs = policyBlocks(old).flatMap(({ block }) => [block.cidr, ...(block.except ?? [])]);
  return { oldCidrs, allowInvalidValues: !found.none };
}

function validatePort(
  { protocol, port, endPort }: NetworkPolicyPort,
  path: FieldPath,
  errors: FieldErrors,
): void {
  const endAt = path.child('endPort');
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.notSupported(path.child('protocol'), protocol, PROTOCOLS);
  }
  if (port === undefined) {
    if (endPort === undefined) return;
    errors.invalid(endAt, endPort, 'may not be specified when `port` is not specified');
  } else if (typeof port === 'number') {
    complain(isPortNumber(port), port, path.child('port'), errors);
    if (endPort === undefined) return;
    // Upstream shows the port, not the end.
    if (endPort < port) errors.invalid(endAt, port, 'must be greater than or equal to `port`');
    complain(isPortNumber(endPort), endPort, endAt, errors);
  } else {
    if (endPort !== undefined) {
      errors.invalid(endAt, endPort, 'may not be specified when `port` is non-numeric');
    }
    complain(isPortName(port), port, path.child('port'), errors);
  }
}

function validatePeer(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  path: FieldPath,
  options: Options,
  errors: FieldErrors,
): void {
  const { allowInvalidValues } = options;
  validateLabelSelector(podSelector, path.child('podSelector'), errors, { allowInvalidValues });
  const at = path.child('namespaceSelector');
  validateLabelSelector(namespaceSelector, at, errors, { allowInvalidValues });
  if (ipBlock !== undefined) validateBlock(ipBlock, path.child('ipBlock'), options, errors);
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selects && ipBlock === undefined) errors.required(path, 'must specify a peer');
  else if (selects && ipBlock !== undefined) {
    errors.forbidden(path, 'may not specify both ipBlock and another peer');
  }
}

function validateBlock(
  { cidr, except = [] }: IPBlock,
  path: FieldPath,
  { oldCidrs }: Options,
  errors: FieldErrors,
): void {
  if (cidr === '') {
    errors.required(path.child('cidr'));
    return;
  }
  checkLegacyCidr(cidr, path.child('cidr'), errors, oldCidrs);
  const outer = parseCidr(cidr);
  if (outer === undefined) return;
  except.forEach((text, i) => {
    const at = path.child('except').index(i);
    checkLegacyCidr(text, at, errors, oldCidrs);
    const inner = parseCidr(text);
    if (inner === undefined || isStrictSubset(inner, outer)) return;
    errors.invalid(at, text, 'must be a strict subset of `cidr`');
  });
}
