/** Which events the Events pane lists, newest first. */
import type { ObjectRow } from '../../port/protocol.ts';

export interface EventFilter {
  readonly text: string;
  readonly warnings: boolean;
  /** Revision up to which the rows were read; only there to tell one reading from the next. */
  readonly revision?: number;
}

export function eventRows(events: readonly ObjectRow[], filter: EventFilter): readonly ObjectRow[] {
  const wanted = filter.text.trim().toLowerCase();
  return events
    .filter(({ event }) => {
      if (event === undefined || (filter.warnings && event.type !== 'Warning')) return false;
      const text = `${event.reason} ${event.about} ${event.message} ${event.source}`;
      return wanted === '' || text.toLowerCase().includes(wanted);
    })
    .sort((a, b) => (b.event?.lastMs ?? 0) - (a.event?.lastMs ?? 0) || b.revision - a.revision);
}
