/** A Job's completions as a grid, with what it still allows and when it is over. */
import type {
  CellState,
  CompletionCell,
  CompletionWorkings,
} from '../../port/protocol-workings.ts';
import { workingsText, type WorkingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { type Fact, Facts } from '../inspector/facts.tsx';
import { Badge } from '../kit/badge.tsx';
import { Icon, type IconName } from '../kit/icons.tsx';
import { selectObject } from '../session/session.ts';
import { Conditions, Countdown, Section, Sentences } from './kit.tsx';

const ICONS: Readonly<Record<CellState, IconName>> = {
  pending: 'waiting',
  active: 'starting',
  ready: 'running',
  succeeded: 'completed',
  failed: 'failed',
  backoff: 'backOff',
};
const STATES = Object.keys(ICONS) as readonly CellState[];

export function CompletionsView({ of }: { readonly of: CompletionWorkings }) {
  const t = useText(workingsText);
  const lines = [completionLine(of, t)];
  return (
    <Section
      title={t.completions}
      aside={
        <Badge>
          <span className="mono">
            {of.succeeded}/{of.completions ?? 1}
          </span>
        </Badge>
      }
    >
      <Sentences lines={lines} />
      <Legend cells={of.cells} t={t} />
      <ol className="wk-cells" aria-label={of.indexed ? t.completionsGrid : t.completionsPods}>
        {of.cells.map((cell) => (
          <Cell key={cell.index} cell={cell} t={t} />
        ))}
      </ol>
      {of.more > 0 ? <p className="dim small">{t.more(of.more)}</p> : null}
      <Waiting cells={of.cells} t={t} />
      <Facts facts={factsOf(of, t)} />
      <Policies of={of} t={t} />
      <Conditions rows={of.conditions} />
    </Section>
  );
}

export function completionLine(of: CompletionWorkings, t: WorkingsText): string {
  if (of.suspended) return t.suspended;
  const { active, completions, parallelism, succeeded } = of;
  return completions === null
    ? t.completionsAny(succeeded, active, parallelism)
    : t.completionsSentence(succeeded, completions, active, parallelism);
}

/** What each shape means, and how many there are of it. */
function Legend({
  cells,
  t,
}: {
  readonly cells: readonly CompletionCell[];
  readonly t: WorkingsText;
}) {
  const counts = STATES.map((state) => ({
    state,
    count: cells.filter((c) => c.state === state).length,
  })).filter(({ count }) => count > 0);
  return (
    <ul className="wk-legend-row">
      {counts.map(({ state, count }) => (
        <li key={state} data-state={state}>
          <Icon name={ICONS[state]} size={10} /> {t.cellState[state]}{' '}
          <b className="mono">{count}</b>
        </li>
      ))}
    </ul>
  );
}

function Cell({ cell, t }: { readonly cell: CompletionCell; readonly t: WorkingsText }) {
  const { failures, index, pod, state } = cell;
  const tried = failures > 0 ? `, ${t.failures(failures)}` : '';
  const name = `${index}: ${t.cellState[state]}${tried}`;
  return (
    <li>
      <button
        type="button"
        className="wk-cell"
        data-state={state}
        title={name}
        aria-label={name}
        disabled={pod === ''}
        onClick={() => selectObject(pod)}
      >
        <span className="mono">{index}</span>
        <Icon name={ICONS[state]} size={9} />
      </button>
    </li>
  );
}

/** Indexes in their back-off, with the time they have left. */
function Waiting({
  cells,
  t,
}: {
  readonly cells: readonly CompletionCell[];
  readonly t: WorkingsText;
}) {
  const waiting = cells.filter((c) => c.untilMs !== null && c.state === 'backoff').slice(0, 5);
  if (waiting.length === 0) return null;
  return (
    <ul className="wk-sentences">
      {waiting.map((cell) => (
        <li key={cell.index}>
          <span className="mono">{cell.index}</span> {t.cellState.backoff}:{' '}
          <Countdown ms={cell.untilMs ?? 0} />
        </li>
      ))}
    </ul>
  );
}

function factsOf(of: CompletionWorkings, t: WorkingsText): readonly Fact[] {
  const facts: Fact[] = [];
  if (of.backoffUntilMs !== null) {
    facts.push({ name: t.backoff, value: <Countdown ms={of.backoffUntilMs} /> });
  }
  const perIndex = of.backoffLimitPerIndex;
  if (perIndex !== null) {
    facts.push({ name: t.backoffLimit, value: `${of.failed} · ${t.perIndex(perIndex)}` });
  } else if (of.backoffLimit !== null) {
    facts.push({ name: t.backoffLimit, value: t.ofLimit(of.failed, of.backoffLimit) });
  }
  if (of.deadlineMs !== null) {
    facts.push({ name: t.deadline, value: <Countdown ms={of.deadlineMs} /> });
  }
  if (of.expiresMs !== null) {
    facts.push({ name: t.expires, value: <Countdown ms={of.expiresMs} /> });
  } else if (of.ttlSeconds !== null) {
    facts.push({ name: t.expires, value: t.ttlAfter(of.ttlSeconds) });
  }
  return facts;
}

function Policies({ of, t }: { readonly of: CompletionWorkings; readonly t: WorkingsText }) {
  if (of.policies.length === 0) return null;
  return (
    <ul className="wk-conditions" aria-label={t.policies}>
      {of.policies.map((policy) => (
        <li key={policy.text}>
          <span className="mono">{policy.text}</span>
          {policy.fired === '' ? null : (
            <span>
              <Badge tone="warn">{t.fired}</Badge> <span className="mono dim">{policy.fired}</span>
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
