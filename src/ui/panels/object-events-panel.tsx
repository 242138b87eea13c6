/** Events about the selected object, oldest first, as kubectl describe lists them. */
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Badge } from '../kit/badge.tsx';
import { ageText } from '../kit/format.ts';
import { useMirror } from '../mirror/store.ts';
import { selectedRef, useSession } from '../session/session.ts';

export function ObjectEventsPanel() {
  const t = useText(inspectorText);
  const ref = useSession(selectedRef);
  const events = useMirror((s) => s.eventsAbout.get(ref ?? ''));
  if (ref === null) return <p className="dim pad">{t.nothingHint}</p>;
  if (events.length === 0) return <p className="dim pad">{t.noEvents}</p>;
  return (
    <ul className="event-list">
      {events.map((event) => (
        <EventItem key={event} target={event} />
      ))}
    </ul>
  );
}

function EventItem({ target }: { readonly target: string }) {
  const event = useMirror((s) => s.objects.get(target)?.event);
  const age = useMirror((s) =>
    event === undefined ? '' : ageText(s.epochMs + s.at / 1_000 - event.lastMs),
  );
  if (event === undefined) return null;
  return (
    <li className="event-item">
      <div>
        <Badge tone={event.type === 'Warning' ? 'danger' : 'plain'}>{event.reason}</Badge>
        <span className="mono small dim">
          {age}
          {event.count > 1 ? ` ×${event.count}` : ''} · {event.source}
        </span>
      </div>
      <p className="mono small">{event.message}</p>
    </li>
  );
}
