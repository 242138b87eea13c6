/** From flags to the configuration of a run. */
import type { NodeSpec, RunConfig } from '../port/protocol.ts';
import { type Flags, UsageError } from './arguments.ts';
import { declaredImages } from './image-files.ts';
import { schedulerSettings } from './scheduler-file.ts';

export const DEFAULT_EPOCH = '2026-01-01T00:00:00Z';
const MAX_NODES = 5_000;
const MAX_MASTERS = 9;

/** Workers node-1 to node-N, alike, over three zones; cp-1 comes with `controlPlane`. */
export function workerNodes(count: number): readonly NodeSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `node-${i + 1}`,
    cpu: '4',
    memory: '8Gi',
    pods: 110,
    zone: 'abc'[i % 3] as string,
  }));
}

export function runConfig(flags: Flags): RunConfig {
  const epoch = flags.one('epoch') ?? DEFAULT_EPOCH;
  if (Number.isNaN(Date.parse(epoch))) {
    throw new UsageError(`--epoch must be a time such as ${DEFAULT_EPOCH}, not "${epoch}"`);
  }
  const images = declaredImages(flags);
  // Two or more elect a leader; one alone asks nobody.
  const masters = flags.integer('masters', 1, 1, MAX_MASTERS);
  const scheduler = schedulerSettings(flags);
  return {
    seed: flags.integer('seed', 1, 0, 4_294_967_295),
    epoch,
    nodes: workerNodes(flags.integer('nodes', 3, 0, MAX_NODES)),
    stopped: flags.all('stop'),
    controlPlane: true,
    metrics: true,
    decisions: true,
    storage: true,
    ...(masters > 1 ? { masters } : {}),
    ...(flags.has('cloud') ? { cloud: true } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(scheduler ? { scheduler } : {}),
  };
}
