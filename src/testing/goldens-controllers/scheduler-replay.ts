/**
 * Replays a case of goldens/controllers/scheduler* on a whole cluster: its nodes, objects and placed
 * Pods first, then the incoming Pods one after the other, then what was done later.
 */
import type { Pod as PodObject } from '../../api/generated/types.ts';
import type { Event as EventObject } from '../../api/kinds/event.ts';
import { Pod } from '../../api/kinds/pod.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { MICROS_PER_MS } from '../../kernel/kernel.ts';
import { ClusterPlane, type ClusterPlaneOptions } from '../stand-in/cluster-plane.ts';
import { Workers } from '../stand-in/workers.ts';
import type {
  QueueLine,
  RecordedObject,
  SchedulerCase,
  SchedulerEvent,
  Scores,
  Step,
} from './scheduler-case.ts';

/** Between two incoming Pods: the median in the recordings. */
const BETWEEN_MS = 150;
/** After what was recorded last; long before a Pod that failed is tried again. */
const SETTLE_SECONDS = 1.2;
/** The volume binder has looked at everything again by then. */
const VOLUMES_SECONDS = 16;
/** What was made before is old by then. */
const BEFORE_SECONDS = 3;
/** The next seed begins so much later in its second. */
const PHASE_MS = 130;
/** Of "every 300 ms: POST a pod …, DELETE it": the Pod lives this long. */
const SHORT_LIFE_MS = 105;
/** What the recorder took for the two requests. */
const CHURN_MS = 13;
const PLURALS: Readonly<Record<string, string>> = {
  PriorityClass: 'apis/scheduling.k8s.io/v1/priorityclasses',
  StorageClass: 'apis/storage.k8s.io/v1/storageclasses',
  PodDisruptionBudget: 'apis/policy/v1/poddisruptionbudgets',
  ReplicaSet: 'apis/apps/v1/replicasets',
  StatefulSet: 'apis/apps/v1/statefulsets',
  Deployment: 'apis/apps/v1/deployments',
  CSINode: 'apis/storage.k8s.io/v1/csinodes',
  CSIDriver: 'apis/storage.k8s.io/v1/csidrivers',
  CSIStorageCapacity: 'apis/storage.k8s.io/v1/csistoragecapacities',
};

/** What recorded Events are about. */
const OBJECTS = new Set<string | undefined>([
  Pod.kind,
  'PersistentVolumeClaim',
  'PersistentVolume',
  'PodDisruptionBudget',
]);

/** Everything that was stored about one object, oldest first; undefined = it was deleted. */
export type Versions = readonly (KubeObject | undefined)[];

export interface SchedulerOutcome {
  /** By `Kind/name`, since the first Pod came in. */
  readonly versions: ReadonlyMap<string, Versions>;
  readonly events: readonly SchedulerEvent[];
  /** Those about what was made before. */
  readonly before: readonly SchedulerEvent[];
  /** Of each placed Pod, by plugin and node: weighted scores and their total. */
  readonly scores: ReadonlyMap<string, Scores>;
  /** Nodes that were as good as the one taken, by Pod. */
  readonly equals: ReadonlyMap<string, readonly string[]>;
  readonly queue: readonly QueueLine[];
  /** When Pods were tried, in ms since the first came in. */
  readonly attempts: readonly number[];
  /** Requests that were answered otherwise. */
  readonly refused: readonly string[];
}

export function replayScheduler(recorded: SchedulerCase, seed: number): SchedulerOutcome {
  return new SchedulerReplay(recorded, seed).play();
}

class SchedulerReplay {
  readonly #case: SchedulerCase;
  readonly #plane: ClusterPlane;
  readonly #workers: Workers;
  readonly #seed: number;
  readonly #refused: string[] = [];
  readonly #scores = new Map<string, Scores>();
  readonly #equals = new Map<string, readonly string[]>();
  #start = 0;

