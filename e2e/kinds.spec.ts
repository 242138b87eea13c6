/** Kinds beside Deployments: workloads on the canvas, custom kinds, refusals and warnings in full. */
import { expect, type Page, test } from '@playwright/test';
import {
  apply,
  expectNothingAmiss,
  inspector,
  manifest,
  object,
  open,
  setPace,
  type,
  type Watched,
  watch,
} from './page.ts';

const MANY = `apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, selector: { app: db }, ports: [{ port: 5432 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 3
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: "nginx:1.27" }] }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec: { containers: [{ name: agent, image: "busybox:1.36", command: [sleep, "100000"] }] }
---
apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  completions: 2
  template:
    spec: { restartPolicy: Never, containers: [{ name: c, image: "busybox:1.36", command: [echo, hello] }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: tick }
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec: { restartPolicy: Never, containers: [{ name: c, image: "busybox:1.36", command: [echo, tick] }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { a: "1" }
---
apiVersion: v1
kind: Secret
metadata: { name: pass }
stringData: { p: "x" }
---
apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
spec: { capacity: { storage: 1Gi }, accessModes: [ReadWriteOnce], storageClassName: manual, hostPath: { path: /data } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: claim }
spec: { accessModes: [ReadWriteOnce], storageClassName: manual, resources: { requests: { storage: 1Gi } } }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web }
spec: { rules: [{ host: a.example, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: db, port: { number: 5432 } } } }] } }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: {}, policyTypes: [Ingress] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: nginx, image: "nginx:1.27", resources: { requests: { cpu: 100m } } }] }
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 2
  maxReplicas: 5
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { minAvailable: 1, selector: { matchLabels: { app: web } } }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: reader }
rules: [{ apiGroups: [""], resources: [pods], verbs: [get, list] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: reader }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
subjects: [{ kind: ServiceAccount, name: default }]
`;

const DEFINITION = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: tomatoes.farm.example }
spec:
  group: farm.example
  scope: Namespaced
  names: { plural: tomatoes, singular: tomato, kind: Tomato, shortNames: [tm] }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties: { size: { type: integer, minimum: 1 }, color: { type: string, enum: [red, green] } }
`;

const TOMATO = `apiVersion: farm.example/v1
kind: Tomato
metadata: { name: big }
spec: { size: 5, color: red }
`;

const LOCKED = `apiVersion: v1
kind: Namespace
metadata:
  name: locked
  labels:
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/warn: restricted
---
apiVersion: v1
kind: Pod
metadata: { name: bad, namespace: locked }
spec: { containers: [{ name: c, image: "nginx:1.27" }] }
---
${manifest('1').replace('name: web', 'name: bad\n  namespace: locked')}`;

let watched: Watched;

test.beforeEach(async ({ page }) => {
  watched = watch(page);
  await open(page);
  await setPace(page, 'Max');
});

test.afterEach(() => expectNothingAmiss(watched));

const problems = (page: Page) => page.getByRole('list', { name: 'Problems' });
const terminal = (page: Page) => page.getByRole('tabpanel', { name: 'Terminal' });

test('workloads of every kind run; what the cluster keeps for itself is not drawn', async ({
  page,
}) => {
  await type(page, MANY);
  await apply(page);
  await expect(terminal(page)).toContainText(
    'rolebinding.rbac.authorization.k8s.io/reader created',
  );
  await expect(problems(page).getByRole('listitem')).toHaveCount(0);
  for (const name of ['db-0', 'db-1', 'db-2']) {
    await expect(object(page, `Pod/default/${name}`)).toContainText('Running');
  }
  for (const node of ['node-1', 'node-2', 'node-3']) {
    await expect(
      object(page, `Node//${node}`).locator('[data-object^="Pod/default/agent-"]'),
    ).toHaveCount(1);
  }
  const drawn = page.getByRole('region', { name: 'Cluster' }).locator('[data-object]');
  const kinds = await drawn.evaluateAll((list) =>
    list.map((e) => (e as HTMLElement).dataset['object']?.split('/')[0]),
  );
  for (const kind of ['ClusterRole', 'FlowSchema', 'APIService']) {
    expect(kinds).not.toContain(kind);
  }
  // Those for which the picture has no room are one click away.
  await page.getByRole('button', { name: /more stored objects/ }).click();
  await inspector(page).getByRole('button', { name: 'CronJob tick' }).click();
  await expect(inspector(page).getByRole('heading', { name: 'tick' })).toBeVisible();
  await expect(inspector(page).getByRole('button', { name: 'Scale' })).toHaveCount(0);
});

test('a custom kind is applied, changed, looked at and compared', async ({ page }) => {
  await type(page, DEFINITION);
  await apply(page);
  await expect(terminal(page)).toContainText('tomatoes.farm.example created');
  await type(page, TOMATO);
  await apply(page);
  await expect(terminal(page)).toContainText('tomato.farm.example/big created');
  await object(page, 'Tomato/default/big').click();
  await inspector(page).getByRole('tab', { name: 'YAML' }).click();
  await expect(inspector(page)).toContainText('size: 5');
  await type(page, TOMATO.replace('5', '7'));
  const editor = page.getByRole('region', { name: 'Manifest editor' });
  await editor.getByRole('button', { name: 'Diff' }).click();
  await expect(editor).toContainText('+  size: 7');
  await apply(page);
  await expect(terminal(page)).toContainText('tomato.farm.example/big configured');
  await type(page, TOMATO.replace('5', '0'));
  await apply(page);
  await expect(problems(page)).toContainText('should be greater than or equal to 1');
});

test('a refusal of several reasons is shown in full, and warnings are shown', async ({ page }) => {
  await type(page, LOCKED);
  await apply(page);
  const items = problems(page).getByRole('listitem');
  await expect(items).toHaveCount(2);
  await expect(items.last()).toContainText('Warning');
  await expect(items.last()).toContainText('would violate PodSecurity');
  // A namespace gets its service account a moment after it was made: the second try finds it.
  await apply(page);
  await expect(items.first()).toContainText(
    'seccompProfile.type to "RuntimeDefault" or "Localhost")',
  );
});

test('the schema knows all kinds, and leaves custom ones alone', async ({ page }) => {
  const wrong = 'apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: x }\nspec:\n  schedul: a\n';
  await type(page, [MANY, DEFINITION, TOMATO, wrong].join('---\n'));
  // The last one is wrong on purpose: when its mark has come, all others have been judged.
  await expect(problems(page)).toContainText('Property schedul is not allowed');
  for (const text of await problems(page).getByRole('listitem').allInnerTexts()) {
    expect(text).toMatch(/schedul|jobTemplate/);
  }
});
