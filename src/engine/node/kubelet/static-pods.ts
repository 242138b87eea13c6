/**
 * Static Pods and their mirrors: what files of the node ask for runs whether or not there is an API
 * server; where there is one, a mirror Pod shows it.
 *
 * Models: pkg/kubelet/kubelet.go tryReconcileMirrorPods, fastStaticPodsRegistration,
 * HandlePodCleanups; pkg/kubelet/pod/mirror_client.go; pkg/kubelet/pod_workers.go
 * allowStaticPodStart (v1.36)
 * Writes: pods (create and delete of mirrors)
 */
import type { Node as NodeObject, Pod as PodObject } from '../../../api/generated/types.ts';
import { Pod } from '../../../api/kinds/pod.ts';
import { isApiError } from '../../../api/meta/status.ts';
import type { Proc } from '../../../kernel/process.ts';
import { isRefusal } from '../../client/refusal.ts';
import { jittered, type KubeletContext } from './context.ts';
import { differs } from './pod-changes.ts';
import type { PodRecord } from './pod-record.ts';
import { CONFIG_HASH, CONFIG_MIRROR } from './static-manifest.ts';

/** pkg/kubelet/kubelet.go housekeepingPeriod: what is left over is cleaned up then. */
const HOUSEKEEPING_US = 2_000_000;
/** workerBackOffPeriod, workerBackOffPeriodJitterFactor: an older Pod of the name must end first. */
const START_RETRY_US = 10_000_000;
const START_RETRY_JITTER_PERCENT = 50;

export interface StaticHost {
  readonly node: NodeObject | undefined;
  add(pod: PodObject): void;
  /** The file is gone: the Pod ends. */
  remove(p: PodRecord): void;
  wake(p: PodRecord): void;
}

export class StaticPods {
  #context: KubeletContext;
  #host: StaticHost;
  #startedAt: number;
  /** By namespace/name. */
  #running = new Map<string, PodRecord>();
  /** What files ask for, by namespace/name. */
  #wanted = new Map<string, PodObject>();
  #waiting = new Set<string>();
  #mirrors = new Map<string, PodObject>();
  #cleanUpDue = false;

  constructor(context: KubeletContext, host: StaticHost) {
    this.#context = context;
    this.#host = host;
    this.#startedAt = context.kernel.now;
  }

  /** The set of static Pods has been read. */
  replace(pods: readonly PodObject[]): void {
    this.#wanted = new Map(pods.map((pod) => [keyOf(pod), pod]));
    for (const [key, p] of this.#running) {
      if (this.#wanted.get(key)?.metadata.uid !== p.identity.uid) this.#host.remove(p);
    }
    for (const key of this.#wanted.keys()) this.#start(key);
  }

  /** A record was made of a Pod that this asked for. */
  added(p: PodRecord): void {
    const key = keyOf(p.pod);
    this.#running.set(key, p);
    p.mirror = this.#mirrors.get(key) ?? null;
  }

  /** The containers of the Pod have ended: its mirror need not wait for the clean-up. */
  terminated(): void {
    this.#cleanUpSoon();
  }

  /** The Pod has ended and is forgotten. */
  ended(p: PodRecord): void {
    const key = keyOf(p.pod);
    if (this.#running.get(key) === p) this.#running.delete(key);
    this.#cleanUpSoon();
  }

  /** A mirror has come, changed or gone. */
  onMirror(mirror: PodObject, gone: boolean): void {
    const key = keyOf(mirror);
    if (gone) this.#mirrors.delete(key);
    else this.#mirrors.set(key, mirror);
    const p = this.#running.get(key);
    if (!p) {
      if (!gone) this.#cleanUpSoon();
      return;
    }
    const before = p.mirror;
    p.mirror = gone ? null : mirror;
    // The round that follows is given what the event was about, even if that is gone.
    p.mirrorPending = mirror;
    const news = gone || before === null || differs(before, mirror);
    if (news && !p.removed) this.#host.wake(p);
  }

  /** The record whose mirror has that uid. */
  byMirror(uid: string): PodRecord | undefined {
    for (const p of this.#running.values()) if (p.mirror?.metadata.uid === uid) return p;
    return undefined;
  }

  /** As soon as the node is registered its mirrors are made. */
  *registered(): Proc {
    for (const p of [...this.#running.values()]) if (!p.terminating) yield* this.reconcile(p);
  }

  /** The mirror is as it should be after this, as far as the API server lets it. */
  *reconcile(p: PodRecord): Proc {
    const mirror = p.mirrorOfRound ?? p.mirror;
    let deleted = false;
    if (mirror && (mirror.metadata.deletionTimestamp !== undefined || !isMirrorOf(mirror, p.pod))) {
      deleted = yield* this.#deleteMirror(p.pod, mirror.metadata.uid);
    }
    const { node } = this.#host;
    if ((mirror && !deleted) || !node || node.metadata.deletionTimestamp !== undefined) return;
    yield* this.#createMirror(p.pod, node);
  }

  *#createMirror(pod: PodObject, node: NodeObject): Proc {
    const { name, uid } = node.metadata;
    const hash = pod.metadata.annotations?.[CONFIG_HASH] ?? '';
    const { uid: _, ...metadata } = pod.metadata;
    const mirror = {
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [CONFIG_MIRROR]: hash },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid, controller: true }],
      },
      spec: pod.spec,
    };
    try {
      yield* this.#context.client.create(Pod, mirror);
    } catch (error) {
      // There is no such namespace yet, or nobody answers: the next round tries again.
      if (!isRefusal(error)) throw error;
      this.#log('Failed creating a mirror pod', pod, error);
    }
  }

  *#deleteMirror({ metadata }: PodObject, uid: string | undefined): Proc<boolean> {
    const { namespace = '', name } = metadata;
    const preconditions = uid === undefined ? {} : { uid };
    try {
      const options = { gracePeriodSeconds: 0, ...preconditions };
      yield* this.#context.client.delete(Pod, namespace, name, options);
      return true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return false;
    }
  }

