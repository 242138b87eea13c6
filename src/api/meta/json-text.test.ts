import { describe, expect, it } from 'vitest';
import { duplicateFieldErrors, JsonSyntaxError, parseJson } from './json-text.ts';

describe('parseJson', () => {
  it.each([
    '{"a":[1,-2.5e3,true,false,null,"x\\u00e9\\n\\"\\/"],"b":{}}',
    ' [ ] ',
    '"😀"',
    '0',
    '-0.1',
  ])('reads %s like JSON.parse', (text) => {
    expect(parseJson(text).value).toEqual(JSON.parse(text));
  });

  const complaints: [string, string][] = [
    ['', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['"abc', 'unexpected end of JSON input'],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['truE', "invalid character 'E' in literal true (expecting 'e')"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-', 'unexpected end of JSON input'],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['data', "invalid character 'd' looking for beginning of value"],
    ["'", "invalid character '\\'' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
  ];
  it.each(complaints)('refuses %j in the words of Go', (text, message) => {
    expect(() => parseJson(text)).toThrow(new JsonSyntaxError(message));
  });

  it('notes keys that are written twice', () => {
    const parsed = parseJson('{"a":{"x":1,"x":2},"b":[{"c":1,"c":1}],"a":{"y":1}}');
    expect(parsed.value).toEqual({ a: { y: 1 }, b: [{ c: 1 }] });
    expect(duplicateFieldErrors(parsed)).toEqual([
      'duplicate field "b[0].c"',
      'duplicate field "a"',
    ]);
  });
});
