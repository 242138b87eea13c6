import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  ageText,
  bytesText,
  clockText,
  durationText,
  middleShort,
  milliText,
  momentText,
} from './format.ts';
import { highlightJson, highlightYaml } from './highlight.ts';
import { sharePercent } from './slider.tsx';
import { targetIndex } from './tabs.tsx';
import { toYaml } from './to-yaml.ts';
import { visibleRange } from './virtual-list.tsx';

describe('format', () => {
  it('writes times', () => {
    expect(clockText(1_482_900)).toBe('T+00:00:01.482');
    expect(clockText(3_723_004_000)).toBe('T+01:02:03.004');
    expect(clockText(-5)).toBe('T+00:00:00.000');
    expect(momentText(412_000)).toBe('T+0.412');
    expect(momentText(62_500_000)).toBe('T+1:02.500');
    expect([300, 4_200, 42_000, 1_500_000, 130_000_000].map(durationText)).toEqual([
      '300 µs',
      '4.2 ms',
      '42 ms',
      '1.5 s',
      '2m10s',
    ]);
    expect([5_000, 130_000, 660_000, 12_000_000].map(ageText)).toEqual([
      '5s',
      '2m10s',
      '11m',
      '3h20m',
    ]);
  });

  it('writes amounts and names', () => {
    expect([64 * 2 ** 20, 1.5 * 2 ** 30, 10].map(bytesText)).toEqual(['64Mi', '1.5Gi', '10']);
    expect([100, 1_500, 4_000].map(milliText)).toEqual(['100m', '1.5', '4']);
    expect(middleShort('web-7d4b9c6f-x2kqp', 12)).toBe(
      'web-…6f-x2kqp'.slice(0, 5) + '6f-x2kqp'.slice(-7),
    );
    expect(middleShort('web', 12)).toBe('web');
  });
});

describe('highlight', () => {
  const text = (tokens: readonly { sort: string; text: string }[]): string =>
    tokens.map((t) => t.text).join('');

  it('loses no letter', () => {
    const lines = [
      '  - name: nginx # hi',
      'a: "b: c"',
      '# x',
      '- - 1',
      '',
      'key:',
      '  | text',
      'a:b',
    ];
    for (const line of lines) expect(text(highlightYaml(line))).toBe(line);
    for (const line of ['{"a": [1, "x\\"y", null]}', '']) {
      expect(text(highlightJson(line))).toBe(line);
    }
  });

  it('knows keys, numbers and comments', () => {
    const sorts = (line: string): string =>
      highlightYaml(line)
        .filter((t) => t.sort !== 'plain')
        .map((t) => `${t.sort}:${t.text.trim()}`)
        .join(' ');
    expect(sorts('  replicas: 3 # few')).toBe('key:replicas number:3 comment:# few');
    expect(sorts('- image: nginx:1.27')).toBe('key:image string:nginx:1.27');
  });
});

describe('toYaml', () => {
  it('writes what a YAML reader reads back', () => {
    const value = {
      apiVersion: 'v1',
      metadata: {
        name: 'a',
        labels: {},
        annotations: { 'x/y': 'true', n: '1', e: '', t: '2026-01-01' },
      },
      spec: {
        args: [
          '-c',
          'echo "hi"; sleep 1',
          '- x',
          ': y',
          '# z',
          'a: b',
          ' lead',
          'tail ',
          '1e3',
          '0x1f',
        ],
        script: 'line 1\n  line 2\n\nline 4\n',
        open: 'a\nb',
        more: 'a\n\n',
        tab: 'a\tb\nc',
        list: [{ b: 1, a: [1, 2] }, [], {}, null, true, [['deep']]],
        yes: 'yes',
        nothing: null,
        colon: '22:22',
        octal: '0777',
        star: '*',
        unicode: '中文 → ok',
      },
    };
    expect(parse(toYaml(value), { version: '1.1', schema: 'yaml-1.1' })).toEqual(value);
  });

  it('looks as kubectl prints it', () => {
    const value = { spec: { b: ['x'], a: { c: 1 } }, kind: 'Pod' };
    expect(toYaml(value)).toBe('kind: Pod\nspec:\n  a:\n    c: 1\n  b:\n  - x\n');
  });
});

describe('widgets', () => {
  it('moves among tabs', () => {
    expect([targetIndex('ArrowRight', 2, 3), targetIndex('ArrowLeft', 0, 3)]).toEqual([0, 2]);
    expect([targetIndex('End', 0, 3), targetIndex('x', 0, 3)]).toEqual([2, -1]);
  });
  it('places marks', () => {
    expect([sharePercent(5, 0, 10), sharePercent(-1, 0, 10), sharePercent(1, 1, 1)]).toEqual([
      50, 0, 100,
    ]);
  });
  it('draws only the rows in view', () => {
    expect(visibleRange(0, 100, 20, 1_000)).toEqual({ first: 0, last: 11 });
    expect(visibleRange(2_000, 100, 20, 1_000)).toEqual({ first: 94, last: 111 });
    expect(visibleRange(9_999, 100, 20, 10)).toEqual({ first: 10, last: 10 });
  });
});
