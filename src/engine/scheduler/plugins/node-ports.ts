/**
 * NodePorts: ports of the node that the Pod wants must be free. A port on all addresses clashes with
 * the same port on any address.
 *
 * Models: pkg/scheduler/framework/plugins/nodeports/node_ports.go, framework/types.go HostPortInfo (v1.36)
 */
import { definePlugin, refuse, SKIP } from '../framework.ts';
import { clash, type HostPort, hostPortsOf } from '../../../api/kinds/pod/host-ports.ts';

const REFUSED = refuse("node(s) didn't have free ports for the requested pod ports");

export const nodePorts = definePlugin<readonly HostPort[], null>({
  name: 'NodePorts',
  preFilter(pod) {
    const ports = hostPortsOf(pod);
    return ports.length === 0 ? SKIP : ports;
  },
  filter: (ports, _pod, node) => (ports.some((p) => node.isTaken(p)) ? REFUSED : null),
  events: ['AssignedPodDelete', 'NodeAdd'],
  helps(event, pod) {
    if (event.type !== 'AssignedPodDelete') return true;
    const freed = hostPortsOf(event.pod);
    return hostPortsOf(pod).some((p) => freed.some((other) => clash(p, other)));
  },
});
