/**
 * One round of a Pod's worker: publish what is, then do what is missing. The Pod machine says what
 * comes after what; its effects are here.
 *
 * Models: pkg/kubelet/kubelet.go SyncPod, SyncTerminatingPod, SyncTerminatedPod;
 * kuberuntime/kuberuntime_manager.go SyncPod, computePodActions; kuberuntime_container.go
 * computeInitContainerActions (v1.36)
 * Watches and writes: through the status manager, pods/status; serviceaccounts/token for volumes.
 */
import type { PodStatus } from '../../../api/generated/types.ts';
import { ApiError } from '../../../api/meta/status.ts';
import { all, type Proc, wait } from '../../../kernel/process.ts';
import type { Latency } from '../../../kernel/rng.ts';
import { Future } from '../../../kernel/wait.ts';
import { isRefusal } from '../../client/refusal.ts';
import { SandboxError } from '../runtime/runtime-types.ts';
import { type AfterEvent, afterEvent } from './compile.ts';
import type { StartFailure } from './container-status.ts';
import type { Containers, Round } from './containers.ts';
import { type KubeletContext, nowText, recordPodEvent, timeText } from './context.ts';
import { isTerminal } from './phase.ts';
import type { Pleg } from './pleg.ts';
import type { PodDelay, PodEffect, PodEvent } from './pod-machine.ts';
import {
  appRecords,
  type ContainerRecord,
  initRecords,
  type PodRecord,
  stepInit,
  stepPod,
} from './pod-record.ts';
import { podStatus } from './pod-status.ts';
import { MissingReference } from './references.ts';
import { shouldBeStarted, shouldRestart } from './restart-policy.ts';
import type { StatusManager } from './status-manager.ts';
import { mountVolume } from './volumes.ts';

/** Before the token is asked for: volume manager's loop of 100 ms (goldens/node/flow: 24/142/261 ms). */
const BEFORE_MOUNT: Latency = { p10: 18_000, p50: 120_000, p90: 230_000 };
/** pkg/kubelet/volumemanager podAttachAndMountRetryInterval, podAttachAndMountTimeout. */
const MOUNT_POLL_US = 300_000;
const MOUNT_TIMEOUT_US = 123_000_000;
/** pkg/util/goroutinemap/exponentialbackoff: 0.5 s doubling to 2 m 2 s. */
const MOUNT_RETRY_US = 500_000;
const MOUNT_RETRY_MAX_US = 122_000_000;
/** After a minute of tries, what is missing is not on its way: waiting for it is a steady state. */
const STEADY_MOUNT_TRIES = 6;
/** Unmounting, seen by loops of 100 ms. */
const UNMOUNT: Latency = { p10: 60_000, p50: 150_000, p90: 300_000 };

const DEADLINE = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
};

export class PodSyncer {
  #context: KubeletContext;
  #containers: Containers;
  #statuses: StatusManager;
  #pleg: Pleg;
  #mountTries = new Map<PodRecord, { tries: number; since: number }>();

  constructor(
    context: KubeletContext,
    containers: Containers,
    statuses: StatusManager,
    pleg: Pleg,
  ) {
    this.#context = context;
    this.#containers = containers;
    this.#statuses = statuses;
    this.#pleg = pleg;
  }

  *sync(p: PodRecord): Proc<Round> {
    const round = newRound();
    const status = this.#status(p, false);
    this.#statuses.set(p, status);
    if (isTerminal(status.phase)) {
      round.terminal = true;
      return round;
    }
    try {
      yield* this.#drive(p, this.#sandboxChanged(p) ? 'SANDBOX_CHANGED' : 'SYNC', round);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      round.failed = true;
    }
    return round;
  }

  /** SyncTerminatingPod. */
  *terminate(p: PodRecord): Proc {
    this.#statuses.set(p, this.#status(p, false));
    yield* this.#drive(p, p.state === 'terminating' ? 'SYNC' : 'TERMINATE', newRound());
  }

  /** SyncTerminatedPod, after the machine has come to `terminated`. */
  *cleanUp(p: PodRecord): Proc {
    yield* this.#drive(p, 'SYNC', newRound());
  }

