/**
 * kube-scheduler: takes Pods without a node from its queue, one at a time, chooses a node for each and
 * tells the API server. Binding and eviction go on in the background while the next Pod is looked at.
 *
 * Models:     pkg/scheduler scheduler.go, schedule_one.go, eventhandlers.go (v1.36)
 * Watches:    Pod, Node, and what informer-lookup.ts lists
 * Writes:     Pod binding, Pod status (PodScheduled=False, nominatedNodeName), Events; see evictions.ts
 * Simplified: no Pod groups; Permit plugins cannot make a Pod wait
 */
import type { Node as NodeObject, Pod as PodObject } from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
import { Node } from '../../api/kinds/node.ts';
import { Pod } from '../../api/kinds/pod.ts';
import { keyOf, type ObjectKey } from '../../api/meta/object.ts';
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
import { bind, type Binding, type Blocked, reserve, unreserve } from './binding.ts';
import type { SchedulerSettings } from '../../port/protocol-scheduler.ts';
import {
  DEFAULT_CONFIGURATION,
  readConfiguration,
  type SchedulerConfiguration,
} from './configuration.ts';
import { ConfigurationError } from './configuration-error.ts';
import { type CycleResult, newCycleState, runCycle } from './cycle.ts';
import { type DecisionRecord, Decisions } from './decisions.ts';
import { type ClusterEvent, nodeEvents, podEvents } from './events.ts';
import { Evictions } from './evictions.ts';
import type { Plugin } from './framework.ts';
import { informerLookup, ownerSelector, watchStorage } from './informer-lookup.ts';
import { nominatedNode } from './nominator.ts';
import { factories } from './plugins/index.ts';
import { patchStatus } from './pod-status.ts';
import { Profile } from './profile.ts';
import { type PlaceInQueue, type QueuedPod, SchedulingQueue, WINDOW_US } from './queue.ts';
import type { QueueMove } from './queue-log.ts';
import { fitError, truncated } from './sentence.ts';
import { Snapshot } from './snapshot.ts';
import { priorityOf } from './what-if.ts';

const NAME = 'kube-scheduler';
const CYCLE_LATENCY: Latency = { p10: 300, p50: 600, p90: 1_500 };
const FLUSH_UNSCHEDULABLE_US = 30 * MICROS_PER_SECOND;

export interface SchedulerOptions {
  /** Name of the process on the page and in the trace. */
  readonly name?: string;
  readonly configuration?: SchedulerConfiguration;
}

/** What |config| of a run says; throws a ConfigurationError in upstream's words. */
export function schedulerConfiguration(config: SchedulerSettings): SchedulerConfiguration {
  const configuration = readConfiguration(config.configuration, config.featureGates);
  const handle = { snapshot: new Snapshot(), isPreempting: () => false };
  for (const settings of configuration.profiles) {
    try {
      new Profile(settings, factories, handle);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      const whose = `creating profile for scheduler name ${settings.schedulerName}`;
      throw new ConfigurationError(`initializing profiles: ${whose}: ${error.message}`);
    }
  }
  return configuration;
}

/** A Pod that has been given a node, until its binding is seen. */
interface Assumed {
  readonly pod: PodObject;
  readonly node: string;
  /** Where it stands: only while plugins prepare the binding can it be taken back. */
  stage: 'preparing' | 'cancelled' | 'binding';
}

export class Scheduler {
  readonly name: string;
  readonly configuration: SchedulerConfiguration;
  #kernel: Kernel;
  #rng: Rng;
  #scope: Scope;
  #client: Client;
  #informers: Informers | null = null;
  #profiles = new Map<string, Profile>();
  #events = new Map<string, EventRecorder>();
  #snapshot = new Snapshot();
  #queue: SchedulingQueue;
  #evictions = new Evictions();
  readonly #state = newCycleState();
  #startedAt = 0;
  #busy = false;
  #flushing = { backoff: false, unschedulable: false };
  #assumed = new Map<ObjectKey, Assumed>();
  #decisions = new Decisions();

