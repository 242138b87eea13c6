/** How objects work, as the page is told while the cluster runs: nothing here is written by hand. */
import { describe, expect, it } from 'vitest';
import type { Command } from '../../port/protocol.ts';
import type { Workings } from '../../port/protocol-workings.ts';
import { FakePage } from '../../testing/page/fake-page.ts';

type Of<T extends Workings['type']> = Extract<Workings, { type: T }>;

function started(): FakePage {
  const page = FakePage.started();
  page.ask({ type: 'pace', pace: 'max' });
  return page;
}

/** What is told of the object, at each change. */
function watching<T extends Workings['type']>(page: FakePage, ref: string, type: T): Of<T>[] {
  page.ask({ type: 'open-workings', ref });
  const told: Of<T>[] = [];
  const tick = page.tick.bind(page);
  page.tick = (ms) => {
    tick(ms);
    const { workings } = page;
    if (workings?.type === type && workings !== told.at(-1)) told.push(workings as Of<T>);
  };
  return told;
}

function settle(page: FakePage): void {
  page.wait(200);
  page.until(() => page.now.settled);
  page.sendFrame();
  page.tick();
}

const WEB = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 10
  minReadySeconds: 5
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: nginx, image: "nginx:1.27" }] }
`;

describe('a rolling update', () => {
  it('trades Pods of one ReplicaSet for Pods of another within its bounds', () => {
    const page = started();
    page.apply(WEB);
    settle(page);
    page.ask({ type: 'pace', pace: '10x' });
    const told = watching(page, 'Deployment/default/web', 'rollout');
    page.run({
      type: 'set-image',
      object: 'Deployment/default/web',
      container: 'nginx',
      image: 'nginx:1.28',
    });
    page.until(() => told.at(-1)?.state === 'complete' && told.at(-1)?.revision === '2');
    for (const { most, least, total, available } of told) {
      expect([most, least]).toEqual([13, 8]);
      expect(total).toBeLessThanOrEqual(13);
      expect(available).toBeGreaterThanOrEqual(8);
    }
    expect(told.map((t) => t.state)).toContain('waiting');
    expect(told.some((t) => t.soaking > 0 && t.soakedMs !== null)).toBe(true);
    expect(told.some((t) => t.sets.filter((s) => s.size > 0).length === 2)).toBe(true);
    expect(told.at(-1)?.sets.map((s) => [s.revision, s.isNew, s.size])).toEqual([
      [2, true, 10],
      [1, false, 0],
    ]);
  });

  it('is paused, resumed, undone and restarted by lines of kubectl', () => {
    const page = started();
    const object = 'Deployment/default/web';
    page.apply(WEB);
    settle(page);
    const told = watching(page, object, 'rollout');
    const say = (command: Command): string => {
      const { stderr, stdout } = page.run(command);
      settle(page);
      return stdout + stderr;
    };
    const image = (tag: string): Command => ({
      type: 'set-image',
      object,
      container: 'nginx',
      image: `nginx:${tag}`,
    });
    expect(say({ type: 'rollout', act: 'undo', object })).toBe(
      'error: no rollout history found for deployment "web"\n',
    );
    expect(say({ type: 'rollout', act: 'pause', object })).toBe('deployment.apps/web paused\n');
    expect(say(image('1.28'))).toBe('deployment.apps/web image updated\n');
    expect(told.at(-1)).toMatchObject({ state: 'paused', sets: [{ size: 10 }] });
    expect(say({ type: 'rollout', act: 'resume', object })).toBe('deployment.apps/web resumed\n');
    expect(told.at(-1)).toMatchObject({ state: 'complete', revision: '2' });
    expect(say({ type: 'rollout', act: 'undo', object })).toBe('deployment.apps/web rolled back\n');
    expect(told.at(-1)).toMatchObject({ revision: '3', sets: [{ images: 'nginx:1.27' }, {}] });
    expect(say({ type: 'rollout', act: 'restart', object })).toBe(
      'deployment.apps/web restarted\n',
    );
    expect(told.at(-1)?.revision).toBe('4');
    expect(say({ ...image('1'), container: 'other' } as Command)).toBe(
      'error: unable to find container named "other"\n',
    );
  });

  it('is told as it was when the past is looked at', () => {
    const page = started();
    page.apply(WEB);
    settle(page);
    const before = page.now.liveAt;
    page.run({ type: 'scale', object: 'Deployment/default/web', replicas: 3 });
    settle(page);
    const told = watching(page, 'Deployment/default/web', 'rollout');
    page.sendFrame();
    page.tick();
    expect(told.at(-1)).toMatchObject({ desired: 3, total: 3 });
    page.ask({ type: 'seek', at: before });
    page.sendFrame();
    page.tick();
    expect(told.at(-1)).toMatchObject({ desired: 10, total: 10 });
  });
});

const DB = `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  serviceName: db
  replicas: 3
  updateStrategy: { type: RollingUpdate, rollingUpdate: { partition: 1 } }
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: "nginx:1.27" }] }
`;

it('a StatefulSet fills its places one after the other, and a partition holds one back', () => {
  const page = started();
  const told = watching(page, 'StatefulSet/default/db', 'ordinals');
  page.ask({ type: 'pace', pace: '10x' });
  page.apply(DB);
  page.until(() => told.at(-1)?.waitsFor === null && told.at(-1)?.places.length === 3);
  const waited = told.flatMap((t) => (t.waitsFor ? [t.waitsFor.ordinal] : []));
  expect([...new Set(waited)]).toEqual([0, 1, 2]);
  page.apply(DB.replace('nginx:1.27', 'nginx:1.28'));
  page.until(() => told.at(-1)?.held !== null && told.at(-1)?.nextUpdate === null);
  page.until(() => told.at(-1)?.waitsFor === null);
  expect(told.at(-1)).toMatchObject({
    held: { by: 'partition', count: 1 },
    places: [{ revision: 1 }, { revision: 2 }, { revision: 2 }],
    updateRevision: 2,
  });
});

const WORK = `apiVersion: batch/v1
kind: Job
metadata: { name: work }
spec:
  completions: 6
  parallelism: 2
  completionMode: Indexed
  backoffLimitPerIndex: 1
  maxFailedIndexes: 3
  ttlSecondsAfterFinished: 3600
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: c
          image: busybox:1.36
          command: [sh, -c, "sleep 3; test $JOB_COMPLETION_INDEX != 2"]
