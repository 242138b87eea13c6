/** Draws the swimlanes on a canvas and finds what lies under the pointer. */
import { middleShort, momentText } from '../kit/format.ts';
import type { Lane, LaneBar } from '../mirror/lanes.ts';
import { refParts } from '../mirror/refs.ts';
import { type Axis, axisTicks } from './axis.ts';

export const LANE_HEIGHT_PX = 22;
const LABEL_WIDTH_PX = 136;
const AXIS_HEIGHT_PX = 18;
const BAR_HEIGHT_PX = 9;
/** Shorter spans would not be seen or hit. */
const LEAST_BAR_PX = 3;
/** Wanted distance between two marks of the time axis. */
const TICK_PX = 90;
const LABEL_LETTERS = 20;

export interface LanesView {
  readonly lanes: readonly Lane[];
  readonly axis: Axis;
  /** Where the cursor stands. */
  readonly now: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Room at the right of the newest moment. */
const LEAD_PX = 10;

function trackPx(view: LanesView): number {
  return Math.max(view.widthPx - LABEL_WIDTH_PX - LEAD_PX, 1);
}

export function timeAt(view: LanesView, x: number): number {
  return view.axis.moment((x - LABEL_WIDTH_PX) / trackPx(view));
}

function xAt(view: LanesView, at: number): number {
  return LABEL_WIDTH_PX + view.axis.share(at) * trackPx(view);
}

/** The bar under the pointer, or null. */
export function laneAt(view: LanesView, x: number, y: number): LaneBar | null {
  const lane = view.lanes[Math.floor((y - AXIS_HEIGHT_PX) / LANE_HEIGHT_PX)];
  if (lane === undefined || x < LABEL_WIDTH_PX) return null;
  return (
    lane.bars.find((bar) => {
      const left = xAt(view, bar.start);
      const right = Math.max(xAt(view, bar.end), left + LEAST_BAR_PX);
      return x >= left - 2 && x <= right + 2;
    }) ?? null
  );
}

export function drawLanes(canvas: HTMLCanvasElement, view: LanesView): void {
  const scale = globalThis.devicePixelRatio || 1;
  const width = Math.round(view.widthPx * scale);
  const height = Math.round(view.heightPx * scale);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${view.widthPx}px`;
    canvas.style.height = `${view.heightPx}px`;
  }
  const context = canvas.getContext('2d');
  if (context === null) return;
  const style = getComputedStyle(canvas);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, view.widthPx, view.heightPx);
  context.textBaseline = 'middle';
  drawAxis(context, view, colour);
  view.lanes.forEach((lane, i) => drawLane(context, view, lane, i, colour));
  drawCursor(context, view, colour);
}

type Colours = (name: string) => string;

function drawAxis(context: CanvasRenderingContext2D, view: LanesView, colour: Colours): void {
  context.font = `11px ${colour('--mono')}`;
  context.textAlign = 'left';
  for (const at of axisTicks(view.axis, Math.max(Math.floor(trackPx(view) / TICK_PX), 1))) {
    const x = Math.round(xAt(view, at)) + 0.5;
    context.strokeStyle = colour('--line');
    context.beginPath();
    context.moveTo(x, AXIS_HEIGHT_PX);
    context.lineTo(x, view.heightPx);
    context.stroke();
    context.fillStyle = colour('--faint');
    context.fillText(momentText(at), x + 3, AXIS_HEIGHT_PX / 2);
  }
}

function drawLane(
  context: CanvasRenderingContext2D,
  view: LanesView,
  lane: Lane,
  index: number,
  colour: Colours,
): void {
  const top = AXIS_HEIGHT_PX + index * LANE_HEIGHT_PX;
  const middle = top + LANE_HEIGHT_PX / 2;
  context.strokeStyle = colour('--line');
  context.beginPath();
  context.moveTo(0, top + LANE_HEIGHT_PX - 0.5);
  context.lineTo(view.widthPx, top + LANE_HEIGHT_PX - 0.5);
  context.stroke();
  context.save();
  context.beginPath();
  context.rect(LABEL_WIDTH_PX, top, view.widthPx - LABEL_WIDTH_PX, LANE_HEIGHT_PX);
  context.clip();
  for (let i = lane.bars.length - 1; i >= 0; i--) {
    const bar = lane.bars[i] as LaneBar;
    const left = xAt(view, bar.start);
    const width = Math.max(xAt(view, bar.end) - left, LEAST_BAR_PX);
    context.fillStyle = colour(kindColour(bar.span.object));
    context.beginPath();
    context.roundRect(left, middle - BAR_HEIGHT_PX / 2, width, BAR_HEIGHT_PX, 3);
    context.fill();
  }
  context.restore();
  context.fillStyle = colour('--dim');
  context.font = `11.5px ${colour('--sans')}`;
  context.textAlign = 'left';
  // Most lanes are controllers: the word they share would only cut their names short.
  const label = middleShort(lane.actor.replace(/-controller$/, ''), LABEL_LETTERS);
  context.fillText(label, 12, middle, LABEL_WIDTH_PX - 18);
}

/** One hue per kind, as everywhere on the page. */
function kindColour(ref: string): string {
  switch (refParts(ref).kind) {
    case 'Deployment':
      return '--kind-deployment';
    case 'ReplicaSet':
      return '--kind-replicaset';
    case 'Pod':
      return '--kind-pod';
    case 'Event':
      return '--kind-event';
    case 'Service':
      return '--kind-service';
    case 'Node':
      return '--kind-node';
    default:
      return '--kind-other';
  }
}

function drawCursor(context: CanvasRenderingContext2D, view: LanesView, colour: Colours): void {
  const x = Math.round(xAt(view, view.now)) + 0.5;
  context.strokeStyle = colour('--accent');
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, view.heightPx);
  context.stroke();
}
