/**
 * The subresource `proxy` of a Node: the kubelet's own API, or any other port of the machine.
 *
 * Models: pkg/registry/core/node strategy.go ResourceLocation, rest/proxy.go (v1.36)
 */
import type { Node } from '../../generated/types.ts';
import type { ConnectRules } from '../../meta/define-kind.ts';
import { goQuote } from '../../meta/go-text.ts';
import { portNumber, proxyTarget } from '../../meta/proxy-target.ts';
import { badRequest, failure } from '../../meta/status.ts';
import { addressOf, isLoopback, kubeletHost } from './address.ts';

export const nodeProxy: ConnectRules<Node> = {
  nameOf(id) {
    const target = proxyTarget(id);
    if (!target) throw badRequest(`invalid node request ${goQuote(id)}`);
    return target.name;
  },
  connect(node, _query, context) {
    if (isLoopback(node)) throw badRequest('address not allowed');
    const host = kubeletHost(node);
    const asked = proxyTarget(context.name)?.port ?? '';
    if (asked === '' || host.endsWith(`:${asked}`)) {
      return { kubelet: { node: node.metadata.name, host } };
    }
    const port = portNumber(asked);
    if (port !== undefined) return { proxy: { address: internalAddress(node), port } };
    const why = `dial tcp: lookup tcp/${asked}: unknown port`;
    throw failure(503, 'ServiceUnavailable', `error trying to reach service: ${why}`);
  },
};

/** What the machine's name leads to. */
function internalAddress(node: Node): string {
  const internal = node.status.addresses?.find(({ type }) => type === 'InternalIP');
  return internal?.address ?? addressOf(node);
}
