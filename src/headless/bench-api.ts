/**
 * What the API server costs by itself: requests of a user with roles, as a client sends and gets
 * them, and watches of REST clients.
 */
import { ConfigMap } from '../api/kinds/config-map.ts';
import { Pod } from '../api/kinds/pod.ts';
import type { UserInfo } from '../api/meta/authorization.ts';
import type { KubeObject } from '../api/meta/object.ts';
import type { Call } from '../engine/apiserver/call.ts';
import { DEFAULT_LATENCIES } from '../engine/apiserver/latency.ts';
import { ADMIN, handle } from '../engine/apiserver/rest/handle.ts';
import { isStreamed } from '../engine/apiserver/rest/stream.ts';
import type { ApiServer } from '../engine/apiserver/server.ts';
import { Cluster } from '../engine/cluster.ts';
import type { ApiRequest } from '../port/protocol.ts';
import { type Result, resultOf, Stopwatch } from './bench-measure.ts';
import { DEFAULT_EPOCH } from './run-config.ts';

/** What the kernel runs. */
type Work = Parameters<Cluster['kernel']['spawn']>[1];

const PODS = 10_000;
const GETS = 50_000;
const LISTS = 20;
const REST_LISTS = 3;
const WRITES = 1_000;
const MANY_WATCHERS = 1_000;
const APART_WATCHERS = 5_000;
const MICROS = 1e6;
const EVENTS_AFTER_US = 100 * MICROS;

const NAMESPACE = '/api/v1/namespaces/default';
const CONFIG_MAPS = `${NAMESPACE}/configmaps`;

/** Allowed by a role, not by being a superuser. */
const BENCH: UserInfo = { name: 'bench', groups: ['bench', 'system:authenticated'] };
const USERS = { tokens: { admin: ADMIN }, anonymous: BENCH };

/** Nobody else is at work: what is measured is the server. */
function quietCluster(latencies = DEFAULT_LATENCIES): Cluster {
  const stopped = ['kube-controller-manager', 'kube-scheduler'];
  const cluster = new Cluster(
    { seed: 1, epoch: DEFAULT_EPOCH, nodes: [], stopped },
    { traceCapacity: 100_000, latencies },
  );
  run(cluster, function* () {
    yield* must(cluster, rest('POST', `${NAMESPACE}/serviceaccounts`, serviceAccount(), true), 201);
    const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
    yield* must(cluster, rest('POST', bindings, clusterRoleBinding(), true), 201);
  });
  return cluster;
}

function* must(cluster: Cluster, request: ApiRequest, wanted: number): ReturnType<typeof handle> {
  const answer = yield* handle(cluster.server, request, USERS);
  if (answer.code === wanted) return answer;
  const text = new TextDecoder().decode(answer.body);
  throw new Error(`${request.method} ${request.path}: ${answer.code} ${text}`);
}

/** Microseconds of CPU that each of |n| runs of |body| takes. */
function* each(n: number, body: (i: number) => Work): Generator<never, number> {
  const watch = new Stopwatch();
  for (let i = 0; i < n; i++) yield* body(i) as Generator<never, void>;
  return (watch.cpuSeconds * MICROS) / n;
}

/** Create, get, patch the status of and list many Pods, in process and over REST. */
export function api(name: string): Result {
  const cluster = quietCluster();
  const { server } = cluster;
  const watch = new Stopwatch();
  const figures: Record<string, number> = {};
  figures['create_us'] = inProcess(PODS, (i) => {
    execute(server, 'create', '', { typed: true, body: pod(PODS + i) });
  });
  figures['patch_status_us'] = inProcess(PODS, (i) => {
    const patchText = JSON.stringify(statusPatch(i));
    const patch = { subresource: 'status', patchType: 'strategic', patchText } as const;
    execute(server, 'patch', `p${PODS + i}`, patch);
  });
  inProcess(PODS, (i) => {
    execute(server, 'delete', `p${PODS + i}`, { options: { gracePeriodSeconds: 0 } });
  });
  run(cluster, function* () {
    const pods = `${NAMESPACE}/pods`;
    figures['create_rest_us'] = yield* each(PODS, function* (i) {
      yield* must(cluster, rest('POST', pods, pod(i)), 201);
    });
    figures['patch_status_rest_us'] = yield* each(PODS, function* (i) {
      const path = `${pods}/p${i}/status`;
      yield* must(cluster, rest('PATCH', path, statusPatch(i), false, STRATEGIC), 200);
    });
    figures['get_rest_us'] = yield* each(GETS, function* (i) {
      yield* must(cluster, rest('GET', `${pods}/p${i % PODS}`), 200);
    });
    figures['list_rest_first_ms'] = (yield* listing(cluster, pods, 1)) / 1000;
    figures['list_rest_ms'] = (yield* listing(cluster, pods, REST_LISTS)) / 1000;
  });
  figures['get_us'] = inProcess(GETS, (i) => execute(server, 'get', `p${i % PODS}`, TYPED));
  figures['list_ms'] = inProcess(LISTS, () => execute(server, 'list', '', TYPED)) / 1000;
  return resultOf(name, watch, cluster, figures);
}

function* listing(cluster: Cluster, path: string, n: number): Generator<never, number> {
  return yield* each(n, function* () {
    yield* must(cluster, rest('GET', path), 200);
  });
}

function inProcess(n: number, body: (i: number) => void): number {
  const watch = new Stopwatch();
  for (let i = 0; i < n; i++) body(i);
  return (watch.cpuSeconds * MICROS) / n;
}

/** As components ask: they take objects as they are stored. */
const TYPED = { typed: true };

