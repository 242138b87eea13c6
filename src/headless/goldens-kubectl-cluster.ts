/**
 * The environment of the recorded transcripts behind HTTPS: controllers and a scheduler, three nodes
 * that were registered through the API, no kubelets. What the recorder did to Pods in their stead is
 * done here too.
 */
import { ADMIN } from '../engine/apiserver/rest/handle.ts';
import { Cluster } from '../engine/cluster.ts';
import type { ApiRequest, ApiResponse } from '../port/protocol.ts';
import type { Json, JsonObject } from '../testing/goldens-harness/case.ts';
import type { Environment } from '../testing/goldens-harness/cluster-target.ts';
import { loadObjects } from '../testing/goldens-harness/load-objects.ts';
import type { KubeObject } from '../api/meta/object.ts';
import { openApiDocuments } from './openapi-file.ts';
import { Engine } from './serve/engine.ts';
import { HttpServer } from './serve/http-server.ts';
import type { Pki } from './serve/pki.ts';
import { ANONYMOUS } from './serve/users.ts';

const AUTHENTICATION = {
  tokens: {
    admintoken: { ...ADMIN, uid: 'admin' },
    janetoken: { name: 'jane', uid: 'jane', groups: ['developers', 'system:authenticated'] },
  },
  anonymous: ANONYMOUS,
};

const SECOND_US = 1_000_000;
/** Controllers have created what they create in namespaces, and looked at the nodes. */
const BOOT_US = 2 * SECOND_US;
/** Between two commands of the recorder. */
const BETWEEN_US = 500_000;
/** What a command waits for is there by then. */
const WAIT_US = 30 * SECOND_US;
/** How often the recorder looked for Pods to remove or to make ready. */
const LOOK_US = 200_000;
/** Looks without anything to do, after which a rollout is over. */
const QUIET_LOOKS = 8;
/** Beyond those of the recorded objects. */
const LEASE_UIDS = 900;
/** How often a kubelet renews its lease. */
const RENEW_US = 10 * SECOND_US;
const MAX_LOOKS = 300;
const TRACE_CAPACITY = 2_000;
const CONTROL = ['kube-controller-manager', 'kube-scheduler'];
/** A Pod that was not removed in the recording. */
const STAYS = 'two';

interface PodLike {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly name: string; readonly image?: string }[];
  };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

export interface KubectlClusterOptions {
  readonly pki: Pki;
  /** Loaded as they are, with no controllers; null = the recorded nodes, with controllers. */
  readonly objects: readonly JsonObject[] | null;
  /** Pods whose deletion has begun are removed a little later. */
  readonly removesPods: boolean;
}

export class KubectlCluster {
  readonly #cluster: Cluster;
  readonly #engine: Engine;
  readonly #server: HttpServer;
  url = '';
  readonly #removesPods: boolean;
  #crash: string | null = null;

  constructor(environment: Environment, options: KubectlClusterOptions) {
    const { pki, objects, removesPods } = options;
    this.#removesPods = removesPods;
    this.#cluster = new Cluster(
      {
        seed: 1,
        epoch: new Date().toISOString(),
        nodes: [],
        stopped: objects ? CONTROL : [],
      },
      { traceCapacity: TRACE_CAPACITY, openapi: openApiDocuments },
    );
    const { kernel } = this.#cluster;
    this.#engine = new Engine(this.#cluster, {
      pace: 1,
      authentication: AUTHENTICATION,
      crashed: (message) => {
        this.#crash = message;
      },
    });
    this.#server = new HttpServer(this.#engine, {
      host: '127.0.0.1',
      port: 0,
      tls: { key: pki.serverKey, cert: pki.serverCert, ca: pki.ca },
    });
    this.#engine.start();
    if (objects) {
      const loaded = unmasked(objects, kernel.nowMs) as KubeObject[];
      // Only the nodes that were there before the recording had somebody who renewed.
      const names = environment.nodes.map((n) => (n as unknown as KubeObject).metadata.name);
      const kept = loaded.filter((o) => names.includes(o.metadata.name));
      loadObjects(this.#cluster.server, [...loaded, ...leasesOf(kept, kernel.nowMs)]);
      return;
    }
    for (const node of environment.nodes) this.#ask('POST', '/api/v1/nodes', node);
    this.#keepNodes();
    this.#every(RENEW_US, () => this.#keepNodes());
    if (removesPods) this.#every(LOOK_US, () => void this.#tendPods(false));
    this.#engine.hurry(() => false, BOOT_US);
  }

  #every(us: number, body: () => void): void {
    const { kernel } = this.#cluster;
    const again = (): void => {
      body();
      kernel.after(us, again, { periodic: true, cause: 0, scope: null });
    };
    kernel.after(us, again, { periodic: true, cause: 0, scope: null });
  }

  /** Without kubelets, the recorder renewed the leases of the nodes. */
  #keepNodes(): void {
    const { server, kernel } = this.#cluster;
    for (const lease of leasesOf(server.objects('', 'nodes', ''), kernel.nowMs)) {
      const { name } = lease.metadata;
      const base = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
      const known = server.objects('coordination.k8s.io', 'leases', 'kube-node-lease');
      if (known.some((l) => l.metadata.name === name)) {
        this.#tell('PATCH', `${base}/${name}`, { spec: lease.spec as Json });
      } else this.#tell('POST', base, lease as unknown as Json);
    }
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.listen(
        (url) => {
          this.url = url;
          resolve();
        },
        (message) => reject(new Error(message)),
      );
    });
  }

  close(): void {
    this.#server.close(() => undefined);
    this.#engine.stop();
  }

  /** While a real client runs. */
  atRealPace(): void {
    this.#engine.pace = 1;
  }

  /** What the last command set going has come to rest. */
  settle(): void {
    this.#engine.hurry(() => this.#cluster.kernel.settled, BETWEEN_US);
    if (this.#crash !== null) throw new Error(this.#crash);
  }

  /** The recorder waited; where it did not say that nothing ran, Pods had become ready meanwhile. */
  wait(): void {
    if (this.#removesPods) {
      this.#engine.hurry(() => this.#cluster.kernel.settled, WAIT_US);
      return;
    }
    for (let look = 0, quiet = 0; look < MAX_LOOKS && quiet < QUIET_LOOKS; look++) {
      quiet = this.#tendPods(true) === 0 ? quiet + 1 : 0;
      this.#engine.hurry(() => false, LOOK_US);
    }
  }

  /** Removes Pods whose deletion has begun and makes the others ready; how many it touched. */
  #tendPods(ready: boolean): number {
    let touched = 0;
    const pods = this.#cluster.server.objects('', 'pods', '') as unknown as readonly PodLike[];
    for (const pod of pods) {
      const { name, namespace = '', deletionTimestamp } = pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
      if (deletionTimestamp !== undefined) {
        if (name === STAYS) continue;
        this.#tell('DELETE', path, { gracePeriodSeconds: 0 });
      } else if (ready && pod.spec.nodeName && !isReady(pod)) {
        this.#tell('PATCH', `${path}/status`, readyStatus(pod, this.#cluster.server.nowText));
      } else continue;
      touched++;
    }
    return touched;
  }

  /** Sends a request of the administrator and runs until it is answered. */
  #ask(method: string, path: string, body: Json): void {
    let answer: ApiResponse | undefined;
    this.#engine.send(administrators(method, path, body), (response) => {
      answer = response;
    });
    this.#engine.hurry(() => this.#engine.inFlight === 0, WAIT_US);
    if (answer && answer.code < 300) return;
    throw new Error(`${method} ${path}: ${answer?.code ?? 'no answer'}`);
  }

  /** The same without waiting. */
  #tell(method: string, path: string, body: Json): void {
    this.#engine.send(administrators(method, path, body), () => undefined);
  }
}

