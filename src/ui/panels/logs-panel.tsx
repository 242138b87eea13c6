/** Log of one container of the selected Pod, as it is written. */
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { useMirror } from '../mirror/store.ts';
import { LogLines } from '../pod/log-lines.tsx';
import { selectObject, useSession } from '../session/session.ts';

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
  const restarts = containers.find((row) => row.name === container)?.restarts ?? 0;
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
      <LogLines
        key={`${ref} ${container}`}
        pod={ref}
        container={container}
        restarted={restarts > 0}
      />
    </div>
  );
}
