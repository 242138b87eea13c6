/** Story pace passes over quiet time; when it has, this says how much: "2 min 10 s later". */
import { useEffect, useState } from 'react';
import { useText } from '../i18n/text.ts';
import { frameWallMs } from '../mirror/clock.ts';
import { mirror } from '../mirror/store.ts';
import { canvasText } from './text.ts';

/** Faster than this time was passed over: virtual microseconds in a millisecond of the reader's. */
const QUICK_RATE = 1_800;
/** Less than this is not worth saying, in microseconds. */
const WORTH_SAYING_US = 1_500_000;
const SHOWN_MS = 1_800;

export function SkipCaption() {
  const t = useText(canvasText);
  const [skipped, setSkipped] = useState(0);
  useEffect(() => {
    let sum = 0;
    let wallMs = frameWallMs();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = mirror.subscribe((state, before) => {
      if (state.version === before.version) return;
      const step = state.at - before.at;
      const lasted = frameWallMs() - wallMs;
      wallMs = frameWallMs();
      if (state.past || state.pace !== 'story' || !state.playing) return;
      if (step < lasted * QUICK_RATE) return;
      sum += step;
      if (sum >= WORTH_SAYING_US) setSkipped(sum);
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => {
        sum = 0;
        setSkipped(0);
      }, SHOWN_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, []);
  if (skipped === 0) return null;
  return (
    <p className="kg-later" aria-hidden="true">
      {t.later(spanOfTime(skipped, t))}
    </p>
  );
}

type DurationText = Pick<(typeof canvasText)['en'], 'days' | 'hours' | 'minutes' | 'seconds'>;

/** The two largest parts: `2 min 10 s`, `1 h 3 min`. */
export function spanOfTime(micros: number, t: DurationText): string {
  const seconds = Math.round(micros / 1_000_000);
  const parts: [number, (n: number) => string][] = [
    [Math.floor(seconds / 86_400), t.days],
    [Math.floor((seconds % 86_400) / 3_600), t.hours],
    [Math.floor((seconds % 3_600) / 60), t.minutes],
    [seconds % 60, t.seconds],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first < 0) return t.seconds(0);
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, say]) => say(n))
    .join(' ');
}
