/** The file of a container's log: order of both streams, long lines, rotation, readers. */
import { describe, expect, it } from 'vitest';
import { ContainerLog } from './logs.ts';

const MEBIBYTE = 1024 * 1024;
const SECOND = 1_000_000;

const texts = (log: ContainerLog): string[] => log.lines.map((line) => line.text);

describe('the log of a container', () => {
  it('has what came on standard error first, of one moment', () => {
    const log = new ContainerLog();
    log.write(1, 'stdout', 'out 1\n');
    log.write(1, 'stderr', 'err 1\n');
    log.write(2, 'stderr', 'err 2\n');
    log.write(2, 'stdout', 'out 2\n');
    log.write(3, 'stdout', 'out 3\n');
    log.write(4, 'stderr', 'err 4\n');
    expect(texts(log)).toEqual(['err 1', 'out 1', 'err 2', 'out 2', 'out 3', 'err 4']);
  });

  it('cuts lines at 16 KiB', () => {
    const log = new ContainerLog();
    log.write(1, 'stdout', `${'x'.repeat(40_000)}\nend`);
    log.close(2);
    expect(log.lines.map(({ text, partial = false }) => [text.length, partial])).toEqual([
      [16_384, true],
      [16_384, true],
      [7_232, false],
      [3, true],
    ]);
  });

  it('begins anew when the kubelet finds it larger than 10Mi', () => {
    const log = new ContainerLog();
    const line = `${'x'.repeat(1_023)}\n`;
    for (let i = 0; i < 11 * 1_024; i++) log.write(3 * SECOND, 'stdout', line);
    expect(log.lines.length * 1_024).toBe(11 * MEBIBYTE);
    log.write(9 * SECOND, 'stdout', 'still\n');
    expect(texts(log).at(-1)).toBe('still');
    log.write(10 * SECOND, 'stdout', 'new\n');
    expect(texts(log)).toEqual(['new']);
  });

  it('is read on from where a reader stood, over a rotation', () => {
    const log = new ContainerLog();
    const told: string[] = [];
    const stop = log.follow({
      more: () => void told.push('more'),
      end: () => void told.push('end'),
    });
    log.write(1, 'stdout', `${'x'.repeat(1_023)}\n`.repeat(11 * 1_024));
    const position = log.end;
    log.write(2, 'stdout', 'last\n');
    log.write(20 * SECOND, 'stdout', 'first\n');
    expect(log.from(position).map((line) => line.text)).toEqual(['last', 'first']);
    expect(log.from(log.end)).toEqual([]);
    log.close(21 * SECOND);
    expect([told.length, told.at(-1)]).toEqual([11 * 1_024 + 3, 'end']);
    stop();
  });
});
