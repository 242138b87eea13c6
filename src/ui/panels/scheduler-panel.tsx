/** The scheduler's record for one Pod: nodes × plugins, verdicts and points. */
import { useEffect, useState } from 'react';
import type { Decision } from '../../port/protocol.ts';
import { activityText } from '../i18n/activity.ts';
import { useText } from '../i18n/text.ts';
import { Badge } from '../kit/badge.tsx';
import { momentText } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { refParts } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { ask } from '../session/engine.ts';
import { selectedRef, useSession } from '../session/session.ts';

/** The newest decisions can be chosen; older ones by selecting the Pod. */
const PODS_OFFERED = 100;
/** Nodes listed; in a large cluster the rest says the same. */
const NODES_SHOWN = 200;

export function SchedulerPanel() {
  const t = useText(activityText);
  const pods = useScheduledPods();
  const selected = useSession(selectedRef);
  const [chosen, setChosen] = useState<string | null>(null);
  const isPod = selected !== null && refParts(selected).kind === 'Pod';
  const pod = isPod ? selected : (chosen ?? pods[0] ?? null);
  const offered = pod !== null && !pods.includes(pod) ? [pod, ...pods] : pods;
  if (pod === null) return <p className="dim pad">{t.decisionNone}</p>;
  return (
    <div className="pane-column">
      <div className="pane-tools">
        <label className="inline-label">
          {t.decisionPod}{' '}
          <select
            className="field mono"
            value={pod}
            disabled={isPod}
            onChange={(event) => setChosen(event.target.value)}
          >
            {offered.map((ref) => (
              <option key={ref} value={ref}>
                {refParts(ref).name}
              </option>
            ))}
          </select>
        </label>
      </div>
      <DecisionView pod={pod} />
    </div>
  );
}

/** Pods about which the scheduler decided, newest first. */
function useScheduledPods(): readonly string[] {
  const told = useMirror((s) => s.told);
  const found = new Set<string>();
  for (let i = told.length - 1; i >= 0 && found.size < PODS_OFFERED; i--) {
    const span = told[i];
    if (span?.kind === 'schedule') found.add(span.object);
  }
  return [...found];
}

function DecisionView({ pod }: { readonly pod: string }) {
  const t = useText(activityText);
  const decision = useDecision(pod);
  if (decision === undefined) return null;
  if (decision === null) return <p className="dim pad">{t.decisionGone}</p>;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable
    <div className="scroll" tabIndex={0}>
      <p className="pad small">
        <Badge tone={decision.node === '' ? 'danger' : 'ok'}>
          {decision.node === '' ? decision.message : `${refParts(pod).name} → ${decision.node}`}
        </Badge>{' '}
        <span className="dim mono">{t.decisionAt(momentText(decision.at))}</span>
      </p>
      <DecisionTable decision={decision} />
    </div>
  );
}

function DecisionTable({ decision }: { readonly decision: Decision }) {
  const t = useText(activityText);
  const { filters, scores, rows } = decision;
  return (
    <table className="table decision" aria-label={t.decisionTable}>
      <thead>
        <tr>
          <th scope="col" rowSpan={2}>
            {t.decisionNode}
          </th>
          {filters.length === 0 ? null : (
            <th scope="colgroup" colSpan={filters.length}>
              {t.decisionFilters}
            </th>
          )}
          {scores.length === 0 ? null : (
            <th scope="colgroup" colSpan={scores.length}>
              {t.decisionScores}
            </th>
          )}
          <th scope="col" rowSpan={2}>
            {t.decisionTotal}
          </th>
        </tr>
        <tr>
          {filters.map((plugin) => (
            <th key={`f ${plugin}`} scope="col">
              {plugin}
            </th>
          ))}
          {scores.map((plugin) => (
            <th key={`s ${plugin}`} scope="col">
              {plugin}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, NODES_SHOWN).map((row) => (
          <tr key={row.node} data-chosen={row.node === decision.node ? '' : undefined}>
            <th scope="row" className="mono">
              {row.node}
              {row.node === decision.node ? <Badge tone="ok">{t.decisionChosen}</Badge> : null}
            </th>
            {filters.map((plugin) => (
              <Verdict key={`f ${plugin}`} verdict={row.verdicts[plugin]} />
            ))}
            {scores.map((plugin) => (
              <td key={`s ${plugin}`} className="num">
                {row.points[plugin] ?? ''}
              </td>
            ))}
            <td className="num">{row.total ?? ''}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Verdict({ verdict }: { readonly verdict: string | undefined }) {
  const t = useText(activityText);
  if (verdict === undefined) {
    return (
      <td className="dim" title={t.decisionNotAsked}>
        –<span className="sr-only"> {t.decisionNotAsked}</span>
      </td>
    );
  }
  if (verdict === '') {
    return (
      <td className="verdict-ok">
        <Icon name="completed" size={11} />
        <span className="sr-only">{t.decisionPassed}</span>
      </td>
    );
  }
  return <td className="verdict-no">{verdict}</td>;
}

/** Undefined while it is awaited; asked again when the Pod is written. */
function useDecision(pod: string): Decision | null | undefined {
  const [decision, setDecision] = useState<Decision | null | undefined>(undefined);
  const node = useMirror((s) => s.objects.get(pod)?.pod?.node);
  const status = useMirror((s) => s.objects.get(pod)?.status);
  useEffect(() => {
    let stale = false;
    ask({ type: 'decision', pod }).then(
      (answer) => {
        if (!stale) setDecision(answer);
      },
      () => {
        if (!stale) setDecision(null);
      },
    );
    return () => {
      stale = true;
    };
    // Node and status tell that the scheduler has decided anew.
  }, [pod, node, status]);
  return decision;
}
