/** A slider over a range of numbers with marks on it (role slider; arrows, Page keys, Home, End). */
import { type KeyboardEvent, type PointerEvent, useRef } from 'react';

export interface SliderMark {
  readonly key: string;
  readonly value: number;
  /** Shape of the mark, as theme.css draws it. */
  readonly sort: 'step' | 'act' | 'warning';
  readonly title: string;
}

interface SliderProps {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly value: number;
  /** What the value means, for a screen reader. */
  readonly valueText: string;
  readonly marks: readonly SliderMark[];
  /** One press of an arrow key. */
  readonly keyStep: number;
  readonly disabled?: boolean;
  readonly onChange: (value: number) => void;
}

/** Page keys move by this many key steps. */
const PAGE_STEPS = 10;

export function Slider(props: SliderProps) {
  const { label, min, max, value, valueText, marks, disabled = false } = props;
  const box = useRef<HTMLDivElement>(null);
  const percent = (n: number): string => `${sharePercent(n, min, max)}%`;

  const moveTo = (event: { readonly clientX: number }): void => {
    const rect = box.current?.getBoundingClientRect();
    if (rect === undefined || rect.width === 0 || disabled) return;
    const share = Math.min(Math.max((event.clientX - rect.left) / rect.width, 0), 1);
    props.onChange(min + share * (max - min));
  };
  const press = (event: KeyboardEvent): void => {
    const to = keyTarget(event.key, props);
    if (to === null || disabled) return;
    event.preventDefault();
    event.stopPropagation();
    props.onChange(Math.min(Math.max(to, min), max));
  };
  return (
    <div
      ref={box}
      role="slider"
      className="slider"
      aria-label={label}
      aria-valuemin={Math.round(min)}
      aria-valuemax={Math.round(max)}
      aria-valuenow={Math.round(value)}
      aria-valuetext={valueText}
      aria-disabled={disabled}
      tabIndex={0}
      onKeyDown={press}
      onPointerDown={(event: PointerEvent<HTMLDivElement>) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        moveTo(event);
      }}
      onPointerMove={(event: PointerEvent<HTMLDivElement>) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) moveTo(event);
      }}
    >
      <div className="slider-track" />
      <div className="slider-fill" style={{ width: percent(value) }} />
      {marks.map((mark) => (
        <span
          key={mark.key}
          className="slider-mark"
          data-sort={mark.sort}
          title={mark.title}
          style={{ left: percent(mark.value) }}
        />
      ))}
      <div className="slider-thumb" style={{ left: percent(value) }} />
    </div>
  );
}

/** Where |n| lies between |min| and |max|, 0 to 100. */
export function sharePercent(n: number, min: number, max: number): number {
  if (max <= min) return 100;
  return Math.min(Math.max(((n - min) / (max - min)) * 100, 0), 100);
}

function keyTarget(key: string, { min, max, value, keyStep }: SliderProps): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return value - keyStep;
    case 'ArrowRight':
    case 'ArrowUp':
      return value + keyStep;
    case 'PageDown':
      return value - keyStep * PAGE_STEPS;
    case 'PageUp':
      return value + keyStep * PAGE_STEPS;
    case 'Home':
      return min;
    case 'End':
      return max;
    default:
      return null;
  }
}
