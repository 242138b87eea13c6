/** Arrow keys on the canvas: to the nearest thing drawn in that direction. Pure, over rectangles. */

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Direction = 'left' | 'right' | 'up' | 'down';

/** How much worse a way to the side is than one straight ahead. */
const SIDEWAYS_COST = 2.5;

export function directionOf(key: string): Direction | null {
  switch (key) {
    case 'ArrowLeft':
      return 'left';
    case 'ArrowRight':
      return 'right';
    case 'ArrowUp':
      return 'up';
    case 'ArrowDown':
      return 'down';
    default:
      return null;
  }
}

/** Index of the nearest of |rects| from |from| in |direction|; -1 when there is none. */
export function nearest(from: Rect, rects: readonly Rect[], direction: Direction): number {
  let best = -1;
  let bestCost = Number.POSITIVE_INFINITY;
  rects.forEach((rect, i) => {
    const dx = centre(rect).x - centre(from).x;
    const dy = centre(rect).y - centre(from).y;
    const ahead =
      direction === 'left' ? -dx : direction === 'right' ? dx : direction === 'up' ? -dy : dy;
    const aside = direction === 'left' || direction === 'right' ? Math.abs(dy) : Math.abs(dx);
    if (ahead <= 2) return;
    const cost = ahead + aside * SIDEWAYS_COST;
    if (cost < bestCost) {
      bestCost = cost;
      best = i;
    }
  });
  return best;
}

function centre(rect: Rect): { x: number; y: number } {
  return { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 };
}
