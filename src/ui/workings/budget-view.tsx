/** A disruption budget's arithmetic, its Pods, and the evictions that were asked for. */
import type { BudgetWorkings, EvictionTry } from '../../port/protocol-workings.ts';
import { workingsText, type WorkingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { ObjectLink } from '../inspector/object-link.tsx';
import { Badge } from '../kit/badge.tsx';
import { momentText } from '../kit/format.ts';
import { Icon } from '../kit/icons.tsx';
import { useMirror } from '../mirror/store.ts';
import { countdownText } from '../pod/countdown.ts';
import { type EvictionLine, evictionLines } from './budget.ts';
import { Conditions, Section, Sentences } from './kit.tsx';

export function BudgetView({ of }: { readonly of: BudgetWorkings }) {
  const t = useText(workingsText);
  return (
    <Section
      title={t.budget}
      aside={
        <Badge tone={of.allowed > 0 ? 'ok' : 'warn'}>
          <span className="mono">
            {of.rule} {of.ruleText}
          </span>
        </Badge>
      }
    >
      <Sentences lines={[t.budgetSentence(of.healthy, of.desired, of.allowed)]} />
      <Sum of={of} t={t} />
      <p className="dim small">
        {t.expectedPods}: <span className="mono">{of.expected}</span>
      </p>
      <ul className="wk-dots" aria-label={t.budgetPods}>
        {of.pods.map((pod) => (
          <li key={pod.ref} data-healthy={pod.healthy && !pod.terminating ? '' : undefined}>
            <Icon
              name={pod.terminating ? 'close' : pod.healthy ? 'running' : 'waiting'}
              size={11}
            />
            <ObjectLink target={pod.ref} />
            <span className="dim small">
              {pod.node}
              {pod.terminating
                ? ` · ${t.terminating}`
                : pod.granted
                  ? ` · ${t.granted}`
                  : pod.healthy
                    ? ''
                    : ` · ${t.unhealthy}`}
            </span>
          </li>
        ))}
      </ul>
      {of.more > 0 ? <p className="dim small">{t.more(of.more)}</p> : null}
      <Evictions tries={of.evictions} />
      <Conditions rows={of.conditions} />
    </Section>
  );
}

/** healthy − have to be = may go. */
function Sum({ of, t }: { readonly of: BudgetWorkings; readonly t: WorkingsText }) {
  const part = (value: number, name: string, mark?: string) => (
    <span className="wk-term" data-mark={mark}>
      <b className="mono">{value}</b>
      <small>{name}</small>
    </span>
  );
  return (
    <div className="wk-sum">
      {part(of.healthy, t.healthy)}
      <span aria-hidden="true">−</span>
      {part(of.desired, t.desiredHealthy)}
      <span aria-hidden="true">=</span>
      {part(of.allowed, t.allowed, of.allowed > 0 ? 'ok' : 'none')}
    </div>
  );
}

export function Evictions({ tries }: { readonly tries: readonly EvictionTry[] }) {
  const t = useText(workingsText);
  const lines = evictionLines(tries);
  return (
    <div>
      <h4 className="wk-sub">{t.evictions}</h4>
      {lines.length === 0 ? (
        <p className="dim small">{t.noEvictions}</p>
      ) : (
        <ul className="wk-evictions" aria-label={t.evictions}>
          {lines.map((line) => (
            <Eviction key={line.pod} line={line} t={t} />
          ))}
        </ul>
      )}
    </div>
  );
}

function Eviction({ line, t }: { readonly line: EvictionLine; readonly t: WorkingsText }) {
  const left = useMirror((s) => (line.retryAt === null ? 0 : line.retryAt - s.at));
  const refused = line.code === 429;
  const granted = line.code > 0 && line.code < 300;
  return (
    <li data-code={line.code}>
      <Icon name={granted ? 'completed' : 'failed'} size={11} />
      <span>
        <ObjectLink target={line.pod} />{' '}
        <b>
          {refused ? t.evictionRefused : granted ? t.evictionGranted : t.evictionOther(line.code)}
        </b>
        {line.tries > 1 ? `, ${t.attempts(line.tries)}` : ''}
        {left > 0 ? (
          <>
            {' · '}
            {t.retry}{' '}
            <b className="mono" role="timer">
              {t.in(countdownText(left))}
            </b>
          </>
        ) : null}
        <span className="dim small mono">
          {' '}
          {momentText(line.at)} {line.from}
        </span>
      </span>
    </li>
  );
}
