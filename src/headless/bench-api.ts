/** What the API server costs by itself: requests as a client sends them, and watches. */
import { ConfigMap } from '../api/kinds/config-map.ts';
import { ADMIN, handle } from '../engine/apiserver/rest/handle.ts';
import type { WatchEvent } from '../engine/apiserver/watch.ts';
import { Cluster } from '../engine/cluster.ts';
import type { ApiRequest } from '../port/protocol.ts';
import { type Result, resultOf, Stopwatch } from './bench-measure.ts';
import { DEFAULT_EPOCH } from './run-config.ts';

/** What the kernel runs. */
type Work = Parameters<Cluster['kernel']['spawn']>[1];

const OBJECTS = 2_000;
const WATCHERS = 100;
const WRITES = 2_000;
const COLLECTION = '/api/v1/namespaces/default/configmaps';

/** Nobody else is at work: what is measured is the server. */
function quietCluster(): Cluster {
  const stopped = ['kube-controller-manager', 'kube-scheduler'];
  return new Cluster(
    { seed: 1, epoch: DEFAULT_EPOCH, nodes: [], stopped },
    { traceCapacity: 100_000 },
  );
}

/** Create, get, patch and delete each of many objects over REST, with a list of all in between. */
export function api(name: string): Result {
  const cluster = quietCluster();
  const { server } = cluster;
  let requests = 0;
  const send = function* (request: ApiRequest, wanted: number): ReturnType<typeof handle> {
    const answer = yield* handle(server, request);
    requests++;
    if (answer.code === wanted) return answer;
    throw new Error(`${request.method} ${request.path}: ${answer.code}`);
  };
  const watch = new Stopwatch();
  run(cluster, function* () {
    for (let i = 0; i < OBJECTS; i++) {
      const path = `${COLLECTION}/c${i}`;
      yield* send(rest('POST', COLLECTION, configMap(i)), 201);
      yield* send(rest('GET', path), 200);
      const patch = { data: { changed: 'yes' } };
      yield* send(rest('PATCH', path, patch, 'application/merge-patch+json'), 200);
      if (i % 500 === 0) yield* send(rest('GET', COLLECTION), 200);
    }
    for (let i = 0; i < OBJECTS; i++) yield* send(rest('DELETE', `${COLLECTION}/c${i}`), 200);
  });
  const cpu = watch.cpuSeconds;
  return resultOf(name, watch, cluster, { requests, requests_per_cpu_s: requests / cpu });
}

/** Many watchers of one kind, and what each write costs with them. */
export function watch(name: string): Result {
  const cluster = quietCluster();
  const { server } = cluster;
  const resource = server.registry.of(ConfigMap as never);
  let delivered = 0;
  for (let i = 0; i < WATCHERS; i++) {
    server.watches.open({
      resource,
      namespace: '',
      since: server.store.revision,
      actor: `watcher-${i}`,
      scope: null,
      onEvent: (_event: WatchEvent) => {
        delivered++;
      },
    });
  }
  const stopwatch = new Stopwatch();
  run(cluster, function* () {
    for (let i = 0; i < WRITES; i++) {
      yield* handle(server, rest('POST', COLLECTION, configMap(i)));
    }
  });
  cluster.kernel.runUntil(cluster.kernel.now + 1_000_000);
  if (delivered !== WATCHERS * WRITES) throw new Error(`${name}: ${delivered} deliveries`);
  const cpu = stopwatch.cpuSeconds;
  return resultOf(name, stopwatch, cluster, {
    watchers: WATCHERS,
    deliveries: delivered,
    deliveries_per_cpu_s: delivered / cpu,
  });
}

function run(cluster: Cluster, body: () => Work): void {
  const { kernel } = cluster;
  const process = kernel.spawn('bench', body(), { cause: 0, periodic: false, scope: null });
  kernel.runUntil(() => process.done);
}

function configMap(i: number): unknown {
  const metadata = { name: `c${i}`, labels: { app: 'bench', shard: String(i % 10) } };
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    data: { a: 'b', text: 'line\n'.repeat(20) },
  };
}

function rest(
  method: string,
  path: string,
  body?: unknown,
  contentType = 'application/json',
): ApiRequest {
  return {
    method,
    path,
    query: {},
    headers: { 'user-agent': ADMIN.name, 'content-type': contentType, accept: 'application/json' },
    body: body === undefined ? null : new TextEncoder().encode(JSON.stringify(body)),
  };
}
