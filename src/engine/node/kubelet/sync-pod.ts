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
import { type Proc, wait } from '../../../kernel/process.ts';
import type { Latency } from '../../../kernel/rng.ts';
import { Future } from '../../../kernel/wait.ts';
import { isRefusal } from '../../client/refusal.ts';
import { SandboxError } from '../runtime/runtime-types.ts';
import { type AfterEvent, afterEvent } from './compile.ts';
import type { StartFailure } from './container-status.ts';
import type { Containers, Round } from './containers.ts';
import { type KubeletContext, nowText, recordPodEvent, timeText } from './context.ts';
import { dnsProblems } from './etc-files.ts';
import { isTerminal } from './phase.ts';
import { NETWORK_NOT_READY } from './node-status.ts';
import { hostname } from './etc-files.ts';
import type { InitEvent } from './init-machine.ts';
import type { Pleg } from './pleg.ts';
import {
  appActions,
  ephemeralStarts,
  type InitActions,
  initActions,
  type Kill,
  wantsNewSandbox,
} from './pod-actions.ts';
import type { PodDelay, PodEffect, PodEvent } from './pod-machine.ts';
import { appRecords, initRecords, type PodRecord, stepInit, stepPod } from './pod-record.ts';
import { checkResize, resizeContainers } from './pod-resize.ts';
import { podStatus } from './pod-status.ts';
import { resetOrder, stopAll } from './pod-stop.ts';
import { allShouldRestart, gracePeriodSeconds } from './restart-policy.ts';
import { checkSandbox, hostPorts } from './sandbox-config.ts';
import type { StatusManager } from './status-manager.ts';
import { hasVolumes, type MountResult, type VolumeManager } from './volumes/volume-manager.ts';

/** Before the token is asked for: volume manager's loop of 100 ms (goldens/node/flow: 24/142/261 ms). */
const BEFORE_MOUNT: Latency = { p10: 18_000, p50: 120_000, p90: 230_000 };
/** pkg/kubelet/volumemanager podAttachAndMountRetryInterval, podAttachAndMountTimeout. */
const MOUNT_POLL_US = 300_000;
const MOUNT_TIMEOUT_US = 123_000_000;
/** Unmounting, seen by loops of 100 ms. */
const UNMOUNT: Latency = { p10: 60_000, p50: 150_000, p90: 300_000 };

/** pkg/kubelet/pod_workers.go backOffOnTransientErrorPeriod. */
const TRANSIENT_US = 1_000_000;
const DEADLINE = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
  own: true,
};

/** The wait for a Pod's volumes: since when, and what the last look found. */
interface Mounting {
  readonly since: number;
  readonly result: MountResult;
}

export class PodSyncer {
  #context: KubeletContext;
  #containers: Containers;
  #statuses: StatusManager;
  #pleg: Pleg;
  readonly #volumes: VolumeManager;
  #mounting = new Map<PodRecord, Mounting>();

  constructor(
    context: KubeletContext,
    containers: Containers,
    statuses: StatusManager,
    pleg: Pleg,
    volumes: VolumeManager,
  ) {
    this.#context = context;
    this.#containers = containers;
    this.#statuses = statuses;
    this.#pleg = pleg;
    this.#volumes = volumes;
  }

