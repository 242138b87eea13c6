/**
 * Watches what the machine has left, and ends Pods before it has nothing left.
 *
 * Models: pkg/kubelet/eviction/eviction_manager.go (v1.36)
 * Writes: events
 * Simplified: no notice of the kernel between the looks of every 10 s (kernelMemcgNotification is off
 *             by default); no minimum reclaim.
 */
import type { Proc } from '../../../../kernel/process.ts';
import { sleep } from '../../../../kernel/process.ts';
import type { KubeletSettings } from '../../../../port/protocol-node.ts';
import { isCritical } from '../critical.ts';
import type { KubeletContext } from '../context.ts';
import { recordPodEvent } from '../context.ts';
import type { Pressure } from '../node-status.ts';
import type { PodRecord, Verdict } from '../pod-record.ts';
import { hasStorageLimits, storageExcess } from './local-storage.ts';
import { blame, ranked } from './rank.ts';
import { observe, type PodReading, readPod, type StatsSource } from './stats.ts';
import {
  CONDITIONS,
  figures,
  isMet,
  isSame,
  NO_PRESSURE,
  type Observations,
  RESOURCES,
  SIGNALS,
  type Signal,
  type Threshold,
  thresholdsOf,
} from './thresholds.ts';

/** pkg/kubelet/kubelet.go evictionMonitoringPeriod. */
const LOOK_US = 10_000_000;
/** podCleanupTimeout, podCleanupPollFreq. */
const CLEANUP_TIMEOUT_US = 30_000_000;
const CLEANUP_POLL_US = 1_000_000;
/** immediateEvictionGracePeriodSeconds. */
const HARD_GRACE_SECONDS = 1;

export interface EvictionHost {
  readonly settings: KubeletSettings;
  /** Pods that have not been told to end for good. */
  active(): readonly PodRecord[];
  kill(p: PodRecord, verdict: Verdict, graceSeconds: number): void;
  /** Its containers and volumes are gone. */
  isCleanedUp(p: PodRecord): boolean;
  /** Deletes dead containers and images that nobody uses. */
  reclaimDisk(): void;
  nodeEvent(reason: string, message: string): void;
  /** Another pressure than before. */
  changed(pressure: Pressure): void;
}

export class EvictionManager {
  pressure: Pressure = NO_PRESSURE;
  readonly #context: KubeletContext;
  readonly #source: StatsSource;
  readonly #host: EvictionHost;
  readonly #thresholds: readonly Threshold[];
  /** Since when a threshold has been met without a break. */
  #metSince: { readonly threshold: Threshold; readonly at: number }[] = [];
  /** When a pressure was seen last. */
  #seenAt = new Map<keyof Pressure, number>();
  /** Pods with limits of what they may write. */
  readonly #limited = new Set<PodRecord>();

  constructor(context: KubeletContext, source: StatsSource, host: EvictionHost) {
    this.#context = context;
    this.#source = source;
    this.#host = host;
    this.#thresholds = thresholdsOf(host.settings);
  }

  /** The first look is at once. */
  start(): void {
    this.#next(0);
  }

  added(p: PodRecord): void {
    if (hasStorageLimits(p.pod)) this.#limited.add(p);
  }

  forgotten(p: PodRecord): void {
    this.#limited.delete(p);
  }

  #next(us: number): void {
    const { kernel, scope } = this.#context;
    kernel.after(us, () => this.#look(), { scope, periodic: true, cause: 0 });
  }

  #look(): void {
    const evicted = this.#synchronize();
    if (evicted.length === 0) {
      this.#next(LOOK_US);
      return;
    }
    const { kernel, scope } = this.#context;
    kernel.spawn('wait for evicted Pods', this.#waitFor(evicted), { scope });
  }

  *#waitFor(evicted: readonly PodRecord[]): Proc {
    const { kernel } = this.#context;
    const until = kernel.now + CLEANUP_TIMEOUT_US;
    while (kernel.now < until && !evicted.every((p) => this.#host.isCleanedUp(p))) {
      yield* sleep(CLEANUP_POLL_US);
    }
    this.#look();
  }

