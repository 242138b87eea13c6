/**
 * Where the API server finds the kubelet of a node.
 *
 * Models: pkg/kubelet/client kubelet_client.go, pkg/util/node node.go GetPreferredNodeAddress, with
 *         the order of address types that kubeadm sets (v1.36: --kubelet-preferred-address-types)
 */
import type { Node } from '../../generated/types.ts';

const PREFERRED = ['InternalIP', 'ExternalIP', 'Hostname'];

/** '' = the node has none. */
export function addressOf(node: Node): string {
  const addresses = node.status.addresses ?? [];
  for (const type of PREFERRED) {
    const found = addresses.find((a) => a.type === type);
    if (found) return found.address;
  }
  return '';
}

/** Where its kubelet listens. */
export function kubeletHost(node: Node): string {
  return `${addressOf(node)}:${node.status.daemonEndpoints?.kubeletEndpoint?.Port ?? 10250}`;
}

/** The API server's own machine, on which no kubelet listens. */
export function isLoopback(node: Node): boolean {
  const address = addressOf(node);
  return address.startsWith('127.') || address === '::1' || address === 'localhost';
}
