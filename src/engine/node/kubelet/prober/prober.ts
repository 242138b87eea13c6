/**
 * The workers of all probes of this node's containers, and what the rest of the kubelet asks them.
 *
 * Models: pkg/kubelet/prober/prober_manager.go, results/results_manager.go; kubelet.go
 * handleProbeSync (v1.36)
 */
import type { ContainerStatus, Probe } from '../../../../api/generated/types.ts';
import type { KubeletContext } from '../context.ts';
import { byName } from '../phase.ts';
import type { ContainerRecord, PodRecord } from '../pod-record.ts';
import type { Prober } from '../probe-results.ts';
import { type ProbeKind, ProbeWorker, type WorkerHost } from './worker.ts';

/** prober.kubeletRestartGracePeriod. */
const RESTART_GRACE_MS = 10_000;
const SECOND_US = 1_000_000;
const PERIOD_SECONDS = 10;
const KINDS: readonly ProbeKind[] = ['startup', 'readiness', 'liveness'];

export interface ProberOptions {
  /** Status manager: what a probe has found is published before the Pod's next round. */
  readonly setReadiness: (p: PodRecord, containerId: string, ready: boolean) => void;
  readonly setStarted: (p: PodRecord, containerId: string, started: boolean) => void;
  /** Asks for a round of the Pod's worker. */
  readonly update: (p: PodRecord) => void;
}

export class ProbeManager implements Prober, WorkerHost {
  readonly context: KubeletContext;
  readonly adoptedBefore: number;
  readonly #options: ProberOptions;
  readonly #startedAt: number;
  /** Workers by Pod; Pods without probes have no entry. */
  readonly #pods = new Map<string, ProbeWorker[]>();

  constructor(context: KubeletContext, options: ProberOptions) {
    this.context = context;
    this.#options = options;
    this.#startedAt = context.kernel.now;
    this.adoptedBefore = context.kernel.nowMs - RESTART_GRACE_MS;
  }

