/** The scheduler's record for one Pod, and where the Pod waits when it has no node. */
import { useEffect, useState } from 'react';
import type { Decision, QueuePlace } from '../../port/protocol-decision.ts';
import type { SpanRow } from '../../port/protocol.ts';
import { decisionText } from '../i18n/decision.ts';
import { useText } from '../i18n/text.ts';
import { Badge } from '../kit/badge.tsx';
import { momentText } from '../kit/format.ts';
import { refParts } from '../mirror/refs.ts';
import { useMirror } from '../mirror/store.ts';
import { ask } from '../session/engine.ts';
import { selectedRef, useSession } from '../session/session.ts';
import { differing } from '../workings/decision.ts';
import { DecisionNotes, QueueNote } from '../workings/decision-notes.tsx';
import { DecisionTable } from '../workings/decision-table.tsx';

/** The newest decisions can be chosen; older ones by selecting the Pod. */
const PODS_OFFERED = 100;
const MICROS_PER_SECOND = 1_000_000;

export function SchedulerPanel() {
  const t = useText(decisionText);
  const pods = useScheduledPods();
  const selected = useSession(selectedRef);
  const [chosen, setChosen] = useState<string | null>(null);
  const [onlyDiffering, setOnlyDiffering] = useState(false);
  const isPod = selected !== null && refParts(selected).kind === 'Pod';
  const pod = isPod ? selected : (chosen ?? pods[0] ?? null);
  const offered = pod !== null && !pods.includes(pod) ? [pod, ...pods] : pods;
  if (pod === null) return <p className="dim pad">{t.none}</p>;
  return (
    <div className="pane-column">
      <div className="pane-tools">
        <label className="inline-label">
          {t.pod}{' '}
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
        <label className="inline-label">
          <input
            type="checkbox"
            checked={onlyDiffering}
            onChange={(event) => setOnlyDiffering(event.target.checked)}
          />{' '}
          {t.onlyDiffering}
        </label>
      </div>
      <DecisionView pod={pod} onlyDiffering={onlyDiffering} />
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

function DecisionView(props: { readonly pod: string; readonly onlyDiffering: boolean }) {
  const { pod, onlyDiffering } = props;
  const t = useText(decisionText);
  const place = useQueuePlace(pod);
  const decision = useDecision(pod);
  const waiting = place === null ? null : <QueueNote place={place} />;
  if (decision === undefined) return null;
  if (decision === null) {
    return (
      <div className="scroll">
        {waiting}
        <p className="dim pad">{t.gone}</p>
      </div>
    );
  }
  const { attempt, filters, node, profile, scores } = decision;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable
    <div className="scroll" tabIndex={0}>
      {waiting}
      <p className="pad small">
        {node === '' ? (
          <span className="verdict-no">{decision.message}</span>
        ) : (
          <Badge tone="ok">{`${refParts(pod).name} → ${node}`}</Badge>
        )}{' '}
        <span className="dim">
          {t.at(momentText(decision.at))} · {t.attempt(attempt)} · {t.by(profile)}
        </span>
      </p>
      <DecisionTable
        decision={decision}
        shown={onlyDiffering ? differing(decision) : { filters, scores }}
      />
      <DecisionNotes decision={decision} />
      {scores.length === 0 ? null : <p className="dim small pad">{t.legend}</p>}
    </div>
  );
}

/** Undefined while it is awaited; asked again when the Pod is written or tried. */
function useDecision(pod: string): Decision | null | undefined {
  const [decision, setDecision] = useState<Decision | null | undefined>(undefined);
  const row = useMirror((s) => s.objects.get(pod));
  const told = useMirror((s) => lastTry(s.told, pod));
  const revision = row?.revision;
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
    // Another revision or another try: the scheduler may have decided anew.
  }, [pod, revision, told]);
  return decision;
}

/** The span of the last try of the Pod, of those that are still told. */
function lastTry(told: readonly SpanRow[], pod: string): number {
  for (let i = told.length - 1; i >= 0; i--) {
    const span = told[i];
    if (span?.kind === 'schedule' && span.object === pod) return span.id;
  }
  return 0;
}

/** Asked once a virtual second, while the Pod has no node. */
function useQueuePlace(pod: string): QueuePlace | null {
  const [known, setKnown] = useState<{ readonly pod: string; readonly place: QueuePlace | null }>();
  const waits = useMirror((s) => !s.past && s.objects.get(pod)?.pod?.node === '');
  const second = useMirror((s) => (waits ? Math.floor(s.at / MICROS_PER_SECOND) : 0));
  useEffect(() => {
    let stale = false;
    const take = (place: QueuePlace | null): void => {
      if (!stale) setKnown({ pod, place });
    };
    if (waits) ask({ type: 'queue-place', pod }).then(take, () => take(null));
    return () => {
      stale = true;
    };
  }, [pod, waits, second]);
  return waits && known?.pod === pod ? known.place : null;
}
