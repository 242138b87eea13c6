import { describe, expect, it } from 'vitest';
import { activityText } from './activity.ts';
import { inspectorText } from './inspector.ts';
import { messageText } from './messages.ts';
import { narrationText } from './narration.ts';
import { playbackText, stepsText } from './playback.ts';
import { keysText, shellText } from './shell.ts';
import type { Texts } from './text.ts';

const CATALOGUES: Readonly<Record<string, Texts<object>>> = {
  activityText,
  inspectorText,
  keysText,
  messageText,
  narrationText,
  playbackText,
  shellText,
  stepsText,
};

/** Texts that are the same in both languages: Kubernetes' own words, numbers, names. */
const SAME = new Set([
  'YAML',
  'Kubeglass',
  'IP',
  'CPU',
  'Pod',
  // Functions that put API words together.
  '(function)',
]);

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === 'function') return [[path, '(function)']];
  if (typeof value === 'string') return [[path, value]];
  return Object.entries(value as object).flatMap(([key, v]) => leaves(v, `${path}.${key}`));
}

describe.each(Object.entries(CATALOGUES))('%s', (_name, texts) => {
  const english = leaves(texts.en, '');
  const chinese = leaves(texts['zh-CN'], '');

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
