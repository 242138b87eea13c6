/**
 * What a frame costs the page's main thread, in CPU milliseconds (not wall time, which a busy
 * machine stretches): from the browser's own trace, the thread time of all tasks between two frames.
 */
import type { Page } from '@playwright/test';

export interface FrameCost {
  readonly frames: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  /** CPU of the main thread over the whole stretch, as a share of its wall time. */
  readonly load: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  /** Thread time of a complete event, in microseconds. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

const CATEGORIES = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'];

/** Lets the page run for |durationMs| and says what its frames cost. */
export async function measureFrameCost(page: Page, durationMs: number): Promise<FrameCost> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) =>
    events.push(...(value as never as TraceEvent[])),
  );
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: [...CATEGORIES] },
  });
  await page.waitForTimeout(durationMs);
  const complete = new Promise<void>((resolve) => {
    session.once('Tracing.tracingComplete', () => resolve());
  });
  await session.send('Tracing.end');
  await complete;
  await session.detach();
  return costOf(events);
}

/** Only frames in which the page's script was asked to draw count; the others cost nothing. */
export function costOf(events: readonly TraceEvent[]): FrameCost {
  const main = mainThread(events);
  const own = events.filter((e) => e.pid === main.pid && e.tid === main.tid);
  const tasks = own.filter((e) => e.name === 'RunTask' && e.ph === 'X' && e.tdur !== undefined);
  const starts = own
    .filter((e) => e.name === 'FireAnimationFrame')
    .map((e) => e.ts)
    .sort((a, b) => a - b);
  const costs: number[] = [];
  for (let i = 1; i < starts.length; i++) {
    const [from, to] = [starts[i - 1] as number, starts[i] as number];
    const between = tasks.filter((t) => t.ts >= from - HALF_FRAME_US && t.ts < to - HALF_FRAME_US);
    costs.push(between.reduce((sum, t) => sum + (t.tdur ?? 0), 0) / 1_000);
  }
  costs.sort((a, b) => a - b);
  const at = (share: number): number => costs[Math.floor((costs.length - 1) * share)] ?? 0;
  const all = tasks.reduce((sum, t) => sum + (t.tdur ?? 0), 0);
  const wall = Math.max((starts[starts.length - 1] ?? 0) - (starts[0] ?? 0), 1);
  return { frames: costs.length, medianMs: at(0.5), p95Ms: at(0.95), load: all / wall };
}

/** The task of a frame begins a little before its animation callbacks. */
const HALF_FRAME_US = 4_000;

function mainThread(events: readonly TraceEvent[]): { pid: number; tid: number } {
  const frame = events.find((e) => e.name === 'FireAnimationFrame');
  if (frame === undefined) throw new Error('The page drew no frame while it was measured.');
  return frame;
}
