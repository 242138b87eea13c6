/** What the tests apply. */

export const WEB = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: main
        image: registry.k8s.io/pause:3.10
        ports: [{containerPort: 80}]
`;

export const CONFIG = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data:
  color: blue
  size: large
`;

export const KUSTOMIZATION = `resources: [web.yaml, settings.yaml]
namePrefix: k-
labels:
- pairs: {team: blue}
configMapGenerator:
- name: made
  literals: [a=b]
`;

/** One of each of many kinds, so that there is something to describe. */
export const ONE_OF_EACH = `apiVersion: v1
kind: Service
metadata: {name: each}
spec: {selector: {app: each}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: each}
stringData: {a: b}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: each}
---
apiVersion: v1
kind: LimitRange
metadata: {name: each}
spec: {limits: [{type: Container, default: {cpu: 100m}, defaultRequest: {cpu: 50m}}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: each}
spec: {hard: {secrets: "50"}}
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: each}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: each}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, storageClassName: ""}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: each}
spec:
  serviceName: each
  selector: {matchLabels: {app: sts}}
  template:
    metadata: {labels: {app: sts}}
    spec: {containers: [{name: c, image: "registry.k8s.io/pause:3.10"}]}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: each}
spec:
  selector: {matchLabels: {app: ds}}
  template:
    metadata: {labels: {app: ds}}
    spec: {containers: [{name: c, image: "registry.k8s.io/pause:3.10"}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: each}
spec:
  schedule: "0 0 1 1 *"
  jobTemplate:
    spec:
      template:
        spec: {restartPolicy: Never, containers: [{name: c, image: "busybox:1.36"}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: each}
spec:
  maxReplicas: 3
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: each}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: each}
spec: {minAvailable: 1, selector: {matchLabels: {app: each}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: each}
spec: {defaultBackend: {service: {name: each, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: each}
spec: {podSelector: {}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: each}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: each}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: each}
subjects: [{kind: ServiceAccount, name: each}]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: each}
provisioner: example.com/none
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: each}
value: 7
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: each}
spec: {holderIdentity: me}
`;
