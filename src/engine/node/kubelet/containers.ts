/**
 * Starting and stopping single containers: the effects of the container machine.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer, killContainer and
 * kuberuntime_manager.go doBackOff (v1.36)
 * Simplified: no lifecycle hooks.
 */
import { assert, EngineAssertion } from '../../../kernel/assert.ts';
import type { Timer } from '../../../kernel/event-queue.ts';
import { type Proc, wait } from '../../../kernel/process.ts';
import { Future } from '../../../kernel/wait.ts';
import type { PulledImage } from '../runtime/images.ts';
import { StartError } from '../runtime/process-runner.ts';
import { type ContainerInfo, RuntimeError } from '../runtime/runtime-types.ts';
import { Backoff } from './backoff.ts';
import { afterEvent } from './compile.ts';
import { containerConfig } from './container-config.ts';
import type { ContainerEffect, ContainerEvent } from './container-machine.ts';
import { goDuration, type KubeletContext, recordPodEvent } from './context.ts';
import type { EnvSources } from './container-env.ts';
import { ImagePuller } from './image-puller.ts';
import { type ContainerRecord, type PodRecord, stepContainer } from './pod-record.ts';
import { MissingReference } from './references.ts';
import { shouldBeStarted } from './restart-policy.ts';

/** killContainer never gives less (minimumGracePeriodInSeconds). */
const MINIMUM_GRACE_SECONDS = 2;

/**
 * A container that is to wait this long has crashed five times: a crash loop is its steady state, and
 * waiting for the next attempt no longer keeps the cluster from being settled.
 */
const STEADY_BACKOFF_US = 80_000_000;

/** What a round of a Pod's worker found out. */
export interface Round {
  /** The Pod has come to its end by itself. */
  terminal: boolean;
  failed: boolean;
  /** Something was done to the runtime. */
  acted: boolean;
  /** When the first back-off that stood in the way ends; null: none did. */
  backoffEndsAt: number | null;
  /** It has been failing for so long that this is what the Pod does. */
  steady: boolean;
}

interface RunningStop {
  readonly pod: PodRecord;
  readonly ended: Future<boolean>;
  timer: Timer;
}

/** What is known of a container while it is being started. */
interface Attempt {
  image: PulledImage | null;
  id: string;
  readonly round: Round;
}

export class Containers {
  #context: KubeletContext;
  #crashes = new Backoff();
  #stops = new Set<RunningStop>();
  readonly puller: ImagePuller;
  readonly #sources: (p: PodRecord) => EnvSources;

  constructor(context: KubeletContext, sources: (p: PodRecord) => EnvSources) {
    this.#context = context;
    this.puller = new ImagePuller(context);
    this.#sources = sources;
  }

  /** Tries to start a container that is to run; the machine says step by step how. */
  *start(p: PodRecord, c: ContainerRecord, round: Round): Proc {
    const attempt: Attempt = { image: null, id: '', round };
    round.acted = true;
    let event: ContainerEvent | null = this.#mayStart(p, c) ? 'START' : 'BACK_OFF';
    while (event) {
      const effects = stepContainer(p, c, event);
      event = null;
      for (const effect of effects) {
        // Delays end with the Pod's next round: requeue in pod-workers.ts supplies their value.
        if (effect.type === 'do') event = yield* this.#effect(effect.name, p, c, attempt);
      }
    }
    if (c.state !== 'running') round.failed = true;
  }

