/**
 * The addon for names: CoreDNS with its Service, configuration and rights, for clusters that have it.
 *
 * Models: cmd/kubeadm/app/phases/addons/dns/manifests.go, dns.go (v1.36)
 */
import { ClusterRoleBinding } from '../../api/kinds/cluster-role-binding.ts';
import { ClusterRole } from '../../api/kinds/cluster-role.ts';
import { ConfigMap } from '../../api/kinds/config-map.ts';
import { Deployment } from '../../api/kinds/deployment.ts';
import { ServiceAccount } from '../../api/kinds/service-account.ts';
import { Service } from '../../api/kinds/service.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { BootstrapObject } from './object.ts';

const NAMESPACE = 'kube-system';
const NAME = 'coredns';
const ROLE = 'system:coredns';
const LABELS = { 'k8s-app': 'kube-dns' };
/** kubeadm: the tenth address of the range of Services. */
const DNS_ADDRESS = '10.96.0.10';
const IMAGE = 'registry.k8s.io/coredns/coredns:v1.14.2';
const REPLICAS = 2;

const COREFILE = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`;

const VERBS = ['list', 'watch'];

const container = {
  name: NAME,
  image: IMAGE,
  imagePullPolicy: 'IfNotPresent',
  resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
  args: ['-conf', '/etc/coredns/Corefile'],
  volumeMounts: [{ name: 'config-volume', mountPath: '/etc/coredns', readOnly: true }],
  ports: [
    { containerPort: 53, name: 'dns', protocol: 'UDP' },
    { containerPort: 53, name: 'dns-tcp', protocol: 'TCP' },
    { containerPort: 9153, name: 'metrics', protocol: 'TCP' },
    { containerPort: 8080, name: 'liveness-probe', protocol: 'TCP' },
    { containerPort: 8181, name: 'readiness-probe', protocol: 'TCP' },
  ],
  livenessProbe: {
    httpGet: { path: '/health', port: 'liveness-probe', scheme: 'HTTP' },
    initialDelaySeconds: 60,
    timeoutSeconds: 5,
    successThreshold: 1,
    failureThreshold: 5,
  },
  readinessProbe: { httpGet: { path: '/ready', port: 'readiness-probe', scheme: 'HTTP' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { add: ['NET_BIND_SERVICE'], drop: ['ALL'] },
    readOnlyRootFilesystem: true,
  },
};

const antiAffinity = {
  weight: 100,
  podAffinityTerm: {
    labelSelector: {
      matchExpressions: [{ key: 'k8s-app', operator: 'In', values: ['kube-dns'] }],
    },
    topologyKey: 'kubernetes.io/hostname',
  },
};

const template = {
  metadata: { labels: LABELS },
  spec: {
    priorityClassName: 'system-cluster-critical',
    serviceAccountName: NAME,
    affinity: {
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [antiAffinity] },
    },
    tolerations: [
      { key: 'CriticalAddonsOnly', operator: 'Exists' },
      { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' },
    ],
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    containers: [container],
    dnsPolicy: 'Default',
    volumes: [
      {
        name: 'config-volume',
        configMap: { name: NAME, items: [{ key: 'Corefile', path: 'Corefile' }] },
      },
    ],
  },
};

export const clusterDns: readonly BootstrapObject[] = [
  {
    kind: ConfigMap as unknown as AnyKind,
    object: { metadata: { name: NAME, namespace: NAMESPACE }, data: { Corefile: COREFILE } },
  },
  {
    kind: ClusterRole as unknown as AnyKind,
    object: {
      metadata: { name: ROLE },
      rules: [
        {
          apiGroups: [''],
          resources: ['endpoints', 'services', 'pods', 'namespaces'],
          verbs: VERBS,
        },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: VERBS },
      ],
    },
  },
  {
    kind: ClusterRoleBinding as unknown as AnyKind,
    object: {
      metadata: { name: ROLE },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: ROLE },
      subjects: [{ kind: 'ServiceAccount', name: NAME, namespace: NAMESPACE }],
    },
  },
  {
    kind: ServiceAccount as unknown as AnyKind,
    object: { metadata: { name: NAME, namespace: NAMESPACE } },
  },
  {
    kind: Deployment as unknown as AnyKind,
    object: {
      metadata: { name: NAME, namespace: NAMESPACE, labels: LABELS },
      spec: {
        replicas: REPLICAS,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
        selector: { matchLabels: LABELS },
        template,
      },
    },
  },
  {
    kind: Service as unknown as AnyKind,
    object: {
      metadata: {
        name: 'kube-dns',
        namespace: NAMESPACE,
        labels: {
          ...LABELS,
          'kubernetes.io/cluster-service': 'true',
          'kubernetes.io/name': 'CoreDNS',
        },
        annotations: { 'prometheus.io/port': '9153', 'prometheus.io/scrape': 'true' },
      },
      spec: {
        clusterIP: DNS_ADDRESS,
        ports: [
          { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
          { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
        ],
        selector: LABELS,
      },
    },
  },
];