  add(p: PodRecord): void {
    for (const c of p.containers) {
      if (c.kind !== 'app' && c.kind !== 'sidecar') continue;
      for (const kind of KINDS) {
        const probe = probeOf(c, kind);
        if (!probe) continue;
        // As upstream: if one is there, all that come after it are taken to be there.
        if (this.#find(p.identity.uid, c.name, kind)) return;
        this.#start(p, c, kind, probe);
      }
    }
  }

  ending(p: PodRecord): void {
    for (const worker of this.workers(p.identity.uid)) {
      if (worker.kind !== 'readiness' && worker.record.kind === 'app') worker.stop();
    }
  }

  remove(p: PodRecord): void {
    for (const worker of this.workers(p.identity.uid)) worker.stop();
  }

  /** UpdatePodStatus, second half: containers that are not ready yet are asked at once. */
  statusChanged(p: PodRecord, generated: boolean): void {
    const workers = this.#pods.get(p.identity.uid);
    if (!workers) return;
    for (const worker of [...workers]) {
      worker.wake();
      if (!generated || worker.kind !== 'readiness') continue;
      const status = statusOf(p, worker.record.name);
      if (!status?.state.running || !status.started) continue;
      const known = worker.result === 'success' && worker.containerId === status.containerID;
      if (!known) worker.trigger();
    }
  }

  /** isContainerStarted, of a container that runs. */
  started(uid: string, container: string): boolean {
    if (this.#pods.size === 0) return true;
    const worker = this.#find(uid, container, 'startup');
    if (!worker) return true;
    if (isCurrent(worker)) return worker.result === 'success';
    // Nothing is known yet, and an earlier kubelet had said so.
    return oldStatus(worker)?.started === true;
  }

  ready(uid: string, container: string): boolean {
    if (this.#pods.size === 0) return true;
    const worker = this.#find(uid, container, 'readiness');
    if (!worker) return true;
    if (isCurrent(worker)) return worker.result === 'success';
    return this.#wasReady(worker);
  }

  failed(uid: string, container: string): 'liveness' | 'startup' | null {
    for (const kind of ['liveness', 'startup'] as const) {
      const worker = this.#find(uid, container, kind);
      if (worker && isCurrent(worker) && worker.result === 'failure') return kind;
    }
    return null;
  }

  /** For the page: the probes of a Pod. */
  workers(uid: string): readonly ProbeWorker[] {
    return [...(this.#pods.get(uid) ?? [])];
  }

  onResult(worker: ProbeWorker): void {
    const { p, kind, result, containerId } = worker;
    // A container lives on until the opposite is proved.
    if (kind === 'liveness' && result !== 'failure') return;
    const { kernel, actor, scope } = this.context;
    const span = kernel.point({
      kind: 'probe',
      name: kind,
      from: actor,
      object: p.ref,
      detail: { container: worker.record.name, result },
    });
    kernel.with(span.id, false, scope, () => {
      if (kind === 'readiness') this.#options.setReadiness(p, containerId, result === 'success');
      if (kind === 'startup') this.#options.setStarted(p, containerId, result === 'success');
      this.#options.update(p);
    });
  }

  onEnd(worker: ProbeWorker): void {
    const { uid } = worker.p.identity;
    const left = (this.#pods.get(uid) ?? []).filter((w) => w !== worker);
    if (left.length > 0) this.#pods.set(uid, left);
    else this.#pods.delete(uid);
  }

  #start(p: PodRecord, c: ContainerRecord, kind: ProbeKind, probe: Probe): void {
    const worker = new ProbeWorker(this, p, c, kind, probe);
    const { uid } = p.identity;
    const list = this.#pods.get(uid);
    if (list) list.push(worker);
    else this.#pods.set(uid, [worker]);
    // A kubelet that has just started must not probe everything at once.
    const { kernel, rng } = this.context;
    const periodUs = (probe.periodSeconds ?? PERIOD_SECONDS) * SECOND_US;
    const fresh = periodUs > kernel.now - this.#startedAt;
    worker.start(fresh ? Math.floor((periodUs * rng.int(1_000)) / 1_000) : 0);
  }

  #find(uid: string, container: string, kind: ProbeKind): ProbeWorker | undefined {
    return this.#pods.get(uid)?.find((w) => w.kind === kind && w.record.name === container);
  }

  /** setReadyStateOnKubeletRestart: a container that was ready before stays so until it is asked. */
  #wasReady(worker: ProbeWorker): boolean {
    const info = worker.p.observed.containers.get(worker.record.name);
    const since = info?.startedAt;
    if (since == null) return false;
    const startedMs = this.context.kernel.epochMs + since / 1_000;
    if (startedMs >= this.adoptedBefore) return false;
    const conditions = worker.p.pod.status.conditions ?? [];
    return conditions.some((c) => c.type === 'Ready' && c.status === 'True');
  }
}

function probeOf({ spec }: ContainerRecord, kind: ProbeKind): Probe | undefined {
  switch (kind) {
    case 'startup':
      return spec.startupProbe;
    case 'readiness':
      return spec.readinessProbe;
    case 'liveness':
      return spec.livenessProbe;
  }
}

/** There is a result, and it is about the container that runs. */
function isCurrent({ containerId, result, runningId }: ProbeWorker): boolean {
  return result !== null && containerId === runningId;
}

function statusOf(p: PodRecord, name: string): ContainerStatus | undefined {
  const { containerStatuses = [], initContainerStatuses = [] } = p.status ?? p.pod.status;
  return byName(containerStatuses, name) ?? byName(initContainerStatuses, name);
}

/** Of the container that runs, as it was published; what ran before it does not count. */
function oldStatus(worker: ProbeWorker): ContainerStatus | undefined {
  const status = statusOf(worker.p, worker.record.name);
  return status?.containerID === worker.runningId ? status : undefined;
}
