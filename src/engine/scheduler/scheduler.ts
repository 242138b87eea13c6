/**
 * kube-scheduler: takes Pods without a node from its queue, one at a time, chooses a node for each and
 * tells the API server. Binding goes on in the background while the next Pod is looked at.
 *
 * Models:     pkg/scheduler scheduler.go, schedule_one.go, eventhandlers.go (v1.36)
 * Watches:    Pod, Node, Service, ReplicaSet, PersistentVolumeClaim, PersistentVolume, StorageClass
 * Writes:     Pod binding, Pod status (PodScheduled=False), Events
 * Simplified: no preemption of running Pods, no affinity between Pods; one profile
 */
import { Event } from '../../api/kinds/event.ts';
import { Node } from '../../api/kinds/node.ts';
import { PersistentVolumeClaim } from '../../api/kinds/persistent-volume-claim.ts';
import { PersistentVolume } from '../../api/kinds/persistent-volume.ts';
import { classOf } from '../../api/kinds/persistent-volume/parts.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { ReplicaSet } from '../../api/kinds/replica-set.ts';
import { Service } from '../../api/kinds/service.ts';
import { StorageClass } from '../../api/kinds/storage-class.ts';
import { keyFor, keyOf, type ObjectKey } from '../../api/meta/object.ts';
import { compileStoredSelector, Selector, selectorFromLabels } from '../../api/meta/selectors.ts';
import { isApiError } from '../../api/meta/status.ts';
import { rfc3339 } from '../../api/meta/time.ts';
import type { Scope } from '../../kernel/event-queue.ts';
import { type Kernel, MICROS_PER_SECOND } from '../../kernel/kernel.ts';
import { type Proc, sleep } from '../../kernel/process.ts';
import type { Latency, Rng } from '../../kernel/rng.ts';
import type { Span } from '../../kernel/trace.ts';
import type { ApiServer } from '../apiserver/server.ts';
import { EventRecorder } from '../client/events.ts';
import { Informers } from '../client/informer.ts';
import { isRefusal } from '../client/refusal.ts';
import { Client } from '../client/typed-client.ts';
import { type CycleRecord, type CycleState, runCycle } from './cycle.ts';
import { type ClusterEvent, nodeEvents, podEvents } from './events.ts';
import type { Plugin } from './framework.ts';
import { EMPTY_LOOKUP } from './lookup.ts';
import { defaultPlugins } from './plugins/index.ts';
import { type QueuedPod, SchedulingQueue } from './queue.ts';
import { Snapshot } from './snapshot.ts';

const NAME = 'kube-scheduler';
const PROFILE = 'default-scheduler';
const CYCLE_LATENCY: Latency = { p10: 300, p50: 600, p90: 1_500 };
const FLUSH_BACKOFF_US = 1 * MICROS_PER_SECOND;
const FLUSH_UNSCHEDULABLE_US = 30 * MICROS_PER_SECOND;
/** Decisions that can still be asked for. */
const MAX_RECORDS = 1_000;

export interface DecisionRecord extends CycleRecord {
  readonly pod: ObjectKey;
  readonly at: number;
}

export class Scheduler {
  readonly name = NAME;
  #server: ApiServer;
  #kernel: Kernel;
  #rng: Rng;
  #scope: Scope = { name: NAME, alive: false };
  #client: Client | null = null;
  #informers: Informers | null = null;
  #events: EventRecorder | null = null;
  #snapshot = new Snapshot();
  #plugins: readonly Plugin[] = [];
  #queue = new SchedulingQueue();
  #state: CycleState = { nextStart: 0 };
  #busy = false;
  #flushing = false;
  /** Pods placed by us whose binding the cache has not shown yet. */
  #assumed = new Map<ObjectKey, string>();
  #records = new Map<ObjectKey, DecisionRecord>();

  constructor(server: ApiServer) {
    this.#server = server;
    this.#kernel = server.kernel;
    this.#rng = server.kernel.rng('scheduler');
  }

  get running(): boolean {
    return this.#scope.alive;
  }

  get queue(): number {
    const q = this.#queue;
    return q.activeLength + q.backoffLength + q.unschedulableLength;
  }

  get detail(): Readonly<Record<string, number>> {
    const q = this.#queue;
    return {
      active: q.activeLength,
      backoff: q.backoffLength,
      unschedulable: q.unschedulableLength,
    };
  }

  /** The last decision about a Pod (`namespace/name`). */
  decision(pod: ObjectKey): DecisionRecord | undefined {
    return this.#records.get(pod);
  }

