/**
 * The worker of one probe of one container: when it runs, and what follows from how it ends.
 *
 * Models:     pkg/kubelet/prober/worker.go (v1.36)
 * Simplified: ticks at which the worker would find nothing to do are left out; those that follow
 *             come at the times at which they would have come.
 */
import type { Container, ContainerStatus, Probe } from '../../../../api/generated/types.ts';
import type { Timer } from '../../../../kernel/event-queue.ts';
import type { Proc } from '../../../../kernel/process.ts';
import { type KubeletContext, recordPodEvent } from '../context.ts';
import { isTerminal } from '../phase.ts';
import type { ContainerRecord, PodRecord } from '../pod-record.ts';
import { allShouldRestart, isSidecar, shouldRestart } from '../restart-policy.ts';
import type { ProbeOutcome } from './outcome.ts';
import { runProbe } from './run-probe.ts';

export type ProbeKind = 'startup' | 'readiness' | 'liveness';
export type Result = 'success' | 'failure' | 'unknown';

const SECOND_US = 1_000_000;
/** k8s API defaults, for Pods that come from files without them. */
const PERIOD_SECONDS = 10;
const FAILURE_THRESHOLD = 3;
/** A probe that has not succeeded by then is in a steady state of its own. */
const SETTLING_RUNS = 10;
/** Nobody waits for one that runs less often. */
const SETTLING_PERIOD_US = 60_000_000;

const NAMES = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' } as const;
/** newWorker: what counts before the first result. */
const INITIAL: Readonly<Record<ProbeKind, Result>> = {
  startup: 'unknown',
  readiness: 'failure',
  liveness: 'success',
};

export interface WorkerHost {
  readonly context: KubeletContext;
  /** Containers that began before had been started by an earlier kubelet. */
  readonly adoptedBefore: number;
  /** The result of a container has changed. */
  onResult(worker: ProbeWorker): void;
  onEnd(worker: ProbeWorker): void;
}

/** What there is to do at a tick. */
type Step = 'probe' | 'park' | 'exit' | { readonly notBefore: number };

export class ProbeWorker {
  readonly p: PodRecord;
  readonly record: ContainerRecord;
  readonly kind: ProbeKind;
  readonly container: Container;
  readonly probe: Probe;
  /** `containerd://…` of the container that `result` is about; '' before there is one. */
  containerId = '';
  /** Null: there is none yet. */
  result: Result | null = null;
  /** The last runs: all of them ended alike. */
  lastRun: Result | null = null;
  runsAlike = 0;
  /** When it last ran; null: never. */
  ranAt: number | null = null;
  readonly #host: WorkerHost;
  readonly #periodUs: number;
  #nextTick: number;
  #timer: Timer | null = null;
  #running = false;
  #triggered = false;
  #stopped = false;
  #ended = false;
  #onHold = false;
  #runs = 0;

  constructor(
    host: WorkerHost,
    p: PodRecord,
    record: ContainerRecord,
    kind: ProbeKind,
    probe: Probe,
  ) {
    this.#host = host;
    this.p = p;
    this.record = record;
    this.container = record.spec;
    this.kind = kind;
    this.probe = probe;
    this.#periodUs = (probe.periodSeconds ?? PERIOD_SECONDS) * SECOND_US;
    this.#nextTick = host.context.kernel.now;
  }

  /** The first run comes at once, or after |delayUs|. */
  start(delayUs: number): void {
    this.#nextTick += delayUs;
    if (delayUs === 0) this.#tick();
    else this.#schedule();
  }

  /** When it runs next by itself; null: not before something changes. */
  get nextRunAt(): number | null {
    return this.#timer ? this.#nextTick : null;
  }

