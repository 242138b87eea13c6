/**
 * The ready examples: manifests the reader can open and apply. Their names and hints are in
 * i18n/settings.ts; the texts are Kubernetes' own and stay in English.
 */
export type ExampleId = 'deployment' | 'pod' | 'bad-image' | 'retry-init';

export interface Example {
  readonly id: ExampleId;
  readonly file: string;
  readonly text: string;
}

export const DEFAULT_EXAMPLE: ExampleId = 'deployment';

const DEPLOYMENT = `apiVersion: apps/v1
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

const POD = `apiVersion: v1
kind: Pod
metadata:
  name: solo
  labels:
    app: solo
spec:
  containers:
    - name: main
      image: busybox:1.36
      command: ["sh", "-c", "echo The app is running! && sleep 3600"]
`;

const BAD_IMAGE = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: typo
spec:
  replicas: 2
  selector:
    matchLabels:
      app: typo
  template:
    metadata:
      labels:
        app: typo
    spec:
      containers:
        - name: nginx
          # There is no such tag: watch ErrImagePull become ImagePullBackOff.
          image: nginx:1.27-typo
`;

const RETRY_INIT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: patient
spec:
  replicas: 1
  selector:
    matchLabels:
      app: patient
  template:
    metadata:
      labels:
        app: patient
    spec:
      volumes:
        # Belongs to the Pod, so it outlives each failed attempt.
        - name: attempts
          emptyDir: {}
      initContainers:
        - name: third-time-lucky
          image: busybox:1.36
          command:
            - sh
            - -c
            - |
              echo try >> /attempts/log
              n=$(wc -l < /attempts/log)
              echo "attempt $n"
              [ "$n" -ge 3 ] || exit 1
              echo "ready at last"
          volumeMounts:
            - name: attempts
              mountPath: /attempts
      containers:
        - name: nginx
          image: nginx:1.27
`;

export const EXAMPLES: Readonly<Record<ExampleId, Example>> = {
  deployment: { id: 'deployment', file: 'deployment.yaml', text: DEPLOYMENT },
  pod: { id: 'pod', file: 'pod.yaml', text: POD },
  'bad-image': { id: 'bad-image', file: 'bad-image.yaml', text: BAD_IMAGE },
  'retry-init': { id: 'retry-init', file: 'retry-init.yaml', text: RETRY_INIT },
};
