/** What the kubelet knows of one Pod, as plain data for whoever looks inside: states, and what it waits for. */
import type { Containers } from './containers.ts';
import type { PodRecord } from './pod-record.ts';

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

export interface PodInside {
  readonly pod: MachineNow;
  readonly init: MachineNow;
  /** Name of the init container whose turn it is; '' when there is none. */
  readonly currentInit: string;
  readonly containers: readonly ContainerInside[];
  /** When the Pod's worker looks again by itself, in microseconds; null when it does not. */
  readonly nextRoundAt: number | null;
}

export function podInside(p: PodRecord, containers: Containers | undefined): PodInside {
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
  };
}
