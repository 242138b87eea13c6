/**
 * The recorded cluster behind HTTP: two nodes of 2 CPUs and 24 GB, all components, and what the
 * recorder did to it outside kubectl.
 */
import type {
  Event,
  Namespace as NamespaceObject,
  Pod as PodObject,
} from '../../api/generated/types.ts';
import { Event as EventKind } from '../../api/kinds/event.ts';
import { Namespace } from '../../api/kinds/namespace.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { AnyKind } from '../../api/meta/define-kind.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { ADMIN } from '../../engine/apiserver/rest/handle.ts';
import { EVERYBODY_IS_ADMIN } from '../../engine/apiserver/rest/handle.ts';
import { Cluster } from '../../engine/cluster.ts';
import type {
  AuditedRequest,
  NodeCase,
  NodeNote,
  Seen,
} from '../../testing/goldens-harness/node-case.ts';
import { openApiDocuments } from '../openapi-file.ts';
import { Engine } from '../serve/engine.ts';
import { HttpServer } from '../serve/http-server.ts';
import { act, NODE, occupy } from './notes.ts';

const MS = 1_000;
const SECOND_US = 1_000_000;
/** Ages are counted from the clock of this machine: nothing must lie in its future. */
const EPOCH_BEFORE_MS = 3 * 3_600_000;
/** The namespace of a case was made this long before it. */
const NAMESPACE_BEFORE_US = 5 * SECOND_US;
/**
 * The nodes have told by then which images they have; and what kubelets do every 5 and 10 s comes
 * about when it came in the recordings of topic node.
 */
const SETTLED_US = 12.3 * SECOND_US;
const TRACE_CAPACITY = 400_000;
const MINUTE_MS = 60_000;
const LEASES = 'kube-node-lease';

export class RecordedCluster {
  readonly cluster: Cluster;
  readonly engine: Engine;
  readonly seen: Seen = { pods: [], events: [], columns: [], requests: [] };
  readonly #server: HttpServer;
  readonly #case: NodeCase;
  #start = 0;
  #firstSpan = 0;
  #crash: string | null = null;

