/**
 * /metrics: what the simulated server really counts, under upstream's names.
 *
 * Models:     k8s.io/apiserver pkg/endpoints/metrics, pkg/storage/etcd3/metrics (v1.36)
 * Simplified: a handful of gauges; what is not counted here is not there
 */
import { groupResource } from '../../../api/meta/define-kind.ts';
import type { ApiRequest, ApiResponse } from '../../../port/protocol.ts';
import { storagePrefix } from '../resource.ts';
import type { ApiServer } from '../server.ts';
import { textResponse } from './responses.ts';
import { methodNotAllowed } from './verb.ts';

const TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** null when |request| asks for something else. */
export function metrics(server: ApiServer, request: ApiRequest): ApiResponse | null {
  if (request.path !== '/metrics') return null;
  if (request.method !== 'GET') throw methodNotAllowed();
  const { registry, store } = server;
  const objects = registry.resources
    .filter((r) => r.hub === r && !r.kind.review && !r.kind.computed)
    .map((r) => {
      const count = store.count(storagePrefix(r, ''));
      return `apiserver_storage_objects{resource="${groupResource(r.kind)}"} ${count}`;
    });
  const lines = [
    ...gauge('apiserver_storage_objects', 'Number of stored objects by resource.', objects),
    ...gauge('apiserver_current_inflight_requests', 'Requests between arrival and answer.', [
      `apiserver_current_inflight_requests ${server.inFlight}`,
    ]),
    ...gauge('apiserver_longrunning_requests', 'Open watches of REST clients.', [
      `apiserver_longrunning_requests{verb="WATCH"} ${server.broadcast.count}`,
    ]),
    ...gauge('etcd_debugging_mvcc_current_revision', 'The current revision of store.', [
      `etcd_debugging_mvcc_current_revision ${store.revision}`,
    ]),
  ];
  return textResponse(200, `${lines.join('\n')}\n`, TYPE);
}

function gauge(name: string, help: string, lines: readonly string[]): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}
