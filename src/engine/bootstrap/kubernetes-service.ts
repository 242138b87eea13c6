/**
 * The API server's own Service.
 *
 * Models: pkg/controlplane/controller/kubernetesservice (v1.36)
 */
import { Service } from '../../api/kinds/service.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

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
];