`;

it("a Job's indexes are at work, done, waiting for their back-off, failed", () => {
  const page = started();
  const told = watching(page, 'Job/default/work', 'completions');
  page.ask({ type: 'pace', pace: '10x' });
  page.apply(WORK);
  page.until(() => told.at(-1)?.expiresMs !== null && told.length > 0);
  const states = told.map((t) => t.cells.map((c) => c.state));
  expect(states[0]).toHaveLength(6);
  expect(states.some((s) => s.filter((x) => x === 'active' || x === 'ready').length === 2)).toBe(
    true,
  );
  expect(told.some((t) => t.cells[2]?.state === 'backoff' && t.cells[2].untilMs !== null)).toBe(
    true,
  );
  expect(states.at(-1)).toEqual([0, 1, 2, 3, 4, 5].map((i) => (i === 2 ? 'failed' : 'succeeded')));
  expect(told.at(-1)?.cells[2]?.failures).toBe(2);
});

it('a CronJob tells its next times and the Jobs it made', () => {
  const page = started();
  const told = watching(page, 'CronJob/default/tick', 'schedule');
  page.apply(`apiVersion: batch/v1
kind: CronJob
metadata: { name: tick }
spec:
  schedule: "*/2 * * * *"
  jobTemplate:
    spec:
      template:
        spec: { restartPolicy: Never, containers: [{ name: c, image: "busybox:1.36", command: [echo, hi] }] }
`);
  page.until(() => told.at(-1)?.jobs[0]?.state === 'succeeded');
  const last = told.at(-1);
  expect(last?.next).toHaveLength(5);
  expect((last?.next[1] ?? 0) - (last?.next[0] ?? 0)).toBe(120_000);
  expect(last?.lastMs).toBe((last?.next[0] ?? 0) - 120_000);
});

const GUARDED = `${WEB.replace('replicas: 10', 'replicas: 3').replace('  minReadySeconds: 5\n', '')}---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { minAvailable: 3, selector: { matchLabels: { app: web } } }
`;

it('a budget refuses a drain until it has room, and the drain goes on', () => {
  const page = started();
  page.apply(GUARDED);
  settle(page);
  page.ask({ type: 'pace', pace: '10x' });
  const told = watching(page, 'PodDisruptionBudget/default/web', 'budget');
  const pod = page.ofKind('Pod').find((row) => row.name.startsWith('web-'));
  const node = pod?.pod?.node ?? '';
  const drained = page.give({ type: 'drain', node });
  page.until(() => (told.at(-1)?.evictions.length ?? 0) >= 2);
  expect(told.at(-1)).toMatchObject({ expected: 3, healthy: 3, desired: 3, allowed: 0 });
  expect(told.at(-1)?.evictions.every((e) => e.code === 429)).toBe(true);
  expect(drained()).toBeNull();
  page.run({ type: 'scale', object: 'Deployment/default/web', replicas: 6 });
  page.until(() => drained() !== null);
  const result = drained();
  expect(result?.exitCode).toBe(0);
  expect(result?.stdout).toMatch(/^node\/\S+ cordoned\nevicting pod default\/web-/);
  expect(result?.stdout).toMatch(/node\/\S+ drained\n$/);
  expect(result?.stderr).toContain(
    "(will retry after 5s): Cannot evict pod as it would violate the pod's disruption budget.",
  );
  page.ask({ type: 'open-workings', ref: `Node//${node}` });
  page.sendFrame();
  page.tick();
  expect(page.workings).toMatchObject({ type: 'drain', cordoned: true, pods: [] });
  expect(page.run({ type: 'cordon', node, on: false }).stdout).toBe(`node/${node} uncordoned\n`);
});

