/** The examples beside the first one: what each shows stands in its comments. */
import type { ExampleId } from './examples.ts';
import { AUTOSCALER, CRON_JOB, JOB_INDEXES, STATEFUL_SET } from './workload-examples.ts';

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

const ROLLING_UPDATE = `# Ten Pods, of which at most 13 may be there and at least 8 have to be available.
# Apply it, select Deployment web, and set another image (nginx:1.28) under "Rollout":
# two ReplicaSets trade Pods. With an image that does not exist it stops by itself.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 10
  minReadySeconds: 5
  progressDeadlineSeconds: 120
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 25%
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
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

const SPREAD = `# The scheduler's reasons: one Pod a node, then none is left for the others.
# Select a Pod and open "Scheduler" below: nodes in rows, plugins in columns.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: apart
spec:
  replicas: 4
  selector:
    matchLabels:
      app: apart
  template:
    metadata:
      labels:
        app: apart
    spec:
      affinity:
        podAntiAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            - topologyKey: kubernetes.io/hostname
              labelSelector:
                matchLabels:
                  app: apart
      containers:
        - name: nginx
          image: nginx:1.27
          resources:
            requests:
              cpu: 250m
              memory: 64Mi
`;

const PREEMPTION = `# Full nodes, and a Pod that is worth more: Pods of lower priority are evicted to make room for it.
# Apply, then scale Deployment urgent to 1, select its Pod and open "Scheduler" below: the node it is
# promised, and who has to go.
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata:
  name: urgent
value: 1000
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: filler
spec:
  replicas: 9
  selector:
    matchLabels:
      app: filler
  template:
    metadata:
      labels:
        app: filler
    spec:
      # Whoever has to go takes its time, in which the other one is promised the node.
      terminationGracePeriodSeconds: 20
      containers:
        - name: sleeper
          image: busybox:1.36
          command: ["sleep", "1000000"]
          resources:
            requests:
              cpu: "1.2"
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: urgent
spec:
  replicas: 0
  selector:
    matchLabels:
      app: urgent
  template:
    metadata:
      labels:
        app: urgent
    spec:
      priorityClassName: urgent
      containers:
        - name: nginx
          image: nginx:1.27
          resources:
            requests:
              cpu: "2"
`;

const DRAIN = `# Three Pods that all have to stay: whoever wants to empty a node is refused.
# Select PodDisruptionBudget web, then a node, and press Drain. Scale Deployment web to 6: it goes on.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
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
      terminationGracePeriodSeconds: 5
      containers:
        - name: nginx
          image: nginx:1.27
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: web
spec:
  minAvailable: 3
  selector:
    matchLabels:
      app: web
`;

const CLAIMS = `# Claims wait until a Pod wants them. Claim data then finds a volume that fits; for claim scratch, of
# the default class, a driver makes one and attaches it to the node. Select either claim.
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: by-hand
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: small
spec:
  storageClassName: by-hand
  capacity:
    storage: 1Gi
  accessModes: [ReadWriteOnce]
  hostPath:
    path: /data/small
---
apiVersion: v1
kind: PersistentVolume
metadata:
  name: large
spec:
  storageClassName: by-hand
  capacity:
    storage: 10Gi
  accessModes: [ReadWriteOnce]
  hostPath:
    path: /data/large
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: data
spec:
  storageClassName: by-hand
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 2Gi
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: scratch
spec:
  accessModes: [ReadWriteOnce]
  resources:
    requests:
      storage: 3Gi
---
apiVersion: v1
kind: Pod
metadata:
  name: keeper
spec:
  containers:
    - name: keeper
      image: busybox:1.36
      command: ["sh", "-c", "date >> /data/log; sleep 1000000"]
      volumeMounts:
        - name: data
          mountPath: /data
        - name: scratch
          mountPath: /scratch
  volumes:
    - name: data
      persistentVolumeClaim:
        claimName: data
    - name: scratch
      persistentVolumeClaim:
        claimName: scratch
`;

export const MORE_EXAMPLES: Readonly<Record<Exclude<ExampleId, 'deployment'>, string>> = {
  pod: POD,
  'bad-image': BAD_IMAGE,
  'retry-init': RETRY_INIT,
  'rolling-update': ROLLING_UPDATE,
  spread: SPREAD,
  preemption: PREEMPTION,
  autoscaler: AUTOSCALER,
  'stateful-set': STATEFUL_SET,
  'job-indexes': JOB_INDEXES,
  'cron-job': CRON_JOB,
  drain: DRAIN,
  claims: CLAIMS,
};