  /** Stops a running container and waits until it has ended. */
  *stop(p: PodRecord, c: ContainerRecord, message: string, graceSeconds: number): Proc {
    const { kernel, runtime } = this.#context;
    const running = runtime.container(p.identity.uid, c.name);
    recordPodEvent(this.#context, p, 'Normal', 'Killing', message, c);
    if (!running || running.info.state !== 'running') return;
    const { id } = running.info;
    const grace = Math.max(MINIMUM_GRACE_SECONDS, graceSeconds);
    const detail = { container: c.name, graceSeconds: grace };
    const span = runtime.beginCall('StopContainer', p.ref, detail);
    const ended = new Future<boolean>();
    running.onExit(() => ended.resolve(true));
    // `gracePeriod` of the machine, with the value that the kubelet gives it.
    const timer = kernel.after(grace * 1_000_000, () => ended.resolve(false));
    const stop: RunningStop = { pod: p, ended, timer };
    this.#stops.add(stop);
    this.#signal(p, c, 'KILL', id);
    const inTime = yield* wait(ended);
    this.#stops.delete(stop);
    kernel.cancel(stop.timer);
    if (!inTime) {
      const gone = new Future<void>();
      running.onExit(() => gone.resolve());
      this.#signal(p, c, afterEvent('gracePeriod'), id);
      yield* wait(gone);
    }
    yield* runtime.finishStop();
    kernel.end(span, { detail: { exitCode: running.info.exitCode } });
    this.exited(p, c, running.info);
  }

  /** The grace period has become shorter while containers are being stopped. */
  hurry(p: PodRecord, graceSeconds: number): void {
    const { kernel } = this.#context;
    for (const stop of this.#stops) {
      if (stop.pod !== p) continue;
      kernel.cancel(stop.timer);
      const us = Math.max(MINIMUM_GRACE_SECONDS, graceSeconds) * 1_000_000;
      stop.timer = kernel.after(us, () => stop.ended.resolve(false));
    }
  }

  /** A container has been seen to have ended: what becomes of it is decided here. */
  exited(p: PodRecord, c: ContainerRecord, info: ContainerInfo): void {
    const again = !p.terminating && shouldBeStarted(c.spec, p.pod, info);
    switch (c.state) {
      case 'running':
      case 'stopping':
      case 'killing':
        stepContainer(p, c, again ? 'EXITED_RESTART' : 'EXITED_FINAL');
        return;
      case 'exited':
        if (!again) stepContainer(p, c, 'EXITED_FINAL');
        return;
      default:
      // It was known already.
    }
  }

  /** The sandbox is being replaced, or the Pod is new to this kubelet. */
  reset(p: PodRecord, c: ContainerRecord): void {
    stepContainer(p, c, 'RESET');
    c.failure = null;
  }

  /** Until when a container waits in its back-off, in microseconds; null when it does not wait. */
  backoffEndsAt(p: PodRecord, c: ContainerRecord): number | null {
    if (c.state === 'pullBackOff' || c.state === 'pullFailed') {
      return this.puller.backoffEndsAt(p, c);
    }
    const at = p.observed.containers.get(c.name)?.finishedAt;
    if (c.state !== 'crashBackOff' || at == null) return null;
    return this.#crashes.endsAt(crashKey(p, c), at);
  }

  forget(p: PodRecord): void {
    for (const c of p.containers) this.#crashes.forget(crashKey(p, c));
    this.puller.forget(p);
  }

  #signal(
    p: PodRecord,
    c: ContainerRecord,
    event: 'KILL' | ReturnType<typeof afterEvent<'gracePeriod'>>,
    id: string,
  ): void {
    for (const effect of stepContainer(p, c, event)) {
      if (effect.type !== 'do') continue;
      if (effect.name === 'sendStopSignal') this.#context.runtime.sendStopSignal(id);
      else if (effect.name === 'sendKill') this.#context.runtime.kill(id);
    }
  }

  /** doBackOff: an exit counts from when it happened; an attempt that is allowed counts as failed. */
  #mayStart(p: PodRecord, c: ContainerRecord): boolean {
    const info = p.observed.containers.get(c.name);
    if (info?.state !== 'exited') return true;
    const { now } = this.#context.kernel;
    const key = crashKey(p, c);
    const at = info.finishedAt ?? info.createdAt;
    if (this.#crashes.lastsSince(key, at, now)) return false;
    this.#crashes.next(key, at, now);
    return true;
  }

