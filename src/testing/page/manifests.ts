/** Manifests of the tests that play a page. */

/** Like the page's first example, with a container that writes to its log. */
export function deployment(replicas: number, name = 'web'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  replicas: ${replicas}
  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      terminationGracePeriodSeconds: 1
      initContainers:
        - name: prepare
          image: busybox:1.36
          command: [sh, -c, 'echo preparing; sleep 2; echo done']
      containers:
        - name: main
          image: busybox:1.36
          command: [sh, -c, 'echo up; while true; do sleep 10; echo still here; done']
          resources: { requests: { cpu: 10m } }
`;
}

/** Pods that ask for nothing, so that only the node's number of Pods is a bound. */
export function pauses(replicas: number, name = 'many'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers: [{ name: pause, image: registry.k8s.io/pause:3.10 }]
`;
}

/** The first example of the page. */
export const FIRST_EXAMPLE = `apiVersion: apps/v1
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

export const BARE_POD = `apiVersion: v1
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

/** There is no such tag: ErrImagePull becomes ImagePullBackOff. */
export const BAD_IMAGE = `apiVersion: apps/v1
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
          image: nginx:1.27-typo
`;