  constructor(recorded: SchedulerCase, seed: number) {
    this.#case = recorded;
    this.#seed = seed;
    this.#plane = new ClusterPlane({ seed, ...optionsOf(recorded) });
    this.#workers = new Workers(this.#plane, [], { scheduled: true });
  }

  play(): SchedulerOutcome {
    const plane = this.#plane;
    const { nodes, objects, placed, incoming, then = [], steps = [] } = this.#case;
    for (const name of namespacesOf(this.#case)) plane.namespace(name);
    for (const node of nodes)
      this.#workers.register(node, wasReady(this.#case, node.metadata.name));
    const made = plane.server.store.revision;
    for (const object of objects) this.#make(object);
    for (const { node, pod } of placed) this.#make(withNode(pod, node));
    // Where in the scheduler's windows of a second a case begins is chance.
    plane.run(BEFORE_SECONDS + ((this.#seed * PHASE_MS) % 1_000) / 1_000);
    const begun = plane.server.store.revision;
    const firstSpan = plane.kernel.trace.lastId + 1;
    this.#start = plane.kernel.now;
    for (const [i, pod] of incoming.entries()) {
      plane.kernel.runUntil(this.#start + i * BETWEEN_MS * MICROS_PER_MS);
      this.#make(pod, [201, 422]);
      plane.run(BETWEEN_MS / 1_000);
      this.#readDecisions();
    }
    for (const step of [...then, ...steps]) this.#do(step);
    plane.run(this.#endOfCase());
    this.#readDecisions();
    return {
      versions: this.#versions(begun),
      events: this.#events(begun),
      before: this.#events(made, begun),
      scores: this.#scores,
      equals: this.#equals,
      queue: this.#queue(),
      attempts: this.#attempts(firstSpan),
      refused: this.#refused,
    };
  }

  /** Seconds that are to pass yet. */
  #endOfCase(): number {
    const { attemptsAtMs = [], steps = [], events = [], trace = [] } = this.#case;
    const bindsVolumes = steps.some(({ request }) => request?.path.endsWith('/persistentvolumes'));
    const recorded = [...attemptsAtMs, ...[...events, ...trace].map(({ at }) => at)];
    const now = (this.#plane.kernel.now - this.#start) / MICROS_PER_MS;
    const left = Math.max(0, ...recorded, now) - now;
    return left / 1_000 + (bindsVolumes ? VOLUMES_SECONDS : SETTLE_SECONDS);
  }

  #make(object: RecordedObject, codes: readonly number[] = [201]): void {
    const { namespace, name } = object.metadata;
    const [, group = '', version = '', plural = ''] =
      /^apis\/([^/]+)\/([^/]+)\/(.*)$/.exec(PLURALS[object.kind] ?? '') ?? [];
    const base = group === '' ? '/api/v1' : `/apis/${group}/${version}`;
    const kind = plural === '' ? `${object.kind.toLowerCase()}s` : plural;
    const at = namespace === undefined ? '' : `/namespaces/${namespace}`;
    if (object.kind === 'Namespace') {
      if (this.#request('GET', `${base}/namespaces/${name}`).status === 200) {
        const { labels = {} } = object.metadata;
        this.#request('PATCH', `${base}/namespaces/${name}`, { metadata: { labels } });
        return;
      }
    }
    const answer = this.#request('POST', `${base}${at}/${kind}`, object);
    if (codes.includes(answer.status)) return;
    this.#refused.push(`POST ${object.kind} ${name}: ${JSON.stringify(answer.body)}`);
  }

  #request(
    method: string,
    path: string,
    body?: unknown,
  ): { status: number; body: Record<string, unknown> } {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return this.#plane.request(method, path, body, type);
  }

  #do(step: Step): void {
    const { kernel } = this.#plane;
    const at = this.#start + step.at * MICROS_PER_MS;
    kernel.runUntil(Math.max(kernel.now, at));
    if (step.request) {
      const { method, path, body: asRecorded, contentType } = step.request;
      const body = this.#withTimes(asRecorded);
      const type = contentType ?? (method === 'PATCH' ? 'application/merge-patch+json' : undefined);
      const { status, body: answer } = this.#plane.request(method, path, body, type);
      if (status >= 300) this.#refused.push(`${method} ${path}: ${JSON.stringify(answer)}`);
      if (status === 201 && path === '/api/v1/nodes' && isReady(body)) {
        this.#workers.setReady((body as RecordedObject).metadata.name, 'True');
      }
    } else if (!this.#act(step.do ?? '')) this.#refused.push(`unknown: ${step.do}`);
  }

  #withTimes(body: unknown): unknown {
    const time = (_: string, seconds: string): string =>
      rfc3339(this.#plane.kernel.epochMs + this.#start / MICROS_PER_MS + Number(seconds) * 1_000);
    const text = JSON.stringify(body ?? null).replace(/<time:([+-]\d+)>/g, time);
    return body === undefined ? undefined : (JSON.parse(text) as unknown);
  }

  /** What the recorder says in words. */
  #act(words: string): boolean {
    const gates = /^patch pod (\S+): spec\.schedulingGates removed$/.exec(words);
    const removed = /^pod (\S+) is deleted with grace period 0$/.exec(words);
    const status = /^status of pod (\S+): phase (\w+)$/.exec(words);
    const ready = /^node (\S+) posts Ready=(True|False)$/.exec(words);
    const again =
      /^until (\d+) s, every (\d+) ms: POST a pod with label (\w+)=(\w+) on (\S+),/.exec(words);
    const pod = (name: string): string => `/api/v1/namespaces/s/pods/${name}`;
    if (gates) this.#request('PATCH', pod(gates[1] ?? ''), { spec: { schedulingGates: null } });
    else if (removed) this.#request('DELETE', pod(removed[1] ?? ''), { gracePeriodSeconds: 0 });
    else if (status)
      this.#request('PATCH', `${pod(status[1] ?? '')}/status`, { status: { phase: status[2] } });
    else if (ready) this.#workers.setReady(ready[1] ?? '', ready[2] as 'True' | 'False');
    else if (again) {
      const [, until = '', every = '', key = '', value = '', node = ''] = again;
      this.#churn(Number(until) * 1_000, Number(every), { [key]: value }, node);
    } else return false;
    return true;
  }

  #churn(
    untilMs: number,
    everyMs: number,
    labels: Readonly<Record<string, string>>,
    node: string,
  ): void {
    const { kernel } = this.#plane;
    for (let n = 0; (kernel.now - this.#start) / MICROS_PER_MS < untilMs; n++) {
      const begun = kernel.now;
      const [incoming] = this.#case.incoming;
      const spec = (incoming as unknown as PodObject).spec.containers;
      const made = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: `churn-${n}`, namespace: 's', labels },
        spec: { containers: spec.map(({ name, image }) => ({ name, image })), nodeName: node },
      } as unknown as RecordedObject;
      this.#make(made);
      kernel.runUntil(kernel.now + SHORT_LIFE_MS * MICROS_PER_MS);
      this.#request('DELETE', `/api/v1/namespaces/s/pods/churn-${n}`, { gracePeriodSeconds: 0 });
      kernel.runUntil(begun + (everyMs + CHURN_MS) * MICROS_PER_MS);
    }
  }

  /** The scheduler keeps its last decision about each Pod. */
  #readDecisions(): void {
    for (const { metadata } of this.#case.incoming) {
      const key = `${metadata.namespace ?? 'default'}/${metadata.name}`;
      const decision = this.#plane.cluster.scheduler.decision(key);
      if (!decision || decision.node === '' || this.#equals.has(metadata.name)) continue;
      const { feasible, scorers, scores, totals } = decision;
      const byNode = (points: readonly number[]): Record<string, number> =>
        Object.fromEntries(feasible.map((node, i) => [node, points[i] ?? 0]));
      const made: Record<string, Readonly<Record<string, number>>> = {};
      for (const [i, plugin] of scorers.entries()) made[plugin] = byNode(scores[i] ?? []);
      made['total'] = byNode(totals);
      this.#scores.set(metadata.name, made);
      const best = Math.max(...totals);
      const equals = feasible.filter((_, i) => totals[i] === best);
      this.#equals.set(metadata.name, equals);
    }
  }

  #versions(begun: number): Map<string, (KubeObject | undefined)[]> {
    const versions = new Map<string, (KubeObject | undefined)[]>();
    for (const event of this.#plane.server.store.since(begun)) {
      const { object } = event.kv.value;
      const key = `${object.kind}/${object.metadata.name}`;
      const list = versions.get(key);
      const version = event.type === 'PUT' ? object : undefined;
      if (list) list.push(version);
      else versions.set(key, [version]);
    }
    return versions;
  }

  #events(begun: number, until = Number.POSITIVE_INFINITY): SchedulerEvent[] {
    const events: SchedulerEvent[] = [];
    for (const event of this.#plane.server.store.since(begun)) {
      if (event.type !== 'PUT' || event.kv.value.object.kind !== 'Event') continue;
      const e = event.kv.value.object as EventObject;
      if (!OBJECTS.has(e.involvedObject.kind) || event.kv.modRevision > until) continue;
      const object = `${e.involvedObject.kind}/${e.involvedObject.name}`;
      const { type = '', reason = '', message = '' } = e;
      events.push({ at: 0, type, reason, object, message });
    }
    return events;
  }

