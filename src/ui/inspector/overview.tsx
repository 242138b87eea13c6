/** Nothing is selected: the cluster as a whole, its components, and a form for another node. */
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Icon } from '../kit/icons.tsx';
import { useMirror } from '../mirror/store.ts';
import { selectComponent, selectObject } from '../session/session.ts';
import { AddNode } from './add-node.tsx';
import { Status, statusOf } from './status.tsx';
import { refWords } from '../mirror/refs.ts';

/** Kinds listed one by one; of others only the number is told. */
const KINDS_LISTED = ['Deployment', 'ReplicaSet', 'Node'] as const;
const LISTED_EACH = 12;

export function Overview() {
  const t = useText(inspectorText);
  return (
    <>
      <div>
        <h2 className="insp-title">{t.nothing}</h2>
        <p className="dim">{t.nothingHint}</p>
      </div>
      <Totals />
      {KINDS_LISTED.map((kind) => (
        <KindList key={kind} kind={kind} />
      ))}
      <Components />
      <AddNode />
    </>
  );
}

function Totals() {
  const t = useText(inspectorText);
  const totals = useMirror((s) => s.totals);
  const counts = Object.entries(totals).filter(([kind, n]) => n > 0 && kind !== 'Event');
  const pods = totals['Pod'] ?? 0;
  return (
    <div>
      <h3 className="section-title">{t.objects}</h3>
      {pods === 0 && (totals['Deployment'] ?? 0) === 0 ? (
        <p className="dim">{t.noObjects}</p>
      ) : null}
      <p className="counts">
        {counts.map(([kind, n]) => (
          <span key={kind} className="badge">
            {kind} <b className="mono">{n}</b>
          </span>
        ))}
      </p>
    </div>
  );
}

function KindList({ kind }: { readonly kind: string }) {
  const t = useText(inspectorText);
  const refs = useMirror((s) => s.byKind.get(kind));
  if (refs.length === 0) return null;
  return (
    <div>
      <h3 className="section-title">{kind}</h3>
      <ul className="plain-list">
        {firstByName(refs).map((ref) => (
          <ListedObject key={ref} target={ref} />
        ))}
      </ul>
      {refs.length > LISTED_EACH ? (
        <p className="dim small">{t.moreItems(refs.length - LISTED_EACH)}</p>
      ) : null}
    </div>
  );
}

/** The first few in the order in which people count: node-2 before node-10. */
function firstByName(refs: readonly string[]): readonly string[] {
  return [...refs].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).slice(0, LISTED_EACH);
}

function ListedObject({ target }: { readonly target: string }) {
  const status = useMirror((s) => statusOf(s.objects.get(target)));
  return (
    <li className="owned">
      <button type="button" className="btn link" onClick={() => selectObject(target)}>
        <span className="mono">{refWords(target)}</span>
      </button>
      {status === '' ? null : <Status text={status} />}
    </li>
  );
}

function Components() {
  const t = useText(inspectorText);
  const names = useMirror((s) => s.componentNames);
  const shown = names.filter((name) => !name.includes('/'));
  return (
    <div>
      <h3 className="section-title">{t.components}</h3>
      <ul className="counts">
        {shown.map((name) => (
          <ComponentItem key={name} name={name} />
        ))}
      </ul>
    </div>
  );
}

function ComponentItem({ name }: { readonly name: string }) {
  const t = useText(inspectorText);
  const running = useMirror((s) => s.components.get(name)?.running !== false);
  return (
    <li>
      <button
        type="button"
        className="badge as-button"
        data-tone={running ? 'plain' : 'danger'}
        onClick={() => selectComponent(name)}
      >
        <Icon name={running ? 'running' : 'failed'} size={9} />
        {name}
        <span className="sr-only">, {running ? t.running : t.stopped}</span>
      </button>
    </li>
  );
}
