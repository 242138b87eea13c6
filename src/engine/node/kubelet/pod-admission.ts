/**
 * What becomes of Pods as they come to the node: some are let in, some only once others have made
 * room, some are refused, even if an earlier kubelet had let them in and they run.
 *
 * Models: pkg/kubelet/kubelet.go HandlePodAdditions, rejectPod, HandlePodCleanups;
 * pkg/kubelet/preemption/preemption.go (v1.36)
 * Writes: pods/status, events
 */
import type { Node, Pod } from '../../../api/generated/types.ts';
import { join, type Proc, sleep } from '../../../kernel/process.ts';
import { type AdmissionInput, holdsResources, type Refusal, refusals } from './admission.ts';
import { jittered, type KubeletContext, nowText, recordPodEvent } from './context.ts';
import type { MachineInfo, Pressure } from './node-status.ts';
import { type PodRecord, stepPod } from './pod-record.ts';
import type { PodWorkers } from './pod-workers.ts';
import { preempt, PREEMPTED } from './preemption.ts';
import type { StatusManager } from './status-manager.ts';
import type { PodSyncer } from './sync-pod.ts';

/** pkg/kubelet/kubelet.go housekeepingPeriod. */
const HOUSEKEEPING_US = 2_000_000;
/** Of containers of Pods that should not be there (killPodOptions of HandlePodCleanups). */
const ORPHAN_GRACE_SECONDS = 1;
/** pkg/volume/util/nestedpendingoperations: 0.5 s, doubling; a little later each time. */
const MOUNT_RETRY_US = 500_000;
const MOUNT_JITTER_PERCENT = 10;
const FIRST_MOUNT_US = 40_000;

export interface AdmissionHost {
  /** What is known of the node. */
  readonly agent: {
    readonly node: Node | undefined;
    readonly pressure: Pressure;
    readonly shuttingDown: boolean;
  };
  readonly machine: MachineInfo;
  pods(): Iterable<PodRecord>;
}

export interface AdmissionParts {
  readonly workers: PodWorkers;
  readonly statuses: StatusManager;
  readonly syncer: PodSyncer;
}

export class PodAdmission {
  readonly #context: KubeletContext;
  readonly #host: AdmissionHost;
  readonly #parts: AdmissionParts;
  readonly #startedAt: number;

  constructor(context: KubeletContext, host: AdmissionHost, parts: AdmissionParts) {
    this.#context = context;
    this.#host = host;
    this.#parts = parts;
    this.#startedAt = context.kernel.now;
  }

  /** False when it is refused. |known|: the runtime has its containers already. */
  take(p: PodRecord, known: boolean): boolean {
    const others = this.#others(p);
    const { refusal, victims } = preempt(p, others, refusals(this.#input(p, others)));
    if (refusal) this.#reject(p, refusal, known);
    else if (victims.length > 0) this.#spawn('preempt', this.#afterwards(p, victims));
    else this.#parts.workers.update(p);
    return refusal === null;
  }

  /** Why |pod| in place of |p| could not be on the node; null: it could. */
  refusalOf(p: PodRecord, pod: Pod): Refusal | null {
    const changed = { ...p, pod, requests: null };
    return refusals(this.#input(changed, this.#others(p)))[0] ?? null;
  }

  #others(p: PodRecord): readonly PodRecord[] {
    const others: PodRecord[] = [];
    for (const r of this.#host.pods()) if (r !== p && holdsResources(r)) others.push(r);
    return others;
  }

  #input(p: PodRecord, others: readonly PodRecord[]): AdmissionInput {
    const { agent, machine } = this.#host;
    const { node, pressure, shuttingDown } = agent;
    return { p, others, machine, node, pressure, shuttingDown };
  }

  *#afterwards(p: PodRecord, victims: readonly PodRecord[]): Proc {
    const { kernel, scope } = this.#context;
    const ends = victims.map((victim) => {
      recordPodEvent(this.#context, victim, 'Warning', PREEMPTED.reason, PREEMPTED.message);
      this.#parts.workers.kill(victim, PREEMPTED, null);
      return kernel.spawn('wait for Pod', this.#gone(victim), { scope, joined: true });
    });
    for (const end of ends) yield* join(end);
    if (!p.finished) this.#parts.workers.update(p);
  }

  *#gone(p: PodRecord): Proc {
    while (!p.terminated && !p.finished) yield* sleep(HOUSEKEEPING_US / 20);
  }

  #reject(p: PodRecord, refusal: Refusal, known: boolean): void {
    const { reason } = refusal;
    recordPodEvent(this.#context, p, 'Warning', reason, refusal.message);
    const verdict = { reason, message: `Pod was rejected: ${refusal.message}` };
    const { status, metadata } = p.pod;
    p.terminating = true;
    if (known) {
      p.state = 'rejected';
      p.verdict = verdict;
    } else {
      stepPod(p, 'REJECT');
      p.finished = true;
      p.terminated = true;
    }
    this.#parts.statuses.set(p, {
      observedGeneration: metadata.generation ?? 0,
      phase: 'Failed',
      ...verdict,
      startTime: nowText(this.#context.kernel),
      ...(status.qosClass === undefined ? {} : { qosClass: status.qosClass }),
    });
    if (!known) return;
    const until = this.#context.kernel.now + this.#untilHousekeeping();
    this.#spawn('mount volumes of refused Pod', this.#failMounts(p, until));
    this.#spawn('end refused Pod', this.#end(p));
  }

  /** Nobody asks for its containers: housekeeping ends them, and then the Pod. */
  *#end(p: PodRecord): Proc {
    yield* sleep(this.#untilHousekeeping());
    yield* this.#parts.syncer.killRefused(p, ORPHAN_GRACE_SECONDS);
    yield* sleep(this.#untilHousekeeping());
    p.terminated = true;
    p.finished = true;
    this.#parts.statuses.terminate(p);
  }

  /**
   * A refused Pod's volumes are mounted all the same, but nobody has registered what they show
   * (goldens/node/node/disk-pressure).
   */
  *#failMounts(p: PodRecord, until: number): Proc {
    const { kernel, rng } = this.#context;
    const missing = unregistered(p);
    yield* sleep(FIRST_MOUNT_US);
    for (let pause = MOUNT_RETRY_US; missing.length > 0; pause *= 2) {
      for (const message of missing) {
        recordPodEvent(this.#context, p, 'Warning', 'FailedMount', message);
      }
      if (kernel.now >= until) return;
      yield* sleep(jittered(rng, pause, MOUNT_JITTER_PERCENT));
    }
  }

  #untilHousekeeping(): number {
    return HOUSEKEEPING_US - ((this.#context.kernel.now - this.#startedAt) % HOUSEKEEPING_US);
  }

  #spawn(name: string, body: Proc): void {
    this.#context.kernel.spawn(name, body, { scope: this.#context.scope, periodic: false });
  }
}

function unregistered(p: PodRecord): readonly string[] {
  const { namespace } = p.identity;
  return (p.pod.spec.volumes ?? []).flatMap((volume) => {
    const sources = volume.projected?.sources ?? [volume];
    const name = sources
      .map((s) => {
        const secret = s.secret as { name?: string; secretName?: string } | undefined;
        return s.configMap?.name ?? secret?.name ?? secret?.secretName;
      })
      .find((n) => n !== undefined);
    if (name === undefined) return [];
    const object = `object "${namespace}"/"${name}" not registered`;
    return [`MountVolume.SetUp failed for volume "${volume.name}" : ${object}`];
  });
}