  /** A manual run: the ticks that follow are counted from it. */
  trigger(): void {
    if (this.#ended) return;
    this.#triggered = true;
    if (!this.#running) this.#next();
  }

  /** The status of the Pod has changed: there may be something to do at the next tick. */
  wake(): void {
    if (this.#ended || this.#running || this.#timer) return;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    if (!this.#running) this.#end();
  }

  #tick(): void {
    this.#timer = null;
    this.#nextTick += this.#periodUs;
    this.#act();
  }

  #act(): void {
    const step = this.#step();
    if (step === 'probe') {
      this.#running = true;
      const { kernel, scope } = this.#host.context;
      kernel.spawn('probe', this.#run(), { scope });
    } else if (step === 'exit') {
      this.#end();
    } else if (step !== 'park') {
      this.#skipTo(step.notBefore);
      this.#next();
    } else if (this.#triggered) {
      this.#next();
    }
  }

  /** After a run: what came meanwhile, then the next tick. */
  #next(): void {
    if (this.#ended) return;
    if (this.#stopped) {
      this.#end();
    } else if (this.#triggered) {
      this.#triggered = false;
      if (this.#timer) this.#host.context.kernel.cancel(this.#timer);
      this.#timer = null;
      this.#nextTick = this.#host.context.kernel.now + this.#periodUs;
      this.#act();
    } else {
      this.#schedule();
    }
  }

  /** A tick that came while it ran is not lost; further ones are. */
  #schedule(): void {
    const { kernel, scope } = this.#host.context;
    const { now } = kernel;
    if (this.#running) return;
    const missed = this.#nextTick < now;
    if (missed && this.#ranAtTick()) {
      const late = Math.floor((now - this.#nextTick) / this.#periodUs) * this.#periodUs;
      this.#nextTick += late;
    } else if (missed) {
      this.#skipTo(now);
    }
    const periodic = this.#isSteady();
    this.#timer = kernel.at(this.#nextTick, () => this.#tick(), { scope, periodic, cause: 0 });
  }

  /** The tick was missed because of a run that lasted until now. */
  #ranAtTick(): boolean {
    return this.ranAt !== null && this.ranAt === this.#host.context.kernel.now;
  }

  /** The first tick at or after |at|. */
  #skipTo(at: number): void {
    const missing = at - this.#nextTick;
    if (missing > 0) this.#nextTick += Math.ceil(missing / this.#periodUs) * this.#periodUs;
  }

  #isSteady(): boolean {
    if (this.kind === 'liveness' || this.#periodUs > SETTLING_PERIOD_US) return true;
    return this.result === 'success' || this.#runs >= SETTLING_RUNS;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#timer) this.#host.context.kernel.cancel(this.#timer);
    this.#timer = null;
    this.#host.onEnd(this);
  }

  /** `containerd://…` of the container that is there now; null when there is none. */
  get runningId(): string | null {
    const id = this.p.observed.containers.get(this.record.name)?.id;
    return id === undefined ? null : `${this.#host.context.runtime.runtimeName}://${id}`;
  }

  /** doProbe up to where the container is asked. */
  #step(): Step {
    const status = this.p.status ?? this.p.pod.status;
    if (isTerminal(status.phase)) return 'exit';
    const { name } = this.container;
    const find = (list: readonly ContainerStatus[] = []): ContainerStatus | undefined =>
      list.find((s) => s.name === name && s.containerID !== undefined);
    const c = find(status.containerStatuses) ?? find(status.initContainerStatuses);
    if (c?.containerID === undefined) return 'park';
    if (c.containerID !== this.containerId) this.#adopt(c, c.containerID);
    if (this.#onHold) return 'park';
    const { running, terminated } = c.state;
    if (!running) {
      this.#set('failure');
      if (!terminated) return 'park';
      const { pod, observed } = this.p;
      const again =
        shouldRestart(this.container, pod, terminated.exitCode) ||
        allShouldRestart(pod, observed, status);
      return again ? 'park' : 'exit';
    }
    const { kernel } = this.#host.context;
    const delayMs = (this.probe.initialDelaySeconds ?? 0) * 1_000;
    const dueMs = Date.parse(running.startedAt ?? '') + delayMs;
    if (kernel.nowMs < dueMs) {
      return { notBefore: (dueMs - kernel.epochMs) * 1_000 };
    }
    // A startup probe is over once it has succeeded; the others wait for it.
    return (c.started === true) === (this.kind === 'startup') ? 'park' : 'probe';
  }

  /** A container that this worker has not seen yet. */
  #adopt(c: ContainerStatus, id: string): void {
    this.containerId = id;
    this.result = null;
    this.#onHold = false;
    const { running } = c.state;
    const since = Date.parse(running?.startedAt ?? '');
    const adopted = running !== undefined && since < this.#host.adoptedBefore;
    // What an earlier kubelet has found out is not forgotten at once.
    if (isSidecar(this.container) && this.kind === 'startup' && c.started) this.#set('success');
    if (!adopted) this.#set(INITIAL[this.kind]);
  }

  *#run(): Proc {
    const id = this.containerId;
    const outcome = yield* runProbe(this.#host.context, this.p, this.container, this.probe);
    this.#running = false;
    this.#runs++;
    this.ranAt = this.#host.context.kernel.now;
    this.#tell(outcome);
    this.p.eyes?.probed({
      container: this.record.name,
      probe: this.kind,
      ok: outcome.kind === 'success' || outcome.kind === 'warning',
      message: outcome.kind === 'success' ? '' : outcome.message,
    });
    // Somebody else's result: the container has been replaced meanwhile.
    if (outcome.kind !== 'error' && id === this.containerId) {
      this.#count(outcome.kind === 'failure' ? 'failure' : 'success');
    }
    this.#next();
  }

  #tell(outcome: ProbeOutcome): void {
    if (outcome.kind === 'success') return;
    const { context } = this.#host;
    const { message } = outcome;
    const name = NAMES[this.kind];
    const warning = outcome.kind === 'warning';
    const text = {
      warning: `${name} probe warning: ${message}`,
      failure: `${name} probe failed: ${message}`,
      error: `${name} probe errored and resulted in unknown state: ${message}`,
    }[outcome.kind];
    const reason = warning ? 'ProbeWarning' : 'Unhealthy';
    recordPodEvent(context, this.p, 'Warning', reason, text, this.record);
  }

  #count(run: Result): void {
    this.runsAlike = this.lastRun === run ? this.runsAlike + 1 : 1;
    this.lastRun = run;
    const { failureThreshold = FAILURE_THRESHOLD, successThreshold = 1 } = this.probe;
    if (this.runsAlike < (run === 'failure' ? failureThreshold : successThreshold)) return;
    this.#set(run);
    // Nothing more is to be found out about this container.
    if (this.kind === 'startup' || (this.kind === 'liveness' && run === 'failure')) {
      this.#onHold = true;
      this.runsAlike = 0;
    }
  }

  #set(result: Result): void {
    if (this.result === result) return;
    this.result = result;
    this.#host.onResult(this);
  }
}
