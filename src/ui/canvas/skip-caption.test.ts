import { expect, test } from 'vitest';
import { canvasText } from '../i18n/canvas.ts';
import { spanOfTime } from './skip-caption.tsx';

test.each([
  [2_000_000, '2 s'],
  [130_000_000, '2 min 10 s'],
  [3_780_000_000, '1 h 3 min'],
  [86_400_000_000, '1 d'],
  [0, '0 s'],
])('%i µs is %s', (micros, words) => {
  expect(spanOfTime(micros, canvasText.en)).toBe(words);
});
