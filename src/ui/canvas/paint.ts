/** Painting of tokens: the lit wire, the shape by verb, the label beside it. */
import type { Shape } from './looks.ts';
import type { Palette } from './palette.ts';
import type { Route, Routes } from './routes.ts';
import type { Token } from './tokens.ts';

export interface View {
  /** x, y, zoom of the graph. */
  readonly transform: readonly [x: number, y: number, zoom: number];
  /** CSS pixels; labels stay inside. */
  readonly width: number;
  readonly routes: Routes;
}

interface Label {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  /** Where the text begins, from the label's left edge. */
  readonly text: number;
}

const RADIUS = 5;
const LABEL_HEIGHT = 22;
const LABELS_MAX = 12;
/** More than this on one wire cannot be told apart; the others are shapes with counts. */
const LABELS_PER_WIRE = 3;
/** Places tried for a label that would cover another: its own, then above and below. */
const SHIFTS = [0, -24, 24, -48, 48];

export function paintTokens(
  context: CanvasRenderingContext2D,
  tokens: readonly Token[],
  view: View,
  palette: Palette,
): void {
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const token of tokens) lightWire(context, token, view, palette);
  const labels: Label[] = [];
  const onWire = new Map<string, number>();
  const labelled: (Label | null)[] = [];
  context.font = palette.font;
  context.textBaseline = 'middle';
  for (const token of tokens) {
    const at = onScreen(token, view);
    const crowded = labels.length >= LABELS_MAX || (onWire.get(token.wire) ?? 0) >= LABELS_PER_WIRE;
    const label = crowded ? null : placeLabel(context, token, at, labels, view);
    if (label !== null) {
      labels.push(label);
      onWire.set(token.wire, (onWire.get(token.wire) ?? 0) + 1);
      paintLabel(context, token, label, palette);
    }
    labelled.push(label);
  }
  tokens.forEach((token, i) => {
    const at = onScreen(token, view);
    const colour = palette.hue(token.hue);
    paintShape(context, token.shape, at, RADIUS + Math.min(token.count - 1, 3), colour, palette);
    if (labelled[i] === null && token.count > 1) paintCount(context, token.count, at, palette);
  });
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

function onScreen(at: Spot, view: View): Spot {
  const [x, y, zoom] = view.transform;
  return { x: at.x * zoom + x, y: at.y * zoom + y };
}

function lightWire(
  context: CanvasRenderingContext2D,
  token: Token,
  view: View,
  palette: Palette,
): void {
  const route = wireOf(token, view.routes);
  if (route === null) return;
  context.beginPath();
  route.points.forEach((point, i) => {
    const at = onScreen(point, view);
    if (i === 0) context.moveTo(at.x, at.y);
    else context.lineTo(at.x, at.y);
  });
  context.globalAlpha = 0.75;
  context.strokeStyle = palette.hue(token.hue);
  context.lineWidth = 2.5;
  context.stroke();
  context.globalAlpha = 1;
}

function wireOf(token: Token, routes: Routes): Route | null {
  if (token.leg === 'bar' || token.leg === 'runtime') return null;
  if (token.leg === 'cri') return routes.toRuntime(token.wire.slice('runtime/'.length));
  return routes.toServer(token.wire);
}

function labelText(token: Token): string {
  const count = token.count > 1 ? ` ×${token.count}` : '';
  return `${token.verb}${token.name === '' ? '' : ` ${token.name}`}${count}`;
}

/**
 * Around the token and to the right of it, else to the left; above or below, without the token in it,
 * when another label stands there.
 */
function placeLabel(
  context: CanvasRenderingContext2D,
  token: Token,
  at: Spot,
  taken: readonly Label[],
  view: View,
): Label | null {
  if (token.verb === '') return null;
  const text = measure(context, labelText(token));
  for (const shift of SHIFTS) {
    const inside = shift === 0;
    const w = text + (inside ? 34 : 18);
    const right = at.x + w - 13 <= view.width - 4;
    const x = Math.max(4, right ? at.x - 13 : at.x + 13 - w);
    const y = at.y + shift;
    const free = taken.every(
      (l) => x + w < l.x || l.x + l.w < x || Math.abs(l.y - y) >= LABEL_HEIGHT,
    );
    if (free && y > LABEL_HEIGHT) return { x, y, w, text: inside && right ? 25 : 9 };
  }
  return null;
}

const widths = new Map<string, number>();

function measure(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}|${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 2_000) widths.clear();
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

function paintLabel(
  context: CanvasRenderingContext2D,
  token: Token,
  label: Label,
  palette: Palette,
): void {
  context.beginPath();
  context.roundRect(label.x, label.y - LABEL_HEIGHT / 2, label.w, LABEL_HEIGHT, LABEL_HEIGHT / 2);
  context.fillStyle = palette.panel;
  context.fill();
  context.lineWidth = 1.2;
  context.strokeStyle = palette.hue(token.hue);
  context.stroke();
  context.fillStyle = palette.text;
  context.fillText(labelText(token), label.x + label.text, label.y + 0.5);
}

function paintCount(
  context: CanvasRenderingContext2D,
  count: number,
  at: Spot,
  palette: Palette,
): void {
  context.fillStyle = palette.text;
  context.fillText(`×${count}`, at.x + 10, at.y);
}

function paintShape(
  context: CanvasRenderingContext2D,
  shape: Shape,
  at: Spot,
  r: number,
  colour: string,
  palette: Palette,
): void {
  context.fillStyle = colour;
  context.strokeStyle = colour;
  context.lineWidth = 2.2;
  context.beginPath();
  switch (shape) {
    case 'disc':
      context.arc(at.x, at.y, r, 0, 2 * Math.PI);
      context.fill();
      return;
    case 'ring':
      context.arc(at.x, at.y, r - 1, 0, 2 * Math.PI);
      context.fillStyle = palette.panel;
      context.fill();
      context.stroke();
      return;
    case 'cross':
      context.moveTo(at.x - r, at.y - r);
      context.lineTo(at.x + r, at.y + r);
      context.moveTo(at.x + r, at.y - r);
      context.lineTo(at.x - r, at.y + r);
      context.stroke();
      return;
    case 'diamond':
      polygon(context, at, [0, -r * 1.3, r * 1.3, 0, 0, r * 1.3, -r * 1.3, 0]);
      return;
    case 'triangle':
      polygon(context, at, [-r, -r, r, 0, -r, r]);
      return;
    case 'hexagon':
      polygon(context, at, [-r, 0, -r / 2, -r, r / 2, -r, r, 0, r / 2, r, -r / 2, r]);
      return;
  }
}

function polygon(context: CanvasRenderingContext2D, at: Spot, corners: readonly number[]): void {
  for (let i = 0; i < corners.length; i += 2) {
    context.lineTo(at.x + (corners[i] as number), at.y + (corners[i + 1] as number));
  }
  context.closePath();
  context.fill();
}
