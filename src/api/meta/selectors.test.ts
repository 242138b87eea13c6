import { describe, expect, it } from 'vitest';
import { FieldErrors } from './field-errors.ts';
import {
  compileLabelSelector,
  formatLabelSelector,
  parseFieldSelector,
  parseLabelSelector,
  validateLabelSelector,
} from './selectors.ts';

function attempt(parse: (text: string) => object, text: string): string {
  try {
    return String(parse(text));
  } catch (error) {
    return (error as Error).message;
  }
}

describe('label selectors as text', () => {
  it.each([
    ['', ''],
    ['a=b', 'a=b'],
    ['b==c,a', 'a,b==c'],
    ['a in (x,y),!d,b!=c', 'a in (x,y),b!=c,!d'],
    [' a = b , c notin ( in, notin ) ', 'a=b,c notin (in,notin)'],
    ['a in ()', 'a in ()'],
    ['x>3', 'x>3'],
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in x', "unable to parse requirement: found 'x' expected: '('"],
    ['!!a', "unable to parse requirement: found '!', expected: identifier"],
    ['a=b,', "found '', expected: identifier after ','"],
    ['a=x y', "found 'y', expected: ',' or 'end of string'"],
    ['!b=c', "found '=', expected: ',' or 'end of string'"],
    [
      'x>z',
      'unable to parse requirement: values[0]: Invalid value: "z": ' +
        "for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])('%s', (text, expected) => {
    expect(attempt(parseLabelSelector, text)).toBe(expected);
  });

  it.each([
    ['a=b', { a: 'b' }, true],
    ['a!=b', {}, true],
    ['a notin (b,c)', { a: 'c' }, false],
    ['!a', { a: '' }, false],
    ['a', { a: '' }, true],
    ['a>3', { a: '4' }, true],
    ['a<3', { a: 'x' }, false],
  ])('%s matches', (text, labels, matches) => {
    expect(parseLabelSelector(text).matches(labels as Record<string, string>)).toBe(matches);
  });
});

describe('label selectors as objects', () => {
  it('none matches nothing, an empty one everything', () => {
    expect(compileLabelSelector(undefined).matches({ a: 'b' })).toBe(false);
    expect(compileLabelSelector({}).matches({})).toBe(true);
  });

  it('prints itself', () => {
    const selector = {
      matchLabels: { b: 'c' },
      matchExpressions: [
        { key: 'a', operator: 'In', values: ['y', 'x'] },
        { key: 'd', operator: 'DoesNotExist' },
      ],
    } as const;
    expect(formatLabelSelector(selector)).toBe('a in (x,y),b=c,!d');
    expect(formatLabelSelector({})).toBe('<none>');
  });

  it('complains as upstream does', () => {
    const errors = new FieldErrors();
    const selector = {
      matchLabels: { 'a b': 'c' },
      matchExpressions: [
        { key: 'k', operator: 'In' },
        { key: 'k', operator: 'Exists', values: ['?'] },
        { key: 'k', operator: 'Like' },
      ],
    };
    validateLabelSelector(selector, 'spec.selector', errors);
    expect(errors.list.map((e) => [e.field, e.reason])).toEqual([
      ['spec.selector.matchLabels', 'FieldValueInvalid'],
      ['spec.selector.matchExpressions[0].values', 'FieldValueRequired'],
      ['spec.selector.matchExpressions[1].values', 'FieldValueForbidden'],
      ['spec.selector.matchExpressions[1].values[0]', 'FieldValueInvalid'],
      ['spec.selector.matchExpressions[2].operator', 'FieldValueInvalid'],
    ]);
  });
});

describe('field selectors', () => {
  it.each([
    ['b=c,a!=d', 'a!=d,b=c'],
    ['a==x\\,y', 'a=x\\,y'],
    ['a in (b)', "invalid selector: 'a in (b)'; can't understand 'a in (b)'"],
    ['a=b\\c', 'invalid field selector: invalid escape sequence: \\c'],
    ['a=b=c', 'invalid field selector: unescaped character in value: 61'],
  ])('%s', (text, expected) => {
    expect(attempt(parseFieldSelector, text)).toBe(expected);
  });

  it('compares, a missing field being empty', () => {
    expect(parseFieldSelector('a=,b!=x').matches({ b: 'y' })).toBe(true);
    expect(parseFieldSelector('a=1').requiresExactMatch('a')).toBe('1');
  });
});
