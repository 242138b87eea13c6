import { describe, expect, test } from 'vitest';
import type { Problem } from '../../port/protocol.ts';
import { mergeProblems, offsetOf } from './problems.ts';

const problem = (message: string, line?: number, column?: number): Problem => ({
  severity: 'error',
  message,
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
});

describe('mergeProblems', () => {
  test('orders by place, those without one first, the engine before the schema', () => {
    const engine = [problem('b', 3, 1), problem('whole file')];
    const schema = [problem('a', 1, 4), problem('c', 3, 1)];
    const messages = mergeProblems(engine, schema).map((p) => p.message);
    expect(messages).toEqual(['whole file', 'a', 'b', 'c']);
  });

  test('says the same thing about the same line once', () => {
    expect(mergeProblems([problem('x', 2, 1)], [problem('x', 2, 5)])).toHaveLength(1);
    const parse = [problem('yaml: line 5: Tabs are not allowed', 5, 1)];
    expect(mergeProblems(parse, [problem('Tabs are not allowed', 5, 1)])).toEqual(parse);
  });

  test('a text of no kind is of a wrong type once, not once for each kind', () => {
    const wrong = ['apps.v1.Deployment', 'core.v1.Pod'].map((kind) =>
      problem(`Incorrect type. Expected "${kind}".`, 1, 1),
    );
    expect(mergeProblems([], wrong)).toEqual(wrong.slice(0, 1));
    expect(
      mergeProblems([], [...wrong, problem('Incorrect type. Expected "x".', 1, 9)]),
    ).toHaveLength(2);
  });
});

test.each([
  [1, 1, 0],
  [1, 3, 2],
  [2, 1, 4],
  [2, 99, 6],
  [9, 1, 7],
])('line %i column %i is offset %i', (line, column, offset) => {
  expect(offsetOf('abc\nde\n', line, column)).toBe(offset);
});
