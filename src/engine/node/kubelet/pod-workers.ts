/**
 * One worker per Pod: updates are merged into one that waits, rounds follow one another, and a round
 * that failed is repeated after a while.
 *
 * Models: pkg/kubelet/pod_workers.go UpdatePod, podWorkerLoop, completeWork (v1.36)
 * Simplified: the resync of 60 to 90 s after a round without errors is left out, because it would
 *             find nothing that the runtime or the API server has not reported.
 */
import type { Proc, Process } from '../../../kernel/process.ts';
import type { Latency } from '../../../kernel/rng.ts';
import { afterEvent } from './compile.ts';
import type { Round } from './containers.ts';
import type { ContainerDelay, ContainerState } from './container-machine.ts';
import { jittered, type KubeletContext } from './context.ts';
import { isTerminal } from './phase.ts';
import type { Pleg } from './pleg.ts';
import { type PodRecord, stepContainer, type Verdict } from './pod-record.ts';
import type { PodSyncer } from './sync-pod.ts';

/** From the event to the first request of the round (goldens/node/flow: bound to GET). */
const FIRST_ROUND: Latency = { p10: 2_000, p50: 9_000, p90: 50_000 };
const ROUND: Latency = { p10: 300, p50: 900, p90: 3_500 };
/** pkg/kubelet/kubelet.go backOffPeriod, workerBackOffPeriodJitterFactor, syncFrequency. */
const BACKOFF_US = 10_000_000;
const BACKOFF_JITTER_PERCENT = 50;
const RESYNC_US = 60_000_000;
/** kubelet's sync loop looks for Pods that are due once a second. */
const SYNC_TICK_US = 1_000_000;
/** Causes kept of the events that one round merges. */
const MAX_CAUSES = 8;
/**
 * A Pod that keeps failing is in a steady state of its own: from then on its retries no longer keep
 * the cluster from being settled.
 */
const STEADY_AFTER_ROUNDS = 7;

/** What ends with the Pod's next round, by the state of the container. */
const RETRIES: Partial<Record<ContainerState, ContainerDelay>> = {
  pullFailed: 'pullRetry',
  pullBackOff: 'pullRetry',
  startFailed: 'startRetry',
  crashBackOff: 'crashRetry',
};

export class PodWorkers {
  #context: KubeletContext;
  #syncer: PodSyncer;
  #pleg: Pleg;
  readonly #onFinished: (p: PodRecord) => void;

  constructor(
    context: KubeletContext,
    syncer: PodSyncer,
    pleg: Pleg,
    onFinished: (p: PodRecord) => void,
  ) {
    this.#context = context;
    this.#syncer = syncer;
    this.#pleg = pleg;
    this.#onFinished = onFinished;
  }

  /** Something happened that concerns the Pod; its cause is the kernel's present one. */
  update(p: PodRecord): void {
    if (p.finished) return;
    const { kernel, scope } = this.#context;
    this.#decideEnd(p);
    const { cause } = kernel;
    if (cause !== 0 && p.causes.length < MAX_CAUSES && !p.causes.includes(cause)) {
      p.causes.push(cause);
    }
    p.pending = true;
    if (p.working) return;
    p.working = true;
    if (p.requeue) kernel.cancel(p.requeue);
    p.requeue = null;
    const worker: Process = kernel.spawn(
      'pod worker',
      this.#work(p, () => worker),
      { scope, periodic: false },
    );
  }

  /** The kubelet ends the Pod for a reason of its own; null: it may take as long as it says. */
  kill(p: PodRecord, verdict: Verdict, graceSeconds: number | null): void {
    if (p.terminated || p.finished) return;
    p.verdict ??= verdict;
    p.graceOverride = graceSeconds;
    if (!p.terminating) {
      p.terminating = true;
      p.interrupt?.resolve();
      hasten(p);
    }
    this.update(p);
  }

