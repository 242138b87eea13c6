/** Swimlanes: what each actor did, on one scale of virtual time. Click to look at a moment. */
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { activityText } from '../i18n/activity.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { durationText } from '../kit/format.ts';
import { drawLanes, LANE_HEIGHT_PX, laneAt, type LanesView, timeAt } from '../lanes/draw.ts';
import { evenAxis, storyAxis } from '../lanes/axis.ts';
import { type Lane, lanesOf } from '../mirror/lanes.ts';
import type { Act } from '../mirror/state.ts';
import { mirror } from '../mirror/store.ts';
import { shownTime } from '../mirror/clock.ts';
import { pause, seek } from '../session/actions.ts';
import { explainSpan, session } from '../session/session.ts';

/** Widths that can be chosen, in microseconds. */
const WINDOWS = [1, 2, 5, 10, 30, 60, 300, 1_800].map((seconds) => seconds * 1_000_000);
const FIRST_WINDOW = 3;
/** Always there, also when they rest. */
const FIRST_LANES: readonly string[] = ['kubectl', 'kube-apiserver', 'etcd'];
/** Without an act of the reader, the story begins this long ago, in microseconds. */
const STORY_WITHOUT_ACT_US = 10_000_000;

export function SwimlanesPanel() {
  const t = useText(activityText);
  const [even, setEven] = useState(false);
  const [choice, setChoice] = useState(FIRST_WINDOW);
  const width = WINDOWS[choice] ?? STORY_WITHOUT_ACT_US;
  const change = (by: number): void => {
    setEven(true);
    setChoice((now) => Math.min(Math.max(now + by, 0), WINDOWS.length - 1));
  };
  return (
    <section className="lanes" aria-label={t.swimlanes} id="pane-lanes">
      <div className="lanes-head">
        <h2 className="pane-title">{t.swimlanes}</h2>
        <span className="dim small">{even ? t.window(durationText(width)) : t.storyScale}</span>
        <Button look="ghost" title={t.evenHint} aria-pressed={even} onClick={() => setEven(!even)}>
          {t.even}
        </Button>
        <Button look="ghost" icon label={t.narrower} onClick={() => change(-1)}>
          +
        </Button>
        <Button look="ghost" icon label={t.wider} onClick={() => change(1)}>
          −
        </Button>
      </div>
      <LanesCanvas width={even ? width : null} onZoom={change} />
    </section>
  );
}

interface LanesCanvasProps {
  /** Microseconds; null = the story since the newest act. */
  readonly width: number | null;
  readonly onZoom: (by: number) => void;
}

function LanesCanvas({ width, onZoom }: LanesCanvasProps) {
  const t = useText(activityText);
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<LanesView | null>(null);
  const [summary, setSummary] = useState({ lanes: 0, bars: 0 });

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const draw = (wallMs: number): void => {
      const next = makeView(element, width, wallMs);
      view.current = next;
      drawLanes(element, next);
      const bars = next.lanes.reduce((sum, lane) => sum + lane.bars.length, 0);
      setSummary((old) =>
        old.lanes === next.lanes.length && old.bars === bars
          ? old
          : { lanes: next.lanes.length, bars },
      );
    };
    return redrawWhenNeeded(element, draw);
  }, [width]);

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const wheel = (event: WheelEvent): void => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      onZoom(event.deltaY > 0 ? 1 : -1);
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [onZoom]);

  const click = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (view.current === null) return;
    const rect = event.currentTarget.getBoundingClientRect();
    const x = event.clientX - rect.left;
    const bar = laneAt(view.current, x, event.clientY - rect.top);
    if (bar !== null) explainSpan(bar.span.id, bar.span.object);
    const at = bar === null ? timeAt(view.current, x) : bar.end;
    void pause().then(() => seek(Math.min(Math.max(at, 0), mirror.getState().liveAt)));
  };
  return (
    <div className="lanes-scroll" title={t.swimlanesHint}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={t.laneSummary(summary.lanes, summary.bars)}
        onPointerDown={click}
      />
    </div>
  );
}

function makeView(element: HTMLCanvasElement, width: number | null, wallMs: number): LanesView {
  const state = mirror.getState();
  const now = state.playing ? shownTime(wallMs) : state.at;
  const start = width === null ? storyStart(state.acts, now) : Math.max(now - width, 0);
  const found = lanesOf(state.spans.all, start, now, FIRST_LANES);
  const axis =
    width === null
      ? storyAxis(momentsOf(found), start, now)
      : evenAxis(start, Math.max(now, start + width));
  // The story may begin later than asked; what ended before has no place on it.
  const lanes = axis.from > start ? lanesOf(state.spans.all, axis.from, now, FIRST_LANES) : found;
  const box = element.parentElement;
  return {
    lanes,
    axis,
    now,
    widthPx: box?.clientWidth ?? 400,
    heightPx: Math.max(lanes.length * LANE_HEIGHT_PX + 18, box?.clientHeight ?? 100),
  };
}

function storyStart(acts: readonly Act[], now: number): number {
  for (let i = acts.length - 1; i >= 0; i--) {
    const act = acts[i] as Act;
    if (act.at <= now) return act.at;
  }
  return Math.max(now - STORY_WITHOUT_ACT_US, 0);
}

function momentsOf(lanes: readonly Lane[]): readonly number[] {
  return lanes.flatMap((lane) => lane.bars.flatMap((bar) => [bar.start, bar.end]));
}

/** Draws after each frame of the cluster, on resize and when the theme changes. */
function redrawWhenNeeded(element: HTMLCanvasElement, draw: (wallMs: number) => void): () => void {
  let pending = 0;
  const schedule = (): void => {
    if (pending !== 0) return;
    pending = requestAnimationFrame((wallMs) => {
      pending = 0;
      draw(wallMs);
    });
  };
  const stopMirror = mirror.subscribe(schedule);
  const stopSession = session.subscribe(schedule);
  const observer = new ResizeObserver(schedule);
  if (element.parentElement !== null) observer.observe(element.parentElement);
  schedule();
  return () => {
    stopMirror();
    stopSession();
    observer.disconnect();
    if (pending !== 0) cancelAnimationFrame(pending);
  };
}
