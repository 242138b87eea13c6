/**
 * Signals that a node is short of something, and the thresholds at which it acts. Pure.
 *
 * Models: pkg/kubelet/eviction/helpers.go, eviction/api/types.go (v1.36)
 * Simplified: inodes are not counted; images and containers lie on the same disk as everything else.
 */
import { bytes, binaryQuantity } from '../../../../api/meta/quantity.ts';
import type { KubeletSettings } from '../../../../port/protocol-node.ts';
import type { Pressure } from '../node-status.ts';
import { reservedOf } from '../settings.ts';

export const SIGNALS = [
  'memory.available',
  'nodefs.available',
  'imagefs.available',
  'pid.available',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** As messages name what is to be reclaimed. */
export const RESOURCES: Readonly<Record<Signal, string>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'imagefs.available': 'ephemeral-storage',
  'pid.available': 'pids',
};

export interface Threshold {
  readonly signal: Signal;
  /** `100Mi`, `5%`. */
  readonly value: string;
  /** 0: hard. */
  readonly graceSeconds: number;
}

/** One look at the machine. */
export type Observations = Readonly<
  Record<Signal, { readonly available: number; readonly capacity: number }>
>;

/** Throws for signals and values that a kubelet would not start with. */
export function thresholdsOf(settings: KubeletSettings): readonly Threshold[] {
  const { evictionHard, evictionSoft, evictionSoftGracePeriodSeconds } = settings;
  const hard = Object.entries(evictionHard).flatMap(([signal, value]) =>
    isNone(value) ? [] : [{ signal: known(signal), value: checked(value), graceSeconds: 0 }],
  );
  const soft = Object.entries(evictionSoft).flatMap(([signal, value]) => {
    if (isNone(value)) return [];
    const graceSeconds = evictionSoftGracePeriodSeconds[signal];
    if (graceSeconds === undefined) {
      throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    }
    return [{ signal: known(signal), value: checked(value), graceSeconds }];
  });
  return [...hard, ...soft];
}

function known(signal: string): Signal {
  const found = SIGNALS.find((s) => s === signal);
  if (!found) throw new Error(`unsupported eviction signal ${signal}`);
  return found;
}

/** Off: 0% or 100%. */
function isNone(value: string): boolean {
  return value === '0%' || value === '100%';
}

function checked(value: string): string {
  if (!value.endsWith('%')) {
    if (bytes(value) <= 0) throw new Error(`eviction threshold ${value} must be positive`);
    return value;
  }
  const percent = Number(value.slice(0, -1));
  if (!(percent > 0 && percent < 100)) {
    throw new Error(`eviction percentage threshold ${value} must be between 0% and 100%`);
  }
  return value;
}

export function isMet({ signal, value }: Threshold, observed: Observations): boolean {
  const { available, capacity } = observed[signal];
  return available < reservedOf(value, capacity);
}

export function isSame(a: Threshold, b: Threshold): boolean {
  return a.signal === b.signal && a.value === b.value && a.graceSeconds === b.graceSeconds;
}

export const NO_PRESSURE: Pressure = { memory: false, disk: false, pid: false };

export const CONDITIONS: Readonly<Record<Signal, keyof Pressure>> = {
  'memory.available': 'memory',
  'nodefs.available': 'disk',
  'imagefs.available': 'disk',
  'pid.available': 'pid',
};

/** The figures of a message about |resource|: what was to be kept, and what there is. */
export function figures(
  resource: string,
  thresholds: readonly Threshold[],
  observed: Observations,
): string {
  const threshold = thresholds.find((t) => RESOURCES[t.signal] === resource);
  if (!threshold) return '';
  const { available, capacity } = observed[threshold.signal];
  const { value } = threshold;
  const quantity = value.endsWith('%') ? binaryQuantity(reservedOf(value, capacity)) : value;
  const left = resource === 'pids' ? String(available) : binaryQuantity(available);
  return `Threshold quantity: ${quantity}, available: ${left}. `;
}