  constructor(recorded: NodeCase, seed: number) {
    this.#case = recorded;
    const names = needsTwo(recorded) ? ['node-1', 'node-2'] : ['node-1'];
    this.cluster = new Cluster(
      {
        seed,
        epoch: new Date(epochOf(recorded)).toISOString(),
        nodes: names.map((name) => ({ ...NODE, name })),
        stopped: [],
        dns: true,
      },
      { traceCapacity: TRACE_CAPACITY, openapi: openApiDocuments },
    );
    for (const machine of this.cluster.machines.values()) {
      for (const image of presentImages(recorded, machine.name))
        machine.runtime.images.preload(image);
      occupy(machine);
    }
    this.engine = new Engine(this.cluster, {
      pace: 'held',
      authentication: EVERYBODY_IS_ADMIN,
      crashed: (message) => {
        this.#crash = message;
      },
    });
    this.#server = new HttpServer(this.engine, { host: '127.0.0.1', port: 0 });
    this.engine.start();
    this.#begin();
  }

  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.listen(resolve, (message) => reject(new Error(message)));
    });
  }

  close(): void {
    this.#server.close(() => undefined);
    this.engine.stop();
  }

  /** Milliseconds since the case began. */
  get now(): number {
    return (this.cluster.kernel.now - this.#start) / MS;
  }

  /** Lets time pass until |at| milliseconds of the case, and does what is due on the way. */
  runTo(at: number): void {
    this.engine.hurry(() => false, Math.max(0, this.#start + at * MS - this.cluster.kernel.now));
    this.check();
  }

  /** The digest of the image that was recorded as |placeholder| of a Pod: what our Pod has. */
  digestOf(placeholder: string): string | undefined {
    for (const { object } of this.#case.podWatch ?? []) {
      const { metadata, status } = object as PodObject;
      const names = (status.containerStatuses ?? []).filter((c) => c.imageID.includes(placeholder));
      const known = this.seen.pods.findLast((p) => p.object.metadata.name === metadata.name);
      for (const { name } of names) {
        const own = known?.object.status.containerStatuses?.find((c) => c.name === name);
        const digest = /sha256:([0-9a-f]{64})$/.exec(own?.imageID ?? '')?.[1];
        if (digest !== undefined) return digest;
      }
    }
    return undefined;
  }

  /** Does what the recorder did outside kubectl. */
  act(note: NodeNote): void {
    this.actAt({ ...note, at: this.now });
    this.runTo(this.now + 1);
  }

  /** The same at its time. */
  actAt(note: NodeNote): void {
    const at = this.#start + note.at * MS;
    this.cluster.kernel.at(at, () => act(this.cluster, note, this.#case.namespace), {
      cause: 0,
      scope: null,
      periodic: false,
    });
  }

  /** Throws what stopped the engine. */
  check(): void {
    if (this.#crash !== null) throw new Error(`the engine stopped: ${this.#crash}`);
  }

  /** Requests about the namespace since it was made, without those of clients. */
  readRequests(): void {
    const { namespace } = this.#case;
    for (const span of this.cluster.kernel.trace.from(this.#firstSpan)) {
      if (span.kind !== 'request') continue;
      const [kind = '', space = '', name = ''] = span.object.split('/');
      const isOfNode = (kind === 'Node' && space === '') || space === LEASES;
      const isNamespace = kind === 'Namespace' && name === namespace;
      if (space !== namespace && !isNamespace && !isOfNode) continue;
      const [verb = '', subresource = null] = span.name.split(' ');
      if (verb === 'watch') continue;
      const {
        user = '',
        agent = '',
        resource = '',
        code = 0,
      } = span.detail as Partial<Record<'user' | 'agent' | 'resource', string> & { code: number }>;
      const at = (span.start - this.#start) / MS;
      const request: AuditedRequest = { at, user, agent, verb, resource, subresource, name, code };
      this.seen.requests.push(request);
    }
  }

  #begin(): void {
    const { kernel } = this.cluster;
    const { namespace } = this.#case;
    this.engine.hurry(() => false, SETTLED_US);
    this.#firstSpan = kernel.trace.lastId + 1;
    if (namespace !== 'default') this.#makeNamespace(namespace);
    this.engine.hurry(() => false, NAMESPACE_BEFORE_US);
    this.#start = kernel.now;
    this.#watch(namespace);
  }

  #makeNamespace(name: string): void {
    const caller = { user: ADMIN, agent: 'kubectl', actor: 'kubectl' };
    const draft = { metadata: { name } } as NamespaceObject;
    const { kernel } = this.cluster;
    kernel.spawn('namespace', this.cluster.client(caller).create(Namespace, draft), {
      cause: 0,
      scope: null,
      periodic: false,
    });
  }

  #watch(namespace: string): void {
    const { kernel } = this.cluster;
    this.#open(Pod as unknown as AnyKind, namespace, (type, object) => {
      const at = this.now;
      this.seen.pods.push({ at, type, object: object as PodObject });
      if (type === 'DELETED') return;
      const cells = (Pod.columns ?? []).map((c) =>
        String(c.cell(object as PodObject, kernel.nowMs)),
      );
      this.seen.columns.push({ at, cells });
    });
    this.#open(EventKind as unknown as AnyKind, namespace, (_, object) =>
      this.seen.events.push({ at: this.now, object: object as Event }),
    );
  }

  #open(
    kind: AnyKind,
    namespace: string,
    onObject: (type: string, object: KubeObject) => void,
  ): void {
    const { server } = this.cluster;
    server.watches.open({
      resource: server.registry.of(kind),
      namespace,
      since: server.store.revision,
      actor: 'recorder',
      scope: { name: 'recorder', alive: true },
      onEvent: (event) => onObject(event.type, event.object),
      onClose: () => undefined,
    });
  }
}

/** A CronJob makes its first Job on the minute: the case began as long before one as it did then. */
function epochOf({ cronJobWatch, jobWatch }: NodeCase): number {
  const epoch = Date.now() - EPOCH_BEFORE_MS;
  const first = jobWatch?.[0]?.at;
  if (!cronJobWatch || first === undefined) return epoch;
  const began = epoch + NAMESPACE_BEFORE_US / MS;
  return epoch - ((began + first) % MINUTE_MS);
}

/** README of goldens/node, "How to replay", 1. */
function needsTwo(recorded: NodeCase): boolean {
  if (['workloads', 'flow', 'node'].includes(recorded.topic)) return true;
  return recorded.nodeWatch !== undefined || /node-2/.test(JSON.stringify(recorded.commands));
}

/** An image is on a node already when the first Event about it there says so. */
function presentImages({ events = [] }: NodeCase, node: string): readonly string[] {
  const first = new Map<string, boolean>();
  for (const { message, source } of events) {
    if (source?.host !== node) continue;
    const present = /^Container image "([^"]+)" already present/.exec(message)?.[1];
    const pulled = /^Pulling image "([^"]+)"/.exec(message)?.[1];
    const image = present ?? pulled;
    if (image !== undefined && !first.has(image)) first.set(image, present !== undefined);
  }
  return [...first].filter(([, present]) => present).map(([image]) => image);
}
