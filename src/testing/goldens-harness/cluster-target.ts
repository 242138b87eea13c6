/**
 * The environment of the recordings under api/: controllers and a scheduler, no kubelets, three
 * nodes registered through the API, and the recorded users.
 */
import { kinds } from '../../api/kinds/index.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { decodeUtf8, encodeUtf8 } from '../../api/meta/utf8.ts';
import type { Authentication } from '../../engine/apiserver/rest/handle.ts';
import { ADMIN, handle } from '../../engine/apiserver/rest/handle.ts';
import { requestInfo } from '../../engine/apiserver/rest/request-info.ts';
import {
  type ApiStream,
  isStreamed,
  type StreamedResponse,
} from '../../engine/apiserver/rest/stream.ts';
import { Cluster, type ClusterOptions } from '../../engine/cluster.ts';
import { MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import type { Json, JsonObject } from './case.ts';
import { loadObjects } from './load-objects.ts';
import type { GoldenTarget, TargetOptions, WatchReader } from './target.ts';

const AUTHENTICATION: Authentication = {
  tokens: {
    admintoken: { ...ADMIN, uid: 'admin' },
    janetoken: { name: 'jane', uid: 'jane', groups: ['developers', 'system:authenticated'] },
  },
  anonymous: { name: 'system:anonymous', groups: ['system:unauthenticated'] },
};

const EPOCH = '2026-01-01T00:00:00Z';
/** Controllers have created what they create in namespaces, and looked at the nodes. */
const SETTLE_SECONDS = 2;
/** Between two requests of the recorder: the median in the recorded sequences. */
const THINK_SECONDS = 0.003;
/** A scheduler has bound a new Pod by then. */
const PATIENT_SECONDS = 0.008;
/** An answer that takes longer never comes. */
const ANSWER_LIMIT_SECONDS = 120;

/** What was there before the recordings began. */
export interface Environment {
  /** Node objects as they were registered. */
  readonly nodes: readonly Json[];
  /** OpenAPI documents of the built-in groups. */
  readonly openapi: NonNullable<ClusterOptions['openapi']>;
}

export function clusterTarget(
  environment: Environment,
  { quiet = false, patient = false }: TargetOptions = {},
) {
  return new ClusterTarget(environment, quiet, patient ? PATIENT_SECONDS : THINK_SECONDS);
}

const CONTROL = ['kube-controller-manager', 'kube-scheduler'];

class ClusterTarget implements GoldenTarget {
  readonly #cluster: Cluster;
  readonly #thinkSeconds: number;

  constructor(environment: Environment, quiet: boolean, thinkSeconds: number) {
    this.#thinkSeconds = thinkSeconds;
    const stopped = quiet ? CONTROL : [];
    this.#cluster = new Cluster(
      { seed: 1, epoch: EPOCH, nodes: [], stopped },
      { openapi: environment.openapi, tokens: AUTHENTICATION.tokens },
    );
    if (quiet) return;
    for (const node of environment.nodes) this.#register(node as JsonObject);
    this.waitSeconds(SETTLE_SECONDS);
  }

  /** As the recorder did it: the Node first, then what a kubelet would tell of it. */
  #register(node: JsonObject): void {
    const { status, metadata, spec, ...rest } = node;
    const { name, labels } = metadata as JsonObject;
    // Address ranges and annotations are what controllers make of it.
    const { podCIDR: _, podCIDRs: __, ...own } = spec as JsonObject;
    const object = { ...rest, metadata: { name, labels }, spec: own } as Json;
    const made = JSON.parse(
      decodeUtf8(this.handle(post('/api/v1/nodes', object)).body),
    ) as JsonObject;
    if (made['kind'] !== 'Node') throw new Error(`the Node is refused: ${JSON.stringify(made)}`);
    const path = `/api/v1/nodes/${String(name)}/status`;
    this.handle({ ...post(path, { status } as Json), method: 'PATCH', headers: MERGE_PATCH });
  }

  get now(): number {
    return this.#cluster.kernel.now / MICROS_PER_SECOND;
  }

  waitSeconds(seconds: number): void {
    const { kernel } = this.#cluster;
    kernel.runUntil(kernel.now + seconds * MICROS_PER_SECOND);
  }

  handle(request: ApiRequest): ApiResponse {
    const response = this.#answer(request);
    this.waitSeconds(this.#thinkSeconds);
    return response;
  }

  watch(request: ApiRequest): WatchReader {
    const response = this.#answer(request);
    return isStreamed(response) ? new StreamReader(response) : new AnswerReader(response);
  }

  load(objects: readonly JsonObject[], definitions: readonly JsonObject[] = []): void {
    const all = objects as unknown as readonly KubeObject[];
    loadObjects(this.#cluster.server, all, definitions, { replace: false });
  }

  #answer(request: ApiRequest): ApiResponse {
    const { kernel, server } = this.#cluster;
    let response: ApiResponse | undefined;
    let failure: unknown;
    kernel.spawn('request', handle(server, request, AUTHENTICATION), { joined: true }).subscribe({
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
    return response;
  }
}

/** Lines of JSON, taken as they come. */
class StreamReader implements WatchReader {
  readonly code: number;
  readonly #stream: ApiStream;
  readonly #decoder = new TextDecoder();
  #text = '';
  readonly #events: Json[] = [];

  constructor(response: StreamedResponse) {
    this.code = response.code;
    this.#stream = response.stream;
  }

  get ended(): boolean {
    return this.#stream.ended;
  }

  events(): readonly Json[] {
    for (let chunk = this.#stream.read(); chunk !== null; chunk = this.#stream.read()) {
      this.#text += this.#decoder.decode(chunk, { stream: true });
    }
    const lines = this.#text.split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) if (line !== '') this.#events.push(JSON.parse(line) as Json);
    return this.#events;
  }

  close(): void {
    this.#stream.close();
  }
}

/** A watch that was answered at once: a refusal, as if it were its one event. */
class AnswerReader implements WatchReader {
  readonly code: number;
  readonly ended = true;
  readonly #events: readonly Json[];

  constructor(response: ApiResponse) {
    this.code = response.code;
    this.#events = [JSON.parse(decodeUtf8(response.body)) as Json];
  }

  events(): readonly Json[] {
    return this.#events;
  }

  close(): void {}
}

/** Whether the engine serves the built-in resource of |path|; other paths are its own business. */
export function isServed(path: string): boolean {
  const info = requestInfo(path.split('?')[0] ?? '');
  if (info === null || (info.group !== '' && !kinds.some((k) => k.group === info.group)))
    return true;
  return kinds.some(
    (k) => k.group === info.group && k.version === info.version && k.plural === info.plural,
  );
}

const MERGE_PATCH = {
  'user-agent': 'golden/1.0',
  'content-type': 'application/merge-patch+json',
  authorization: 'Bearer admintoken',
};

function post(path: string, body: Json): ApiRequest {
  return {
    method: 'POST',
    path,
    query: {},
    headers: {
      'user-agent': 'golden/1.0',
      'content-type': 'application/json',
      authorization: 'Bearer admintoken',
    },
    body: encodeUtf8(JSON.stringify(body)),
  };
}

/** A recorded object as a client would create it: without what the server had filled in. */
export function asCreated(object: JsonObject, now = EPOCH): Json {
  const text = JSON.stringify(object)
    .replaceAll('"<time>"', JSON.stringify(now))
    .replace(/<uid:(\d+)>/g, (_, n: string) => `00000000-0000-4000-8000-${n.padStart(12, '0')}`);
  const copy = JSON.parse(text) as { metadata: Record<string, unknown> };
  for (const field of ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields']) {
    delete copy.metadata[field];
  }
  return copy as unknown as Json;
}