  #effect(
    effect: ContainerEffect,
    p: PodRecord,
    c: ContainerRecord,
    attempt: Attempt,
  ): Proc<ContainerEvent | null> {
    switch (effect) {
      case 'ensureImage':
        return this.#ensureImage(p, c, attempt);
      case 'createContainer':
        return this.#create(p, c, attempt);
      case 'startContainer':
        return this.#startCreated(p, c, attempt);
      case 'recordBackOff':
        return this.#inBackOff(p, c, attempt);
      case 'sendStopSignal':
      case 'sendKill':
        // Part of `stop`, which holds the container's id.
        throw new EngineAssertion(`${p.ref} ${c.name}: ${effect} while it is being started`);
    }
  }

  *#ensureImage(p: PodRecord, c: ContainerRecord, attempt: Attempt): Proc<ContainerEvent | null> {
    const result = yield* this.puller.ensure(p, c);
    if (result.ok) {
      attempt.image = result.image;
      return 'IMAGE_READY';
    }
    this.#failed(p, c, result.reason, result.message, result.reason);
    return result.event;
  }

  *#create(p: PodRecord, c: ContainerRecord, attempt: Attempt): Proc<ContainerEvent | null> {
    const { runtime } = this.#context;
    assert(attempt.image, `${p.ref} ${c.name}: created before its image was there`);
    try {
      const sources = this.#sources(p);
      const config = yield* containerConfig(this.#context, p, c, attempt.image, sources);
      const info = yield* runtime.createContainer(p.identity.uid, config);
      attempt.id = info.id;
    } catch (error) {
      if (!(error instanceof MissingReference) && !(error instanceof RuntimeError)) throw error;
      const config = error instanceof MissingReference;
      const reason = config ? 'CreateContainerConfigError' : 'CreateContainerError';
      this.#failed(p, c, reason, error.message, error.message);
      return 'CREATE_FAILED';
    }
    c.startedImage = c.spec.image ?? '';
    recordPodEvent(this.#context, p, 'Normal', 'Created', 'Container created', c);
    return 'CREATED';
  }

  *#startCreated(p: PodRecord, c: ContainerRecord, attempt: Attempt): Proc<ContainerEvent | null> {
    try {
      yield* this.#context.runtime.startContainer(attempt.id);
    } catch (error) {
      if (!(error instanceof StartError) && !(error instanceof RuntimeError)) throw error;
      const text = error instanceof StartError ? error.startMessage : error.message;
      this.#failed(p, c, 'RunContainerError', text, text);
      return 'START_FAILED';
    }
    recordPodEvent(this.#context, p, 'Normal', 'Started', 'Container started', c);
    c.failure = null;
    return 'STARTED';
  }

  /** Takes no time, but is one of the effects, which are all processes. */
  *#inBackOff(p: PodRecord, c: ContainerRecord, attempt: Attempt): Proc<ContainerEvent | null> {
    const { name, namespace, uid } = p.identity;
    const key = crashKey(p, c);
    const info = p.observed.containers.get(c.name);
    const pod = `${name}_${namespace}(${uid})`;
    const event = `Back-off restarting failed container ${c.name} in pod ${pod}`;
    recordPodEvent(this.#context, p, 'Warning', 'BackOff', event, c);
    const wait = goDuration(this.#crashes.get(key));
    const message = `back-off ${wait} restarting failed container=${c.name} pod=${pod}`;
    c.failure = { reason: 'CrashLoopBackOff', message };
    const ends = this.#crashes.endsAt(key, info?.finishedAt ?? this.#context.kernel.now);
    const { round } = attempt;
    round.backoffEndsAt = Math.min(ends, round.backoffEndsAt ?? ends);
    if (this.#crashes.get(key) >= STEADY_BACKOFF_US) round.steady = true;
    return null;
  }

  #failed(p: PodRecord, c: ContainerRecord, reason: string, message: string, shown: string): void {
    recordPodEvent(this.#context, p, 'Warning', 'Failed', `Error: ${shown}`, c);
    c.failure = { reason, message };
  }
}

/** GetBackoffKey: another image is another container. */
function crashKey(p: PodRecord, c: ContainerRecord): string {
  return `${p.identity.uid}_${c.name}_${c.spec.image}`;
}
