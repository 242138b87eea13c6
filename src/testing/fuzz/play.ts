/**
 * Plays scenarios on a cluster without nodes and controllers, and holds every answer to what holds
 * for all of them.
 *
 * 1. A request is answered; nothing is thrown.
 * 2. An error is a Status with the code of the answer; 500 and above only in recorded classes.
 * 3. What a write answers is what a read gives back, byte for byte.
 * 4. List, Table and PartialObjectMetadataList hold the same objects; a watch can be read.
 */
import { kinds } from '../../api/kinds/index.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import { ADMIN, handle } from '../../engine/apiserver/rest/handle.ts';
import { isStreamed, type StreamedResponse } from '../../engine/apiserver/rest/stream.ts';
import { Cluster } from '../../engine/cluster.ts';
import type { ApiRequest, ApiResponse } from '../../port/protocol.ts';
import { checkAnswer, describe, difference, folded, parsed, Violation } from './answers.ts';
import { wire } from './bodies.ts';
import { PATCH_TYPES } from './patches.ts';
import type { Query } from './queries.ts';
import type { Scenario, Step } from './scenarios.ts';
import { isObject, type Value, writeText } from './text.ts';

const EPOCH = '2026-01-01T00:00:00Z';
const NAME = 'a';
/** A definition is established, or gone, by then. */
const SETTLE_US = 15_000_000;
const ANSWER_LIMIT_US = 120_000_000;
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const PARTIAL = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

export interface Tally {
  /** Requests sent, of all methods. */
  requests: number;
  /** Manifests and patches among them. */
  writes: number;
  /** Of those, how many were accepted. */
  accepted: number;
  /** Answers by code. */
  readonly codes: Map<number, number>;
  /** Folds every request that is sent; equal seeds give equal sums. */
  digest: number;
  /** The request that took longest on the wall, where a clock is given. */
  slowest: { ms: number; request: string };
}

export function emptyTally(): Tally {
  return {
    requests: 0,
    writes: 0,
    accepted: 0,
    codes: new Map(),
    digest: 0,
    slowest: { ms: 0, request: '' },
  };
}

export class Player {
  readonly #cluster: Cluster;
  readonly #tally: Tally;
  readonly #clock: (() => number) | null;
  /** Paths of what was created, newest last. */
  #created: string[] = [];
  /** What requests about one object are about: the newest. */
  #name = NAME;