  *#drive(p: PodRecord, first: PodEvent, round: Round): Proc {
    let event: PodEvent | AfterEvent<PodDelay> | null = first;
    while (event) {
      const effects = stepPod(p, event);
      event = null;
      for (const effect of effects) {
        if (effect.type === 'do') event = yield* this.#effect(effect.name, p, round);
        else if (effect.type === 'after') event = yield* this.#delay(effect.delay, p, round);
      }
    }
  }

  /** Mounts are tried again within the round; a sandbox in the next one. */
  *#delay(delay: PodDelay, p: PodRecord, round: Round): Proc<AfterEvent<PodDelay> | null> {
    const mount = this.#mountTries.get(p);
    if (delay === 'sandboxRetry' || !mount) {
      round.failed = true;
      return null;
    }
    const { kernel } = this.#context;
    const left = mount.since + MOUNT_TIMEOUT_US - kernel.now;
    const pause = Math.min(MOUNT_RETRY_US * 2 ** (mount.tries - 1), MOUNT_RETRY_MAX_US);
    yield* this.#pause(p, Math.min(pause, left), mount.tries > STEADY_MOUNT_TRIES);
    if (p.terminating || kernel.now - mount.since >= MOUNT_TIMEOUT_US) {
      if (!p.terminating) this.#mountTimeout(p);
      this.#mountTries.delete(p);
      round.failed = true;
      return null;
    }
    return afterEvent('mountRetry');
  }

  #effect(effect: PodEffect, p: PodRecord, round: Round): Proc<PodEvent | null> {
    switch (effect) {
      case 'mountVolumes':
        return this.#mountVolumes(p);
      case 'runSandbox':
        return this.#runSandbox(p, round);
      case 'syncInit':
        return this.#syncInit(p, round);
      case 'syncContainers':
        return this.#syncContainers(p, round);
      case 'resetSandbox':
        return this.#resetSandbox(p, round);
      case 'killContainers':
        return this.#killContainers(p);
      case 'cleanUp':
        return this.#cleanUp(p);
    }
  }

  *#mountVolumes(p: PodRecord): Proc<PodEvent | null> {
    const { kernel, rng } = this.#context;
    const volumes = p.pod.spec.volumes ?? [];
    if (volumes.length === 0) return 'MOUNTED';
    const since = kernel.now;
    const tries = this.#mountTries.get(p) ?? { tries: 0, since };
    if (tries.tries === 0) yield rng.latency(BEFORE_MOUNT);
    for (const volume of volumes) {
      try {
        yield* mountVolume(this.#context, p.pod, volume);
      } catch (error) {
        if (!(error instanceof MissingReference) && !(error instanceof ApiError)) throw error;
        const message = `MountVolume.SetUp failed for volume "${volume.name}" : ${error.message}`;
        recordPodEvent(this.#context, p, 'Warning', 'FailedMount', message);
        tries.tries++;
        this.#mountTries.set(p, tries);
        return 'MOUNT_FAILED';
      }
    }
    this.#mountTries.delete(p);
    // WaitForAttachAndMount looks every 300 ms, counted from its start.
    const waited = kernel.now - tries.since;
    yield Math.ceil(waited / MOUNT_POLL_US) * MOUNT_POLL_US - waited;
    return 'MOUNTED';
  }

  #mountTimeout(p: PodRecord): void {
    const { volumes } = this.#context;
    const missing = (p.pod.spec.volumes ?? []).map((v) => v.name);
    const unmounted = missing.filter((name) => !volumes.get(p.identity.uid, name)).join(' ');
    const message =
      `Unable to attach or mount volumes: unmounted volumes=[${unmounted}], ` +
      'unattached volumes=[], failed to process volumes=[]: context deadline exceeded';
    recordPodEvent(this.#context, p, 'Warning', 'FailedMount', message);
  }

  *#runSandbox(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const { runtime } = this.#context;
    const old = runtime.status(p.identity.uid).sandbox;
    round.acted = true;
    try {
      const attempt = old ? old.attempt + 1 : 0;
      yield* runtime.runPodSandbox(p.identity, attempt, p.pod.spec.hostNetwork === true);
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      const message = `Failed to create pod sandbox: ${error.message}`;
      recordPodEvent(this.#context, p, 'Warning', 'FailedCreatePodSandBox', message);
      return 'SANDBOX_FAILED';
    }
    this.#statuses.sandboxReady(p);
    return 'SANDBOX_READY';
  }

  *#syncInit(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const list = initRecords(p);
    if (p.init === 'idle') {
      const [first] = list;
      if (!first) {
        stepInit(p, 'NOTHING_TO_DO');
        return 'INITIALIZED';
      }
      p.initIndex = 0;
      return yield* this.#init(p, 'START_FIRST', round);
    }
    if (p.initIndex > 0) yield* this.#restartSidecars(p, list.slice(0, p.initIndex), round);
    const event = this.#initEvent(p, list);
    if (event === null) return null;
    if (event === 'NEXT') p.initIndex++;
    return yield* this.#init(p, event, round);
  }

  /** Pure middle of the init order: what the current init container's state means. */
  #initEvent(
    p: PodRecord,
    list: readonly ContainerRecord[],
  ): 'NEXT' | 'LAST_SUCCEEDED' | 'RETRY' | 'RUNS_AGAIN' | 'FAILED_FINAL' | null {
    const c = list[p.initIndex];
    const info = c && p.observed.containers.get(c.name);
    const onward = p.initIndex + 1 < list.length ? 'NEXT' : 'LAST_SUCCEEDED';
    if (!c || !info || info.state === 'created') return 'RETRY';
    if (info.state === 'running') {
      if (c.kind === 'sidecar') return onward;
      return p.init === 'retrying' ? 'RUNS_AGAIN' : null;
    }
    if (c.kind === 'init' && info.exitCode === 0) return onward;
    return shouldRestart(c.spec, p.pod, info.exitCode) ? 'RETRY' : 'FAILED_FINAL';
  }

  *#init(p: PodRecord, event: Parameters<typeof stepInit>[1], round: Round): Proc<PodEvent | null> {
    for (const effect of stepInit(p, event)) {
      if (effect.type !== 'do') continue;
      const c = p.containers[p.initIndex];
      if (c) yield* this.#containers.start(p, c, round);
    }
    return p.init === 'initialized' ? 'INITIALIZED' : null;
  }

  *#syncContainers(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const apps = appRecords(p);
    const toStart: ContainerRecord[] = [];
    for (const c of apps) {
      const info = p.observed.containers.get(c.name);
      if (info?.state !== 'running') {
        if (shouldBeStarted(c.spec, p.pod, info)) toStart.push(c);
      } else if (c.startedImage !== c.spec.image && c.state === 'running') {
        const message = `Container ${c.name} definition changed, will be restarted`;
        yield* this.#containers.stop(p, c, message, this.#grace(p));
        this.#pleg.observe(p);
        toStart.push(c);
        round.acted = true;
      }
    }
    if (apps !== p.containers) yield* this.#restartSidecars(p, initRecords(p), round);
    for (const c of toStart) yield* this.#containers.start(p, c, round);
    const up = apps.every((c) => c.state === 'running' || c.state === 'done');
    return up && p.state === 'starting' ? 'STARTED' : null;
  }

  *#restartSidecars(p: PodRecord, list: readonly ContainerRecord[], round: Round): Proc {
    for (const c of list) {
      if (c.kind !== 'sidecar') continue;
      const info = p.observed.containers.get(c.name);
      if (info?.state !== 'running' && shouldBeStarted(c.spec, p.pod, info)) {
        yield* this.#containers.start(p, c, round);
      }
    }
  }

  /** The sandbox died: what runs in it is stopped, and the Pod begins again with a new one. */
  *#resetSandbox(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const message = 'Pod sandbox changed, it will be killed and re-created.';
    recordPodEvent(this.#context, p, 'Normal', 'SandboxChanged', message);
    round.acted = true;
    yield* this.#stopAll(p, this.#grace(p));
    yield* this.#context.runtime.stopPodSandbox(p.identity.uid);
    for (const c of p.containers) {
      if (c.kind !== 'app') this.#context.runtime.removeContainer(p.identity.uid, c.name);
    }
    this.#pleg.observe(p);
    for (const c of p.containers) this.#containers.reset(p, c);
    stepInit(p, 'RESET');
    p.initIndex = 0;
    return 'SANDBOX_RESET';
  }

  *#killContainers(p: PodRecord): Proc<PodEvent | null> {
    yield* this.#stopAll(p, p.graceSeconds);
    yield* this.#context.runtime.stopPodSandbox(p.identity.uid);
    this.#pleg.observe(p);
    this.#statuses.set(p, this.#status(p, true));
    return 'KILLED';
  }

  /** App containers at once, then sidecars in reverse order. */
  *#stopAll(p: PodRecord, graceSeconds: number): Proc {
    const { kernel } = this.#context;
    const running = p.containers.filter(
      (c) => p.observed.containers.get(c.name)?.state === 'running',
    );
    const stop = (c: ContainerRecord): Proc =>
      this.#containers.stop(p, c, `Stopping container ${c.name}`, graceSeconds);
    const first = running.filter((c) => c.kind !== 'sidecar');
    const [only] = first;
    if (only && first.length === 1) yield* stop(only);
    else if (only) {
      const outcomes = yield* all(kernel, 'stop containers', first.map(stop));
      for (const outcome of outcomes) if (!outcome.ok) throw outcome.error;
    }
    for (const c of running.filter((r) => r.kind === 'sidecar').reverse()) yield* stop(c);
  }

  *#cleanUp(p: PodRecord): Proc<PodEvent | null> {
    // Entered by KILLED, it waits for the next round: a status newer than the end is needed.
    if (!p.terminated) return null;
    const { rng, volumes } = this.#context;
    this.#statuses.set(p, this.#status(p, true));
    yield rng.latency(UNMOUNT);
    volumes.unmountAll(p.identity.uid);
    this.#mountTries.delete(p);
    p.finished = true;
    this.#statuses.terminate(p);
    return 'CLEANED_UP';
  }

  #sandboxChanged(p: PodRecord): boolean {
    const stage = p.state;
    const past = stage === 'initializing' || stage === 'starting' || stage === 'running';
    return past && p.observed.sandbox?.ready !== true;
  }

  /** setTerminationGracePeriod. */
  #grace(p: PodRecord): number {
    const { metadata, spec } = p.pod;
    return metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  }

  #status(p: PodRecord, ended: boolean): PodStatus {
    const { kernel, hostIP } = this.#context;
    const old = p.status ?? p.pod.status;
    this.#checkDeadline(p, old);
    return podStatus({
      pod: p.pod,
      runtime: p.observed,
      failure: (name) => failureOf(p, name),
      probes: this.#context.probes,
      time: (us) => timeText(kernel, us),
      old,
      ended,
      verdict: p.verdict,
      hostIP,
      now: nowText(kernel),
    });
  }

  /** pkg/kubelet/active_deadline.go: one Event each time it is asked. */
  #checkDeadline(p: PodRecord, old: PodStatus): void {
    const seconds = p.pod.spec.activeDeadlineSeconds;
    if (seconds === undefined || old.startTime === undefined) return;
    if (isTerminal(p.pod.status.phase) && p.verdict === null) return;
    const { kernel } = this.#context;
    if (kernel.nowMs - Date.parse(old.startTime) < seconds * 1_000) return;
    p.verdict = DEADLINE;
    recordPodEvent(this.#context, p, 'Normal', DEADLINE.reason, DEADLINE.message);
  }

  /** Waits |us|, or less when the Pod is to end. */
  *#pause(p: PodRecord, us: number, periodic: boolean): Proc {
    const { kernel } = this.#context;
    const done = new Future<void>();
    p.interrupt = done;
    const timer = kernel.after(Math.max(0, us), () => done.resolve(), { periodic });
    yield* wait(done);
    p.interrupt = null;
    kernel.cancel(timer);
  }
}

function failureOf(p: PodRecord, name: string): StartFailure | undefined {
  for (const c of p.containers) if (c.name === name) return c.failure ?? undefined;
  return undefined;
}

function newRound(): Round {
  return { terminal: false, failed: false, acted: false, backoffEndsAt: null, steady: false };
}
