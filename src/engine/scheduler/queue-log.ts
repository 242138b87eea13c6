/**
 * What kube-scheduler logs about its queue, kept as plain data: the last moves, oldest first, with
 * upstream's words.
 *
 * Models: the V(2) to V(5) log lines of pkg/scheduler/backend/queue and schedule_one.go (v1.36)
 */
import type { ObjectKey } from '../../api/meta/object.ts';
import type { EventType, QueueReason } from './events.ts';

export type QueueName = 'Active' | 'Backoff' | 'Unschedulable';

export type QueueNote =
  | 'Pod moved to an internal scheduling queue'
  | 'Pod moved to an internal scheduling queue, because the pod is gated'
  | 'Pod moved to an internal scheduling queue because the Pod is updated'
  | 'Attempting to schedule pod'
  | 'Unable to schedule pod; no fit; waiting';

export interface QueueMove {
  /** Virtual microseconds. */
  readonly at: number;
  readonly what: QueueNote;
  readonly pod: ObjectKey;
  readonly event?: EventType | QueueReason;
  readonly queue?: QueueName;
}

const MAX_MOVES = 4_096;

export class QueueLog {
  #moves: QueueMove[] = [];
  /** Where the next goes once all places are taken. */
  #next = 0;

  add(move: QueueMove): void {
    if (this.#moves.length < MAX_MOVES) {
      this.#moves.push(move);
      return;
    }
    this.#moves[this.#next] = move;
    this.#next = (this.#next + 1) % MAX_MOVES;
  }

  /** Oldest first. */
  moves(): readonly QueueMove[] {
    return [...this.#moves.slice(this.#next), ...this.#moves.slice(0, this.#next)];
  }
}