  /** What the scheduler logged about the Pods of the case. */
  #queue(): QueueLine[] {
    const names = new Set(this.#case.incoming.map(({ metadata }) => metadata.name));
    return this.#plane.cluster.scheduler
      .queueMoves()
      .filter(({ at }) => at >= this.#start)
      .map((move) => ({ ...move, pod: move.pod.slice(move.pod.indexOf('/') + 1) }))
      .filter(({ pod }) => names.has(pod));
  }

  #attempts(firstSpan: number): number[] {
    const attempts: number[] = [];
    for (const span of this.#plane.kernel.trace.from(firstSpan)) {
      if (span.kind === 'schedule') attempts.push((span.start - this.#start) / MICROS_PER_MS);
    }
    return attempts;
  }
}

/** Gates that the recorded scheduler was run with are named in words. */
function optionsOf({ what }: SchedulerCase): Pick<ClusterPlaneOptions, 'config'> {
  const flag = /--feature-gates=(\w+)=(true|false)/.exec(what ?? '');
  if (!flag) return {};
  return { config: { scheduler: { featureGates: { [flag[1] ?? '']: flag[2] === 'true' } } } };
}

/** A node that was not scored with the others had not become ready when its Pods came. */
function wasReady({ scores = {} }: SchedulerCase, name: string): boolean {
  const totals = Object.values(scores).map((s) => s['total'] ?? {});
  return totals.length === 0 || totals.some((total) => name in total);
}

function namespacesOf({ incoming, placed, objects }: SchedulerCase): ReadonlySet<string> {
  const all = [...incoming, ...placed.map(({ pod }) => pod), ...objects];
  const names = all.map(({ metadata }) => metadata.namespace).filter((n) => n !== undefined);
  return new Set(names);
}

function withNode(pod: RecordedObject, node: string): RecordedObject {
  const { spec } = pod as unknown as PodObject;
  return { ...pod, spec: { ...spec, nodeName: node } } as RecordedObject;
}

function isReady(node: unknown): boolean {
  const { status } = node as {
    status?: { conditions?: readonly { type: string; status: string }[] };
  };
  const ready = status?.conditions?.find((c) => c.type === 'Ready');
  return ready === undefined || ready.status === 'True';
}
