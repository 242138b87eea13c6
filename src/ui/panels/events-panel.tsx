/** The cluster's Event objects, newest first; click one to select what it is about. */
import { useMemo, useState } from 'react';
import type { ObjectRow } from '../../port/protocol.ts';
import { activityText } from '../i18n/activity.ts';
import { useText } from '../i18n/text.ts';
import { Badge } from '../kit/badge.tsx';
import { ageText, middleShort } from '../kit/format.ts';
import { eventRows } from '../mirror/events.ts';
import { refWords } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { selectObject } from '../session/session.ts';

/** Older ones are reached by filtering. */
const EVENTS_SHOWN = 300;
/** Longer names lose their middle. */
const NAME_LETTERS = 28;

export function EventsPanel() {
  const t = useText(activityText);
  const [warnings, setWarnings] = useState(false);
  const [filter, setFilter] = useState('');
  const refs = useMirror((s) => s.byKind.get('Event'));
  // The rows change with the counts of events, which come with a new revision.
  const revision = useMirror((s) => s.revision);
  const objects = useMirror((s) => s.objects);
  const rows = useMemo(() => {
    const events = refs.flatMap((ref) => objects.get(ref) ?? []);
    return eventRows(events, { text: filter, warnings, revision });
  }, [refs, objects, filter, warnings, revision]);
  return (
    <div className="pane-column">
      <div className="pane-tools">
        <input
          className="field"
          type="search"
          aria-label={t.filter}
          placeholder={t.filter}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <label className="inline-label">
          <input
            type="checkbox"
            checked={warnings}
            onChange={(event) => setWarnings(event.target.checked)}
          />{' '}
          {t.warningsOnly}
        </label>
      </div>
      {rows.length === 0 ? <p className="dim pad">{t.noEvents}</p> : <EventTable rows={rows} />}
    </div>
  );
}

function EventTable({ rows }: { readonly rows: readonly ObjectRow[] }) {
  const t = useText(activityText);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable
    <div className="scroll" tabIndex={0}>
      <table className="table events-table" aria-label={t.eventsTable}>
        <thead>
          <tr>
            <th scope="col">{t.eventLast}</th>
            <th scope="col">{t.eventReason}</th>
            <th scope="col">{t.eventObject}</th>
            <th scope="col">{t.eventMessage}</th>
            <th scope="col">{t.eventCount}</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, EVENTS_SHOWN).map((row) => (
            <EventLine key={row.ref} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function EventLine({ row }: { readonly row: ObjectRow }) {
  const { event } = row;
  const age = useMirror((s) =>
    event === undefined ? '' : ageText(s.epochMs + s.at / 1_000 - event.lastMs),
  );
  if (event === undefined) return null;
  return (
    <tr>
      <td className="mono">{age}</td>
      <td>
        <Badge tone={event.type === 'Warning' ? 'danger' : 'plain'}>{event.reason}</Badge>
      </td>
      <td>
        <button type="button" className="btn link" onClick={() => selectObject(event.about)}>
          <span className="mono" title={refWords(event.about)}>
            {middleShort(refWords(event.about), NAME_LETTERS)}
          </span>
        </button>
      </td>
      <td className="mono event-message">{event.message}</td>
      <td className="num">{event.count}</td>
    </tr>
  );
}