  start(): void {
    if (this.running) return;
    this.#scope = { name: NAME, alive: true };
    this.#snapshot = new Snapshot();
    this.#plugins = defaultPlugins({ snapshot: this.#snapshot });
    this.#queue = new SchedulingQueue();
    this.#assumed.clear();
    this.#busy = false;
    this.#flushing = false;
    this.#client = new Client(this.#server, {
      user: { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
      agent: NAME,
      actor: NAME,
    });
    this.#kernel.with(0, false, this.#scope, () => {
      this.#informers = new Informers(this.#client as Client, this.#scope);
      this.#events = new EventRecorder(this.#client as Client, Event, this.#scope, {
        component: PROFILE,
        newApi: true,
      });
      this.#watch(this.#informers);
      this.#informers.start();
      this.#informers.whenSynced(() => this.#pump());
    });
  }

  stop(): void {
    this.#scope.alive = false;
    this.#informers?.stop();
    this.#informers = null;
  }

  #watch(informers: Informers): void {
    const snapshot = this.#snapshot;
    informers.for(Node).addHandler({
      onAdd: (node) => {
        snapshot.setNode(node);
        for (const pod of informers.for(Pod).by('node', node.metadata.name).values()) {
          if (!isFinished(pod)) snapshot.addPod(pod, node.metadata.name);
        }
        this.#onEvent({ type: 'NodeAdd', node, old: null });
      },
      onUpdate: (node, old) => {
        snapshot.setNode(node);
        for (const event of nodeEvents(node, old)) this.#onEvent(event);
      },
      onDelete: (node) => snapshot.removeNode(node.metadata.name),
    });
    const pods = informers.for(Pod);
    pods.addIndex('node', (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    pods.addHandler({
      onAdd: (pod) => this.#onPod(pod, null),
      onUpdate: (pod, old) => this.#onPod(pod, old),
      onDelete: (pod) => this.#onPodGone(pod),
    });
    this.#watchVolumes(informers);
    const services = informers.for(Service);
    services.addIndex('namespace', (s) => [s.metadata.namespace ?? '']);
    const replicaSets = informers.for(ReplicaSet);
    snapshot.ownerSelector = (pod) => {
      const requirements: Selector['requirements'][number][] = [];
      let own: Selector | null = null;
      const owner = pod.metadata.ownerReferences?.find((r) => r.controller);
      if (owner?.kind === ReplicaSet.kind) {
        const rs = replicaSets.get(`${pod.metadata.namespace ?? ''}/${owner.name}`);
        if (rs) {
          own = compileStoredSelector(rs.spec.selector);
          requirements.push(...own.requirements);
        }
      }
      for (const service of services.by('namespace', pod.metadata.namespace ?? '').values()) {
        const matchLabels = service.spec.selector;
        if (!matchLabels) continue;
        const selector = selectorFromLabels(matchLabels);
        if (!selector.empty && selector.matches(pod.metadata.labels)) {
          requirements.push(...selector.requirements);
        }
      }
      if (requirements.length === 0) return null;
      return requirements.length === own?.requirements.length ? own : new Selector(requirements);
    };
  }

  #watchVolumes(informers: Informers): void {
    const claims = informers.for(PersistentVolumeClaim);
    const volumes = informers.for(PersistentVolume);
    const classes = informers.for(StorageClass);
    claims.addHandler({
      onAdd: (object) => this.#onEvent({ type: 'PersistentVolumeClaimAdd', object, old: null }),
      onUpdate: (object, old) =>
        this.#onEvent({ type: 'PersistentVolumeClaimUpdate', object, old }),
    });
    volumes.addHandler({
      onAdd: (object) => this.#onEvent({ type: 'PersistentVolumeAdd', object, old: null }),
      onUpdate: (object, old) => this.#onEvent({ type: 'PersistentVolumeUpdate', object, old }),
    });
    this.#snapshot.lookup = {
      ...EMPTY_LOOKUP,
      claim: (namespace, name) => claims.get(keyFor(namespace, name)),
      volume: (name) => volumes.get(keyFor('', name)),
      volumesOfClass: (name) => [...volumes.all()].filter((v) => classOf(v) === name),
      storageClass: (name) => classes.get(keyFor('', name)),
      waitsForConsumer: ({ spec }) =>
        classes.get(keyFor('', spec.storageClassName ?? ''))?.volumeBindingMode ===
        'WaitForFirstConsumer',
    };
  }

  #onPod(pod: Pod, old: Pod | null): void {
    const key = keyOf(pod);
    const { nodeName } = pod.spec;
    if (!nodeName) {
      if (pod.spec.schedulerName !== PROFILE || pod.metadata.deletionTimestamp !== undefined) {
        this.#queue.remove(key);
        return;
      }
      if (this.#assumed.has(key)) return;
      if (old) this.#queue.update(pod, this.#kernel.now, this.#kernel.cause);
      else this.#queue.add(pod, this.#kernel.now, this.#kernel.cause);
      this.#pump();
      return;
    }
    this.#assumed.delete(key);
    if (isFinished(pod)) {
      this.#snapshot.removePod(key);
      if (old && !isFinished(old)) this.#onEvent({ type: 'AssignedPodDelete', pod, old: null });
      return;
    }
    if (!old?.spec.nodeName) this.#queue.remove(key);
    // Only what the picture is made of counts: a status update changes nothing here.
    if (old?.spec === pod.spec && old.metadata.labels === pod.metadata.labels && !deletes(pod, old))
      return;
    this.#snapshot.addPod(pod, nodeName);
    if (!old?.spec.nodeName) this.#onEvent({ type: 'AssignedPodAdd', pod, old: null });
    else for (const event of podEvents(pod, old)) this.#onEvent(event);
  }

  #onPodGone(pod: Pod): void {
    const key = keyOf(pod);
    this.#assumed.delete(key);
    this.#queue.remove(key);
    this.#snapshot.removePod(key);
    this.#records.delete(key);
    if (pod.spec.nodeName) this.#onEvent({ type: 'AssignedPodDelete', pod, old: null });
  }

  #onEvent(event: ClusterEvent): void {
    this.#queue.onEvent(event, this.#kernel.now, this.#kernel.cause);
    this.#pump();
  }

  /** Begins the next cycle unless one is running. */
  #pump(): void {
    if (this.#busy || !this.running) return;
    const item = this.#queue.pop();
    if (!item) {
      this.#armFlush();
      return;
    }
    this.#busy = true;
    const [parent = 0, ...also] = item.causes;
    const span = this.#kernel.trace.begin(this.#kernel.now, parent, {
      kind: 'schedule',
      name: 'schedule',
      from: NAME,
      object: `${Pod.kind}/${item.key}`,
      also,
      detail: { attempt: item.attempts },
    });
    this.#kernel.spawn('schedule', this.#cycle(item, span), {
      cause: span.id,
      periodic: false,
      scope: this.#scope,
    });
  }

  *#cycle(item: QueuedPod, span: Span): Proc {
    yield* sleep(this.#rng.latency(CYCLE_LATENCY));
    const record = runCycle(this.#plugins, item.pod, this.#snapshot, this.#state, this.#rng);
    this.#remember(item.key, record);
    this.#kernel.end(span, {
      detail: {
        node: record.node,
        feasible: record.feasible.length,
        ...(record.message === '' ? {} : { message: record.message }),
      },
    });
    if (record.node === '') {
      this.#queue.unschedulable(item, record.refusedBy, this.#kernel.now);
      this.#kernel.spawn('unschedulable', this.#reportUnschedulable(item.pod, record.message));
    } else {
      this.#assumed.set(item.key, record.node);
      this.#snapshot.addPod(item.pod, record.node);
      this.#queue.done(item);
      this.#kernel.spawn('bind', this.#bind(item, record.node));
    }
    this.#busy = false;
    this.#pump();
  }

  *#bind(item: QueuedPod, node: string): Proc {
    const { pod } = item;
    const { namespace = '', name, uid } = pod.metadata;
    const client = this.#client as Client;
    try {
      yield* client.post(Pod, namespace, name, 'binding', {
        metadata: { name, namespace, uid },
        target: { kind: 'Node', name: node },
      });
      this.#events?.record(pod, {
        type: 'Normal',
        reason: 'Scheduled',
        message: `Successfully assigned ${namespace}/${name} to ${node}`,
        action: 'Binding',
      });
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#assumed.delete(item.key);
      this.#snapshot.removePod(item.key);
      if (isApiError(error, 'NotFound')) return;
      this.#queue.retry(item, this.#kernel.now);
      this.#pump();
    }
  }

  *#reportUnschedulable(pod: Pod, message: string): Proc {
    this.#events?.record(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message,
      action: 'Scheduling',
    });
    const old = pod.status.conditions?.find((c) => c.type === 'PodScheduled');
    if (old?.status === 'False' && old.message === message && old.reason === 'Unschedulable')
      return;
    const lastTransitionTime =
      old?.status === 'False' ? old.lastTransitionTime : rfc3339(this.#kernel.nowMs);
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastProbeTime: null,
      lastTransitionTime,
      ...(pod.metadata.generation === undefined
        ? {}
        : { observedGeneration: pod.metadata.generation }),
    };
    const { namespace = '', name } = pod.metadata;
    try {
      yield* (this.#client as Client).patch(
        Pod,
        namespace,
        name,
        { status: { conditions: [condition] } },
        { type: 'strategic', subresource: 'status' },
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }

  /** While Pods wait for their back-off or are unschedulable, the queue is looked through in turns. */
  #armFlush(): void {
    if (
      this.#flushing ||
      (this.#queue.backoffLength === 0 && this.#queue.unschedulableLength === 0)
    )
      return;
    this.#flushing = true;
    // Pods that merely wait for a change do not keep the cluster busy.
    const periodic = this.#queue.backoffLength === 0;
    this.#kernel.after(
      periodic ? FLUSH_UNSCHEDULABLE_US : FLUSH_BACKOFF_US,
      () => {
        this.#flushing = false;
        this.#queue.flush(this.#kernel.now);
        this.#pump();
      },
      { periodic, cause: 0, scope: this.#scope },
    );
  }

  #remember(key: ObjectKey, record: CycleRecord): void {
    this.#records.delete(key);
    if (this.#records.size >= MAX_RECORDS) {
      const oldest = this.#records.keys().next().value;
      if (oldest !== undefined) this.#records.delete(oldest);
    }
    this.#records.set(key, { ...record, pod: key, at: this.#kernel.now });
  }
}

function isFinished(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

function deletes(pod: Pod, old: Pod): boolean {
  return (
    (pod.metadata.deletionTimestamp === undefined) !==
    (old.metadata.deletionTimestamp === undefined)
  );
}
