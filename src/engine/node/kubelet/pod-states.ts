/** The states of a Pod's machines as plain data, for the page. */
import type { PodRecord } from './pod-record.ts';

export interface PodStates {
  readonly uid: string;
  readonly ref: string;
  readonly pod: string;
  readonly init: string;
  readonly containers: Readonly<Record<string, string>>;
}

export function statesOf(p: PodRecord): PodStates {
  const containers: Record<string, string> = {};
  for (const c of p.containers) containers[c.name] = c.state;
  return { uid: p.identity.uid, ref: p.ref, pod: p.state, init: p.init, containers };
}
