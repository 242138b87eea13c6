/**
 * NetworkPolicy: which traffic may reach and leave Pods.
 *
 * Models: pkg/registry/networking/networkpolicy strategy.go, pkg/apis/networking/v1 defaults.go
 *         (v1.36)
 */
import type { NetworkPolicy as NetworkPolicyType } from '../generated/types.ts';
import { cidrWarnings } from '../meta/cidr.ts';
import { AGE_COLUMN, NAME_COLUMN } from '../meta/columns.ts';
import { defineKind } from '../meta/define-kind.ts';
import { raiseGeneration, specChanged } from '../meta/kind-parts.ts';
import type { Draft } from '../meta/object.ts';
import { formatLabelSelector } from '../meta/selectors.ts';
import { policyBlocks, validateNetworkPolicy } from './network-policy/validation.ts';

export type NetworkPolicy = NetworkPolicyType;

function setDefaults({ spec }: Draft<NetworkPolicy>): void {
  if (spec === undefined) return;
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  }
  if ((spec.policyTypes ?? []).length > 0) return;
  spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function warnings(policy: NetworkPolicy): readonly string[] {
  return policyBlocks(policy).flatMap(({ block, path }) => [
    ...cidrWarnings(block.cidr, path.child('cidr')),
    ...(block.except ?? []).flatMap((cidr, i) => cidrWarnings(cidr, path.child('except').index(i))),
  ]);
}

export const NetworkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  plural: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  namespaced: true,
  schema: 'io.k8s.api.networking.v1.NetworkPolicy',

  defaults: setDefaults,
  prepareForCreate(policy) {
    policy.metadata.generation = 1;
  },
  prepareForUpdate(next, old) {
    raiseGeneration(next, old, specChanged(next, old));
  },
  validate(policy, errors) {
    validateNetworkPolicy(policy, undefined, errors);
  },
  validateUpdate: validateNetworkPolicy,
  warnings,
  columns: [
    NAME_COLUMN,
    {
      name: 'Pod-Selector',
      type: 'string',
      description:
        'podSelector selects the pods to which this NetworkPolicy object applies. The array of ' +
        'rules is applied to any pods selected by this field. An empty selector matches all pods ' +
        "in the policy's namespace. Multiple network policies can select the same set of pods. In " +
        'this case, the ingress rules for each are combined additively. This field is optional. ' +
        'If it is not specified, it defaults to an empty selector.',
      cell: ({ spec }) => formatLabelSelector(spec.podSelector),
    },
    AGE_COLUMN,
  ],
});
