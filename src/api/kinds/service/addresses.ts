/**
 * IPAddress objects: the book of the Services' cluster IPs.
 *
 * Models: pkg/registry/core/service/ipallocator ipallocator.go (v1.36)
 */
import type { Service } from '../../generated/types.ts';
import type { Companion } from '../../meta/define-kind.ts';
import { needsClusterIp, NO_IP } from './parts.ts';
import { familyOf } from './validation.ts';

export const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by';
export const FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family';
export const ALLOCATOR = 'ipallocator.k8s.io';

export function companionsOf(service: Service): readonly Companion[] {
  const { namespace = '', name } = service.metadata;
  const endpoints = { group: '', plural: 'endpoints', object: { metadata: { namespace, name } } };
  return [...addressObjects(service), { ...endpoints, onlyDeleted: true }];
}

function addressObjects({ metadata, spec }: Service): readonly Companion[] {
  if (!needsClusterIp(spec)) return [];
  const { namespace = '', name } = metadata;
  return (spec.clusterIPs ?? [])
    .filter((ip) => ip !== NO_IP && ip !== '')
    .map((ip) => ({
      group: 'networking.k8s.io',
      plural: 'ipaddresses',
      object: {
        metadata: { name: ip, labels: { [FAMILY_LABEL]: familyOf(ip), [MANAGED_BY]: ALLOCATOR } },
        spec: { parentRef: { resource: 'services', namespace, name } },
      },
    }));
}
