/**
 * Publishes Pod statuses: one Pod after the other, each with a GET before the PATCH, and the DELETE
 * that ends a Pod whose containers are gone.
 *
 * Models: pkg/kubelet/status/status_manager.go syncPod, canBeDeleted, TerminatePod (v1.36)
 * Writes: pods/status (strategic merge patch), pods (delete)
 */
import type { ContainerStatus, Pod as PodObject, PodStatus } from '../../../api/generated/types.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { shallowCopy } from '../../../api/meta/json.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import { isRefusal } from '../../client/refusal.ts';
import { withCondition, withReadiness } from './conditions.ts';
import { type KubeletContext, nowText } from './context.ts';
import { isTerminal } from './phase.ts';
import type { PodRecord } from './pod-record.ts';
import { mergedStatus, terminatedStatus } from './pod-status.ts';
import { sameStatus, statusPatch } from '../../client/status-patch.ts';

/** pkg/kubelet/status/status_manager.go syncPeriod: what failed or differs is sent again then. */
const RETRY_US = 10_000_000;

export class StatusManager {
  #context: KubeletContext;
  #queue: PodRecord[] = [];
  #busy = false;
  /** Told when the object of a Pod has been deleted by this kubelet. */
  readonly #onDeleted: (p: PodRecord) => void;

  constructor(context: KubeletContext, onDeleted: (p: PodRecord) => void) {
    this.#context = context;
    this.#onDeleted = onDeleted;
  }

  /** The status to publish; nothing happens when it says what is known. */
  set(p: PodRecord, status: PodStatus): void {
    const stored = (p.mirror ?? p.pod).status;
    const known = p.status ?? (stored.startTime === undefined ? null : stored);
    const same = known !== null && sameStatus(known, status);
    // A new mirror has still to be told.
    const news = p.isStatic && p.mirror !== null && p.mirror.metadata.uid !== p.sentMirror;
    if (!same || news) this.#put(p, status);
    this.#context.probes.statusChanged(p, true);
  }

  /** SetContainerReadiness: what a probe has found out is published at once. */
  setReadiness(p: PodRecord, containerId: string, ready: boolean): void {
    const status =
      p.status &&
      withContainer(p.status, containerId, (c) => {
        return c.ready === ready ? c : { ...c, ready };
      });
    if (!status || status === p.status) return;
    const conditions = withReadiness(p.pod, status, nowText(this.#context.kernel));
    this.#put(p, { ...status, conditions });
    this.#context.probes.statusChanged(p, false);
  }

  /** SetContainerStartup. */
  setStarted(p: PodRecord, containerId: string, started: boolean): void {
    const status =
      p.status &&
      withContainer(p.status, containerId, (c) => {
        return c.started === started ? c : { ...c, started };
      });
    if (!status || status === p.status) return;
    this.#put(p, status);
    this.#context.probes.statusChanged(p, false);
  }

  /** The sandbox is ready: that alone is published at once, while containers are being started. */
  sandboxReady(p: PodRecord): void {
    const status = p.status ?? p.pod.status;
    const generation = p.pod.metadata.generation ?? 0;
    const now = nowText(this.#context.kernel);
    const next = shallowCopy(status) as { -readonly [K in keyof PodStatus]: PodStatus[K] };
    next.conditions = withCondition(
      status.conditions ?? [],
      'PodReadyToStartContainers',
      { status: 'True' },
      generation,
      now,
    );
    this.set(p, next);
  }

  /** The last word; also makes a deleted Pod go. */
  terminate(p: PodRecord): void {
    this.#put(p, terminatedStatus(p.status ?? p.pod.status, p.isStatic));
  }

  /** A finished Pod has been deleted in the meantime. */
  recheck(p: PodRecord): void {
    this.#enqueue(p);
  }

  /** Somebody else has written a condition that is the kubelet's: corrected at the next round. */
  reconcile(p: PodRecord): void {
    const { status } = p;
    if (!status || p.statusQueued || p.finished || p.version !== p.sentVersion) return;
    const stored = p.pod.status.conditions;
    const differs = status.conditions?.some(({ type, status: mine }) => {
      const theirs = stored?.find((c) => c.type === type)?.status;
      return theirs !== undefined && theirs !== mine;
    });
    if (!differs) return;
    const { kernel, scope } = this.#context;
    kernel.after(RETRY_US - (kernel.now % RETRY_US), () => this.#enqueue(p), { scope });
  }

  #put(p: PodRecord, status: PodStatus): void {
    p.status = status;
    p.version++;
    this.#enqueue(p);
  }

  #enqueue(p: PodRecord): void {
    p.statusCause = this.#context.kernel.cause;
    if (p.statusQueued) return;
    p.statusQueued = true;
    this.#queue.push(p);
    this.#pump();
  }

  /** Each in a process of its own, because each has its own cause. */
  #pump(): void {
    if (this.#busy) return;
    const p = this.#queue.shift();
    if (!p) return;
    this.#busy = true;
    const { kernel, scope } = this.#context;
    const options = { scope, cause: p.statusCause, periodic: false };
    kernel.spawn('pod status', this.#sync(p), options);
  }

  *#sync(p: PodRecord): Proc {
    p.statusQueued = false;
    try {
      yield* this.#publish(p);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (!isApiError(error, 'NotFound')) this.#retry(p);
    } finally {
      this.#busy = false;
      this.#pump();
    }
  }

  *#publish(p: PodRecord): Proc {
    const { client, kernel } = this.#context;
    const { namespace, name } = p.identity;
    const { status, version } = p;
    if (!status || (p.removed && !p.isStatic)) return;
    // Nobody but its mirror carries the status of a static Pod.
    if (p.isStatic && !p.mirror) return;
    const { uid } = (p.mirror ?? p.pod).metadata;
    let pod: PodObject = yield* client.get(Pod, namespace, name);
    // The name belongs to another Pod by now.
    if (pod.metadata.uid !== uid) return;
    const mayRun = !p.terminated && p.state !== 'terminated';
    const merged = mergedStatus(pod, status, mayRun, nowText(kernel));
    const patch = statusPatch(pod, merged);
    if (patch) {
      const options = { type: 'strategic', subresource: 'status' } as const;
      pod = yield* client.patch(Pod, namespace, name, patch, options);
    }
    p.sentVersion = version;
    if (p.isStatic) {
      p.sentMirror = uid;
      return;
    }
    const deleting = pod.metadata.deletionTimestamp !== undefined;
    if (!deleting || !p.finished || !isTerminal(pod.status.phase)) return;
    yield* client.delete(Pod, namespace, name, { gracePeriodSeconds: 0, uid });
    this.#onDeleted(p);
  }

  #retry(p: PodRecord): void {
    const { kernel, scope } = this.#context;
    kernel.after(RETRY_US, () => this.#enqueue(p), { scope });
  }
}

/** The same status where nothing changes, or no container has that id. */
function withContainer(
  status: PodStatus,
  id: string,
  change: (c: ContainerStatus) => ContainerStatus,
): PodStatus {
  for (const field of ['containerStatuses', 'initContainerStatuses'] as const) {
    const list = status[field];
    const found = list?.find((c) => c.containerID === id);
    if (!list || !found) continue;
    const changed = change(found);
    if (changed === found) return status;
    return { ...status, [field]: list.map((c) => (c === found ? changed : c)) };
  }
  return status;
}
