/** The objects of a run's workloads: small Pods that all fit, whatever is lost. */
import type { Workload } from './plan.ts';

const GRACE_SECONDS = 1;
/** Lost nodes are given up soon, as a run is short. */
const TOLERATION_SECONDS = 5;
const JOB_SECONDS = 2;

type Manifest = { readonly [key: string]: unknown };

export interface Wanted {
  readonly path: string;
  readonly name: string;
  readonly body: Manifest;
}

const tolerations = ['not-ready', 'unreachable'].map((key) => ({
  key: `node.kubernetes.io/${key}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: TOLERATION_SECONDS,
}));

function server(version: number): Manifest {
  return {
    terminationGracePeriodSeconds: GRACE_SECONDS,
    tolerations,
    containers: [{ name: 'app', image: 'nginx:1.27', env: [{ name: 'V', value: `${version}` }] }],
  };
}

const worker: Manifest = {
  restartPolicy: 'Never',
  terminationGracePeriodSeconds: GRACE_SECONDS,
  tolerations,
  containers: [
    { name: 'app', image: 'busybox:1.36', command: ['sh', '-c', `sleep ${JOB_SECONDS}`] },
  ],
};

export function nameOf(index: number): string {
  return `w${index}`;
}

const PATHS: Readonly<Record<Workload['kind'], string>> = {
  Deployment: '/apis/apps/v1/namespaces/NS/deployments',
  ReplicaSet: '/apis/apps/v1/namespaces/NS/replicasets',
  ReplicationController: '/api/v1/namespaces/NS/replicationcontrollers',
  StatefulSet: '/apis/apps/v1/namespaces/NS/statefulsets',
  DaemonSet: '/apis/apps/v1/namespaces/NS/daemonsets',
  Job: '/apis/batch/v1/namespaces/NS/jobs',
  IndexedJob: '/apis/batch/v1/namespaces/NS/jobs',
  CronJob: '/apis/batch/v1/namespaces/NS/cronjobs',
};

export const NAMESPACES = ['one', 'two'] as const;

/** Workloads take turns. */
export function namespaceOf(index: number): string {
  return NAMESPACES[index % NAMESPACES.length] ?? '';
}

export function pathOf({ kind }: Workload, index: number): string {
  return PATHS[kind].replace('NS', namespaceOf(index));
}

export function specOf({ kind, replicas, other }: Workload, app: string, version = 1): Manifest {
  const labels = { app };
  const template = { metadata: { labels }, spec: server(version) };
  const selector = { matchLabels: labels };
  const jobTemplate = { metadata: { labels }, spec: worker };
  // Pods that a fault ends are no failure of the work.
  const job = { completions: replicas, parallelism: 2, backoffLimit: 50, template: jobTemplate };
  switch (kind) {
    case 'Deployment':
      return {
        replicas,
        selector,
        template,
        strategy: { type: other ? 'Recreate' : 'RollingUpdate' },
      };
    case 'ReplicaSet':
      return { replicas, selector, template };
    case 'ReplicationController':
      return { replicas, selector: labels, template };
    case 'StatefulSet':
      return {
        replicas,
        selector,
        template,
        serviceName: app,
        podManagementPolicy: other ? 'Parallel' : 'OrderedReady',
      };
    case 'DaemonSet':
      return {
        selector,
        template,
        updateStrategy: other
          ? { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
          : { type: 'RollingUpdate' },
      };
    case 'Job':
      return job;
    case 'IndexedJob':
      return { ...job, completionMode: 'Indexed' };
    case 'CronJob':
      return {
        schedule: '* * * * *',
        concurrencyPolicy: other ? 'Forbid' : 'Allow',
        jobTemplate: { spec: { ...job, completions: 1, parallelism: 1 } },
      };
  }
}

export function objectsOf(workload: Workload, index: number): readonly Wanted[] {
  const app = nameOf(index);
  const path = pathOf(workload, index);
  const namespace = namespaceOf(index);
  const list: Wanted[] = [
    { path, name: app, body: { metadata: { name: app }, spec: specOf(workload, app) } },
  ];
  if (!workload.served) return list;
  const selector = { app };
  const spec = { selector, ports: [{ port: 80 }] };
  const budget = { maxUnavailable: 1, selector: { matchLabels: selector } };
  return [
    ...list,
    {
      path: `/api/v1/namespaces/${namespace}/services`,
      name: app,
      body: { metadata: { name: app }, spec },
    },
    {
      path: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
      name: app,
      body: { metadata: { name: app }, spec: budget },
    },
  ];
}
