import { expect, it } from 'vitest';
import { freeName, storedPrograms } from './programs.ts';
import { withNews } from './use-own-controllers.ts';

it('what is stored may be anything', () => {
  const good = { name: 'a', language: 'javascript', serviceAccount: 'b/c', source: '' };
  expect(storedPrograms({ programs: [good, null, 5, { name: 'x' }] })).toEqual([good]);
  for (const bad of [undefined, null, 5, [], { programs: 'a' }])
    expect(storedPrograms(bad)).toEqual([]);
  expect(storedPrograms({ programs: [{ ...good, language: 'go' }] })[0]?.language).toBe(
    'typescript',
  );
});

it('names get the first number that is free', () => {
  expect(freeName('a', [])).toBe('a');
  expect(freeName('a', ['a', 'a-2'])).toBe('a-3');
});

it('news are added once, and nothing new changes nothing', () => {
  const line = (seq: number) =>
    ({ seq, at: 0, controller: 'a', level: 'info', text: '', key: '' }) as const;
  const none = { controllers: [], seq: 0, lines: [], rows: '' };
  const one = withNews(none, { controllers: [], seq: 2, lines: [line(1), line(2)] });
  const two = withNews(one, { controllers: [], seq: 3, lines: [line(2), line(3)] });
  expect(two.lines.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  expect(withNews(two, { controllers: [], seq: 3, lines: [] })).toBe(two);
});
