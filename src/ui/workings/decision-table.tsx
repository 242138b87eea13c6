/** A decision as a table: nodes in rows, plugins in columns, words of refusals, points with their making. */
import type { Decision, DecisionRow } from '../../port/protocol-decision.ts';
import { type DecisionText, decisionText } from '../i18n/decision.ts';
import { useText } from '../i18n/text.ts';
import { Badge } from '../kit/badge.tsx';
import { Icon } from '../kit/icons.tsx';
import { ordered, scoreText, type Shown } from './decision.ts';

/** Nodes listed; in a large cluster the rest says the same. */
const NODES_SHOWN = 200;

interface TableProps {
  readonly decision: Decision;
  readonly shown: Shown;
}

export function DecisionTable({ decision, shown }: TableProps) {
  const t = useText(decisionText);
  const { filters, scores } = shown;
  return (
    <table className="table decision" aria-label={t.table}>
      <Head decision={decision} shown={shown} t={t} />
      <tbody>
        {ordered(decision)
          .slice(0, NODES_SHOWN)
          .map((row) => (
            <tr key={row.node} data-chosen={row.node === decision.node ? '' : undefined}>
              <th scope="row" className="mono">
                {row.node}
                {row.node === decision.node ? <Badge tone="ok">{t.chosen}</Badge> : null}
              </th>
              {filters.map((plugin) => (
                <Verdict key={`f ${plugin}`} row={row} plugin={plugin} t={t} />
              ))}
              {scores.map((plugin) => (
                <Score
                  key={`s ${plugin}`}
                  row={row}
                  plugin={plugin}
                  weight={decision.weights[plugin] ?? 1}
                  t={t}
                />
              ))}
              <td className="num">
                <b>{row.total ?? ''}</b>
              </td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}

function Head({ decision, shown, t }: TableProps & { readonly t: DecisionText }) {
  const { filters, scores } = shown;
  return (
    <thead>
      <tr>
        <th scope="col" rowSpan={2}>
          {t.node}
        </th>
        {filters.length === 0 ? null : (
          <th scope="colgroup" colSpan={filters.length}>
            {t.filters}
          </th>
        )}
        {scores.length === 0 ? null : (
          <th scope="colgroup" colSpan={scores.length}>
            {t.scores}
          </th>
        )}
        <th scope="col" rowSpan={2}>
          {t.total}
        </th>
      </tr>
      <tr>
        {filters.map((plugin) => (
          <th key={`f ${plugin}`} scope="col">
            {plugin}
          </th>
        ))}
        {scores.map((plugin) => (
          <th key={`s ${plugin}`} scope="col" title={t.weight(decision.weights[plugin] ?? 1)}>
            {plugin} <span className="mono">×{decision.weights[plugin] ?? 1}</span>
          </th>
        ))}
      </tr>
    </thead>
  );
}

interface CellProps {
  readonly row: DecisionRow;
  readonly plugin: string;
  readonly t: DecisionText;
}

function Score({ row, plugin, weight, t }: CellProps & { readonly weight: number }) {
  const points = row.points[plugin];
  if (points === undefined) return <td />;
  const raw = row.raw[plugin] ?? points;
  const normalized = row.normalized[plugin] ?? points;
  const making = t.cell(raw, normalized, weight, points);
  return (
    <td className="num" title={making}>
      <b>{points}</b>
      <small className="decision-making" aria-hidden="true">
        {scoreText(raw)} → {scoreText(normalized)}
      </small>
      <span className="sr-only"> {making}</span>
    </td>
  );
}

function Verdict({ row, plugin, t }: CellProps) {
  const verdict = row.verdicts[plugin];
  if (verdict === undefined) {
    return (
      <td className="dim" title={t.notAsked}>
        –<span className="sr-only"> {t.notAsked}</span>
      </td>
    );
  }
  if (verdict === '') {
    return (
      <td className="verdict-ok">
        <Icon name="completed" size={11} />
        <span className="sr-only">{t.passed}</span>
      </td>
    );
  }
  return (
    <td className="verdict-no" title={row.resolvable === false ? t.helpless : undefined}>
      {verdict}
    </td>
  );
}
