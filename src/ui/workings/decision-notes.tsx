/** Beside a decision: the tie, the promise and the victims; and where a Pod waits, and for what. */
import type { Decision, QueuePlace } from '../../port/protocol-decision.ts';
import { decisionText } from '../i18n/decision.ts';
import { useText } from '../i18n/text.ts';
import { ObjectLink } from '../inspector/object-link.tsx';
import { Badge } from '../kit/badge.tsx';
import { useMirror } from '../mirror/store.ts';
import { countdownText } from '../pod/countdown.ts';
import './decision.css';

export function DecisionNotes({ decision }: { readonly decision: Decision }) {
  const t = useText(decisionText);
  const { allNodes, equals, help, node, rows } = decision;
  const total = rows.find((row) => row.node === node)?.total ?? null;
  return (
    <ul className="decision-notes">
      {equals.length > 1 && total !== null && node !== '' ? (
        <li>{t.tie(equals.length, total, node)}</li>
      ) : null}
      {rows.length < allNodes ? <li>{t.looked(rows.length, allNodes)}</li> : null}
      {help === null ? null : (
        <li>
          <b>{t.preemption}</b>{' '}
          {help.nominated === '' ? null : (
            <>
              {t.nominated('')} <ObjectLink target={`Node//${help.nominated}`} />{' '}
            </>
          )}
          {help.victims.length === 0 ? null : (
            <>
              {t.victims}:{' '}
              {help.victims.map((ref) => (
                <ObjectLink key={ref} target={ref} />
              ))}{' '}
            </>
          )}
          <span className="dim mono">{help.message}</span>
        </li>
      )}
    </ul>
  );
}

export function QueueNote({ place }: { readonly place: QueuePlace }) {
  const t = useText(decisionText);
  const left = useMirror((s) => (place.until === null ? 0 : place.until - s.at));
  return (
    <div className="decision-queue" data-queue={place.queue} role="status">
      <p>
        <Badge tone={place.queue === 'unschedulable' ? 'danger' : 'warn'}>
          {t.queueName[place.queue]}
        </Badge>{' '}
        {t.queue[place.queue]}{' '}
        {left > 0 ? (
          <b className="mono" role="timer">
            {t.inTime(countdownText(left))}
          </b>
        ) : null}{' '}
        {place.attempts > 0 ? <span className="dim">{t.attempts(place.attempts)}</span> : null}
      </p>
      {place.refusedBy.length === 0 ? null : (
        <details>
          <summary>{t.wakes}</summary>
          <ul>
            {place.refusedBy.map(({ events, plugin }) => (
              <li key={plugin}>
                <b className="mono">{plugin}</b>{' '}
                <span className="mono dim">
                  {events.length === 0 ? t.anything : events.join(', ')}
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
