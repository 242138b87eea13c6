/**
 * States as shapes: what a container or a Pod looks like before any colour is seen.
 *
 *   waiting ring · starting half · running filled · unready ring with a core · completed check ·
 *   failed cross · backoff clock · unknown dashed
 */
import type { ContainerRow, ObjectRow } from '../../port/protocol.ts';

export type Glyph =
  | 'waiting'
  | 'starting'
  | 'running'
  | 'unready'
  | 'completed'
  | 'failed'
  | 'backoff'
  | 'unknown';

/** 'empty' = a machine that is ready and has no Pods. */
export type CellState = Glyph | 'empty';

/** Worst first: the order in which counts are listed and the fleet chooses a node's colour. */
export const GLYPHS: readonly Glyph[] = [
  'failed',
  'backoff',
  'unknown',
  'waiting',
  'starting',
  'unready',
  'running',
  'completed',
];

const FAILED = /Err|Error|Fail|Invalid|OOMKilled|Evicted|Lost|Unexpected|Signal|ExitCode|Reject/;
/** Waiting reasons under which nothing has been started for this container yet. */
const NOT_BEGUN = new Set(['', 'PodInitializing']);

export function containerGlyph(c: ContainerRow): Glyph {
  switch (c.state) {
    case 'running':
      // An init container is never ready while it runs; that is no fault of it.
      return c.ready || (c.init && !c.sidecar) ? 'running' : 'unready';
    case 'terminated':
      return c.exitCode === 0 ? 'completed' : 'failed';
    case 'waiting':
      if (c.pulledPercent !== null) return 'starting';
      if (c.reason.endsWith('BackOff')) return 'backoff';
      if (FAILED.test(c.reason)) return 'failed';
      return NOT_BEGUN.has(c.reason) ? 'waiting' : 'starting';
  }
}

/** From what `kubectl get pods` shows as STATUS; used where only that is known (folded Pods). */
export function statusGlyph(status: string, ready: boolean): Glyph {
  if (status === 'Running') return ready ? 'running' : 'unready';
  if (status === 'Completed' || status === 'Succeeded') return 'completed';
  if (status.endsWith('BackOff')) return 'backoff';
  if (status === 'Unknown' || status === 'NodeLost') return 'unknown';
  if (FAILED.test(status)) return 'failed';
  if (status === 'NotReady') return 'unready';
  if (status === 'Pending' || status === 'SchedulingGated') return 'waiting';
  return 'starting';
}

export function podGlyph(row: ObjectRow): Glyph {
  return statusGlyph(row.status, row.pod?.ready ?? false);
}

/** How far the image of a Pod's container that is being pulled has come, in percent; null = none is. */
export function pulledPercent(row: ObjectRow): number | null {
  for (const c of row.pod?.containers ?? []) if (c.pulledPercent !== null) return c.pulledPercent;
  return null;
}
