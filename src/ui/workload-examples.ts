/** Examples of the controllers of workloads: the list is in more-examples.ts. */

export const AUTOSCALER = `# A page that costs CPU, somebody who asks for it, and an autoscaler between 1 and 6 Pods.
# Select HorizontalPodAutoscaler php-apache; then scale Deployment load to 0 and wait five minutes.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: php-apache
spec:
  selector:
    matchLabels:
      run: php-apache
  template:
    metadata:
      labels:
        run: php-apache
    spec:
      containers:
        - name: php-apache
          image: registry.k8s.io/hpa-example
          ports:
            - containerPort: 80
          resources:
            limits:
              cpu: 500m
            requests:
              cpu: 200m
---
apiVersion: v1
kind: Service
metadata:
  name: php-apache
spec:
  ports:
    - port: 80
  selector:
    run: php-apache
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: php-apache
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: php-apache
  minReplicas: 1
  maxReplicas: 6
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 50
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: load
spec:
  replicas: 1
  selector:
    matchLabels:
      run: load
  template:
    metadata:
      labels:
        run: load
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: load
          image: busybox:1.36
          command: ["sh", "-c", "while sleep 0.05; do wget -q -O- http://php-apache; done"]
`;

export const STATEFUL_SET = `# One after the other, each with a name, a claim and a place of its own.
# Select StatefulSet db. Change the image: the highest ordinal goes first, and the partition keeps db-0.
apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: None
  selector:
    app: db
  ports:
    - port: 80
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: db
spec:
  serviceName: db
  replicas: 3
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      partition: 1
  selector:
    matchLabels:
      app: db
  template:
    metadata:
      labels:
        app: db
    spec:
      containers:
        - name: db
          image: nginx:1.27
          readinessProbe:
            httpGet:
              port: 80
            initialDelaySeconds: 3
            periodSeconds: 2
          volumeMounts:
            - name: data
              mountPath: /data
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 1Gi
`;

export const JOB_INDEXES = `# Twelve pieces of work, three at a time; number 7 fails, is tried once more, and is given up.
# Select Job pieces: each cell is an index.
apiVersion: batch/v1
kind: Job
metadata:
  name: pieces
spec:
  completions: 12
  parallelism: 3
  completionMode: Indexed
  backoffLimitPerIndex: 1
  maxFailedIndexes: 5
  activeDeadlineSeconds: 600
  ttlSecondsAfterFinished: 1800
  podFailurePolicy:
    rules:
      - action: FailIndex
        onExitCodes:
          containerName: work
          operator: In
          values: [42]
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: work
          image: busybox:1.36
          command:
            - sh
            - -c
            - |
              echo "index $JOB_COMPLETION_INDEX"
              sleep $((3 + JOB_COMPLETION_INDEX % 4))
              [ "$JOB_COMPLETION_INDEX" != 3 ] || exit 42
              [ "$JOB_COMPLETION_INDEX" != 7 ]
`;

export const CRON_JOB = `# Every minute; a run that is still going on is not overtaken.
apiVersion: batch/v1
kind: CronJob
metadata:
  name: tick
spec:
  schedule: "* * * * *"
  concurrencyPolicy: Forbid
  successfulJobsHistoryLimit: 3
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: tick
              image: busybox:1.36
              command: ["sh", "-c", "date; sleep 10"]
`;
