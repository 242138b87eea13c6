/**
 * kube-scheduler: takes Pods without a node from its queue, one at a time, chooses a node for each and
 * tells the API server. Binding and eviction go on in the background while the next Pod is looked at.
 *
 * Models:     pkg/scheduler scheduler.go, schedule_one.go, eventhandlers.go (v1.36)
 * Watches:    Pod, Node, and what informer-lookup.ts lists
 * Writes:     Pod binding, Pod status (PodScheduled=False, nominatedNodeName), Events; see evictions.ts
 * Simplified: no Pod groups; Permit plugins cannot make a Pod wait
 */
import type { Pod as PodObject } from '../../api/generated/types.ts';
import { Event } from '../../api/kinds/event.ts';
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
import { type Assumed, ClusterWatch } from './cluster-watch.ts';
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
import { Evictions } from './evictions.ts';
import type { Plugin } from './framework.ts';
import { informerLookup, ownerSelector } from './informer-lookup.ts';
import { nominatedNode } from './nominator.ts';
import { factories } from './plugins/index.ts';
import { patchStatus } from './pod-status.ts';
import { Profile } from './profile.ts';
import { type PlaceInQueue, type QueuedPod, SchedulingQueue, WINDOW_US } from './queue.ts';
import type { QueueMove } from './queue-log.ts';
import { QueueTimers } from './queue-timers.ts';
import { fitError, truncated } from './sentence.ts';
import { Snapshot } from './snapshot.ts';

const NAME = 'kube-scheduler';
const CYCLE_LATENCY: Latency = { p10: 300, p50: 600, p90: 1_500 };

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

export class Scheduler {
  readonly name: string;
  readonly configuration: SchedulerConfiguration;
  #kernel: Kernel;
  #rng: Rng;
  #scope: Scope;
  #client: Client;
  #informers: Informers | null = null;
  #watch: ClusterWatch | null = null;
  #timers: QueueTimers | null = null;
  #profiles = new Map<string, Profile>();
  #events = new Map<string, EventRecorder>();
  #snapshot = new Snapshot();
  #queue: SchedulingQueue;
  #evictions = new Evictions();
  readonly #state = newCycleState();
  #busy = false;
  /** All that is looked at has been listed. */
  #synced = false;
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
      this.#connect(informers);
      informers.start();
      informers.whenSynced(() => {
        this.#synced = true;
        this.#pump();
      });
    });
  }

  stop(): void {
    this.#scope.alive = false;
    this.#informers?.stop();
    this.#informers = null;
  }

  #connect(informers: Informers): void {
    const parts = {
      kernel: this.#kernel,
      scope: this.#scope,
      snapshot: this.#snapshot,
      queue: this.#queue,
      assumed: this.#assumed,
      decisions: this.#decisions,
      startedAt: this.#kernel.now,
      popFromBackoff: this.configuration.popFromBackoffQ,
      handles: (name: string) => this.#profiles.has(name),
      hasNodes: () => this.#snapshot.nodes.size > 0,
      pump: () => this.#pump(),
    };
    this.#timers = new QueueTimers(parts);
    this.#watch = new ClusterWatch(parts);
    this.#watch.start(informers);
  }

  /** As a process that begins: nothing is known, nothing is promised. */
  #renew(): void {
    this.#snapshot = new Snapshot();
    this.#evictions = new Evictions();
    this.#assumed.clear();
    this.#profiles.clear();
    this.#busy = false;
    this.#synced = false;
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

  /** Begins the next cycle unless one is running. */
  #pump(): void {
    if (this.#busy || !this.#synced || !this.running) return;
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
    this.#timers?.arm();
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
    this.#watch?.forget(pod, isRejected ? pod.metadata.uid : undefined);
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
}

interface SchedulingFailure {
  readonly message: string;
  /** A verdict, not an error. */
  readonly isRejected: boolean;
  readonly refusedBy: readonly Plugin[];
  /** The promised node; '' takes it back, null leaves it. */
  readonly nominate: string | null;
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
