/**
 * Sees to it that the volumes of each Pod are mounted, and that what the kubelet writes into them
 * follows its sources.
 *
 * Models: pkg/kubelet/volumemanager volume_manager.go, reconciler, populator; pkg/util/goroutinemap/
 * exponentialbackoff (v1.36)
 * Watches: configmaps and secrets by name, through ReferencedObjects
 * Simplified: a Pod is looked at when one of its sources has changed, at the time at which its worker
 *             would have come by, and not every 60 to 90 s.
 */
import type { Pod, Volume } from '../../../../api/generated/types.ts';
import type { Timer } from '../../../../kernel/event-queue.ts';
import type { Proc } from '../../../../kernel/process.ts';
import type { Latency } from '../../../../kernel/rng.ts';
import { isRefusal } from '../../../client/refusal.ts';
import { jittered, type KubeletContext, recordPodEvent } from '../context.ts';
import type { PodRecord } from '../pod-record.ts';
import { MissingReference } from '../references.ts';
import { CsiMount, regrow } from './csi.ts';
import { MountError, VolumeNotProcessed, VolumeWaits } from './mount-error.ts';
import type { MountedVolume } from './node-volumes.ts';
import { setUpVolume } from './plugins.ts';
import { WrittenVolume } from './written-volume.ts';

/** exponentialbackoff: 0.5 s doubling to 2 m 2 s. */
const RETRY_US = 500_000;
const RETRY_MAX_US = 122_000_000;
/** After a minute of tries, what is missing is not on its way: waiting for it is a steady state. */
const STEADY_TRIES = 6;
const STEADY_WAIT_US = 60_000_000;
/** The reconciler's loop of 100 ms, and the populator's before it. */
const LOOP: Latency = { p10: 10_000, p50: 60_000, p90: 150_000 };
/** pkg/kubelet/kubelet.go syncFrequency, pod_workers.go workerResyncIntervalJitterFactor. */
const RESYNC_US = 60_000_000;
const RESYNC_JITTER_PERCENT = 50;

interface Failing {
  tries: number;
  retryAt: number;
  /** Since when it has waited for the control plane; absent: it does not. */
  readonly waitsSince?: number;
}

/** What the kubelet knows of a Pod's volumes while it sees to them; most Pods have none of it. */
interface Trouble {
  readonly failing: Map<string, Failing>;
  /** A background process updates its files. */
  updating: boolean;
  retry: Timer | null;
}

export type MountResult =
  | { readonly kind: 'mounted' }
  /** Another try is due at |retryAt|. */
  | { readonly kind: 'failed'; readonly retryAt: number; readonly steady: boolean }
  /** Volumes that could not even be described. */
  | { readonly kind: 'unprocessed'; readonly message: string };

export class VolumeManager {
  readonly #context: KubeletContext;
  readonly #wake: (p: PodRecord) => void;
  readonly #troubles = new Map<PodRecord, Trouble>();
  readonly #resyncs = new Map<PodRecord, Timer>();
  /** By `PLURAL/NAMESPACE/NAME`: who has files made of it. */
  readonly #users = new Map<string, Set<PodRecord>>();
  /** Pods with volumes of storage drivers, by uid. */
  readonly #ofCsi = new Map<string, PodRecord>();
  readonly #refreshAt = new Map<PodRecord, number>();
  #refreshTimer: Timer | null = null;

  /** |wake| begins a round of the Pod's worker. */
  constructor(context: KubeletContext, wake: (p: PodRecord) => void) {
    this.#context = context;
    this.#wake = wake;
    context.references.onChange = (id) => {
      for (const p of this.#users.get(id) ?? []) this.#resync(p);
    };
    const { csi } = context.volumes;
    csi.onNews = () => this.#retryWaiting();
    csi.onGrown = (uids) => {
      for (const uid of uids) {
        const p = this.#ofCsi.get(uid);
        if (p) this.#resync(p);
      }
    };
  }

  /** Something has come that volumes may have waited for. */
  #retryWaiting(): void {
    for (const [p, { failing }] of this.#troubles) {
      const waiting = [...failing.values()].filter((f) => f.waitsSince !== undefined);
      for (const f of waiting) f.retryAt = this.#context.kernel.now;
      if (waiting.length === 0) continue;
      if (p.interrupt) p.interrupt.resolve();
      else this.#wake(p);
    }
  }

