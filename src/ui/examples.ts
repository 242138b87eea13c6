/**
 * The ready examples: manifests the reader can open and apply. Their names and hints are in
 * i18n/shell.ts; the texts are Kubernetes' own and stay in English. All but the first are loaded
 * when one is chosen.
 */
export type ExampleId =
  | 'deployment'
  | 'pod'
  | 'bad-image'
  | 'retry-init'
  | 'rolling-update'
  | 'autoscaler'
  | 'stateful-set'
  | 'job-indexes'
  | 'cron-job'
  | 'drain'
  | 'claims'
  | 'spread'
  | 'preemption';

/** In the order of the menu; the file each is opened as. */
export const EXAMPLES: Readonly<Record<ExampleId, string>> = {
  deployment: 'deployment.yaml',
  pod: 'pod.yaml',
  'bad-image': 'bad-image.yaml',
  'retry-init': 'retry-init.yaml',
  'rolling-update': 'rolling-update.yaml',
  spread: 'spread.yaml',
  preemption: 'preemption.yaml',
  autoscaler: 'autoscaler.yaml',
  'stateful-set': 'stateful-set.yaml',
  'job-indexes': 'job-indexes.yaml',
  'cron-job': 'cron-job.yaml',
  drain: 'drain.yaml',
  claims: 'claims.yaml',
};

export const exampleIds = Object.keys(EXAMPLES) as readonly ExampleId[];

export const DEFAULT_EXAMPLE: ExampleId = 'deployment';

export const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app: web
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      initContainers:
        - name: prepare
          image: busybox:1.36
          command: ["sh", "-c", "echo preparing; sleep 2; echo done"]
      containers:
        - name: nginx
          image: nginx:1.27
          ports:
            - containerPort: 80
          resources:
            requests:
              cpu: 100m
              memory: 64Mi
`;

const loadMore = () => import('./more-examples.ts');

/** Fetches the texts before one is asked for: who chooses one may press Apply at once. */
export function fetchExamples(): void {
  // Asked for again when one is chosen, which then says what is wrong.
  loadMore().catch(() => undefined);
}

export async function exampleText(id: ExampleId): Promise<string> {
  if (id === 'deployment') return DEPLOYMENT;
  const { MORE_EXAMPLES } = await loadMore();
  return MORE_EXAMPLES[id];
}
