/** Log of one container of the selected Pod, as it is written. */
import { useEffect } from 'react';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { momentText } from '../kit/format.ts';
import { VirtualList } from '../kit/virtual-list.tsx';
import { type LogLine, logKey } from '../mirror/state.ts';
import { forgetLogs, useMirror } from '../mirror/store.ts';
import { tell } from '../session/actions.ts';
import { selectObject, useSession } from '../session/session.ts';

const LINE_HEIGHT_PX = 20;
const NO_LINES: readonly LogLine[] = [];

export function LogsPanel() {
  const t = useText(inspectorText);
  const selection = useSession((s) => s.selection);
  const ref = selection?.type === 'object' ? selection.ref : null;
  const containers = useMirror((s) => s.objects.get(ref ?? '')?.pod?.containers);
  if (ref === null || containers === undefined) return <p className="dim pad">{t.onlyPodsLog}</p>;
  const wanted = selection?.type === 'object' ? selection.container : undefined;
  const names = containers.map((row) => row.name);
  const preferred = containers.find((row) => !row.init)?.name ?? names[0] ?? '';
  const container = wanted !== undefined && names.includes(wanted) ? wanted : preferred;
  return (
    <div className="logs">
      <div className="pane-tools">
        <label className="inline-label">
          {t.container}{' '}
          <select
            className="field"
            value={container}
            onChange={(event) => selectObject(ref, event.target.value)}
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <Lines key={`${ref} ${container}`} pod={ref} container={container} />
    </div>
  );
}

function Lines({ pod, container }: { readonly pod: string; readonly container: string }) {
  const t = useText(inspectorText);
  const lines = useMirror((s) => s.logs.get(logKey(pod, container))) ?? NO_LINES;
  useEffect(() => {
    forgetLogs(pod, container);
    void tell({ type: 'follow-logs', pod, container });
    return () => {
      void tell({ type: 'unfollow-logs' });
    };
  }, [pod, container]);
  // In the past nobody has read yet what was written later.
  const until = useMirror((s) => (s.past ? s.at : Number.POSITIVE_INFINITY));
  const written = lines.filter((line) => line.at <= until);
  if (written.length === 0) return <p className="dim pad">{t.noLines}</p>;
  const numbered = written.map((line, i) => ({ line, i }));
  return (
    <VirtualList
      label={t.follow}
      rows={numbered}
      rowHeightPx={LINE_HEIGHT_PX}
      keyOf={(row) => row.i}
      follow
    >
      {({ line }) => (
        <span className="mono log-line" data-stream={line.stream}>
          <span className="dim">{momentText(line.at)}</span> {line.text}
        </span>
      )}
    </VirtualList>
  );
}
