/**
 * The scheduler's last decision about each Pod, as long as there is room: bounded in number and in
 * what they hold together, oldest out first.
 */
import type { ObjectKey } from '../../api/meta/object.ts';
import type { CycleRecord } from './cycle.ts';

export interface DecisionRecord extends CycleRecord {
  readonly pod: ObjectKey;
  readonly uid: string;
  /** The profile, and the scheduler that runs it. */
  readonly profile: string;
  readonly scheduler: string;
  readonly attempt: number;
  /** Virtual microseconds. */
  readonly at: number;
}

const MAX_RECORDS = 1_000;
/** Numbers and node names of all records together: some 16 MB. */
const MAX_CELLS = 2_000_000;

export class Decisions {
  #records = new Map<ObjectKey, DecisionRecord>();
  #cells = 0;

  get(pod: ObjectKey): DecisionRecord | undefined {
    return this.#records.get(pod);
  }

  /** Oldest first. */
  all(): Iterable<DecisionRecord> {
    return this.#records.values();
  }

  add(record: DecisionRecord): void {
    this.delete(record.pod);
    this.#records.set(record.pod, record);
    this.#cells += cellsOf(record);
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= MAX_RECORDS && this.#cells <= MAX_CELLS) break;
      if (oldest !== record.pod) this.delete(oldest);
    }
  }

  delete(pod: ObjectKey): void {
    const record = this.#records.get(pod);
    if (!record) return;
    this.#records.delete(pod);
    this.#cells -= cellsOf(record);
  }
}

function cellsOf({ feasible, scorers, refused }: CycleRecord): number {
  let n = feasible.length * (2 + 2 * scorers.length);
  for (const { nodes } of refused) n += nodes.length;
  return n;
}
