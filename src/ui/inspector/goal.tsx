/** Wanted beside seen, with what differs marked by a word and a sign, then by colour. */
import { useMemo } from 'react';
import { inspectorText } from '../i18n/inspector.ts';
import { useText } from '../i18n/text.ts';
import { Icon } from '../kit/icons.tsx';
import { goalRows } from '../mirror/goal.ts';
import { useMirror } from '../mirror/store.ts';

export function Goal({ target }: { readonly target: string }) {
  const t = useText(inspectorText);
  const object = useMirror((s) => s.whole.get(target));
  const rows = useMemo(() => goalRows(object), [object]);
  if (rows.length === 0) return null;
  return (
    <div>
      <h3 className="section-title" title={t.goalHint}>
        {t.goal}
      </h3>
      <table className="table goal">
        <thead>
          <tr>
            <th scope="col">{t.goalField}</th>
            <th scope="col">{t.goalWanted}</th>
            <th scope="col">{t.goalSeen}</th>
          </tr>
        </thead>
        <tbody className="mono">
          {rows.map((row) => (
            <tr key={row.field} data-same={row.same}>
              <td>{row.field}</td>
              <td>{row.wanted === '*' ? t.anyNode : row.wanted}</td>
              <td>
                <Icon name={row.same ? 'completed' : 'starting'} size={10} />{' '}
                {row.seen === '' ? t.none : row.seen}
                <span className="sr-only">, {row.same ? t.goalSame : t.goalDiffers}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
