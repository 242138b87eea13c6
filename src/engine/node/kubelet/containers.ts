/**
 * Starting and stopping single containers: the effects of the container machine.
 *
 * Models: pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer and
 * kuberuntime_manager.go doBackOff (v1.36)
 */
import { assert, EngineAssertion } from '../../../kernel/assert.ts';
import type { Proc } from '../../../kernel/process.ts';
import type { PulledImage } from '../runtime/images.ts';
import { StartError } from '../runtime/process-runner.ts';
import { type ContainerInfo, RuntimeError } from '../runtime/runtime-types.ts';
import { Backoff } from './backoff.ts';
import { containerConfig } from './container-config.ts';
import type { ContainerEffect, ContainerEvent } from './container-machine.ts';
import { type Stop, stopContainer } from './container-stop.ts';
import { goDuration, type KubeletContext, recordPodEvent } from './context.ts';
import type { EnvSources } from './container-env.ts';
import { runHook } from './handler.ts';
import { ImagePuller } from './image-puller.ts';
import { type ContainerRecord, type PodRecord, stepContainer } from './pod-record.ts';
import { MissingReference } from './references.ts';
import { containerResources } from './resize-action.ts';
import { gracePeriodSeconds, shouldBeStarted } from './restart-policy.ts';

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
  /** What failed is expected to pass soon: when to try again; null: as usual. */
  retryInUs: number | null;
  /** The next round is to come at once. */
  again: boolean;
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
  readonly puller: ImagePuller;
  readonly #sources: (p: PodRecord) => EnvSources;

  constructor(context: KubeletContext, sources: (p: PodRecord) => EnvSources) {
    this.#context = context;
    this.puller = new ImagePuller(context, context.imageRecords, context.parallelPulls);
    this.#sources = sources;
  }

  /** Tries to start a container that is to run; the machine says step by step how. */
  *start(p: PodRecord, c: ContainerRecord, round: Round): Proc {
    // What began before the Pod was to end is cancelled with the context of the round.
    if (p.terminating) return;
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
  *stop(p: PodRecord, c: ContainerRecord, stop: Stop): Proc {
    if (!(yield* stopContainer(this.#context, p, c, stop))) return;
    const ended = this.#context.runtime.container(p.identity.uid, c.name);
    if (ended) this.exited(p, c, ended.info, stop.again);
  }

  /** UpdateContainerResources: the running container gets what the Pod is allowed by now. */
  *resize(p: PodRecord, c: ContainerRecord): Proc {
    const resources = containerResources(p.pod, c.spec);
    yield* this.#context.runtime.updateContainerResources(p.identity.uid, c.name, resources);
    c.actuated = resources;
  }

  /** A container has been seen to have ended: what becomes of it is decided here. */
  exited(p: PodRecord, c: ContainerRecord, info: ContainerInfo, wanted = false): void {
    const again = !p.terminating && (wanted || shouldBeStarted(c.spec, p.pod, info));
    switch (c.state) {
      case 'postStart':
      case 'running':
      case 'preStop':
      case 'awaitingTurn':
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

  /** doBackOff: an exit counts from when it happened; an attempt that is allowed counts as failed. */
  #mayStart(p: PodRecord, c: ContainerRecord): boolean {
    const info = lastExited(p, c);
    if (!info) return true;
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
      case 'runPostStart':
        return this.#postStart(p, c, attempt);
      case 'runPreStop':
      case 'sendStopSignal':
      case 'sendKill':
        // Part of `stop`, which holds the container's id.
        throw new EngineAssertion(`${p.ref} ${c.name}: ${effect} while it is being started`);
    }
  }

  *#ensureImage(p: PodRecord, c: ContainerRecord, attempt: Attempt): Proc<ContainerEvent | null> {
    const missing = this.puller.volumeFailures(p, c);
    for (const { message, reason } of missing) this.#failed(p, c, reason, message, reason);
    const last = missing.at(-1);
    if (last) return last.event;
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
      c.actuated = config.resources ?? null;
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
    return c.spec.lifecycle?.postStart ? 'POST_START' : 'STARTED';
  }

  /** A container whose hook has failed is ended, and counts as one that could not be started. */
  *#postStart(p: PodRecord, c: ContainerRecord, { round }: Attempt): Proc<ContainerEvent | null> {
    const { lifecycle } = c.spec;
    assert(lifecycle?.postStart, `${p.ref} ${c.name}: its postStart hook is gone`);
    const message = yield* runHook(this.#context, p, c, 'PostStart', lifecycle.postStart);
    if (message === null) return 'HOOK_DONE';
    // The message is not told here, because it may hold secrets.
    const text = 'PostStartHook failed';
    recordPodEvent(this.#context, p, 'Warning', 'FailedPostStartHook', text, c);
    const graceSeconds = gracePeriodSeconds(p.pod, c.spec, null);
    yield* this.stop(p, c, { message: 'FailedPostStartHook', graceSeconds });
    c.failure = { reason: 'PostStartHookError', message };
    round.failed = true;
    return null;
  }

  /** Takes no time, but is one of the effects, which are all processes. */
  *#inBackOff(p: PodRecord, c: ContainerRecord, attempt: Attempt): Proc<ContainerEvent | null> {
    const { name, namespace, uid } = p.identity;
    const key = crashKey(p, c);
    const info = lastExited(p, c);
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

/** As the round has found it: what this round itself has ended does not count. */
function lastExited(p: PodRecord, c: ContainerRecord): ContainerInfo | undefined {
  for (const seen of [p.observed.containers, p.observed.previous]) {
    const info = seen.get(c.name);
    if (info?.state === 'exited') return info;
  }
  return undefined;
}

/** GetBackoffKey: another image is another container. */
function crashKey(p: PodRecord, c: ContainerRecord): string {
  return `${p.identity.uid}_${c.name}_${c.spec.image}`;
}
