/** Manifests of the kinds that no recorded request creates. */
import type { Value } from './text.ts';

const metadata = { name: 'a' };
const attributes = { verb: 'get', resource: 'pods', namespace: 'default' };
const claim = {
  devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] },
};

/** By `group/version/plural`. */
export const OWN_BASES: Readonly<Record<string, Value>> = {
  'apiregistration.k8s.io/v1/apiservices': {
    metadata: { name: 'v1.fuzz.example.org' },
    spec: {
      group: 'fuzz.example.org',
      version: 'v1',
      groupPriorityMinimum: 100,
      versionPriority: 10,
      insecureSkipTLSVerify: true,
      service: { namespace: 'default', name: 'a', port: 443 },
    },
  },
  '/v1/bindings': { metadata, target: { kind: 'Node', name: 'node-1' } },
  'storage.k8s.io/v1/csistoragecapacities': {
    metadata,
    storageClassName: 'fast',
    capacity: '1Gi',
    nodeTopology: { matchLabels: { zone: 'a' } },
  },
  'rbac.authorization.k8s.io/v1/clusterrolebindings': {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'jane' }],
  },
  '/v1/endpoints': {
    metadata,
    subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80, name: 'http' }] }],
  },
  'events.k8s.io/v1/events': {
    metadata,
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'example.com/x',
    reportingInstance: 'x-1',
    action: 'Doing',
    reason: 'Done',
    type: 'Normal',
    regarding: { kind: 'Pod', namespace: 'default', name: 'a' },
  },
  'networking.k8s.io/v1/ipaddresses': {
    metadata: { name: '10.96.0.77' },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'a' } },
  },
  '/v1/podtemplates': {
    metadata,
    template: {
      metadata: { labels: { app: 'a' } },
      spec: { containers: [{ name: 'c', image: 'nginx:1.29' }] },
    },
  },
  'flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations': {
    metadata,
    spec: {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 5, limitResponse: { type: 'Reject' } },
    },
  },
  'resource.k8s.io/v1/resourceclaimtemplates': { metadata, spec: { spec: claim } },
  'authorization.k8s.io/v1/selfsubjectaccessreviews': { spec: { resourceAttributes: attributes } },
  'authorization.k8s.io/v1/subjectaccessreviews': {
    spec: { user: 'jane', groups: ['developers'], resourceAttributes: attributes },
  },
  'authorization.k8s.io/v1/selfsubjectrulesreviews': { spec: { namespace: 'default' } },
  'authentication.k8s.io/v1/selfsubjectreviews': {},
  'storage.k8s.io/v1/volumeattachments': {
    metadata,
    spec: { attacher: 'example.com', nodeName: 'node-1', source: { persistentVolumeName: 'pv' } },
  },
};
