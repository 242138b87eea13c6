/** The log of one container as it is written: followed to its end, searched, or that before a restart. */
import { useEffect, useMemo, useState } from 'react';
import { podText } from '../i18n/pod.ts';
import { useText } from '../i18n/text.ts';
import { momentText } from '../kit/format.ts';
import { VirtualList } from '../kit/virtual-list.tsx';
import { type LogLine, logKey } from '../mirror/state.ts';
import { useMirror } from '../mirror/store.ts';
import { followLog } from '../session/follow-logs.ts';
import { searchLines } from './search-lines.ts';

const LINE_HEIGHT_PX = 20;
const NO_LINES: readonly LogLine[] = [];

interface LogLinesProps {
  readonly pod: string;
  readonly container: string;
  /** It has been started more than once: the log of the run before can be read. */
  readonly restarted: boolean;
}

export function LogLines({ pod, container, restarted }: LogLinesProps) {
  const t = useText(podText);
  const [wantsPrevious, setPrevious] = useState(false);
  const [wanted, setWanted] = useState('');
  const [follow, setFollow] = useState(true);
  const previous = wantsPrevious && restarted;
  const lines = useFollowed(pod, container, previous);
  const found = useMemo(() => searchLines(lines, wanted), [lines, wanted]);
  return (
    <>
      <div className="pane-tools">
        <input
          type="search"
          className="field pod-search"
          aria-label={t.searchLogs}
          placeholder={t.searchLogs}
          value={wanted}
          onChange={(event) => setWanted(event.target.value)}
        />
        <span role="status" className="dim small">
          {wanted === '' ? '' : t.found(found.length, lines.length)}
        </span>
        <label className="inline-label">
          <input
            type="checkbox"
            checked={follow}
            onChange={(event) => setFollow(event.target.checked)}
          />{' '}
          {t.followEnd}
        </label>
        {restarted ? (
          <label className="inline-label">
            <input
              type="checkbox"
              checked={previous}
              onChange={(event) => setPrevious(event.target.checked)}
            />{' '}
            {t.previous}
          </label>
        ) : null}
      </div>
      {found.length === 0 ? (
        <p className="dim pad">{t.noLines}</p>
      ) : (
        <VirtualList
          label={t.logOf(container)}
          rows={found}
          rowHeightPx={LINE_HEIGHT_PX}
          keyOf={(row) => row.number}
          follow={follow}
          role="log"
        >
          {({ line }) => (
            <span className="mono log-line" data-stream={line.stream}>
              <span className="dim">{momentText(line.at)}</span> {line.text}
            </span>
          )}
        </VirtualList>
      )}
    </>
  );
}

/** In the past nobody has read yet what was written later. */
function useFollowed(pod: string, container: string, previous: boolean): readonly LogLine[] {
  const lines = useMirror((s) => s.logs.get(logKey(pod, container))) ?? NO_LINES;
  const until = useMirror((s) => (s.past ? s.at : Number.POSITIVE_INFINITY));
  useEffect(() => followLog({ pod, container, previous }), [pod, container, previous]);
  return useMemo(() => lines.filter((line) => line.at <= until), [lines, until]);
}
