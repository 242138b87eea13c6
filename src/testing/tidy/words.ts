/** Words and texts that do not belong somewhere, as data for the tidy test. */

export interface BannedWords {
  readonly where: readonly string[];
  readonly words: readonly string[];
  readonly because: string;
}

/**
 * Whole identifiers and whole string literals. Namespace, Event and Lease are left out: the words
 * also mean things that the API server and etcd have (the scope, a watch event, a lease of etcd).
 */
const KINDS = [
  'ConfigMap',
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Endpoints',
  'EndpointSlice',
  'HorizontalPodAutoscaler',
  'Ingress',
  'Job',
  'LimitRange',
  'NetworkPolicy',
  'Node',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodDisruptionBudget',
  'ReplicaSet',
  'ReplicationController',
  'ResourceQuota',
  'Secret',
  'Service',
  'ServiceAccount',
  'StatefulSet',
  'StorageClass',
];
const plural = (kind: string) => {
  const low = kind.toLowerCase();
  if (low.endsWith('s')) return low === 'endpoints' ? low : `${low}es`;
  return low.endsWith('y') ? `${low.slice(0, -1)}ies` : `${low}s`;
};

export const BANNED_WORDS: readonly BannedWords[] = [
  {
    where: ['src/engine/apiserver/', 'src/engine/etcd/'],
    words: [...KINDS, ...KINDS.map(plural)],
    because:
      'the API server and etcd name no kind (invariant 4): let the kind file declare the answer',
  },
  {
    where: ['src/kernel/'],
    words: [...KINDS.filter((kind) => kind !== 'Node'), ...KINDS.map(plural), 'kubelet', 'kubectl'],
    because: 'the kernel has no Kubernetes words in it: take a name or a type as parameter',
  },
];

export interface BannedText {
  readonly text: string;
  readonly because: string;
}

/** Anywhere in the tree, comments included. Spelt in pieces, so that this file does not hold them. */
export const BANNED_TEXT: readonly BannedText[] = [
  ...['wo\trk', 'fa\trm', 'ro\tot'].map((name) => ({
    text: `/${name.replace('\t', '')}/`,
    because: 'a path of one machine means nothing elsewhere: make it relative to the project',
  })),
  ...['registry\tnpmjs', 'proxy\tgolang', 'deb\tdebian'].map((name) => ({
    text: name.replace('\t', '.'),
    because: 'which registry is used is the business of the machine: leave its host out',
  })),
];
