/** A line between two panes that can be dragged or moved with the arrow keys (role separator). */
import type { KeyboardEvent, PointerEvent } from 'react';

/** One press of an arrow key moves by this many pixels. */
const KEY_STEP_PX = 16;

interface SplitterProps {
  readonly label: string;
  /** `x`: the line stands and moves sideways. */
  readonly axis: 'x' | 'y';
  /** Size in pixels of the pane it governs. */
  readonly value: number;
  readonly min: number;
  readonly max: number;
  /** True when the pane lies after the line, so that moving towards it makes it smaller. */
  readonly after: boolean;
  readonly onChange: (value: number) => void;
}

export function Splitter({ label, axis, value, min, max, after, onChange }: SplitterProps) {
  const clamp = (n: number): number => Math.round(Math.min(Math.max(n, min), max));
  const drag = (down: PointerEvent<HTMLDivElement>): void => {
    if (down.button !== 0) return;
    down.preventDefault();
    const line = down.currentTarget;
    line.setPointerCapture(down.pointerId);
    const start = axis === 'x' ? down.clientX : down.clientY;
    const move = (event: globalThis.PointerEvent): void => {
      const moved = (axis === 'x' ? event.clientX : event.clientY) - start;
      onChange(clamp(value + (after ? -moved : moved)));
    };
    const up = (): void => line.removeEventListener('pointermove', move);
    line.addEventListener('pointermove', move);
    line.addEventListener('lostpointercapture', up, { once: true });
  };
  const press = (event: KeyboardEvent): void => {
    const less = axis === 'x' ? 'ArrowLeft' : 'ArrowUp';
    const more = axis === 'x' ? 'ArrowRight' : 'ArrowDown';
    if (event.key !== less && event.key !== more) return;
    event.preventDefault();
    const forward = (event.key === more) !== after;
    onChange(clamp(value + (forward ? KEY_STEP_PX : -KEY_STEP_PX)));
  };
  return (
    <div
      role="separator"
      className="splitter"
      data-axis={axis}
      aria-label={label}
      aria-orientation={axis === 'x' ? 'vertical' : 'horizontal'}
      aria-valuenow={clamp(value)}
      aria-valuemin={min}
      aria-valuemax={max}
      tabIndex={0}
      onPointerDown={drag}
      onKeyDown={press}
    />
  );
}
