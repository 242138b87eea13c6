/**
 * The log of outside acts. Seed + configuration + this log is the whole run: saving, loading,
 * sharing, undoing and seeking all replay it (invariant 3).
 */
export interface LoggedCommand<C> {
  /** Microseconds of virtual time at which it was given. */
  readonly at: number;
  /** Events the kernel had run by then: two commands at one time stay apart from each other's effects. */
  readonly step: number;
  readonly command: C;
}

export class CommandLog<C> {
  #entries: LoggedCommand<C>[] = [];

  record(at: number, step: number, command: C): LoggedCommand<C> {
    const entry = { at, step, command };
    this.#entries.push(entry);
    return entry;
  }

  get entries(): readonly LoggedCommand<C>[] {
    return this.#entries;
  }

  /** Forgets what was given at or after |at|: history that a fork leaves behind. */
  truncate(at: number): void {
    this.#entries = this.#entries.filter((e) => e.at < at);
  }
}