  /** Mounts again what the last loss of power has unmounted; false: not all of it could be. */
  *remount(p: PodRecord): Proc<boolean> {
    const { unmounted } = this.#context.volumes;
    if (!unmounted.has(p.identity.uid)) return true;
    const { kind } = yield* this.mount(p);
    if (kind === 'mounted') unmounted.delete(p.identity.uid);
    return kind === 'mounted';
  }

  /** Tries all volumes that are not mounted and whose turn it is. */
  *mount(p: PodRecord): Proc<MountResult> {
    const { kernel, volumes } = this.#context;
    const unmounted = wantedVolumes(p.pod).filter((v) => !volumes.get(p.identity.uid, v.name));
    const unprocessed: { readonly name: string; readonly why: string }[] = [];
    let retryAt = Number.POSITIVE_INFINITY;
    let steady = true;
    let waits = false;
    for (const volume of unmounted) {
      const failing = this.#troubles.get(p)?.failing.get(volume.name);
      if (!failing || failing.retryAt <= kernel.now) {
        const why = yield* this.#setUp(p, volume);
        if (why !== null) unprocessed.push({ name: volume.name, why });
      }
      const now = this.#troubles.get(p)?.failing.get(volume.name);
      if (!now) continue;
      retryAt = Math.min(retryAt, now.retryAt);
      waits ||= now.waitsSince !== undefined;
      steady &&= isSteady(now, kernel.now);
    }
    if (unprocessed.length > 0) {
      const message = this.#notProcessed(p, unprocessed);
      return { kind: 'unprocessed', message };
    }
    if (waits || retryAt < Number.POSITIVE_INFINITY) return { kind: 'failed', retryAt, steady };
    return { kind: 'mounted' };
  }

  /** A round of a Pod whose volumes are mounted: files whose sources have changed are written anew. */
  reprocess(p: PodRecord): void {
    const mounted = this.#context.volumes.of(p.identity.uid);
    if (!mounted || this.#troubles.get(p)?.updating === true) return;
    for (const volume of mounted.values()) {
      if (this.#isStale(p, volume)) {
        this.#startUpdate(p);
        return;
      }
    }
  }

  #isStale(p: PodRecord, volume: MountedVolume): boolean {
    if (volume instanceof WrittenVolume) return volume.isStale(this.#context, p.pod);
    return volume instanceof CsiMount && this.#context.volumes.csi.isGrown(volume.volume);
  }

  /** The Pod is gone. */
  forget(p: PodRecord): void {
    const { kernel, volumes } = this.#context;
    this.#unregister(p);
    volumes.unmountAll(p.identity.uid);
    this.#ofCsi.delete(p.identity.uid);
    const retry = this.#troubles.get(p)?.retry;
    if (retry) kernel.cancel(retry);
    this.#troubles.delete(p);
    const resync = this.#resyncs.get(p);
    if (resync) kernel.cancel(resync);
    this.#resyncs.delete(p);
    this.#refreshAt.delete(p);
  }

  /** Null when it was mounted, or will be tried again; a text: why there is nothing to mount. */
  *#setUp(p: PodRecord, volume: Volume): Proc<string | null> {
    const { volumes } = this.#context;
    const { uid } = p.identity;
    const old = volumes.get(uid, volume.name);
    try {
      const mounted = yield* setUpVolume(this.#context, p.pod, volume, old);
      volumes.set(uid, volume.name, mounted);
      this.#troubles.get(p)?.failing.delete(volume.name);
      if (mounted instanceof WrittenVolume) this.#register(p, mounted);
      if (mounted instanceof CsiMount) this.#ofCsi.set(uid, p);
      return null;
    } catch (error) {
      if (error instanceof VolumeNotProcessed) return error.message;
      if (error instanceof VolumeWaits) {
        this.#waits(p, volume.name);
        return null;
      }
      const isKnown = error instanceof MissingReference || isRefusal(error);
      if (!isKnown && !(error instanceof MountError)) throw error;
      this.#failed(p, volume.name, error);
      return null;
    }
  }

  /** It is looked at again when there are news of it. */
  #waits(p: PodRecord, name: string): void {
    const { failing } = this.#trouble(p);
    const waitsSince = failing.get(name)?.waitsSince ?? this.#context.kernel.now;
    failing.set(name, { tries: 0, retryAt: Number.POSITIVE_INFINITY, waitsSince });
  }