  constructor(tally: Tally, clock: (() => number) | null) {
    this.#tally = tally;
    this.#clock = clock;
    this.#cluster = new Cluster(
      {
        seed: 1,
        epoch: EPOCH,
        nodes: [],
        stopped: ['kube-controller-manager', 'kube-scheduler'],
      },
      { traceCapacity: 1_000, freeze: true },
    );
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    this.#send(request('POST', '/api/v1/namespaces/default/serviceaccounts', { body: account }));
  }

  /** Throws a Violation. */
  play({ kind, definition, steps }: Scenario): void {
    this.#created = [];
    this.#name = NAME;
    if (definition) {
      const body = new TextEncoder().encode(writeText(definition.manifest));
      this.#write(request('POST', DEFINITIONS, {}, body), null);
      this.#settle();
      this.#name = NAME;
    }
    for (const step of steps) this.#step(kind, step);
    this.#readEverything(kind);
    this.#cleanUp();
  }

  #step(kind: AnyKind, step: Step): void {
    const collection = collectionOf(kind);
    const one = `${collection}/${encodeURIComponent(this.#name)}`;
    const below = (sub: string): string => (sub === '' ? one : `${one}/${sub}`);
    switch (step.act) {
      case 'create':
      case 'post': {
        const schema = step.act === 'create' ? kind.schema : kind.actions?.[step.sub]?.bodySchema;
        const { bytes, contentType } = wire(step.body, schema);
        const path = step.act === 'create' ? collection : below(step.sub);
        const head = { query: step.query, contentType };
        return this.#write(request('POST', path, head, bytes), step.act === 'create' ? kind : null);
      }
      case 'replace': {
        const value = this.#aimed(one, step.body.value, step.fresh);
        const { bytes, contentType } = wire({ ...step.body, value }, kind.schema);
        const head = { query: step.query, contentType };
        return this.#write(request('PUT', below(step.sub), head, bytes), kind);
      }
      case 'patch': {
        const value =
          step.type === 'apply' ? this.#aimed(one, step.body.value, false) : step.body.value;
        const { bytes } = wire({ ...step.body, value }, kind.schema);
        const head = { query: step.query, contentType: PATCH_TYPES[step.type] };
        const query =
          step.type === 'apply' && !step.query['fieldManager']
            ? { ...step.query, fieldManager: ['fuzz'] }
            : step.query;
        return this.#write(request('PATCH', below(step.sub), { ...head, query }, bytes), kind);
      }
      case 'delete': {
        const sent = step.body ? wire(step.body, `${META}.DeleteOptions`) : null;
        const head = { query: step.query, ...(sent ? { contentType: sent.contentType } : {}) };
        this.#send(request('DELETE', step.all ? collection : one, head, sent?.bytes ?? null));
        return;
      }
      case 'read': {
        const { what, query, accept } = step;
        const paths = { one, list: collection, watch: collection, sub: below(step.sub) };
        const watch: Query = what === 'watch' ? { watch: ['true'] } : {};
        this.#send(request('GET', paths[what], { query: { ...query, ...watch }, accept }));
      }
    }
  }

  /** Sends a manifest or patch of |kind| and compares the answer with what can be read. */
  #write(sent: ApiRequest, kind: AnyKind | null): void {
    const answer = this.#send(sent);
    this.#tally.writes++;
    if (answer.code >= 300) return;
    this.#tally.accepted++;
    const object = parsed(sent, answer);
    if (!isObject(object) || !isObject(object['metadata'])) return;
    const { name, uid, resourceVersion } = object['metadata'];
    if (typeof name !== 'string' || typeof uid !== 'string') return;
    // What a subresource answers with (a Scale, say) has a path of its own.
    const isItem = sent.method === 'POST';
    const path = isItem ? `${sent.path}/${encodeURIComponent(name)}` : sent.path;
    if (isItem) {
      this.#created.push(path);
      this.#name = name;
    } else if (answer.code === 201) this.#created.push(path);
    // Reviews are answered and forgotten.
    if (!kind || kind.review || sent.query['dryRun'] !== undefined) return;
    const read = this.#send(request('GET', path));
    const gone = read.code === 404 && object['metadata']['deletionTimestamp'] !== undefined;
    if (gone || read.code === 405) return;
    if (read.code !== 200)
      throw new Violation(`stored, but a read gives ${read.code}`, sent, answer);
    const now = parsed(sent, read);
    // Somebody else has written it meanwhile: what defines kinds gets a status at once.
    const isNewer = resourceVersion !== undefined && versionOf(now) !== resourceVersion;
    if (isNewer && (kind.definesKinds || kind.group === 'apiregistration.k8s.io')) return;
    const differs = difference(object, now);
    if (differs !== null) throw new Violation(`a read differs: ${differs}`, sent, answer);
  }

  /** The object is called what the path says; |fresh|: it says which version it changes. */
  #aimed(path: string, value: Value, fresh: boolean): Value {
    if (!isObject(value) || !isObject(value['metadata'])) return value;
    const metadata = { ...value['metadata'], name: this.#name };
    if (!fresh) return { ...value, metadata };
    const sent = request('GET', path);
    const answer = this.#send(sent);
    const stored = answer.code === 200 ? parsed(sent, answer) : null;
    if (!isObject(stored) || !isObject(stored['metadata'])) return value;
    const { resourceVersion = null, uid = null } = stored['metadata'];
    return { ...value, metadata: { ...metadata, resourceVersion, uid } };
  }

  #readEverything(kind: AnyKind): void {
    if (!(kind.verbs?.includes('list') ?? true)) return;
    const path = collectionOf(kind);
    // What defines kinds is written behind the requests' backs.
    if (kind.definesKinds) this.#settle();
    const list = this.#list(path, 'application/json', 'items');
    if (list < 0) return;
    const table = this.#list(path, TABLE, 'rows');
    const partial = this.#list(path, PARTIAL, 'items');
    if (table !== list || partial !== list) {
      const counts = `${list} objects, ${table} rows, ${partial} metadata`;
      throw new Violation(`lists differ: ${counts}`, request('GET', path));
    }
    this.#send(request('GET', path, { accept: 'application/yaml' }));
    this.#send(
      request('GET', path, {
        query: {
          watch: ['true'],
          sendInitialEvents: ['true'],
          resourceVersionMatch: ['NotOlderThan'],
          allowWatchBookmarks: ['true'],
        },
        accept: TABLE,
      }),
    );
  }

  /** How many; -1 when the resource is not served. */
  #list(path: string, accept: string, field: string): number {
    const sent = request('GET', path, { accept });
    const answer = this.#send(sent);
    if (answer.code !== 200) return -1;
    const list = parsed(sent, answer);
    return isObject(list) && Array.isArray(list[field]) ? list[field].length : 0;
  }

  /** Scenarios do not see each other's objects. What refuses others goes first. */
  #cleanUp(): void {
    const paths = this.#created.toReversed();
    const isPolicy = (path: string): number => Number(!path.includes('/admissionregistration.'));
    for (const path of paths.sort((a, b) => isPolicy(a) - isPolicy(b))) this.#remove(path);
    if (paths.some((path) => path.startsWith(DEFINITIONS))) this.#settle();
  }

  #remove(path: string): void {
    const query = { gracePeriodSeconds: ['0'] };
    if (this.#send(request('DELETE', path, { query })).code === 404) return;
    const contentType = PATCH_TYPES.merge;
    const none = { metadata: { finalizers: null } };
    this.#send(request('PATCH', path, { contentType, body: none }));
  }

  #settle(): void {
    const { kernel } = this.#cluster;
    kernel.runUntil(kernel.now + SETTLE_US);
  }

  #send(sent: ApiRequest): ApiResponse | StreamedResponse {
    const tally = this.#tally;
    tally.requests++;
    tally.digest = folded(tally.digest, sent);
    const began = this.#clock?.() ?? 0;
    const answer = this.#answer(sent);
    const ms = (this.#clock?.() ?? 0) - began;
    if (ms > tally.slowest.ms) tally.slowest = { ms, request: describe(sent) };
    tally.codes.set(answer.code, (tally.codes.get(answer.code) ?? 0) + 1);
    if (isStreamed(answer)) {
      answer.stream.read();
      answer.stream.close();
    } else checkAnswer(sent, answer);
    if (Object.keys(Object.prototype).length > 0) {
      throw new Violation('Object.prototype has been changed', sent, answer);
    }
    return answer;
  }

  #answer(sent: ApiRequest): ApiResponse | StreamedResponse {
    const { kernel, server } = this.#cluster;
    try {
      const process = kernel.spawn('fuzz', handle(server, sent, USERS), {
        cause: 0,
        periodic: false,
        scope: null,
      });
      const maxTime = kernel.now + ANSWER_LIMIT_US;
      if (!kernel.runUntil(() => process.done, { maxTime })) throw new Error('no answer');
      if (!process.outcome) throw new Error('no outcome');
      if (!process.outcome.ok) throw process.outcome.error;
      return process.outcome.value;
    } catch (error) {
      // The kernel says where the run stopped; why stands in the cause.
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
      throw new Violation(`crash: ${text}`, sent);
    }
  }
}

const USERS = { tokens: {}, anonymous: ADMIN };
const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const servedKinds = kinds.filter((kind) => kind.isServed !== false);

function collectionOf({ group, version, plural, namespaced }: AnyKind): string {
  const prefix = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${prefix}/${namespaced ? 'namespaces/default/' : ''}${plural}`;
}

interface Head {
  readonly query?: Query;
  readonly accept?: string;
  readonly contentType?: string;
  /** Plain JSON, where the bytes are not given. */
  readonly body?: unknown;
}

function request(
  method: string,
  path: string,
  head: Head = {},
  bytes: Uint8Array | null = null,
): ApiRequest {
  const { query = {}, accept = 'application/json', contentType = 'application/json' } = head;
  const text = head.body === undefined ? null : new TextEncoder().encode(JSON.stringify(head.body));
  return {
    method,
    path,
    query,
    headers: { accept, 'content-type': contentType, 'user-agent': 'fuzz/1.0' },
    body: bytes ?? text,
  };
}

function versionOf(object: Value): Value | undefined {
  if (!isObject(object) || !isObject(object['metadata'])) return undefined;
  return object['metadata']['resourceVersion'];
}
