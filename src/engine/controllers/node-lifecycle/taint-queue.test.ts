import { describe, expect, it } from 'vitest';
import { TaintQueue } from './taint-queue.ts';

const SECOND = 1_000_000;

describe('the queue of Nodes to taint', () => {
  it('lets one through, then one every ten seconds', () => {
    const queue = new TaintQueue(0.1);
    for (const name of ['a', 'b', 'c']) queue.add(name, 0);
    expect(queue.take(0)).toBe('a');
    queue.done('a');
    expect(queue.take(0)).toBeUndefined();
    expect(queue.nextAt(0)).toBe(10 * SECOND);
    expect(queue.take(9 * SECOND)).toBeUndefined();
    expect(queue.take(10 * SECOND)).toBe('b');
  });

  it('takes a Node only once until it is removed', () => {
    const queue = new TaintQueue(1);
    expect(queue.add('a', 0)).toBe(true);
    expect(queue.add('a', 0)).toBe(false);
    queue.done('a');
    expect(queue.add('a', 0)).toBe(false);
    expect(queue.remove('a')).toBe(true);
    expect(queue.add('a', 0)).toBe(true);
  });

  it('stops at rate zero and goes on when it is raised', () => {
    const queue = new TaintQueue(0.1);
    queue.setRate(0, 0);
    queue.add('a', 0);
    expect(queue.take(100 * SECOND)).toBeUndefined();
    expect(queue.nextAt(100 * SECOND)).toBeUndefined();
    queue.setRate(0.1, 100 * SECOND);
    expect(queue.take(100 * SECOND)).toBeUndefined(); // the stopped limiter was exhausted
    expect(queue.take(110 * SECOND)).toBe('a');
  });

  it('comes back to a Node that could not be tainted', () => {
    const queue = new TaintQueue(10);
    queue.add('a', 0);
    expect(queue.take(0)).toBe('a');
    queue.retry('a', SECOND);
    expect(queue.nextAt(0)).toBe(SECOND);
  });
});
