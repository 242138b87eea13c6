/**
 * What metrics-server keeps: the last two readings of every container and node, from which rates
 * follow.
 *
 * Models:     metrics-server v0.8 pkg/storage/{pod,node,types}.go, pkg/scraper, with the flags of its
 *             manifest (--metric-resolution=15s); /metrics/resource of the kubelet (v1.36)
 * Simplified: all kubelets are read at one instant, on behalf of the API server and not over the
 *             network; of a node counts what its containers use: kubelet, runtime and system use nothing
 */
import type { NodeUsage, PodUsage, UsageSource } from '../../../api/kinds/metrics/usage.ts';
import { rfc3339 } from '../../../api/meta/time.ts';
import type { Kernel } from '../../../kernel/kernel.ts';
import type { HostResources } from '../runtime/cgroup.ts';
import type { RuntimeContainer } from '../runtime/runtime-container.ts';

/** --metric-resolution. */
const RESOLUTION_US = 15_000_000;
/** freshContainerMinMetricsResolution: a younger one has no rate worth telling. */
const FRESH_US = 10_000_000;
const NANOS_PER_CORE = 1_000_000_000;
/** Memory is given out, and counted, in pages. */
const PAGE_BYTES = 4_096;

/** A machine as the scraper sees it. */
export interface Scraped {
  readonly name: string;
  readonly kubelet: { readonly running: boolean };
  readonly runtime: {
    readonly host: HostResources;
    allContainers(): Iterable<RuntimeContainer>;
  };
}

/** One reading, and where the one before it was. */
interface Point {
  readonly name: string;
  readonly at: number;
  readonly cpuUs: number;
  readonly memoryBytes: number;
  /** Null: nothing comes before it. */
  readonly since: number | null;
  readonly sinceCpuUs: number;
}

export class MetricsScraper implements UsageSource {
  readonly #kernel: Kernel;
  readonly #machines: () => Iterable<Scraped>;
  #nodes = new Map<string, Point>();
  /** By uid of the Pod. */
  #pods = new Map<string, Point[]>();

  constructor(kernel: Kernel, machines: () => Iterable<Scraped>) {
    this.#kernel = kernel;
    this.#machines = machines;
  }

  start(): void {
    this.#kernel.after(
      RESOLUTION_US,
      () => {
        this.scrape();
        this.start();
      },
      { scope: null, periodic: true, cause: 0 },
    );
  }

  /** Who is not read this time is not known any longer. */
  scrape(): void {
    const nodes = new Map<string, Point>();
    const pods = new Map<string, Point[]>();
    const { now } = this.#kernel;
    for (const { kubelet, name, runtime } of this.#machines()) {
      if (!kubelet.running) continue;
      const { host } = runtime;
      const used = host.memoryBytes - host.freeMemoryBytes;
      const last = this.#nodes.get(name);
      nodes.set(name, {
        name,
        at: now,
        cpuUs: host.cpuUs,
        memoryBytes: used,
        since: last ? last.at : null,
        sinceCpuUs: last ? last.cpuUs : 0,
      });
      for (const c of runtime.allContainers()) this.#read(c, pods);
    }
    this.#nodes = nodes;
    this.#pods = pods;
  }

  #read({ cgroup, config, info, pod }: RuntimeContainer, pods: Map<string, Point[]>): void {
    const { startedAt } = info;
    if (info.state !== 'running' || startedAt === null) return;
    const { now } = this.#kernel;
    const { cpuUs, workingSetBytes } = cgroup.usage();
    const { name } = config;
    const age = now - startedAt;
    let since: number | null = null;
    let sinceCpuUs = 0;
    if (age >= FRESH_US && age < RESOLUTION_US) {
      since = startedAt;
    } else {
      const last = pointOf(this.#pods.get(pod.uid), name);
      // One that has been restarted since begins anew.
      if (last && startedAt < last.at) {
        since = last.at;
        sinceCpuUs = last.cpuUs;
      }
    }
    const point = { name, at: now, cpuUs, memoryBytes: workingSetBytes, since, sinceCpuUs };
    const points = pods.get(pod.uid);
    if (points) points.push(point);
    else pods.set(pod.uid, [point]);
  }

  node(name: string): NodeUsage | null {
    const point = this.#nodes.get(name);
    if (point?.since == null) return null;
    return { ...this.#window(point), ...usageOf(point) };
  }

  /** A Pod is told of when all of its containers can be. */
  pod(uid: string): PodUsage | null {
    const points = this.#pods.get(uid);
    const [first] = points ?? [];
    if (!points || !first || points.some(({ since }) => since === null)) return null;
    return {
      ...this.#window(first),
      containers: points.map((p) => ({ name: p.name, ...usageOf(p) })),
    };
  }

  #window({ at, since }: Point): { readonly timestamp: string; readonly windowUs: number } {
    const timestamp = rfc3339(this.#kernel.epochMs + at / 1_000);
    return { timestamp, windowUs: at - (since ?? at) };
  }
}

function pointOf(points: readonly Point[] | undefined, name: string): Point | undefined {
  if (points) for (const point of points) if (point.name === name) return point;
  return undefined;
}

function usageOf({ at, cpuUs, memoryBytes, since, sinceCpuUs }: Point): {
  readonly cpuNanoCores: number;
  readonly memoryBytes: number;
} {
  const us = at - (since ?? at);
  return {
    cpuNanoCores: Math.max(0, Math.floor(((cpuUs - sinceCpuUs) / us) * NANOS_PER_CORE)),
    memoryBytes: Math.ceil(memoryBytes / PAGE_BYTES) * PAGE_BYTES,
  };
}
