import { describe, expect, it } from 'vitest';
import { readSimpleYaml } from './yaml-simple.ts';
import { parseYaml } from './yaml-text.ts';

/** So long that the simple reader is asked. */
const LONG = `# ${'x'.repeat(20_000)}\n`;
const plain = (text: string): unknown => text;

describe('simple YAML', () => {
  const texts = [
    'a: 1\nb: yes\nc: ~\nd: 1.5\ne: 0644\nf: 2024-01-02\ng: .\nh: null\ni: -5\nj: 1e3\n',
    'a:\n  b:\n    c: "x: y # z"\n    d: \'q\'\n  e:\nf: http://a/b?c=d\n',
    'a:\n- 1\n- b: 2\n  c: 3\n-\n  d: 4\n- - x\n  - y\nb:\n  - z\n  -\n',
    '---\n- a\n- b: {x: 1, "y": [p, q r, {s: t}]}\n- []\n- {}\n',
    'a: --flag\nb: a,b\nc: $(X)\nd: x:y\n# comment\n\n  # another\ne: 12:30\n',
    'data: {a: 1, b: no}\n',
  ];
  it.each(texts)('means the same to both readers: %j', (text) => {
    const simple = parseYaml(LONG + text);
    expect(simple).toEqual(parseYaml(text));
    expect(readSimpleYaml(text, plain)).not.toBeNull();
  });

  const others = [
    'a: b # c',
    'a: &x 1',
    'a: b\n  c',
    'a: 1\na: 2',
    'a: |\n  b',
    'a: b: c',
    'a: [1',
    'a:\n    b: 1\n  c: 2',
    '- a\nb: c',
    'a: 1\n---\nb: 2',
    'a: !!str 1',
    'a: "\\n"',
    '__proto__: 1',
    'a: {b: 1, b: 2}',
    '- a\n - b',
    'text',
    'a:\n\t- b',
  ];
  it.each(others)('is not %j', (text) => {
    expect(readSimpleYaml(text, plain)).toBeNull();
  });

  it('refuses what would take minutes', () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `k${i}: v # c\n`).join('');
    expect(() => parseYaml(text)).toThrow('Request entity too large');
  });

  it('reads megabytes', () => {
    const text = Array.from({ length: 100_000 }, (_, i) => `k${i}: "v${i}"\n`).join('');
    expect(Object.keys(parseYaml(text).value as object)).toHaveLength(100_000);
  });
});
