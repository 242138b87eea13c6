/**
 * What the machine and its Pods use, as the kubelet's summary tells it.
 *
 * Models: pkg/kubelet/server/stats (summary API, volume_stat_calculator.go), cadvisor housekeeping
 * Simplified: nothing is sampled between looks; what is younger than its first sample counts as
 *             it was at its start.
 */
import type { Containerd } from '../../runtime/containerd.ts';
import type { HostResources } from '../../runtime/cgroup.ts';
import type { RuntimeContainer } from '../../runtime/runtime-container.ts';
import type { PodRecord } from '../pod-record.ts';
import type { NodeVolumes } from '../volumes/node-volumes.ts';
import type { Observations } from './thresholds.ts';

/** cadvisor looks at a container every 10 s or so (goldens/node: 3 GiB unseen after 6 s, seen after 9). */
const CONTAINER_SAMPLE_US = 8_000_000;
/** Volumes are measured once a minute, of a new Pod some time before that (goldens: seen after 13 s). */
const VOLUME_SAMPLE_US = 11_000_000;
/** kernel.pid_max as the kubelet reads it. */
const MAX_PIDS = 4_194_304;
/** Of each line of a log: its time and its stream. */
const LOG_PREFIX_BYTES = 45;
/** Directories that containerd and runc make in every container (goldens/node: 28Ki with its log). */
const SNAPSHOT_BYTES = 24 * 1_024;
/** A file takes whole blocks. */
const BLOCK_BYTES = 4_096;

export interface ContainerReading {
  readonly name: string;
  readonly memoryBytes: number;
  readonly rootfsBytes: number;
  readonly logBytes: number;
  readonly processes: number;
}

export interface PodReading {
  readonly containers: readonly ContainerReading[];
  /** Of volumes on the node's disk or in its memory that end with the Pod. */
  readonly volumeBytes: ReadonlyMap<string, number>;
  /** The part of them that lies on the disk. */
  readonly diskVolumeBytes: number;
}

export interface StatsSource {
  readonly now: () => number;
  readonly runtime: Containerd;
  readonly volumes: NodeVolumes;
  readonly host: HostResources;
}

export function observe({ host }: StatsSource): Observations {
  const { capacityBytes, freeBytes } = host.disk;
  const disk = { available: freeBytes, capacity: capacityBytes };
  return {
    'memory.available': { available: host.freeMemoryBytes, capacity: host.memoryBytes },
    'nodefs.available': disk,
    'imagefs.available': disk,
    'pid.available': { available: MAX_PIDS - host.processes, capacity: MAX_PIDS },
  };
}

/** null: nothing is known of it yet. */
export function readPod(source: StatsSource, p: PodRecord): PodReading | null {
  const { runtime, volumes } = source;
  const { uid } = p.identity;
  const status = runtime.status(uid);
  if (!status.sandbox) return null;
  const containers: ContainerReading[] = [];
  for (const { name } of p.containers) {
    const c = runtime.container(uid, name);
    if (c && c.info.state === 'running') containers.push(readContainer(source, c));
  }
  const sizes = new Map<string, number>();
  let onDisk = 0;
  const age = source.now() - status.sandbox.createdAt;
  if (age >= VOLUME_SAMPLE_US) {
    for (const [name, { store, own }] of volumes.of(uid) ?? []) {
      if (!own) continue;
      sizes.set(name, store.usedBytes);
      if (store.type !== 'tmpfs') onDisk += store.usedBytes;
    }
  }
  return { containers, volumeBytes: sizes, diskVolumeBytes: onDisk };
}

function readContainer({ now }: StatsSource, c: RuntimeContainer): ContainerReading {
  const isSampled = now() - (c.info.startedAt ?? 0) >= CONTAINER_SAMPLE_US;
  const usage = c.usage();
  const written = c.layer?.usedBytes ?? 0;
  return {
    name: c.info.name,
    memoryBytes: isSampled ? usage.workingSetBytes : Math.min(usage.workingSetBytes, BLOCK_BYTES),
    rootfsBytes: SNAPSHOT_BYTES + (isSampled ? written : 0),
    logBytes: Math.max(1, Math.ceil(logBytes(c) / BLOCK_BYTES)) * BLOCK_BYTES,
    processes: usage.processes,
  };
}

function logBytes({ log }: RuntimeContainer): number {
  let sum = 0;
  for (const { text } of log.lines) sum += text.length + LOG_PREFIX_BYTES;
  return sum;
}