  constructor(server: ApiServer, options: SchedulerOptions = {}) {
    this.name = options.name ?? NAME;
    this.configuration = options.configuration ?? DEFAULT_CONFIGURATION;
    this.#kernel = server.kernel;
    this.#rng = server.kernel.rng(this.name === NAME ? 'scheduler' : this.name);
    this.#scope = { name: this.name, alive: false };
    this.#client = new Client(server, {
      user: { name: 'system:kube-scheduler', groups: ['system:authenticated'] },
      agent: NAME,
      actor: this.name,
    });
    this.#renew();
    this.#queue = this.#newQueue();
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
    return this.#decisions.get(pod);
  }

  /** Where a Pod (`namespace/name`) waits to be tried. */
  placeInQueue(pod: ObjectKey): PlaceInQueue | null {
    return this.#queue.place(pod);
  }

  /** The last decisions about all Pods, oldest first. */
  decisions(): Iterable<DecisionRecord> {
    return this.#decisions.all();
  }

  /** What was logged about the queue, oldest first. */
  queueMoves(): readonly QueueMove[] {
    return this.#queue.log.moves();
  }

  start(): void {
    if (this.running) return;
    this.#scope = { name: this.name, alive: true };
    this.#renew();
    this.#queue = this.#newQueue();
    this.#startedAt = this.#kernel.now;
    this.#kernel.with(0, false, this.#scope, () => {
      const informers = new Informers(this.#client, this.#scope);
      this.#informers = informers;
      for (const profile of this.#profiles.keys()) {
        const options = { component: profile, newApi: true };
        this.#events.set(profile, new EventRecorder(this.#client, Event, this.#scope, options));
      }
      const lookup = informerLookup(informers);
      this.#snapshot.lookup = lookup;
      this.#snapshot.ownerSelector = (pod) => ownerSelector(lookup, pod);
      this.#watch(informers);
      informers.start();
      informers.whenSynced(() => this.#pump());
    });
  }

  stop(): void {
    this.#scope.alive = false;
    this.#informers?.stop();
    this.#informers = null;
  }

  /** As a process that begins: nothing is known, nothing is promised. */
  #renew(): void {
    this.#snapshot = new Snapshot();
    this.#evictions = new Evictions();
    this.#assumed.clear();
    this.#profiles.clear();
    this.#busy = false;
    this.#flushing = { backoff: false, unschedulable: false };
    const snapshot = this.#snapshot;
    const evictions = this.#evictions;
    const handle = {
      snapshot,
      isPreempting: (uid: string) => evictions.isRunning(uid, snapshot.lookup),
    };
    for (const settings of this.configuration.profiles) {
      this.#profiles.set(settings.schedulerName, new Profile(settings, factories, handle));
    }
  }

  #newQueue(): SchedulingQueue {
    const { podInitialBackoffSeconds, podMaxBackoffSeconds, popFromBackoffQ } = this.configuration;
    const [first] = this.#profiles.values();
    const sort = (first as Profile).queueSort;
    const profiles = this.#profiles;
    return new SchedulingQueue(
      {
        initialBackoffUs: podInitialBackoffSeconds * MICROS_PER_SECOND,
        maxBackoffUs: podMaxBackoffSeconds * MICROS_PER_SECOND,
        popFromBackoff: popFromBackoffQ,
        epochUs: (this.#kernel.epochMs * 1_000) % WINDOW_US,
        less: (a, b) => (sort.less as NonNullable<Plugin['less']>)(a, b),
        gate(pod): Plugin | null {
          for (const plugin of profiles.get(pod.spec.schedulerName ?? '')?.preEnqueue ?? []) {
            if (plugin.preEnqueue?.(pod)) return plugin;
          }
          return null;
        },
      },
      () => this.#kernel.now,
    );
  }

  #watch(informers: Informers): void {
    const snapshot = this.#snapshot;
    const pods = informers.for(Pod);
    pods.addIndex('node', (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
    informers.for(Node).addHandler({
      onAdd: (node) => {
        snapshot.setNode(node);
        for (const pod of pods.by('node', node.metadata.name).values()) {
          if (!isFinished(pod)) snapshot.addPod(pod, node.metadata.name);
        }
        this.#onEvent({ type: 'NodeAdd', node, old: null });
      },
      onUpdate: (node, old) => this.#onNode(node, old),
      onDelete: (node) => {
        this.#onEvent({ type: 'NodeDelete', node, old: null });
        snapshot.removeNode(node.metadata.name);
      },
    });
    pods.addHandler({
      onAdd: (pod) => this.#onPod(pod, null),
      onUpdate: (pod, old) => this.#onPod(pod, old),
      onDelete: (pod) => this.#onPodGone(pod),
    });
    watchStorage(informers, (event) => this.#onEvent(event));
  }

  #onNode(node: NodeObject, old: NodeObject): void {
    this.#snapshot.setNode(node);
    for (const event of nodeEvents(node, old)) this.#onEvent(event);
  }

  #onPod(pod: PodObject, old: PodObject | null): void {
    if (!pod.spec.nodeName) this.#onWaiting(pod, old);
    else this.#onPlaced(pod, old);
  }

  #onWaiting(pod: PodObject, old: PodObject | null): void {
    const key = keyOf(pod);
    if (!this.#profiles.has(pod.spec.schedulerName ?? '')) return;
    if (isFinished(pod)) {
      this.#queue.remove(key);
      return;
    }
    const { now: _, cause } = this.#kernel;
    if (!old || isFinished(old)) {
      this.#queue.add(pod, cause);
      this.#pump();
      return;
    }
    const assumed = this.#assumed.get(key);
    if (assumed) {
      const isDeleted = pod.metadata.deletionTimestamp !== undefined;
      if (isDeleted && old.metadata.deletionTimestamp === undefined) this.#forget(assumed.pod);
      return;
    }
    this.#queue.update(pod, old, cause);
    const promised = nominatedNode(old);
    if (promised !== '' && promised !== nominatedNode(pod)) this.#roomFor(old);
    this.#pump();
  }

  #onPlaced(pod: PodObject, old: PodObject | null): void {
    const key = keyOf(pod);
    const nodeName = pod.spec.nodeName ?? '';
    const isNew = !old?.spec.nodeName;
    this.#assumed.delete(key);
    if (isNew) this.#queue.remove(key);
    if (isFinished(pod)) {
      this.#snapshot.removePod(key);
      if (old && !isFinished(old)) this.#onEvent({ type: 'AssignedPodDelete', pod, old: null });
      return;
    }
    if (isNew) {
      this.#snapshot.addPod(pod, nodeName);
      this.#onEvent({ type: 'AssignedPodAdd', pod, old: null });
      return;
    }
    // A status counts only while a Pod changes its size; else the picture stays as it is.
    const counts =
      old.spec !== pod.spec ||
      old.metadata.labels !== pod.metadata.labels ||
      old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
      this.#snapshot.nodes.get(nodeName)?.isResizing(key) === true;
    if (!counts) {
      this.#snapshot.refreshPod(pod);
      return;
    }
    this.#snapshot.addPod(pod, nodeName);
    for (const event of podEvents(pod, old)) this.#onEvent(event);
  }

  #onPodGone(pod: PodObject): void {
    const key = keyOf(pod);
    this.#decisions.delete(key);
    if (pod.spec.nodeName) {
      this.#snapshot.removePod(key);
      if (!isFinished(pod)) this.#onEvent({ type: 'AssignedPodDelete', pod, old: null });
      return;
    }
    this.#queue.remove(key);
    const assumed = this.#assumed.get(key);
    if (assumed) this.#forget(assumed.pod);
    else if (nominatedNode(pod) !== '') this.#roomFor(pod);
  }

  /** A Pod that has not been bound is gone, or its binding has failed: what it took is free again. */
  #forget(pod: PodObject, but?: string): void {
    const key = keyOf(pod);
    if (this.#assumed.delete(key)) this.#snapshot.removePod(key);
    this.#onEvent({ type: 'AssignedPodDelete', pod, old: null }, (p) => p.metadata.uid !== but);
  }

  /** A node is promised to |pod| no more: others of no higher priority may go there. */
  #roomFor(pod: PodObject): void {
    const event = { type: 'AssignedPodDelete', pod, old: null } as const;
    this.#onEvent(event, (other) => priorityOf(other) <= priorityOf(pod));
  }

  #onEvent(event: ClusterEvent, only?: (pod: PodObject) => boolean): void {
    if (this.#queue.onEvent(event, this.#kernel.cause, only)) this.#pump();
  }

  /** Begins the next cycle unless one is running. */
  #pump(): void {
    if (this.#busy || !this.running) return;
    for (;;) {
      const item = this.#queue.pop();
      if (!item) break;
      if (this.#isSkipped(item)) {
        this.#queue.done(item);
        continue;
      }
      this.#begin(item);
      return;
    }
    this.#armFlushes();
  }

  #isSkipped({ pod, key }: QueuedPod): boolean {
    if (pod.metadata.deletionTimestamp === undefined) return this.#assumed.has(key);
    this.#tell(
      pod,
      'Warning',
      'FailedScheduling',
      'Scheduling',
      `skip schedule deleting pod: ${key}`,
    );
    return true;
  }

  #begin(item: QueuedPod): void {
    this.#busy = true;
    const [parent = 0, ...also] = item.causes;
    const span = this.#kernel.trace.begin(this.#kernel.now, parent, {
      kind: 'schedule',
      name: 'schedule',
      from: this.name,
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
    const profile = this.#profileOf(item.pod);
    // The picture of the cluster is that of the beginning; what happens meanwhile the queue notes.
    const result = runCycle(item.pod, {
      profile,
      snapshot: this.#snapshot,
      nominator: this.#queue.nominator,
      rng: this.#rng,
      state: this.#state,
      percentage: this.configuration.percentageOfNodesToScore,
    });
    yield* sleep(this.#rng.latency(CYCLE_LATENCY));
    const { record } = result;
    const { pod, key, attempts: attempt } = item;
    const { uid } = pod.metadata;
    const names = { profile: profile.schedulerName, scheduler: this.name };
    this.#decisions.add(record, { ...names, pod: key, uid, attempt, at: this.#kernel.now });
    this.#kernel.end(span, {
      detail: {
        node: record.node,
        feasible: record.found.length,
        ...(record.message === '' ? {} : { message: record.message }),
      },
    });
    if (record.node === '') this.#onNoNode(item, result);
    else this.#assume(item, { pod, node: record.node, profile, prepared: result.prepared });
    this.#busy = false;
    this.#pump();
  }

  #onNoNode(item: QueuedPod, { record, refusedBy, isError, victims }: CycleResult): void {
    const { help, message } = record;
    const preemptor = item.pod;
    const report = this.#fail(item, {
      message,
      isRejected: !isError,
      refusedBy,
      nominate: help ? help.nominate : '',
    });
    const node = help?.nominate ?? '';
    const making = node === '' ? null : this.#makeRoom(preemptor, node, victims);
    this.#kernel.spawn('unschedulable', inTurn(report, making));
  }

  #makeRoom(pod: PodObject, node: string, victims: readonly PodObject[]): Proc | null {
    return this.#evictions.begin(pod, node, victims, {
      client: this.#client,
      events: this.#recorder(pod),
      lookup: this.#snapshot.lookup,
      nominator: this.#queue.nominator,
      cancelBinding: (victim) => {
        const assumed = this.#assumed.get(keyOf(victim));
        if (assumed?.pod.metadata.uid !== victim.metadata.uid) return false;
        if (assumed.stage === 'preparing') assumed.stage = 'cancelled';
        return assumed.stage === 'cancelled';
      },
      activate: (waiting) => {
        this.#queue.activate(keyOf(waiting));
        this.#pump();
      },
    });
  }

  #assume(item: QueuedPod, binding: Binding): void {
    const { pod, node } = binding;
    this.#assumed.set(item.key, { pod, node, stage: 'preparing' });
    this.#snapshot.addPod(pod, node);
    this.#queue.nominator.delete(pod);
    const stopped = reserve(binding);
    if (stopped) {
      this.#kernel.spawn('unschedulable', this.#undo(item, binding, stopped));
      return;
    }
    this.#queue.done(item);
    this.#kernel.spawn('bind', this.#bind(item, binding));
  }

  *#bind(item: QueuedPod, binding: Binding): Proc {
    const { pod, node } = binding;
    const assumed = this.#assumed.get(item.key);
    const isCancelled = (): boolean => assumed?.stage === 'cancelled';
    const commit = (): boolean => {
      if (isCancelled()) return false;
      if (assumed) assumed.stage = 'binding';
      return true;
    };
    const context = { client: this.#client, kernel: this.#kernel, snapshot: this.#snapshot };
    const stopped = yield* bind(binding, { ...context, isCancelled }, commit);
    if (stopped) {
      yield* this.#undo(item, binding, stopped);
      return;
    }
    const message = `Successfully assigned ${item.key} to ${node}`;
    this.#tell(pod, 'Normal', 'Scheduled', 'Binding', message);
  }

  /** A Pod that was given a node does not get it after all. */
  *#undo(item: QueuedPod, binding: Binding, { plugin, refusal }: Blocked): Proc {
    unreserve(binding);
    const { pod } = binding;
    const isRejected = refusal.error !== true;
    const reasons = refusal.reasons.join(', ');
    this.#forget(pod, isRejected ? pod.metadata.uid : undefined);
    yield* this.#fail(item, {
      // Told as if the one node were all there is.
      message: isRejected ? fitError(1, `1 ${reasons}`, '') : reasons,
      isRejected,
      refusedBy: isRejected ? [plugin] : [],
      nominate: '',
    });
    this.#pump();
  }

  /** handleSchedulingFailure: back into the queue at once; what has to be written comes after. */
  #fail(item: QueuedPod, failure: SchedulingFailure): Proc {
    const { message, refusedBy, isRejected } = failure;
    const cached = this.#snapshot.lookup.pod(item.key);
    const isWaiting = cached !== undefined && !cached.spec.nodeName;
    const isSame = cached?.metadata.uid === item.pod.metadata.uid;
    if (refusedBy.length > 0) this.#queue.noFit(item);
    if (isWaiting && isSame) {
      this.#queue.putBack(item, cached, refusedBy);
      this.#queue.nominator.set(cached, failure.nominate ?? nominatedNode(cached));
    } else {
      this.#queue.done(item);
      if (isWaiting) return nothing();
    }
    const pod = item.pod;
    this.#tell(pod, 'Warning', 'FailedScheduling', 'Scheduling', truncated(message));
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: isRejected ? 'Unschedulable' : 'SchedulerError',
      message,
    } as const;
    return tolerated(patchStatus(this.#client, pod, condition, failure.nominate));
  }

  #tell(
    pod: PodObject,
    type: 'Normal' | 'Warning',
    reason: string,
    action: string,
    message: string,
  ): void {
    this.#recorder(pod).record(pod, { type, reason, message, action });
  }

  #recorder(pod: PodObject): EventRecorder {
    return this.#events.get(pod.spec.schedulerName ?? '') as EventRecorder;
  }

  #profileOf(pod: PodObject): Profile {
    return this.#profiles.get(pod.spec.schedulerName ?? '') as Profile;
  }

  /** While Pods wait for their back-off or are unschedulable, the queue is looked through in turns. */
  #armFlushes(): void {
    if (this.#queue.backoffLength > 0 && !this.#flushing.backoff) {
      this.#flushing.backoff = true;
      // Without nodes every Pod is tried again and again: that does not keep the cluster busy.
      const periodic = this.#snapshot.nodes.size === 0;
      this.#every(this.#nextWindow(), periodic, () => {
        this.#flushing.backoff = false;
        this.#queue.flushBackoff();
      });
    }
    if (this.#queue.unschedulableLength > 0 && !this.#flushing.unschedulable) {
      this.#flushing.unschedulable = true;
      const since = (this.#kernel.now - this.#startedAt) % FLUSH_UNSCHEDULABLE_US;
      this.#every(FLUSH_UNSCHEDULABLE_US - since, true, () => {
        this.#flushing.unschedulable = false;
        this.#queue.flushUnschedulable();
      });
    }
  }

  /** Until the next look at the back-offs: at whole seconds, or whole seconds after the start. */
  #nextWindow(): number {
    const { popFromBackoffQ } = this.configuration;
    const { now } = this.#kernel;
    const at = popFromBackoffQ ? now + this.#kernel.epochMs * 1_000 : now - this.#startedAt;
    return WINDOW_US - (((at % WINDOW_US) + WINDOW_US) % WINDOW_US);
  }

  #every(us: number, periodic: boolean, flush: () => void): void {
    const run = (): void => {
      flush();
      this.#pump();
      this.#armFlushes();
    };
    this.#kernel.after(us, run, { periodic, cause: 0, scope: this.#scope });
  }
}

interface SchedulingFailure {
  readonly message: string;
  /** A verdict, not an error. */
  readonly isRejected: boolean;
  readonly refusedBy: readonly Plugin[];
  /** The promised node; '' takes it back, null leaves it. */
  readonly nominate: string | null;
}

function isFinished(pod: PodObject): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

// oxlint-disable-next-line require-yield -- There is nothing to do.
function* nothing(): Proc {}

function* inTurn(first: Proc, second: Proc | null): Proc {
  yield* first;
  if (second) yield* second;
}

/** The API server may say no or be away: the Pod is tried again in any case. */
function* tolerated(body: Proc): Proc {
  try {
    yield* body;
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
