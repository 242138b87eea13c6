/** What the kubelet knows of one Pod, as plain data for whoever looks inside: states, and what it waits for. */
import type { Probe } from '../../../api/generated/types.ts';
import type { Containers } from './containers.ts';
import type { PodRecord } from './pod-record.ts';
import type { ProbeWorker } from './prober/worker.ts';

export interface MachineNow {
  readonly state: string;
  /** The last transition; '' when there has been none. */
  readonly from: string;
  readonly event: string;
}

export interface ContainerInside extends MachineNow {
  readonly name: string;
  readonly image: string;
  /** Until when it waits in a back-off, in microseconds; null when it does not wait. */
  readonly backoffEndsAt: number | null;
}

export interface ProbeInside {
  readonly container: string;
  readonly kind: ProbeWorker['kind'];
  readonly probe: Probe;
  readonly result: NonNullable<ProbeWorker['result']>;
  /** How many of the last runs ended alike, and how. */
  readonly inARow: number;
  readonly lastRun: ProbeWorker['lastRun'];
  /** In microseconds; null when it does not run by itself. */
  readonly nextAt: number | null;
}

export interface PodInside {
  readonly pod: MachineNow;
  readonly init: MachineNow;
  /** Name of the init container whose turn it is; '' when there is none. */
  readonly currentInit: string;
  readonly containers: readonly ContainerInside[];
  /** When the Pod's worker looks again by itself, in microseconds; null when it does not. */
  readonly nextRoundAt: number | null;
  readonly probes: readonly ProbeInside[];
}

export function podInside(
  p: PodRecord,
  containers: Containers | undefined,
  workers: readonly ProbeWorker[],
): PodInside {
  const { requeue } = p;
  const turn = p.init === 'running' || p.init === 'retrying';
  return {
    pod: { state: p.state, from: p.cameFrom, event: p.cameBy },
    init: { state: p.init, from: p.initCameFrom, event: p.initCameBy },
    currentInit: turn ? (p.containers[p.initIndex]?.name ?? '') : '',
    containers: p.containers.map((c) => ({
      name: c.name,
      image: c.spec.image ?? '',
      state: c.state,
      from: c.cameFrom,
      event: c.cameBy,
      backoffEndsAt: containers?.backoffEndsAt(p, c) ?? null,
    })),
    nextRoundAt: requeue && !requeue.cancelled && !requeue.fired ? requeue.at : null,
    probes: workers.map((w) => ({
      container: w.record.name,
      kind: w.kind,
      probe: w.probe,
      result: w.result ?? 'unknown',
      inARow: w.runsAlike,
      lastRun: w.lastRun,
      nextAt: w.nextRunAt,
    })),
  };
}
