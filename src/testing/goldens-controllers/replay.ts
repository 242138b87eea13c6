/**
 * Replays a recorded stream of goldens/controllers on a whole cluster with the stand-in kubelets that
 * its README describes. Commands of kubectl are the caller's.
 */
import type { Event } from '../../api/kinds/event.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import { controllers } from '../../engine/controllers/index.ts';
import { nodeLifecycleController } from '../../engine/controllers/node-lifecycle.ts';
import { podGarbageCollector } from '../../engine/controllers/pod-gc.ts';
import { MICROS_PER_MS } from '../../kernel/kernel.ts';
import type { Difference } from '../goldens-harness/compare.ts';
import { ClusterPlane, type ClusterPlaneOptions } from '../stand-in/cluster-plane.ts';
import { type RecordedNode, Workers } from '../stand-in/workers.ts';
import { actAsKubelet, rulesOf } from './kubelet-words.ts';
import { StandInMetrics } from './metrics.ts';
import { OwnNames } from './own-names.ts';
import type { Command, Recording, WrittenEvent } from './recording.ts';
import { recordedRules } from './stages.ts';
import { startMsOf } from './start-time.ts';

/** From the start of the cluster until its case begins; Nodes are Ready and known by then. */
const WARM_UP_MS = 30_000;
const SETTLE_SECONDS = 20;
/** Topics whose Pods live as the text about the kubelet says; those of others live as recorded. */
const BY_TEXT = new Set(['deployment', 'replicaset', 'gc', 'namespace', 'node', 'hpa']);
/** goldens/controllers/README.md */
const FEW_NODES = new Set(['node', 'daemonset']);
const ZONES = ['a', 'b', 'c', 'a', 'b'];
/** Flags of the recorded kube-controller-manager in cases of nodes, where the case says nothing. */
const QUICK = { monitorPeriodUs: 2_000_000, graceMs: 12_000 };

/** The two of recordings about leases. */
const INSTANCES: Readonly<Record<string, string>> = {
  A: 'kube-controller-manager',
  B: 'kube-controller-manager/cp-2',
};

export interface Outcome {
  /** Objects left in the namespace, and Nodes, by `Kind/name`. */
  readonly objects: ReadonlyMap<string, KubeObject>;
  /** Every version of an object, by `Kind/name`; undefined = deleted. */
  readonly versions: ReadonlyMap<string, readonly (KubeObject | undefined)[]>;
  readonly events: readonly WrittenEvent[];
  /** Names the server generated. */
  readonly generated: ReadonlySet<string>;
  /** Hashes of ours that were others when they were recorded. */
  readonly hashes: ReadonlyMap<string, string>;
}

export interface ReplayOptions extends Pick<ClusterPlaneOptions, 'openapi'> {
  readonly seed: number;
  /** Milliseconds since 1970 that the case must lie after. */
  readonly afterMs: number;
}

export class StreamReplay {
  readonly plane: ClusterPlane;
  readonly names: OwnNames;
  readonly #recording: Recording;
  readonly #topic: string;
  readonly #workers: Workers;
  readonly #metrics = new StandInMetrics();
  readonly #start: number;
  readonly #begun: number;