  /** The Pods that it has ended. */
  #synchronize(): readonly PodRecord[] {
    const observed = observe(this.#source);
    const met = this.#thresholds.filter((t) => isMet(t, observed));
    // What a quiet node has to do every ten seconds ends here.
    if (met.length === 0 && this.#seenAt.size === 0 && this.#limited.size === 0) return [];
    const { now } = this.#context.kernel;
    this.#metSince = met.map((threshold) => {
      const before = this.#metSince.find((m) => isSame(m.threshold, threshold));
      return before ?? { threshold, at: now };
    });
    this.#updatePressure(met);
    const due = this.#metSince
      .filter((m) => now - m.at >= m.threshold.graceSeconds * 1_000_000)
      .map((m) => m.threshold);
    const over = this.#overLimits();
    if (over.length > 0) return over;
    const [threshold] = inOrder(due);
    return threshold ? this.#reclaim(threshold, due, observed) : [];
  }

  /** A pressure lasts until it has not been seen for the transition period. */
  #updatePressure(met: readonly Threshold[]): void {
    const { now } = this.#context.kernel;
    for (const { signal } of met) this.#seenAt.set(CONDITIONS[signal], now);
    const period = this.#host.settings.evictionPressureTransitionPeriodSeconds * 1_000_000;
    for (const [name, at] of this.#seenAt) if (now - at >= period) this.#seenAt.delete(name);
    const has = (name: keyof Pressure): boolean => this.#seenAt.has(name);
    const pressure = { memory: has('memory'), disk: has('disk'), pid: has('pid') };
    const { memory, disk, pid } = this.pressure;
    if (memory === pressure.memory && disk === pressure.disk && pid === pressure.pid) return;
    this.pressure = pressure;
    this.#host.changed(pressure);
  }

  #overLimits(): readonly PodRecord[] {
    const evicted: PodRecord[] = [];
    for (const p of this.#limited) {
      if (p.terminating) continue;
      const reading = readPod(this.#source, p);
      const message = reading && storageExcess(p.pod, reading);
      if (message !== null && this.#evict(p, { message }, HARD_GRACE_SECONDS)) evicted.push(p);
    }
    return evicted;
  }

  #reclaim(
    threshold: Threshold,
    due: readonly Threshold[],
    observed: Observations,
  ): readonly PodRecord[] {
    const host = this.#host;
    const resource = RESOURCES[threshold.signal];
    host.nodeEvent('EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    if (CONDITIONS[threshold.signal] === 'disk') {
      host.reclaimDisk();
      const after = observe(this.#source);
      if (!this.#thresholds.some((t) => isMet(t, after))) return [];
    }
    const candidates = host.active().map((p) => ({ p, reading: readPod(this.#source, p) }));
    for (const candidate of ranked(candidates, resource)) {
      const { p } = candidate;
      const message =
        `The node was low on resource: ${resource}. ${figures(resource, due, observed)}` +
        blame(candidate, resource);
      const grace = this.#graceOf(p, threshold);
      if (this.#evict(p, { message, disruption: message }, grace)) return [p];
    }
    return [];
  }

  #graceOf(p: PodRecord, { graceSeconds }: Threshold): number {
    if (graceSeconds === 0) return HARD_GRACE_SECONDS;
    const { evictionMaxPodGracePeriodSeconds: most } = this.#host.settings;
    return Math.min(most, p.pod.spec.terminationGracePeriodSeconds ?? most);
  }

  #evict(
    p: PodRecord,
    what: { readonly message: string; readonly disruption?: string },
    graceSeconds: number,
  ): boolean {
    if (isCritical(p.pod)) return false;
    recordPodEvent(this.#context, p, 'Warning', 'Evicted', what.message);
    this.#host.kill(p, { reason: 'Evicted', ...what }, graceSeconds);
    return true;
  }

  /** For the summary API and metrics. */
  read(p: PodRecord): PodReading | null {
    return readPod(this.#source, p);
  }

  observe(): Observations {
    return observe(this.#source);
  }
}

/** Memory before everything else. */
function inOrder(thresholds: readonly Threshold[]): readonly Threshold[] {
  const rank = (signal: Signal): number => SIGNALS.indexOf(signal);
  return [...thresholds].sort((a, b) => rank(a.signal) - rank(b.signal));
}
