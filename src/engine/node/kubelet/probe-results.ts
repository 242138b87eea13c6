/**
 * What the life of a Pod needs of the prober: which containers it says are started and ready, which
 * are to be killed, and when it begins and ends.
 *
 * Models: pkg/kubelet/prober/prober_manager.go Manager, results/results_manager.go (v1.36)
 */
import type { PodRecord } from './pod-record.ts';

/** About the container of that name which runs at present. */
export interface ProbeResults {
  /** Its startup probe has succeeded, or it has none. */
  started(uid: string, container: string): boolean;
  /** Its readiness probe has succeeded, or it has none. */
  ready(uid: string, container: string): boolean;
  /** The probe whose failure asks for its end; null: none does. */
  failed(uid: string, container: string): 'liveness' | 'startup' | null;
}

export interface Prober extends ProbeResults {
  /** AddPod: its volumes are mounted, containers may come; called in every round. */
  add(p: PodRecord): void;
  /** Another status is known of it; |generated|: by a round, which asks what is not ready yet. */
  statusChanged(p: PodRecord, generated: boolean): void;
  /** StopLivenessAndStartup: its containers are about to be ended. */
  ending(p: PodRecord): void;
  /** RemovePod: none of its containers runs any more. */
  remove(p: PodRecord): void;
}