  #log(what: string, pod: PodObject, error: unknown): void {
    if (isApiError(error, 'AlreadyExists')) return;
    const { kernel, actor } = this.#context;
    const object = `Pod/${keyOf(pod)}`;
    const err = error instanceof Error ? error.message : String(error);
    kernel.point({ kind: 'note', name: what, from: actor, object, detail: { err } });
  }

  /** allowStaticPodStart: of several Pods of one name only one runs at a time. */
  #start(key: string): void {
    const pod = this.#wanted.get(key);
    const before = this.#running.get(key);
    if (!pod || before?.identity.uid === pod.metadata.uid) {
      if (!pod || !before?.terminating) return;
    }
    if (!before) {
      this.#host.add(pod);
      return;
    }
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    const { kernel, scope, rng } = this.#context;
    const again = before.identity.uid === pod.metadata.uid;
    const wait = again
      ? this.#untilHousekeeping()
      : jittered(rng, START_RETRY_US, START_RETRY_JITTER_PERCENT);
    kernel.after(
      wait,
      () => {
        this.#waiting.delete(key);
        this.#start(key);
      },
      { scope, periodic: false },
    );
  }

  #untilHousekeeping(): number {
    const { kernel } = this.#context;
    return HOUSEKEEPING_US - ((kernel.now - this.#startedAt) % HOUSEKEEPING_US);
  }

  /** Mirrors of nothing are deleted at the next housekeeping. */
  #cleanUpSoon(): void {
    if (this.#cleanUpDue) return;
    this.#cleanUpDue = true;
    const { kernel, scope } = this.#context;
    kernel.after(
      this.#untilHousekeeping(),
      () => {
        this.#cleanUpDue = false;
        kernel.spawn('clean up mirrors', this.#cleanUp(), { scope });
      },
      { scope, periodic: false },
    );
  }

  *#cleanUp(): Proc {
    for (const [key, mirror] of [...this.#mirrors]) {
      // IsPodForMirrorPodTerminatingByFullName: until its containers have ended it may still tell of them.
      if (this.#wanted.has(key) || this.#running.get(key)?.terminated === false) continue;
      yield* this.#deleteMirror(mirror, undefined);
    }
  }
}

function keyOf({ metadata }: PodObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** IsMirrorPodOf: the hash tells whether it was made from this very manifest. */
function isMirrorOf(mirror: PodObject, pod: PodObject): boolean {
  return mirror.metadata.annotations?.[CONFIG_MIRROR] === pod.metadata.annotations?.[CONFIG_HASH];
}
