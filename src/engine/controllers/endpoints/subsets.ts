/**
 * The subsets of a Service's Endpoints, from its Pods.
 *
 * Models: kubernetes pkg/controller/endpoint/endpoints_controller.go (v1.36)
 */
import type {
  EndpointAddress,
  EndpointPort,
  EndpointSubset,
  Pod,
  Service,
} from '../../../api/generated/types.ts';
import { ipText, parseIp } from '../../../api/meta/ip.ts';
import { isPodReady } from '../../../api/meta/pod-state.ts';
import { repackSubsets } from '../../client/endpoint-subsets.ts';
import { belongsInEndpoints, findPort, hostnameIn } from '../../client/service-endpoints.ts';

const MAX_ADDRESSES = 1_000; // maxCapacity

export function wantedSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const everything = service.spec.publishNotReadyAddresses === true;
  const subsets: EndpointSubset[] = [];
  for (const pod of pods) {
    if (!belongsInEndpoints(pod, everything)) continue;
    const address = addressOf(service, pod);
    if (!address) continue;
    const ready = everything || isPodReady(pod);
    const add = (ports: readonly EndpointPort[]): void => {
      const list = [address];
      subsets.push(ready ? { addresses: list, ports } : { notReadyAddresses: list, ports });
    };
    const ports = service.spec.ports ?? [];
    if (ports.length === 0 && service.spec.clusterIP === 'None') add([]);
    for (const servicePort of ports) {
      const port = findPort(pod, servicePort);
      if (port === undefined) continue;
      const { name = '', protocol = 'TCP', appProtocol } = servicePort;
      add([
        {
          ...(name === '' ? {} : { name }),
          port,
          protocol,
          ...(appProtocol === undefined ? {} : { appProtocol }),
        },
      ]);
    }
  }
  return repackSubsets(subsets);
}

/** The Pod's address of the Service's first family. */
function addressOf(service: Service, pod: Pod): EndpointAddress | undefined {
  const family = service.spec.ipFamilies?.[0];
  const { clusterIP = '' } = service.spec;
  const like = clusterIP !== '' && clusterIP !== 'None' ? clusterIP : (pod.status.podIP ?? '');
  const wantsIpv6 = family === undefined ? like.includes(':') : family === 'IPv6';
  const { namespace = '', name, uid } = pod.metadata;
  for (const { ip } of pod.status.podIPs ?? []) {
    const parsed = parseIp(ip);
    if (!parsed || ip.includes(':') !== wantsIpv6) continue;
    const hostname = hostnameIn(service, pod);
    return {
      ip: ipText(parsed),
      ...(hostname === undefined ? {} : { hostname }),
      nodeName: pod.spec.nodeName ?? '',
      targetRef: { kind: 'Pod', namespace, name, uid },
    };
  }
  return undefined;
}

function count(
  subsets: readonly EndpointSubset[],
  field: 'addresses' | 'notReadyAddresses',
): number {
  let n = 0;
  for (const subset of subsets) n += subset[field]?.length ?? 0;
  return n;
}

export function isOverCapacity(subsets: readonly EndpointSubset[]): boolean {
  return count(subsets, 'addresses') + count(subsets, 'notReadyAddresses') > MAX_ADDRESSES;
}

/** At most a thousand addresses, ready ones first, from each subset in its proportion. */
export function truncated(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  const ready = count(subsets, 'addresses');
  const cutsReady = ready > MAX_ADDRESSES;
  const field = cutsReady ? 'addresses' : 'notReadyAddresses';
  const total = cutsReady ? ready : count(subsets, 'notReadyAddresses');
  const room = cutsReady ? MAX_ADDRESSES : MAX_ADDRESSES - ready;
  let left = room;
  return subsets.map((subset) => {
    const list = subset[field] ?? [];
    const share = Math.min(left, Math.ceil((list.length * room) / total));
    const kept = list.slice(0, share);
    left -= kept.length;
    const { addresses, notReadyAddresses: _old, ...rest } = subset;
    if (cutsReady) return { ...rest, addresses: kept };
    return {
      ...rest,
      ...(addresses ? { addresses } : {}),
      ...(kept.length > 0 ? { notReadyAddresses: kept } : {}),
    };
  });
}