/** The pipeline alone, at one instant. */
function execute(
  server: ApiServer,
  verb: Call['verb'],
  name: string,
  more: Partial<Call> = {},
): void {
  const answer = server.execute(
    {
      caller: { user: BENCH, agent: 'bench', actor: 'bench' },
      verb,
      resource: server.registry.of(Pod as never),
      subresource: '',
      namespace: 'default',
      name,
      options: {},
      typed: false,
      ...more,
    },
    0,
  );
  if ('items' in answer && answer.items.length !== PODS) throw new Error('the list is not whole');
}

/** What watchers add to a write: many who see it, and many of whom one does. */
export function watch(name: string): Result {
  // Events come so late that all writes are done by then: each can be measured alone.
  const slow = { p10: EVENTS_AFTER_US, p50: EVENTS_AFTER_US, p90: EVENTS_AFTER_US };
  const cluster = quietCluster({ ...DEFAULT_LATENCIES, watch: slow });
  const stopwatch = new Stopwatch();
  const nobody = writes(cluster, 'a');
  const seen = watchers(cluster, MANY_WATCHERS, () => ({}));
  const shared = writes(cluster, 'b');
  seen.close(MANY_WATCHERS * WRITES);
  const one = watchers(cluster, APART_WATCHERS, (i) => ({
    fieldSelector: [`metadata.name=c${i}`],
  }));
  const byName = writes(cluster, 'c');
  one.close(WRITES);
  const labelled = watchers(cluster, APART_WATCHERS, (i) => ({ labelSelector: [`name=d${i}`] }));
  const byLabel = writes(cluster, 'd');
  labelled.close(WRITES);
  return resultOf(name, stopwatch, cluster, {
    write_us: nobody.write,
    write_seen_by_1000_us: shared.write + shared.watch,
    watch_1000_us: shared.watch,
    watch_1_of_5000_us: byName.watch,
    watch_1_of_5000_labels_us: byLabel.watch,
  });
}

interface WriteCost {
  /** Microseconds of a write until it is committed. */
  readonly write: number;
  /** Microseconds of its way to the watchers. */
  readonly watch: number;
}

function writes(cluster: Cluster, prefix: string): WriteCost {
  const { kernel } = cluster;
  const writing = new Stopwatch();
  run(cluster, function* () {
    for (let i = 0; i < WRITES; i++) {
      yield* must(cluster, rest('POST', CONFIG_MAPS, configMap(`${prefix}${i}`)), 201);
    }
  });
  const write = (writing.cpuSeconds * MICROS) / WRITES;
  const watching = new Stopwatch();
  kernel.runUntil(kernel.now + EVENTS_AFTER_US);
  return { write, watch: (watching.cpuSeconds * MICROS) / WRITES };
}

interface Watching {
  /** Ends them; complains when not |wanted| events have come. */
  close(wanted: number): void;
}

function watchers(
  cluster: Cluster,
  n: number,
  query: (i: number) => ApiRequest['query'],
): Watching {
  let chunks = 0;
  const open: { close(): void }[] = [];
  run(cluster, function* () {
    for (let i = 0; i < n; i++) {
      const resourceVersion = [String(cluster.server.store.revision)];
      const request = {
        ...rest('GET', CONFIG_MAPS),
        query: { watch: ['true'], resourceVersion, ...query(i) },
      };
      const answer = yield* handle(cluster.server, request, USERS, true);
      if (!isStreamed(answer)) throw new Error(`watch: ${answer.code}`);
      const { stream } = answer;
      stream.onReadable = () => {
        if (stream.read()) chunks++;
      };
      open.push(stream);
    }
  });
  return {
    close(wanted) {
      for (const stream of open) stream.close();
      if (chunks !== wanted) throw new Error(`${chunks} events instead of ${wanted}`);
    },
  };
}

function run(cluster: Cluster, body: () => Work): void {
  const { kernel } = cluster;
  const process = kernel.spawn('bench', body(), { cause: 0, periodic: false, scope: null });
  kernel.runUntil(() => process.done);
  if (process.outcome?.ok === false) throw process.outcome.error;
}

function serviceAccount(): unknown {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
}

function clusterRoleBinding(): unknown {
  const group = 'rbac.authorization.k8s.io';
  return {
    apiVersion: `${group}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'bench' },
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: group, kind: 'Group', name: 'bench' }],
  };
}

function pod(i: number): unknown {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${i}`, labels: { app: 'bench', shard: String(i % 10) } },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'nginx:1.29',
          ports: [{ containerPort: 80 }],
          env: [{ name: 'A', value: 'b' }],
          resources: { requests: { cpu: '100m', memory: '64Mi' } },
        },
      ],
    },
  };
}

const STRATEGIC = 'application/strategic-merge-patch+json';

function statusPatch(i: number): unknown {
  const at = '2026-01-01T00:00:00Z';
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: at,
  }));
  const podIP = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  return { status: { phase: 'Running', conditions, podIP, podIPs: [{ ip: podIP }] } };
}

function configMap(name: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: ConfigMap.kind,
    metadata: { name, labels: { app: 'bench', name } },
    data: { a: 'b', text: 'line\n'.repeat(20) },
  } as unknown as KubeObject;
}

function rest(
  method: string,
  path: string,
  body?: unknown,
  asAdmin = false,
  contentType = 'application/json',
): ApiRequest {
  return {
    method,
    path,
    query: {},
    headers: {
      'user-agent': 'bench',
      'content-type': contentType,
      accept: 'application/json',
      ...(asAdmin ? { authorization: 'Bearer admin' } : {}),
    },
    body: body === undefined ? null : new TextEncoder().encode(JSON.stringify(body)),
  };
}
