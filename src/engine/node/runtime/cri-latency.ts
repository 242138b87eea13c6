/** How long the calls of CRI take, in microseconds. */
import type { Latency } from '../../../kernel/rng.ts';

/**
 * goldens/node/timings.json: first status to PodReadyToStartContainers is 416/514/851 ms, of which
 * waiting for the mounts takes 300 ms; event Created to Started is 60/87/210 ms; goldens/node events
 * Pulled to Created 11/26/76 ms. Each less what the requests in between take.
 */
export const RUN_SANDBOX: Latency = { p10: 110_000, p50: 200_000, p90: 520_000 };
export const CREATE: Latency = { p10: 7_000, p50: 20_000, p90: 68_000 };
export const START: Latency = { p10: 54_000, p50: 80_000, p90: 200_000 };
/** From the end of the process to the answer of StopContainer; then the sandbox and its network. */
export const STOP: Latency = { p10: 12_000, p50: 30_000, p90: 90_000 };
export const STOP_SANDBOX: Latency = { p10: 60_000, p50: 130_000, p90: 400_000 };
/** goldens/node/multi/resize-ok: from ResizeStarted to the new status in 100 ms, with two requests. */
export const UPDATE: Latency = { p10: 8_000, p50: 15_000, p90: 40_000 };
export const REMOVE: Latency = { p10: 8_000, p50: 20_000, p90: 60_000 };
