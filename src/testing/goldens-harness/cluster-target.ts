/**
 * The environment of the recordings under api/: controllers and a scheduler, no kubelets, three
 * nodes registered through the API, and the recorded users.
 */
import { kinds } from '../../api/kinds/index.ts';
import { encodeUtf8 } from '../../api/meta/utf8.ts';
import type { Authentication } from '../../engine/apiserver/rest/handle.ts';
import { ADMIN, handle } from '../../engine/apiserver/rest/handle.ts';
import { requestInfo } from '../../engine/apiserver/rest/request-info.ts';
import { Cluster } from '../../engine/cluster.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import type { Json, JsonObject } from './case.ts';
import type { GoldenTarget } from './run-case.ts';

const AUTHENTICATION: Authentication = {
  tokens: {
    admintoken: ADMIN,
    janetoken: { name: 'jane', groups: ['developers', 'system:authenticated'] },
  },
  anonymous: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
};

const EPOCH = '2026-01-01T00:00:00Z';
/** Controllers have created what they create in namespaces, and looked at the nodes. */
const SETTLE_SECONDS = 2;
/** Between two requests of the recorder: the median in the recorded sequences. */
const THINK_SECONDS = 0.003;
/** An answer that takes longer never comes. */
const ANSWER_LIMIT_SECONDS = 120;

/** |nodes| are Node objects as they were registered. */
export function clusterTarget(nodes: readonly Json[]): GoldenTarget {
  const cluster = new Cluster({ seed: 1, epoch: EPOCH, nodes: [], stopped: [] });
  const { kernel } = cluster;

  const waitSeconds = (seconds: number): void => {
    kernel.runUntil(kernel.now + seconds * MICROS_PER_SECOND);
  };
  const answer = (request: ApiRequest): ApiResponse => {
    let response: ApiResponse | undefined;
    let failure: unknown;
    kernel
      .spawn('request', handle(cluster.server, request, AUTHENTICATION), { joined: true })
      .subscribe({
        kernel,
        wake: (value) => {
          response = value as ApiResponse;
        },
        wakeError: (error) => {
          failure = error;
        },
      });
    const maxTime = kernel.now + ANSWER_LIMIT_SECONDS * MICROS_PER_SECOND;
    kernel.runUntil(() => response !== undefined || failure !== undefined, { maxTime });
    if (failure !== undefined) throw failure;
    if (response === undefined) throw new Error(`no answer to ${request.method} ${request.path}`);
    waitSeconds(THINK_SECONDS);
    return response;
  };

  for (const node of nodes) answer(post('/api/v1/nodes', node));
  waitSeconds(SETTLE_SECONDS);
  return { handle: answer, waitSeconds };
}

/** Whether the engine serves the resource of |path|. */
export function isServed(path: string): boolean {
  const info = requestInfo(path.split('?')[0] ?? '');
  if (info === null) return false;
  return kinds.some(
    (k) => k.group === info.group && k.version === info.version && k.plural === info.plural,
  );
}

function post(path: string, body: Json): ApiRequest {
  return {
    method: 'POST',
    path,
    query: {},
    headers: {
      'user-agent': 'setup/1.0',
      'content-type': 'application/json',
      authorization: 'Bearer admintoken',
    },
    body: encodeUtf8(JSON.stringify(body)),
  };
}

/** A recorded object as a client would create it: without what the server had filled in. */
export function asCreated(object: JsonObject, now = EPOCH): Json {
  const text = JSON.stringify(object).replaceAll('"<time>"', JSON.stringify(now));
  const copy = JSON.parse(text) as { metadata: Record<string, unknown> };
  for (const field of ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields']) {
    delete copy.metadata[field];
  }
  return copy as unknown as Json;
}
