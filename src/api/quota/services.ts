/**
 * What Services use of a quota: their number, node ports and load balancers.
 *
 * Models: pkg/quota/v1/evaluator/core services.go (v1.36)
 */
import type { Service } from '../generated/types.ts';
import type { KubeObject } from '../meta/object.ts';
import { countName, type Evaluator } from './evaluator.ts';
import type { List } from './lists.ts';

const COUNT = countName('', 'services');
const NAMES = [COUNT, 'services', 'services.nodeports', 'services.loadbalancers'];

function usage(object: KubeObject): List {
  const { type, ports = [], allocateLoadBalancerNodePorts } = (object as unknown as Service).spec;
  let nodePorts = 0;
  if (type === 'NodePort') nodePorts = ports.length;
  if (type === 'LoadBalancer') {
    const taken = allocateLoadBalancerNodePorts === false ? ports.filter((p) => p.nodePort) : ports;
    nodePorts = taken.length;
  }
  return {
    [COUNT]: '1',
    services: '1',
    'services.loadbalancers': type === 'LoadBalancer' ? '1' : '0',
    'services.nodeports': String(nodePorts),
  };
}

/** Only types that cost more than an address. */
function costlyType(object: KubeObject): string {
  const { type } = (object as unknown as Service).spec;
  return type === 'NodePort' || type === 'LoadBalancer' ? type : '';
}

export const serviceEvaluator: Evaluator = {
  group: '',
  plural: 'services',
  handles: (operation, subresource) =>
    subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  counts: (name) => NAMES.includes(name),
  matchesScope: () => false,
  usage,
  frees: (next, old) => costlyType(next) !== costlyType(old),
};
