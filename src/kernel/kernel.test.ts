import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineAssertion } from './assert.ts';
import { Kernel } from './kernel.ts';
import { all, Cancelled, join, type Proc, sleep, wait } from './process.ts';
import { Channel, CLOSED, Future, Signal } from './wait.ts';

const newKernel = (seed = 1): Kernel => new Kernel({ seed, epochMs: 0, traceCapacity: 1_000 });

describe('time', () => {
  it('runs events in order of time, then of scheduling', () => {
    const kernel = newKernel();
    const seen: string[] = [];
    kernel.after(20, () => seen.push('c'));
    kernel.after(10, () => seen.push('a'));
    kernel.after(10, () => seen.push('b'));
    kernel.runUntil(100);
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(kernel.now).toBe(100);
  });

  it('is any order of pushing, sorted (property)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { maxLength: 300 }), (delays) => {
        const kernel = newKernel();
        const seen: number[] = [];
        for (const d of delays) kernel.after(d, () => seen.push(d));
        kernel.runUntil(2_000);
        expect(seen).toEqual([...delays].sort((a, b) => a - b));
      }),
    );
  });

  it('does not run what was cancelled, however many there are', () => {
    const kernel = newKernel();
    let ran = 0;
    const timers = Array.from({ length: 5_000 }, (_, i) => kernel.after(i, () => ran++));
    timers.forEach((t, i) => i % 5 !== 0 && kernel.cancel(t));
    kernel.runUntil(10_000);
    expect(ran).toBe(1_000);
    expect(kernel.queued).toBe(0);
  });

  it('is settled when only periodic work is left', () => {
    const kernel = newKernel();
    const beat = (): void => void kernel.after(10, beat, { periodic: true });
    beat();
    kernel.after(25, () => {});
    expect(kernel.settled).toBe(false);
    kernel.runUntil(() => kernel.settled);
    expect(kernel.now).toBe(25);
  });

  it('stops with seed and step when an event throws', () => {
    const kernel = newKernel(7);
    kernel.after(5, () => {
      throw new Error('boom');
    });
    expect(() => kernel.runUntil(10)).toThrow(/boom \(seed 7, step 1, t=5 µs\)/);
    expect(kernel.failure).toBeInstanceOf(EngineAssertion);
  });
});

describe('processes', () => {
  it('sleep, join and answer', () => {
    const kernel = newKernel();
    function* child(): Proc<number> {
      yield* sleep(30);
      return 42;
    }
    let answer = 0;
    kernel.spawn(
      'parent',
      (function* (): Proc {
        answer = yield* join(kernel.spawn('child', child()));
      })(),
    );
    kernel.runUntil(29);
    expect(answer).toBe(0);
    kernel.runUntil(30);
    expect(answer).toBe(42);
  });

  it('throw into whoever joins them; nobody joining stops the run', () => {
    const kernel = newKernel();
    function* bad(): Proc {
      yield* sleep(1);
      throw new Error('bad');
    }
    let caught = '';
    kernel.spawn(
      'p',
      (function* (): Proc {
        try {
          yield* join(kernel.spawn('bad', bad()));
        } catch (error) {
          caught = (error as Error).message;
        }
      })(),
    );
    kernel.runUntil(10);
    expect(caught).toBe('bad');
    kernel.spawn('alone', bad());
    expect(() => kernel.runUntil(20)).toThrow(/alone: bad/);
  });

  it('run together, and no outcome is lost', () => {
    const kernel = newKernel();
    function* part(n: number): Proc<number> {
      yield* sleep(n);
      if (n === 2) throw new Error('two');
      return n;
    }
    let text = '';
    kernel.spawn(
      'p',
      (function* (): Proc {
        const outcomes = yield* all(kernel, 'part', [part(3), part(2), part(1)]);
        text = outcomes.map((o) => (o.ok ? String(o.value) : (o.error as Error).message)).join(' ');
      })(),
    );
    kernel.runUntil(10);
    expect(text).toBe('3 two 1');
  });

  it('end where they wait when cancelled, finally blocks included', () => {
    const kernel = newKernel();
    let cleaned = false;
    const p = kernel.spawn(
      'p',
      (function* (): Proc {
        try {
          yield* sleep(1_000);
        } finally {
          cleaned = true;
        }
      })(),
    );
    kernel.runUntil(10);
    p.cancel();
    expect(cleaned).toBe(true);
    expect(p.outcome?.ok).toBe(false);
    expect(p.outcome && !p.outcome.ok && p.outcome.error).toBeInstanceOf(Cancelled);
  });

  it('vanish with their scope', () => {
    const kernel = newKernel();
    const scope = { name: 'component', alive: true };
    let ticks = 0;
    kernel.spawn(
      'p',
      (function* (): Proc {
        for (;;) {
          yield* sleep(10);
          ticks++;
        }
      })(),
      { scope },
    );
    kernel.runUntil(35);
    scope.alive = false;
    kernel.runUntil(1_000);
    expect(ticks).toBe(3);
  });

  it('hand on their cause to whatever they start', () => {
    const kernel = newKernel();
    let cause = 0;
    kernel.spawn(
      'p',
      (function* (): Proc {
        yield* sleep(5);
        kernel.after(5, () => {
          cause = kernel.cause;
        });
      })(),
      { cause: 17 },
    );
    kernel.runUntil(100);
    expect(cause).toBe(17);
  });
});

