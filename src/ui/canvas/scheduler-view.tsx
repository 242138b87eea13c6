/** The Pods that have no node yet, and the scheduler with its queue and its last decision. */
import { memo, useEffect, useState } from 'react';
import type { Decision } from '../../port/protocol-decision.ts';
import type { SpanRow } from '../../port/protocol.ts';
import { useText } from '../i18n/text.ts';
import { useMirror } from '../mirror/store.ts';
import { ask } from '../session/engine.ts';
import { useActivity } from './activity.ts';
import { useStage } from './context.ts';
import { ComponentEntry } from './entry.tsx';
import { usePodsInOrder } from './pod-order.ts';
import { PodChip } from './pod-view.tsx';
import { byNaturalName, parseRef, shortName } from './short-name.ts';
import { canvasText } from './text.ts';
import { LASTING } from './tokens.ts';

const CHIP_WIDTH = 76;
const TRAY_PAD = 20;

export const TrayView = memo(function TrayView() {
  const t = useText(canvasText);
  const { scene, layout } = useStage();
  const refs = usePodsInOrder('');
  const fit = Math.max(1, Math.floor((layout.tray.w - TRAY_PAD) / CHIP_WIDTH));
  const total = scene.unbound + scene.unboundFolded;
  const shown = total <= fit ? fit : fit - 1;
  return (
    <div className="kg-tray">
      <div className="kg-tray-head">
        {t.noNodeYet}
        {total > 0 ? <span className="kg-pill">{total}</span> : null}
      </div>
      <div className="kg-tray-pods">
        {total === 0 ? <span className="dim">{t.noPodWaits}</span> : null}
        {refs.slice(0, shown).map((ref) => (
          <PodChip key={ref} object={ref} />
        ))}
        {total > shown ? <span className="kg-more">{t.more(total - shown)}</span> : null}
      </div>
    </div>
  );
});

export const SchedulerView = memo(function SchedulerView() {
  const t = useText(canvasText);
  const row = useMirror((s) => s.components.get('kube-scheduler'));
  const running = row?.running ?? true;
  const busy = useActivity((a) => a.busy.has('kube-scheduler'));
  const decision = useActivity((a) => a.decision);
  const detail = row?.detail ?? {};
  const part = (key: string): number => Number(detail[key] ?? 0);
  const queue = t.schedulerQueue(part('active'), part('backoff'), part('unschedulable'));
  return (
    <div
      className={busy ? 'kg-box is-hot' : 'kg-box'}
      data-component="kube-scheduler"
      data-stopped={running ? undefined : ''}
    >
      <div className="kg-head">
        <ComponentEntry
          component="kube-scheduler"
          className="kg-stretch kg-title"
          label={t.componentLabel('kube-scheduler', running ? queue : t.stopped)}
          title={queue}
        >
          {t.scheduler}
        </ComponentEntry>
        <span className="kg-pill">{running ? t.queue(row?.queue ?? 0) : t.stopped}</span>
      </div>
      <LastDecision span={decision} />
    </div>
  );
});

function LastDecision({ span }: { readonly span: SpanRow | null }) {
  const t = useText(canvasText);
  const decision = useDecision(span);
  if (span === null) return <p className="kg-sub">{t.noDecision}</p>;
  const pod = shortName(parseRef(span.object).name, 12);
  const node = decision?.node ?? String(span.detail?.['node'] ?? '');
  return (
    <>
      <p className="kg-sub kg-decision mono" title={decision?.message}>
        {node === '' && span.end !== LASTING
          ? t.foundNone(pod)
          : t.chose(pod, node === '' ? '…' : node)}
      </p>
      {decision === null ? null : <DecisionBars decision={decision} />}
    </>
  );
}

const BARS_SHOWN = 5;

/** Nodes by name: a bar for the score, or the cross of the filter that refused. */
function DecisionBars({ decision }: { readonly decision: Decision }) {
  const rows = [...decision.rows]
    .sort((a, b) => byNaturalName(a.node, b.node))
    .slice(0, BARS_SHOWN);
  const best = Math.max(1, ...decision.rows.map((r) => r.total ?? 0));
  return (
    <span className="kg-bars" aria-hidden="true">
      {rows.map((row) => (
        <span
          key={row.node}
          className="kg-bar"
          data-refused={row.total === null ? '' : undefined}
          data-chosen={row.node === decision.node ? '' : undefined}
          title={`${row.node}: ${row.total ?? refusal(row.verdicts)}`}
        >
          <span style={{ width: `${((row.total ?? 0) / best) * 100}%` }} />
          <b>{row.total === null ? '✕' : Math.round(row.total)}</b>
        </span>
      ))}
    </span>
  );
}

function refusal(verdicts: Readonly<Record<string, string>>): string {
  return Object.values(verdicts).find((text) => text !== '') ?? '';
}

/** Asked for once per decision; while many are made in a row only the last is asked for. */
const ASK_DELAY_MS = 120;

function useDecision(span: SpanRow | null): Decision | null {
  const [decision, setDecision] = useState<Decision | null>(null);
  const pod = span?.object ?? '';
  const id = span !== null && span.end !== LASTING ? span.id : 0;
  useEffect(() => {
    if (pod === '' || id === 0) return;
    let stale = false;
    const timer = setTimeout(() => {
      ask({ type: 'decision', pod }).then(
        (answer) => {
          if (!stale) setDecision(answer);
        },
        // The engine has gone or is busy replaying: the page says so elsewhere, here only the bars miss.
        () => {
          if (!stale) setDecision(null);
        },
      );
    }, ASK_DELAY_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [pod, id]);
  return decision !== null && decision.pod === pod ? decision : null;
}
