import { describe, expect, it } from 'vitest';
import { EventCorrelator } from './event-correlator.ts';

const event = (message: string, more: object = {}) => ({
  object: 'ReplicaSet/x/web',
  type: 'Normal',
  reason: 'SuccessfulCreate',
  message,
  fieldPath: '',
  ...more,
});

describe('correlation of Events', () => {
  it('counts the same one up', () => {
    const c = new EventCorrelator();
    expect(c.correlate(event('a'), 0)).toMatchObject({ message: 'a', count: 1, firstMs: 0 });
    expect(c.correlate(event('a'), 5)).toMatchObject({ message: 'a', count: 2, firstMs: 0 });
    expect(c.correlate(event('a', { fieldPath: 'f' }), 5)?.count).toBe(1);
  });

  it('combines from the tenth on', () => {
    const c = new EventCorrelator();
    const all = Array.from({ length: 12 }, (_, i) => c.correlate(event(`m${i}`), 0));
    expect(all.slice(8).map((e) => [e?.message, e?.count])).toEqual([
      ['m8', 1],
      ['(combined from similar events): m9', 1],
      ['(combined from similar events): m10', 2],
      ['(combined from similar events): m11', 3],
    ]);
    expect(c.correlate(event('other', { reason: 'Other' }), 0)?.message).toBe('other');
  });

  it('starts afresh after ten quiet minutes', () => {
    const c = new EventCorrelator();
    for (let i = 0; i < 12; i++) c.correlate(event(`m${i}`), 0);
    expect(c.correlate(event('later'), 600_001)?.message).toBe('later');
  });

  it('drops what is too much for one object, but counts it', () => {
    const c = new EventCorrelator();
    for (let i = 0; i < 25; i++) expect(c.correlate(event('a'), 0)).toBeDefined();
    expect(c.correlate(event('a'), 0)).toBeUndefined();
    expect(c.correlate(event('b', { type: 'Warning' }), 0)).toBeDefined();
    expect(c.correlate(event('a'), 300_000)?.count).toBe(27);
  });
});
