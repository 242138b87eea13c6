/** What is stored, kind by kind: the reader's own objects and workloads one by one, the rest as counts. */
import type { ObjectRow } from '../../port/protocol.ts';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { isSystem, refWords } from '../mirror/refs.ts';
import type { MirrorState } from '../mirror/state.ts';
import { mirror, useMirror } from '../mirror/store.ts';
import { selectObject } from '../session/session.ts';
import { Status, statusOf } from './status.tsx';

/** Kinds whose objects are all listed, whoever made them; in this order, and before the others. */
const WHOLE: readonly string[] = [
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'CronJob',
  'Node',
];
/** Kinds that a cluster has many of from its start: shown only as far as the reader adds to them. */
const FURNITURE: ReadonlySet<string> = new Set([
  'APIService',
  'ClusterRole',
  'ClusterRoleBinding',
  'ControllerRevision',
  'FlowSchema',
  'IPAddress',
  'Lease',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'Role',
  'RoleBinding',
  'ServiceCIDR',
]);
const LISTED_EACH = 12;

type Source = Pick<MirrorState, 'objects' | 'byKind'>;

/** Kinds of which something is listed. */
export function listedKinds({ objects, byKind }: Source): readonly string[] {
  const has = (kind: string): boolean =>
    byKind.get(kind).some((ref) => isListed(kind, objects.get(ref)));
  const others = [...byKind.keys].filter((kind) => !WHOLE.includes(kind)).sort();
  return [...WHOLE, ...others].filter(has);
}

/** Pods and Events have their own places; of other kinds what was applied is listed. */
function isListed(kind: string, row: ObjectRow | undefined): boolean {
  if (row === undefined) return false;
  return row.applied === true || (WHOLE.includes(kind) && !isSystem(row.ref));
}

/** Counts in the order of |totals|; those of the cluster's own things apart. */
export function countsOf(
  totals: MirrorState['totals'],
  listed: readonly string[],
): { readonly main: readonly Count[]; readonly own: readonly Count[] } {
  const counts = Object.entries(totals).filter(([kind, n]) => n > 0 && kind !== 'Event');
  const isOwn = ([kind]: Count): boolean => FURNITURE.has(kind) && !listed.includes(kind);
  return { main: counts.filter((c) => !isOwn(c)), own: counts.filter(isOwn) };
}

type Count = readonly [kind: string, count: number];

export function StoredObjects() {
  const t = useText(inspectorText);
  const totals = useMirror((s) => s.totals);
  // Joined, so that the same kinds again are equal.
  const joined = useMirror((s) => listedKinds(s).join(' '));
  const kinds = joined === '' ? [] : joined.split(' ');
  const { main, own } = countsOf(totals, kinds);
  const hasPods = useMirror((s) => s.folded.length > 0 || !s.byKind.get('Pod').every(isSystem));
  const isEmpty = kinds.every((kind) => kind === 'Node') && !hasPods;
  return (
    <>
      <div>
        <h3 className="section-title">{t.objects}</h3>
        {isEmpty ? <p className="dim">{t.noObjects}</p> : null}
        <Counts counts={main} />
        {own.length === 0 ? null : (
          <details className="own-counts">
            <summary className="dim small">{t.ownObjects}</summary>
            <Counts counts={own} />
          </details>
        )}
      </div>
      {kinds.map((kind) => (
        <KindList key={kind} kind={kind} />
      ))}
    </>
  );
}

function Counts({ counts }: { readonly counts: readonly Count[] }) {
  return (
    <p className="counts">
      {counts.map(([kind, n]) => (
        <span key={kind} className="badge">
          {kind} <b className="mono">{n}</b>
        </span>
      ))}
    </p>
  );
}

function KindList({ kind }: { readonly kind: string }) {
  const t = useText(inspectorText);
  const all = useMirror((s) => s.byKind.get(kind));
  const { objects } = mirror.getState();
  const refs = all.filter((ref) => isListed(kind, objects.get(ref)));
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
