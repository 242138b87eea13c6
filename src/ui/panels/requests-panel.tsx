/** Requests to the API server as they were answered, newest last; click one to read its causes. */
import { useDeferredValue, useMemo, useState } from 'react';
import type { SpanRow } from '../../port/protocol.ts';
import { activityText } from '../i18n/activity.ts';
import { useText } from '../i18n/text.ts';
import { durationText, middleShort, momentText } from '../kit/format.ts';
import { VirtualList } from '../kit/virtual-list.tsx';
import { detailText } from '../mirror/narration.ts';
import { refWords } from '../mirror/refs.ts';
import { requestRows } from '../mirror/requests.ts';
import { useMirror } from '../mirror/store.ts';
import { explainSpan } from '../session/session.ts';

const ROW_HEIGHT_PX = 24;
/** Longer names lose their middle. */
const NAME_LETTERS = 44;

export function RequestsPanel() {
  const t = useText(activityText);
  const [filter, setFilter] = useState('');
  const [quiet, setQuiet] = useState(false);
  const all = useMirror((s) => s.requests);
  const until = useMirror((s) => (s.past ? s.at : Number.POSITIVE_INFINITY));
  const wanted = useDeferredValue(filter);
  const rows = useMemo(
    () => requestRows(all, { text: wanted, quiet, until }),
    [all, wanted, quiet, until],
  );
  return (
    <div className="pane-column">
      <div className="pane-tools">
        <input
          className="field"
          type="search"
          aria-label={t.filter}
          placeholder={t.filterHint}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <label className="inline-label">
          <input
            type="checkbox"
            checked={quiet}
            onChange={(event) => setQuiet(event.target.checked)}
          />{' '}
          {t.quiet}
        </label>
        <span className="dim mono small">{t.requestsShown(rows.length, all.length)}</span>
      </div>
      {rows.length === 0 ? (
        <p className="dim pad">{t.noRequests}</p>
      ) : (
        <VirtualList
          label={t.requestsList}
          rows={rows}
          rowHeightPx={ROW_HEIGHT_PX}
          keyOf={(row) => row.id}
          follow
        >
          {(row) => <RequestLine span={row} />}
        </VirtualList>
      )}
    </div>
  );
}

function RequestLine({ span }: { readonly span: SpanRow }) {
  const code = detailText(span, 'code');
  const what = span.object === '' ? detailText(span, 'path') : refWords(span.object);
  return (
    <button
      type="button"
      className="request mono"
      data-failed={Number(code) >= 400 ? '' : undefined}
      onClick={() => explainSpan(span.id, span.object)}
    >
      <span className="dim request-time">{momentText(span.start)}</span>
      <span className="request-from" title={span.from}>
        {span.from}
      </span>
      <span className="request-verb">{span.name}</span>
      <span className="request-what" title={what}>
        {middleShort(what, NAME_LETTERS)}
      </span>
      <span className="request-code">{code}</span>
      <span className="dim request-took">{durationText(span.end - span.start)}</span>
    </button>
  );
}