  #failed(p: PodRecord, name: string, error: Error): void {
    const isOwn = error instanceof MountError;
    const operation = isOwn ? error.operation : 'MountVolume.SetUp failed';
    const volume = (isOwn ? error.volume : null) ?? name;
    const message = `${operation} for volume "${volume}" : ${error.message}`;
    recordPodEvent(this.#context, p, 'Warning', 'FailedMount', message);
    const { failing } = this.#trouble(p);
    const tries = (failing.get(name)?.tries ?? 0) + 1;
    const pause = Math.min(RETRY_US * 2 ** (tries - 1), RETRY_MAX_US);
    failing.set(name, { tries, retryAt: this.#context.kernel.now + pause });
  }

  #trouble(p: PodRecord): Trouble {
    let trouble = this.#troubles.get(p);
    if (!trouble) {
      trouble = { failing: new Map(), updating: false, retry: null };
      this.#troubles.set(p, trouble);
    }
    return trouble;
  }

  /** WaitForAttachAndMount: nothing of it is waited for. */
  #notProcessed(
    p: PodRecord,
    list: readonly { readonly name: string; readonly why: string }[],
  ): string {
    const { volumes } = this.#context;
    const unmounted = wantedVolumes(p.pod)
      .map((v) => v.name)
      .filter((name) => !volumes.get(p.identity.uid, name))
      .sort();
    const names = list.map((v) => v.name).sort();
    const why = [...new Set(list.map((v) => v.why))].sort().join('; ');
    return (
      `unmounted volumes=[${unmounted.join(' ')}], unattached volumes=[], ` +
      `failed to process volumes=[${names.join(' ')}]: ${why}`
    );
  }

  #startUpdate(p: PodRecord): void {
    const { kernel, scope } = this.#context;
    const trouble = this.#trouble(p);
    trouble.updating = true;
    if (trouble.retry) kernel.cancel(trouble.retry);
    trouble.retry = null;
    kernel.spawn('update volumes', this.#update(p, trouble), { scope });
  }