it('a drain stops at Pods that nobody brings back, unless it is forced', () => {
  const page = started();
  page.apply(`apiVersion: v1
kind: Pod
metadata: { name: solo }
spec: { terminationGracePeriodSeconds: 1, containers: [{ name: c, image: "busybox:1.36", command: [sleep, "9999"] }] }
`);
  settle(page);
  const node = page.ofKind('Pod').find((row) => row.name === 'solo')?.pod?.node ?? '';
  const refused = page.run({ type: 'drain', node });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toContain(
    'cannot delete Pods that declare no controller (use --force to override): default/solo',
  );
  const forced = page.run({ type: 'drain', node, force: true });
  expect(forced.stderr).toBe('Warning: deleting Pods that declare no controller: default/solo\n');
  expect(forced.stdout).toContain('pod/solo evicted\n');
});

it('a claim tells how far it has come on its way to a volume', () => {
  const page = started();
  const told = watching(page, 'PersistentVolumeClaim/default/data', 'binding');
  page.apply(`apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], storageClassName: manual, resources: { requests: { storage: 1Gi } } }
`);
  settle(page);
  expect(told.at(-1)?.chains[0]?.wait).toBe('no-class');
  page.apply(`apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: manual }
provisioner: kubernetes.io/no-provisioner
`);
  settle(page);
  expect(told.at(-1)?.chains[0]?.wait).toBe('no-volume');
  page.apply(`apiVersion: v1
kind: PersistentVolume
metadata: { name: disk }
spec: { capacity: { storage: 2Gi }, accessModes: [ReadWriteOnce], storageClassName: manual, hostPath: { path: /data } }
---
apiVersion: v1
kind: Pod
metadata: { name: user }
spec:
  volumes: [{ name: data, persistentVolumeClaim: { claimName: data } }]
  containers: [{ name: c, image: "busybox:1.36", command: [sleep, "9999"], volumeMounts: [{ name: data, mountPath: /data }] }]
`);
  // The binder looks again every fifteen seconds.
  page.until(() => told.at(-1)?.chains[0]?.links.at(-1)?.status === 'Running');
  const chain = told.at(-1)?.chains[0];
  expect(chain?.wait).toBeNull();
  expect(chain?.links.map((l) => [l.role, l.state])).toEqual([
    ['claim', 'done'],
    ['class', 'done'],
    ['binder', 'done'],
    ['volume', 'done'],
    ['node', 'done'],
    ['pod', 'done'],
  ]);
});

it('an autoscaler keeps what it has said', () => {
  const page = started();
  page.apply(WEB.replace('replicas: 10', 'replicas: 2'));
  const told = watching(page, 'HorizontalPodAutoscaler/default/web', 'autoscaler');
  page.apply(`apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: { name: web }
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  minReplicas: 3
  maxReplicas: 5
  metrics: [{ type: Resource, resource: { name: cpu, target: { type: Utilization, averageUtilization: 50 } } }]
`);
  page.until(() => (told.at(-1)?.samples.length ?? 0) >= 2);
  expect(told.at(-1)).toMatchObject({
    target: 'Deployment/default/web',
    min: 3,
    max: 5,
    metrics: [{ name: 'cpu', targetText: '50%', target: 50_000 }],
    down: { windowSeconds: 300, tolerance: 0.1 },
  });
});

it('Pods of another namespace are no Pods of a budget, however they are labelled', () => {
  const page = started();
  page.apply(GUARDED);
  settle(page);
  const told = watching(page, 'PodDisruptionBudget/default/web', 'budget');
  page.apply('apiVersion: v1\nkind: Namespace\nmetadata: { name: other }\n');
  settle(page);
  page.apply(`apiVersion: v1
kind: Pod
metadata: { name: stranger, namespace: other, labels: { app: web } }
spec: { containers: [{ name: c, image: "busybox:1.36", command: [sleep, "9999"] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: guest, labels: { app: web } }
spec: { containers: [{ name: c, image: "busybox:1.36", command: [sleep, "9999"] }] }
`);
  settle(page);
  const names = told.at(-1)?.pods.map((pod) => pod.ref) ?? [];
  expect(names).toContain('Pod/default/guest');
  expect(names.filter((ref) => !ref.startsWith('Pod/default/'))).toEqual([]);
});
