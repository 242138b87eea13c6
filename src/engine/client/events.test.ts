import { describe, expect, it } from 'vitest';
import { hexNanos } from './events.ts';

describe('hexNanos', () => {
  it.each([0, 1, 4_294_967_295, 4_294_967_296, 1_767_225_600_000_000, 1_767_225_602_326_417])(
    '%d microseconds',
    (micros) => {
      const exact = (BigInt(micros) * 1_000n).toString(16);
      expect(hexNanos(micros).replace(/^0+(?=.)/, '')).toBe(exact);
    },
  );
});
