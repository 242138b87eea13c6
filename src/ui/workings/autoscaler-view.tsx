/** An autoscaler's loop as a chart: metric against target, replicas, and what holds it back. */
import type {
  AutoscalerMetric,
  AutoscalerRules,
  AutoscalerWorkings,
} from '../../port/protocol-workings.ts';
import { workingsText, type WorkingsText } from '../i18n/workings.ts';
import { useText } from '../i18n/text.ts';
import { Facts } from '../inspector/facts.tsx';
import { ObjectLink } from '../inspector/object-link.tsx';
import { Badge } from '../kit/badge.tsx';
import { momentText } from '../kit/format.ts';
import { useMirror } from '../mirror/store.ts';
import { CHART, deciding, formulaOf, plotOf, topOf } from './autoscaler.ts';
import { Conditions, Moment, Section } from './kit.tsx';

const MICROS_PER_SECOND = 1_000_000;
const MILLI = 1_000;
/** Rows of the table beside the chart. */
const TABLE_ROWS = 30;

export function AutoscalerView({ of }: { readonly of: AutoscalerWorkings }) {
  const t = useText(workingsText);
  const now = useMirror((s) => Math.floor(s.at / MICROS_PER_SECOND) * MICROS_PER_SECOND);
  const change = of.desired - of.current;
  const aside = (
    <Badge tone={change === 0 ? 'ok' : 'accent'}>
      <span className="mono">
        {of.current} → {of.desired}
      </span>
    </Badge>
  );
  return (
    <Section title={t.autoscaler} aside={aside}>
      {of.metrics.map((metric, i) => (
        <MetricPart key={metric.name} of={of} metric={metric} index={i} now={now} t={t} />
      ))}
      <ReplicaChart of={of} now={now} t={t} />
      <SampleTable of={of} t={t} />
      <Facts
        facts={[
          { name: t.autoscalerTarget, value: <ObjectLink target={of.target} /> },
          { name: t.autoscalerReplicas, value: t.between(of.min, of.max) },
          { name: t.scaleUp, value: <Rules rules={of.up} t={t} /> },
          { name: t.scaleDown, value: <Rules rules={of.down} t={t} /> },
          ...(of.lastScaleMs === null
            ? []
            : [{ name: t.lastScale, value: <Moment ms={of.lastScaleMs} /> }]),
        ]}
      />
      <Conditions rows={of.conditions} open />
    </Section>
  );
}

interface PartProps {
  readonly of: AutoscalerWorkings;
  readonly now: number;
  readonly t: WorkingsText;
}

function MetricPart(
  props: PartProps & { readonly metric: AutoscalerMetric; readonly index: number },
) {
  const { of, metric, index, now, t } = props;
  const values = of.samples.flatMap((s) => s.values[index] ?? []);
  const { target } = metric;
  const top = topOf([...values, target * (1 + of.up.tolerance)]);
  const plot = plotOf(of.samples, now, top);
  const high = plot.y(target * (1 + of.up.tolerance));
  const low = plot.y(target * (1 - of.down.tolerance));
  const decides = deciding(of) === metric && of.metrics.length > 1;
  return (
    <figure className="wk-chart">
      <figcaption>
        <span>
          <b className="mono">{metric.name}</b> <b className="mono wk-value">{metric.valueText}</b>
        </span>
        <span className="dim">
          {t.target} <span className="mono">{metric.targetText}</span>
        </span>
      </figcaption>
      <Frame label={t.autoscalerChart(metric.name)}>
        <rect className="wk-band" x="0" y={high} width={CHART.width} height={low - high} />
        <line
          className="wk-target"
          x1="0"
          x2={CHART.width}
          y1={plot.y(target)}
          y2={plot.y(target)}
        />
        <path className="wk-line" d={plot.path((s) => s.values[index] ?? null)} />
      </Frame>
      <p className="wk-formula" data-decides={decides ? '' : undefined}>
        {metric.value === null ? (
          <span className="dim">{t.autoscalerNoValue}</span>
        ) : metric.tolerated ? (
          <>
            <span className="mono">
              {metric.valueText} / {metric.targetText} = {(metric.value / target).toFixed(2)}
            </span>{' '}
            <span className="dim">{t.tolerated}</span>
          </>
        ) : (
          <span className="mono">{formulaOf(metric, of.current)}</span>
        )}
      </p>
    </figure>
  );
}

function ReplicaChart({ of, now, t }: PartProps) {
  const top = topOf([of.max, ...of.samples.map((s) => s.desired)]);
  const plot = plotOf(of.samples, now, top);
  const bound = (n: number) => (
    <line className="wk-bound" x1="0" x2={CHART.width} y1={plot.y(n)} y2={plot.y(n)} />
  );
  return (
    <figure className="wk-chart">
      <figcaption>
        <span>
          {t.autoscalerReplicas} <b className="mono">{of.current}</b>
        </span>
        <span className="wk-legend dim">
          <i data-line="current" /> {t.current} <i data-line="desired" /> {t.desired}
        </span>
      </figcaption>
      <Frame
        label={`${t.autoscalerReplicas}: ${t.current} ${of.current}, ${t.desired} ${of.desired}`}
      >
        {bound(of.max)}
        {bound(of.min)}
        <path className="wk-line wk-current" d={plot.path((s) => s.current)} />
        <path className="wk-line wk-desired" d={plot.path((s) => s.desired)} />
      </Frame>
      <figcaption className="dim mono wk-axis">
        <span>{momentText(plot.from)}</span>
        <span>
          {of.min} … {of.max}
        </span>
        <span>{momentText(plot.until)}</span>
      </figcaption>
    </figure>
  );
}

function Frame({
  label,
  children,
}: {
  readonly label: string;
  readonly children: React.ReactNode;
}) {
  return (
    <svg
      viewBox={`0 0 ${CHART.width} ${CHART.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {children}
    </svg>
  );
}

function SampleTable({ of, t }: { readonly of: AutoscalerWorkings; readonly t: WorkingsText }) {
  return (
    <details className="wk-more">
      <summary>{t.asTable}</summary>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t.time}</th>
            {of.metrics.map((m) => (
              <th key={m.name} scope="col" className="mono">
                {m.name}
              </th>
            ))}
            <th scope="col">{t.current}</th>
            <th scope="col">{t.desired}</th>
          </tr>
        </thead>
        <tbody>
          {[...of.samples]
            .reverse()
            .slice(0, TABLE_ROWS)
            .map((sample) => (
              <tr key={sample.at}>
                <th scope="row" className="mono">
                  {momentText(sample.at)}
                </th>
                {of.metrics.map((m, i) => (
                  <td key={m.name} className="num">
                    {shownValue(m, sample.values[i] ?? null)}
                  </td>
                ))}
                <td className="num">{sample.current}</td>
                <td className="num">{sample.desired}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </details>
  );
}

function shownValue(metric: AutoscalerMetric, value: number | null): string {
  if (value === null) return '–';
  return metric.targetType === 'Utilization' ? `${value / MILLI}%` : `${value}m`;
}

function Rules({ rules, t }: { readonly rules: AutoscalerRules; readonly t: WorkingsText }) {
  const { policies, select, tolerance, windowSeconds } = rules;
  return (
    <>
      {select === 'Disabled'
        ? select
        : policies.map((p) => t.policy(p.type, p.value, p.periodSeconds)).join(', ')}
      {policies.length > 1 && select !== 'Disabled' ? ` (${select})` : ''}
      {' · '}
      {t.window(windowSeconds)} · {t.tolerance} {tolerance}
    </>
  );
}
