/**
 * The range of the Services' addresses, and the address of the API server's own Service.
 *
 * Models: pkg/controlplane/controller/defaultservicecidr, pkg/registry/core/service/ipallocator,
 *         pkg/controller/servicecidrs, which puts the finalizer on (v1.36)
 */
import { IPAddress } from '../../api/kinds/ip-address.ts';
import { ServiceCIDR } from '../../api/kinds/service-cidr.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

const RANGE = '10.96.0.0/16'; // --service-cluster-ip-range
const FIRST_ADDRESS = '10.96.0.1';

export const serviceNetwork: readonly BootstrapObject[] = [
  {
    kind: ServiceCIDR as unknown as AnyKind,
    object: {
      metadata: {
        name: 'kubernetes',
        finalizers: ['networking.k8s.io/service-cidr-finalizer'],
      },
      spec: { cidrs: [RANGE] },
    },
    status: (now) => ({
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          lastTransitionTime: now,
          reason: '',
          message: 'Kubernetes Service CIDR is ready',
        },
      ],
    }),
  },
  {
    kind: IPAddress as unknown as AnyKind,
    object: {
      metadata: {
        name: FIRST_ADDRESS,
        labels: {
          'ipaddress.kubernetes.io/ip-family': 'IPv4',
          'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        },
      },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' } },
    },
  },
];
