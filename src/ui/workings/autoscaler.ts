/** The chart and the formula of an autoscaler: plain functions of what the engine tells. */
import type {
  AutoscalerMetric,
  AutoscalerSample,
  AutoscalerWorkings,
} from '../../port/protocol-workings.ts';

/** In units of the drawing, which is stretched to the width there is. */
export const CHART = { width: 300, height: 84 } as const;

export interface Plot {
  /** Path of a line that keeps its value until the next sample. */
  readonly path: (pick: (s: AutoscalerSample) => number | null) => string;
  readonly y: (value: number) => number;
  readonly from: number;
  readonly until: number;
}

/** Time runs from the first sample to |now|; values from zero to |top|. */
export function plotOf(samples: readonly AutoscalerSample[], now: number, top: number): Plot {
  const from = samples[0]?.at ?? now;
  const until = Math.max(now, from + 1);
  const x = (at: number): number => round((CHART.width * (at - from)) / (until - from));
  const y = (value: number): number =>
    round(CHART.height - (CHART.height * Math.min(value, top)) / Math.max(top, 1));
  const path = (pick: (s: AutoscalerSample) => number | null): string => {
    let text = '';
    let pen = false;
    for (const [i, sample] of samples.entries()) {
      const value = pick(sample);
      if (value === null) {
        pen = false;
        continue;
      }
      const end = samples[i + 1]?.at ?? until;
      text += pen ? `V${y(value)}` : `M${x(sample.at)} ${y(value)}`;
      text += `H${x(end)}`;
      pen = true;
    }
    return text;
  };
  return { path, y, from, until };
}

/** A round number above everything that is drawn. */
export function topOf(values: readonly number[]): number {
  const most = Math.max(1, ...values) * 1.1;
  let step = 1;
  while (step * 10 <= most) step *= 10;
  return Math.ceil(most / step) * step;
}

/** `ceil(3 × 120% / 50%) = 8`. */
export function formulaOf(metric: AutoscalerMetric, current: number): string {
  const proposal = Math.ceil((current * (metric.value ?? 0)) / metric.target);
  return `ceil(${current} × ${metric.valueText} / ${metric.targetText}) = ${proposal}`;
}

/** The metric that asks for most decides. */
export function deciding(of: AutoscalerWorkings): AutoscalerMetric | null {
  let best: AutoscalerMetric | null = null;
  for (const metric of of.metrics) {
    if (metric.proposal !== null && metric.proposal > (best?.proposal ?? -1)) best = metric;
  }
  return best;
}

function round(n: number): number {
  return Math.round(n * 10) / 10;
}
