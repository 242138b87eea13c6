/**
 * The scheduler's last decision about each Pod, as long as there is room: bounded in number and in
 * what they hold together, oldest out first.
 */
import type { ObjectKey } from '../../api/meta/object.ts';
import type { CycleRecord, Help, RefusedNodes } from './cycle.ts';

export interface DecisionNames {
  readonly pod: ObjectKey;
  readonly uid: string;
  /** The profile, and the scheduler that runs it. */
  readonly profile: string;
  readonly scheduler: string;
  readonly attempt: number;
  /** Virtual microseconds. */
  readonly at: number;
}

/** One decision, written out when it is asked for. */
export class DecisionRecord implements DecisionNames {
  readonly pod: ObjectKey;
  readonly uid: string;
  readonly profile: string;
  readonly scheduler: string;
  readonly attempt: number;
  readonly at: number;
  /** Numbers and names that it holds. */
  readonly cells: number;
  readonly #record: CycleRecord;

  constructor(record: CycleRecord, names: DecisionNames) {
    this.#record = record;
    this.pod = names.pod;
    this.uid = names.uid;
    this.profile = names.profile;
    this.scheduler = names.scheduler;
    this.attempt = names.attempt;
    this.at = names.at;
    const { table, found, refused } = record;
    let cells = found.length + (table?.size ?? 0);
    for (const { nodes } of refused) cells += nodes.length;
    this.cells = cells;
  }

  /** '' when no node could take the Pod. */
  get node(): string {
    return this.#record.node;
  }

  /** The sentence; '' when a node was found. */
  get message(): string {
    return this.#record.message;
  }

  get allNodes(): number {
    return this.#record.allNodes;
  }

  get help(): Help | null {
    return this.#record.help;
  }

  /** Plugins whose filter was asked, in order. */
  get filters(): readonly string[] {
    return this.#record.filters;
  }

  get refused(): readonly RefusedNodes[] {
    return this.#record.refused;
  }

  get feasible(): readonly string[] {
    return this.#record.found.map((n) => n.name);
  }

  /** Plugins that scored, in order, with their weights. Nobody scores a node that is alone. */
  get scorers(): readonly string[] {
    return this.#record.table?.scorers ?? [];
  }

  get weights(): readonly number[] {
    return this.#record.table?.weights ?? [];
  }

  /** By plugin, for each of |feasible|: what the plugin counted. */
  get raw(): readonly (readonly number[])[] {
    return this.scorers.map((_, k) => this.#record.table?.raw(k) ?? []);
  }

  /** The same normalised and weighted. */
  get scores(): readonly (readonly number[])[] {
    return this.scorers.map((_, k) => this.#record.table?.points(k) ?? []);
  }

  get totals(): readonly number[] {
    return this.#record.table?.totals() ?? [];
  }
}

const MAX_RECORDS = 1_000;
/** Of all records together: some 8 MB. */
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

  add(record: CycleRecord, names: DecisionNames): void {
    const decision = new DecisionRecord(record, names);
    this.delete(names.pod);
    this.#records.set(names.pod, decision);
    this.#cells += decision.cells;
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= MAX_RECORDS && this.#cells <= MAX_CELLS) break;
      if (oldest !== names.pod) this.delete(oldest);
    }
  }

  delete(pod: ObjectKey): void {
    const record = this.#records.get(pod);
    if (!record) return;
    this.#records.delete(pod);
    this.#cells -= record.cells;
  }
}