describe('waiting', () => {
  it('futures answer early and late', () => {
    const kernel = newKernel();
    const future = new Future<string>();
    const seen: string[] = [];
    const read = function* (): Proc {
      seen.push(yield* wait(future));
    };
    kernel.spawn('early', read());
    kernel.after(5, () => future.resolve('x'));
    kernel.after(9, () => kernel.spawn('late', read()));
    kernel.runUntil(20);
    expect(seen).toEqual(['x', 'x']);
  });

  it('signals wake those who wait now', () => {
    const kernel = newKernel();
    const signal = new Signal<number>();
    let got = 0;
    kernel.spawn(
      'p',
      (function* (): Proc {
        got = yield* wait(signal);
      })(),
    );
    kernel.after(1, () => signal.fire(3));
    kernel.after(2, () => signal.fire(4));
    kernel.runUntil(5);
    expect(got).toBe(3);
  });

  it('channels keep order, refuse beyond capacity and end', () => {
    const kernel = newKernel();
    const channel = new Channel<number>(2);
    expect([channel.push(1), channel.push(2), channel.push(3)]).toEqual([true, true, false]);
    const seen: unknown[] = [];
    kernel.spawn(
      'p',
      (function* (): Proc {
        for (;;) {
          const item = yield* wait(channel);
          seen.push(item);
          if (item === CLOSED) return;
        }
      })(),
    );
    kernel.after(5, () => channel.close());
    kernel.runUntil(10);
    expect(seen).toEqual([1, 2, CLOSED]);
  });
});

describe('randomness', () => {
  it('is the same for the same seed and stream, and differs between streams', () => {
    const draw = (seed: number, stream: string): number[] => {
      const rng = newKernel(seed).rng(stream);
      return Array.from({ length: 5 }, () => rng.uint32());
    };
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  it('draws latencies whose quantiles are those asked for', () => {
    const rng = newKernel().rng('latency');
    const draws = Array.from({ length: 20_000 }, () =>
      rng.latency({ p10: 100, p50: 200, p90: 800 }),
    );
    draws.sort((a, b) => a - b);
    expect(draws[10_000]).toBeGreaterThan(190);
    expect(draws[10_000]).toBeLessThan(210);
    expect(draws[18_000]).toBeGreaterThan(760);
    expect(draws[18_000]).toBeLessThan(840);
  });
});

describe('trace', () => {
  it('keeps the newest spans and says where it begins', () => {
    const kernel = newKernel();
    for (let i = 0; i < 2_500; i++) kernel.point({ kind: 'note', name: `n${i}`, from: 'test' });
    const { trace } = kernel;
    expect(trace.lastId).toBe(2_500);
    expect(trace.firstId).toBeGreaterThan(1_000);
    expect(trace.get(trace.firstId)?.id).toBe(trace.firstId);
    expect(trace.get(1)).toBeUndefined();
  });

  it('hashes what happened', () => {
    const run = (name: string): string => {
      const kernel = newKernel();
      const span = kernel.begin({ kind: 'work', name, from: 'test' });
      kernel.after(5, () => kernel.end(span));
      kernel.runUntil(10);
      return kernel.trace.hash;
    };
    expect(run('a')).toBe(run('a'));
    expect(run('a')).not.toBe(run('b'));
  });
});
