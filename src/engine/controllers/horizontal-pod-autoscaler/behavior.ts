/**
 * What becomes of a recommendation: held back by what was recommended lately, by how fast replicas
 * may come and go, and by the bounds. Pure but for the memory it is given.
 *
 * Models: kubernetes pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicas* (v1.36)
 */
import type {
  HorizontalPodAutoscalerBehavior as Behavior,
  HPAScalingRules as Rules,
} from '../../../api/generated/types.ts';

/** --horizontal-pod-autoscaler-downscale-stabilization */
const DOWNSCALE_STABILIZATION_S = 300;
const SCALE_UP_FACTOR = 2; // scaleUpLimitFactor
const SCALE_UP_MINIMUM = 4; // scaleUpLimitMinimum
const MS_PER_SECOND = 1_000;
const MAX_INT32 = 2_147_483_647;
const MIN_INT32 = -2_147_483_648;
const PERCENT = 100;

export interface Recommendation {
  readonly replicas: number;
  readonly atMs: number;
}

export interface ScaleEvent {
  /** Never negative. */
  readonly change: number;
  readonly atMs: number;
}

/** What is remembered of one autoscaler; lost when the process ends, as upstream's. */
export interface Memory {
  readonly recommendations: Recommendation[];
  readonly ups: ScaleEvent[];
  readonly downs: ScaleEvent[];
}

export interface Wanted {
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly nowMs: number;
}

/** A reason with its message. */
export type Reason = readonly [reason: string, message: string];

export interface Normalized {
  readonly replicas: number;
  readonly ableToScale: Reason;
  readonly limited: boolean;
  readonly limit: Reason;
}

const READY: Reason = ['ReadyForNewScale', 'recommended size matches current size'];
const IN_RANGE: Reason = ['DesiredWithinRange', 'the desired count is within the acceptable range'];
const UP_STABILIZED: Reason = [
  'ScaleUpStabilized',
  'recent recommendations were lower than current one, applying the lowest recent recommendation',
];
const DOWN_STABILIZED: Reason = [
  'ScaleDownStabilized',
  'recent recommendations were higher than current one, applying the highest recent recommendation',
];
const TOO_MANY: Reason = [
  'TooManyReplicas',
  'the desired replica count is more than the maximum replica count',
];
const TOO_FEW: Reason = [
  'TooFewReplicas',
  'the desired replica count is less than the minimum replica count',
];
const UP_LIMIT: Reason = [
  'ScaleUpLimit',
  'the desired replica count is increasing faster than the maximum scale rate',
];
const DOWN_LIMIT: Reason = [
  'ScaleDownLimit',
  'the desired replica count is decreasing faster than the maximum scale rate',
];

export function newMemory(current: number, nowMs: number): Memory {
  return { recommendations: [{ replicas: current, atMs: nowMs }], ups: [], downs: [] };
}

export function normalize(
  memory: Memory,
  behavior: Behavior | undefined,
  wanted: Wanted,
): Normalized {
  const stabilized = behavior
    ? stabilizeBoth(memory, behavior, wanted)
    : stabilizeDown(memory, wanted);
  const byDirection = wanted.desired >= wanted.current ? UP_STABILIZED : DOWN_STABILIZED;
  const held = behavior ? byDirection : DOWN_STABILIZED;
  const [replicas, limit] = behavior
    ? withRates(memory, behavior, { ...wanted, desired: stabilized })
    : withinBounds({ ...wanted, desired: stabilized });
  return {
    replicas,
    ableToScale: stabilized === wanted.desired ? READY : held,
    limited: replicas !== stabilized,
    limit,
  };
}

/** Without a behavior: the highest of the last five minutes. */
function stabilizeDown({ recommendations }: Memory, { desired, nowMs }: Wanted): number {
  const cutoff = nowMs - DOWNSCALE_STABILIZATION_S * MS_PER_SECOND;
  let highest = desired;
  let old = -1;
  recommendations.forEach(({ replicas, atMs }, i) => {
    if (atMs < cutoff) old = i;
    else highest = Math.max(highest, replicas);
  });
  remember(recommendations, old, { replicas: desired, atMs: nowMs });
  return highest;
}

