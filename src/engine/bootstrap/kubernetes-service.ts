/**
 * The API server's own Service.
 *
 * Models: pkg/controlplane/controller/kubernetesservice, pkg/controlplane/reconcilers
 * (endpointsadapter.go) (v1.36)
 */
import { EndpointSlice } from '../../api/kinds/endpoint-slice.ts';
import { Endpoints } from '../../api/kinds/endpoints.ts';
import { Service } from '../../api/kinds/service.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

/** Where the one API server of the cluster listens. */
const SERVER_ADDRESS = '172.30.0.1';
const PORT = { name: 'https', port: 6443, protocol: 'TCP' } as const;
const META = { name: 'kubernetes', namespace: 'default' } as const;

export const kubernetesService: readonly BootstrapObject[] = [
  {
    kind: Service as unknown as AnyKind,
    object: {
      metadata: {
        name: 'kubernetes',
        namespace: 'default',
        labels: { component: 'apiserver', provider: 'kubernetes' },
      },
      spec: {
        type: 'ClusterIP',
        clusterIP: '10.96.0.1',
        ipFamilyPolicy: 'SingleStack',
        sessionAffinity: 'None',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      },
    },
  },
  {
    kind: Endpoints as unknown as AnyKind,
    object: {
      // The slice below is the server's own: nobody is to mirror this.
      metadata: { ...META, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [{ addresses: [{ ip: SERVER_ADDRESS }], ports: [PORT] }],
    },
  },
  {
    kind: EndpointSlice as unknown as AnyKind,
    object: {
      metadata: { ...META, labels: { 'kubernetes.io/service-name': META.name } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [SERVER_ADDRESS], conditions: { ready: true } }],
      ports: [PORT],
    },
  },
];
