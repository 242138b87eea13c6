/** Swimlanes: what each actor did, on one scale of virtual time. Click to look at a moment. */
import { type PointerEvent, useEffect, useRef, useState } from 'react';
import { activityText } from '../i18n/activity.ts';
import { useText } from '../i18n/text.ts';
import { Button } from '../kit/button.tsx';
import { durationText } from '../kit/format.ts';
import { drawLanes, LANE_HEIGHT_PX, laneAt, type LanesView, timeAt } from '../lanes/draw.ts';
import { lanesOf } from '../mirror/lanes.ts';
import { mirror } from '../mirror/store.ts';
import { shownTime } from '../mirror/clock.ts';
import { pause, seek } from '../session/actions.ts';
import { explainSpan, session } from '../session/session.ts';

/** Widths that can be chosen, in microseconds. */
const WINDOWS = [1, 2, 5, 10, 30, 60, 300, 1_800].map((seconds) => seconds * 1_000_000);
const FIRST_WINDOW = 3;
/** Share of the width that lies after the moment shown. */
const LEAD_SHARE = 0.06;

export function SwimlanesPanel() {
  const t = useText(activityText);
  const [choice, setChoice] = useState(FIRST_WINDOW);
  const width = WINDOWS[choice] ?? 10_000_000;
  const change = (by: number): void =>
    setChoice((now) => Math.min(Math.max(now + by, 0), WINDOWS.length - 1));
  return (
    <section className="lanes" aria-label={t.swimlanes} id="pane-lanes">
      <div className="lanes-head">
        <h2 className="pane-title">{t.swimlanes}</h2>
        <span className="dim mono small">{t.window(durationText(width))}</span>
        <Button look="ghost" icon label={t.narrower} onClick={() => change(-1)}>
          +
        </Button>
        <Button look="ghost" icon label={t.wider} onClick={() => change(1)}>
          −
        </Button>
      </div>
      <LanesCanvas width={width} onZoom={change} />
    </section>
  );
}

interface LanesCanvasProps {
  readonly width: number;
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

function makeView(element: HTMLCanvasElement, width: number, wallMs: number): LanesView {
  const state = mirror.getState();
  const now = state.playing ? shownTime(wallMs) : state.at;
  const to = Math.max(now + width * LEAD_SHARE, width);
  const from = to - width;
  const known = state.componentNames.filter((name) => !name.startsWith('containerd/'));
  const first = ['kubectl', 'kube-apiserver', 'etcd'];
  const spans = state.spans.all;
  const until = state.past ? state.at : Math.max(now, state.at);
  const lanes = lanesOf(spans, from, until, first).filter(
    (lane) => lane.bars.length > 0 || first.includes(lane.actor) || known.includes(lane.actor),
  );
  const box = element.parentElement;
  return {
    lanes,
    from,
    to,
    now,
    widthPx: box?.clientWidth ?? 400,
    heightPx: Math.max(lanes.length * LANE_HEIGHT_PX + 18, box?.clientHeight ?? 100),
  };
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
