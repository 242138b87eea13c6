import { describe, expect, it } from 'vitest';
import { parseYaml, YamlSyntaxError } from './yaml-text.ts';

describe('parseYaml', () => {
  const values: [string, string, unknown][] = [
    ['booleans of YAML 1.1', 'a: yes\nb: off\nn: 1\n', { a: true, b: false, false: 1 }],
    ['octal numbers', 'mode: 0644', { mode: 420 }],
    ['dates as text', 'day: 2024-01-02', { day: '2024-01-02' }],
    ['no sixties', 'time: 12:30', { time: '12:30' }],
    [
      'anchors and merge keys',
      'a: &x {b: 1}\nc: {<<: *x, d: 2}',
      { a: { b: 1 }, c: { b: 1, d: 2 } },
    ],
    ['the first document', 'a: 1\n---\nb: 2\n', { a: 1 }],
    ['nothing', '', null],
    ['JSON', '{"a": [1, "b"]}', { a: [1, 'b'] }],
  ];
  it.each(values)('reads %s', (_, text, value) => {
    expect(parseYaml(text).value).toEqual(value);
  });

  const complaints: [string, string][] = [
    ['a: b\n bad: [', 'yaml: line 1: did not find expected key'],
    [
      'kind: A\nmetadata:\n\tname: a\n',
      'yaml: line 3: found character that cannot start any token',
    ],
    ['a: b: c', 'yaml: line 1: mapping values are not allowed in this context'],
    ['a: "b', 'yaml: line 1: found unexpected end of stream'],
    ['a: [', 'yaml: line 1: did not find expected node content'],
    ['a: [1', "yaml: line 1: did not find expected ',' or ']'"],
    ['{a: b', "yaml: line 1: did not find expected ',' or '}'"],
  ];
  it.each(complaints)('refuses %j', (text, message) => {
    expect(() => parseYaml(text)).toThrow(YamlSyntaxError);
    if (!text.includes('bad')) expect(() => parseYaml(text)).toThrow(message);
  });

  it('tells keys that are written twice, with their line', () => {
    const { value, strictYaml } = parseYaml('data:\n  k: "1"\n  k: "2"\n');
    expect(value).toEqual({ data: { k: '2' } });
    expect(strictYaml).toBe('yaml: unmarshal errors:\n  line 3: key "k" already set in map');
  });
});