  /** What fails is tried again beside the Pod's rounds, which do not wait for it. */
  *#update(p: PodRecord, trouble: Trouble): Proc {
    const { kernel, rng, scope, volumes } = this.#context;
    yield rng.latency(LOOP);
    for (const volume of wantedVolumes(p.pod)) {
      if (p.terminating) break;
      const old = volumes.get(p.identity.uid, volume.name);
      if (old instanceof CsiMount) {
        yield* this.#grow(p, volume.name, old);
        if (volumes.csi.isGrown(old.volume)) this.#resync(p);
        continue;
      }
      if (!(old instanceof WrittenVolume)) continue;
      if (!old.isStale(this.#context, p.pod)) {
        trouble.failing.delete(volume.name);
        continue;
      }
      const failing = trouble.failing.get(volume.name);
      if (!failing || failing.retryAt <= kernel.now) yield* this.#setUp(p, volume);
    }
    trouble.updating = false;
    if (p.terminating || trouble.failing.size === 0) {
      this.#troubles.delete(p);
      return;
    }
    const due = [...trouble.failing.values()];
    const at = Math.max(kernel.now, Math.min(...due.map((f) => f.retryAt)));
    const periodic = due.every((f) => f.tries > STEADY_TRIES);
    trouble.retry = kernel.at(at, () => this.#startUpdate(p), { scope, periodic });
  }

  /** What fails is told, and tried again when the disk is enlarged once more, or mounted anew. */
  *#grow(p: PodRecord, name: string, mount: CsiMount): Proc {
    try {
      yield* regrow(this.#context, p.pod, mount);
    } catch (error) {
      if (!isRefusal(error) && !(error instanceof MountError)) throw error;
      const volume = error instanceof MountError ? (error.volume ?? name) : name;
      const message = `NodeExpandVolume failed for volume "${volume}" : ${error.message}`;
      recordPodEvent(this.#context, p, 'Warning', 'VolumeResizeFailed', message);
    }
  }

  /** Notes who is to be woken when a source changes, or a token gets old. */
  #register(p: PodRecord, volume: WrittenVolume): void {
    const { namespace } = p.identity;
    for (const { kind, name } of volume.seen) {
      const id = `${kind}/${namespace}/${name}`;
      const users = this.#users.get(id);
      if (users) users.add(p);
      else this.#users.set(id, new Set([p]));
    }
    for (const { refreshAt } of volume.tokens) this.#refreshLater(p, refreshAt);
    // A source may have changed while others were waited for.
    if (volume.isStale(this.#context, p.pod)) this.#resync(p);
  }

  #unregister(p: PodRecord): void {
    const { namespace, uid } = p.identity;
    for (const volume of this.#context.volumes.of(uid)?.values() ?? []) {
      if (!(volume instanceof WrittenVolume)) continue;
      for (const { kind, name } of volume.seen) {
        const id = `${kind}/${namespace}/${name}`;
        const users = this.#users.get(id);
        users?.delete(p);
        if (users?.size === 0) this.#users.delete(id);
      }
    }
  }

  /** Wakes the Pod when its worker would have come by, had it done so all the time. */
  #resync(p: PodRecord): void {
    if (this.#resyncs.has(p) || p.terminating) return;
    const { kernel, rng, scope } = this.#context;
    let at = Number.isFinite(p.lastSyncAt) ? p.lastSyncAt : kernel.now;
    // Rounds that found nothing are left out, whatever their number.
    at += Math.max(0, Math.floor((kernel.now - at) / RESYNC_US) - 1) * RESYNC_US;
    while (at <= kernel.now) at += jittered(rng, RESYNC_US, RESYNC_JITTER_PERCENT);
    const wake = (): void => {
      this.#resyncs.delete(p);
      this.#wake(p);
    };
    this.#resyncs.set(p, kernel.at(at, wake, { scope, periodic: false }));
  }

  /** One timer for all Pods: tokens last for an hour, and nobody waits for new ones. */
  #refreshLater(p: PodRecord, at: number): void {
    const known = this.#refreshAt.get(p);
    if (known === undefined || known > at || known <= this.#context.kernel.now) {
      this.#refreshAt.set(p, at);
    }
    if (!this.#refreshTimer || this.#refreshTimer.at > at) this.#setRefreshTimer(at);
  }

  #setRefreshTimer(at: number): void {
    const { kernel, scope } = this.#context;
    if (this.#refreshTimer) kernel.cancel(this.#refreshTimer);
    this.#refreshTimer = kernel.at(at, () => this.#refresh(), { scope, periodic: true });
  }

  #refresh(): void {
    const { kernel } = this.#context;
    this.#refreshTimer = null;
    let next = Number.POSITIVE_INFINITY;
    for (const [p, at] of this.#refreshAt) {
      if (at <= kernel.now) {
        this.#refreshAt.delete(p);
        this.reprocess(p);
      } else next = Math.min(next, at);
    }
    if (next < Number.POSITIVE_INFINITY) this.#setRefreshTimer(next);
  }
}

/** What is missing is not on its way: waiting for it is a steady state. */
function isSteady({ tries, waitsSince }: Failing, now: number): boolean {
  if (waitsSince !== undefined) return now - waitsSince >= STEADY_WAIT_US;
  return tries > STEADY_TRIES;
}

/** getExpectedVolumes: what no container mounts is not looked at. */
function wantedVolumes({ spec }: Pod): readonly Volume[] {
  const names = new Set<string>();
  const lists = [spec.containers, spec.initContainers, spec.ephemeralContainers];
  for (const list of lists) {
    for (const { volumeMounts, volumeDevices } of list ?? []) {
      for (const { name } of volumeMounts ?? []) names.add(name);
      for (const { name } of volumeDevices ?? []) names.add(name);
    }
  }
  return (spec.volumes ?? []).filter((v) => names.has(v.name));
}

export function hasVolumes(pod: Pod): boolean {
  return (pod.spec.volumes ?? []).length > 0 && wantedVolumes(pod).length > 0;
}