  constructor(recording: Recording, { seed, afterMs, ...options }: ReplayOptions) {
    this.#recording = recording;
    this.#topic = recording.case.split('/')[0] ?? '';
    const startMs = startMsOf(recording, afterMs);
    this.plane = new ClusterPlane({
      ...options,
      seed,
      controllers: controllersOf(recording),
      metrics: this.#metrics,
      config: {
        epoch: new Date(startMs - WARM_UP_MS).toISOString(),
        metrics: this.#topic === 'hpa',
        ...(this.#topic === 'leases' ? { masters: 2, stopped: [INSTANCES['B'] ?? ''] } : {}),
      },
    });
    this.#metrics.plane = this.plane;
    const rules = rulesOf(recording.kubelet ?? '');
    const lived = BY_TEXT.has(this.#topic) ? rules : recordedRules(recording, rules);
    this.#workers = new Workers(this.plane, [], { ...lived, scheduled: true });
    for (const node of nodesOf(recording, this.#topic)) this.#workers.register(node);
    const { namespace, stream } = recording;
    if (!stream.some((c) => c.kind === 'Namespace' && c.name === namespace)) {
      this.plane.namespace(namespace);
    }
    this.plane.kernel.runUntil(WARM_UP_MS * MICROS_PER_MS);
    this.#start = this.plane.kernel.now;
    this.#begun = this.plane.server.store.revision;
    this.names = new OwnNames(this.plane, recording);
  }

  /** Milliseconds since the case began. */
  get now(): number {
    return (this.plane.kernel.now - this.#start) / MICROS_PER_MS;
  }

  runTo(at: number): void {
    const { kernel } = this.plane;
    kernel.runUntil(Math.max(kernel.now, this.#start + at * MICROS_PER_MS));
  }

  /** Does what is no command of kubectl. */
  act(command: Command): Difference {
    const words = command.kubelet ?? command.metrics ?? command.do ?? '';
    if (command.request) return this.#request(command);
    if (command.metrics !== undefined) {
      return this.#metrics.tell(words) ? undefined : `unknown words: ${words}`;
    }
    if (command.do !== undefined) return this.#actOnInstance(words);
    const known =
      command.kubelet !== undefined && actAsKubelet(this.#workers, words, BY_TEXT.has(this.#topic));
    return known ? undefined : `unknown words: ${words}`;
  }

  /** `A gets SIGKILL`, `B starts` */
  #actOnInstance(words: string): Difference {
    const [, which = '', what = ''] =
      /^([AB]) (starts|gets SIGKILL|gets SIGTERM)/.exec(words) ?? [];
    const component = this.plane.cluster.component(INSTANCES[which] ?? '');
    if (!component) return `unknown words: ${words}`;
    if (what === 'starts') component.start();
    else component.stop();
    return undefined;
  }

  #request({ request, code }: Command): Difference {
    if (!request) return undefined;
    const { method, path, contentType } = request;
    const startMs = this.plane.kernel.epochMs + this.#start / MICROS_PER_MS;
    const body =
      request.body &&
      (JSON.parse(
        this.names
          .fill(JSON.stringify(request.body))
          .replace(/<time:([+-]\d+)>/g, (_, s: string) => rfc3339(startMs + Number(s) * 1_000)),
      ) as unknown);
    const type = contentType ?? typeOf(method, path);
    const at = this.now;
    const named = this.names.fill(this.#withDeletedPod(path, method, at));
    const answer = this.plane.request(method, named, body, type);
    // An eviction under two budgets is answered with a Status that says failure.
    const failed = answer.body['kind'] === 'Status' && answer.body['status'] === 'Failure';
    const status = failed ? answer.body['code'] : answer.status;
    if (code === undefined || status === code) return undefined;
    const said = JSON.stringify(answer.body).slice(0, 200);
    return `${method} ${path}: ${String(status)}, not ${code}: ${said}`;
  }

  /** The recorder did not mask the name of a Pod that it picked: it is the one that went then. */
  #withDeletedPod(path: string, method: string, at: number): string {
    const [, name = ''] = /\/pods\/([^/]+)$/.exec(path) ?? [];
    const { stream } = this.#recording;
    if (
      method !== 'DELETE' ||
      name === '' ||
      stream.some((c) => c.kind === 'Pod' && c.name === name)
    )
      return path;
    const gone = stream.find(
      (c) => c.kind === 'Pod' && c.at >= at && /"deletionTimestamp"/.test(JSON.stringify(c.change)),
    );
    const family = name.slice(0, name.lastIndexOf('-') + 1);
    const pods = this.plane.server.objects('', 'pods', this.#recording.namespace);
    const own = pods.find(({ metadata }) => metadata.name.startsWith(family));
    return path.replace(name, gone?.name ?? own?.metadata.name ?? name);
  }

  /** Lets pass what is left of the case: what there was at its end, and a while later. */
  finish(): { readonly ended: Outcome; readonly settled: Outcome } {
    const { stream, commands, events, final } = this.#recording;
    const times = [...stream, ...commands, ...events, ...final].map(({ at = 0 }) => at);
    this.runTo(Math.max(...times, this.now));
    const { namespace } = this.#recording;
    const ended = collect(this.plane, namespace, this.#begun);
    this.plane.run(SETTLE_SECONDS);
    return { ended, settled: collect(this.plane, namespace, this.#begun) };
  }
}

function typeOf(method: string, path: string): string {
  if (method !== 'PATCH') return 'application/json';
  return path.includes('/nodes/') || path.includes('/pods/')
    ? 'application/strategic-merge-patch+json'
    : 'application/merge-patch+json';
}

/** Flags are in the words about a case. */
function controllersOf({ case: id, what }: Recording): typeof controllers {
  const threshold = /--terminated-pod-gc-threshold=(\d+)/.exec(what)?.[1];
  const quick = FEW_NODES.has(id.split('/')[0] ?? '') && !/default flags/.test(what);
  return controllers.map((make) => {
    if (make === nodeLifecycleController && quick) return () => nodeLifecycleController(QUICK);
    return make === podGarbageCollector && threshold !== undefined
      ? () => podGarbageCollector(Number(threshold))
      : make;
  });
}

function nodesOf({ nodesBefore }: Recording, topic: string): readonly RecordedNode[] {
  if (nodesBefore) return (nodesBefore as readonly RecordedNode[]).map(asRegistered);
  const few = FEW_NODES.has(topic);
  return (few ? ZONES.slice(0, 3) : ZONES).map((zone, i) => {
    const name = `n${i + 1}`;
    const resources = {
      cpu: few ? '8' : '32',
      memory: few ? '32Gi' : '64Gi',
      pods: few ? '110' : '250',
      'ephemeral-storage': '100Gi',
    };
    const labels = {
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      hand: 'true',
      'topology.kubernetes.io/zone': zone,
    };
    return {
      metadata: { name, labels },
      status: { capacity: resources, allocatable: resources },
    };
  });
}

/** What controllers had made of a recorded Node is theirs to make again. */
function asRegistered({ metadata, spec = {}, status = {} }: RecordedNode): RecordedNode {
  const { podCIDR: _, podCIDRs: __, taints: ___, ...own } = spec;
  const { conditions: ____, ...told } = status;
  const { name, labels = {} } = metadata;
  const given = Object.entries(labels).filter(([key]) => !key.startsWith('beta.kubernetes.io/'));
  return { metadata: { name, labels: Object.fromEntries(given) }, spec: own, status: told };
}

function collect(plane: ClusterPlane, namespace: string, begun: number): Outcome {
  const generated = new Set<string>();
  const objects = new Map<string, KubeObject>();
  const versions = new Map<string, (KubeObject | undefined)[]>();
  const events: WrittenEvent[] = [];
  for (const event of plane.server.store.since(0)) {
    const { object } = event.kv.value;
    if (object.metadata.generateName) generated.add(object.metadata.name);
    const { namespace: place = '', name } = object.metadata;
    const isLease = namespace.startsWith('leases-') && place === 'kube-system';
    const isNamed = place === '' && name.startsWith(namespace);
    const ours = isLease || place.startsWith(namespace) || isNamed;
    if (object.kind === 'Event') {
      const news = object as Event;
      // Events about what has no namespace are in this one; so are those of other Pods.
      const isWhole = place === 'default' && (news.involvedObject.namespace ?? '') === '';
      const isOfCase = event.kv.modRevision > begun && (isWhole || ours);
      if (event.type === 'PUT' && isOfCase) {
        events.push(written(news, Boolean(event.previous)));
      }
      continue;
    }
    if (!ours && object.kind !== 'Node') continue;
    const key = `${object.kind}/${name}`;
    const list = versions.get(key) ?? [];
    versions.set(key, list);
    if (event.type === 'PUT') {
      objects.set(key, object);
      list.push(object);
    } else {
      objects.delete(key);
      list.push(undefined);
    }
  }
  return { objects, versions, events, generated, hashes: new Map() };
}

function written(e: Event, again: boolean): WrittenEvent {
  return {
    watch: again ? 'MODIFIED' : 'ADDED',
    type: e.type ?? '',
    reason: e.reason ?? '',
    object: `${e.involvedObject.kind}/${e.involvedObject.name}`,
    message: e.message ?? '',
    from: e.source.component || (e.reportingComponent ?? ''),
    count: e.count ?? 1,
  };
}
