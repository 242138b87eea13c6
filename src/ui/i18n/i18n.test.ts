import { beforeAll, describe, expect, it } from 'vitest';
import { session } from '../session/session.ts';
import { inLanguage, speak, type Texts } from './text.ts';

/** Every catalogue of the page, wherever it stands. */
const MODULES = import.meta.glob<Record<string, unknown>>(
  ['./*.ts', '../*/text.ts', '!./*.test.ts', '!./text.ts'],
  { eager: true },
);

const CATALOGUES = Object.values(MODULES).flatMap((module) =>
  Object.entries(module).filter(
    (entry): entry is [string, Texts<object>] =>
      typeof entry[1] === 'object' && entry[1] !== null && 'en' in entry[1],
  ),
);

/** Texts that are the same in both languages: Kubernetes' own words, numbers, names. */
const SAME = new Set([
  'YAML',
  'Kubeglass',
  'IP',
  'CPU',
  'Pod',
  'NotReady',
  'Pending',
  'StorageClass',
  'concurrencyPolicy',
  'SchedulingDisabled',
  'Unknown',
  // Functions that put API words together.
  '(function)',
]);

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === 'function') return [[path, '(function)']];
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value as object).flatMap(([key, v]) => leaves(v, `${path}.${key}`));
}

beforeAll(() => speak('zh-CN'));

it('finds the catalogues and speaks', () => {
  expect(CATALOGUES.length).toBeGreaterThan(7);
  expect(session.getState().language).toBe('zh-CN');
});

describe.each(CATALOGUES)('%s', (_name, texts) => {
  const english = leaves(texts.en, '');
  let chinese: [string, string][] = [];
  beforeAll(() => {
    chinese = leaves(inLanguage(texts, 'zh-CN'), '');
  });

  it('has the same keys in both languages', () => {
    expect(chinese.map(([path]) => path).sort()).toEqual(english.map(([path]) => path).sort());
  });

  it('leaves no text empty or untranslated', () => {
    const known = new Map(chinese);
    const left = english.filter(([path, text]) => {
      const other = known.get(path) ?? '';
      return text === '' || other === '' || (other === text && !SAME.has(text));
    });
    expect(left).toEqual([]);
  });

  it('uses full-width punctuation beside Chinese characters', () => {
    const half = /[\u4e00-\u9fff][,:;?!()]|[,:;?!(][\u4e00-\u9fff]/;
    expect(chinese.filter(([, text]) => half.test(text))).toEqual([]);
  });
});
