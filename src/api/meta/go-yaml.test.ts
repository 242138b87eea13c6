import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toGoYaml } from './go-yaml.ts';
import { parseYaml } from './yaml-text.ts';

it.each([
  ['', '""'],
  ['yes', '"yes"'],
  ['1', '"1"'],
  ['0755', '"0755"'],
  ['1e3', '"1e3"'],
  ['2001-01-01', '"2001-01-01"'],
  ['a: b', "'a: b'"],
  ['- a', "'- a'"],
  ['#x', "'#x'"],
  ["it's", "it's"],
  [' lead', "' lead'"],
  ['a\tb', '"a\\tb"'],
  ['.', '.'],
  ['a\nb\n', '|\n  a\n  b'],
  ['a\nb', '|-\n  a\n  b'],
])('%j is %s', (value, text) => {
  expect(toGoYaml({ k: value })).toBe(`k: ${text}\n`);
});

it('lists are not indented, keys are in natural order', () => {
  expect(toGoYaml({ b: [1, { y: [[], {}] }, ['q']], a10: null, a9: true })).toBe(
    'a9: true\na10: null\nb:\n- 1\n- "y":\n  - []\n  - {}\n- - q\n',
  );
});

it('folds long lines at a space', () => {
  const words = 'word '.repeat(30).trim();
  const lines = toGoYaml({ k: words }).trimEnd().split('\n');
  expect(lines.length).toBe(2);
  expect(lines[1]).toMatch(/^ {2}word/);
});

it('is read back as it was', () => {
  const value = fc.jsonValue({ maxDepth: 4, depthSize: 'small' });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), (object) => {
      const plain = JSON.parse(JSON.stringify(object).replaceAll('-0', '0')) as unknown;
      expect(parseYaml(toGoYaml(plain)).value).toEqual(plain);
    }),
    { numRuns: 300, seed: 4 },
  );
});