  *sync(p: PodRecord): Proc<Round> {
    const round = newRound();
    checkResize(this.#context, p);
    const status = this.#status(p, false);
    this.#statuses.set(p, status);
    if (isTerminal(status.phase)) {
      round.terminal = true;
      return round;
    }
    if (!this.#context.network.ready && p.pod.spec.hostNetwork !== true) {
      recordPodEvent(
        this.#context,
        p,
        'Warning',
        'NetworkNotReady',
        `network is not ready: ${NETWORK_NOT_READY}`,
      );
      round.failed = true;
      round.retryInUs = TRANSIENT_US;
      return round;
    }
    if (p.isStatic) yield* this.#context.mirrors.reconcile(p);
    if (isPastSandbox(p)) {
      if (!(yield* this.#volumes.remount(p))) {
        round.failed = true;
        round.retryInUs = TRANSIENT_US;
        return round;
      }
      this.#volumes.reprocess(p);
      yield* this.#images(p);
      this.#context.probes.add(p);
    }
    try {
      yield* this.#drive(p, this.#firstEvent(p, status), round);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      round.failed = true;
    }
    return round;
  }

  /** What every round of a Pod with a sandbox looks for anew: credentials, images of volumes. */
  *#images(p: PodRecord): Proc {
    yield* this.#containers.puller.readSecrets(p);
    if (p.observed.sandbox?.ready === true) yield* this.#containers.puller.ensureVolumes(p);
  }

  /** SyncTerminatingPod. */
  *terminate(p: PodRecord): Proc {
    this.#statuses.set(p, this.#status(p, false));
    this.#context.probes.ending(p);
    yield* this.#drive(p, p.state === 'terminating' ? 'SYNC' : 'TERMINATE', newRound());
  }

  /** The containers of a Pod that a kubelet has refused although they run. */
  *killRefused(p: PodRecord, graceSeconds: number): Proc {
    yield* stopAll(this.#context, this.#containers, p, graceSeconds);
    yield* this.#context.runtime.stopPodSandbox(p.identity.uid);
    this.#pleg.observe(p);
    this.#statuses.set(p, this.#status(p, true));
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
    const mounting = this.#mounting.get(p);
    if (delay === 'sandboxRetry' || mounting?.result.kind !== 'failed') {
      this.#mounting.delete(p);
      round.failed = true;
      return null;
    }
    const { kernel } = this.#context;
    const { retryAt, steady } = mounting.result;
    const ends = mounting.since + MOUNT_TIMEOUT_US;
    yield* this.#pause(p, Math.min(retryAt, ends) - kernel.now, steady);
    if (p.terminating || kernel.now >= ends) {
      this.#mounting.delete(p);
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
      case 'resetContainers':
        return this.#resetContainers(p, round);
      case 'stopPod':
        return this.#stopPod(p, round);
      case 'killContainers':
        return this.#killContainers(p);
      case 'cleanUp':
        return this.#cleanUp(p);
    }
  }

  *#mountVolumes(p: PodRecord): Proc<PodEvent | null> {
    const { kernel, rng } = this.#context;
    if (!hasVolumes(p.pod)) return 'MOUNTED';
    const known = this.#mounting.get(p);
    const since = known?.since ?? kernel.now;
    if (!known) yield rng.latency(BEFORE_MOUNT);
    const result = yield* this.#volumes.mount(p);
    if (result.kind === 'unprocessed') {
      const message = `Unable to attach or mount volumes: ${result.message}`;
      recordPodEvent(this.#context, p, 'Warning', 'FailedMount', message);
    }
    if (result.kind !== 'mounted') {
      this.#mounting.set(p, { since, result });
      return 'MOUNT_FAILED';
    }
    this.#mounting.delete(p);
    // WaitForAttachAndMount looks every 300 ms, counted from its start.
    const waited = kernel.now - since;
    yield Math.ceil(waited / MOUNT_POLL_US) * MOUNT_POLL_US - waited;
    return 'MOUNTED';
  }

  *#runSandbox(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const { runtime } = this.#context;
    const old = runtime.status(p.identity.uid).sandbox;
    round.acted = true;
    yield* this.#containers.puller.readSecrets(p);
    this.#context.probes.add(p);
    for (const problem of dnsProblems(p.pod, this.#context.hostIP)) {
      recordPodEvent(this.#context, p, 'Warning', 'DNSConfigForming', problem);
    }
    try {
      const attempt = old ? old.attempt + 1 : 0;
      yield* checkSandbox(this.#context, p.pod);
      const { hostNetwork = false, shareProcessNamespace = false } = p.pod.spec;
      const sharedBy = shareProcessNamespace ? hostname(p.pod, this.#context.node) : null;
      yield* runtime.runPodSandbox(p.identity, attempt, hostNetwork, sharedBy);
    } catch (error) {
      if (!(error instanceof SandboxError)) throw error;
      const message = `Failed to create pod sandbox: ${error.message}`;
      recordPodEvent(this.#context, p, 'Warning', 'FailedCreatePodSandBox', message);
      return 'SANDBOX_FAILED';
    }
    const published = hostPorts(p.pod);
    if (published.length > 0) runtime.publish(p.identity.uid, published);
    this.#statuses.sandboxReady(p);
    yield* this.#containers.puller.ensureVolumes(p);
    return 'SANDBOX_READY';
  }

  *#syncInit(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const actions = initActions(p, this.#context.probes);
    const event = initEvent(p, actions);
    if (actions.initialized) {
      // What there is to do to sidecars is done with the app containers, in this same round.
      if (event) stepInit(p, event);
      return 'INITIALIZED';
    }
    yield* this.#startEphemeral(p, round);
    yield* this.#kill(p, actions.kills, round);
    if (event) for (const _ of stepInit(p, event)) yield* this.#startInit(p, actions, round);
    return actions.failed ? 'ALL_ENDED' : null;
  }

  /** `startCurrent` of the init machine, and sidecars before it that have to be started again. */
  *#startInit(p: PodRecord, { starts }: InitActions, round: Round): Proc {
    for (const c of starts) {
      yield* this.#containers.start(p, c, round);
      // Nothing comes after an init container that could not be started.
      if (c.kind === 'init' && c.state !== 'running') return;
    }
  }

  *#startEphemeral(p: PodRecord, round: Round): Proc {
    for (const c of ephemeralStarts(p)) yield* this.#containers.start(p, c, round);
  }

  *#kill(p: PodRecord, kills: readonly Kill[], round: Round): Proc {
    for (const { container, message, by, again } of kills) {
      const graceSeconds = gracePeriodSeconds(p.pod, container.spec, by);
      yield* this.#containers.stop(p, container, { message, graceSeconds, again });
      round.acted = true;
    }
  }

  *#syncContainers(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const { probes } = this.#context;
    if (p.mixed) {
      yield* this.#startEphemeral(p, round);
      const init = initActions(p, probes);
      if (init.failed) return 'ALL_ENDED';
      // Sidecars do not keep a Pod going whose app containers have ended.
      if (init.initialized && appActions(p, probes).over) return 'ALL_ENDED';
      yield* this.#kill(p, init.kills, round);
      yield* this.#startInit(p, init, round);
      yield* resizeContainers(this.#context, this.#containers, p, init.resizes, round);
      if (!init.initialized) return null;
    }
    const actions = appActions(p, probes);
    if (actions.over) return 'ALL_ENDED';
    yield* this.#kill(p, actions.kills, round);
    yield* resizeContainers(this.#context, this.#containers, p, actions.resizes, round);
    for (const c of actions.starts) yield* this.#containers.start(p, c, round);
    const up = appRecords(p).every((c) => c.state === 'running' || c.state === 'done');
    return up && p.state === 'starting' ? 'STARTED' : null;
  }

  /** The sandbox died: what runs in it is stopped, and the Pod begins again with a new one. */
  *#resetSandbox(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const message = 'Pod sandbox changed, it will be killed and re-created.';
    recordPodEvent(this.#context, p, 'Normal', 'SandboxChanged', message);
    round.acted = true;
    const ended = yield* stopAll(this.#context, this.#containers, p, this.#grace(p));
    if (!ended) return null;
    yield* this.#context.runtime.stopPodSandbox(p.identity.uid);
    for (const c of p.containers) {
      if (c.kind === 'app' || c.kind === 'ephemeral') continue;
      this.#context.runtime.removeContainer(p.identity.uid, c.name);
    }
    this.#pleg.observe(p);
    for (const c of p.containers) this.#containers.reset(p, c);
    stepInit(p, 'RESET');
    p.initIndex = 0;
    return 'SANDBOX_RESET';
  }

  *#killContainers(p: PodRecord): Proc<PodEvent | null> {
    // Hastened, it is done anew: hooks and signals too.
    while (!(yield* stopAll(this.#context, this.#containers, p, p.graceSeconds))) {
      this.#pleg.observe(p);
    }
    yield* this.#context.runtime.stopPodSandbox(p.identity.uid);
    this.#context.probes.remove(p);
    this.#pleg.observe(p);
    this.#statuses.set(p, this.#status(p, true));
    return 'KILLED';
  }

  /** Nothing of it is to go on: sidecars end, and the sandbox. */
  *#stopPod(p: PodRecord, round: Round): Proc<PodEvent | null> {
    round.acted = true;
    const ended = yield* stopAll(this.#context, this.#containers, p, this.#grace(p));
    if (!ended) return null;
    yield* this.#context.runtime.stopPodSandbox(p.identity.uid);
    return null;
  }

  /** RestartAllContainers: those that asked for it go last; the sandbox and the volumes stay. */
  *#resetContainers(p: PodRecord, round: Round): Proc<PodEvent | null> {
    const { runtime } = this.#context;
    const { uid } = p.identity;
    for (const c of resetOrder(p)) {
      if (p.observed.containers.get(c.name)?.state === 'running') {
        yield* this.#containers.stop(p, c, { message: 'killing', graceSeconds: 0 });
        if (p.terminating) return null;
      }
      runtime.removeContainer(uid, c.name);
    }
    this.#pleg.observe(p);
    for (const c of p.containers) if (c.kind !== 'ephemeral') this.#containers.reset(p, c);
    stepInit(p, 'RESET');
    p.initIndex = 0;
    round.again = true;
    return null;
  }

  *#cleanUp(p: PodRecord): Proc<PodEvent | null> {
    // Entered by KILLED, it waits for the next round: a status newer than the end is needed.
    if (!p.terminated) return null;
    const { rng } = this.#context;
    this.#statuses.set(p, this.#status(p, true));
    yield rng.latency(UNMOUNT);
    this.#volumes.forget(p);
    this.#mounting.delete(p);
    p.finished = true;
    this.#statuses.terminate(p);
    return 'CLEANED_UP';
  }

  #firstEvent(p: PodRecord, status: PodStatus): PodEvent {
    const { state } = p;
    if (state !== 'initializing' && state !== 'starting' && state !== 'running') return 'SYNC';
    const restarting = status.conditions?.some(
      (c) => c.type === 'AllContainersRestarting' && c.status === 'True',
    );
    if (restarting === true) return 'RESTART_ALL';
    if (p.observed.sandbox?.ready === true) return 'SYNC';
    return wantsNewSandbox(p.pod, p.observed) ? 'SANDBOX_CHANGED' : 'ALL_ENDED';
  }

  /** setTerminationGracePeriod. */
  #grace(p: PodRecord): number {
    const { metadata, spec } = p.pod;
    return metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
  }

  #status(p: PodRecord, ended: boolean): PodStatus {
    const { kernel, hostIP, runtime } = this.#context;
    const old = p.status ?? p.pod.status;
    this.#checkDeadline(p, old);
    if (ended) p.resizePending = p.resizing = null;
    const resize = [p.resizePending, p.resizing].filter((c) => c !== null);
    return podStatus({
      pod: p.pod,
      runtime: p.observed,
      runtimeName: runtime.runtimeName,
      failure: (name) => failureOf(p, name),
      probes: this.#context.probes,
      resize,
      resizing: p.resizing !== null,
      restartingAll: allShouldRestart(p.pod, p.observed, old),
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

function isPastSandbox({ state }: PodRecord): boolean {
  return state === 'initializing' || state === 'starting' || state === 'running';
}

function failureOf(p: PodRecord, name: string): StartFailure | undefined {
  for (const c of p.containers) if (c.name === name) return c.failure ?? undefined;
  return undefined;
}

/** What the decided actions are to the init machine; null: it stays as it is. */
function initEvent(p: PodRecord, actions: InitActions): InitEvent | null {
  const { starts, initialized, failed } = actions;
  if (p.init === 'initialized' || p.init === 'failed') return null;
  const list = initRecords(p);
  if (list.length === 0) return p.init === 'idle' ? 'NOTHING_TO_DO' : null;
  if (p.init === 'idle') return initialized ? 'NOTHING_TO_DO' : 'START_FIRST';
  if (failed) return 'FAILED_FINAL';
  if (initialized) return 'LAST_SUCCEEDED';
  const last = starts.at(-1);
  if (!last) return p.init === 'retrying' ? 'RUNS_AGAIN' : null;
  const index = list.indexOf(last);
  const onward = index > p.initIndex;
  // A sidecar before the current one may be started again: that one stays the current one.
  p.initIndex = Math.max(index, p.initIndex);
  return onward ? 'NEXT' : 'RETRY';
}

function newRound(): Round {
  return {
    terminal: false,
    failed: false,
    acted: false,
    backoffEndsAt: null,
    steady: false,
    retryInUs: null,
    again: false,
  };
}
