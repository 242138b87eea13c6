/**
 * What ResourceClaims use of a quota: their number, and devices of each class.
 *
 * Models:     pkg/quota/v1/evaluator/core resource_claims.go (v1.36)
 * Simplified: devices that stand for an extended resource are not counted under its name
 */
import type { ResourceV1ResourceClaim as ResourceClaim } from '../generated/types.ts';
import type { KubeObject } from '../meta/object.ts';
import { addQuantity, compareQuantity } from '../meta/quantity.ts';
import { countName, type Evaluator } from './evaluator.ts';
import type { List } from './lists.ts';

const COUNT = countName('resource.k8s.io', 'resourceclaims');
const OF_CLASS = '.deviceclass.resource.k8s.io/devices';
const ALL_DEVICES = 32; // resource.k8s.io AllocationResultsMaxSize

interface Wanted {
  readonly deviceClassName: string;
  readonly allocationMode?: string;
  readonly count?: number;
}

function devices({ allocationMode, count = 0 }: Wanted): string {
  if (allocationMode === 'All') return String(ALL_DEVICES);
  return allocationMode === 'ExactCount' ? String(count) : '0';
}

function usage(object: KubeObject): List {
  const { spec } = object as unknown as ResourceClaim;
  const list: Record<string, string> = { [COUNT]: '1' };
  const add = (name: string, amount: string): void => {
    list[name] = addQuantity(list[name] ?? '0', amount);
  };
  for (const { firstAvailable = [], exactly } of spec.devices?.requests ?? []) {
    // One of the alternatives will be taken: the most that it can be.
    const most = new Map<string, string>();
    for (const wanted of firstAvailable) {
      const name = wanted.deviceClassName + OF_CLASS;
      const amount = devices(wanted);
      if (compareQuantity(amount, most.get(name) ?? '0') > 0) most.set(name, amount);
    }
    for (const [name, amount] of most) add(name, amount);
    if (firstAvailable.length === 0 && exactly !== undefined) {
      add(exactly.deviceClassName + OF_CLASS, devices(exactly));
    }
  }
  return list;
}

export const resourceClaimEvaluator: Evaluator = {
  group: 'resource.k8s.io',
  plural: 'resourceclaims',
  handles: (operation, subresource) =>
    subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  counts: (name) => name === COUNT || name.endsWith(OF_CLASS),
  matchesScope: () => false,
  usage,
};
