/** What the page costs the engine: frames made while ten replicas come up at Story. */
import { kinds } from '../api/kinds/index.ts';
import { Host } from '../engine/host/host.ts';
import { programsFor } from '../kubectl/programs.ts';
import type { Ask, Frame } from '../port/protocol.ts';
import { type Result, resultOf, Stopwatch } from './bench-measure.ts';
import { DEFAULT_EPOCH, workerNodes } from './run-config.ts';

/** As the Worker has it. */
const TICK_MS = 33;
const TICKS_A_FRAME = 3;
const MAX_TICKS = 20_000;
const REPLICAS = 10;

/** The wall is simulated: ticks follow each other at once, and only what they cost is measured. */
export function frame(name: string, manifest: (replicas: number) => string): Result {
  const host = new Host(programsFor(kinds), {
    crashed: (message) => {
      throw new Error(message);
    },
    memory: () => undefined,
  });
  const ask = (question: Ask): void =>
    host.ask(
      question,
      () => undefined,
      (message) => {
        throw new Error(message);
      },
    );
  ask({
    type: 'start',
    config: { seed: 1, epoch: DEFAULT_EPOCH, nodes: workerNodes(3), stopped: [] },
  });
  host.frame();
  const watch = new Stopwatch();
  ask({ type: 'command', command: { type: 'apply', file: 'a.yaml', text: manifest(REPLICAS) } });
  const costs: number[] = [];
  const sizes: number[] = [];
  let pumps = 0;
  for (let tick = 0; tick < MAX_TICKS && !allReady(host); tick++) {
    const pumping = new Stopwatch();
    host.pump(TICK_MS);
    pumps += pumping.cpuSeconds;
    if (tick % TICKS_A_FRAME !== 0) continue;
    const making = new Stopwatch();
    const made = structuredClone(host.frame()) as Frame;
    costs.push(making.cpuSeconds * 1_000);
    sizes.push(JSON.stringify(made).length);
  }
  if (!host.session) throw new Error(`${name}: there is no run`);
  return resultOf(name, watch, host.session.cluster, {
    frames: costs.length,
    frame_cpu_ms_median: quantile(costs, 0.5),
    frame_cpu_ms_p95: quantile(costs, 0.95),
    frame_cpu_ms_max: quantile(costs, 1),
    frame_bytes_median: quantile(sizes, 0.5),
    frame_bytes_max: quantile(sizes, 1),
    pump_cpu_s: pumps,
  });
}

function allReady(host: Host): boolean {
  const { store } = host.session?.cluster.server ?? {};
  const web = store?.get('/registry/deployments/default/web')?.value.object;
  const status = (web as { status?: { readyReplicas?: number } } | undefined)?.status;
  return status?.readyReplicas === REPLICAS;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0;
}
