/** What a case of the bench prints: CPU time is the measure, wall time on a busy machine says little. */
import type { Cluster } from '../engine/cluster.ts';

export interface Result {
  readonly case: string;
  readonly cpu_s: number;
  readonly wall_s: number;
  readonly peak_rss_mb: number;
  readonly heap_mb: number;
  readonly virtual_s: number;
  readonly writes: number;
  readonly hash?: string;
  /** Figures of this case alone, and what they count. */
  readonly [figure: string]: number | string | undefined;
}

export class Stopwatch {
  #cpu = process.cpuUsage();
  #wall = process.hrtime.bigint();

  get cpuSeconds(): number {
    const used = process.cpuUsage(this.#cpu);
    return (used.user + used.system) / 1e6;
  }

  get wallSeconds(): number {
    return Number(process.hrtime.bigint() - this.#wall) / 1e9;
  }
}

/** The figures that every case has. */
export function resultOf(
  name: string,
  watch: Stopwatch,
  cluster: Cluster,
  more: Readonly<Record<string, number>> = {},
): Result {
  const { kernel, server } = cluster;
  const figures = Object.entries(more).map(([key, value]) => [key, round(value)]);
  return {
    case: name,
    cpu_s: round(watch.cpuSeconds),
    wall_s: round(watch.wallSeconds),
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1024),
    heap_mb: Math.round(process.memoryUsage().heapUsed / 1e6),
    virtual_s: round(kernel.now / 1e6),
    writes: server.store.revision,
    hash: kernel.trace.hash,
    ...(Object.fromEntries(figures) as Record<string, number>),
  };
}

export function round(n: number): number {
  return Math.round(n * 1000) / 1000;
}