function administrators(method: string, path: string, body: Json): ApiRequest {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return {
    method,
    path,
    query: {},
    headers: {
      'user-agent': 'setup/1.0',
      'content-type': type,
      accept: 'application/json',
      authorization: 'Bearer admintoken',
    },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/**
 * Masks stand for values again: times before now, in the order of the objects, and made-up names and
 * numbers, the same for the same mask.
 */
function unmasked(objects: readonly JsonObject[], nowMs: number): unknown {
  return objects.map((object, i) => {
    const age = objects.length - placeOf(object, i);
    const time = new Date(nowMs - age * 1_000).toISOString().slice(0, 19);
    const text = JSON.stringify(object)
      .replaceAll('<time>', `${time}Z`)
      .replaceAll('<microtime>', `${time}.000000Z`)
      .replace(/<(uid|rand|ip):(\d+)>/g, (_, sort: string, n: string) => madeUp(sort, n));
    return JSON.parse(text) as unknown;
  });
}

/** Events end in the number in which they were made; other objects stand in that order, more or less. */
function placeOf(object: JsonObject, i: number): number {
  const { name = '' } = object['metadata'] as { name?: string };
  const number = object['kind'] === 'Event' ? /\.(\d+)$/.exec(name)?.[1] : undefined;
  return number === undefined ? i : Number(number);
}

type Lease = KubeObject & { readonly spec: unknown };

function leasesOf(objects: readonly KubeObject[], nowMs: number): readonly Lease[] {
  const now = new Date(nowMs).toISOString();
  return objects
    .filter((o) => o.kind === 'Node')
    .map(({ metadata: { name, uid } }, i) => ({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: 'kube-node-lease',
        uid: madeUp('uid', String(LEASE_UIDS + i)),
        creationTimestamp: `${now.slice(0, 19)}Z`,
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
      },
      spec: {
        holderIdentity: name,
        leaseDurationSeconds: 40,
        renewTime: now.replace('Z', '000Z'),
      },
    })) as unknown as readonly Lease[];
}

function madeUp(sort: string, n: string): string {
  switch (sort) {
    case 'uid':
      return `00000000-0000-4000-8000-${n.padStart(12, '0')}`;
    case 'ip':
      return `10.96.200.${n}`;
    default:
      return `r${n.padStart(4, '0')}`;
  }
}

function isReady(pod: PodLike): boolean {
  return pod.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}

function readyStatus(pod: PodLike, now: string): Json {
  const types = [
    'PodReadyToStartContainers',
    'Initialized',
    'Ready',
    'ContainersReady',
    'PodScheduled',
  ];
  return {
    status: {
      phase: 'Running',
      startTime: now,
      conditions: types.map((type) => ({ type, status: 'True', lastTransitionTime: now })),
      containerStatuses: pod.spec.containers.map(({ name, image = '' }) => ({
        name,
        image,
        imageID: '',
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    },
  };
}
