/**
 * How long the parts of a request take, in microseconds.
 *
 * Source: medians of tookMs in goldens/node/flow (requests of a busy two-core control plane) split
 * over the parts; the shape of the tail is the recorded p90.
 */
import type { Latency } from '../../kernel/rng.ts';

export interface ApiLatencies {
  /** Client to server, and back. */
  readonly network: Latency;
  /** Authentication to answer, of a read. */
  readonly read: Latency;
  /** Authentication to validation, of a write. */
  readonly process: Latency;
  /** The transaction in etcd, fsync included. */
  readonly commit: Latency;
  /** From commit to the arrival of the event at a watcher. */
  readonly watch: Latency;
}

export const DEFAULT_LATENCIES: ApiLatencies = {
  network: { p10: 120, p50: 250, p90: 600 },
  read: { p10: 250, p50: 500, p90: 1_500 },
  process: { p10: 300, p50: 600, p90: 1_400 },
  commit: { p10: 700, p50: 1_300, p90: 3_000 },
  watch: { p10: 250, p50: 600, p90: 1_800 },
};