function stabilizeBoth(memory: Memory, behavior: Behavior, wanted: Wanted): number {
  const { current, desired, nowMs } = wanted;
  const { recommendations } = memory;
  const upS = behavior.scaleUp?.stabilizationWindowSeconds ?? 0;
  const downS = behavior.scaleDown?.stabilizationWindowSeconds ?? DOWNSCALE_STABILIZATION_S;
  const upCutoff = nowMs - upS * MS_PER_SECOND;
  const downCutoff = nowMs - downS * MS_PER_SECOND;
  let lowest = desired;
  let highest = desired;
  let old = -1;
  recommendations.forEach(({ replicas, atMs }, i) => {
    if (atMs > upCutoff) lowest = Math.min(lowest, replicas);
    if (atMs > downCutoff) highest = Math.max(highest, replicas);
    if (atMs < upCutoff && atMs < downCutoff) old = i;
  });
  remember(recommendations, old, { replicas: desired, atMs: nowMs });
  return Math.min(Math.max(current, lowest), highest);
}

/** The last outdated one makes room, so that the list does not grow. */
function remember<T>(list: T[], old: number, item: T): void {
  if (old >= 0) list[old] = item;
  else list.push(item);
}

function withinBounds({ current, desired, min, max }: Wanted): readonly [number, Reason] {
  const rate = Math.max(SCALE_UP_FACTOR * current, SCALE_UP_MINIMUM);
  const most = Math.min(max, rate);
  if (desired < min) return [min, TOO_FEW];
  if (desired > most) return [most, max > rate ? UP_LIMIT : TOO_MANY];
  return [desired, IN_RANGE];
}

function withRates(memory: Memory, behavior: Behavior, wanted: Wanted): readonly [number, Reason] {
  const { current, desired, min, max } = wanted;
  if (desired > current) {
    // What was added lately may leave no room at all until it is forgotten.
    const rate = Math.max(current, upLimit(memory, behavior.scaleUp ?? {}, wanted));
    const most = Math.min(max, rate);
    if (desired > most) return [most, max > rate ? UP_LIMIT : TOO_MANY];
  } else if (desired < current) {
    const rate = Math.min(current, downLimit(memory, behavior.scaleDown ?? {}, wanted));
    const least = Math.max(min, rate);
    if (desired < least) return [least, min < rate ? DOWN_LIMIT : TOO_FEW];
  }
  return [desired, IN_RANGE];
}

/** Where the count would have been at the beginning of a policy's period. */
function periodStart(memory: Memory, current: number, seconds: number, nowMs: number): number {
  const cutoff = nowMs - seconds * MS_PER_SECOND;
  let replicas = current;
  for (const { change, atMs } of memory.ups) if (atMs > cutoff) replicas -= change;
  for (const { change, atMs } of memory.downs) if (atMs > cutoff) replicas += change;
  return replicas;
}

function upLimit(memory: Memory, rules: Rules, { current, nowMs }: Wanted): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const least = rules.selectPolicy === 'Min';
  let limit = least ? MAX_INT32 : MIN_INT32;
  for (const { type, value, periodSeconds } of rules.policies ?? []) {
    const start = periodStart(memory, current, periodSeconds, nowMs);
    // Rounded up, since one that changes nothing would never let it grow.
    const proposed = type === 'Pods' ? start + value : Math.ceil(start * (1 + value / PERCENT));
    limit = least ? Math.min(limit, proposed) : Math.max(limit, proposed);
  }
  return limit;
}

function downLimit(memory: Memory, rules: Rules, { current, nowMs }: Wanted): number {
  if (rules.selectPolicy === 'Disabled') return current;
  const least = rules.selectPolicy === 'Min';
  let limit = least ? MIN_INT32 : MAX_INT32;
  for (const { type, value, periodSeconds } of rules.policies ?? []) {
    const start = periodStart(memory, current, periodSeconds, nowMs);
    const proposed = type === 'Pods' ? start - value : Math.trunc(start * (1 - value / PERCENT));
    limit = least ? Math.max(limit, proposed) : Math.min(limit, proposed);
  }
  return limit;
}

/** Changes count against the rates of a behavior; without one nobody asks for them. */
export function rememberScale(
  memory: Memory,
  behavior: Behavior | undefined,
  from: number,
  to: number,
  nowMs: number,
): void {
  if (!behavior) return;
  const up = to > from;
  const events = up ? memory.ups : memory.downs;
  const policies = (up ? behavior.scaleUp : behavior.scaleDown)?.policies ?? [];
  const longest = policies.reduce((s, { periodSeconds }) => Math.max(s, periodSeconds), 0);
  const cutoff = nowMs - longest * MS_PER_SECOND;
  let old = -1;
  events.forEach(({ atMs }, i) => {
    if (atMs < cutoff) old = i;
  });
  remember(events, old, { change: Math.abs(to - from), atMs: nowMs });
}