  /** Deletion, removal or a terminal phase begin the end; it can only be hastened afterwards. */
  #decideEnd(p: PodRecord): void {
    const { metadata, status } = p.pod;
    const deleted = metadata.deletionTimestamp !== undefined || p.removed;
    if (!p.terminating && (deleted || isTerminal(status.phase))) {
      p.terminating = true;
      p.interrupt?.resolve();
    }
    if (!p.terminating || p.terminated) return;
    const grace = effectiveGrace(p);
    const shorter = p.graceSeconds > grace;
    p.graceSeconds = grace;
    if (shorter) hasten(p);
  }

  *#work(p: PodRecord, self: () => Process): Proc {
    const { kernel, rng } = this.#context;
    while (p.pending && !p.finished) {
      p.pending = false;
      p.mirrorOfRound = p.mirrorPending;
      p.mirrorPending = null;
      // Which sort of round it is, is settled before it waits for the runtime's state.
      const kind = p.terminated ? 'terminated' : p.terminating ? 'terminating' : 'sync';
      const first = p.status === null;
      const wait = this.#pleg.newerIn(p, p.lastSyncAt);
      if (wait > 0) {
        yield wait;
        // The event of what is seen now finds the worker at work: it asks for one more round.
        if (this.#pleg.observe(p)) p.pending = true;
      }
      const [cause = 0, ...also] = p.causes.splice(0);
      const span = kernel.begin({
        kind: 'sync',
        name: NAMES[kind],
        from: this.#context.actor,
        object: p.ref,
        parent: cause,
        also,
      });
      self().cause = span.id;
      kernel.cause = span.id;
      yield rng.latency(first ? FIRST_ROUND : ROUND);
      let round: Round | null = null;
      if (kind === 'sync') round = yield* this.#syncer.sync(p);
      else yield* this.#end(p, kind);
      kernel.end(span, { detail: { state: p.state } });
      p.lastSyncAt = kernel.now;
      this.#complete(p, round);
    }
    p.working = false;
    if (p.finished) this.#onFinished(p);
    else this.#pleg.scheduleRelist(p);
  }

  /** A round of the Pod's end, which always leads on. */
  *#end(p: PodRecord, kind: 'terminating' | 'terminated'): Proc {
    if (kind === 'terminated') {
      yield* this.#syncer.cleanUp(p);
      return;
    }
    yield* this.#syncer.terminate(p);
    p.terminated = true;
    if (p.isStatic) this.#context.mirrors.terminated();
    p.pending = true;
  }

  /** completeWork: what the round found out decides when the next one comes. */
  #complete(p: PodRecord, round: Round | null): void {
    if (!round) return;
    const { kernel } = this.#context;
    if (round.terminal) {
      p.terminating = true;
      p.graceSeconds = effectiveGrace(p);
      p.pending = true;
      return;
    }
    if (round.again) p.pending = true;
    if (!round.failed) {
      p.failedRounds = 0;
      if (round.acted) this.#pleg.requestRelist(p);
      this.#watchDeadline(p);
      // The API server may lack its mirror: the resync makes another one.
      if (p.isStatic && !p.mirror && !p.requeue) {
        this.#requeue(p, jittered(this.#context.rng, RESYNC_US, BACKOFF_JITTER_PERCENT), true);
      }
      return;
    }
    p.failedRounds++;
    let wait = round.retryInUs ?? BACKOFF_US;
    if (round.backoffEndsAt !== null) {
      wait = Math.min(Math.max(0, round.backoffEndsAt - kernel.now), RESYNC_US);
    }
    const steady = round.steady || p.failedRounds > STEADY_AFTER_ROUNDS;
    this.#requeue(p, jittered(this.#context.rng, wait, BACKOFF_JITTER_PERCENT), steady);
  }

  #requeue(p: PodRecord, us: number, periodic: boolean): void {
    const { kernel, scope } = this.#context;
    const due = kernel.now + us;
    const tick = this.#pleg.lastRelist(due);
    const at = tick === due ? due : tick + SYNC_TICK_US;
    p.requeue = kernel.at(at, () => this.#retry(p), { scope, periodic });
  }

  /** The delays of its containers are over: they may be tried again. */
  #retry(p: PodRecord): void {
    p.requeue = null;
    for (const c of p.containers) {
      const delay = RETRIES[c.state];
      if (delay) stepContainer(p, c, afterEvent(delay));
    }
    this.update(p);
  }

  /** The kubelet asks every second; here it is asked when the deadline has come. */
  #watchDeadline(p: PodRecord): void {
    const seconds = p.pod.spec.activeDeadlineSeconds;
    const start = p.status?.startTime;
    if (seconds === undefined || start === undefined || p.verdict || p.requeue) return;
    const { kernel } = this.#context;
    const left = Date.parse(start) + seconds * 1_000 - kernel.nowMs;
    // A deadline that is far away is no reason to hurry towards it.
    const us = Math.max(0, left) * 1_000;
    this.#requeue(p, us, us > RESYNC_US);
  }
}

/** The context of the running round is cancelled: what it stops will be stopped anew. */
function hasten({ hasten: listeners }: PodRecord): void {
  for (const tell of [...(listeners ?? [])]) tell();
}

const NAMES = {
  sync: 'SyncPod',
  terminating: 'SyncTerminatingPod',
  terminated: 'SyncTerminatedPod',
} as const;

/** calculateEffectiveGracePeriod: it only ever decreases, and is at least a second. */
function effectiveGrace(p: PodRecord): number {
  const { metadata, spec } = p.pod;
  let grace = p.graceSeconds;
  const wanted = metadata.deletionGracePeriodSeconds;
  if (wanted !== undefined && (grace === 0 || wanted < grace)) grace = wanted;
  else if (grace === 0) grace = spec.terminationGracePeriodSeconds ?? 0;
  const own = p.graceOverride;
  if (own !== null && (own < grace || grace === 0)) grace = own;
  return Math.max(1, grace);
}
