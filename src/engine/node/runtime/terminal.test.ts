/** The line discipline of a terminal: what is typed, what is shown, what programs read. */
import { describe, expect, it } from 'vitest';
import { Kernel } from '../../../kernel/kernel.ts';
import { BrokenPipe } from './open-file.ts';
import { Terminal } from './terminal.ts';

function setUp(): { terminal: Terminal; shown: () => string; read: () => (string | null)[] } {
  const kernel = new Kernel({ seed: 1, epochMs: 0, traceCapacity: 10 });
  let shown = '';
  const terminal = new Terminal({
    stdout(text) {
      shown += text;
    },
  });
  /** What reads return until they would wait. */
  const read = (): (string | null)[] => {
    const got: (string | null)[] = [];
    const reader = function* () {
      for (;;) {
        const text = yield* terminal.input.readChunk();
        got.push(text);
        if (text === null && terminal.input.hungUp) return;
      }
    };
    kernel.spawn('reader', reader());
    kernel.runUntil(kernel.now + 1);
    return got;
  };
  return { terminal, shown: () => shown, read };
}

describe('a terminal', () => {
  it.each([
    ['ab\r', ['ab\n'], 'ab\r\n'],
    ['ab\rcd\n', ['ab\ncd\n'], 'ab\r\ncd\r\n'],
    ['ax\u007fb\r', ['ab\n'], 'ax\b \bb\r\n'],
    ['\u007f\r', ['\n'], '\r\n'],
    ['one two\u0017x\r', ['one x\n'], `one two${'\b \b'.repeat(3)}x\r\n`],
    ['one\u0015x\r', ['x\n'], `one${'\b \b'.repeat(3)}x\r\n`],
    ['a\u0001\u007f\r', ['a\n'], 'a^A\b \b\b \b\r\n'],
    ['ä\u007fö\r', ['ö\n'], 'ä\b \bö\r\n'],
    ['ab\u0004', ['ab'], 'ab'],
    ['\u0004', [null], ''],
    ['typed', [], 'typed'],
  ])('%j', (typed, lines, seen) => {
    const { terminal, shown, read } = setUp();
    terminal.push(typed);
    expect([read(), shown()]).toEqual([lines, seen]);
  });

  it('sends signals, and forgets what was typed before them', () => {
    const { terminal, shown, read } = setUp();
    const signals: string[] = [];
    terminal.onSignal = (signal) => signals.push(signal);
    terminal.push('line\rhalf\u0003after\r');
    expect([read(), signals]).toEqual([['after\n'], ['SIGINT']]);
    expect(shown()).toBe('line\r\nhalf^Cafter\r\n');
    terminal.push('\u001c');
    terminal.resize(80, 24);
    terminal.resize(80, 24);
    terminal.hangUp();
    expect(signals).toEqual(['SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGHUP']);
  });

  it('shows lines as terminals need them, until the other end is gone', () => {
    const { terminal, shown, read } = setUp();
    terminal.write('a\nb\n');
    expect(shown()).toBe('a\r\nb\r\n');
    terminal.hangUp();
    expect(read()).toEqual([null]);
    expect(() => terminal.write('more')).toThrow(BrokenPipe);
  });
});
